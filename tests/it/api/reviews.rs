//! What waits for the owner's decision, and what was decided.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::Api;

/// A sale by somebody with Alice's own address.
async fn held(api: &Api, invoice: &str) -> Value {
    let body = json!({"clickId": "clk_1", "customerExternalId": format!("user_{invoice}"),
        "amount": 1_000, "invoiceId": invoice, "customerEmail": "alice@partners.example.com"});
    api.post("/api/track/sale", body).await.ok();
    api.sale_named(invoice).await
}

async fn decide(api: &Api, sale: &Value, approved: bool) {
    let body = json!({"saleId": sale["id"], "approved": approved});
    api.post("/api/reviews", body).await.ok();
}

async fn listed(api: &Api, state: &str) -> Vec<Value> {
    let reviews = api.list(&format!("/api/reviews?state={state}")).await;
    assert!(reviews.iter().all(|review| review["state"] == state));
    reviews.iter().map(|row| row["invoiceId"].clone()).collect()
}

on_both_databases! {
    async fn what_is_held_for_review_is_listed_with_why_and_how_much(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_other", 5_000).await;
        assert_eq!(api.list("/api/reviews").await, [] as [Value; 0]);
        let sale = held(&api, "in_1").await;
        let at = "2026-11-22T12:00:00.000Z";
        assert_eq!(api.list("/api/reviews").await, [json!({"saleId": sale["id"],
            "invoiceId": "in_1", "livemode": true, "state": "open",
            "reason": "held for review: the customer is the partner (self-referral)",
            "partnerId": alice, "partnerName": "alice", "programId": sale["programId"],
            "amount": 1_000, "currency": "usd", "commissionAmount": 100, "commissionHeld": 100,
            "commissionCurrency": "usd", "customerId": sale["customer"]["id"], "occurredAt": at,
            "createdAt": at, "decidedAt": null})]);
        assert!(api.another().await.list("/api/reviews").await.is_empty());
    }

    async fn a_decided_review_moves_at_once_to_those_decided(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let first = held(&api, "in_1").await;
        let second = held(&api, "in_2").await;
        held(&api, "in_3").await;
        decide(&api, &first, true).await;
        decide(&api, &second, false).await;
        for settled in [false, true] {
            if settled {
                api.settle().await;
            }
            assert_eq!(listed(&api, "open").await, ["in_3"]);
            assert_eq!(listed(&api, "approved").await, ["in_1"]);
            assert_eq!(listed(&api, "refused").await, ["in_2"]);
        }
        let approved = api.list("/api/reviews?state=approved").await.remove(0);
        assert_eq!((&approved["commissionAmount"], &approved["commissionHeld"], &approved["reason"]),
            (&json!(100), &json!(0), &Value::Null));
        api.clock.advance(Duration::from_mins(1));
        decide(&api, &first, false).await;
        api.settle().await;
        assert_eq!(listed(&api, "refused").await, ["in_2", "in_1"]);
        let refused = api.list("/api/reviews?state=refused").await.remove(1);
        assert_eq!((&refused["commissionAmount"], &refused["decidedAt"]),
            (&json!(0), &json!("2026-11-22T12:01:00.000Z")));
    }

    async fn reviews_are_paged_newest_first_and_filtered(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        api.click("clk_1", "alice").await;
        for invoice in ["in_1", "in_2", "in_3"] {
            held(&api, invoice).await;
        }
        let mut cursor = String::new();
        for (invoice, more) in [("in_3", true), ("in_2", true), ("in_1", false)] {
            let page = api.get(&format!("/api/reviews?limit=1&cursor={cursor}")).await.ok();
            assert_eq!(page["data"][0]["invoiceId"], invoice);
            assert_eq!(page["nextCursor"].is_string(), more);
            cursor = page["nextCursor"].as_str().unwrap_or_default().to_owned();
        }
        for (filter, count) in [
            (format!("partnerId={alice}"), 3),
            (format!("partnerId={bob}"), 0),
            ("livemode=true".to_owned(), 3),
            ("livemode=false".to_owned(), 0),
            ("state=approved".to_owned(), 0),
        ] {
            assert_eq!(api.list(&format!("/api/reviews?{filter}")).await.len(), count, "{filter}");
        }
        api.get("/api/reviews?state=decided").await.refuses("state");
    }
}
