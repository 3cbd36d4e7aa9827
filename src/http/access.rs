//! Who makes a call, and whether he may: a layer around all that lies below `/api/`.
//!
//! First the key (401), then how often it calls (429), then what it may do (403), and only then the route. [`ROUTES`]
//! names every route; one that is missing there is answered like an address that does not exist, so none can be open
//! by mistake. A test key sees and changes what belongs to the test ledger, and reads what both share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use crate::app::App;
use crate::http::error::ApiError;
use crate::http::peer::network_of;
use crate::http::request::belongs_to;
use crate::keys::{self, Caller, Found, Scope};
use crate::store::StoreError;

/// What stands behind a route, and so which keys may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Reports of a shop's server, which go to the key's own ledger.
    Reports,
    /// A token for a shop's page that shows a partner's portal: of the key's own ledger.
    Embed,
    /// Rows that belong to one ledger: a test key has those of the test ledger, and may change them.
    Rows,
    /// What the owner has set up for both ledgers: a test key may read it, and change nothing that live money uses.
    SetUp,
    /// What there is of live money alone.
    Live,
}

/// Every route below `/api/`, with its methods.
pub const ROUTES: &[(&str, &str, Reach)] = &[
    ("/api/balances", "GET", Reach::Rows),
    ("/api/changes", "GET", Reach::Live),
    ("/api/clicks", "GET POST", Reach::Live),
    ("/api/clicks/bulk", "POST", Reach::Live),
    ("/api/clicks/{id}", "GET", Reach::SetUp),
    ("/api/codes", "GET POST", Reach::SetUp),
    ("/api/codes/{code}", "GET DELETE", Reach::SetUp),
    ("/api/commissions", "GET", Reach::Rows),
    ("/api/commissions/decisions", "POST", Reach::Rows),
    ("/api/commissions/{id}", "GET", Reach::Rows),
    ("/api/commissions/{id}/decision", "POST", Reach::Rows),
    ("/api/customers", "GET", Reach::Rows),
    ("/api/customers/assignments", "POST", Reach::Live),
    ("/api/customers/shared-ids", "GET", Reach::Rows),
    ("/api/customers/{id}", "GET", Reach::Rows),
    ("/api/customers/{id}/partner", "PUT", Reach::Rows),
    ("/api/domains", "GET POST", Reach::SetUp),
    ("/api/domains/{domain}", "DELETE", Reach::SetUp),
    ("/api/embed/token", "POST", Reach::Embed),
    ("/api/events", "GET", Reach::Rows),
    ("/api/events/reprocess", "POST", Reach::Rows),
    ("/api/events/{id}", "GET", Reach::Rows),
    ("/api/events/{id}/payload", "GET", Reach::Rows),
    ("/api/groups", "GET POST", Reach::SetUp),
    ("/api/groups/{id}", "GET PATCH DELETE", Reach::SetUp),
    ("/api/groups/{id}/partners", "GET", Reach::SetUp),
    (
        "/api/groups/{id}/partners/{partnerId}",
        "PUT DELETE",
        Reach::SetUp,
    ),
    ("/api/invitations", "POST", Reach::SetUp),
    ("/api/keys", "GET POST", Reach::Rows),
    ("/api/keys/{id}", "DELETE", Reach::Rows),
    ("/api/adjustments", "GET", Reach::Rows),
    ("/api/adjustments/{id}", "GET", Reach::Rows),
    ("/api/leads", "GET", Reach::Rows),
    ("/api/leads/{id}", "GET", Reach::Rows),
    ("/api/ledger", "GET", Reach::Rows),
    ("/api/ledger/{id}", "GET", Reach::Rows),
    ("/api/links", "GET POST", Reach::SetUp),
    ("/api/links/{id}", "GET PATCH DELETE", Reach::SetUp),
    ("/api/organization", "GET PATCH", Reach::SetUp),
    ("/api/partners", "GET POST", Reach::SetUp),
    ("/api/partners/{id}", "GET PATCH", Reach::SetUp),
    ("/api/partners/{id}/payout-details", "GET PUT", Reach::Live),
    ("/api/payout-batches", "GET POST", Reach::Live),
    ("/api/payout-batches/{id}", "GET", Reach::Live),
    ("/api/payout-batches/{id}/confirm", "POST", Reach::Live),
    ("/api/payout-batches/{id}/file", "GET", Reach::Live),
    ("/api/payout-settings", "GET PATCH", Reach::Live),
    ("/api/partners/{id}/portal-link", "POST", Reach::SetUp),
    ("/api/partners/{id}/adjustments", "POST", Reach::Rows),
    ("/api/payouts", "GET POST", Reach::Live),
    ("/api/payouts/runs", "POST", Reach::Live),
    ("/api/payouts/imported", "POST", Reach::Live),
    ("/api/payouts/{id}", "GET DELETE", Reach::Live),
    ("/api/payouts/{id}/approve", "POST", Reach::Live),
    ("/api/payouts/{id}/confirm", "POST", Reach::Live),
    ("/api/payouts/{id}/fail", "POST", Reach::Live),
    ("/api/payouts/{id}/send", "POST", Reach::Live),
    ("/api/payouts/{id}/reverse", "POST", Reach::Live),
    ("/api/privacy-requests", "GET POST", Reach::Live),
    ("/api/privacy-requests/{id}", "GET", Reach::Live),
    ("/api/programs", "GET POST", Reach::SetUp),
    ("/api/programs/{id}", "GET PATCH", Reach::SetUp),
    ("/api/programs/{id}/page", "GET PATCH", Reach::SetUp),
    ("/api/rates", "GET POST", Reach::SetUp),
    ("/api/reviews", "GET POST", Reach::Rows),
    ("/api/sales", "GET", Reach::Rows),
    ("/api/sales/{id}", "GET", Reach::Rows),
    ("/api/sales/{id}/explain", "GET", Reach::Rows),
    ("/api/sales/{id}/partner", "PUT", Reach::Rows),
    ("/api/sales/{id}/refunds", "POST", Reach::Reports),
    ("/api/sources", "GET POST", Reach::Rows),
    ("/api/sources/{id}", "GET PATCH DELETE", Reach::Rows),
    (
        "/api/sources/{id}/reconciliation",
        "GET PUT DELETE",
        Reach::Rows,
    ),
    ("/api/sources/{id}/refusals", "GET", Reach::Rows),
    ("/api/statistics", "GET", Reach::Rows),
    ("/api/status", "GET", Reach::Rows),
    ("/api/track/click", "POST", Reach::Reports),
    ("/api/track/lead", "POST", Reach::Reports),
    ("/api/track/sale", "POST", Reach::Reports),
    ("/api/webhook-endpoints", "GET POST", Reach::Rows),
    (
        "/api/webhook-endpoints/{id}",
        "GET PATCH DELETE",
        Reach::Rows,
    ),
    ("/api/webhook-endpoints/{id}/attempts", "GET", Reach::Rows),
    ("/api/webhook-endpoints/{id}/deliveries", "GET", Reach::Rows),
    (
        "/api/webhook-endpoints/{id}/deliveries/{message}/resend",
        "POST",
        Reach::Rows,
    ),
    ("/api/webhook-endpoints/{id}/ping", "POST", Reach::Rows),
    ("/api/webhook-endpoints/{id}/secret", "POST", Reach::Rows),
];

