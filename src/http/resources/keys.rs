//! `/api/keys`: API keys. A key is shown once, in the answer that makes it.
//!
//! A key makes none that may do more than itself or works longer; a test key sees and makes test keys alone.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use providers::Micros;
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::sources::livemode;
use super::{Answer, made};
use crate::app::App;
use crate::catalog::{CatalogError, Listed, check};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::{self, Caller, ListedKey, NewKey, Scope, Scopes};

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/keys", get(list).post(create))
        .route("/api/keys/{id}", delete(revoke))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow {
    id: String,
    name: String,
    /// The key itself, only when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    shown: String,
    mode: &'static str,
    livemode: bool,
    scopes: Scopes,
    created_at: String,
    expires_at: Option<String>,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct New {
    name: Option<String>,
    mode: Option<String>,
    /// The same as `mode`, as lists show it.
    livemode: Option<bool>,
    scopes: Option<Vec<String>>,
    expires_at: Option<String>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<KeyRow>> {
    let page = query.page(&caller.organization_id, &["livemode"])?;
    let wanted = query.flag("livemode")?;
    let mut keys = visible(&app, &caller).await?;
    keys.retain(|key| wanted == -1 || i64::from(key.livemode) == wanted);
    keys.retain(|key| page.after.is_empty() || key.id < page.after);
    keys.sort_by(|a, b| b.id.cmp(&a.id));
    let rows = keys.into_iter().map(KeyRow::of).collect();
    Ok(Json(Listed::of(rows, &page, |key| key.id.clone())))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let name = new.name.as_deref().unwrap_or_default();
    let name = check::text("name", name).map_err(ApiError::from)?;
    let wanted = NewKey {
        name: &name,
        livemode: ledger(&new, &caller)?,
        scopes: scopes(&new, &caller)?,
        expires_at: expiry(&new, &caller, app.now())?,
    };
    let (id, key) = keys::create(&app.scope(&caller), &wanted).await?;
    let mut row = KeyRow::of(find(&app, &caller, &id).await?);
    row.key = Some(key.expose().to_owned());
    Ok(made(row, true))
}

/// The ledger of the new key: its maker's where none is given and the maker's is the test ledger, else live.
fn ledger(new: &New, caller: &Caller) -> Result<bool, ApiError> {
    let by_mode = new.mode.as_deref().map(|mode| livemode(Some(mode)));
    let by_mode = by_mode.transpose()?;
    if let (Some(mode), Some(flag)) = (by_mode, new.livemode)
        && mode != flag
    {
        let message = "livemode says another ledger than mode: give one of them";
        return Err(ApiError::validation("livemode", message));
    }
    let wanted = by_mode.or(new.livemode).unwrap_or(caller.livemode);
    if !caller.may_see(wanted) {
        return Err(ApiError::forbidden(
            "a test key makes test keys alone: use a live key",
        ));
    }
    Ok(wanted)
}

fn scopes(new: &New, caller: &Caller) -> Result<Scopes, ApiError> {
    let Some(words) = &new.scopes else {
        return Ok(caller.scopes.clone());
    };
    let scopes: Option<Vec<Scope>> = words.iter().map(|word| Scope::of(word)).collect();
    let scopes = scopes.and_then(Scopes::new).ok_or_else(|| {
        ApiError::validation("scopes", "scopes must be some of track, read, admin")
    })?;
    if !caller.scopes.cover(&scopes) {
        let message = "a key makes none that may do more than itself";
        return Err(ApiError::forbidden(message));
    }
    Ok(scopes)
}

/// When the new key ends: as asked, and not after its maker.
fn expiry(new: &New, caller: &Caller, now: Micros) -> Result<Option<Micros>, ApiError> {
    let refuse = |message: &'static str| ApiError::validation("expiresAt", message);
    let Some(text) = &new.expires_at else {
        return Ok(caller.expires_at);
    };
    let at = Micros::parse_rfc3339(text)
        .ok_or_else(|| refuse("expiresAt must be a time as 2027-11-22T10:00:00Z (RFC 3339)"))?;
    if at <= now {
        return Err(refuse("expiresAt must lie ahead"));
    }
    if caller.expires_at.is_some_and(|own| own < at) {
        return Err(refuse("a key makes none that works longer than itself"));
    }
    Ok(Some(at))
}

async fn revoke(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<KeyRow> {
    let now = app.now();
    let keys = visible(&app, &caller).await?;
    if !keys.iter().any(|key| key.id == id) {
        return Err(unknown());
    }
    if keys::is_last(&keys, &id, now) {
        let message = "this is the last live key that may do everything: make another one first";
        return Err(ApiError::conflict(message));
    }
    if !keys::revoke(&app.scope(&caller), &id).await? {
        return Err(unknown());
    }
    Ok(Json(KeyRow::of(find(&app, &caller, &id).await?)))
}

fn unknown() -> ApiError {
    CatalogError::NotFound("key in use").into()
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<ListedKey, ApiError> {
    let keys = visible(app, caller).await?;
    keys.into_iter()
        .find(|key| key.id == id)
        .ok_or_else(unknown)
}

async fn visible(app: &App, caller: &Caller) -> Result<Vec<ListedKey>, ApiError> {
    let mut keys = keys::list(app.store.as_ref(), &caller.organization_id).await?;
    keys.retain(|key| caller.may_see(key.livemode));
    Ok(keys)
}

impl KeyRow {
    fn of(key: ListedKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            key: None,
            shown: key.shown,
            mode: if key.livemode { "live" } else { "test" },
            livemode: key.livemode,
            scopes: key.scopes,
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
        }
    }
}
