//! What a visitor sees whose link leads nowhere: the address that the owner has set for it, or a page that says so. A buyer never sees JSON.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, LOCATION, REFRESH, RETRY_AFTER,
};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use crate::app::App;
use crate::books::domains;

/// After how many seconds a page that cannot be shown now looks again.
const AGAIN_SECONDS: &str = "3";

const HEADERS: [(HeaderName, &str); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-content-type-options"), "nosniff"),
];

/// For a link that is not known on a domain.
pub async fn nowhere(app: &App, domain: &str) -> Response {
    let found = domains::find(app.store.as_ref(), domain).await;
    // Without the database there is no other address to lead to.
    let fallback = found.ok().flatten().and_then(|domain| domain.fallback_url);
    if let Some(url) = fallback {
        let headers = [(LOCATION, url.as_str()), (CACHE_CONTROL, "no-store")];
        return (StatusCode::FOUND, headers).into_response();
    }
    let page = page(
        "This link leads nowhere",
        "It may have been mistyped, or is no longer used. Ask whoever gave it to you for the new one.",
    );
    (StatusCode::NOT_FOUND, HEADERS, page).into_response()
}

/// For a link that cannot be looked up now: the page looks again by itself.
pub fn in_a_moment() -> Response {
    let page = page("One moment, please", "You will be led on in a few seconds.");
    let again = [(REFRESH, AGAIN_SECONDS), (RETRY_AFTER, AGAIN_SECONDS)];
    (StatusCode::SERVICE_UNAVAILABLE, HEADERS, again, page).into_response()
}

fn page(title: &str, text: &str) -> Html<String> {
    let markup: Markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
            }
            body { main { h1 { (title) } p { (text) } } }
        }
    };
    Html(markup.into_string())
}
