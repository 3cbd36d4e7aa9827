//! Every request has an id, by which its answer, its error and its lines in the log are found.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::Value;
use tower::ServiceExt as _;
use tributary::http;

use super::client::Api;
use crate::dashboard::browser::Browser;

async fn ask(api: &Api, method: &str, path: &str, id: Option<&str>) -> (u16, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("authorization", format!("Bearer {}", api.key));
    if let Some(id) = id {
        request = request.header("x-request-id", id);
    }
    let request = request.body(Body::empty()).unwrap();
    let router = http::router(api.app.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let json = serde_json::from_slice(&body).unwrap_or_default();
    (parts.status.as_u16(), parts.headers, json)
}

on_both_databases! {
    async fn each_answer_has_an_id_of_its_own_or_the_one_that_came_along(db: TestDb) {
        let api = Api::new(&db).await;
        let mut seen = std::collections::BTreeSet::new();
        for (method, path) in [
            ("GET", "/api/sales"), ("GET", "/api/nowhere"), ("DELETE", "/api/sales"), ("POST", "/api/track/sale"),
            ("POST", "/webhooks/stripe"), ("GET", "/nowhere"), ("GET", "/healthz"), ("GET", "/"), ("GET", "/dashboard/sign-in"),
        ] {
            let (status, headers, body) = ask(&api, method, path, None).await;
            let id = headers["x-request-id"].to_str().unwrap().to_owned();
            assert!(id.starts_with("req_") && seen.insert(id.clone()), "{path}: {id}");
            if status >= 400 {
                assert_eq!(body["error"]["requestId"], id.as_str(), "{path}: {body}");
            } else {
                assert!(body.get("requestId").is_none(), "{path}: {body}");
            }
            let (_, headers, _) = ask(&api, method, path, Some("abc-1.2_3")).await;
            assert_eq!(headers["x-request-id"], "abc-1.2_3", "{path}");
            let (_, headers, _) = ask(&api, method, path, Some("a b\"c")).await;
            assert!(headers["x-request-id"].to_str().unwrap().starts_with("req_"), "{path}");
        }
    }

    async fn a_page_that_cannot_be_shown_names_its_request(db: TestDb) {
        let api = Api::new(&db).await;
        let mut browser = Browser::signed_in(&api).await;
        let answer = browser.get("/dashboard/sales/sale_unknown").await;
        assert_eq!(answer.status, 404);
        let id = answer.header("x-request-id");
        assert!(id.starts_with("req_") && answer.body.contains(id), "{}", answer.body);
    }
}
