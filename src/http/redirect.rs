//! `GET /r/{key}`, and `/{key}` on a link's own domain: record the click, lead the visitor on.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{CACHE_CONTROL, HOST, HeaderName, LOCATION, REFERER, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::clicks::{self, Link, Origin};
use crate::http::error::ApiError;

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
        })
    }
}

async fn lead_on(app: &App, domain: &str, key: &str, visit: &Visit) -> Result<Response, ApiError> {
    let link = clicks::find(app.store.as_ref(), domain, key).await?;
    let link = link.ok_or_else(|| ApiError::not_found("there is no link of this key"))?;
    let counted = visit.is_get && !clicks::is_bot(visit.user_agent.as_deref());
    let address = if counted {
        with_click(app, &link, visit).await?
    } else {
        link.url
    };
    // Never cached: each visit is a click of its own.
    let headers = [(LOCATION, address), (CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::FOUND, headers).into_response())
}

/// The destination with a click of its own. When the click cannot be recorded, the visitor is led on all
/// the same.
async fn with_click(app: &App, link: &Link, visit: &Visit) -> Result<String, ApiError> {
    let origin = Origin {
        url: Some(&visit.url),
        referrer: visit.referrer.as_deref(),
    };
    let recorded = clicks::record(app.store.as_ref(), &app.ids, link, origin, app.now()).await;
    match recorded {
        Ok(click_id) => clicks::destination(&link.url, &click_id)
            .ok_or_else(|| ApiError::not_found("the link leads nowhere")),
        Err(error) => {
            tracing::error!(%error, link.id, "a click was not recorded");
            Ok(link.url.clone())
        }
    }
}
