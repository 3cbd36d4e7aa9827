//! Deliveries that are refused: what their source's owner is told, and that nobody else is.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use providers::adapter::SignedDelivery;
use providers::{Secret, Settings};
use serde_json::{Value, json};
use tributary::sources::{NewSource, Source};

use crate::support::TestDb;
use crate::support::app::{TestApp, secret_of};

/// As Stripe lays it out.
const PAID: &str = "{\n  \"id\": \"evt_1\",\n  \"object\": \"event\",\n  \"type\": \"charge.updated\",\n  \"livemode\": true,\n  \"data\": {\n    \"object\": {}\n  }\n}";

async fn ready(db: &TestDb) -> TestApp {
    let mut app = TestApp::start(db).await;
    app.source("stripe", "stripe", true, Settings::default())
        .await;
    app
}

/// A further source of Stripe, with a secret of its own.
async fn another(app: &TestApp, secret: &str, livemode: bool) -> Source {
    let new = NewSource {
        processor: "stripe",
        secrets: vec![Secret::new(secret).unwrap()],
        livemode,
        settings: Settings::default(),
        may_be_default: false,
    };
    app.app.desk().add(&app.scope(), new).await.unwrap()
}

fn signed(app: &TestApp, secret: &str, body: &str) -> SignedDelivery {
    let adapter = providers::adapter("stripe").unwrap();
    let secret = Secret::new(secret).unwrap();
    let settings = Settings::default();
    adapter
        .sign(body.as_bytes(), &[], &secret, &settings, app.app.now())
        .unwrap()
}

fn own(app: &TestApp, body: &str) -> SignedDelivery {
    signed(app, secret_of("stripe").expose(), body)
}

/// RevenueCat's source as its page says: both proofs are asked for.
async fn revenuecat(app: &TestApp, signing: &str) -> Source {
    let new = NewSource {
        processor: "revenuecat",
        secrets: vec![Secret::new(signing).unwrap(), Secret::new(AUTH).unwrap()],
        livemode: true,
        settings: Settings::default(),
        may_be_default: false,
    };
    app.app.desk().add(&app.scope(), new).await.unwrap()
}

const AUTH: &str = "auth:Bearer-of-good-news-1234";

/// As RevenueCat delivers: with the right header, and signed with a secret of its own.
fn by_revenuecat(app: &TestApp, signing: &str, body: &str) -> SignedDelivery {
    let adapter = providers::adapter("revenuecat").unwrap();
    let secret = Secret::new(signing).unwrap();
    let settings = Settings::default();
    let mut signed = adapter
        .sign(body.as_bytes(), &[], &secret, &settings, app.app.now())
        .unwrap();
    let value = AUTH.strip_prefix("auth:").unwrap();
    signed
        .headers
        .push(("authorization".to_owned(), value.to_owned()));
    signed
}

