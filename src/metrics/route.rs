//! `GET /metrics`, where and for whom the owner wants it, and how long answers take.
//!
//! Nobody sees a figure unless the owner has said so: by an address of its own, or by a token. Without either there is no such page.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use subtle::ConstantTimeEq as _;
use tokio::time::Instant;

use crate::app::App;
use crate::http::error::{ApiError, with_json_errors};
use crate::id::key_digest;

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The way to the figures.
#[derive(Debug, Clone, Default)]
pub struct Door {
    token: Option<[u8; 32]>,
    /// Whether the metrics have an address of their own.
    own_address: bool,
}

impl Door {
    /// A door that opens to `token`, if there is one.
    pub fn new(token: Option<&str>, own_address: bool) -> Self {
        Self {
            token: token.map(key_digest),
            own_address,
        }
    }

    /// Whether anybody wants the figures.
    pub const fn is_wanted(&self) -> bool {
        self.own_address || self.token.is_some()
    }

    fn opens(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else {
            return true;
        };
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|text| text.to_str().ok());
        let given = given.and_then(|text| text.split_once(' '));
        given.is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && key_digest(given.trim()).ct_eq(token).into()
        })
    }
}

/// The route beside the others: for who has the token.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(beside_others))
}

/// The service of the address that the metrics have for themselves.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new().route("/metrics", get(alone));
    with_json_errors(routes).with_state(app)
}

async fn beside_others(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if app.metrics_door.token.is_none() {
        return ApiError::not_found("there is nothing at this address").into_response();
    }
    alone(State(app), headers).await
}

async fn alone(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if !app.metrics_door.opens(&headers) {
        return ApiError::unauthorized().into_response();
    }
    match app.metrics.scrape(&app).await {
        Ok(text) => ([(CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Notes how long each answer took.
pub async fn time_answers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if !app.metrics_door.is_wanted() {
        return next.run(request).await;
    }
    let part = part(request.uri().path());
    let began = Instant::now();
    let response = next.run(request).await;
    let status = class(response.status());
    app.metrics.answer(part, status, began.elapsed());
    response
}

/// The part of the server that an address belongs to.
fn part(path: &str) -> &'static str {
    let begins = |start: &str| path.starts_with(start);
    match path {
        _ if begins("/webhooks/") => "webhooks",
        _ if begins("/api/") => "api",
        "/" | "/dashboard" => "dashboard",
        _ if begins("/dashboard/") => "dashboard",
        "/healthz" | "/readyz" | "/metrics" => "health",
        _ => "links",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
