//! `/api/privacy-requests` and `/api/privacy-requests/{id}`: the requests of privacy law that processors have passed on or the owner has made, and
//! what was collected for them.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use providers::Name;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::catalog::Listed;
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::http::resources::query::{Id, Query};
use crate::keys::Caller;
use crate::privacy::{self, Request, RequestKind};

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/privacy-requests", get(list).post(ask))
        .route("/api/privacy-requests/{id}", get(one))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Result<Json<Listed<Value>>, ApiError> {
    let page = query.page(&caller.organization_id, &[])?;
    let before = Some(page.after.as_str()).filter(|cursor| !cursor.is_empty());
    let (store, org) = (app.store.as_ref(), caller.organization_id.as_str());
    let found = privacy::requests(store, org, before, page.rows()).await?;
    let shown = Listed::of(found, &page, |request| request.id.clone());
    Ok(Json(Listed {
        data: shown.data.iter().map(request_json).collect(),
        next_cursor: shown.next_cursor,
    }))
}

/// Who is to be collected or erased.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    kind: String,
    customer: String,
}

async fn ask(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(asked): ApiJson<Asked>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let kind = RequestKind::read(&asked.kind).filter(|kind| *kind != RequestKind::EraseSource);
    let kind = kind.ok_or_else(|| {
        ApiError::validation("kind", "kind must be export_customer or erase_customer")
    })?;
    let org = caller.organization_id.as_str();
    let meant = privacy::customers_meant(&app.books(org), &asked.customer).await?;
    let customer = match meant.as_slice() {
        [one] => one,
        [] => {
            return Err(ApiError::not_found(
                "no customer has this id or e-mail address",
            ));
        }
        several => {
            let ids = several.join(", ");
            let message =
                format!("several customers have this e-mail address or id: give one of {ids}");
            return Err(ApiError::validation("customer", message));
        }
    };
    let id = privacy::ask(&app.scope(&caller), kind, customer).await?;
    let id = id.ok_or_else(|| ApiError::not_found("no customer has this id"))?;
    app.jobs.wake();
    let found = privacy::export(app.store.as_ref(), org, &id).await?;
    let shown = found
        .map(|(request, _)| request_json(&request))
        .unwrap_or_default();
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Value>, ApiError> {
    let found = privacy::export(app.store.as_ref(), &caller.organization_id, &id).await?;
    let (request, document) =
        found.ok_or_else(|| ApiError::not_found("no privacy request has this id"))?;
    let document: Option<Value> = document.and_then(|text| serde_json::from_str(&text).ok());
    let mut shown = request_json(&request);
    if let Some(members) = shown.as_object_mut() {
        members.insert("export".to_owned(), document.unwrap_or_default());
    }
    Ok(Json(shown))
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
