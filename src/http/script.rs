//! `/script.js`: for sites without npm. It does what `refport-js` does: keeps the click's id that a link brought along, and shows the portal.

use std::sync::Arc;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/script.js", get(script))
}

async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=3600"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
        (HeaderName::from_static("access-control-allow-origin"), "*"),
    ];
    (headers, include_str!("script.js"))
}
