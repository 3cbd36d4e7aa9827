//! All routes, and what holds for every one of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;

use super::error::with_json_errors;
use super::{explain, health, privacy, redirect, resources, track, webhooks};
use crate::app::App;

/// The whole HTTP service.
pub fn router(app: Arc<App>) -> Router {
    let limit = DefaultBodyLimit::max(app.body_bytes);
    let routes = Router::new()
        .merge(webhooks::routes())
        .merge(track::routes())
        .merge(privacy::routes())
        .merge(redirect::routes())
        .merge(health::routes())
        .merge(resources::routes())
        .merge(explain::routes())
        .layer(limit);
    with_json_errors(routes).with_state(app)
}
