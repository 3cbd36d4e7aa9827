use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;

#[derive(Debug, Deserialize)]
struct Program {
    name: String,
    #[serde(default)]
    commission: Option<Commission>,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commission {
    basis_points: u32,
    kind: Kind,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Percent,
    Flat,
}

fn refused(body: &[u8]) -> (Option<String>, String) {
    let error = parse::<Program>(body).unwrap_err();
    assert_eq!(error.status().as_u16(), 400);
    assert_eq!(error.code(), "VALIDATION_ERROR");
    (error.field().map(str::to_owned), error.message().to_owned())
}

#[test]
fn a_good_body_is_read_and_unknown_members_are_ignored() {
    let body = "\u{feff} {\"name\":\"x\",\"later\":[1],\"commission\":{\"basisPoints\":5,\"kind\":\"flat\"},\"tags\":[\"a\"]}\n";
    let program: Program = parse(body.as_bytes()).unwrap();
    assert_eq!(program.name, "x");
    assert_eq!(program.tags, ["a"]);
    let commission = program.commission.unwrap();
    assert_eq!(commission.basis_points, 5);
    assert!(matches!(commission.kind, Kind::Flat));
    assert!(!matches!(commission.kind, Kind::Percent));
}

#[test]
fn a_wrong_member_is_named_and_told_what_it_must_be() {
    for (body, field, message) in [
        (r#"{}"#, "name", "name is required"),
        (r#"{"name":1}"#, "name", "name must be a string"),
        (r#"{"name":"a","name":"b"}"#, "name", "name is given twice"),
        (r#"{"name":"a","tags":{}}"#, "tags", "tags must be a list"),
        (
            r#"{"name":"a","tags":["x",2]}"#,
            "tags[1]",
            "tags[1] must be a string",
        ),
        (
            r#"{"name":"a","commission":{"basisPoints":-1,"kind":"flat"}}"#,
            "commission.basisPoints",
            "commission.basisPoints must be a whole number, not negative",
        ),
        (
            r#"{"name":"a","commission":{"kind":"flat"}}"#,
            "commission.basisPoints",
            "commission.basisPoints is required",
        ),
        (
            r#"{"name":"a","commission":7}"#,
            "commission",
            "commission must be an object",
        ),
    ] {
        let expected = (Some(field.to_owned()), message.to_owned());
        assert_eq!(refused(body.as_bytes()), expected, "{body}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only its names are looked at")]
struct Strict {
    #[serde(default)]
    hold_days: i64,
    #[serde(default)]
    rates: Vec<StrictRate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its names are looked at")]
struct StrictRate {
    day: String,
}

#[test]
fn a_member_that_is_denied_is_named_by_its_path_with_the_nearest_right_name() {
    for (body, field, message) in [
        (
            r#"{"hold_days":1}"#,
            "hold_days",
            "unknown member `hold_days`; did you mean `holdDays`?",
        ),
        (
            r#"{"rates":[{"day":"x"},{"Day":"x"}]}"#,
            "rates[1].Day",
            "unknown member `rates[1].Day`; did you mean `day`?",
        ),
        (
            r#"{"holdDays":1,"colour":{"canary":1}}"#,
            "colour",
            "unknown member `colour`; there are holdDays, rates",
        ),
        (
            r#"{"a, expected `b`":1}"#,
            "a, expected b",
            "unknown member `a, expected b`; there are holdDays, rates",
        ),
        (
            r#"{"":1}"#,
            "",
            "unknown member ``; there are holdDays, rates",
        ),
    ] {
        let error = parse::<Strict>(body.as_bytes()).unwrap_err();
        assert_eq!(error.message(), message);
        assert_eq!(error.field(), Some(field));
    }
}

#[test]
fn a_value_from_a_fixed_list_is_answered_with_the_list() {
    let (field, message) =
        refused(br#"{"name":"a","commission":{"basisPoints":1,"kind":"canary"}}"#);
    assert_eq!(field.as_deref(), Some("commission.kind"));
    assert!(message.contains("`percent` or `flat`"), "{message}");
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    for (body, message) in [
        (&b""[..], "the body is not valid JSON: it ends too early"),
        (b"{", "the body is not valid JSON: it ends too early"),
        (b"[\"x\"]", "the body must be a JSON object"),
        (b"null", "the body must be a JSON object"),
        (b"\"x\"", "the body must be a JSON object"),
        (b"\xff{}", "the body is not UTF-8 text"),
        (b"name=x", "the body must be a JSON object"),
        (
            b"{\"name\":\"x\"} 1",
            "the body is not valid JSON: look at line 1, column 14",
        ),
    ] {
        assert_eq!(refused(body), (None, message.to_owned()), "{body:?}");
    }
}

#[test]
fn no_value_of_the_body_is_repeated() {
    for body in [
        r#"{"name":{"canary":1}}"#,
        r#"{"name":"a","tags":"canary"}"#,
        r#"{"name":"a","tags":"canary, expected nothing"}"#,
        r#"{"name":"a","commission":"canary"}"#,
    ] {
        let (_, message) = refused(body.as_bytes());
        assert!(!message.contains("canary"), "{message}");
    }
}

async fn answer(encoding: Option<&str>, body: &str) -> (StatusCode, Value) {
    let app: Router = Router::new()
        .route(
            "/",
            post(async |ApiJson(value): ApiJson<Program>| value.name),
        )
        .layer(DefaultBodyLimit::max(64));
    let mut request = Request::post("/");
    if let Some(encoding) = encoding {
        request = request.header("content-encoding", encoding);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    (status, value)
}

#[tokio::test]
async fn a_compressed_body_is_415_and_identity_is_no_compression() {
    let (status, value) = answer(Some("gzip"), r#"{"name":"a"}"#).await;
    assert_eq!(status.as_u16(), 415);
    assert_eq!(value["error"]["code"], "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(
        answer(Some("Identity"), r#"{"name":"a"}"#).await.0.as_u16(),
        200
    );
    assert_eq!(answer(None, r#"{"name":"a"}"#).await.0.as_u16(), 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let body = format!(r#"{{"name":"{}"}}"#, "a".repeat(64));
    let (status, value) = answer(None, &body).await;
    assert_eq!(status.as_u16(), 413);
    assert_eq!(value["error"]["code"], "PAYLOAD_TOO_LARGE");
}
