//! Groups of partners in the dashboard, and the list of bonuses and corrections.

use std::time::Duration;

use serde_json::json;

use super::browser::Browser;
use super::markup::{assert_plain, links};
use super::members::member;
use crate::api::client::Api;

on_both_databases! {
    async fn a_group_is_made_and_pays_whom_it_has_from_then_on(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.clock.advance(Duration::from_secs(1));
        let mut owner = Browser::signed_in(&api).await;
        let list = owner.page("/dashboard/groups").await;
        assert_plain("groups", &list);
        assert!(list.contains("No group yet"), "{list}");
        let rule = |pays: &'static str, reward: &'static str, lasts: &'static str| {
            [("name", "Gold"), ("pays", pays), ("reward", reward), ("currency", "eur"), ("lasts", lasts)]
        };
        for wrong in [rule("percent", "much", "lifetime"), rule("percent", "101", "lifetime"), rule("flat", "1.234", "lifetime"), rule("percent", "20", "months")] {
            let answer = owner.submit("/dashboard/groups", &wrong).await;
            assert_eq!(answer.status, 400, "{wrong:?}");
        }
        owner.page("/dashboard/groups").await;
        let made = owner.submit("/dashboard/groups", &rule("percent", "20", "lifetime")).await;
        let page = made.header("location").to_owned();
        assert!(made.status == 303 && page.starts_with("/dashboard/groups/grp_"), "{}", made.body);
        let shown = owner.page(&page).await;
        assert_plain("a group", &shown);
        assert!(shown.contains("20 % of the net amount") && shown.contains("Nobody is in it"), "{shown}");
        let unknown = owner.submit(&format!("{page}/partners"), &[("partner", "nobody")]).await;
        assert!(unknown.status == 400 && unknown.body.contains("no partner has this id"), "{}", unknown.body);
        owner.page(&page).await;
        assert_eq!(owner.submit(&format!("{page}/partners"), &[("partner", &alice)]).await.status, 303);
        let shown = owner.page(&page).await;
        assert!(shown.contains("alice") && shown.contains("1 partner"), "{shown}");
        let partner = owner.page(&format!("/dashboard/partners/{alice}")).await;
        assert!(links(&partner).contains(&page), "the partner's page leads to the group");
        assert_eq!(api.sale("clk_1", "in_2", 1_000).await["commissionAmount"], 200);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100, "what was earned before stays");
        api.clock.advance(Duration::from_secs(1));
        owner.page(&page).await;
        assert_eq!(owner.submit(&page, &rule("flat", "5", "firstSale")).await.status, 303);
        let changed = api.list("/api/groups").await.remove(0);
        assert_eq!(changed["commission"], json!({"type": "flat", "amount": 500, "currency": "eur", "duration": {"type": "firstSale"}, "base": "net"}));
        owner.page(&page).await;
        assert_eq!(owner.submit(&format!("{page}/partners/{alice}/remove"), &[]).await.status, 303);
        api.clock.advance(Duration::from_secs(1));
        assert_eq!(api.sale("clk_1", "in_3", 1_000).await["commissionAmount"], 100);
        let kept = owner.submit(&format!("{page}/delete"), &[]).await;
        assert!(kept.status == 400 && kept.body.contains("tick the box"), "{}", kept.body);
        owner.page(&page).await;
        assert_eq!(owner.submit(&format!("{page}/delete"), &[("sure", "yes")]).await.header("location"), "/dashboard/groups");
        assert!(api.list("/api/groups").await.is_empty());
    }

    async fn who_may_only_read_sees_groups_without_forms_and_others_see_none(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let body = json!({"name": "Gold", "commission": {"type": "percent", "basisPoints": 2_000}});
        let group = api.post("/api/groups", body).await.ok();
        let page = format!("/dashboard/groups/{}", group["id"].as_str().unwrap());
        let mut owner = Browser::signed_in(&api).await;
        let mut reader = member(&api, &mut owner, "rita", "read-only").await;
        for path in ["/dashboard/groups", &page] {
            let shown = reader.page(path).await;
            assert!(shown.contains("Gold") && !shown.contains("name=\"reward\"") && !shown.contains("Remove the group"), "{path}");
        }
        assert_eq!(reader.submit(&format!("{page}/partners"), &[("partner", &alice)]).await.status, 403);
        let mut other = Browser::signed_in(&api.another().await).await;
        assert!(!other.page("/dashboard/groups").await.contains("Gold"));
        assert_eq!(other.get(&page).await.status, 404);
        other.page("/dashboard/groups").await;
        assert_eq!(other.submit(&format!("{page}/delete"), &[("sure", "yes")]).await.status, 404);
    }

    async fn bonuses_and_corrections_are_listed_found_and_taken_along(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        let mut ids = Vec::new();
        for (partner, kind, amount, currency, reason) in [
            (&alice, "bonus", 5_000, "usd", "best of November"),
            (&alice, "correction", -250, "usd", "counted twice"),
            (&bob, "bonus", 1_200, "jpy", "=welcome"),
        ] {
            let body = json!({"kind": kind, "amount": amount, "currency": currency, "reason": reason, "idempotencyKey": reason});
            let booked = api.post(&format!("/api/partners/{partner}/adjustments"), body).await.ok();
            ids.push(booked["id"].as_str().unwrap().to_owned());
        }
        let all = api.list("/api/adjustments").await;
        assert_eq!(all.len(), 3);
        assert_eq!(api.get(&format!("/api/adjustments/{}", ids[1])).await.ok()["amount"], -250);
        assert_eq!(api.get(&format!("/api/adjustments/{}", ids[1])).await.ok(), all[1]);
        api.get("/api/adjustments/adj_unknown").await.is_unknown();
        for (filter, count) in [
            (format!("partnerId={alice}"), 2), ("kind=bonus".to_owned(), 2), ("currency=jpy".to_owned(), 1),
            ("from=2026-11-23T00:00:00Z".to_owned(), 0), ("livemode=false".to_owned(), 0), (format!("partnerId={alice}&kind=correction"), 1),
        ] {
            assert_eq!(api.list(&format!("/api/adjustments?{filter}")).await.len(), count, "{filter}");
        }
        api.get("/api/adjustments?kind=gift").await.refuses("kind");
        let mut owner = Browser::signed_in(&api).await;
        let page = owner.page("/dashboard/adjustments").await;
        assert_plain("adjustments", &page);
        for told in ["best of November", "counted twice", "50.00", "−2.50", "1,200"] {
            assert!(page.contains(told), "{told}");
        }
        let some = owner.page(&format!("/dashboard/adjustments?kind=bonus&partner={alice}&currency=USD&from=2026-11-22")).await;
        assert!(some.contains("best of November") && !some.contains("counted twice") && !some.contains("=welcome"));
        for wrong in ["kind=gift", "currency=money", "from=yesterday"] {
            assert_eq!(owner.get(&format!("/dashboard/adjustments?{wrong}")).await.status, 400, "{wrong}");
        }
        let sheet = owner.get("/dashboard/adjustments?format=csv").await.body;
        assert!(sheet.contains("-2.50,usd") && sheet.contains("'=welcome"), "{sheet}");
        let one = owner.page(&format!("/dashboard/adjustments/{}", ids[1])).await;
        assert_plain("a correction", &one);
        assert!(one.contains("was taken") && one.contains("2.50") && one.contains("counted twice"), "{one}");
        let found = owner.get(&format!("/dashboard/search?id={}", ids[0])).await;
        assert_eq!(found.header("location"), format!("/dashboard/adjustments/{}", ids[0]));
        let mut other = Browser::signed_in(&api.another().await).await;
        assert_eq!(other.get(&format!("/dashboard/adjustments/{}", ids[0])).await.status, 404);
        assert!(!other.page("/dashboard/adjustments").await.contains("best of November"));
    }
}
