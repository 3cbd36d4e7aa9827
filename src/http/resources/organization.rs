//! `/api/organization`: whose key it is.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use crate::app::App;
use crate::args;
use crate::books::statements::settings as sql;
use crate::catalog::{text, time};
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
    Router::new().route("/api/organization", get(one))
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
