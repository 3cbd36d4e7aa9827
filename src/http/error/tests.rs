use axum::Json;
use axum::extract::Query;
use axum::http::Request;
use axum::response::Html;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

#[derive(Deserialize)]
struct Page {
    limit: u32,
}

fn app() -> Router {
    let router: Router = Router::new()
        .route(
            "/page",
            get(async |Query(page): Query<Page>| page.limit.to_string()),
        )
        .route("/echo", post(async |Json(value): Json<Value>| Json(value)))
        .route("/panic", get(async || -> String { panic!("canary") }))
        .route(
            "/html",
            get(async || (StatusCode::NOT_FOUND, Html("<p>gone</p>"))),
        )
        .route("/broken", get(async || (StatusCode::BAD_GATEWAY, "canary")))
        .route(
            "/mine",
            get(async || ApiError::validation("amount", "amount is required")),
        );
    with_json_errors(router)
}

async fn call(request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (parts, body) = app().oneshot(request).await.unwrap().into_parts();
    let bytes = to_bytes(body, 65_536).await.unwrap();
    (parts.status, parts.headers, bytes.to_vec())
}

async fn error_of(method: &str, uri: &str, body: &str) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .unwrap();
    let (status, headers, bytes) = call(request).await;
    assert_eq!(headers["content-type"], "application/json");
    let mut document: Value = serde_json::from_slice(&bytes).unwrap();
    (status.as_u16(), document["error"].take())
}

#[tokio::test]
async fn unknown_addresses_and_wrong_methods_are_answered_in_json() {
    let (status, error) = error_of("GET", "/nowhere", "").await;
    assert_eq!((status, &error["code"]), (404, &json!("NOT_FOUND")));
    let (status, error) = error_of("POST", "/page", "").await;
    assert_eq!(
        (status, &error["code"]),
        (405, &json!("METHOD_NOT_ALLOWED"))
    );
}

#[tokio::test]
async fn a_wrong_method_keeps_its_allow_header() {
    let request = Request::post("/page").body(Body::empty()).unwrap();
    let (_, headers, _) = call(request).await;
    assert_eq!(headers["allow"], "GET,HEAD");
}

#[tokio::test]
async fn an_extractors_refusal_is_json_with_its_own_words() {
    let (status, error) = error_of("GET", "/page?limit=x", "").await;
    assert_eq!((status, &error["code"]), (400, &json!("VALIDATION_ERROR")));
    assert!(error["message"].as_str().unwrap().contains("limit"));
    let (status, _) = error_of("POST", "/echo", "{").await;
    assert_eq!(status, 400);
    let large = format!("[{}1]", "1,".repeat(2_000_000));
    let (status, error) = error_of("POST", "/echo", &large).await;
    assert_eq!((status, &error["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
}

#[tokio::test]
async fn a_missing_content_type_is_refused_in_json() {
    let request = Request::post("/echo").body(Body::from("{}")).unwrap();
    let (status, _, bytes) = call(request).await;
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(status.as_u16(), 415);
    assert_eq!(document["error"]["code"], "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_panic_and_a_broken_answer_become_500_and_502_without_their_words() {
    for (uri, expected) in [("/panic", 500), ("/broken", 502)] {
        let (status, error) = error_of("GET", uri, "").await;
        assert_eq!(
            (status, &error["code"]),
            (expected, &json!("INTERNAL_ERROR"))
        );
        assert!(!error.to_string().contains("canary"));
    }
}

#[tokio::test]
async fn pages_and_own_errors_stay_as_they_are() {
    let request = Request::get("/html").body(Body::empty()).unwrap();
    let (status, _, bytes) = call(request).await;
    assert_eq!(
        (status.as_u16(), bytes.as_slice()),
        (404, &b"<p>gone</p>"[..])
    );
    let (status, error) = error_of("GET", "/mine", "").await;
    let expected =
        json!({"code": "VALIDATION_ERROR", "message": "amount is required", "field": "amount"});
    assert_eq!((status, error), (400, expected));
}

#[test]
fn codes_and_statuses_are_those_of_the_contract() {
    for (error, status, code) in [
        (ApiError::malformed("x"), 400, "VALIDATION_ERROR"),
        (
            ApiError::validation("a", "x").unprocessable(),
            422,
            "VALIDATION_ERROR",
        ),
        (
            ApiError::unauthorized().unprocessable(),
            401,
            "UNAUTHORIZED",
        ),
        (ApiError::invalid_click_id(), 400, "INVALID_CLICK_ID"),
        (ApiError::duplicate_invoice(), 409, "DUPLICATE_INVOICE"),
        (ApiError::rate_limited(3), 429, "RATE_LIMIT_EXCEEDED"),
        (ApiError::not_found("x"), 404, "NOT_FOUND"),
        (ApiError::method_not_allowed(), 405, "METHOD_NOT_ALLOWED"),
        (ApiError::request_timeout(), 408, "REQUEST_TIMEOUT"),
        (ApiError::payload_too_large(), 413, "PAYLOAD_TOO_LARGE"),
        (
            ApiError::unsupported_media_type(),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (ApiError::internal(), 500, "INTERNAL_ERROR"),
        (ApiError::unavailable(5), 503, "UNAVAILABLE"),
    ] {
        assert_eq!((error.status().as_u16(), error.code()), (status, code));
    }
    assert_eq!(
        ApiError::unauthorized().message(),
        "Invalid or missing API key"
    );
}

#[test]
fn errors_that_pass_say_when_to_come_back() {
    for error in [ApiError::rate_limited(7), ApiError::unavailable(7)] {
        assert_eq!(error.into_response().headers()["retry-after"], "7");
    }
}
