//! Commissions, entries and payouts.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Api, bodies};

const DAY: Duration = Duration::from_hours(24);
/// A purchase of 25.00 usd in October, and its refund in full.
const REFUNDED: &str = "stripe/f03-one-time-checkout-refunded";

/// Alice with the purchase, approved by now; the deliveries that refund it are answered.
pub async fn sold(api: &Api) -> (String, Vec<String>) {
    let alice = api.partner("alice").await;
    api.click_at("clk_f03cNycTHSk_alice", "alice", "2026-09-20T08:00:00Z")
        .await;
    let mut sale = bodies(REFUNDED);
    let refund = sale.split_off(3);
    api.deliver("stripe", &sale).await;
    (alice, refund)
}

async fn approved(api: &Api, partner: &str) -> Value {
    let balances = api
        .list(&format!("/api/balances?partnerId={partner}"))
        .await;
    balances[0]["approved"].clone()
}

on_both_databases! {
    async fn a_payout_takes_what_is_approved_once(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let body = json!({"partnerId": alice, "currency": "USD", "note": "October"});
        let made = api.post("/api/payouts", body.clone()).await;
        assert_eq!(made.status, 201);
        let payout = made.ok();
        let program = api.list("/api/programs").await[0]["id"].clone();
        assert_eq!(payout, json!({"id": payout["id"], "partnerId": alice, "programId": program,
            "amount": 250, "currency": "usd", "status": "paid", "note": "October",
            "createdAt": "2026-11-22T12:00:00.000Z", "reversedAt": null, "reversedReason": null,
            "method": null, "batchId": null, "reference": null, "statementNumber": 1,
            "approvedAt": null, "approvedBy": null, "sentAt": "2026-11-22T12:00:00.000Z", "sentBy": "test",
            "paidAt": "2026-11-22T12:00:00.000Z", "paidBy": "test"}));
        assert_eq!(api.list("/api/balances").await, [json!({"partnerId": alice, "currency": "usd",
            "livemode": true, "pending": 0, "approved": 0, "held": 0, "paid": 250, "balance": 0,
            "total": 250})]);
        assert_eq!(api.list("/api/sales").await[0]["status"], "paid");
        assert_eq!(api.list("/api/commissions?status=paid").await.len(), 1);
        api.post("/api/payouts", body).await.refuses("partnerId");
        let id = payout["id"].as_str().unwrap();
        assert_eq!(api.get(&format!("/api/payouts/{id}")).await.ok(), payout);
        let listed = api.list(&format!("/api/payouts?partnerId={alice}&currency=usd")).await;
        assert_eq!(listed, std::slice::from_ref(&payout));
        let entries = api.list("/api/ledger").await;
        assert_eq!(entries.len(), 2);
        assert_eq!((&entries[0]["kind"], &entries[0]["amount"]), (&json!("payout"), &json!(-250)));
        assert_eq!((&entries[1]["kind"], &entries[1]["amount"]), (&json!("commission"), &json!(250)));
        assert!(entries.iter().all(|entry| entry["payoutId"] == payout["id"]));
    }

    async fn what_was_paid_in_one_currency_is_not_owed_in_another(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let program = format!("/api/programs/{program}");
        for currency in [json!("usd"), Value::Null] {
            api.patch(&program, json!({"currency": currency})).await.ok();
        }
        api.settle().await;
        api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"})).await.ok();
        api.patch(&program, json!({"currency": "eur"})).await.refuses("currency");
        api.patch(&program, json!({"currency": null, "holdDays": 7})).await.ok();
        assert_eq!(api.list("/api/balances").await[0]["balance"], 0);
    }

    async fn of_many_payouts_at_once_one_pays(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let pay = || api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"}));
        let answers = tokio::join!(pay(), pay(), pay(), pay());
        let mut statuses = [&answers.0, &answers.1, &answers.2, &answers.3].map(|a| a.status);
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 400, 400, 400]);
        assert_eq!(api.list("/api/balances").await[0]["paid"], 250);
    }

    async fn a_refund_after_the_payout_is_netted_from_later_earnings(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, refund) = sold(&api).await;
        let body = json!({"partnerId": alice, "currency": "usd"});
        api.post("/api/payouts", body.clone()).await.ok();
        api.deliver("stripe", &refund).await;
        assert_eq!(approved(&api, &alice).await, -250);
        api.post("/api/payouts", body.clone()).await.refuses("partnerId");
        api.click("clk_later", "alice").await;
        api.sale("clk_later", "in_later", 10_000).await;
        api.clock.advance(30 * DAY);
        let payout = api.post("/api/payouts", body).await.ok();
        assert_eq!(payout["amount"], 1_000 - 250);
        assert_eq!(approved(&api, &alice).await, 0);
        let sales = api.list("/api/sales").await;
        let statuses: Vec<&Value> = sales.iter().map(|sale| &sale["status"]).collect();
        assert_eq!(statuses, ["paid", "rejected"]);
    }

    async fn a_sale_refunded_before_it_was_paid_is_rejected_for_good(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, refund) = sold(&api).await;
        api.deliver("stripe", &refund).await;
        let sale = api.list("/api/sales").await.remove(0);
        assert_eq!((&sale["status"], &sale["commissionAmount"], &sale["gross"]["refunded"]),
            (&json!("rejected"), &json!(0), &json!(2_500)));
        let body = json!({"partnerId": alice, "currency": "usd"});
        api.post("/api/payouts", body).await.refuses("partnerId");
        let commission = api.list("/api/commissions").await.remove(0);
        assert_eq!((&commission["amount"], &commission["full"]), (&json!(0), &json!(250)));
    }

    async fn what_a_dispute_holds_is_not_paid(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click_at("clk_f185mPHFr1t_alice", "alice", "2026-09-20T08:00:00Z").await;
        api.deliver("stripe", &bodies("stripe/f18-dispute-open")).await;
        let balance = api.list("/api/balances").await.remove(0);
        assert_eq!((&balance["approved"], &balance["held"], &balance["total"]),
            (&json!(0), &json!(100), &json!(100)));
        let commission = api.list("/api/commissions").await.remove(0);
        assert_eq!((&commission["amount"], &commission["held"], &commission["status"]),
            (&json!(100), &json!(100), &json!("pending")));
        let body = json!({"partnerId": alice, "currency": "usd"});
        api.post("/api/payouts", body).await.refuses("partnerId");
    }

    async fn a_test_entry_cannot_be_paid(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        test.sale("clk_1", "in_1", 1_000).await;
        api.clock.advance(60 * DAY);
        assert_eq!(approved(&test, &alice).await, 100);
        let body = json!({"partnerId": alice, "currency": "usd"});
        let answer = api.post("/api/payouts", body.clone()).await;
        answer.refuses("partnerId");
        assert_eq!(answer.json["error"]["message"],
            "there is nothing to pay: the approved balance of live sales is 0.00 usd");
        assert_eq!(test.post("/api/payouts", body).await.error(), (403, "FORBIDDEN", ""));
    }

    async fn a_payout_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        for (body, field) in [
            (json!({"currency": "usd"}), "partnerId"),
            (json!({"partnerId": "prt_x", "currency": "usd"}), "partnerId"),
            (json!({"partnerId": alice, "currency": "eur"}), "partnerId"),
            (json!({"partnerId": alice}), "currency"),
            (json!({"partnerId": alice, "currency": "zzz"}), "currency"),
            (json!({"partnerId": alice, "currency": "usd", "programId": "x"}), "programId"),
            (json!({"partnerId": alice, "currency": "usd", "note": "a\u{0}"}), "note"),
        ] {
            api.post("/api/payouts", body).await.refuses(field);
        }
        let answer = api.post("/api/payouts", json!({"partnerId": alice})).await;
        assert_eq!(answer.json["error"]["message"], "currency is required");
        assert_eq!(approved(&api, &alice).await, 250);
    }

    async fn earnings_of_two_programs_are_paid_one_by_one(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let second = api.post("/api/programs", json!({"name": "Second", "holdDays": 0})).await.ok();
        let body = json!({"key": "second", "url": "https://shop.example.com/", "partnerId": alice,
            "programId": second["id"]});
        api.post("/api/links", body).await.ok();
        api.click("clk_2", "second").await;
        api.sale("clk_2", "in_2", 1_000).await;
        let mut body = json!({"partnerId": alice, "currency": "usd"});
        api.post("/api/payouts", body.clone()).await.refuses("programId");
        body["programId"] = second["id"].clone();
        assert_eq!(api.post("/api/payouts", body).await.ok()["amount"], 100);
        assert_eq!(approved(&api, &alice).await, 250);
    }

    async fn entries_and_commissions_are_found_by_every_filter(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, refund) = sold(&api).await;
        api.deliver("stripe", &refund).await;
        let sale = api.list("/api/sales").await[0]["id"].as_str().unwrap().to_owned();
        for (filter, count) in [
            (format!("partnerId={alice}"), 2),
            (format!("saleId={sale}"), 2),
            ("kind=clawback".to_owned(), 1),
            ("kind=payout".to_owned(), 0),
            ("currency=USD".to_owned(), 2),
            ("livemode=false".to_owned(), 0),
            ("payoutId=pay_x".to_owned(), 0),
        ] {
            assert_eq!(api.list(&format!("/api/ledger?{filter}")).await.len(), count, "{filter}");
        }
        api.get("/api/ledger?kind=gift").await.refuses("kind");
        let entry = api.list("/api/ledger").await.remove(0);
        assert_eq!(entry["saleId"], json!(sale));
        assert_eq!(api.get(&format!("/api/ledger/{}", entry["id"].as_str().unwrap())).await.ok(), entry);
        for (filter, count) in [
            (format!("partnerId={alice}"), 1),
            (format!("saleId={sale}"), 1),
            ("status=rejected".to_owned(), 1),
            ("status=paid".to_owned(), 0),
            ("currency=eur".to_owned(), 0),
            ("livemode=true".to_owned(), 1),
        ] {
            let path = format!("/api/commissions?{filter}");
            assert_eq!(api.list(&path).await.len(), count, "{filter}");
        }
        let commission = api.list("/api/commissions").await.remove(0);
        let id = commission["id"].as_str().unwrap();
        assert_eq!(id.strip_prefix("com_"), sale.strip_prefix("sale_"));
        assert_eq!(api.get(&format!("/api/commissions/{id}")).await.ok(), commission);
    }

    async fn a_lead_that_earns_is_a_commission_too(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"commission": {"type": "percent", "basisPoints": 0,
            "lead": {"type": "flat", "amount": 300, "currency": "usd"}}});
        api.patch(&format!("/api/programs/{program}"), rule).await.ok();
        api.click("clk_1", "alice").await;
        let body = json!({"clickId": "clk_1", "eventName": "Sign Up", "customerExternalId": "u_1"});
        api.post("/api/track/lead", body).await.ok();
        let commission = api.list("/api/commissions").await.remove(0);
        assert_eq!((&commission["saleId"], &commission["amount"], &commission["partnerId"],
            &commission["status"]), (&Value::Null, &json!(300), &json!(alice), &json!("pending")));
        api.clock.advance(30 * DAY);
        api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"})).await.ok();
        assert_eq!(api.list("/api/commissions?status=paid").await.len(), 1);
    }
}
