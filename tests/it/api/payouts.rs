//! Payouts whose amount the owner has said, and payouts that are taken back.

use std::time::Duration;

use serde_json::{Value, json};
use tributary::args;
use tributary::audit::audit;
use tributary::store::Statement;

use super::client::Api;
use super::money::sold;

const MONTH: Duration = Duration::from_hours(24 * 30);

static EDIT_REVERSAL: Statement = Statement::new(
    "update entries set amount = amount - 1 where organization_id = $1 and kind = 'payout_reversal'",
);
static PAY_BEHIND: Statement = Statement::new(
    "insert into payout_entries (organization_id, entry_id, payout_id)
     select organization_id, entry_id, payout_id from reversed_payout_entries where organization_id = $1",
);

async fn paid(api: &Api, partner: &str) -> Value {
    let body = json!({"partnerId": partner, "currency": "usd"});
    api.post("/api/payouts", body).await.ok()
}

/// The address at which a payout is taken back.
fn back(payout: &Value) -> String {
    format!("/api/payouts/{}/reverse", payout["id"].as_str().unwrap())
}

/// What of a partner's money is approved, paid, owed, and earned so far.
async fn balance(api: &Api) -> [i64; 4] {
    let balance = api.list("/api/balances").await.remove(0);
    ["approved", "paid", "balance", "total"].map(|part| balance[part].as_i64().unwrap())
}

async fn differences(api: &Api) -> Vec<(String, String)> {
    let store = api.app.store.as_ref();
    let report = audit(store, api.app.now(), &api.org).await.unwrap();
    let differences = report.differences.into_iter();
    differences.map(|d| (d.what.to_owned(), d.field)).collect()
}

async fn run(api: &Api, statement: &'static Statement) {
    let mut transaction = api.app.store.begin().await.unwrap();
    let args = args![api.org.as_str()];
    transaction.run(statement, args).await.unwrap();
    transaction.commit().await.unwrap();
}

