//! What the owner decides about money: commissions approved, held, voided and reinstated, alone and in bulk; sales that are refunded by a call or given
//! to another partner; bonuses and corrections. After each, everything is computed once more, and processed again, and nothing differs.

use std::time::Duration;

use serde_json::{Value, json};
use tributary::audit::audit;

use super::client::{Answer, Api, bodies};

const DAY: Duration = Duration::from_hours(24);

/// Entries, without what differs from run to run.
async fn entries(api: &Api, subject: &str) -> Vec<(String, i64, String)> {
    let mut entries = api.list(&format!("/api/ledger?subjectId={subject}")).await;
    entries.reverse();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .iter()
        .map(|entry| {
            let day = text(&entry["availableAt"])[..10].to_owned();
            (text(&entry["kind"]), entry["amount"].as_i64().unwrap(), day)
        })
        .collect()
}

/// Nothing differs, and processing everything again changes nothing.
async fn sound(api: &Api) {
    for again in [false, true] {
        if again {
            let before = api.list("/api/ledger?limit=500").await;
            let report = api
                .post("/api/events/reprocess", json!({"dryRun": false}))
                .await
                .ok();
            assert_eq!(report["sales"], json!([]), "{report}");
            assert_eq!(api.list("/api/ledger?limit=500").await, before);
        }
        api.settle().await;
        let report = audit(&*api.app.store, api.app.now(), &api.org)
            .await
            .unwrap();
        assert!(report.clean, "{:#?}", report.differences);
    }
}

/// A commission of 100 that Alice has by a sale of 1,000; answers the partner and the sale.
async fn sold(api: &Api) -> (String, Value) {
    let alice = api.partner("alice").await;
    api.click("clk_1", "alice").await;
    (alice, api.sale("clk_1", "in_1", 1_000).await)
}

fn commission(sale: &Value) -> String {
    sale["id"].as_str().unwrap().replace("sale_", "com_")
}

async fn decide(api: &Api, sale: &Value, decision: &str) -> Value {
    let path = format!("/api/commissions/{}/decision", commission(sale));
    let body = json!({"decision": decision, "reason": "because"});
    api.post(&path, body).await.ok()
}

async fn shown(api: &Api, sale: &Value) -> (Value, Value, Value) {
    let path = format!("/api/commissions/{}", commission(sale));
    let one = api.get(&path).await.ok();
    (
        one["status"].clone(),
        one["amount"].clone(),
        one["held"].clone(),
    )
}

async fn approved(api: &Api, partner: &str) -> i64 {
    let balances = api
        .list(&format!("/api/balances?partnerId={partner}"))
        .await;
    balances
        .first()
        .map_or(0, |balance| balance["approved"].as_i64().unwrap())
}

async fn refund(api: &Api, sale: &Value, amount: i64, id: &str) -> Answer {
    let path = format!("/api/sales/{}/refunds", sale["id"].as_str().unwrap());
    let body = json!({"amount": amount, "refundId": id, "reason": "came back"});
    api.post(&path, body).await
}

