//! `POST /webhooks/{processor}` and `/webhooks/{processor}/{sourceId}`: verify, store, answer 200.
//!
//! Before a delivery is verified nothing is done but finding its source, and its body is read only where its
//! head looks signed and there is room for it; after the commit nothing is done but answering. What an event
//! means is the ledger's business, later.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use providers::delivery::{Delivery, Headers, Rejection};
use providers::{Adapter, Verified};
use tokio::time::{Instant, timeout};

use crate::app::App;
use crate::http::body;
use crate::http::budget::Share;
use crate::http::error::ApiError;
use crate::http::peer::network_of;
use crate::http::refusals::{COMPRESSED, Finding, PAUSED, TOO_LARGE, diagnose};
use crate::http::request::belongs_to;
use crate::inbox::Arrival;
use crate::metrics::Outcome;
use crate::sources::{Source, SourceError};
use crate::store::StoreError;
use crate::telemetry::Sampled;

/// How long a processor is asked to wait when the fault is ours, in seconds.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Longer than any source's id.
const ROUTE_MAX_BYTES: usize = 64;

/// The routes of this module; a body may have so many bytes.
pub fn routes(delivery_bytes: usize) -> Router<Arc<App>> {
    Router::new()
        .route("/webhooks/{processor}", post(to_default_source))
        .route("/webhooks/{processor}/{source_id}", post(to_source))
        .layer(DefaultBodyLimit::max(delivery_bytes))
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
    if route.len() > ROUTE_MAX_BYTES
        || !route
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    {
        return Err(ApiError::not_found("there is no such source"));
    }
    let processor = adapter.about().id;
    let address = network_of(request.extensions(), request.headers());
    let known = in_time(app, app.sources.get(app.desk(), route)).await?;
    let from = Origin { adapter, address };
    if let Some(source) = &known {
        belongs_to(&source.organization_id);
    }
    let headers = headers(request.headers());
    // Who signs nothing is not listened to.
    if !is_signed(adapter, &headers) {
        return Err(match known.filter(|source| usable(source, processor)) {
            Some(source) => refuse(app, from, &source, diagnose::unsigned(adapter, &headers)),
            None => unknown_source(app, from, route, None),
        });
    }
    let read = read(app, request).await;
    let (body, _room) = read.inspect_err(|error| not_read(app, from, known.as_deref(), error))?;
    let delivery = Delivery {
        headers: &headers,
        body: &body,
    };
    let checked = known
        .as_ref()
        .map(|source| verify(app, adapter, source, delivery));
    let (source, verified) = match (known, checked) {
        (Some(source), Some(Ok(verified))) => (source, verified),
        (known, checked) => {
            let rejection = checked.and_then(Result::err);
            let again = verify_anew(app, adapter, route, known.clone(), delivery).await?;
            let Some(again) = again else {
                return Err(unknown_source(app, from, route, known.as_deref()));
            };
            match again {
                (source, Ok(verified)) => (source, verified),
                (source, Err(now)) => {
                    let rejection = rejection.unwrap_or(now);
                    let finding = diagnose(app, adapter, &source, delivery, rejection).await;
                    return Err(refuse(app, from, &source, finding));
                }
            }
        }
    };
    if !usable(&source, processor) {
        return Err(unknown_source(app, from, route, Some(&source)));
    }
    store(app, adapter, &source, verified).await
}

/// Looks for the source once more, since it may have been added, or its secret rotated, a moment ago elsewhere;
/// and verifies again only if something has changed. Not more than a few times a second: strangers ask for it.
/// `None` where there is no such source.
async fn verify_anew(
    app: &App,
    adapter: &'static dyn Adapter,
    route: &str,
    known: Option<Arc<Source>>,
    delivery: Delivery<'_>,
) -> Result<Option<(Arc<Source>, Result<Verified, Rejection>)>, ApiError> {
    let processor = adapter.about().id;
    let mut source = known.clone();
    if app.reloads.check(&route.to_owned()).is_ok() {
        let reloaded = in_time(app, app.sources.reload(app.desk(), route)).await?;
        source = reloaded.or(source);
    }
    let Some(source) = source.filter(|source| usable(source, processor)) else {
        return Ok(None);
    };
    let is_known =
        |known: &Arc<Source>| known.secrets == source.secrets && known.settings == source.settings;
    if known.as_ref().is_some_and(is_known) {
        return Ok(Some((source, Err(Rejection::Mismatch))));
    }
    let verified = verify(app, adapter, &source, delivery);
    Ok(Some((source, verified)))
}

/// Whether the delivery carries what its processor signs with; where that is part of the body, every one does.
fn is_signed(adapter: &dyn Adapter, headers: &Headers) -> bool {
    let signed_by = adapter.about().signature_headers;
    let given = |name: &&str| !matches!(headers.required(name), Err(Rejection::Missing));
    signed_by.is_empty() || signed_by.iter().any(given)
}