/// Lets a request below `/api/` through to its route, with its [`Caller`]; others pass as they are, unless their path
/// holds what no address has.
pub async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let odd = is_odd(path);
    if path != "/api" && !path.starts_with("/api/") {
        return if odd {
            nothing().into_response()
        } else {
            next.run(request).await
        };
    }
    let address = network_of(request.extensions(), request.headers());
    let caller = match authenticate(&app, request.headers(), address).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    belongs_to(&caller.organization_id);
    if odd {
        return nothing().into_response();
    }
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.and_then(|path| ROUTES.iter().find(|(known, ..)| *known == path.as_str()));
    let Some((_, methods, reach)) = route else {
        return nothing().into_response();
    };
    if !takes(methods, request.method()) {
        return not_taken(methods);
    }
    if let Err(error) = allow(&caller, *reach, &request) {
        return error.into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn nothing() -> ApiError {
    ApiError::not_found("there is nothing at this address")
}

fn takes(methods: &str, method: &Method) -> bool {
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    methods.split(' ').any(|known| known == method.as_str())
}

fn not_taken(methods: &str) -> Response {
    let mut answer = ApiError::method_not_allowed().into_response();
    let allowed = methods.replace(' ', ",").replace("GET", "GET,HEAD");
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(ALLOW, allowed);
    }
    answer
}

/// Whether the key may do it: its scopes, then its ledger.
fn allow(caller: &Caller, reach: Reach, request: &Request) -> Result<(), ApiError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let scope = match reach {
        Reach::Reports | Reach::Embed => Scope::Track,
        _ if reads => Scope::Read,
        _ => Scope::Admin,
    };
    if !caller.scopes.allow(scope) {
        let message = format!(
            "this key may not do that: it needs the scope {} and has {}",
            scope.word(),
            caller.scopes.text()
        );
        return Err(ApiError::forbidden(message));
    }
    if caller.livemode {
        return Ok(());
    }
    let message = match reach {
        Reach::Live => "this is about live money: use a live key",
        Reach::SetUp if !reads => {
            "a test key may not change what live money uses: change it with a live key"
        }
        _ if asks_for_live(request) => "a test key sees the test ledger alone: use a live key",
        _ => return Ok(()),
    };
    Err(ApiError::forbidden(message))
}

fn asks_for_live(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.any(|(name, value)| name == "livemode" && matches!(value.trim(), "true" | "1"))
}

async fn authenticate(
    app: &Arc<App>,
    headers: &HeaderMap,
    address: Option<IpAddr>,
) -> Result<Caller, ApiError> {
    let token = bearer(headers);
    app.guesses.check(address, token, app.now())?;
    let token = token.ok_or_else(ApiError::unauthorized)?;
    let caller = match keys::find(app.store.as_ref(), token, app.now()).await? {
        Found::Caller(caller) => caller,
        found => {
            app.guesses.failed(address, app.now());
            let reason = match found {
                Found::Expired => "expired_key",
                _ => "unknown_key",
            };
            app.refused("api", "api", reason);
            return Err(match found {
                Found::Expired => ApiError::expired_key(),
                _ => ApiError::unauthorized(),
            });
        }
    };
    app.guesses.succeeded(address, token, app.now());
    app.rate_limit.check(&caller.key_id)?;
    app.note_use(&caller);
    Ok(caller)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether a path, decoded, is no text or has control characters. No id and no link's key has.
fn is_odd(path: &str) -> bool {
    match percent_decode_str(path).decode_utf8() {
        Ok(text) => text.chars().any(char::is_control),
        Err(_not_text) => true,
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    /// Whom the layer has let through. A route that does not lie behind it has no caller.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(ApiError::unauthorized)
    }
}

impl From<StoreError> for ApiError {
    /// What the database could not do: "try again" where trying again helps, else our fault. The cause
    /// goes to the log, once, here.
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::warn!(%error, "the database did not answer a call");
            return Self::unavailable(1);
        }
        tracing::error!(%error, "a call failed in the database");
        Self::internal()
    }
}
