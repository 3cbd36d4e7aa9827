//! Payouts from step to step: drafted by a run, approved, sent in a batch, paid or failed. Nothing is paid twice, whoever repeats what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tributary::audit::audit;

use super::client::Api;
use super::money::sold;
use crate::support::receiver::{NEVER, Received, Receiver};

const MONTH: Duration = Duration::from_hours(24 * 31);
const IBAN: &str = "DE89370400440532013000";

/// A partner with a sale of an amount, whose commission of a tenth may be paid.
async fn earned(api: &Api, name: &str, amount: i64, currency: &str) -> String {
    let id = api.partner(name).await;
    sale(api, name, amount, currency).await;
    id
}

async fn sale(api: &Api, name: &str, amount: i64, currency: &str) {
    let click = format!("clk_{name}_{amount}");
    api.click_at(&click, name, "2026-11-20T10:00:00Z").await;
    let sale = json!({"clickId": click, "customerExternalId": format!("u_{name}"), "amount": amount,
        "currency": currency, "invoiceId": format!("in_{name}_{amount}"), "occurredAt": "2026-11-20T11:00:00Z"});
    api.post("/api/track/sale", sale).await.ok();
}

async fn run(api: &Api, body: Value) -> Vec<Value> {
    let ran = api.post("/api/payouts/runs", body).await.ok();
    ran["lines"].as_array().unwrap().clone()
}

/// The ids of drafts, each approved.
async fn approved(api: &Api) -> Vec<String> {
    let mut ids = Vec::new();
    for line in run(api, json!({})).await {
        let Some(id) = line["payoutId"].as_str() else {
            continue;
        };
        api.post(&format!("/api/payouts/{id}/approve"), json!({}))
            .await
            .ok();
        ids.push(id.to_owned());
    }
    ids
}

async fn details(api: &Api, partner: &str, body: Value) {
    let path = format!("/api/partners/{partner}/payout-details");
    api.put(&path, body).await.ok();
}

async fn batch(api: &Api, method: &str, currency: &str) -> Value {
    let body = json!({"method": method, "currency": currency});
    api.post("/api/payout-batches", body).await.ok()
}

async fn file(api: &Api, batch: &Value) -> String {
    let path = format!("/api/payout-batches/{}/file", batch["id"].as_str().unwrap());
    let (status, bytes, _) = api.bytes(&path).await;
    assert_eq!(status, 200);
    String::from_utf8(bytes).unwrap()
}

async fn status(api: &Api, id: &str) -> Value {
    api.get(&format!("/api/payouts/{id}")).await.ok()["status"].clone()
}

async fn in_order(api: &Api) {
    api.settle().await;
    let found = audit(&*api.app.store, api.app.now(), &api.org)
        .await
        .unwrap();
    assert!(found.differences.is_empty(), "{:?}", found.differences);
}