/// The exact bytes, and the room they take until they are answered.
async fn read(app: &App, request: Request) -> Result<(Bytes, Share), ApiError> {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    if length.is_some_and(|length: usize| length > app.delivery_bytes) {
        return Err(ApiError::payload_too_large());
    }
    let mut room = app.deliveries_in_flight.share();
    Ok((body::read_within(request, &mut room).await?, room))
}

fn usable(source: &Source, processor: &str) -> bool {
    source.processor == processor && source.is_open()
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

/// Where something came from, and in whose name.
#[derive(Clone, Copy)]
struct Origin {
    adapter: &'static dyn Adapter,
    address: Option<IpAddr>,
}

/// A processor's short address without a source has no secret configured; a source's own address that is
/// not there is unknown. One that is paused is answered like one that is not there, and its owner is told.
fn unknown_source(app: &App, from: Origin, route: &str, paused: Option<&Source>) -> ApiError {
    let processor = from.adapter.about().id;
    match paused.filter(|source| source.processor == processor) {
        Some(source) => app.refused_of(source, Finding::plain(PAUSED)),
        None if route == processor => {
            app.refused("webhooks", processor, Rejection::NoSecret.code());
        }
        None => {}
    }
    if route != processor {
        return ApiError::not_found("there is no such source");
    }
    answer(app, from, processor)
}

/// Counts what was refused.
fn refuse(app: &App, from: Origin, source: &Source, finding: Finding) -> ApiError {
    app.refused_of(source, finding);
    answer(app, from, &source.id)
}

/// The answer to what was refused. Only then is it limited: what verifies never is.
fn answer(app: &App, from: Origin, place: &str) -> ApiError {
    app.metrics.delivery(from.adapter, None, Outcome::Refused);
    match app.unverified.check(place, from.address) {
        Ok(()) => ApiError::invalid_signature(),
        Err(too_often) => too_often.into(),
    }
}

/// Tells the owner of a body that was not read to its end, where that is not our fault.
fn not_read(app: &App, from: Origin, source: Option<&Source>, error: &ApiError) {
    let reason = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => COMPRESSED,
        _ => return,
    };
    let processor = from.adapter.about().id;
    app.metrics.delivery(from.adapter, None, Outcome::Refused);
    if let Some(source) = source.filter(|source| usable(source, processor)) {
        app.refused_of(source, Finding::plain(reason));
    }
}

/// What can be known of a delivery that did not verify; see [`diagnose`](crate::http::refusals::diagnose).
async fn diagnose(
    app: &App,
    adapter: &dyn Adapter,
    source: &Source,
    delivery: Delivery<'_>,
    rejection: Rejection,
) -> Finding {
    let mut others = Vec::new();
    if rejection == Rejection::Mismatch {
        if app.diagnoses.check(&source.id).is_err() {
            return Finding::of(rejection);
        }
        let desk = app.desk();
        let listing = in_time(app, desk.list(&source.organization_id)).await;
        others = listing.unwrap_or_default();
    }
    if rejection == Rejection::WrongAccount && app.diagnoses.check(&source.id).is_ok() {
        let account = came_from(adapter, delivery);
        tracing::warn!(source = %source.id, account, "a delivery is rightly signed, and of another account");
    }
    diagnose::find(adapter, source, &others, delivery, rejection, app.now())
}

/// The account that a delivery names, whose signature is right.
fn came_from(adapter: &dyn Adapter, delivery: Delivery<'_>) -> Option<String> {
    let headers = delivery.headers.keep(adapter.about().kept_headers);
    let verified = Verified::from_inbox(delivery.body.to_vec(), headers);
    adapter.envelope(&verified).account
}

/// A source is found in good time, or it is our fault.
async fn in_time<T>(
    app: &App,
    looking: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, ApiError> {
    static SAID: Sampled = Sampled::new();
    let error = match timeout(app.delivery_timeout, looking).await {
        Ok(Ok(found)) => return Ok(found),
        Ok(Err(error)) => error,
        Err(_late) => StoreError::late(app.delivery_timeout).into(),
    };
    if let Some(more) = SAID.note(Instant::now()) {
        tracing::error!(%error, more, "a delivery's source cannot be looked up");
    }
    Err(ApiError::unavailable(RETRY_AFTER_SECONDS))
}

async fn store(
    app: &App,
    adapter: &dyn Adapter,
    source: &Source,
    verified: Verified,
) -> Result<Response, ApiError> {
    static SAID: Sampled = Sampled::new();
    let arrival = Arrival::of(adapter, source, verified, app.now());
    let event_type = arrival.envelope.event_type.clone();
    let note = |outcome| app.metrics.delivery(adapter, Some(&event_type), outcome);
    let receipt = app.inbox.accept(arrival).await.map_err(|error| {
        note(Outcome::Unavailable);
        if let Some(more) = SAID.note(Instant::now()) {
            tracing::warn!(%error, source.id, more, "a delivery was not stored");
        }
        ApiError::unavailable(RETRY_AFTER_SECONDS)
    })?;
    note(if receipt.duplicate {
        Outcome::Duplicate
    } else {
        Outcome::Stored
    });
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
