//! `/api/programs`: see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};

use super::query::{Id, Query};
use super::{Answer, made};
use crate::app::App;
use crate::catalog::{Listed, Program, ProgramChange};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/programs", get(list).post(create))
        .route("/api/programs/{id}", get(one).patch(change))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Program>> {
    let page = query.page(&caller.organization_id, &[])?;
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.programs(&page).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Program> {
    Ok(Json(app.catalog(&caller).program(&id).await?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<ProgramChange>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    Ok(made(catalog.create_program(&new).await?, true))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<ProgramChange>,
) -> Answer<Program> {
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.change_program(&id, &new).await?))
}
