//! `/api/clicks`: see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::query::{Id, Query, asked};
use super::{Answer, made};
use crate::app::App;
use crate::books::clicks::By;
use crate::catalog::{Click, Imported, Listed, NewClick};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["partnerId", "linkId", "from", "to"];

/// The most clicks of one call.
const BULK_MAX: usize = 500;

#[derive(Deserialize)]
struct Bulk {
    clicks: Vec<NewClick>,
}

/// What has become of the clicks of a call, in their order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcomes {
    data: Vec<Told>,
    next_cursor: Option<String>,
}

/// What has become of one.
#[derive(Serialize)]
struct Told {
    /// Its place among those that were sent, from 0.
    index: usize,
    /// `created`; `exists`: it was recorded before; `refused`.
    outcome: &'static str,
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/clicks", get(list).post(import))
        .route("/api/clicks/bulk", post(import_many))
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

/// Records clicks from elsewhere, each by itself: one that cannot be recorded keeps no other from it. The same again changes nothing.
async fn import_many(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(bulk): ApiJson<Bulk>,
) -> Answer<Outcomes> {
    if bulk.clicks.is_empty() || bulk.clicks.len() > BULK_MAX {
        let message = format!("clicks must be a list of 1 to {BULK_MAX} clicks");
        return Err(ApiError::validation("clicks", message));
    }
    let imported = app.catalog(&caller).import_clicks(&bulk.clicks).await?;
    let told = imported.into_iter().enumerate();
    Ok(Json(Outcomes {
        data: told.map(|(index, one)| Told::of(index, one)).collect(),
        next_cursor: None,
    }))
}

impl Told {
    fn of(index: usize, imported: Imported) -> Self {
        let (outcome, id, error) = match imported {
            Ok((click, true)) => ("created", Some(click.id), None),
            Ok((click, false)) => ("exists", Some(click.id), None),
            Err(wrong) => ("refused", None, Some(ApiError::from(wrong).told())),
        };
        Self {
            index,
            outcome,
            id,
            error,
        }
    }
}