on_both_databases! {
    async fn every_decision_does_what_it_says_and_can_be_undone(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let cases = [
            ("void", ("rejected", 0, 0), 0),
            ("hold", ("pending", 100, 100), 0),
            ("approve", ("approved", 100, 0), 100),
            ("fraud", ("rejected", 0, 0), 0),
            ("clear", ("pending", 100, 0), 0),
            ("reinstate", ("pending", 100, 0), 0),
        ];
        for (decision, (status, amount, held), payable) in cases {
            let answer = decide(&api, &sale, decision).await;
            assert_eq!((&answer["changed"], &answer["preview"]), (&json!(true), &json!(false)));
            let expected = (json!(status), json!(amount), json!(held));
            assert_eq!(shown(&api, &sale).await, expected, "{decision}");
            assert_eq!(approved(&api, &alice).await, payable, "{decision}");
            sound(&api).await;
            let again = decide(&api, &sale, decision).await;
            assert_eq!((&again["changed"], &again["entries"]), (&json!(false), &json!([])), "{decision}");
        }
        let lines = api.list("/api/changes?type=commission.decided").await;
        assert_eq!(lines.len(), cases.len());
        assert_eq!((&lines[0]["reason"], &lines[0]["subjectId"]), (&json!("because"), &sale["id"]));
        let edit = json!({"before": "cleared", "after": "reinstated"});
        assert_eq!(lines[0]["details"]["decision"], edit);
    }

    async fn what_a_customer_brings_after_a_fraud_waits_for_the_owner(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, first) = sold(&api).await;
        api.clock.advance(DAY);
        let second = api.sale("clk_1", "in_2", 2_000).await;
        api.click("clk_2", "alice").await;
        let other = api.sale("clk_2", "in_3", 3_000).await;
        let answer = decide(&api, &first, "fraud").await;
        let held = "held for review: an earlier commission of this customer was marked as fraud";
        let entries = answer["entries"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["subjectId"] == second["id"]).expect("an entry of the second");
        assert_eq!((&entry["kind"], &entry["amount"], &entry["reason"]), (&json!("hold"), &json!(-200), &json!(held)));
        assert_eq!(shown(&api, &second).await, (json!("pending"), json!(200), json!(200)));
        assert_eq!(shown(&api, &other).await, (json!("pending"), json!(300), json!(0)));
        // So is what comes later.
        api.clock.advance(DAY);
        let third = api.sale("clk_1", "in_4", 4_000).await;
        assert_eq!(shown(&api, &third).await, (json!("pending"), json!(400), json!(400)));
        let open = api.list("/api/reviews").await;
        let open: Vec<_> = open.iter().map(|one| (&one["invoiceId"], &one["reason"])).collect();
        assert_eq!(open, [(&json!("in_4"), &json!(held)), (&json!("in_2"), &json!(held))]);
        sound(&api).await;
        api.post("/api/reviews", json!({"saleId": second["id"], "approved": true})).await.ok();
        api.settle().await;
        assert_eq!(shown(&api, &second).await, (json!("pending"), json!(200), json!(0)));
        decide(&api, &first, "reinstate").await;
        assert_eq!(shown(&api, &third).await, (json!("pending"), json!(400), json!(0)));
        assert!(api.list("/api/reviews").await.is_empty());
        api.clock.advance(40 * DAY);
        assert_eq!(approved(&api, &alice).await, 1_000);
        sound(&api).await;
    }

    async fn an_approved_commission_is_paid_before_its_hold_ends_and_stays_paid(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let id = sale["id"].as_str().unwrap();
        decide(&api, &sale, "approve").await;
        assert_eq!(entries(&api, id).await, [
            ("commission".into(), 100, "2026-12-22".into()),
            ("commission".into(), -100, "2026-12-22".into()),
            ("commission".into(), 100, "2026-11-22".into())]);
        let payout = api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"})).await.ok();
        assert_eq!(payout["amount"], 100);
        assert_eq!(shown(&api, &sale).await.0, "paid");
        api.clock.advance(40 * DAY);
        assert_eq!((approved(&api, &alice).await, shown(&api, &sale).await.0), (0, json!("paid")));
        sound(&api).await;
        // A void of what was paid is owed by the partner.
        decide(&api, &sale, "void").await;
        assert_eq!(approved(&api, &alice).await, -100);
        sound(&api).await;
        decide(&api, &sale, "reinstate").await;
        assert_eq!(approved(&api, &alice).await, 0);
        sound(&api).await;
    }

    async fn a_decision_outlasts_refunds_new_rules_and_repair(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        decide(&api, &sale, "void").await;
        refund(&api, &sale, 400, "r_1").await.ok();
        assert_eq!(shown(&api, &sale).await.1, json!(0));
        sound(&api).await;
        decide(&api, &sale, "approve").await;
        assert_eq!(shown(&api, &sale).await.1, json!(60));
        assert_eq!(approved(&api, &alice).await, 60);
        refund(&api, &sale, 600, "r_2").await.ok();
        assert_eq!((shown(&api, &sale).await.1, approved(&api, &alice).await), (json!(0), 0));
        sound(&api).await;
    }

    async fn a_preview_says_which_entries_would_be_written_and_writes_none(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let before = api.list("/api/ledger").await;
        let changes = api.list("/api/changes").await;
        let path = format!("/api/commissions/{}/decision?preview=true", commission(&sale));
        let body = json!({"decision": "void", "reason": "a test order"});
        let preview = api.post(&path, body).await.ok();
        assert_eq!(preview["preview"], true);
        assert_eq!(preview["entries"], json!([{"subjectId": sale["id"], "partnerId": alice, "kind": "clawback",
            "amount": -100, "currency": "usd", "reason": "taken back: voided by the owner",
            "availableAt": "2026-12-22T12:00:00.000Z"}]));
        assert_eq!(preview["balances"], json!([{"partnerId": alice, "currency": "usd", "livemode": true, "before": 100, "after": 0}]));
        api.settle().await;
        assert_eq!(api.list("/api/ledger").await, before);
        assert_eq!(api.list("/api/changes").await, changes);
        let path = path.replace("?preview=true", "");
        let done = api.post(&path, json!({"decision": "void", "reason": "a test order"})).await.ok();
        assert_eq!(done["entries"], preview["entries"]);
    }

    async fn several_are_decided_at_once_and_each_has_its_outcome(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, first) = sold(&api).await;
        let second = api.sale("clk_1", "in_2", 2_000).await;
        let (one, two) = (commission(&first), commission(&second));
        decide(&api, &second, "void").await;
        let other = api.another().await;
        other.partner("eve").await;
        other.click("clk_e", "eve").await;
        let theirs = other.sale("clk_e", "in_1", 1_000).await;
        let body = json!({"decision": "void", "reason": "because",
            "ids": [one, two, first["id"], "com_none", commission(&theirs), "x"]});
        let answer = api.post("/api/commissions/decisions", body).await.ok();
        let outcomes: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|one| &one["outcome"]).collect();
        assert_eq!(outcomes, ["decided", "unchanged", "unchanged", "not_found", "not_found", "not_found"]);
        api.settle().await;
        for sale in [&first, &second] {
            assert_eq!(shown(&api, sale).await.0, "rejected");
        }
        assert_eq!(shown(&other, &theirs).await.0, "pending");
        sound(&api).await;
        let many: Vec<String> = (0..201).map(|n| format!("com_{n}")).collect();
        for (ids, decision, reason, field) in [
            (json!([]), "void", "x", "ids"),
            (json!(many), "void", "x", "ids"),
            (json!([one]), "delete", "x", "decision"),
            (json!([one]), "void", " ", "reason"),
        ] {
            let body = json!({"ids": ids, "decision": decision, "reason": reason});
            api.post("/api/commissions/decisions", body).await.refuses(field);
        }
    }

    async fn a_leads_commission_is_decided_like_a_sales(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let rule = json!({"type": "percent", "basisPoints": 0, "lead": {"type": "flat", "amount": 300, "currency": "usd"}});
        api.patch(&format!("/api/programs/{program}"), json!({"commission": rule})).await.ok();
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let lead = json!({"clickId": "clk_1", "eventName": "Sign Up", "customerExternalId": "u_1"});
        api.post("/api/track/lead", lead).await.ok();
        let found = api.list("/api/commissions").await.remove(0);
        let path = format!("/api/commissions/{}", found["id"].as_str().unwrap());
        for (decision, status, amount, held, payable) in [
            ("void", "rejected", 0, 0, 0),
            ("reinstate", "pending", 300, 0, 0),
            ("hold", "pending", 300, 300, 0),
            ("approve", "approved", 300, 0, 300),
        ] {
            let body = json!({"decision": decision, "reason": "because"});
            api.post(&format!("{path}/decision"), body).await.ok();
            let one = api.get(&path).await.ok();
            assert_eq!((&one["status"], &one["amount"], &one["held"], &one["full"]),
                (&json!(status), &json!(amount), &json!(held), &json!(300)), "{decision}");
            assert_eq!(approved(&api, &alice).await, payable, "{decision}");
            sound(&api).await;
        }
        api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"})).await.ok();
        assert_eq!(api.get(&path).await.ok()["status"], "paid");
    }

    async fn who_may_decide_and_about_what(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, sale) = sold(&api).await;
        let path = format!("/api/commissions/{}/decision", commission(&sale));
        let void = json!({"decision": "void", "reason": "x"});
        api.another().await.post(&path, void.clone()).await.is_unknown();
        let key = |body: Value| {
            let api = api.clone();
            async move {
                let made = api.post("/api/keys", body).await.ok();
                api.with_key(made["key"].as_str().unwrap())
            }
        };
        let test = key(json!({"name": "t", "mode": "test"})).await;
        test.post(&path, void.clone()).await.is_unknown();
        refund(&test, &sale, 1, "r").await.is_unknown();
        let mine = format!("/api/sales/{}/partner", sale["id"].as_str().unwrap());
        test.put(&mine, json!({"nobody": true, "reason": "x"})).await.is_unknown();
        let reads = key(json!({"name": "r", "scopes": ["read"]})).await;
        assert_eq!(reads.post(&path, void.clone()).await.status, 403);
        assert_eq!(refund(&reads, &sale, 1, "r").await.status, 403);
        let tracks = key(json!({"name": "t", "scopes": ["track"]})).await;
        assert_eq!(tracks.post(&path, void).await.status, 403);
        assert_eq!(tracks.put(&mine, json!({"nobody": true, "reason": "x"})).await.status, 403);
        for (body, field) in [
            (json!({"decision": "void"}), "reason"),
            (json!({"decision": "void", "reason": "\u{0}"}), "reason"),
            (json!({"decision": "Void", "reason": "x"}), "decision"),
            (json!({"reason": "x"}), "decision"),
            (json!({"decision": "void", "reason": "x", "amount": 1}), "amount"),
        ] {
            api.post(&path, body).await.refuses(field);
        }
        let organic = json!({"clickId": "clk_1", "customerExternalId": "u", "amount": 1});
        api.post("/api/track/sale", organic).await.ok();
        api.post("/api/commissions/com_x/decision", json!({"decision": "void", "reason": "x"})).await.is_unknown();
        assert_eq!(shown(&api, &sale).await.0, "pending");
    }

    async fn a_reported_sale_is_refunded_in_parts_and_never_beyond_what_is_left(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let first = refund(&api, &sale, 250, "r_1").await;
        assert_eq!(first.status, 201);
        let told = first.clone().ok();
        assert_eq!((&told["refundId"], &told["saleId"], &told["amount"], &told["currency"], &told["reason"]),
            (&json!("r_1"), &sale["id"], &json!(250), &json!("usd"), &json!("came back")));
        assert_eq!(refund(&api, &sale, 250, "r_1").await, first, "told twice, it is one");
        assert_eq!(refund(&api, &sale, 251, "r_1").await.error(), (409, "CONFLICT", "refundId"));
        let other = api.sale("clk_1", "in_2", 1_000).await;
        assert_eq!(refund(&api, &other, 250, "r_1").await.error(), (409, "CONFLICT", "refundId"));
        assert_eq!(refund(&api, &sale, 751, "r_2").await.error(), (409, "CONFLICT", "amount"));
        let now = api.sale_named("in_1").await;
        assert_eq!((&now["amountRefunded"], &now["netAmount"], &now["commissionAmount"]),
            (&json!(250), &json!(750), &json!(75)));
        sound(&api).await;
        refund(&api, &sale, 750, "r_2").await.ok();
        let now = api.sale_named("in_1").await;
        assert_eq!((&now["amountRefunded"], &now["commissionAmount"], &now["status"]),
            (&json!(1_000), &json!(0), &json!("rejected")));
        assert_eq!(refund(&api, &sale, 1, "r_3").await.error(), (409, "CONFLICT", "amount"));
        assert_eq!(refund(&api, &sale, 250, "r_1").await, first, "also when nothing is left");
        sound(&api).await;
        let balances = api.list(&format!("/api/balances?partnerId={alice}")).await;
        assert_eq!(balances[0]["balance"], 100);
        let events = api.list("/api/events?type=sale.refund").await;
        assert_eq!(events.iter().map(|event| event["state"].clone()).collect::<Vec<_>>(), ["processed", "processed"]);
        let explained = api.get(&format!("/api/sales/{}/explain", sale["id"].as_str().unwrap())).await.ok();
        assert_eq!(explained["reversals"].as_array().unwrap().len(), 2);
        assert_eq!(api.list("/api/changes?type=sale.refunded").await.len(), 2);
    }

    async fn what_is_wrong_with_a_refund_is_said(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, sale) = sold(&api).await;
        let path = format!("/api/sales/{}/refunds", sale["id"].as_str().unwrap());
        for (body, field) in [
            (json!({"refundId": "r"}), "amount"),
            (json!({"amount": 1}), "refundId"),
            (json!({"amount": 0, "refundId": "r"}), "amount"),
            (json!({"amount": -1, "refundId": "r"}), "amount"),
            (json!({"amount": 1.5, "refundId": "r"}), "amount"),
            (json!({"amount": 9_007_199_254_740_992_i64, "refundId": "r"}), "amount"),
            (json!({"amount": 1, "refundId": "r", "currency": "eur"}), "currency"),
            (json!({"amount": 1, "refundId": " "}), "refundId"),
            (json!({"amount": 1, "refundId": "r", "why": "x"}), "why"),
        ] {
            api.post(&path, body).await.refuses(field);
        }
        api.another().await.post(&path, json!({"amount": 1, "refundId": "r"})).await.is_unknown();
        // Of a currency without smaller units the whole number is the amount.
        let yen = json!({"clickId": "clk_1", "customerExternalId": "u_y", "amount": 5_000, "currency": "jpy", "invoiceId": "in_y"});
        api.post("/api/track/sale", yen).await.ok();
        let yen = api.sale_named("in_y").await;
        refund(&api, &yen, 4_999, "r_y").await.ok();
        let yen = api.sale_named("in_y").await;
        assert_eq!((&yen["netAmount"], &yen["commissionAmount"]), (&json!(1), &json!(0)));
        sound(&api).await;
    }

    async fn two_refunds_at_once_never_take_more_than_there_is(db: TestDb) {
        let api = Api::new(&db).await;
        let (_, sale) = sold(&api).await;
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..8 {
            let (api, sale) = (api.clone(), sale.clone());
            calls.spawn(async move { refund(&api, &sale, 400, &format!("r_{}", n / 2)).await });
        }
        let answers = calls.join_all().await;
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(201), count(409)), (4, 4), "two refunds, each told twice");
        assert_eq!(api.sale_named("in_1").await["amountRefunded"], 800);
        sound(&api).await;
    }

    async fn a_processor_that_tells_of_a_sale_tells_its_refunds(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_f03cNycTHSk_alice", "alice", "2026-09-20T08:00:00Z").await;
        let mut deliveries = bodies("stripe/f03-one-time-checkout-refunded");
        let refunds = deliveries.split_off(3);
        api.deliver("stripe", &deliveries).await;
        let sale = api.list("/api/sales").await.remove(0);
        let answer = refund(&api, &sale, 100, "r_1").await;
        assert_eq!(answer.error(), (409, "CONFLICT", "saleId"));
        assert!(answer.json["error"]["message"].as_str().unwrap().contains("stripe"), "{answer:?}");
        drop(refunds);
        sound(&api).await;
    }

    async fn a_bonus_and_a_correction_are_entries_of_their_own(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, _) = sold(&api).await;
        let path = format!("/api/partners/{alice}/adjustments");
        let bonus = json!({"kind": "bonus", "amount": 5_000, "currency": "USD", "reason": "best of November", "idempotencyKey": "b_1"});
        let made = api.post(&path, bonus.clone()).await;
        assert_eq!(made.status, 201);
        assert_eq!(api.post(&path, bonus.clone()).await, made, "asked for twice, it is one");
        let made = made.ok();
        let mut other = bonus.clone();
        other["amount"] = json!(5_001);
        assert_eq!(api.post(&path, other).await.error(), (409, "CONFLICT", "idempotencyKey"));
        let bob = api.partner("bob").await;
        let of_bob = format!("/api/partners/{bob}/adjustments");
        assert_eq!(api.post(&of_bob, bonus).await.error(), (409, "CONFLICT", "idempotencyKey"));
        assert_eq!(approved(&api, &alice).await, 5_000);
        sound(&api).await;
        let less = json!({"kind": "correction", "amount": -1_200, "currency": "usd", "reason": "paid twice", "idempotencyKey": "c_1"});
        api.post(&path, less).await.ok();
        assert_eq!(approved(&api, &alice).await, 3_800);
        let id = made["id"].as_str().unwrap();
        assert_eq!(entries(&api, id).await, [("bonus".into(), 5_000, "2026-11-22".into())]);
        assert_eq!(api.list("/api/ledger?kind=correction").await[0]["reason"], "paid twice");
        let day = api.get("/api/statistics?from=2026-11-22&to=2026-11-22&groupBy=partner").await.ok();
        assert!(day.to_string().contains("3900"), "{day}");
        sound(&api).await;
        let payout = api.post("/api/payouts", json!({"partnerId": alice, "currency": "usd"})).await.ok();
        assert_eq!(payout["amount"], 3_800);
        let took = json!({"kind": "correction", "amount": -500, "currency": "usd", "reason": "too much", "idempotencyKey": "c_2"});
        api.post(&path, took).await.ok();
        assert_eq!(approved(&api, &alice).await, -500);
        sound(&api).await;
        let lines = api.list("/api/changes?type=adjustment.created").await;
        assert_eq!(lines.len(), 3);
        assert_eq!((&lines[2]["reason"], &lines[2]["subjectId"]), (&json!("best of November"), &made["id"]));
    }

    async fn what_is_wrong_with_an_adjustment_is_said(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let path = format!("/api/partners/{alice}/adjustments");
        let good = json!({"kind": "bonus", "amount": 1, "currency": "usd", "reason": "x", "idempotencyKey": "k"});
        let with = |name: &str, value: Value| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        for (name, value) in [
            ("kind", json!("gift")),
            ("kind", Value::Null),
            ("amount", json!(0)),
            ("amount", json!(-1)),
            ("amount", json!(0.5)),
            ("amount", json!(9_007_199_254_740_992_i64)),
            ("currency", json!("dollars")),
            ("currency", Value::Null),
            ("reason", json!(" ")),
            ("reason", Value::Null),
            ("idempotencyKey", Value::Null),
            ("programId", json!("prog_x")),
        ] {
            api.post(&path, with(name, value)).await.refuses(name);
        }
        let program = json!({"name": "Euros", "currency": "eur"});
        let program = api.post("/api/programs", program).await.ok();
        let elsewhere = with("programId", program["id"].clone());
        api.post(&path, elsewhere.clone()).await.refuses("currency");
        let mut elsewhere = elsewhere;
        elsewhere["currency"] = json!("eur");
        api.post(&path, elsewhere).await.refuses("programId");
        api.another().await.post(&path, good.clone()).await.is_unknown();
        api.post("/api/partners/prt_x/adjustments", good.clone()).await.is_unknown();
        // A test key books in the test ledger, where nothing is paid out, under keys of its own.
        let key = api.post("/api/keys", json!({"name": "t", "mode": "test"})).await.ok();
        let test = api.with_key(key["key"].as_str().unwrap());
        let of_test = test.post(&path, good.clone()).await.ok();
        let of_live = api.post(&path, good.clone()).await.ok();
        assert_eq!((&of_test["livemode"], &of_live["livemode"]), (&json!(false), &json!(true)));
        assert_eq!(approved(&api, &alice).await, 1);
        sound(&api).await;
    }

    async fn a_sale_is_given_to_another_partner_or_to_nobody_and_stays_so(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, sale) = sold(&api).await;
        let bob = api.partner("bob").await;
        let second = api.sale("clk_1", "in_2", 500).await;
        let path = format!("/api/sales/{}/partner", sale["id"].as_str().unwrap());
        let to_bob = json!({"partnerId": bob, "reason": "Bob brought them"});
        let before = api.list("/api/ledger").await;
        let preview = api.put(&format!("{path}?preview=true"), to_bob.clone()).await.ok();
        let moved: Vec<(Value, Value)> = preview["entries"].as_array().unwrap().iter()
            .map(|entry| (entry["partnerId"].clone(), entry["amount"].clone())).collect();
        assert_eq!((moved.len(), moved.contains(&(json!(alice), json!(-100))), moved.contains(&(json!(bob), json!(100)))), (2, true, true));
        assert_eq!(api.list("/api/ledger").await, before);
        let done = api.put(&path, to_bob.clone()).await.ok();
        assert_eq!(done["sales"], preview["sales"]);
        let owner = |invoice: &'static str| {
            let api = api.clone();
            async move { api.sale_named(invoice).await["partnerId"].clone() }
        };
        assert_eq!((owner("in_1").await, owner("in_2").await), (json!(bob), json!(alice)));
        sound(&api).await;
        assert_eq!(api.put(&path, to_bob).await.ok()["entries"], json!([]), "done again, nothing changes");
        api.put(&path, json!({"nobody": true, "reason": "an employee"})).await.ok();
        assert_eq!(owner("in_1").await, Value::Null);
        let explained = api.get(&format!("/api/sales/{}/explain", sale["id"].as_str().unwrap())).await.ok();
        assert_eq!((&explained["attribution"]["says"], &explained["attribution"]["reason"]),
            (&json!("nobody: the owner has said so"), &json!("an employee")));
        sound(&api).await;
        api.put(&path, json!({"partnerId": null, "reason": "a mistake"})).await.ok();
        assert_eq!(owner("in_1").await, json!(alice));
        let customer = format!("/api/customers/{}/partner", second["customer"]["id"].as_str().unwrap());
        api.put(&customer, json!({"nobody": true, "reason": "our own team"})).await.ok();
        assert_eq!((owner("in_1").await, owner("in_2").await), (Value::Null, Value::Null));
        sound(&api).await;
        for (body, field) in [
            (json!({"partnerId": bob}), "reason"),
            (json!({"reason": "x"}), "partnerId"),
            (json!({"partnerId": bob, "nobody": true, "reason": "x"}), "nobody"),
            (json!({"partnerId": "prt_x", "reason": "x"}), "partnerId"),
        ] {
            api.put(&path, body).await.refuses(field);
        }
        let other = api.another().await;
        other.put(&path, json!({"nobody": true, "reason": "x"})).await.is_unknown();
        let theirs = other.partner("eve").await;
        api.put(&path, json!({"partnerId": theirs, "reason": "x"})).await.refuses("partnerId");
    }
}
