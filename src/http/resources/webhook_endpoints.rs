//! `/api/webhook-endpoints`: where outgoing webhooks go, what was sent and how it fared. Secrets are shown once, when they are made.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query, asked};
use super::{Answer, Deleted, made, seen};
use crate::app::App;
use crate::books::webhooks::{self, By, STATES};
use crate::catalog::{CatalogError, Listed, Page, check};
use crate::http::body::{AnyJson, ApiJson};
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::outbox::Kind;
use crate::outbox::endpoints::{EndpointChange, EndpointError, Status};

/// What the lists may be asked for.
pub(crate) const FILTERS: &[&str] = &["livemode"];
pub(crate) const DELIVERY_FILTERS: &[&str] = &["state", "type"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/webhook-endpoints", get(list).post(create))
        .route(
            "/api/webhook-endpoints/{id}",
            get(one).patch(change).delete(remove),
        )
        .route("/api/webhook-endpoints/{id}/secret", post(rotate))
        .route("/api/webhook-endpoints/{id}/ping", post(ping))
        .route("/api/webhook-endpoints/{id}/deliveries", get(deliveries))
        .route("/api/webhook-endpoints/{id}/attempts", get(attempts))
        .route(
            "/api/webhook-endpoints/{id}/deliveries/{message}/resend",
            post(resend),
        )
}

/// An endpoint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint {
    id: String,
    url: String,
    livemode: bool,
    events: Vec<String>,
    status: String,
    disabled_reason: Option<String>,
    failing_since: Option<String>,
    created_at: String,
    /// Where it has just been made.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A message to an endpoint.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    message_id: String,
    r#type: String,
    version: i64,
    subject_id: String,
    state: String,
    attempts: i64,
    next_attempt_at: Option<String>,
    last_attempt_at: Option<String>,
    last_status: Option<i64>,
    last_error: Option<String>,
    created_at: String,
}

/// An attempt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    id: String,
    message_id: String,
    at: String,
    milliseconds: i64,
    status: Option<i64>,
    error: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct New {
    url: Option<String>,
    events: Option<Vec<String>>,
    livemode: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Change {
    url: Option<String>,
    events: Option<Vec<String>>,
    status: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Endpoint>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let livemode = query.ledger(&caller)? == 1;
    let books = app.books(&caller.organization_id);
    let mut all = webhooks::endpoints(&books, Some(livemode)).await?;
    all.retain(|one| page.after.is_empty() || one.id < page.after);
    all.truncate(usize::try_from(page.rows()).unwrap_or(usize::MAX));
    let listed = Listed::of(all, &page, |one| one.id.clone());
    Ok(Json(listed.map(Endpoint::of)))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Endpoint> {
    Ok(Json(find(&app, &caller, &id).await?))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Endpoint, ApiError> {
    let found = webhooks::endpoint(&app.books(&caller.organization_id), id).await?;
    let found = found.ok_or(CatalogError::NotFound("webhook endpoint"))?;
    seen(caller, found.livemode, "webhook endpoint")?;
    Ok(Endpoint::of(found))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let url = check::required("url", new.url.as_deref())?;
    let events = new.events.unwrap_or_default();
    let livemode = new.livemode.unwrap_or(caller.livemode);
    if !caller.may_see(livemode) {
        return Err(ApiError::forbidden(
            "a test key sees the test ledger alone: use a live key",
        ));
    }
    let (id, secret) = app.endpoints(&caller).add(url, &events, livemode).await?;
    let endpoint = find(&app, &caller, &id).await?;
    Ok(made(endpoint.with(secret), true))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<Change>,
) -> Answer<Endpoint> {
    let change = EndpointChange {
        url: new.url.as_deref(),
        events: new.events.as_deref(),
        status: new.status.as_deref().map(status).transpose()?,
    };
    app.endpoints(&caller).change(&id, change).await?;
    Ok(Json(find(&app, &caller, &id).await?))
}

fn status(given: &str) -> Result<Status, CatalogError> {
    let found = Status::ALL.iter().find(|one| one.word() == given);
    found
        .copied()
        .ok_or_else(|| CatalogError::invalid("status", "must be active or disabled"))
}

async fn remove(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Deleted> {
    app.endpoints(&caller).remove(&id).await?;
    Ok(Deleted::of(id))
}

async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    AnyJson(_nothing): AnyJson<Nothing>,
) -> Answer<Endpoint> {
    let secret = app.endpoints(&caller).rotate(&id).await?;
    Ok(Json(find(&app, &caller, &id).await?.with(secret)))
}

async fn ping(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    AnyJson(_nothing): AnyJson<Nothing>,
) -> Answer<Resent> {
    let message_id = app.endpoints(&caller).ping(&id).await?;
    app.jobs.wake();
    Ok(Json(Resent { id, message_id }))
}

async fn resend(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, message_id)): Path<(String, String)>,
    AnyJson(_nothing): AnyJson<Nothing>,
) -> Answer<Resent> {
    if id.contains('\0') || message_id.contains('\0') {
        return Err(ApiError::not_found("nothing has this id"));
    }
    app.endpoints(&caller).resend(&id, &message_id).await?;
    app.jobs.wake();
    Ok(Json(Resent { id, message_id }))
}

/// What is sent once more.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resent {
    id: String,
    message_id: String,
}

