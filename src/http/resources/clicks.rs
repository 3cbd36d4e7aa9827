//! `/api/clicks`: see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};

use super::query::{Id, Query, asked};
use super::{Answer, made};
use crate::app::App;
use crate::books::clicks::By;
use crate::catalog::{Click, Listed, NewClick};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["partnerId", "linkId", "from", "to"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/clicks", get(list).post(import))
        .route("/api/clicks/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Click>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let mut by = Vec::new();
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("linkId", &[id::LINK])?).map(By::Link));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.clicks(&page, &by).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Click> {
    Ok(Json(app.catalog(&caller).click(&id).await?))
}

async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewClick>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    let (click, is_new) = catalog.import_click(&new).await?;
    Ok(made(click, is_new))
}