on_both_databases! {
    async fn an_amount_that_is_not_due_is_refused_and_pays_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let pay = |amount: Value| {
            api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd", "amount": amount}))
        };
        for amount in [0, -250, 249, 251, 25_000, i64::MAX] {
            let answer = pay(json!(amount)).await;
            assert_eq!(answer.error(), (409, "CONFLICT", "amount"), "{amount}");
            let message = answer.json["error"]["message"].as_str().unwrap();
            assert!(message.ends_with(
                "but 2.50 usd is due: send 250, or leave amount out to pay whatever is due"), "{message}");
        }
        for amount in [json!("250"), json!(250.5), json!([250])] {
            pay(amount).await.refuses("amount");
        }
        assert_eq!(balance(&api).await, [250, 0, 250, 250]);
        assert_eq!(pay(json!(250)).await.ok()["amount"], 250);
        let answer = pay(json!(250)).await;
        assert_eq!(answer.error(), (409, "CONFLICT", "amount"));
        assert_eq!(answer.json["error"]["message"], "amount is 2.50 usd, but the approved balance of \
            live sales is 0.00 usd: nothing can be paid now");
        assert_eq!(balance(&api).await, [0, 250, 0, 250]);
    }

    async fn what_a_reversed_payout_had_paid_is_due_at_once_and_is_paid_again(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let first = paid(&api, &alice).await;
        api.clock.advance(Duration::from_hours(1));
        let reversed = api.post(&back(&first), json!({"reason": " account closed "})).await.ok();
        let mut expected = first.clone();
        expected["status"] = json!("reversed");
        expected["reversedAt"] = json!("2026-11-22T13:00:00.000Z");
        expected["reversedReason"] = json!("account closed");
        assert_eq!(reversed, expected);
        assert_eq!(balance(&api).await, [250, 0, 250, 250]);
        assert_eq!(api.list("/api/sales").await[0]["status"], "approved");
        assert_eq!(api.list("/api/commissions?status=approved").await.len(), 1);
        assert_eq!(differences(&api).await, []);

        let second = paid(&api, &alice).await;
        assert_eq!((&second["amount"], &second["reversedAt"]), (&json!(250), &Value::Null));
        assert_eq!(balance(&api).await, [0, 250, 0, 250]);
        assert_eq!(api.list("/api/sales").await[0]["status"], "paid");
        assert_eq!(differences(&api).await, []);
        assert_eq!(api.list("/api/payouts").await, [second.clone(), reversed.clone()]);
        assert_eq!(api.list("/api/payouts?status=reversed").await, [reversed]);
        assert_eq!(api.list("/api/payouts?status=paid").await, [second]);
    }

    async fn a_reversal_is_an_entry_of_its_own_and_none_is_changed(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let payout = paid(&api, &alice).await;
        let before = api.list("/api/ledger").await;
        api.post(&back(&payout), json!({"reason": "bounced"})).await.ok();
        let mut after = api.list("/api/ledger").await;
        let own = after.remove(0);
        for (member, value) in [("kind", json!("payout_reversal")), ("amount", json!(250)),
            ("subjectId", payout["id"].clone()), ("payoutId", payout["id"].clone()),
            ("partnerId", json!(alice)), ("programId", payout["programId"].clone())] {
            assert_eq!(own[member], value, "{member}");
        }
        assert_eq!(after[0], before[0]);
        let sum: i64 = after.iter().chain([&own]).map(|entry| entry["amount"].as_i64().unwrap()).sum();
        assert_eq!(sum, 250);
        assert_eq!(api.list("/api/ledger?kind=payout_reversal").await.len(), 1);
        let of_payout = format!("/api/ledger?payoutId={}", payout["id"].as_str().unwrap());
        let kinds: Vec<Value> = api.list(&of_payout).await.iter().map(|e| e["kind"].clone()).collect();
        assert_eq!(kinds, ["payout_reversal", "payout", "commission"], "also what it had paid");
    }

    async fn a_second_reversal_answers_the_same_and_changes_nothing(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let payout = paid(&api, &alice).await;
        let back = back(&payout);
        let reverse = || api.post(&back, json!({"reason": "bounced"}));
        let answers = tokio::join!(reverse(), reverse(), reverse(), reverse());
        let first = answers.0.clone().ok();
        for answer in [answers.1, answers.2, answers.3] {
            assert_eq!(answer.ok(), first);
        }
        paid(&api, &alice).await;
        api.clock.advance(MONTH);
        assert_eq!(api.post(&back, json!({"reason": "another"})).await.ok(), first);
        assert_eq!(api.list("/api/ledger").await.len(), 4);
        assert_eq!(balance(&api).await, [0, 250, 0, 250]);
        assert_eq!(differences(&api).await, []);
    }

    async fn what_was_netted_is_netted_again_after_a_reversal(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, refund) = sold(&api).await;
        let first = paid(&api, &alice).await;
        api.deliver("stripe", &refund).await;
        api.click("clk_later", "alice").await;
        api.sale("clk_later", "in_later", 10_000).await;
        api.clock.advance(MONTH);
        let second = paid(&api, &alice).await;
        assert_eq!(second["amount"], 1_000 - 250);
        api.post(&back(&second), json!({"reason": "bounced"})).await.ok();
        assert_eq!(balance(&api).await, [750, 250, 750, 1_000]);
        api.post(&back(&first), json!({"reason": "bounced too"})).await.ok();
        assert_eq!(balance(&api).await, [1_000, 0, 1_000, 1_000], "the refunded sale earns nothing");
        assert_eq!(paid(&api, &alice).await["amount"], 1_000);
        assert_eq!(differences(&api).await, []);
    }

    async fn a_sale_explains_who_was_paid_for_it_and_what_came_back(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let first = paid(&api, &alice).await;
        api.post(&back(&first), json!({"reason": "bounced"})).await.ok();
        api.clock.advance(MONTH);
        let second = paid(&api, &alice).await;
        let sale = api.list("/api/sales").await.remove(0);
        let told = api.get(&format!("/api/sales/{}/explain", sale["id"].as_str().unwrap())).await.ok();
        let [one, two] = told["payouts"].as_array().unwrap().as_slice() else { panic!("{told}") };
        assert_eq!(*one, json!({"payoutId": first["id"], "partnerId": alice, "amount": 250,
            "currency": "usd", "paidAt": "2026-11-22T12:00:00.000Z",
            "reversedAt": "2026-11-22T12:00:00.000Z", "reversedReason": "bounced"}));
        assert_eq!((&two["payoutId"], &two["reversedAt"]), (&second["id"], &Value::Null));
        let text = told["text"].as_str().unwrap();
        let [first, second] = [first, second].map(|payout| payout["id"].as_str().unwrap().to_owned());
        let lines = format!("\nPayouts:\n  2026-11-22  2.50 usd of it to alice ({alice}) in {first}, \
            reversed on 2026-11-22\n  2026-12-22  2.50 usd of it to alice ({alice}) in {second}\n");
        assert!(text.ends_with(&lines), "{text}");
    }

    async fn a_reversal_that_cannot_be_is_refused(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let payout = paid(&api, &alice).await;
        let back = back(&payout);
        for body in [json!({}), json!({"reason": null}), json!({"reason": " "}), json!({"reason": 1}),
            json!({"reason": "a\u{0}"}), json!({"reason": "x".repeat(2_049)})] {
            api.post(&back, body).await.refuses("reason");
        }
        api.post(&back, json!({"reason": "x", "amount": 1})).await.refuses("amount");
        let body = json!({"reason": "bounced"});
        api.post("/api/payouts/pay_x/reverse", body.clone()).await.is_unknown();
        api.another().await.post(&back, body.clone()).await.is_unknown();
        for key in [json!({"name": "t", "mode": "test"}), json!({"name": "r", "scopes": ["read"]})] {
            let key = api.post("/api/keys", key).await.ok();
            let key = api.with_key(key["key"].as_str().unwrap());
            assert_eq!(key.post(&back, body.clone()).await.error(), (403, "FORBIDDEN", ""));
        }
        assert_eq!(balance(&api).await, [0, 250, 0, 250]);
        assert_eq!(api.get(&back).await.status, 405);
    }

    async fn an_audit_finds_what_is_wrong_with_a_reversal(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let payout = paid(&api, &alice).await;
        api.post(&back(&payout), json!({"reason": "bounced"})).await.ok();
        assert_eq!(differences(&api).await, []);
        run(&api, &EDIT_REVERSAL).await;
        // The kept balance does not follow a hand.
        let of_payouts = |mut found: Vec<(String, String)>| {
            found.retain(|(what, _)| what != "balance");
            found
        };
        let found = |field: &str| ("payout".to_owned(), field.to_owned());
        assert_eq!(of_payouts(differences(&api).await), [found("reversed")]);
        run(&api, &PAY_BEHIND).await;
        assert_eq!(of_payouts(differences(&api).await), [found("amount"), found("entries"), found("reversed")]);
    }
}
