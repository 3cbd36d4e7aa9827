//! The webhook route: what is answered, what is kept, what is refused.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Method, Request, StatusCode};
use hyper::body::Frame;
use providers::adapter::SignedDelivery;
use providers::{Secret, Settings};
use serde_json::json;

use super::ledger;
use crate::support::TestDb;
use crate::support::app::{TestApp, secret_of};

const PING: &str = r#"{"id":"evt_ping","object":"event","type":"ping","data":{"object":{}}}"#;

/// A body that never comes.
struct Never;

impl HttpBody for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn signed(app: &TestApp, secret: &Secret, body: &str) -> SignedDelivery {
    let stripe = providers::adapter("stripe").unwrap();
    let settings = Settings::default();
    stripe
        .sign(body.as_bytes(), &[], secret, &settings, app.app.now())
        .unwrap()
}

async fn ready(db: &TestDb) -> TestApp {
    let mut app = TestApp::start(db).await;
    app.source("stripe", "stripe", true, Settings::default())
        .await;
    app
}

on_both_databases! {
    async fn an_authentic_delivery_is_kept_and_answered_with_nothing(db: TestDb) {
        let app = ready(&db).await;
        for body in [PING, "not json", r#"{"id":"evt_2","type":"invoice.paid"}"#] {
            assert_eq!(app.deliver("stripe", &[], body).await, StatusCode::OK);
        }
        assert_eq!(app.deliver("stripe", &[], PING).await, StatusCode::OK);
        app.settle().await;
        let states = ledger::states(&app).await;
        assert_eq!(states.values().sum::<i64>(), 3, "{states:?}");
        assert_eq!(states.get("received"), None);
    }

    async fn what_is_not_verified_is_unauthorized_and_not_kept(db: TestDb) {
        let app = ready(&db).await;
        let wrong = signed(&app, &Secret::new("whsec_another_one").unwrap(), PING);
        assert_eq!(app.post_delivery("/webhooks/stripe", wrong).await, StatusCode::UNAUTHORIZED);
        let unsigned = SignedDelivery { headers: vec![], body: PING.into() };
        assert_eq!(app.post_delivery("/webhooks/stripe", unsigned).await, StatusCode::UNAUTHORIZED);
        let mut twice = signed(&app, &secret_of("stripe"), PING);
        twice.headers.extend(twice.headers.clone());
        assert_eq!(app.post_delivery("/webhooks/stripe", twice).await, StatusCode::UNAUTHORIZED);
        let mut altered = signed(&app, &secret_of("stripe"), PING);
        altered.body.push(b'\n');
        assert_eq!(app.post_delivery("/webhooks/stripe", altered).await, StatusCode::UNAUTHORIZED);
        assert!(ledger::states(&app).await.is_empty());
    }

    async fn a_refusal_never_says_why(db: TestDb) {
        let app = ready(&db).await;
        let request = Request::post("/webhooks/stripe").body(Body::from(PING)).unwrap();
        let (status, answer) = app.send(request).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        let mut answer = answer;
        answer["error"].as_object_mut().unwrap().remove("requestId");
        assert_eq!(answer, json!({"error": {"code": "UNAUTHORIZED", "message": "invalid signature"}}));
    }

    async fn a_stale_and_a_future_signature_are_refused(db: TestDb) {
        let app = ready(&db).await;
        let early = signed(&app, &secret_of("stripe"), PING);
        app.clock.advance(std::time::Duration::from_secs(301));
        assert_eq!(app.post_delivery("/webhooks/stripe", early).await, StatusCode::UNAUTHORIZED);
        let late = signed(&app, &secret_of("stripe"), PING);
        app.clock.set(app.app.now().plus_seconds(-301));
        assert_eq!(app.post_delivery("/webhooks/stripe", late).await, StatusCode::UNAUTHORIZED);
    }

    async fn unknown_processors_sources_and_methods_are_told_apart(db: TestDb) {
        let app = ready(&db).await;
        let delivery = || signed(&app, &secret_of("stripe"), PING);
        assert_eq!(app.post_delivery("/webhooks/square", delivery()).await, StatusCode::NOT_FOUND);
        assert_eq!(app.post_delivery("/webhooks/stripe/src_none", delivery()).await, StatusCode::NOT_FOUND);
        assert_eq!(app.post_delivery("/webhooks/polar", delivery()).await, StatusCode::UNAUTHORIZED);
        let (status, _) = app.call(Method::GET, "/webhooks/stripe", None).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(ledger::states(&app).await.is_empty());
    }

    async fn a_slash_too_many_in_the_address_does_no_harm(db: TestDb) {
        let app = ready(&db).await;
        for address in ["/webhooks/stripe/", "//webhooks/stripe", "/webhooks/stripe//"] {
            let delivery = signed(&app, &secret_of("stripe"), PING);
            assert_eq!(app.post_delivery(address, delivery).await, StatusCode::OK, "{address}");
        }
    }

    async fn odd_bytes_in_the_address_lead_nowhere(db: TestDb) {
        let app = ready(&db).await;
        for address in ["/webhooks/stripe/src_%00", "/webhooks/stripe/%ff", "/webhooks/stripe/a%20b", "/webhooks/%00"] {
            let delivery = signed(&app, &secret_of("stripe"), PING);
            let status = app.post_delivery(address, delivery).await;
            assert!(status.is_client_error(), "{address}: {status}");
        }
    }

    async fn what_is_not_signed_is_refused_before_its_body_is_read(db: TestDb) {
        let app = ready(&db).await;
        let mut unsigned = signed(&app, &secret_of("stripe"), "");
        unsigned.headers.clear();
        unsigned.headers.push(("content-length".to_owned(), "4000000000".to_owned()));
        assert_eq!(app.post_delivery("/webhooks/stripe", unsigned).await, StatusCode::UNAUTHORIZED);
        assert_eq!(app.app.refusals.all().len(), 1);
    }

    async fn who_announces_much_and_sends_nothing_takes_nobodys_room(db: TestDb) {
        let app = ready(&db).await;
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let request = Request::post("/webhooks/stripe")
                .header("stripe-signature", "t=1,v1=00")
                .header("content-length", "8000000");
            let request = request.body(Body::new(Never)).unwrap();
            waiting.spawn(tower::ServiceExt::oneshot(app.router.clone(), request));
        }
        tokio::task::yield_now().await;
        let large = signed(&app, &secret_of("stripe"), &" ".repeat(2 << 20));
        assert_eq!(app.post_delivery("/webhooks/stripe", large).await, StatusCode::OK);
        waiting.abort_all();
    }

    async fn a_genuine_delivery_amid_a_flood_of_forged_ones_is_taken(db: TestDb) {
        let app = ready(&db).await;
        let forged = || signed(&app, &Secret::new("whsec_another_one").unwrap(), PING);
        let mut slowed = 0;
        for round in 0..20 {
            for _ in 0..20 {
                let status = app.post_delivery("/webhooks/stripe", forged()).await;
                slowed += usize::from(status == StatusCode::TOO_MANY_REQUESTS);
                assert!(matches!(status.as_u16(), 401 | 429), "{status}");
            }
            let genuine = PING.replace("evt_ping", &format!("evt_{round}"));
            assert_eq!(app.deliver("stripe", &[], &genuine).await, StatusCode::OK);
        }
        assert!(slowed > 200, "{slowed}");
        let counted: u64 = app.app.refusals.all().values().map(|count| count.total).sum();
        assert_eq!(counted, 400);
    }

    async fn an_order_of_five_hundred_lines_is_taken_and_an_endless_body_refused(db: TestDb) {
        let app = ready(&db).await;
        let large = signed(&app, &secret_of("stripe"), &" ".repeat((8 << 20) + 1));
        assert_eq!(app.post_delivery("/webhooks/stripe", large).await, StatusCode::PAYLOAD_TOO_LARGE);
        let largest = signed(&app, &secret_of("stripe"), &" ".repeat(8 << 20));
        assert_eq!(app.post_delivery("/webhooks/stripe", largest).await, StatusCode::OK);
        let mut packed = signed(&app, &secret_of("stripe"), PING);
        packed.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        assert_eq!(app.post_delivery("/webhooks/stripe", packed).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn unverified_traffic_is_slowed_and_verified_traffic_is_not(db: TestDb) {
        let app = ready(&db).await;
        let mut refused = 0;
        for _ in 0..150 {
            let unsigned = SignedDelivery { headers: vec![], body: PING.into() };
            if app.post_delivery("/webhooks/stripe", unsigned).await == StatusCode::TOO_MANY_REQUESTS {
                refused += 1;
            }
        }
        assert!(refused > 0);
        assert_eq!(app.deliver("stripe", &[], PING).await, StatusCode::OK);
    }

    async fn a_rotated_secret_works_at_once_and_the_old_one_still_does(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        let id = app.source("stripe", "stripe", true, Settings::default()).await.id.clone();
        assert_eq!(app.deliver("stripe", &[], PING).await, StatusCode::OK);
        let new = Secret::new("whsec_rotated_in_9d").unwrap();
        app.app.desk().rotate(&app.scope(), &id, new.clone(), false).await.unwrap();
        for secret in [new, secret_of("stripe")] {
            let delivery = signed(&app, &secret, PING);
            assert_eq!(app.post_delivery("/webhooks/stripe", delivery).await, StatusCode::OK);
        }
    }

    async fn test_money_in_a_live_source_goes_to_the_test_ledger(db: TestDb) {
        let app = ready(&db).await;
        let body = |live: bool| {
            let id = if live { "in_live" } else { "in_test" };
            json!({"id": format!("evt_{id}"), "object": "event", "type": "invoice.paid",
                "created": app.app.now().seconds(), "livemode": live,
                "data": {"object": {"id": id, "object": "invoice", "status": "paid", "currency": "usd",
                    "amount_paid": 1000, "total": 1000, "subtotal": 1000, "customer": "cus_1"}}}).to_string()
        };
        assert_eq!(app.deliver("stripe", &[], &body(true)).await, StatusCode::OK);
        assert_eq!(app.deliver("stripe", &[], &body(false)).await, StatusCode::OK);
        app.settle().await;
        let sales = ledger::sales(&app).await;
        assert_eq!(sales.len(), 2, "{sales:?}");
        let told = sales.iter().map(|sale| (sale.invoice_id.as_str(), sale.livemode));
        assert_eq!(told.collect::<Vec<_>>(), [("in_live", true), ("in_test", false)]);
    }

    async fn loose_evidence_becomes_a_sale_when_no_document_has_come_for_ninety_seconds(db: TestDb) {
        let app = ready(&db).await;
        let body = json!({"id": "evt_pi", "object": "event", "type": "payment_intent.succeeded",
            "created": app.app.now().seconds(), "livemode": true,
            "data": {"object": {"id": "pi_loose", "object": "payment_intent", "status": "succeeded",
                "currency": "usd", "amount": 900, "amount_received": 900, "created": app.app.now().seconds(),
                "latest_charge": "ch_loose"}}}).to_string();
        assert_eq!(app.deliver("stripe", &[], &body).await, StatusCode::OK);
        app.settle().await;
        assert_eq!(ledger::sales(&app).await, []);
        app.clock.advance(std::time::Duration::from_secs(89));
        app.settle().await;
        assert_eq!(ledger::sales(&app).await, []);
        app.clock.advance(std::time::Duration::from_secs(1));
        app.settle().await;
        let sales = ledger::sales(&app).await;
        assert_eq!(sales.len(), 1);
        assert_eq!((sales[0].amount, sales[0].currency.as_str()), (900, "usd"), "{sales:?}");
    }

    async fn when_the_database_is_away_the_processor_is_told_to_try_again(db: TestDb) {
        let app = ready(&db).await;
        assert_eq!(app.deliver("stripe", &[], PING).await, StatusCode::OK);
        db.store.close().await;
        let delivery = signed(&app, &secret_of("stripe"), PING);
        let mut request = Request::post("/webhooks/stripe");
        for (name, value) in delivery.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(delivery.body)).unwrap();
        let response = tower::ServiceExt::oneshot(app.router.clone(), request).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
        for path in ["/api/track/sale", "/api/track/lead"] {
            assert_eq!(app.post(path, &json!({})).await.0, StatusCode::SERVICE_UNAVAILABLE);
        }
        assert_eq!(app.call(Method::GET, "/readyz", None).await.0, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(app.call(Method::GET, "/healthz", None).await.0, StatusCode::OK);
    }
}
