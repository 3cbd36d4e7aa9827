//! `GET /api/sales/{id}/explain`: why a sale is what it is.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;
use crate::explain::{Explanation, explain};
use crate::http::error::ApiError;
use crate::keys::Caller;

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/sales/{id}/explain", get(sale))
}

async fn sale(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Explanation>, ApiError> {
    let org = caller.organization_id.as_str();
    let explanation = explain(app.store.as_ref(), app.now(), org, &id).await?;
    explanation
        .map(Json)
        .ok_or_else(|| ApiError::not_found("there is no sale of this id"))
}
