//! All routes, and what holds for every one of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use tower::Layer as _;
use tower::util::MapRequestLayer;

use super::error::with_json_errors;
use super::{
    access, csv, embed, explain, health, openapi, privacy, redirect, request, resources, script,
    track, webhooks,
};
use crate::app::App;
use crate::dashboard;
use crate::metrics;
use crate::portal;

/// The whole HTTP service.
pub fn router(app: Arc<App>) -> Router {
    let limit = DefaultBodyLimit::max(app.body_bytes);
    let routes = Router::new()
        .merge(webhooks::routes(app.delivery_bytes))
        .merge(track::routes())
        .merge(embed::routes())
        .merge(privacy::routes())
        .merge(redirect::routes())
        .merge(script::routes())
        .merge(health::routes())
        .merge(openapi::routes())
        .merge(metrics::routes())
        .merge(resources::routes())
        .merge(explain::routes())
        .merge(dashboard::routes(&app))
        .merge(portal::routes(&app))
        .layer(limit)
        .layer(from_fn_with_state(app.clone(), csv::lists))
        .layer(from_fn_with_state(app.clone(), access::guard));
    let around = from_fn_with_state(app.clone(), request::around);
    let timed = from_fn_with_state(app.clone(), metrics::time_answers);
    let inner = with_json_errors(routes).layer(around).layer(timed);
    let inner = inner.with_state(app);
    Router::new().fallback_service(MapRequestLayer::new(tidy).layer(inner))
}

/// The address as it was meant: people paste URLs with a slash too many at the beginning or the end. Only where
/// machines call, and never by a redirect, which no processor follows.
fn tidy(mut request: Request) -> Request {
    let uri = request.uri();
    let path = format!("/{}", uri.path().trim_matches('/'));
    let is_for_machines = ["/webhooks/", "/api/", "/embed/"]
        .iter()
        .any(|begin| path.starts_with(begin));
    if !is_for_machines || path == uri.path() {
        return request;
    }
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    if let Ok(tidied) = format!("{path}{query}").parse() {
        *request.uri_mut() = tidied;
    }
    request
}
