//! `/api/links`: see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

use super::query::{Id, Query, asked};
use super::{Answer, Deleted, made};
use crate::app::App;
use crate::books::links::By;
use crate::catalog::{Link, Listed, NewLink};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["partnerId", "programId", "key", "domain", "from", "to"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/links", get(list).post(create))
        .route("/api/links/{id}", get(one).patch(change).delete(delete))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkChange {
    #[serde(default)]
    url: Option<String>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Link>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let mut by = Vec::new();
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.text("key")?).map(By::Key));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(asked(query.text("domain")?).map(By::Domain));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.links(&page, &by).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Link> {
    Ok(Json(app.catalog(&caller).link(&id).await?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewLink>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    Ok(made(catalog.create_link(&new).await?, true))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<LinkChange>,
) -> Answer<Link> {
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.change_link(&id, new.url.as_deref()).await?))
}

async fn delete(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Deleted> {
    app.catalog(&caller).delete_link(&id).await?;
    Ok(Deleted::of(id))
}
