//! The key with which a processor is asked for what never arrived, on its source's page; and what was found by asking, on its event's.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tributary::books::reconciliations as books;

use super::browser::Browser;
use super::markup::assert_plain;
use super::members::member;
use crate::api::client::{Api, bodies};

const KEY: &str = "rk_live_0123456789abcdef";

on_both_databases! {
    async fn the_key_to_a_processors_api_is_kept_sealed_and_removed(db: TestDb) {
        let api = Api::new(&db).await;
        let source = api.deliver("stripe", &[]).await["id"].as_str().unwrap().to_owned();
        let mut owner = Browser::signed_in(&api).await;
        let page = format!("/dashboard/sources/{source}");
        let path = format!("{page}/api-key");
        let shown = owner.page(&page).await;
        assert_plain("a source", &shown);
        assert!(shown.contains("What never arrived") && shown.contains("Keep the key") && !shown.contains("Remove the key"), "{shown}");
        for (wrong, says) in [("", "paste the key"), ("whsec_0123456789", "secret of a webhook"), ("rk_test_0123456789", "test mode"), ("rk_live_1 2", "space within")] {
            owner.page(&page).await;
            let answer = owner.submit(&path, &[("key", wrong), ("do", "keep")]).await;
            assert!(answer.status == 400 && answer.body.contains(says), "{wrong}: {}", answer.body);
            assert!(wrong.is_empty() || !answer.body.contains(wrong), "{wrong} is repeated");
        }
        owner.page(&page).await;
        let kept = owner.submit(&path, &[("key", &format!(" {KEY} ")), ("do", "keep")]).await;
        assert_eq!((kept.status, kept.header("location")), (303, format!("{page}#asking").as_str()));
        let address = format!("/api/sources/{source}/reconciliation");
        assert_eq!(api.get(&address).await.ok()["hasKey"], true);
        let shown = owner.page(&page).await;
        assert_plain("a source that is asked", &shown);
        assert!(!shown.contains(KEY) && shown.contains("Replace the key") && shown.contains("within the hour"), "{shown}");
        let mut reader = member(&api, &mut owner, "rita", "read-only").await;
        assert!(!reader.page(&page).await.contains("the key\""));
        assert_eq!(reader.submit(&path, &[("do", "forget")]).await.status, 403);
        owner.page(&page).await;
        assert_eq!(owner.submit(&path, &[("do", "forget")]).await.status, 303);
        assert_eq!(api.get(&address).await.ok()["hasKey"], false);
        let changes = api.list("/api/changes?type=source.set").await;
        assert_eq!(changes.iter().filter(|one| !one["details"]["apiKey"].is_null()).count(), 2, "{changes:#?}");
        let mut other = Browser::signed_in(&api.another().await).await;
        other.page("/dashboard/sources").await;
        assert_eq!(other.submit(&path, &[("key", KEY), ("do", "keep")]).await.status, 404);
    }

    async fn an_event_that_asking_has_found_says_when(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let source = api.deliver("stripe", &bodies("stripe/f13-two-partial-refunds")).await;
        let events = api.list("/api/events").await;
        assert!(events.iter().all(|event| event["foundAt"] == Value::Null));
        let found = &events[0];
        let ids = BTreeSet::from([found["externalId"].as_str().unwrap()]);
        books::note(&api.app.books(&api.org), source["id"].as_str().unwrap(), &ids).await.unwrap();
        let path = found["id"].as_str().unwrap();
        let told = api.get(&format!("/api/events/{path}")).await.ok();
        assert_eq!(told["foundAt"], json!("2026-11-22T12:00:00.000Z"));
        let all = api.list("/api/events").await;
        assert_eq!(all.iter().filter(|event| event["foundAt"] != Value::Null).count(), 1);
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page(&format!("/dashboard/events/{path}")).await;
        assert_plain("an event that was found", &page);
        assert!(page.contains("Found by asking Stripe") && page.contains("Nothing had delivered it by"), "{page}");
        let other = owner.page(&format!("/dashboard/events/{}", events[1]["id"].as_str().unwrap())).await;
        assert!(other.contains("Received, verified and kept") && !other.contains("Found by asking"));
    }
}
