//! When a reported sale happened, where that is not when it is reported.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tributary::audit::audit;

use super::client::Api;

fn sale(invoice: &str, occurred_at: &str) -> Value {
    json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000, "invoiceId": invoice,
        "occurredAt": occurred_at})
}

/// With an `Idempotency-Key`.
async fn report(api: &Api, key: &str, body: &Value) -> (u16, String) {
    let request = Request::post("/api/track/sale")
        .header(header::AUTHORIZATION, format!("Bearer {}", api.key))
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    let (status, body, _) = api.send(request.unwrap()).await;
    (status, String::from_utf8(body).unwrap())
}

/// An order of Shopify's that was made on the first of October and is paid.
fn order(updated_at: &str, terms: &Value) -> String {
    let order = json!({
        "id": 5_500_000_000_001_i64, "currency": "USD", "financial_status": "paid", "total_price": "100.00",
        "created_at": "2026-10-01T10:00:00Z", "processed_at": "2026-10-01T10:00:00Z", "updated_at": updated_at,
        "line_items": [{"id": 1, "price": "100.00", "quantity": 1}], "payment_terms": terms,
        "note_attributes": [{"name": "refp_id", "value": "clk_1"}],
    });
    order.to_string()
}

fn headers(webhook_id: &str) -> [(String, String); 3] {
    [
        ("x-shopify-topic", "orders/updated"),
        ("x-shopify-shop-domain", "acme.myshopify.com"),
        ("x-shopify-webhook-id", webhook_id),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

on_both_databases! {
    // Net 30: <https://help.shopify.com/en/manual/fulfillment/managing-orders/payments/payment-terms>. Of such an order
    // nothing was held, since its hold was over on the day on which it was paid.
    async fn what_is_sold_on_terms_is_held_from_when_it_was_paid(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_1", "alice", "2026-09-30T10:00:00Z").await;
        // A reading that tells no terms comes first.
        let silent = order("2026-11-11T10:00:00Z", &Value::Null);
        api.deliver_with("shopify", &headers("one"), &[silent]).await;
        let commission = api.list("/api/commissions").await.remove(0);
        assert_eq!(commission["availableAt"], "2026-10-31T10:00:00.000Z");
        assert_eq!(api.list("/api/balances").await[0]["approved"], 1_000);
        let terms = json!({"payment_schedules": [{"completed_at": "2026-11-10T09:00:00Z"}]});
        let told = order("2026-11-10T09:00:05Z", &terms);
        api.deliver_with("shopify", &headers("two"), &[told]).await;
        let commission = api.list("/api/commissions").await.remove(0);
        assert_eq!(commission["availableAt"], "2026-12-10T09:00:00.000Z");
        assert_eq!(api.sale_named("5500000000001").await["occurredAt"], "2026-10-01T10:00:00.000Z");
        assert_eq!(api.list("/api/balances").await[0]["approved"], 0);
        let report = audit(&*api.app.store, api.app.now(), &api.org).await.unwrap();
        assert!(report.clean, "{:#?}", report.differences);
    }

    async fn a_sale_counts_from_when_it_happened(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_1", "alice", "2026-11-01T10:00:00Z").await;
        api.post("/api/track/sale", sale("in_1", "2026-11-10T10:00:00+01:00")).await.ok();
        let told = api.sale_named("in_1").await;
        assert_eq!((&told["occurredAt"], &told["kind"]),
            (&json!("2026-11-10T09:00:00.000Z"), &json!("one_time")));
        // The rule of that time, and its hold.
        let program = api.list("/api/programs").await.remove(0);
        let path = format!("/api/programs/{}", program["id"].as_str().unwrap());
        let rule = json!({"commission": {"type": "percent", "basisPoints": 5_000}});
        api.patch(&path, rule).await.ok();
        api.clock.advance(Duration::from_mins(1));
        api.post("/api/track/sale", sale("in_2", "2026-11-11T10:00:00Z")).await.ok();
        assert_eq!(api.sale_named("in_2").await["commissionAmount"], 100);
        api.post("/api/track/sale", sale("in_3", "2026-11-22T12:01:00Z")).await.ok();
        assert_eq!(api.sale_named("in_3").await["commissionAmount"], 500);
        // More than a day before the click, by which clocks may differ, nobody had brought it.
        let mut early = sale("in_4", "2026-10-30T10:00:00Z");
        early["customerExternalId"] = json!("u_9");
        api.post("/api/track/sale", early).await.ok();
        assert_eq!(api.sale_named("in_4").await["partnerId"], Value::Null);
        let lead = json!({"clickId": "clk_1", "eventName": "Signup", "customerExternalId": "u_2",
            "occurredAt": "2026-11-09T10:00:00Z"});
        api.post("/api/track/lead", lead).await.ok();
        let report = audit(&*api.app.store, api.app.now(), &api.org).await.unwrap();
        assert!(report.clean, "{:#?}", report.differences);
    }

    async fn a_time_that_cannot_be_is_refused_and_an_old_answer_is_given_again(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_1", "alice", "2025-11-01T10:00:00Z").await;
        for wrong in ["2026-11-22T12:05:01Z", "2025-11-22T11:59:59Z", "yesterday", "2026-02-30T00:00:00Z"] {
            api.post("/api/track/sale", sale("in_1", wrong)).await.refuses("occurredAt");
        }
        let early = sale("in_1", "2025-11-22T12:00:00Z");
        let first = report(&api, "key_1", &early).await;
        assert_eq!(first.0, 200, "{}", first.1);
        api.clock.advance(Duration::from_hours(24));
        assert_eq!(report(&api, "key_1", &early).await, first);
        assert_eq!(report(&api, "key_2", &sale("in_2", "2025-11-22T12:00:00Z")).await.0, 400);
        assert_eq!(report(&api, "key_2", &sale("in_2", "2026-11-23T12:05:00Z")).await.0, 200);
    }
}
