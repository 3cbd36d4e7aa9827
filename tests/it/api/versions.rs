//! What a change of terms leaves alone: every sale and lead that was there, whatever is folded again.

use std::time::Duration;

use serde_json::{Value, json};
use tributary::audit::audit;

use super::client::Api;
use crate::support::TestDb;

const SECOND: Duration = Duration::from_secs(1);

/// An organization with alice and bob, whose links were clicked four and two days ago.
async fn ready(db: &TestDb) -> (Api, String) {
    let api = Api::new(db).await;
    for (partner, click, at) in [
        ("alice", "clk_a", "2026-11-18T10:00:00Z"),
        ("bob", "clk_b", "2026-11-20T10:00:00Z"),
    ] {
        api.partner(partner).await;
        api.click_at(click, partner, at).await;
    }
    let program = api.list("/api/programs").await.remove(0);
    let path = format!("/api/programs/{}", program["id"].as_str().unwrap());
    (api, path)
}

/// Reports a sale of 10.00 usd to a customer.
async fn sell(api: &Api, customer: &str, click: &str, invoice: &str) -> Value {
    let body = json!({"clickId": click, "customerExternalId": customer, "amount": 1_000,
        "invoiceId": invoice});
    api.post("/api/track/sale", body).await.ok();
    api.sale_named(invoice).await
}

async fn lead(api: &Api, customer: &str, click: &str, name: &str) {
    let body = json!({"clickId": click, "eventName": name, "customerExternalId": customer});
    api.post("/api/track/lead", body).await.ok();
}

/// All sales, commissions and entries.
async fn books(api: &Api) -> [Vec<Value>; 3] {
    [
        api.list("/api/sales").await,
        api.list("/api/commissions").await,
        api.list("/api/ledger").await,
    ]
}

/// What there is now, of what there was: later rows are left out.
async fn still(api: &Api, before: &[Vec<Value>; 3]) -> [Vec<Value>; 3] {
    let mut now = books(api).await;
    for (now, before) in now.iter_mut().zip(before) {
        now.retain(|row| before.iter().any(|known| known["id"] == row["id"]));
    }
    now
}

/// Changes a program, which must move nothing, neither now nor when all is folded again.
async fn change(api: &Api, path: &str, body: Value) -> [Vec<Value>; 3] {
    let before = books(api).await;
    api.clock.advance(SECOND);
    let changed = api.patch(path, body.clone()).await.ok();
    for (member, value) in body.as_object().unwrap() {
        if member != "commission" {
            assert_eq!(&changed[member], value);
        }
    }
    api.settle().await;
    assert_eq!(books(api).await, before);
    api.clock.advance(SECOND);
    before
}

async fn assert_clean(api: &Api) {
    api.settle().await;
    let store = api.app.store.as_ref();
    let report = audit(store, api.app.now(), &api.org).await.unwrap();
    assert!(report.clean, "{:#?}", report.differences);
    assert!(report.sales > 0);
}

/// The link that has brought a sale, by its key.
async fn brought_by(api: &Api, sale: &Value) -> Option<String> {
    let id = sale["partnerId"].as_str()?;
    let partner = api.get(&format!("/api/partners/{id}")).await.ok();
    partner["name"].as_str().map(str::to_owned)
}

