//! The track calls: every row of the contract, as a client sees it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use providers::{Micros, Settings};
use serde_json::{Value, json};
use tributary::explain::sales_meant;
use tributary::keys;

use super::ledger;
use crate::support::TestDb;
use crate::support::app::{NOW, TestApp};

fn sale() -> Value {
    json!({
        "clickId": "clk_1", "customerExternalId": "user_001", "amount": 4900, "currency": "USD",
        "invoiceId": "inv_001", "paymentProcessor": "stripe", "customerEmail": "alice@example.com",
        "customerName": "Alice", "unknown": true,
    })
}

fn with(change: &Value) -> Value {
    let mut body = sale();
    for (member, value) in change.as_object().unwrap() {
        body[member] = value.clone();
    }
    body
}

async fn ready(db: &TestDb) -> TestApp {
    let app = TestApp::start(db).await;
    app.click("clk_1", "bob", NOW).await;
    app
}

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap()
}

on_both_databases! {
    async fn a_sale_is_answered_with_its_commission(db: TestDb) {
        let app = ready(&db).await;
        let (status, answer) = app.post("/api/track/sale", &sale()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let id = answer["sale"]["id"].as_str().unwrap();
        assert!(id.starts_with("sale_"));
        assert_eq!(answer, json!({
            "eventName": "Purchase",
            "customer": {"externalId": "user_001", "email": "alice@example.com", "name": "Alice"},
            "sale": {"id": id, "amount": 4900, "currency": "usd", "commissionAmount": 490,
                "status": "pending", "invoiceId": "inv_001", "paymentProcessor": "stripe"},
        }));
    }

    async fn a_sale_with_the_required_members_only_has_the_defaults(db: TestDb) {
        let app = ready(&db).await;
        let body = json!({"clickId": "clk_1", "customerExternalId": "u", "amount": 0});
        let (status, answer) = app.post("/api/track/sale", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["eventName"], "Purchase");
        assert_eq!(answer["customer"], json!({"externalId": "u", "email": "", "name": null}));
        assert_eq!(answer["sale"]["currency"], "usd");
        assert_eq!(answer["sale"]["invoiceId"], Value::Null);
        assert_eq!(answer["sale"]["paymentProcessor"], "custom");
        assert_eq!(answer["sale"]["commissionAmount"], 0);
    }

    async fn wrong_members_are_named_and_nothing_is_recorded(db: TestDb) {
        let app = ready(&db).await;
        for (change, field) in [
            (json!({"clickId": null}), "clickId"),
            (json!({"clickId": ""}), "clickId"),
            (json!({"customerExternalId": 7}), "customerExternalId"),
            (json!({"amount": null}), "amount"),
            (json!({"amount": -1}), "amount"),
            (json!({"amount": 49.5}), "amount"),
            (json!({"amount": "4900"}), "amount"),
            (json!({"amount": 9_007_199_254_740_992_i64}), "amount"),
            (json!({"currency": "zzz"}), "currency"),
            (json!({"currency": 5}), "currency"),
            (json!({"paymentProcessor": "square"}), "paymentProcessor"),
            (json!({"metadata": []}), "metadata"),
            (json!({"metadata": {"a": "x".repeat(10_001)}}), "metadata"),
        ] {
            let (status, answer) = app.post("/api/track/sale", &with(&change)).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{change}");
            assert_eq!(code(&answer), "VALIDATION_ERROR", "{change}");
            assert_eq!(answer["error"]["field"], field, "{change}");
        }
        assert_eq!(ledger::sales(&app).await, []);
        assert!(ledger::states(&app).await.is_empty());
    }

    async fn a_call_is_processed_by_the_time_it_is_answered(db: TestDb) {
        let app = ready(&db).await;
        let lead = with(&json!({"eventName": "Sign Up"}));
        assert_eq!(app.post("/api/track/sale", &sale()).await.0, StatusCode::OK);
        assert_eq!(app.post("/api/track/lead", &lead).await.0, StatusCode::OK);
        let states = ledger::states(&app).await;
        assert_eq!(states.get("processed"), Some(&2), "{states:?}");
        assert_eq!(states.len(), 1, "{states:?}");
    }

    async fn a_call_whose_customer_is_a_word_for_nobody_counts_and_joins_nobody(db: TestDb) {
        let app = ready(&db).await;
        for (number, word) in ["undefined", "null", "[object Object]", "undefined"].into_iter().enumerate() {
            let body = with(&json!({"customerExternalId": word, "invoiceId": format!("inv_{number}"),
                "customerEmail": format!("{number}@example.com"), "eventName": "Sign Up"}));
            for path in ["/api/track/sale", "/api/track/lead"] {
                let (status, answer) = app.post(path, &body).await;
                assert_eq!(status, StatusCode::OK, "{word} {answer}");
                assert_eq!(answer["customer"]["externalId"], word);
            }
        }
        assert_eq!(ledger::sales(&app).await.len(), 4);
        let (_, customers) = app.call(Method::GET, "/api/customers", None).await;
        let customers = customers["data"].as_array().unwrap();
        assert_eq!(customers.len(), 8, "each sale and each lead has a guest of its own");
        assert!(customers.iter().all(|customer| customer["externalId"].is_null()));
    }

    async fn a_click_id_that_can_be_none_is_refused_as_unknown(db: TestDb) {
        let app = ready(&db).await;
        for path in ["/api/track/sale", "/api/track/lead"] {
            for click in ["x".repeat(3_000), "clk\u{0}1".to_owned(), "a\nb".to_owned()] {
                let body = with(&json!({"clickId": click, "eventName": "Sign Up"}));
                let (status, answer) = app.post(path, &body).await;
                assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "INVALID_CLICK_ID"));
            }
        }
        let metadata = with(&json!({"metadata": {"note": "a\u{0}b"}}));
        let (status, answer) = app.post("/api/track/sale", &metadata).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    async fn an_unknown_click_is_refused(db: TestDb) {
        let app = ready(&db).await;
        for path in ["/api/track/sale", "/api/track/lead"] {
            let body = with(&json!({"clickId": "clk_none", "eventName": "Sign Up"}));
            let (status, answer) = app.post(path, &body).await;
            assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "INVALID_CLICK_ID"));
        }
    }

    async fn the_same_invoice_twice_is_a_conflict(db: TestDb) {
        let app = ready(&db).await;
        assert_eq!(app.post("/api/track/sale", &sale()).await.0, StatusCode::OK);
        let again = with(&json!({"amount": 1, "customerExternalId": "user_002"}));
        let (status, answer) = app.post("/api/track/sale", &again).await;
        assert_eq!((status, code(&answer)), (StatusCode::CONFLICT, "DUPLICATE_INVOICE"));
        let sales = ledger::sales(&app).await;
        assert_eq!(sales.len(), 1);
        assert_eq!((sales[0].amount, sales[0].currency.as_str()), (4900, "usd"), "{sales:?}");
    }

    async fn a_sale_reported_by_the_number_on_stripes_invoice_is_the_invoices(db: TestDb) {
        let service = TestApp::start(&db).await;
        for call_first in [true, false] {
            let mut app = service.another_organization().await;
            app.click("clk_1", "bob", NOW).await;
            app.source("stripe", "stripe", true, Settings::default()).await;
            let paid = json!({"id": "evt_1", "object": "event", "created": NOW.seconds(), "livemode": true,
                "type": "invoice.paid", "data": {"object": {"id": "in_1", "number": "ABC-0001", "status": "paid",
                "currency": "usd", "total": 4900, "amount_paid": 4900, "customer": "cus_1"}}});
            let call = with(&json!({"invoiceId": "ABC-0001"}));
            let deliver = async || {
                let status = app.deliver("stripe", &[], &paid.to_string()).await;
                assert_eq!(status, StatusCode::OK);
                app.settle().await;
            };
            if !call_first {
                deliver().await;
            }
            let (status, answer) = app.post("/api/track/sale", &call).await;
            let expected = if call_first { StatusCode::OK } else { StatusCode::CONFLICT };
            assert_eq!(status, expected, "{answer}");
            deliver().await;
            let sales = ledger::sales(&app).await;
            assert_eq!(sales.len(), 1, "{sales:?}");
            let of_another = with(&json!({"invoiceId": "ABC-0002", "amount": 1}));
            assert_eq!(app.post("/api/track/sale", &of_another).await.0, StatusCode::OK);
            assert_eq!(ledger::sales(&app).await.len(), 2);
        }
    }

    async fn a_number_that_is_printed_on_invoices_finds_all_of_them_and_unites_none(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        // Two accounts may count alike; one of the forms is a merchant's own.
        let invoices = [("in_1", "ABCD1234-0001"), ("in_2", "ABCD1234-0001"), ("in_3", "RE 2026/17"), ("in_4", "RE 2026/17"), ("in_5", "17")];
        for (id, number) in invoices {
            let paid = json!({"id": format!("evt_{id}"), "object": "event", "created": NOW.seconds(), "livemode": true,
                "type": "invoice.paid", "data": {"object": {"id": id, "number": number, "status": "paid",
                "currency": "usd", "total": 4900, "amount_paid": 4900, "customer": format!("cus_of_{id}")}}});
            assert_eq!(app.deliver("stripe", &[], &paid.to_string()).await, StatusCode::OK);
        }
        app.settle().await;
        assert_eq!(ledger::sales(&app).await.len(), 5);
        for (number, written, ids) in [
            ("ABCD1234-0001", "ABCD1234-0001", vec!["in_1", "in_2"]),
            ("RE 2026/17", "RE%202026%2F17", vec!["in_3", "in_4"]),
            ("17", "17", vec!["in_5"]),
            ("18", "18", vec![]),
        ] {
            let (status, answer) = app.call(Method::GET, &format!("/api/sales?invoiceId={written}"), None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let found = answer["data"].as_array().unwrap().iter();
            let mut found: Vec<&str> = found.map(|sale| sale["invoiceId"].as_str().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, ids, "{number}");
            let meant = sales_meant(&*app.app.store, &app.org, number, None).await.unwrap();
            assert_eq!(meant.len(), ids.len(), "{number}");
        }
    }

    async fn sales_without_an_invoice_are_never_duplicates(db: TestDb) {
        let app = ready(&db).await;
        let body = with(&json!({"invoiceId": null}));
        for _ in 0..3 {
            assert_eq!(app.post("/api/track/sale", &body).await.0, StatusCode::OK);
        }
        assert_eq!(ledger::sales(&app).await.len(), 3);
    }

    async fn a_call_without_a_valid_key_is_unauthorized_whatever_its_body(db: TestDb) {
        let app = ready(&db).await;
        let listed = keys::list(&*db.store, &app.org).await.unwrap();
        let wrong = json!({"amount": "nonsense"});
        for key in [None, Some("trib_live_wrong"), Some("")] {
            let (status, answer) = app.call_as(key, Method::POST, "/api/track/sale", Some(&wrong)).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            let mut answer = answer;
            answer["error"].as_object_mut().unwrap().remove("requestId");
            assert_eq!(answer, json!({"error": {"code": "UNAUTHORIZED", "message": "Invalid or missing API key"}}));
        }
        keys::revoke(&app.scope(), &listed[0].id).await.unwrap();
        assert_eq!(app.post("/api/track/sale", &sale()).await.0, StatusCode::UNAUTHORIZED);
    }

    async fn calls_beyond_the_rate_are_told_when_to_come_back(db: TestDb) {
        let app = ready(&db).await;
        let mut last = StatusCode::OK;
        let mut refused = Value::Null;
        for _ in 0..201 {
            (last, refused) = app.post("/api/track/sale", &json!({})).await;
        }
        assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(code(&refused), "RATE_LIMIT_EXCEEDED");
        app.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(app.post("/api/track/sale", &json!({})).await.0, StatusCode::BAD_REQUEST);
    }

    async fn bodies_that_are_no_json_too_large_or_compressed_are_told_so(db: TestDb) {
        let app = ready(&db).await;
        let request = |body: Vec<u8>, encoding: Option<&str>| {
            let mut request = Request::post("/api/track/sale")
                .header("authorization", format!("Bearer {}", app.key));
            if let Some(encoding) = encoding {
                request = request.header("content-encoding", encoding);
            }
            request.body(Body::from(body)).unwrap()
        };
        let broken = [b"{".to_vec(), b"[]".to_vec(), b"\xff\xfe".to_vec(), Vec::new()];
        for body in broken {
            let (status, answer) = app.send(request(body, None)).await;
            assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
        }
        let large = app.send(request(vec![b' '; (1 << 20) + 1], None)).await;
        assert_eq!(large.0, StatusCode::PAYLOAD_TOO_LARGE);
        let packed = app.send(request(sale().to_string().into_bytes(), Some("gzip"))).await;
        assert_eq!(packed.0, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn an_idempotency_key_repeats_the_first_answer(db: TestDb) {
        let app = ready(&db).await;
        let send = async |body: Value, key: &str| {
            let request = Request::post("/api/track/sale")
                .header("authorization", format!("Bearer {}", app.key))
                .header("idempotency-key", key)
                .body(Body::from(body.to_string()));
            app.send(request.unwrap()).await
        };
        let body = with(&json!({"invoiceId": null}));
        let first = send(body.clone(), "k1").await;
        let again = send(body.clone(), "k1").await;
        assert_eq!(first.0, StatusCode::OK);
        assert_eq!(first, again);
        assert_eq!(ledger::sales(&app).await.len(), 1);
        let other = send(with(&json!({"amount": 1})), "k1").await;
        assert_eq!((other.0, code(&other.1)), (StatusCode::BAD_REQUEST, "VALIDATION_ERROR"));
        assert_eq!(send(body, "k2").await.0, StatusCode::OK);
        assert_eq!(ledger::sales(&app).await.len(), 2);
    }

    async fn a_lead_is_answered_with_its_link(db: TestDb) {
        let app = ready(&db).await;
        let body = json!({"clickId": "clk_1", "eventName": "Sign Up", "customerExternalId": "user_001",
            "customerEmail": 7, "customerName": "", "customerAvatar": "not a url", "metadata": "odd"});
        let (status, answer) = app.post("/api/track/lead", &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["eventName"], "Sign Up");
        assert_eq!(answer["click"], json!({"id": "clk_1"}));
        assert_eq!(answer["link"]["key"], "bob");
        assert_eq!(answer["link"]["programId"], app.program.as_str());
        assert_eq!(answer["customer"]["email"], "");
        assert_eq!(answer["customer"]["name"], Value::Null);
    }

    async fn when_the_link_is_gone_a_lead_is_null_and_a_sale_is_refused(db: TestDb) {
        let app = ready(&db).await;
        app.delete_link("bob").await;
        let body = with(&json!({"eventName": "Sign Up"}));
        assert_eq!(app.post("/api/track/lead", &body).await, (StatusCode::OK, Value::Null));
        let (status, answer) = app.post("/api/track/sale", &body).await;
        assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "INVALID_CLICK_ID"));
    }

    async fn a_click_made_by_a_server_can_be_sold_on(db: TestDb) {
        let app = ready(&db).await;
        let (status, answer) = app.post("/api/track/click", &json!({"key": "bob"})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let click = answer["clickId"].as_str().unwrap();
        assert!(click.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)));
        let (status, _) = app.post("/api/track/sale", &with(&json!({"clickId": click}))).await;
        assert_eq!(status, StatusCode::OK);
        let (status, answer) = app.post("/api/track/click", &json!({"key": "nobody"})).await;
        assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "NOT_FOUND"));
    }

    async fn a_visit_to_a_link_is_led_on_with_a_click_that_can_be_sold_on(db: TestDb) {
        let app = ready(&db).await;
        let visit = async |method: Method, agent: &str| {
            let request = Request::builder().method(method).uri("/r/bob").header("user-agent", agent);
            let request = request.body(Body::empty()).unwrap();
            let response = tower::ServiceExt::oneshot(app.router.clone(), request).await.unwrap();
            assert_eq!(response.status(), StatusCode::FOUND);
            response.headers()["location"].to_str().unwrap().to_owned()
        };
        let address = visit(Method::GET, "Mozilla/5.0 Firefox/140.0").await;
        let click = address.strip_prefix("https://shop.example/?refp_id=").unwrap();
        let (status, _) = app.post("/api/track/sale", &with(&json!({"clickId": click}))).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(visit(Method::GET, "Googlebot/2.1").await, "https://shop.example/");
        assert_eq!(visit(Method::HEAD, "Mozilla/5.0").await, "https://shop.example/");
    }

    async fn organizations_neither_see_nor_dedupe_each_other(db: TestDb) {
        let ours = ready(&db).await;
        let theirs = ours.another_organization().await;
        theirs.click("clk_theirs", "carol", Micros(NOW.0)).await;
        assert_eq!(ours.post("/api/track/sale", &sale()).await.0, StatusCode::OK);
        let (status, answer) = theirs.post("/api/track/sale", &sale()).await;
        assert_eq!((status, code(&answer)), (StatusCode::BAD_REQUEST, "INVALID_CLICK_ID"));
        let same_invoice = with(&json!({"clickId": "clk_theirs"}));
        assert_eq!(theirs.post("/api/track/sale", &same_invoice).await.0, StatusCode::OK);
        assert_eq!(ledger::sales(&ours).await.len(), 1);
        assert_eq!(ledger::sales(&theirs).await.len(), 1);
    }

    async fn unknown_addresses_and_methods_are_answered_in_json(db: TestDb) {
        let app = ready(&db).await;
        let (status, answer) = app.call(Method::GET, "/api/nothing/here", None).await;
        assert_eq!((status, code(&answer)), (StatusCode::NOT_FOUND, "NOT_FOUND"));
        let (status, answer) = app.call(Method::GET, "/api/track/sale", None).await;
        assert_eq!((status, code(&answer)), (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"));
        assert_eq!(app.call(Method::GET, "/healthz", None).await.0, StatusCode::OK);
        assert_eq!(app.call(Method::GET, "/readyz", None).await.0, StatusCode::OK);
    }
}
