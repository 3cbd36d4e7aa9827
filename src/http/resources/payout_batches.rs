//! `/api/payout-batches`: payouts that are sent together, and their files; `/api/payout-settings`: who pays; and `/api/partners/{id}/payout-details`:
//! how a partner is paid. What is a secret goes in and comes out covered.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::{Answer, made};
use crate::app::App;
use crate::books::payouts as books;
use crate::catalog::{CatalogError, Listed, check};
use crate::http::body::{AnyJson, ApiJson};
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;
use crate::payouts::batch::{self, BatchError, Method};
use crate::payouts::details::{self, Details, DetailsError};
use crate::payouts::settings::{self, Settings};

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/payout-batches", get(list).post(create))
        .route("/api/payout-batches/{id}", get(one))
        .route("/api/payout-batches/{id}/file", get(file))
        .route("/api/payout-batches/{id}/confirm", post(confirm))
        .route("/api/payout-settings", get(shown).patch(change))
        .route(
            "/api/partners/{id}/payout-details",
            get(details_of).put(put_details),
        )
}

/// Payouts that are sent together.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    id: String,
    method: String,
    currency: String,
    payouts: i64,
    total: i64,
    sha256: Option<String>,
    created_at: String,
    created_by: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct New {
    method: Option<String>,
    currency: Option<String>,
    payout_ids: Vec<String>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Batch>> {
    let page = query.page(&caller.organization_id, &[])?;
    let found = books::batches(&app.books(&caller.organization_id), page.part()).await?;
    Ok(Json(Listed::found(found, &page, |one| &one.id, Batch::of)))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Batch> {
    Ok(Json(find(&app, &caller, &id).await?))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Batch, ApiError> {
    let found = books::batch(&app.books(&caller.organization_id), id).await?;
    Ok(found
        .map(Batch::of)
        .ok_or(CatalogError::NotFound("payout batch"))?)
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let method = check::required("method", new.method.as_deref())?;
    let method = Method::ALL.iter().find(|one| one.word() == method);
    let method = *method.ok_or_else(|| {
        CatalogError::invalid("method", "must be paypal, wise, sepa, stripe or plain")
    })?;
    let currency = check::required("currency", new.currency.as_deref())?;
    let currency = check::currency("currency", currency)?;
    let strange = |id: &&String| !id.starts_with(id::PAYOUT) || id.contains('\0');
    if let Some(strange) = new.payout_ids.iter().find(strange) {
        return Err(BatchError::NotThis(strange.replace('\0', "")).into());
    }
    let scope = app.scope(&caller);
    let id = batch::make(&scope, &app.seal, (method, currency), &new.payout_ids).await?;
    app.jobs.wake();
    Ok(made(find(&app, &caller, &id).await?, true))
}

async fn file(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let scope = app.books(&caller.organization_id);
    let none = || ApiError::not_found("no payout batch with a file has this id");
    let found = books::batch(&scope, &id).await?.ok_or_else(none)?;
    let bytes = batch::file(&scope, &app.seal, &id)
        .await?
        .ok_or_else(none)?;
    Ok(download(&found, bytes))
}

/// A file, to be kept under its name.
pub(crate) fn download(found: &books::Batch, bytes: Vec<u8>) -> Response {
    let form = Method::ALL.iter().find(|one| one.word() == found.method);
    let form = form.map_or("application/octet-stream", |form| form.form().1);
    let name = batch::file_name(&found.method, &found.id, found.created_at);
    let headers = [
        (CONTENT_TYPE, form.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, bytes).into_response()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize)]
struct Confirmed {
    id: String,
    confirmed: usize,
}

async fn confirm(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    AnyJson(_nothing): AnyJson<Nothing>,
) -> Answer<Confirmed> {
    find(&app, &caller, &id).await?;
    let confirmed = batch::confirm(&app.scope(&caller), &id).await?;
    Ok(Json(Confirmed { id, confirmed }))
}

async fn shown(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Settings> {
    query.only(&[])?;
    let settings = settings::get(&app.books(&caller.organization_id), &app.seal).await?;
    Ok(Json(settings.masked()))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<Settings>,
) -> Answer<Settings> {
    let settings = settings::change(&app.scope(&caller), &app.seal, new).await?;
    Ok(Json(settings.masked()))
}

/// How a partner is paid.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: String,
    #[serde(flatten)]
    details: Details,
    missing: Vec<String>,
    updated_at: Option<String>,
}

async fn details_of(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Told> {
    app.catalog(&caller).partner(&id).await?;
    Ok(Json(told(&app, &caller, &id).await?))
}

async fn told(app: &App, caller: &Caller, id: &str) -> Result<Told, ApiError> {
    let scope = app.books(&caller.organization_id);
    let mut all = details::of_partners(&scope, &app.seal, [id]).await?;
    let found = all.remove(id);
    let missing = match &found {
        Some(opened) => opened.missing.clone(),
        None => vec!["method".to_owned()],
    };
    let updated_at = found.as_ref().map(|opened| opened.updated_at.to_string());
    let details = found.map(|opened| opened.details).unwrap_or_default();
    Ok(Told {
        id: id.to_owned(),
        details: details.masked(),
        missing,
        updated_at,
    })
}

async fn put_details(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<Details>,
) -> Answer<Told> {
    app.catalog(&caller).partner(&id).await?;
    details::put(&app.scope(&caller), &app.seal, &id, new).await?;
    Ok(Json(told(&app, &caller, &id).await?))
}

impl From<DetailsError> for ApiError {
    fn from(error: DetailsError) -> Self {
        match error {
            DetailsError::Invalid(error) => error.into(),
            DetailsError::Seal(error) => {
                tracing::error!(%error, "payout details or settings cannot be read");
                Self::internal()
            }
        }
    }
}

impl From<BatchError> for ApiError {
    fn from(error: BatchError) -> Self {
        let message = error.to_string();
        match error {
            BatchError::Nothing { .. } | BatchError::Missing(_) | BatchError::Settings(_) => {
                Self::conflict(message)
            }
            BatchError::NotThis(_) | BatchError::Amount(_) => {
                Self::validation("payoutIds", message)
            }
            BatchError::Details(error) => error.into(),
            BatchError::Seal(error) => {
                tracing::error!(%error, "a payout file cannot be sealed or read");
                Self::internal()
            }
            BatchError::Store(error) => error.into(),
        }
    }
}

impl Batch {
    fn of(batch: books::Batch) -> Self {
        Self {
            id: batch.id,
            method: batch.method,
            currency: batch.currency.to_string(),
            payouts: batch.payouts,
            total: batch.total,
            sha256: batch.digest,
            created_at: batch.created_at.to_string(),
            created_by: batch.created_by,
        }
    }
}
