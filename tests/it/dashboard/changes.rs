//! The page of what was changed.

use serde_json::json;

use super::browser::Browser;
use super::markup::links;
use crate::api::client::Api;
use crate::api::money::sold;

on_both_databases! {
    async fn what_was_changed_is_shown_with_who_and_why_and_found_from_what_it_concerns(db: TestDb) {
        let api = Api::new(&db).await;
        let (partner, _) = sold(&api).await;
        let payout = api.post("/api/payouts", json!({"partnerId": partner, "currency": "usd"})).await.ok();
        let payout = payout["id"].as_str().unwrap();
        api.post(&format!("/api/payouts/{payout}/reverse"), json!({"reason": "the bank sent it back"})).await.ok();
        api.patch(&format!("/api/partners/{partner}"), json!({"name": "Alice B."})).await.ok();
        let mut browser = Browser::signed_in(&api).await;
        let page = browser.page("/dashboard/changes").await;
        for told in ["payout.reversed", "the bank sent it back", "Alice B.", "partner.changed", "organization.created", "the server"] {
            assert!(page.contains(told), "{told}");
        }
        let of_partner = browser.page(&format!("/dashboard/changes?subject={partner}")).await;
        assert!(of_partner.contains("partner.changed") && !of_partner.contains("the bank sent it back"));
        let by_type = browser.page("/dashboard/changes?type=payout.reversed&from=2026-11-01").await;
        assert!(by_type.contains("the bank sent it back") && !by_type.contains("Alice B."));
        assert_eq!(browser.get("/dashboard/changes?type=nothing").await.status, 400);
        let sale = api.list("/api/sales").await[0]["id"].as_str().unwrap().to_owned();
        for (page, subject) in [
            (format!("/dashboard/partners/{partner}"), partner.as_str()),
            (format!("/dashboard/payouts/{payout}"), payout),
            (format!("/dashboard/sales/{sale}"), &sale),
        ] {
            let href = format!("/dashboard/changes?subject={subject}");
            assert!(links(&browser.page(&page).await).contains(&href), "{page} leads to {href}");
            browser.page(&href).await;
        }
        let mut other = Browser::signed_in(&api.another().await).await;
        assert!(!other.page("/dashboard/changes").await.contains("Alice B."));
    }
}
