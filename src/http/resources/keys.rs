//! `/api/keys`: API keys. A key is shown once, in the answer that makes it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::sources::livemode;
use super::{Answer, made};
use crate::app::App;
use crate::catalog::{CatalogError, Listed, check};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::{self, Caller};

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
    created_at: String,
    revoked_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct New {
    name: Option<String>,
    mode: Option<String>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<KeyRow>> {
    let page = query.page()?;
    let mut keys = shown(&app, &caller.organization_id).await?;
    keys.retain(|key| page.cursor.is_empty() || key.id < page.cursor);
    keys.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(Json(Listed::of(keys, &page, |key| key.id.clone())))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let name = new.name.unwrap_or_default();
    let name = check::text("name", &name).map_err(ApiError::from)?;
    let livemode = livemode(new.mode.as_deref())?;
    let org = caller.organization_id.as_str();
    let about = (org, name.as_str(), livemode);
    let (id, key) = keys::create(app.store.as_ref(), &app.ids, about, app.now()).await?;
    let mut made_key = find(&app, org, &id).await?;
    made_key.key = Some(key.expose().to_owned());
    Ok(made(made_key, true))
}

async fn revoke(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<KeyRow> {
    let org = caller.organization_id.as_str();
    if !keys::revoke(app.store.as_ref(), org, &id, app.now()).await? {
        return Err(unknown());
    }
    Ok(Json(find(&app, org, &id).await?))
}

fn unknown() -> ApiError {
    CatalogError::NotFound("key in use").into()
}

async fn find(app: &App, org: &str, id: &str) -> Result<KeyRow, ApiError> {
    let keys = shown(app, org).await?;
    keys.into_iter()
        .find(|key| key.id == id)
        .ok_or_else(unknown)
}

async fn shown(app: &App, org: &str) -> Result<Vec<KeyRow>, ApiError> {
    let keys = keys::list(app.store.as_ref(), org).await?;
    let shown = keys.into_iter().map(|key| KeyRow {
        id: key.id,
        name: key.name,
        key: None,
        shown: key.shown,
        mode: if key.livemode { "live" } else { "test" },
        livemode: key.livemode,
        created_at: key.created_at.to_string(),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
    });
    Ok(shown.collect())
}
