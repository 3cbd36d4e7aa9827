//! The portal's static files, and what every answer of it says to browsers.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::dashboard::assets::Asset;

const FOLDER: &str = "/portal/assets";

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/portal.css");
    Asset::new(FOLDER, "portal", "css", body)
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/portal.js");
    Asset::new(FOLDER, "portal", "js", body)
});

/// Where the stylesheet is.
pub(super) fn style() -> String {
    STYLE.path()
}

/// Where the script is.
pub(super) fn script() -> String {
    SCRIPT.path()
}

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let found = Asset::serve(&[&STYLE, &SCRIPT], &name);
    found.unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// What a page may load and who may frame it: files of this server, and the style that the page was given, which `source` calls by its digest.
pub(super) fn policy(source: Option<&str>, frames: &str) -> Option<HeaderValue> {
    let source = source
        .map(|source| format!(" {source}"))
        .unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'{source}; script-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors {frames}"
    );
    HeaderValue::from_str(&policy).ok()
}

const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

fn with(mut response: Response, more: &[(HeaderName, HeaderValue)], frames: &str) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS.iter().chain(more) {
        headers.entry(name).or_insert(value.clone());
    }
    if let (false, Some(policy)) = (
        headers.contains_key(CONTENT_SECURITY_POLICY),
        policy(None, frames),
    ) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Who may frame an embedded page: merchants, whoever they are. The page does nothing without its token.
pub(super) const ANYBODY: &str = "*";

/// For what stands in merchants' pages. The address holds the token, so it is told to nobody.
pub(super) async fn for_frames(response: Response) -> Response {
    let more = [
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ];
    with(response, &more, ANYBODY)
}

/// For pages that stand alone.
pub(super) async fn for_no_frame(response: Response) -> Response {
    let more = [
        (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    with(response, &more, "'none'")
}
