//! `GET /api/privacy-requests` and `/api/privacy-requests/{id}`: the requests of privacy law that
//! processors have passed on, and what was collected for them.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use providers::Name;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::privacy::{self, Request};

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/privacy-requests", get(list))
        .route("/api/privacy-requests/{id}", get(one))
}

/// How many a page has, unless the caller says otherwise.
const LIMIT: i64 = 50;
/// How many a page has at most.
const LIMIT_MAX: i64 = 500;

#[derive(Deserialize)]
struct Page {
    limit: Option<i64>,
    cursor: Option<String>,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, ApiError> {
    let wrong = || ApiError::validation("limit", "limit must be a whole number from 1 to 500");
    let Query(page) = page.map_err(|_malformed| wrong())?;
    let limit = page.limit.unwrap_or(LIMIT);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(wrong());
    }
    let cursor = page.cursor.filter(|cursor| !cursor.contains('\0'));
    let (store, org) = (app.store.as_ref(), caller.organization_id.as_str());
    let mut found = privacy::requests(store, org, cursor.as_deref(), limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found.last().filter(|_| more).map(|last| last.id.clone());
    let data: Vec<Value> = found.iter().map(request_json).collect();
    Ok(Json(json!({ "data": data, "nextCursor": next })).into_response())
}

async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let unknown = || ApiError::not_found("there is no privacy request of this id");
    if id.contains('\0') {
        return Err(unknown());
    }
    let found = privacy::export(app.store.as_ref(), &caller.organization_id, &id).await?;
    let (request, document) = found.ok_or_else(unknown)?;
    let document = document.and_then(|text| RawValue::from_string(text).ok());
    let mut shown = request_json(&request);
    if let Some(members) = shown.as_object_mut() {
        let document = serde_json::to_value(document).unwrap_or_default();
        members.insert("export".to_owned(), document);
    }
    Ok(Json(shown).into_response())
}

fn request_json(request: &Request) -> Value {
    json!({
        "id": request.id,
        "kind": request.kind.word(),
        "sourceId": request.source_id,
        "eventId": request.event_id,
        "customers": request.customers.iter().map(Name::value).collect::<Vec<_>>(),
        "payments": request.payments.iter().map(Name::value).collect::<Vec<_>>(),
        "createdAt": request.created_at.to_string(),
        "doneAt": request.done_at.map(|at| at.to_string()),
    })
}
