//! Sales and balances as the API shows them.

use std::time::Duration;

use serde_json::{Value, json};

use tributary::actor::WriteScope;

use super::client::{Api, bodies};

const DAY: Duration = Duration::from_hours(24);

on_both_databases! {
    async fn a_sale_has_exactly_the_fields_of_the_contract(db: TestDb) {
        let api = Api::new(&db).await;
        let partner = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let body = json!({"clickId": "clk_1", "customerExternalId": "user_1", "amount": 4_900,
            "currency": "EUR", "invoiceId": "in_1", "paymentProcessor": "stripe",
            "customerEmail": "buyer@example.com", "metadata": {"plan": "pro"}});
        api.post("/api/track/sale", body).await.ok();
        let sale = api.sale_named("in_1").await;
        let program = api.list("/api/programs").await[0]["id"].clone();
        let link = api.list("/api/links").await[0]["id"].clone();
        let at = "2026-11-22T12:00:00.000Z";
        let expected = json!({
            "id": sale["id"], "invoiceId": "in_1", "references": ["in_1"], "eventName": "Purchase",
            "paymentProcessor": "stripe", "livemode": true, "status": "pending", "amount": 4_900,
            "amountRefunded": 0, "amountDisputed": 0, "netAmount": 4_900, "currency": "eur",
            "gross": {"subtotal": 4_900, "discount": 0, "tax": 0, "shipping": 0, "total": 4_900,
                "refunded": 0},
            "commissionAmount": 490, "commissionCurrency": "eur",
            "customer": {"id": sale["customer"]["id"], "externalId": "user_1",
                "email": "buyer@example.com", "name": null, "avatar": null},
            "clickId": "clk_1", "linkId": link, "partnerId": partner, "programId": program,
            "kind": "one_time", "occurredAt": at, "createdAt": at, "updatedAt": at,
            "metadata": {"plan": "pro"}, "review": null, "waitsFor": null,
        });
        assert_eq!(sale, expected);
        let id = sale["id"].as_str().unwrap();
        assert_eq!(api.get(&format!("/api/sales/{id}")).await.ok(), expected);
    }

    async fn sales_are_found_by_every_filter(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.partner("bob").await;
        api.click("clk_a", "alice").await;
        api.click("clk_b", "bob").await;
        let first = api.sale("clk_a", "in_a", 1_000).await;
        api.sale("clk_b", "in_b", 2_000).await;
        let program = first["programId"].as_str().unwrap().to_owned();
        for (filter, count) in [
            (format!("partnerId={alice}"), 1),
            ("invoiceId=in_b".to_owned(), 1),
            ("invoiceId=in_c".to_owned(), 0),
            ("paymentProcessor=custom".to_owned(), 2),
            ("paymentProcessor=stripe".to_owned(), 0),
            ("customerExternalId=user_clk_a".to_owned(), 1),
            ("status=pending".to_owned(), 2),
            ("status=approved".to_owned(), 0),
            ("livemode=true".to_owned(), 2),
            ("livemode=false".to_owned(), 0),
            ("kind=one_time".to_owned(), 2),
            ("kind=first".to_owned(), 0),
            (format!("programId={program}"), 2),
            (format!("programId={program}&partnerId={alice}&status=pending"), 1),
        ] {
            assert_eq!(api.list(&format!("/api/sales?{filter}")).await.len(), count, "{filter}");
        }
        api.get("/api/sales?status=done").await.refuses("status");
        api.get("/api/sales?kind=twice").await.refuses("kind");
        api.get("/api/sales?livemode=perhaps").await.refuses("livemode");
    }

    async fn a_sale_that_turned_out_to_be_another_answers_with_it(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click_at("clk_f03cNycTHSk_alice", "alice", "2026-09-20T08:00:00Z").await;
        let deliveries = bodies("stripe/f03-one-time-checkout-refunded");
        let session: Value = serde_json::from_str(&deliveries[0]).unwrap();
        let charge: Value = serde_json::from_str(&deliveries[2]).unwrap();
        let mut ids = Vec::new();
        for event in [&session, &charge] {
            let name = event["data"]["object"]["id"].as_str().unwrap();
            ids.push(api.sale("clk_f03cNycTHSk_alice", name, 2_500).await["id"].clone());
        }
        assert_eq!(api.list("/api/sales").await.len(), 2);
        api.deliver("stripe", &deliveries[..3]).await;
        let sales = api.list("/api/sales").await;
        assert_eq!(sales.len(), 1, "{sales:?}");
        for id in ids {
            let path = format!("/api/sales/{}", id.as_str().unwrap());
            assert_eq!(api.get(&path).await.ok(), sales[0]);
        }
    }

    async fn a_reported_sale_is_explained_by_its_own_call_alone(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        for amount in [1_000, 2_000] {
            let body = json!({"clickId": "clk_1", "customerExternalId": "user_1", "amount": amount});
            api.post("/api/track/sale", body).await.ok();
        }
        let sales = api.list("/api/sales").await;
        for sale in &sales {
            let path = format!("/api/sales/{}/explain", sale["id"].as_str().unwrap());
            let told = api.get(&path).await.ok();
            let calls = told["deliveries"].as_array().unwrap();
            assert_eq!(calls.len(), 1, "{told:#}");
            let whole = sale["amount"].as_i64().unwrap() / 100;
            assert_eq!(calls[0]["says"], json!([
                format!("the reported sale was paid: {whole}.00 usd gross, {whole}.00 usd net"),
                "the merchant reported the reported sale as Purchase by custom",
                "the reported sale belongs to the merchant's own customer",
                "the reported sale came with click clk_1 (clickId)"]));
        }
    }

    async fn a_rule_and_what_limits_it_are_told_in_words(db: TestDb) {
        let api = Api::new(&db).await;
        let program = api.list("/api/programs").await[0]["id"].as_str().unwrap().to_owned();
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let rule = json!({"type": "flat", "amount": 500, "currency": "usd", "minimumAmount": 100,
            "cap": {"amount": 400, "currency": "usd", "period": "month"}});
        api.patch(&format!("/api/programs/{program}"), json!({"commission": rule})).await.ok();
        api.sale("clk_1", "in_1", 300).await;
        let sale = api.sale("clk_1", "in_2", 300).await;
        let path = format!("/api/sales/{}/explain", sale["id"].as_str().unwrap());
        let told = api.get(&path).await.ok();
        assert_eq!(told["commission"]["rule"], "5.00 usd flat for every sale; \
            at most 4.00 usd for a customer in a month; \
            nothing below 100 of the currency's smallest unit");
        assert_eq!(told["commission"]["arithmetic"], json!(["5.00 usd flat",
            "never more than the sale's net amount: 3.00 usd",
            "capped: 1.00 usd is left of this customer's cap"]));
        assert_eq!(told["commission"]["full"], 100);
    }

    async fn a_commission_is_pending_until_its_hold_is_over(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 4_900).await;
        let pending = json!({"partnerId": alice, "currency": "usd", "livemode": true, "pending": 490,
            "approved": 0, "held": 0, "paid": 0, "balance": 490, "total": 490});
        assert_eq!(api.list("/api/balances").await, [pending]);
        api.clock.advance(30 * DAY);
        let approved = json!({"partnerId": alice, "currency": "usd", "livemode": true, "pending": 0,
            "approved": 490, "held": 0, "paid": 0, "balance": 490, "total": 490});
        assert_eq!(api.list("/api/balances").await, [approved]);
        assert_eq!(api.sale_named("in_1").await["status"], "approved");
        assert_eq!(api.list("/api/sales?status=approved").await.len(), 1);
    }

    async fn sales_and_their_commissions_are_found_by_every_filter_and_by_several(db: TestDb) {
        let api = Api::new(&db).await;
        let alice = api.partner("alice").await;
        let bob = api.partner("bob").await;
        api.click("clk_1", "alice").await;
        api.click("clk_2", "bob").await;
        let sale = api.sale("clk_1", "in_1", 4_900).await;
        api.clock.advance(DAY);
        api.sale("clk_2", "in_2", 900).await;
        let customer = sale["customer"]["id"].as_str().unwrap();
        for (filter, found) in [
            ("invoiceId=in_1".to_owned(), "in_1"),
            ("invoiceId=in_9".to_owned(), ""),
            (format!("customerId={customer}"), "in_1"),
            ("customerExternalId=user_clk_2".to_owned(), "in_2"),
            ("customerExternalId=user_clk_2&invoiceId=in_1".to_owned(), ""),
            (format!("partnerId={alice}"), "in_1"),
            (format!("partnerId={bob}&status=pending&currency=usd&kind=one_time"), "in_2"),
            (format!("partnerId={bob}&status=paid"), ""),
            ("clickId=clk_2&paymentProcessor=custom".to_owned(), "in_2"),
            ("currency=eur".to_owned(), ""),
            ("from=2026-11-23T00:00:00Z".to_owned(), "in_2"),
            ("from=2026-11-22T12:00:00Z&to=2026-11-23T12:00:00Z".to_owned(), "in_1"),
        ] {
            let sales = api.list(&format!("/api/sales?{filter}")).await;
            let names: Vec<&str> = sales.iter().map(|sale| sale["invoiceId"].as_str().unwrap()).collect();
            assert_eq!(names.join(" "), found, "{filter}");
        }
        let id = sale["id"].as_str().unwrap();
        for filter in [format!("saleId={id}"), format!("partnerId={alice}&status=pending"),
            "to=2026-11-23T00:00:00Z&currency=usd".to_owned()] {
            let found = api.list(&format!("/api/commissions?{filter}")).await;
            assert_eq!(found.len(), 1, "{filter}");
            assert_eq!((&found[0]["saleId"], &found[0]["amount"]), (&sale["id"], &json!(490)));
        }
        assert!(api.list("/api/commissions?status=rejected").await.is_empty());
        api.get("/api/sales?from=today").await.refuses("from");
    }

    async fn a_test_sale_is_in_the_test_ledger_alone(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        let (store, ids, now) = (api.app.store.as_ref(), &api.app.ids, api.app.now());
        let made = tributary::keys::create(&WriteScope::of_server(store, ids, &api.org, now), &tributary::keys::NewKey::admin("t", false)).await;
        let test = api.with_key(made.unwrap().1.expose());
        test.sale("clk_1", "in_1", 1_000).await;
        assert_eq!(api.list("/api/sales?livemode=true").await.len(), 0);
        assert_eq!(api.list("/api/balances?livemode=true").await.len(), 0);
        assert_eq!(api.list("/api/balances?livemode=false").await[0]["balance"], 100);
        assert_eq!(test.list("/api/sales").await[0]["livemode"], false);
    }
}
