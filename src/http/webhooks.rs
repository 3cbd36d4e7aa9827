//! `POST /webhooks/{processor}` and `/webhooks/{processor}/{sourceId}`: verify, store, answer 200.
//!
//! Before a delivery is verified nothing is done but finding its source; after the commit nothing is done
//! but answering. What an event means is the ledger's business, later.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use providers::delivery::{Delivery, Headers, Rejection};
use providers::{Adapter, Verified};

use crate::app::App;
use crate::http::body;
use crate::http::error::ApiError;
use crate::inbox::Arrival;
use crate::sources::{Source, SourceError};

/// How long a processor is asked to wait when the fault is ours, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks/{processor}", post(to_default_source))
        .route("/webhooks/{processor}/{source_id}", post(to_source))
}

async fn to_default_source(
    State(app): State<Arc<App>>,
    Path(processor): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let adapter = known(&processor)?;
    receive(&app, adapter, &processor, request).await
}

async fn to_source(
    State(app): State<Arc<App>>,
    Path((processor, source_id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let adapter = known(&processor)?;
    receive(&app, adapter, &source_id, request).await
}

fn known(processor: &str) -> Result<&'static dyn Adapter, ApiError> {
    providers::adapter(processor)
        .ok_or_else(|| ApiError::not_found("there is no processor of this name"))
}

async fn receive(
    app: &App,
    adapter: &'static dyn Adapter,
    route: &str,
    request: Request,
) -> Result<Response, ApiError> {
    let headers = headers(request.headers());
    let body = body::read(request).await?;
    let delivery = Delivery {
        headers: &headers,
        body: &body,
    };
    let processor = adapter.about().id;
    let known = app
        .sources
        .get(app.desk(), route)
        .await
        .map_err(|error| away(&error))?;
    let checked = known
        .as_ref()
        .map(|source| verify(app, adapter, source, delivery));
    let (source, verified) = match (known, checked) {
        (Some(source), Some(Ok(verified))) => (source, verified),
        (known, checked) => {
            // The source may have been added, or its secret rotated, a moment ago elsewhere.
            let rejection = checked.and_then(Result::err);
            let reloaded = app
                .sources
                .reload(app.desk(), route)
                .await
                .map_err(|error| away(&error))?;
            let Some(source) = reloaded.or(known).filter(|s| usable(s, processor)) else {
                return Err(unknown_source(app, processor, route));
            };
            match verify(app, adapter, &source, delivery) {
                Ok(verified) => (source, verified),
                Err(now) => return Err(reject(app, &source, rejection.unwrap_or(now))),
            }
        }
    };
    if !usable(&source, processor) {
        return Err(unknown_source(app, processor, route));
    }
    store(app, adapter, &source, verified).await
}

fn usable(source: &Source, processor: &str) -> bool {
    source.processor == processor && source.status != "disabled"
}

fn verify(
    app: &App,
    adapter: &dyn Adapter,
    source: &Source,
    delivery: Delivery<'_>,
) -> Result<Verified, Rejection> {
    if source.processor != adapter.about().id {
        return Err(Rejection::NoSecret);
    }
    adapter.verify(delivery, &source.secrets, &source.settings, app.now())
}

/// A processor's short address without a source has no secret configured; a source's own address that is
/// not there is unknown.
fn unknown_source(app: &App, processor: &str, route: &str) -> ApiError {
    if route != processor {
        return ApiError::not_found("there is no such source");
    }
    tracing::warn!(processor, "a delivery came to a processor without a source");
    match app.unverified.check(processor) {
        Ok(()) => ApiError::invalid_signature(),
        Err(too_often) => too_often.into(),
    }
}

fn reject(app: &App, source: &Source, rejection: Rejection) -> ApiError {
    tracing::warn!(
        source.id,
        processor = source.processor,
        rejection = rejection.code(),
        "a delivery was not verified"
    );
    match app.unverified.check(&source.id) {
        Ok(()) => ApiError::invalid_signature(),
        Err(too_often) => too_often.into(),
    }
}

fn away(error: &SourceError) -> ApiError {
    tracing::error!(%error, "a delivery's source cannot be looked up");
    ApiError::unavailable(RETRY_AFTER_SECONDS)
}

async fn store(
    app: &App,
    adapter: &dyn Adapter,
    source: &Source,
    verified: Verified,
) -> Result<Response, ApiError> {
    let envelope = adapter.envelope(&verified);
    let arrival = Arrival {
        organization_id: source.organization_id.clone(),
        source_id: source.id.clone(),
        processor: source.processor.clone(),
        // Only what is live in a live source is money; all else goes to the test ledger.
        livemode: source.livemode && envelope.livemode != Some(false),
        envelope,
        verified,
        received_at: app.now(),
    };
    let receipt = app.inbox.accept(arrival).await.map_err(|error| {
        tracing::warn!(%error, source.id, "a delivery was not stored");
        ApiError::unavailable(RETRY_AFTER_SECONDS)
    })?;
    tracing::debug!(
        event.id = receipt.event_id,
        duplicate = receipt.duplicate,
        source.id,
        "a delivery was stored"
    );
    Ok(StatusCode::OK.into_response())
}

fn headers(headers: &HeaderMap) -> Headers {
    Headers::new(
        headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())),
    )
}
