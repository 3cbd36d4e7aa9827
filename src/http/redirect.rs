//! `GET /r/{key}`, and `/{key}` on a link's own domain: record the click, lead the visitor on.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{CACHE_CONTROL, HOST, HeaderName, LOCATION, REFERER, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::clicks::{self, Link, Lost, NewClick};
use crate::http::error::ApiError;
use crate::http::peer::{is_own, network_of};

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/r/{key}", get(own_address))
        .route("/{key}", get(link_domain))
}

async fn own_address(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    visit: Visit,
) -> Result<Response, ApiError> {
    lead_on(&app, "", &key, &visit).await
}

async fn link_domain(
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    visit: Visit,
) -> Result<Response, ApiError> {
    let host = visit.host.as_deref().unwrap_or_default();
    let domain = host.split(':').next().unwrap_or_default().to_lowercase();
    if domain.is_empty() {
        return Err(ApiError::not_found("there is nothing at this address"));
    }
    lead_on(&app, &domain, &key, &visit).await
}

/// What a visitor's request says of itself.
struct Visit {
    is_get: bool,
    url: String,
    host: Option<String>,
    referrer: Option<String>,
    user_agent: Option<String>,
    /// Where it comes from.
    address: Option<IpAddr>,
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let text = |name: HeaderName| {
            let value = parts.headers.get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Ok(Self {
            is_get: parts.method == Method::GET,
            url: parts.uri.to_string(),
            host: text(HOST),
            referrer: text(REFERER),
            user_agent: text(USER_AGENT),
            address: network_of(&parts.extensions, &parts.headers),
        })
    }
}

async fn lead_on(app: &App, domain: &str, key: &str, visit: &Visit) -> Result<Response, ApiError> {
    let link = app.links.find(app.store.as_ref(), domain, key).await?;
    let link = link.ok_or_else(|| ApiError::not_found("there is no link of this key"))?;
    let counted = visit.is_get && !clicks::is_bot(visit.user_agent.as_deref());
    let click_id = if counted {
        click(app, &link, visit).await
    } else {
        None
    };
    let address = click_id.and_then(|id| clicks::destination(&link.url, &id));
    let address = address.unwrap_or(link.url);
    // Never cached: each visitor has a click of his own.
    let headers = [(LOCATION, address), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::FOUND, headers).into_response())
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
