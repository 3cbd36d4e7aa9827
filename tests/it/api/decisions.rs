//! Changes that move figures: rules, windows, late clicks and codes, rates, reviews, assignments.

use std::time::Duration;

use serde_json::{Value, json};
use tributary::audit::audit;
use tributary::clock::Clock as _;

use super::client::{Api, bodies};

const SECOND: Duration = Duration::from_secs(1);

async fn program(api: &Api) -> String {
    let programs = api.list("/api/programs").await;
    let path = |id: &Value| format!("/api/programs/{}", id.as_str().unwrap());
    path(&programs.last().unwrap()["id"])
}

fn percent(basis_points: i64) -> Value {
    json!({"commission": {"type": "percent", "basisPoints": basis_points}})
}

on_both_databases! {
    async fn a_new_rule_never_touches_what_was_earned(db: TestDb) {
        let api = Api::new(&db).await;
        let program = program(&api).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        // Nothing has been earned yet: the rule holds from the beginning.
        let changed = api.patch(&program, percent(2_000)).await.ok();
        assert_eq!(changed["commission"]["basisPoints"], 2_000);
        let first = api.sale("clk_1", "in_1", 1_000).await;
        assert_eq!(first["commissionAmount"], 200);
        api.clock.advance(10 * SECOND);
        api.patch(&program, percent(3_000)).await.ok();
        api.settle().await;
        let second = api.sale("clk_1", "in_2", 1_000).await;
        assert_eq!(second["commissionAmount"], 300);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 200);
        assert_eq!(api.get(&program).await.ok()["commission"]["basisPoints"], 3_000);
    }

    async fn a_new_rule_never_touches_a_sale_of_the_same_second(db: TestDb) {
        let api = Api::new(&db).await;
        let program = program(&api).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.clock.advance(Duration::from_millis(300));
        let changed = api.patch(&program, percent(3_000)).await.ok();
        assert_eq!(changed["commission"]["basisPoints"], 3_000);
        api.clock.advance(Duration::from_millis(300));
        api.sale("clk_1", "in_2", 1_000).await;
        // Folded again, with all that the customer has bought.
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100);
        assert_eq!(api.sale_named("in_2").await["commissionAmount"], 300);
    }

    async fn a_new_rule_never_touches_a_sale_told_by_a_clock_ahead_of_ours(db: TestDb) {
        let api = Api::new(&db).await;
        let program = program(&api).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.clock.set(api.clock.now().plus_seconds(-2));
        api.patch(&program, percent(3_000)).await.ok();
        api.clock.set(api.clock.now().plus_seconds(10));
        api.sale("clk_1", "in_2", 1_000).await;
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 100);
        assert_eq!(api.sale_named("in_2").await["commissionAmount"], 300);
    }

    async fn a_partner_may_have_a_rule_of_its_own(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = format!("/api/partners/{}", api.partner("alice").await);
        api.partner("bob").await;
        api.click("clk_a", "alice").await;
        api.click("clk_b", "bob").await;
        let flat = json!({"commission": {"type": "flat", "amount": 555, "currency": "usd"}});
        let changed = api.patch(&alice, flat).await.ok();
        let program = changed["programIds"][0].as_str().unwrap();
        assert_eq!(changed["commissions"][program]["amount"], 555);
        assert_eq!(api.sale("clk_a", "in_1", 1_000).await["commissionAmount"], 555);
        assert_eq!(api.sale("clk_b", "in_2", 1_000).await["commissionAmount"], 100);
        api.clock.advance(SECOND);
        let ended = api.patch(&alice, json!({"commission": null})).await.ok();
        assert_eq!(ended["commissions"], json!({}));
        assert_eq!(api.sale("clk_a", "in_3", 1_000).await["commissionAmount"], 100);
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 555);
        let wrong = json!({"commission": {"type": "flat"}});
        api.patch(&alice, wrong).await.refuses("commission.amount");
    }

    async fn a_program_is_made_and_changed(db: TestDb) {
        let api = Api::new(&db).await;
        let body = json!({"name": "VIP", "windowDays": 30, "model": "first_click", "holdDays": 7,
            "customerStays": true, "currency": "EUR",
            "commission": {"type": "flat", "amount": 500, "currency": "eur"}});
        let made = api.post("/api/programs", body).await;
        assert_eq!(made.status, 201);
        let made = made.ok();
        let path = format!("/api/programs/{}", made["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.ok(), made);
        assert_eq!(made, json!({"id": made["id"], "name": "VIP", "status": "active",
            "model": "first_click", "windowDays": 30, "customerStays": true, "holdDays": 7,
            "currency": "eur", "payoutMinimum": 0, "createdAt": "2026-11-22T12:00:00.000Z",
            "commission": {"type": "flat", "amount": 500, "currency": "eur",
                "duration": {"type": "lifetime"}, "base": "net"}}));
        let changed = api.patch(&path, json!({"currency": null, "status": "archived"})).await.ok();
        assert_eq!((&changed["currency"], &changed["status"]), (&Value::Null, &json!("archived")));
        for (body, field) in [
            (json!({"name": " "}), "name"),
            (json!({"model": "all_clicks"}), "model"),
            (json!({"status": "paused"}), "status"),
            (json!({"windowDays": 0}), "windowDays"),
            (json!({"windowDays": "30"}), "windowDays"),
            (json!({"holdDays": 366}), "holdDays"),
            (json!({"currency": "money"}), "currency"),
            (json!({"customerStays": "yes"}), "customerStays"),
            (percent(10_001), "commission"),
        ] {
            api.patch(&path, body).await.refuses(field);
        }
        api.post("/api/programs", json!({})).await.refuses("name");
        api.patch("/api/programs/prog_x", json!({})).await.is_unknown();
    }

    async fn a_click_imported_after_its_sale_is_credited(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let sale = bodies("stripe/f03-one-time-checkout-refunded");
        api.deliver("stripe", &sale[..3]).await;
        assert_eq!(api.list("/api/sales").await[0]["partnerId"], Value::Null);
        let body = json!({"id": "clk_f03cNycTHSk_alice", "key": "alice",
            "clickedAt": "2026-09-28T14:05:00Z"});
        api.post("/api/clicks", body).await.ok();
        api.settle().await;
        let sale = api.list("/api/sales").await.remove(0);
        assert_eq!((&sale["partnerId"], &sale["commissionAmount"]), (&json!(alice), &json!(250)));
    }

    async fn a_code_given_after_its_sale_is_credited_and_cannot_go(db: TestDb) {
        let api = Api::new(&db).await;
        let carol = api.partner("carol").await;
        api.deliver("paddle", &bodies("paddle/p22-discount-code")).await;
        assert_eq!(api.list("/api/sales").await[0]["partnerId"], Value::Null);
        let code = json!({"code": "Carol20", "partnerId": carol});
        api.post("/api/codes", code).await.ok();
        api.settle().await;
        let sale = api.list("/api/sales").await.remove(0);
        assert_eq!((&sale["partnerId"], &sale["commissionAmount"]), (&json!(carol), &json!(400)));
        api.delete("/api/codes/carol20").await.refuses("code");
        assert_eq!(api.list("/api/codes").await.len(), 1);
    }

    async fn a_commission_waits_for_its_rate(db: TestDb) {
        let api = Api::new(&db).await;
        api.patch(&program(&api).await, json!({"currency": "eur"})).await.ok();
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let waiting = api.sale("clk_1", "in_1", 1_000).await;
        assert!(waiting["waitsFor"].as_str().unwrap().contains("usd to eur"), "{waiting}");
        assert_eq!(waiting["status"], "pending");
        let rate = json!({"base": "usd", "quote": "EUR", "day": "2026-11-20", "rate": "0.9215",
            "source": "ecb"});
        let imported = api.post("/api/rates", json!([rate])).await;
        assert_eq!((imported.status, &imported.json), (201, &json!({"imported": 1})));
        api.settle().await;
        let sale = api.sale_named("in_1").await;
        assert_eq!((&sale["waitsFor"], &sale["commissionAmount"], &sale["commissionCurrency"]),
            (&Value::Null, &json!(92), &json!("eur")));
        // What has been converted stays, whatever is imported later.
        let body = json!({"rates": [{"base": "usd", "quote": "eur", "day": "2026-11-20", "rate": "2",
            "source": "ecb"}]});
        api.post("/api/rates", body).await.ok();
        api.settle().await;
        assert_eq!(api.sale_named("in_1").await["commissionAmount"], 92);
        assert_eq!(api.list("/api/rates?base=USD").await, [json!({"base": "usd", "quote": "eur",
            "day": "2026-11-20", "rate": "2", "source": "ecb",
            "createdAt": "2026-11-22T12:00:00.000Z"})]);
    }

    async fn a_rate_that_cannot_be_is_refused_with_its_place(db: TestDb) {
        let api = Api::new(&db).await;
        let good = json!({"base": "usd", "quote": "eur", "day": "2026-11-20", "rate": "0.9", "source": "ecb"});
        for (name, value) in [
            ("base", json!("zzz")),
            ("quote", json!("usd")),
            ("day", json!("20.11.2026")),
            ("rate", json!(0.9)),
            ("rate", json!("0")),
            ("rate", json!("-0.9")),
            ("source", json!("")),
        ] {
            let mut wrong = good.clone();
            wrong[name] = value;
            let answer = api.post("/api/rates", json!([good, wrong])).await;
            answer.refuses(&format!("rates[1].{name}"));
            let message = answer.json["error"]["message"].as_str().unwrap();
            assert_eq!(message.contains("\"0.9215\""), name == "rate", "{message}");
        }
        api.post("/api/rates", json!({"rates": 7})).await.refuses("rates");
        assert!(api.list("/api/rates").await.is_empty());
    }

    async fn a_self_referral_waits_for_the_owners_review(db: TestDb) {
        let api = Api::new(&db).await;
        let held = api.self_referral().await;
        assert!(held["review"].is_string(), "{held}");
        assert_eq!(api.list("/api/balances").await[0]["held"], 100);
        let id = &held["id"];
        for (approved, left, status) in [(false, 0, "rejected"), (true, 100, "pending")] {
            api.post("/api/reviews", json!({"saleId": id, "approved": approved})).await.ok();
            api.settle().await;
            let sale = api.sale_named("in_1").await;
            assert_eq!((&sale["review"], &sale["commissionAmount"], &sale["status"]),
                (&Value::Null, &json!(left), &json!(status)));
        }
        assert_eq!(api.list("/api/balances").await[0]["balance"], 100);
        api.click("clk_2", "alice").await;
        let other = api.sale("clk_2", "in_2", 1_000).await;
        for (body, field) in [
            (json!({"approved": true}), "saleId"),
            (json!({"saleId": id}), "approved"),
            (json!({"saleId": "sale_x", "approved": true}), "saleId"),
            (json!({"saleId": "a\u{0}", "approved": true}), "saleId"),
            (json!({"saleId": other["id"], "approved": true}), "saleId"),
        ] {
            api.post("/api/reviews", body).await.refuses(field);
        }
    }

    async fn who_buys_from_where_a_partner_is_paid_is_held_whatever_the_partner_says_later(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        for (click, email) in [("clk_1", "pay+shop@example.org"), ("clk_2", "bob@example.org")] {
            api.click(click, "alice").await;
            let body = json!({"clickId": click, "customerExternalId": click, "amount": 1_000, "invoiceId": format!("in_{click}"),
                "customerEmail": email});
            api.post("/api/track/sale", body).await.ok();
        }
        assert_eq!(api.list("/api/balances").await[0]["held"], 0);
        let path = format!("/api/partners/{alice}/payout-details");
        for details in [json!({"method": "paypal", "email": "Pay@example.org"}), json!({"method": "other"})] {
            api.put(&path, details.clone()).await.ok();
            api.settle().await;
            let held = api.sale_named("in_clk_1").await;
            assert_eq!(held["review"], "held for review: the customer is the partner (self-referral)", "{details}");
            assert_eq!(api.sale_named("in_clk_2").await["review"], Value::Null);
            assert_eq!(api.list("/api/balances").await[0]["held"], 100);
        }
        let report = audit(&*api.app.store, api.app.now(), &api.org).await.unwrap();
        assert!(report.clean, "{:#?}", report.differences);
    }

    async fn a_preview_shows_whole_balances_with_what_others_have_bought(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
        for (click, partner) in [("clk_1", "alice"), ("clk_2", "alice"), ("clk_3", "bob")] {
            api.click(click, partner).await;
            api.sale(click, &format!("in_{click}"), 1_000).await;
        }
        let sale = api.sale_named("in_clk_1").await;
        let path = format!("/api/customers/{}/partner", sale["customer"]["id"].as_str().unwrap());
        let done = api.put(&path, json!({"partnerId": bob})).await.ok();
        assert_eq!(done["balances"], json!([
            {"partnerId": alice, "currency": "usd", "livemode": true, "before": 200, "after": 100},
            {"partnerId": bob, "currency": "usd", "livemode": true, "before": 100, "after": 200}]));
        let balances = api.list(&format!("/api/balances?partnerId={bob}")).await;
        assert_eq!(balances[0]["balance"], 200);
    }

    async fn a_customer_is_given_to_another_partner_after_a_preview(db: TestDb) {
        let api = Api::new(&db).await;
        let (alice, bob) = (api.partner("alice").await, api.partner("bob").await);
        api.click("clk_1", "alice").await;
        let sale = api.sale("clk_1", "in_1", 1_000).await;
        let customer = sale["customer"]["id"].as_str().unwrap();
        let path = format!("/api/customers/{customer}/partner");
        let mut expected = json!({
            "customerId": customer, "partnerId": bob, "nobody": false, "preview": true,
            "sales": [{"saleId": sale["id"],
                "before": {"partnerId": alice, "commissionAmount": 100, "commissionCurrency": "usd"},
                "after": {"partnerId": bob, "commissionAmount": 100, "commissionCurrency": "usd"}}],
            "balances": [
                {"partnerId": alice, "currency": "usd", "livemode": true, "before": 100, "after": 0},
                {"partnerId": bob, "currency": "usd", "livemode": true, "before": 0, "after": 100}],
        });
        let preview = api.put(&format!("{path}?preview=true"), json!({"partnerId": bob})).await.ok();
        // Who of the two stands first follows from their ids.
        expected["entries"] = preview["entries"].clone();
        assert_eq!(preview["entries"].as_array().unwrap().len(), 2);
        assert_eq!(preview, expected);
        assert_eq!(api.sale_named("in_1").await, sale);
        assert_eq!(api.list("/api/ledger").await.len(), 1);
        let done = api.put(&path, json!({"partnerId": bob})).await.ok();
        expected["preview"] = json!(false);
        assert_eq!(done, expected);
        assert_eq!(api.sale_named("in_1").await["partnerId"], json!(bob));
        let undone = api.put(&path, json!({"partnerId": null})).await.ok();
        assert_eq!(undone["sales"][0]["after"]["partnerId"], json!(alice));
        assert_eq!(api.sale_named("in_1").await["partnerId"], json!(alice));
        api.put(&path, json!({"partnerId": "prt_x"})).await.refuses("partnerId");
        // A slip of the pen must not take an assignment back.
        api.put(&path, json!({"partner": bob})).await.refuses("partner");
        api.put(&path, json!({})).await.refuses("partnerId");
        api.put("/api/customers/cus_x/partner", json!({"partnerId": bob})).await.is_unknown();
    }

    async fn customers_are_found_by_every_filter(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let body = json!({"clickId": "clk_1", "customerExternalId": "u_1", "eventName": "Sign Up",
            "customerEmail": "buyer@example.com", "customerName": "Buyer"});
        api.post("/api/track/lead", body).await.ok();
        let customer = api.list("/api/customers").await.remove(0);
        let at = "2026-11-22T12:00:00.000Z";
        let program = api.list("/api/programs").await[0]["id"].clone();
        assert_eq!(customer, json!({"id": customer["id"], "externalId": "u_1",
            "email": "buyer@example.com", "name": "Buyer", "avatar": null, "livemode": true,
            "partnerId": alice, "programId": program, "clickId": "clk_1", "createdAt": at,
            "updatedAt": at}));
        let path = format!("/api/customers/{}", customer["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.ok(), customer);
        for (filter, count) in [
            ("externalId=u_1".to_owned(), 1),
            ("externalId=u_2".to_owned(), 0),
            ("email=buyer@example.com".to_owned(), 1),
            (format!("partnerId={alice}"), 1),
            ("livemode=false".to_owned(), 0),
        ] {
            let path = format!("/api/customers?{filter}");
            assert_eq!(api.list(&path).await.len(), count, "{filter}");
        }
    }
}