on_both_databases! {
    async fn a_new_model_never_touches_an_earlier_sale(db: TestDb) {
        let (api, program) = ready(&db).await;
        // Too old to count with the sale: what is remembered decides.
        api.click_at("clk_old", "bob", "2026-07-01T10:00:00Z").await;
        lead(&api, "u_1", "clk_a", "Visit").await;
        lead(&api, "u_1", "clk_b", "Sign Up").await;
        let sold = sell(&api, "u_1", "clk_old", "in_1").await;
        assert_eq!(brought_by(&api, &sold).await.as_deref(), Some("bob"));
        let before = change(&api, &program, json!({"model": "first_click"})).await;
        let later = sell(&api, "u_1", "clk_old", "in_2").await;
        assert_eq!(brought_by(&api, &later).await.as_deref(), Some("alice"));
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn a_shorter_window_never_touches_an_earlier_sale(db: TestDb) {
        let (api, program) = ready(&db).await;
        sell(&api, "u_1", "clk_a", "in_1").await;
        let before = change(&api, &program, json!({"windowDays": 1})).await;
        let later = sell(&api, "u_2", "clk_a", "in_2").await;
        assert_eq!(later["partnerId"], Value::Null);
        sell(&api, "u_1", "clk_a", "in_3").await;
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn a_longer_window_never_credits_an_earlier_sale(db: TestDb) {
        let (api, program) = ready(&db).await;
        api.patch(&program, json!({"windowDays": 3})).await.ok();
        assert_eq!(sell(&api, "u_1", "clk_a", "in_1").await["partnerId"], Value::Null);
        sell(&api, "u_2", "clk_b", "in_2").await;
        let before = change(&api, &program, json!({"windowDays": 90})).await;
        let later = sell(&api, "u_1", "clk_a", "in_3").await;
        assert_eq!(brought_by(&api, &later).await.as_deref(), Some("alice"));
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn while_nothing_has_been_credited_a_change_holds_from_the_beginning(db: TestDb) {
        let (api, program) = ready(&db).await;
        api.patch(&program, json!({"windowDays": 3})).await.ok();
        assert_eq!(sell(&api, "u_1", "clk_a", "in_1").await["partnerId"], Value::Null);
        api.patch(&program, json!({"windowDays": 4})).await.ok();
        api.settle().await;
        assert_eq!(api.sale_named("in_1").await["partnerId"], Value::Null);
        api.patch(&program, json!({"windowDays": 5})).await.ok();
        api.settle().await;
        let sold = api.sale_named("in_1").await;
        assert_eq!(brought_by(&api, &sold).await.as_deref(), Some("alice"));
        assert_clean(&api).await;
    }

    async fn customers_stay_from_now_on(db: TestDb) {
        let (api, program) = ready(&db).await;
        sell(&api, "u_1", "clk_a", "in_1").await;
        api.clock.advance(SECOND);
        let second = sell(&api, "u_1", "clk_b", "in_2").await;
        assert_eq!(brought_by(&api, &second).await.as_deref(), Some("bob"));
        let before = change(&api, &program, json!({"customerStays": true})).await;
        let later = sell(&api, "u_1", "clk_b", "in_3").await;
        assert_eq!(brought_by(&api, &later).await.as_deref(), Some("alice"));
        assert_eq!(still(&api, &before).await, before);
        let before = change(&api, &program, json!({"customerStays": false})).await;
        let last = sell(&api, "u_1", "clk_b", "in_4").await;
        assert_eq!(brought_by(&api, &last).await.as_deref(), Some("bob"));
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn a_new_hold_never_touches_an_earlier_sale(db: TestDb) {
        let (api, program) = ready(&db).await;
        sell(&api, "u_1", "clk_a", "in_1").await;
        let before = change(&api, &program, json!({"holdDays": 7})).await;
        let later = sell(&api, "u_1", "clk_a", "in_2").await;
        assert_eq!(still(&api, &before).await, before);
        let commissions = api.list("/api/commissions").await;
        let available: Vec<&Value> = commissions.iter().map(|c| &c["availableAt"]).collect();
        assert_eq!(available, ["2026-11-29T12:00:02.000Z", "2026-12-22T12:00:00.000Z"]);
        assert_eq!(commissions[0]["saleId"], later["id"]);
        assert_clean(&api).await;
    }

    async fn a_change_never_touches_a_sale_of_another_program(db: TestDb) {
        let (api, _) = ready(&db).await;
        let second = api.post("/api/programs", json!({"name": "Second", "windowDays": 1})).await.ok();
        let partner = api.list("/api/partners").await.remove(0);
        let body = json!({"key": "second", "url": "https://shop.example.com/",
            "partnerId": partner["id"], "programId": second["id"]});
        api.post("/api/links", body).await.ok();
        api.click_at("clk_2", "second", "2026-11-21T10:00:00Z").await;
        // Too old for the second program, and so the first program's by what is remembered.
        lead(&api, "u_1", "clk_a", "Sign Up").await;
        let sold = sell(&api, "u_1", "clk_2", "in_1").await;
        assert_eq!(brought_by(&api, &sold).await.as_deref(), Some("alice"));
        let path = format!("/api/programs/{}", second["id"].as_str().unwrap());
        let before = change(&api, &path, json!({"windowDays": 90})).await;
        let later = sell(&api, "u_1", "clk_2", "in_2").await;
        assert_eq!(later["programId"], second["id"]);
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn a_sale_whose_time_is_far_ahead_follows_what_will_hold_then(db: TestDb) {
        let (api, program) = ready(&db).await;
        let now = api.app.now();
        api.clock.set(now.plus_days(1));
        sell(&api, "u_1", "clk_a", "in_1").await;
        api.clock.set(now);
        let changes = json!({"holdDays": 7,
            "commission": {"type": "percent", "basisPoints": 3_000}});
        api.patch(&program, changes).await.ok();
        api.settle().await;
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 300);
        assert_clean(&api).await;
    }

    async fn a_new_rule_never_pays_for_a_sale_that_earned_nothing(db: TestDb) {
        let (api, program) = ready(&db).await;
        for (invoice, basis_points, minimum) in [("in_0", 0, 0), ("in_1", 1_000, 5_000)] {
            let rule = json!({"type": "percent", "basisPoints": basis_points, "minimumAmount": minimum});
            api.patch(&program, json!({"commission": rule})).await.ok();
            assert_eq!(sell(&api, "u_1", "clk_a", invoice).await["commissionAmount"], 0);
            api.clock.advance(SECOND);
        }
        let higher = json!({"commission": {"type": "percent", "basisPoints": 5_000}});
        let before = change(&api, &program, higher).await;
        assert_eq!(sell(&api, "u_1", "clk_a", "in_2").await["commissionAmount"], 500);
        assert_eq!(still(&api, &before).await, before);
        assert_eq!(api.list("/api/ledger").await.len(), 1);
        assert_clean(&api).await;
    }

    async fn a_partners_own_rule_never_pays_for_a_sale_that_earned_nothing(db: TestDb) {
        let (api, program) = ready(&db).await;
        api.patch(&program, json!({"commission": {"type": "percent", "basisPoints": 0}})).await.ok();
        let alice = sell(&api, "u_1", "clk_a", "in_1").await["partnerId"].clone();
        api.clock.advance(SECOND);
        let own = json!({"commission": {"type": "percent", "basisPoints": 5_000}});
        let path = format!("/api/partners/{}", alice.as_str().unwrap());
        let before = change(&api, &path, own).await;
        assert_eq!(sell(&api, "u_1", "clk_a", "in_2").await["commissionAmount"], 500);
        assert_eq!(still(&api, &before).await, before);
        assert_clean(&api).await;
    }

    async fn a_new_rule_never_pays_for_a_lead_that_earned_nothing(db: TestDb) {
        let (api, program) = ready(&db).await;
        lead(&api, "u_1", "clk_a", "Sign Up").await;
        let flat = json!({"type": "flat", "amount": 300, "currency": "usd"});
        let rule = json!({"commission": {"type": "percent", "basisPoints": 1_000, "lead": flat}});
        change(&api, &program, rule).await;
        lead(&api, "u_2", "clk_a", "Sign Up").await;
        sell(&api, "u_1", "clk_a", "in_1").await;
        let mut amounts: Vec<i64> = api.list("/api/ledger").await.iter()
            .map(|entry| entry["amount"].as_i64().unwrap()).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [100, 300]);
        assert_clean(&api).await;
    }

    async fn what_leads_earn_is_said_in_the_currency_that_the_program_pays_in(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/programs/{program}");
        let rule = |currency: &str| json!({"type": "percent", "basisPoints": 1_000,
            "lead": {"type": "flat", "amount": 300, "currency": currency}});
        api.patch(&path, json!({"currency": "eur"})).await.ok();
        api.patch(&path, json!({"commission": rule("usd")})).await.refuses("commission.lead");
        let of_alice = json!({"commission": rule("usd"), "programId": program});
        api.patch(&format!("/api/partners/{alice}"), of_alice).await.refuses("commission.lead");
        let group = json!({"name": "Friends", "commission": rule("usd"), "programId": program});
        api.post("/api/groups", group).await.refuses("commission.lead");
        let another = json!({"name": "Other", "currency": "gbp", "commission": rule("usd")});
        api.post("/api/programs", another).await.refuses("commission.lead");
        api.patch(&path, json!({"commission": rule("eur")})).await.ok();
        // Nor can the program's currency leave them behind.
        api.patch(&path, json!({"currency": "gbp"})).await.refuses("currency");
        api.patch(&path, json!({"currency": "gbp", "commission": rule("gbp")})).await.ok();
        let of_alice = json!({"commission": rule("gbp"), "programId": program});
        api.patch(&format!("/api/partners/{alice}"), of_alice).await.ok();
        api.patch(&path, json!({"currency": "chf", "commission": rule("chf")})).await.refuses("currency");
        api.patch(&path, json!({"currency": null})).await.ok();
    }
}