#[track_caller]
fn refused(status: StatusCode) {
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

/// What the API tells of a source's refusals.
async fn told(app: &TestApp, source: &str) -> Value {
    let path = format!("/api/sources/{source}/refusals");
    let (status, answer) = app.call(Method::GET, &path, None).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

/// The reasons with their numbers, sorted.
async fn reasons(app: &TestApp, source: &str) -> Vec<(String, i64)> {
    let told = told(app, source).await;
    let rows = told["data"].as_array().unwrap().iter();
    let mut reasons: Vec<_> = rows
        .map(|row| {
            let reason = row["reason"].as_str().unwrap();
            (reason.to_owned(), row["refused"].as_i64().unwrap())
        })
        .collect();
    reasons.sort();
    reasons
}

fn id(app: &TestApp) -> String {
    app.source_of("stripe").0.id.clone()
}

on_both_databases! {
    async fn the_secret_of_another_source_is_told_from_a_wrong_one(db: TestDb) {
        let app = ready(&db).await;
        let id = id(&app);
        another(&app, "whsec_of_the_test_source", false).await;
        another(&app, "whsec_of_the_second_source", true).await;
        for secret in ["whsec_of_the_test_source", "whsec_of_the_second_source", "whsec_of_nobody"] {
            refused(app.post_delivery("/webhooks/stripe", signed(&app, secret, PAID)).await);
            app.clock.advance(Duration::from_secs(2));
        }
        let expected = [("mismatch", 1), ("other_source", 1), ("test_secret", 1)];
        assert_eq!(reasons(&app, &id).await, expected.map(|(reason, n)| (reason.to_owned(), n)));
    }

    async fn a_live_secret_on_a_test_source_is_told(db: TestDb) {
        let app = ready(&db).await;
        let test = another(&app, "whsec_of_the_test_source", false).await;
        refused(app.post_delivery(&test.url(""), own(&app, PAID)).await);
        assert_eq!(reasons(&app, &test.id).await, [("live_secret".to_owned(), 1)]);
    }

    async fn the_secrets_of_another_organization_are_not_tried(db: TestDb) {
        let app = ready(&db).await;
        let other = app.another_organization().await;
        another(&other, "whsec_of_somebody_else", true).await;
        let delivery = signed(&app, "whsec_of_somebody_else", PAID);
        refused(app.post_delivery("/webhooks/stripe", delivery).await);
        assert_eq!(reasons(&app, &id(&app)).await, [("mismatch".to_owned(), 1)]);
        let path = format!("/api/sources/{}/refusals", id(&app));
        assert_eq!(other.call(Method::GET, &path, None).await.0, StatusCode::NOT_FOUND);
    }

    async fn a_body_with_other_white_space_is_told_and_stays_refused(db: TestDb) {
        let app = ready(&db).await;
        let dense: Value = serde_json::from_str(PAID).unwrap();
        let dense = PAID.replace(['\n', ' '], "").replace("charge.updated", dense["type"].as_str().unwrap());
        for changed in [dense.into_bytes(), format!("{PAID}\n").into_bytes()] {
            let mut delivery = own(&app, PAID);
            delivery.body = changed;
            refused(app.post_delivery("/webhooks/stripe", delivery).await);
            app.clock.advance(Duration::from_secs(2));
        }
        let mut altered = own(&app, PAID);
        altered.body = PAID.replace("evt_1", "evt_2").into_bytes();
        refused(app.post_delivery("/webhooks/stripe", altered).await);
        let expected = [("mismatch".to_owned(), 1), ("reformatted".to_owned(), 2)];
        assert_eq!(reasons(&app, &id(&app)).await, expected);
        let (_, events) = app.call(Method::GET, "/api/events", None).await;
        assert_eq!(events["data"], json!([]));
    }

    async fn a_secret_that_was_pasted_in_another_form_is_told(db: TestDb) {
        let app = ready(&db).await;
        let secret = secret_of("stripe");
        let bare = secret.expose().strip_prefix("whsec_").unwrap();
        for pasted in [bare.to_owned(), format!("\"{}\"", secret.expose())] {
            let source = another(&app, &pasted, true).await;
            // Else it would be the secret of another source.
            app.app.desk().remove(&app.scope(), &id(&app)).await.ok();
            refused(app.post_delivery(&source.url(""), own(&app, PAID)).await);
            assert_eq!(reasons(&app, &source.id).await, [("other_form".to_owned(), 1)]);
        }
    }

    async fn with_two_proofs_the_one_that_is_wrong_is_judged(db: TestDb) {
        let app = ready(&db).await;
        let source = revenuecat(&app, "hmac:4fT9qLkz81mNvbXc").await;
        refused(app.post_delivery(&source.url(""), by_revenuecat(&app, "hmac:rotated0mNvbXc", PAID)).await);
        app.clock.advance(Duration::from_secs(2));
        let mut dense = by_revenuecat(&app, "hmac:4fT9qLkz81mNvbXc", PAID);
        dense.body = PAID.replace(['\n', ' '], "").into_bytes();
        refused(app.post_delivery(&source.url(""), dense).await);
        app.clock.advance(Duration::from_secs(2));
        let mut other_header = by_revenuecat(&app, "hmac:4fT9qLkz81mNvbXc", PAID);
        other_header.headers.retain(|(name, _)| name != "authorization");
        other_header.headers.push(("authorization".to_owned(), "Bearer-of-bad-news-5678".to_owned()));
        refused(app.post_delivery(&source.url(""), other_header).await);
        let expected = [("mismatch".to_owned(), 2), ("reformatted".to_owned(), 1)];
        assert_eq!(reasons(&app, &source.id).await, expected);
        let quoted = revenuecat(&app, "hmac:\"9bX4fT9qLkz81mNv\"").await;
        refused(app.post_delivery(&quoted.url(""), by_revenuecat(&app, "hmac:9bX4fT9qLkz81mNv", PAID)).await);
        assert_eq!(reasons(&app, &quoted.id).await, [("other_form".to_owned(), 1)]);
    }

    async fn what_another_processor_signed_is_told(db: TestDb) {
        let app = ready(&db).await;
        let headers = vec![("x-shopify-hmac-sha256".to_owned(), "c2lnbmF0dXJl".to_owned())];
        refused(app.post_delivery("/webhooks/stripe", SignedDelivery { headers, body: PAID.into() }).await);
        let headers = vec![("authorization".to_owned(), "Bearer-of-good-news-1234".to_owned())];
        refused(app.post_delivery("/webhooks/stripe", SignedDelivery { headers, body: PAID.into() }).await);
        let expected = [("missing".to_owned(), 1), ("other_processor".to_owned(), 1)];
        assert_eq!(reasons(&app, &id(&app)).await, expected);
    }

    async fn a_test_endpoint_that_delivers_to_a_live_source_is_suspected_by_what_it_says(db: TestDb) {
        let app = ready(&db).await;
        let body = PAID.replace("true", "false");
        refused(app.post_delivery("/webhooks/stripe", signed(&app, "whsec_of_the_sandbox", &body)).await);
        assert_eq!(reasons(&app, &id(&app)).await, [("says_test".to_owned(), 1)]);
    }

    async fn a_wrong_clock_is_told_with_how_far_it_is_off(db: TestDb) {
        let app = ready(&db).await;
        let early = own(&app, PAID);
        app.clock.advance(Duration::from_secs(400));
        refused(app.post_delivery("/webhooks/stripe", early).await);
        let late = own(&app, PAID);
        app.clock.set(app.app.now().plus_seconds(-412));
        refused(app.post_delivery("/webhooks/stripe", late).await);
        let told = told(&app, &id(&app)).await;
        let rows = told["data"].as_array().unwrap();
        let row = |reason: &str| rows.iter().find(|row| row["reason"] == reason).unwrap();
        assert_eq!(row("stale")["offBySeconds"], -400);
        assert_eq!(row("stale")["message"], "signed 400 seconds ago");
        assert_eq!(row("future")["offBySeconds"], 412);
        assert!(row("future")["advice"].as_str().unwrap().contains("clock is behind"));
    }

    async fn what_is_unsigned_too_large_compressed_or_to_a_paused_source_is_told(db: TestDb) {
        let app = ready(&db).await;
        let id = id(&app);
        let unsigned = SignedDelivery { headers: vec![], body: PAID.into() };
        refused(app.post_delivery("/webhooks/stripe", unsigned).await);
        let large = own(&app, &" ".repeat((8 << 20) + 1));
        assert_eq!(app.post_delivery("/webhooks/stripe", large).await, StatusCode::PAYLOAD_TOO_LARGE);
        let mut packed = own(&app, PAID);
        packed.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
        assert_eq!(app.post_delivery("/webhooks/stripe", packed).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let path = format!("/api/sources/{id}");
        app.call(Method::PATCH, &path, Some(&json!({"status": "disabled"}))).await;
        let delivery = own(&app, PAID);
        assert_eq!(app.post_delivery(&format!("/webhooks/stripe/{id}"), delivery).await, StatusCode::NOT_FOUND);
        let expected = ["compressed", "missing", "paused", "too_large"];
        assert_eq!(reasons(&app, &id).await, expected.map(|reason| (reason.to_owned(), 1)));
    }

    async fn a_flood_is_a_row_an_hour_and_old_rows_go(db: TestDb) {
        let app = ready(&db).await;
        let id = id(&app);
        let forged = || signed(&app, "whsec_of_nobody", PAID);
        for _ in 0..30 {
            app.post_delivery("/webhooks/stripe", forged()).await;
        }
        app.clock.advance(Duration::from_hours(1));
        app.post_delivery("/webhooks/stripe", forged()).await;
        let answer = told(&app, &id).await;
        assert_eq!(answer["data"][0]["refused"], 31);
        let hours = answer["hours"].as_array().unwrap();
        assert_eq!((hours.len(), &hours[0]["refused"], &hours[1]["refused"]), (2, &json!(30), &json!(1)));
        app.clock.advance(Duration::from_hours(24 * 31));
        app.post_delivery("/webhooks/stripe", forged()).await;
        let answer = told(&app, &id).await;
        assert_eq!(answer["data"][0]["refused"], 1);
        let all = app.call(Method::GET, &format!("/api/sources/{id}/refusals?from=2020-01-01T00:00:00Z"), None).await.1;
        assert_eq!(all["hours"].as_array().unwrap().len(), 1, "{all}");
    }

    async fn the_answer_to_who_delivers_says_nothing_of_what_was_found(db: TestDb) {
        let app = ready(&db).await;
        another(&app, "whsec_of_the_test_source", false).await;
        let delivery = signed(&app, "whsec_of_the_test_source", PAID);
        let mut request = axum::http::Request::post("/webhooks/stripe");
        for (name, value) in delivery.headers {
            request = request.header(name, value);
        }
        let request = request.body(axum::body::Body::from(delivery.body)).unwrap();
        let (status, answer) = app.send(request).await;
        let request_id = answer["error"]["requestId"].clone();
        assert_eq!((status, answer), (StatusCode::UNAUTHORIZED,
            json!({"error": {"code": "UNAUTHORIZED", "message": "invalid signature", "requestId": request_id}})));
    }

    async fn a_source_that_is_taken_away_hears_nothing_and_cannot_come_back(db: TestDb) {
        let app = ready(&db).await;
        let id = id(&app);
        app.app.desk().remove(&app.scope(), &id).await.unwrap();
        app.clock.advance(Duration::from_secs(2));
        let path = format!("/webhooks/stripe/{id}");
        assert_eq!(app.post_delivery(&path, own(&app, PAID)).await, StatusCode::NOT_FOUND);
        let active = json!({"status": "active"});
        let answer = app.call(Method::PATCH, &format!("/api/sources/{id}"), Some(&active)).await;
        assert_eq!(answer.0, StatusCode::BAD_REQUEST, "{answer:?}");
        let body = json!({"processor": "stripe", "secrets": ["whsec_of_the_next_source"]});
        let (_, next) = app.post("/api/sources", &body).await;
        assert_eq!(next["isDefault"], true, "its short address is free: {next}");
    }
}
