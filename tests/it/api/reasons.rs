//! The reason of each entry: the whole arithmetic, or what has changed.

use serde_json::{Value, json};

use super::client::{Api, bodies};

/// What the ledger says of a sale, oldest entry first: kind, amount, reason.
async fn said(api: &Api, sale: &Value) -> Vec<(String, i64, String)> {
    let path = format!("/api/ledger?saleId={}", sale["id"].as_str().unwrap());
    let mut entries = api.list(&path).await;
    entries.reverse();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = |entry: &Value| {
        (
            text(&entry["kind"]),
            entry["amount"].as_i64().unwrap(),
            text(&entry["reason"]),
        )
    };
    entries.iter().map(told).collect()
}

fn entry(kind: &str, amount: i64, reason: &str) -> (String, i64, String) {
    (kind.to_owned(), amount, reason.to_owned())
}

/// Changes the one program.
async fn set_program(api: &Api, body: Value) {
    let program = api.list("/api/programs").await.remove(0);
    let path = format!("/api/programs/{}", program["id"].as_str().unwrap());
    api.patch(&path, body).await.ok();
    api.settle().await;
}

on_both_databases! {
    async fn an_entry_tells_of_the_cap_that_made_it_smaller(db: TestDb) {
        let api = Api::new(&db).await;
        let rule = json!({"type": "percent", "basisPoints": 500,
            "cap": {"amount": 45, "currency": "usd", "period": "lifetime"}});
        set_program(&api, json!({"commission": rule})).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        assert_eq!(said(&api, &sale).await, [entry("commission", 45,
            "5 % of 10.00 usd (net amount) = 0.50 usd; \
             capped: 0.45 usd is left of this customer's cap")]);
    }

    async fn an_entry_tells_of_the_rate_that_it_was_converted_at(db: TestDb) {
        let api = Api::new(&db).await;
        set_program(&api, json!({"currency": "eur"})).await;
        let rate = json!({"base": "usd", "quote": "eur", "day": "2026-11-20", "rate": "0.9215",
            "source": "ecb"});
        api.post("/api/rates", json!([rate])).await.ok();
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        assert_eq!(said(&api, &sale).await, [entry("commission", 92,
            "10 % of 10.00 usd (net amount) = 1.00 usd; \
             converted at 0.9215 on 2026-11-20 (ecb) = 0.92 eur")]);
        set_program(&api, json!({"currency": null})).await;
        assert_eq!(said(&api, &sale).await[1..], [
            entry("commission", -92,
                "now earned in usd: 10 % of 10.00 usd (net amount) = 1.00 usd"),
            entry("commission", 100, "10 % of 10.00 usd (net amount) = 1.00 usd")]);
    }

    async fn a_converted_commission_tells_what_limits_it(db: TestDb) {
        let api = Api::new(&db).await;
        let flat = json!({"type": "flat", "amount": 500, "currency": "eur"});
        set_program(&api, json!({"commission": flat})).await;
        let rate = json!({"base": "eur", "quote": "usd", "day": "2026-11-20", "rate": "1.1",
            "source": "ecb"});
        api.post("/api/rates", json!([rate])).await.ok();
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 300).await;
        assert_eq!(said(&api, &sale).await, [entry("commission", 300,
            "5.00 eur flat; converted at 1.1 on 2026-11-20 (ecb) = 5.50 usd; \
             never more than the sale's net amount: 3.00 usd")]);
    }

    async fn entries_of_refunds_tell_what_is_left(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_f03cNycTHSk_alice", "alice", "2026-09-20T08:00:00Z").await;
        api.deliver("stripe", &bodies("stripe/f03-one-time-checkout-refunded")).await;
        let sale = api.list("/api/sales").await.remove(0);
        let told = said(&api, &sale).await;
        assert_eq!(told.last().unwrap(), &entry("clawback", -250, "taken back: 0.00 usd of 25.00 usd \
            is left after refunds and lost disputes: commission 0.00 usd"));
    }

    async fn entries_of_disputes_tell_what_is_held(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_f185mPHFr1t_alice", "alice", "2026-09-20T08:00:00Z").await;
        api.deliver("stripe", &bodies("stripe/f18-dispute-open")).await;
        let sale = api.list("/api/sales").await.remove(0);
        assert_eq!(said(&api, &sale).await.last().unwrap(),
            &entry("hold", -100, "an open dispute holds back 1.00 usd"));
    }

    async fn entries_of_reviews_tell_how_they_were_decided(db: TestDb) {
        let api = Api::new(&db).await;
        let sale = api.self_referral().await;
        for approved in [false, true] {
            let body = json!({"saleId": sale["id"], "approved": approved});
            api.post("/api/reviews", body).await.ok();
            api.settle().await;
        }
        assert_eq!(said(&api, &sale).await, [
            entry("commission", 100, "10 % of 10.00 usd (net amount) = 1.00 usd"),
            entry("hold", -100, "held for review: the customer is the partner (self-referral)"),
            entry("clawback", -100, "taken back: self-referral, rejected by the owner"),
            entry("hold", 100, "released, 1.00 usd before: self-referral, rejected by the owner"),
            entry("clawback", 100, "given back, 1.00 usd before: self-referral, approved by the owner")]);
    }

    async fn an_entry_of_another_partner_tells_whose_it_is_now(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        let bob = api.partner("bob").await;
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        let customer = sale["customer"]["id"].as_str().unwrap();
        let path = format!("/api/customers/{customer}/partner");
        api.put(&path, json!({"partnerId": bob})).await.ok();
        let mut told = said(&api, &sale).await.split_off(1);
        told.sort();
        assert_eq!(told, [
            entry("commission", -100, &format!("now credited to partner {bob}")),
            entry("commission", 100, "10 % of 10.00 usd (net amount) = 1.00 usd")]);
    }

    async fn an_entry_of_a_lead_tells_its_arithmetic(db: TestDb) {
        let api = Api::new(&db).await;
        let rule = json!({"type": "percent", "basisPoints": 0,
            "lead": {"type": "flat", "amount": 300, "currency": "usd"}});
        set_program(&api, json!({"commission": rule})).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let body = json!({"clickId": "clk_1", "eventName": "Sign Up", "customerExternalId": "u_1"});
        api.post("/api/track/lead", body).await.ok();
        assert_eq!(api.list("/api/ledger").await[0]["reason"], "3.00 usd for a lead");
    }
}