on_both_databases! {
    async fn a_run_drafts_what_is_enough_and_says_why_the_rest_stays(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/programs/{program}");
        let shown = api.patch(&path, json!({"payoutMinimum": 1_000})).await.ok();
        assert_eq!(shown["payoutMinimum"], 1_000);
        let rich = earned(&api, "rich", 20_000, "usd").await;
        sale(&api, "rich", 30_000, "eur").await;
        let poor = earned(&api, "poor", 9_990, "usd").await;
        assert!(run(&api, json!({})).await.is_empty(), "all of it is held");
        api.clock.advance(MONTH);
        let line = |partner: &str, amount: i64, currency: &str, outcome: &str, minimum: Value| json!({
            "payoutId": null, "partnerId": partner, "programId": program, "amount": amount,
            "currency": currency, "outcome": outcome, "minimum": minimum});
        let asked = run(&api, json!({"dryRun": true})).await;
        let mut expected = vec![line(&rich, 3_000, "eur", "drafted", Value::Null),
            line(&rich, 2_000, "usd", "drafted", Value::Null),
            line(&poor, 999, "usd", "below_minimum", json!(1_000))];
        let by = |line: &Value| (line["partnerId"].to_string(), line["currency"].to_string());
        expected.sort_by_key(by);
        let mut found = asked.clone();
        found.sort_by_key(by);
        assert_eq!(found, expected);
        assert!(api.list("/api/payouts").await.is_empty(), "it was only asked");
        assert_eq!(run(&api, json!({"currency": "eur", "until": "2026-11-22T12:00:00Z"})).await, Vec::<Value>::new());

        let both = tokio::join!(run(&api, json!({"note": "November"})), run(&api, json!({})));
        let drafted = [both.0, both.1].concat();
        let drafted = drafted.iter().filter(|line| line["payoutId"].is_string()).count();
        assert_eq!(drafted, 2, "two runs at once draft nothing twice");
        let drafts = api.list("/api/payouts?status=draft").await;
        assert_eq!(drafts.len(), 2);
        assert!(drafts.iter().all(|draft| draft["statementNumber"].is_null() && draft["paidAt"].is_null()));
        let balances = api.list(&format!("/api/balances?partnerId={rich}&currency=usd")).await;
        assert_eq!((&balances[0]["approved"], &balances[0]["paid"]), (&json!(2_000), &json!(0)), "a draft is no money yet");
        let again = json!({"partnerId": rich, "currency": "usd"});
        api.post("/api/payouts", again).await.refuses("partnerId");
        in_order(&api).await;
    }

    async fn a_payout_goes_from_step_to_step_and_each_step_says_who(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = earned(&api, "alice", 10_000, "usd").await;
        api.clock.advance(MONTH);
        let id = run(&api, json!({})).await[0]["payoutId"].as_str().unwrap().to_owned();
        let step = async |step: &str, body: Value| api.post(&format!("/api/payouts/{id}/{step}"), body).await;
        assert_eq!(step("send", json!({})).await.error(), (409, "CONFLICT", "status"));
        assert_eq!(step("confirm", json!({})).await.error(), (409, "CONFLICT", "status"));
        assert_eq!(step("reverse", json!({"reason": "x"})).await.status, 409);
        let shown = step("approve", json!({})).await.ok();
        assert_eq!((&shown["status"], &shown["approvedBy"]), (&json!("approved"), &json!("test")));
        assert_eq!(step("approve", json!({})).await.ok(), shown, "again");
        let shown = step("send", json!({"method": "bank", "reference": "r-1"})).await.ok();
        assert_eq!([&shown["status"], &shown["method"], &shown["reference"]], [&json!("sent"), &json!("bank"), &json!("r-1")]);
        assert_eq!(shown["statementNumber"], 1);
        let balances = api.list(&format!("/api/balances?partnerId={alice}")).await;
        assert_eq!((&balances[0]["approved"], &balances[0]["paid"]), (&json!(0), &json!(1_000)));
        assert_eq!(step("send", json!({})).await.ok()["reference"], "r-1");
        let shown = step("confirm", json!({})).await.ok();
        assert_eq!([&shown["status"], &shown["paidBy"], &shown["reference"]], [&json!("paid"), &json!("test"), &json!("r-1")]);
        assert_eq!(step("fail", json!({"reason": "late"})).await.ok()["status"], "failed", "the bank was wrong");
        let delete = api.delete(&format!("/api/payouts/{id}")).await;
        assert_eq!(delete.error(), (409, "CONFLICT", "status"));
        in_order(&api).await;

        let second = approved(&api).await.remove(0);
        api.delete(&format!("/api/payouts/{second}")).await.ok();
        api.get(&format!("/api/payouts/{second}")).await.is_unknown();
        assert_eq!(run(&api, json!({})).await[0]["amount"], 1_000, "what was discarded may be paid");
        let types: Vec<Value> = api.list(&format!("/api/changes?subjectId={id}")).await
            .iter().map(|line| line["type"].clone()).collect();
        assert_eq!(types, ["payout.failed", "payout.paid", "payout.sent", "payout.approved", "payout.drafted"]);
    }

    async fn what_is_taken_back_after_the_draft_is_netted_before_it_is_sent(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, refund) = sold(&api).await;
        let id = run(&api, json!({})).await[0]["payoutId"].as_str().unwrap().to_owned();
        api.deliver("stripe", &refund).await;
        let refused = api.post(&format!("/api/payouts/{id}/approve"), json!({})).await;
        assert_eq!(refused.status, 409);
        let message = refused.json["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("2.50 usd was taken back"), "{message}");
        api.delete(&format!("/api/payouts/{id}")).await.ok();
        assert!(run(&api, json!({})).await.is_empty(), "nothing is left of it");

        // And after it was sent: the next one is less.
        sale(&api, "alice", 50_000, "usd").await;
        api.clock.advance(MONTH);
        let id = approved(&api).await.remove(0);
        assert_eq!(api.get(&format!("/api/payouts/{id}")).await.ok()["amount"], 5_000);
        assert_eq!(api.list(&format!("/api/balances?partnerId={alice}")).await[0]["approved"], 5_000);
        in_order(&api).await;
    }

    async fn a_file_holds_each_payout_once_and_is_always_the_same(db: TestDb) {
        let api = Api::new(&db).await;
        let mut partners = Vec::new();
        for name in ["alice", "bob", "carol"] {
            partners.push(earned(&api, name, 10_000, "eur").await);
        }
        api.clock.advance(MONTH);
        let tax = json!({"legalName": "X", "address": "Street 1", "country": "de"});
        let with = |mut own: Value| {
            own.as_object_mut().unwrap().extend(tax.as_object().unwrap().clone());
            own
        };
        details(&api, &partners[0], with(json!({"method": "paypal", "email": "pay@alice.example"}))).await;
        details(&api, &partners[1], with(json!({"method": "sepa", "iban": IBAN}))).await;
        let ids = approved(&api).await;
        assert_eq!(ids.len(), 3);
        let make = async |method: &str| api.post("/api/payout-batches", json!({"method": method, "currency": "eur"})).await;
        let refused = make("sepa").await;
        assert!(refused.json["error"]["message"].as_str().unwrap().contains("companyName and iban"), "{refused:?}");
        let settings = json!({"companyName": "Shop GmbH", "iban": IBAN});
        let shown = api.patch("/api/payout-settings", settings).await.ok();
        assert_eq!(shown["iban"], "•••3000");
        let missing = make("sepa").await;
        assert_eq!(missing.status, 409);
        let message = missing.json["error"]["message"].as_str().unwrap();
        assert!(message.contains("accountHolder") && message.contains(&partners[1]), "{message}");
        details(&api, &partners[1], with(json!({"method": "sepa", "iban": IBAN, "accountHolder": "Bob"}))).await;

        let both = tokio::join!(make("paypal"), make("paypal"));
        let mut statuses = [both.0.status, both.1.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "of two at once one is made");
        let paypal = if both.0.status == 201 { both.0.ok() } else { both.1.ok() };
        assert_eq!((&paypal["payouts"], &paypal["total"], &paypal["createdBy"]), (&json!(1), &json!(1_000), &json!("test")));
        let text = file(&api, &paypal).await;
        assert!(text.starts_with("pay@alice.example,10.00,EUR,pay"), "{text}");
        details(&api, &partners[0], json!({"method": "paypal", "email": "other@alice.example"})).await;
        assert_eq!(file(&api, &paypal).await, text, "as it was made");
        let sepa = batch(&api, "sepa", "eur").await;
        assert!(file(&api, &sepa).await.contains("<CtrlSum>10.00</CtrlSum>"));
        let plain = batch(&api, "plain", "eur").await;
        assert!(file(&api, &plain).await.contains(&partners[2]), "for who has said nothing");
        for id in &ids {
            assert_eq!(status(&api, id).await, "sent");
        }
        for method in ["paypal", "sepa", "plain", "wise", "stripe"] {
            assert_eq!(make(method).await.status, 409, "{method}");
        }
        let path = format!("/api/payout-batches/{}/confirm", sepa["id"].as_str().unwrap());
        assert_eq!(api.post(&path, json!({})).await.ok()["confirmed"], 1);
        assert_eq!(api.post(&path, json!({})).await.ok()["confirmed"], 0);
        assert_eq!(api.list("/api/payouts?status=paid").await.len(), 1);
        let of_batch = format!("/api/payouts?batchId={}", paypal["id"].as_str().unwrap());
        assert_eq!(api.list(&of_batch).await.len(), 1);
        assert_eq!(api.list("/api/payout-batches").await.len(), 3);
        in_order(&api).await;
        for stored in ["pay@alice.example", IBAN, "Street 1"] {
            let shown = api.get(&format!("/api/partners/{}/payout-details", partners[1])).await.ok();
            assert!(stored != IBAN || !shown.to_string().contains(stored));
        }
    }

    async fn details_that_cannot_be_are_refused_and_what_is_missing_is_said(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let path = format!("/api/partners/{alice}/payout-details");
        assert_eq!(api.get(&path).await.ok()["missing"], json!(["method"]));
        for (body, field) in [(json!({}), "method"), (json!({"method": "cash"}), "method"),
            (json!({"method": "sepa", "iban": "DE00"}), "iban"), (json!({"method": "other", "bic": 1}), "bic")] {
            api.put(&path, body).await.refuses(field);
        }
        let put = api.put(&path, json!({"method": "sepa", "iban": IBAN})).await.ok();
        assert_eq!(put["missing"], json!(["accountHolder", "legalName", "address", "country"]));
        assert_eq!(put["iban"], "•••3000");
        api.get("/api/partners/prt_x/payout-details").await.is_unknown();
        api.another().await.get(&path).await.is_unknown();
        for body in [json!({"stripeKey": "pk_1"}), json!({"iban": "X"})] {
            let field = body.as_object().unwrap().keys().next().unwrap().clone();
            api.patch("/api/payout-settings", body).await.refuses(&field);
        }
        let usd = json!({"method": "sepa", "currency": "usd"});
        assert_eq!(api.post("/api/payout-batches", usd).await.status, 409);
    }

    async fn stripe_transfers_each_payout_once_whatever_breaks_off(db: TestDb) {
        let stripe = Receiver::start().await;
        let url = format!("http://{}", stripe.address);
        let api = Api::with(&db, |config| config.stripe_url = url).await;
        let alice = earned(&api, "alice", 10_000, "usd").await;
        api.clock.advance(MONTH);
        details(&api, &alice, json!({"method": "stripe", "stripeAccount": "acct_1"})).await;
        api.patch("/api/payout-settings", json!({"stripeKey": "sk_test_canary"})).await.ok();
        let id = approved(&api).await.remove(0);
        let (made, lost) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(true)));
        let (making, losing) = (made.clone(), lost.clone());
        let known = made.clone();
        stripe.say(move |one| {
            let found = |data: Value| (200, json!({"object": "list", "data": data}));
            if one.path.starts_with("/v1/transfers?") {
                let data = if known.load(Ordering::SeqCst) == 0 { json!([]) } else { json!([{"id": "tr_1"}]) };
                return found(data);
            }
            making.fetch_add(1, Ordering::SeqCst);
            // The transfer is made, and the answer is lost.
            if losing.swap(false, Ordering::SeqCst) { (500, json!({})) } else { (200, json!({"id": "tr_1"})) }
        });
        batch(&api, "stripe", "usd").await;
        api.app.work_all().await.unwrap();
        assert_eq!(status(&api, &id).await, "sent", "nobody knows yet");
        api.clock.advance(Duration::from_mins(1));
        api.app.work_all().await.unwrap();
        let shown = api.get(&format!("/api/payouts/{id}")).await.ok();
        assert_eq!((&shown["status"], &shown["reference"], &shown["paidBy"]), (&json!("paid"), &json!("tr_1"), &json!("the server")));
        assert_eq!(made.load(Ordering::SeqCst), 1, "it was found, and not made again");
        let asked = stripe.take();
        let post = asked.iter().find(|one| one.path == "/v1/transfers").unwrap();
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&post.body).into_owned().collect();
        let value = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!([value("amount"), value("currency"), value("destination"), value("transfer_group")],
            [Some("1000"), Some("usd"), Some("acct_1"), Some(id.as_str())]);
        assert_eq!(post.header("idempotency-key"), id);
        assert!(asked.iter().all(|one| one.header("authorization") == "Bearer sk_test_canary"));
        in_order(&api).await;
    }

    async fn what_stripe_refuses_is_due_again_and_what_it_cannot_say_waits(db: TestDb) {
        let stripe = Receiver::start().await;
        let url = format!("http://{}", stripe.address);
        let api = Api::with(&db, |config| config.stripe_url = url).await;
        let alice = earned(&api, "alice", 10_000, "usd").await;
        api.clock.advance(MONTH);
        details(&api, &alice, json!({"method": "stripe", "stripeAccount": "acct_1"})).await;
        api.patch("/api/payout-settings", json!({"stripeKey": "sk_test_canary"})).await.ok();
        let id = approved(&api).await.remove(0);
        let says = |status: u16, code: &'static str| move |one: &Received| {
            if one.path.starts_with("/v1/transfers?") {
                return (200, json!({"data": []}));
            }
            (status, json!({"error": {"code": code, "message": "No such destination"}}))
        };
        stripe.say(says(400, "balance_insufficient"));
        batch(&api, "stripe", "usd").await;
        for waits in [(400, "balance_insufficient"), (401, "api_key_expired"), (429, "rate_limit"), (409, "idempotency_key_in_use"), (503, "")] {
            stripe.say(says(waits.0, waits.1));
            api.app.work_all().await.unwrap();
            assert_eq!(status(&api, &id).await, "sent", "{waits:?}");
            api.clock.advance(Duration::from_hours(7));
        }
        stripe.say(says(400, "resource_missing"));
        api.app.work_all().await.unwrap();
        let shown = api.get(&format!("/api/payouts/{id}")).await.ok();
        assert_eq!(shown["status"], "failed");
        assert_eq!(shown["reversedReason"], "Stripe has refused the transfer: 400 resource_missing No such destination");
        assert_eq!(api.list(&format!("/api/balances?partnerId={alice}")).await[0]["approved"], 1_000);
        let kept = api.list("/api/changes?limit=500").await;
        assert!(kept.iter().all(|line| !line.to_string().contains("canary")));
        in_order(&api).await;
        stripe.answer(|_| NEVER);
    }
}
