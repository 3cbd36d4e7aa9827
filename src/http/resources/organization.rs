//! `/api/organization`: whose key it is, and what that is called.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::app::App;
use crate::args;
use crate::books::statements::settings as sql;
use crate::catalog::{organization, text, time};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Organization {
    id: String,
    name: String,
    created_at: String,
}

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/organization", get(one).patch(change))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: String,
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(change): ApiJson<Change>,
) -> Answer<Organization> {
    let renamed = organization::rename(&app.scope(&caller), &change.name).await?;
    Ok(Json(Organization {
        id: renamed.id,
        name: renamed.name,
        created_at: renamed.created_at.to_string(),
    }))
}

async fn one(State(app): State<Arc<App>>, caller: Caller) -> Answer<Organization> {
    let rows = app
        .store
        .read(&sql::GET, args![caller.organization_id])
        .await?;
    let row = rows
        .first()
        .ok_or_else(|| ApiError::not_found("the key's organization is gone"))?;
    Ok(Json(Organization {
        id: text(row, "id")?,
        name: text(row, "name")?,
        created_at: time(row, "created_at")?,
    }))
}