async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Answer<Listed<Delivery>> {
    let page = of_endpoint(&app, &caller, &id, (&query, DELIVERY_FILTERS)).await?;
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    let mut by = vec![By::Endpoint(&id)];
    by.extend(asked(query.word("state", STATES)?).map(By::State));
    by.extend(asked(query.word("type", &kinds)?).map(By::Kind));
    let books = app.books(&caller.organization_id);
    let found = webhooks::deliveries(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |one| &one.message_id,
        Delivery::of,
    )))
}

async fn attempts(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Answer<Listed<Attempt>> {
    let page = of_endpoint(&app, &caller, &id, (&query, &[])).await?;
    let books = app.books(&caller.organization_id);
    let found = webhooks::attempts(&books, &[By::Endpoint(&id)], page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |one| &one.id,
        Attempt::of,
    )))
}

/// The part of a list of what an endpoint that may be seen was sent.
async fn of_endpoint(
    app: &App,
    caller: &Caller,
    id: &str,
    (query, filters): (&Query, &[&str]),
) -> Result<Page, ApiError> {
    let page = query.page(&caller.organization_id, filters)?;
    find(app, caller, id).await?;
    Ok(page)
}

impl From<EndpointError> for ApiError {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Invalid(error) => error.into(),
            EndpointError::Seal(error) => {
                tracing::error!(%error, "the secrets of a webhook endpoint cannot be read");
                Self::internal()
            }
        }
    }
}

impl Endpoint {
    fn of(endpoint: webhooks::Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            livemode: endpoint.livemode,
            events: endpoint.events,
            status: endpoint.status,
            disabled_reason: endpoint.disabled_reason,
            failing_since: endpoint.failing_since.map(|at| at.to_string()),
            created_at: endpoint.created_at.to_string(),
            secret: None,
        }
    }

    fn with(self, secret: String) -> Self {
        Self {
            secret: Some(secret),
            ..self
        }
    }
}

impl Delivery {
    fn of(delivery: webhooks::Delivery) -> Self {
        Self {
            message_id: delivery.message_id,
            r#type: delivery.kind,
            version: delivery.number,
            subject_id: delivery.subject_id,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_at.map(|at| at.to_string()),
            last_attempt_at: delivery.last_at.map(|at| at.to_string()),
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            created_at: delivery.created_at.to_string(),
        }
    }
}

impl Attempt {
    fn of(attempt: webhooks::Attempt) -> Self {
        Self {
            id: attempt.id,
            message_id: attempt.message_id,
            at: attempt.at.to_string(),
            milliseconds: attempt.milliseconds,
            status: attempt.status,
            error: attempt.error,
        }
    }
}
