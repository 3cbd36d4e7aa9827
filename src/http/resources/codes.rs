//! `/api/codes`: see [`crate::catalog`]. A code is its own id.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};

use super::query::{Id, Query, asked};
use super::{Answer, Deleted, made};
use crate::app::App;
use crate::books::codes::By;
use crate::catalog::{Code, Listed, NewCode};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["partnerId", "from", "to"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/codes", get(list).post(create))
        .route("/api/codes/{code}", get(one).delete(delete))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Code>> {
    let catalog = app.catalog(&caller);
    let page = query.page(&caller.organization_id, FILTERS)?;
    let partner = asked(query.id("partnerId", &[id::PARTNER])?);
    let mut by: Vec<By<'_>> = partner.map(By::Partner).into_iter().collect();
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    Ok(Json(catalog.codes(&page, &by).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(code): Id) -> Answer<Code> {
    Ok(Json(app.catalog(&caller).code(&code).await?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewCode>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    let (code, is_new) = catalog.create_code(&new).await?;
    Ok(made(code, is_new))
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, Id(code): Id) -> Answer<Deleted> {
    app.catalog(&caller).delete_code(&code).await?;
    Ok(Deleted::of(code))
}
