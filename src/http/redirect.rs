//! `GET /r/{key}`, and `/{key}` on a link's own domain: record the click, lead the visitor on. A visitor is a buyer: he is led on whatever happens, and
//! where there is nothing to lead to he is told so in a page, never in JSON.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, LOCATION, REFERER, USER_AGENT,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use url::Url;

use crate::app::App;
use crate::books::domains;
use crate::clicks::{self, Link, Lost, NewClick, qr};
use crate::http::error::ApiError;
use crate::http::nowhere;
use crate::http::peer::{is_own, network_of};

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/r/{key}", get(own_address))
        .route("/r/{key}/qr.svg", get(own_code))
        .route("/{key}", get(link_domain))
        .route("/{key}/qr.svg", get(code_of_domain))
        .fallback(elsewhere)
}

async fn own_address(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    visit: Visit,
) -> Response {
    lead_on(&app, "", &key, &visit).await
}

async fn link_domain(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    visit: Visit,
) -> Response {
    // An address of one word on the server's own host is a page that is not there, or a call gone wrong.
    if visit.domain.is_empty() || (is_own_host(&app, &visit.domain) && !visit.reads_pages) {
        return ApiError::not_found("there is nothing at this address").into_response();
    }
    lead_on(&app, &visit.domain, &key, &visit).await
}

/// Whatever else is asked for: on a link's own domain there is nothing but links.
async fn elsewhere(State(app): State<Arc<App>>, visit: Visit) -> Response {
    if !visit.domain.is_empty() && !is_own_host(&app, &visit.domain) {
        match domains::find(app.store.as_ref(), &visit.domain).await {
            Ok(Some(_)) => return nowhere(&app, &visit.domain).await,
            Ok(None) => {}
            Err(error) => return ApiError::from(error).into_response(),
        }
    }
    StatusCode::NOT_FOUND.into_response()
}

async fn own_code(State(app): State<Arc<App>>, Path(key): Path<String>) -> Response {
    code(&app, "", &key).await
}

async fn code_of_domain(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    visit: Visit,
) -> Response {
    code(&app, &visit.domain, &key).await
}

/// A link as a QR code. Who looks at it has not clicked.
async fn code(app: &App, domain: &str, key: &str) -> Response {
    let found = app.links.find(app.store.as_ref(), domain, key).await;
    let link = match found {
        Ok(Some(link)) => link,
        Ok(None) => return ApiError::not_found("there is no link of this key").into_response(),
        Err(error) => return ApiError::from(error).into_response(),
    };
    let url = crate::catalog::short_url(&app.public_url, &link.domain, &link.key);
    let Some(drawn) = qr::code(&url) else {
        return ApiError::internal().into_response();
    };
    let headers = [
        (CONTENT_TYPE, "image/svg+xml"),
        (CACHE_CONTROL, "public, max-age=3600"),
        (
            HeaderName::from_static("content-security-policy"),
            "default-src 'none'",
        ),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin",
        ),
    ];
    (headers, drawn.into_string()).into_response()
}

fn is_own_host(app: &App, host: &str) -> bool {
    let own = Url::parse(&app.public_url).ok();
    own.as_ref().and_then(Url::host_str) == Some(host)
}

/// What a visitor's request says of itself.
struct Visit {
    is_get: bool,
    url: String,
    query: Option<String>,
    /// The host that was asked for, in lower case and without a port; empty where none is named.
    domain: String,
    referrer: Option<String>,
    user_agent: Option<String>,
    /// Where it comes from.
    address: Option<IpAddr>,
    /// Whether the visitor asks not to be tracked.
    is_private: bool,
    /// Whether it is a browser, which wants a page.
    reads_pages: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        let host = text(headers, HOST).unwrap_or_default();
        Ok(Self {
            is_get: parts.method == Method::GET,
            url: parts.uri.to_string(),
            query: parts.uri.query().map(str::to_owned),
            domain: host.split(':').next().unwrap_or_default().to_lowercase(),
            referrer: text(headers, REFERER),
            user_agent: text(headers, USER_AGENT),
            address: network_of(&parts.extensions, headers),
            is_private: asks_for_privacy(headers),
            reads_pages: text(headers, ACCEPT).is_some_and(|accept| accept.contains("text/html")),
        })
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    value.to_str().ok().map(str::to_owned)
}

/// Do Not Track, or Global Privacy Control.
fn asks_for_privacy(headers: &HeaderMap) -> bool {
    ["dnt", "sec-gpc"].iter().any(|name| {
        headers
            .get(*name)
            .is_some_and(|value| value.as_bytes() == b"1")
    })
}

async fn lead_on(app: &App, domain: &str, key: &str, visit: &Visit) -> Response {
    let link = match app.links.find(app.store.as_ref(), domain, key).await {
        Ok(Some(link)) => link,
        // Who has taken the name before it was the server's own leads nobody away from it.
        Ok(None) if is_own_host(app, domain) => return nowhere(app, "").await,
        Ok(None) => return nowhere(app, domain).await,
        Err(error) => {
            tracing::warn!(%error, "a link could not be looked up");
            return nowhere::in_a_moment();
        }
    };
    let counted = visit.is_get
        && link.counts
        && !(visit.is_private && app.honours_do_not_track)
        && !clicks::is_bot(visit.user_agent.as_deref());
    let click_id = if counted {
        click(app, &link, visit).await
    } else {
        None
    };
    let address = clicks::destination(&link.url, click_id.as_deref(), visit.query.as_deref());
    let address = address.unwrap_or(link.url);
    // Never cached: each visitor has a click of his own.
    let headers = [(LOCATION, address), (CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::FOUND, headers).into_response()
}

/// Records the click and answers its id. Whatever is in the way, a buyer is led on: with the id under which the click
/// may be recorded yet, or without one.
async fn click(app: &App, link: &Link, visit: &Visit) -> Option<String> {
    let now = app.now();
    let browser = visit.user_agent.as_deref().unwrap_or_default();
    let visit_of = |address| app.visitors.visit(address, browser, &link.id, now);
    let new = NewClick {
        link: link.clone(),
        url: Some(visit.url.clone()),
        referrer: visit.referrer.clone(),
        at: now,
        visit: visit.address.map(visit_of),
    };
    // Who has an id keeps it, however many others come from his address.
    if let Some(id) = app.clicks.recorded(&new) {
        return Some(id);
    }
    // Many may come from a proxy of our own that does not tell who they are.
    let limited = visit.address.filter(|address| !is_own(*address));
    if app.click_limit.check(limited).is_err() {
        app.refused("clicks", "clicks", "too_many");
        return None;
    }
    match app.clicks.record(new).await {
        Ok(id) | Err(Lost::Late(id)) => Some(id),
        Err(Lost::Full | Lost::Refused) => None,
    }
}
