//! `/api/events`: the inbox, every delivery as it arrived and what became of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::query::{Id, Query, asked};
use super::{Answer, processors};
use crate::app::App;
use crate::books::Scope;
use crate::books::events::{self, By, Sales, State as EventState};
use crate::books::reconciliations::{self, FoundAt};
use crate::catalog::Listed;
use crate::http::error::ApiError;
use crate::id;
use crate::inbox;
use crate::keys::Caller;
use crate::ledger::calls;
use crate::store::StoreError;

/// An event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    id: String,
    source_id: String,
    processor: String,
    external_id: String,
    #[serde(rename = "type")]
    kind: String,
    api_version: Option<String>,
    livemode: bool,
    state: &'static str,
    reason: Option<String>,
    sale_ids: BTreeSet<String>,
    occurred_at: Option<String>,
    received_at: String,
    processed_at: Option<String>,
    deliveries: i64,
    /// Of them those that said something else than the first, and do not count.
    conflicting_deliveries: i64,
    conflicting_at: Option<String>,
    /// When asking the processor found it, which nothing had delivered by then.
    found_at: Option<String>,
    /// When retention removed the payload.
    payload_removed_at: Option<String>,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "state",
    "processor",
    "type",
    "sourceId",
    "externalId",
    "livemode",
    "receivedSince",
    "from",
    "to",
    "conflicting",
    "unknown",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/events", get(list))
        .route("/api/events/{id}", get(one))
        .route("/api/events/{id}/payload", get(payload))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Event>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let by = conditions(&query, &caller)?;
    let books = app.books(&caller.organization_id);
    let found = events::list(&books, &by, page.part()).await?;
    let sales = Sales::of(&books, &found.rows).await?;
    let found_at = found_at(&books, &found.rows).await?;
    let show = |event| Event::of(event, &sales, &found_at);
    Ok(Json(Listed::found(found, &page, |event| &event.id, show)))
}

fn conditions<'q>(query: &'q Query, caller: &Caller) -> Result<Vec<By<'q>>, ApiError> {
    let processors = [processors(), vec![calls::PROCESSOR]].concat();
    let source_id = match query.text("sourceId")? {
        calls::PROCESSOR => calls::PROCESSOR,
        _ => query.id("sourceId", &[id::SOURCE])?,
    };
    query.one_of("from", "receivedSince")?;
    let mut by = vec![By::Ledger(query.ledger(caller)? == 1)];
    by.extend(asked(query.text("externalId")?).map(By::External));
    by.extend(
        query
            .one("state", EventState::ALL, EventState::word)?
            .map(By::State),
    );
    by.extend(query.yes_or_no("conflicting")?.map(By::Conflicting));
    by.extend(query.yes_or_no("unknown")?.map(By::Unknown));
    by.extend(asked(query.word("processor", &processors)?).map(By::Processor));
    by.extend(asked(query.text("type")?).map(By::Type));
    by.extend(asked(source_id).map(By::Source));
    by.extend(query.time("receivedSince")?.map(By::From));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    Ok(by)
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Event> {
    let books = app.books(&caller.organization_id);
    let event = find(&books, &caller, &id).await?;
    let only = std::slice::from_ref(&event);
    let sales = Sales::of(&books, only).await?;
    let found_at = found_at(&books, only).await?;
    Ok(Json(Event::of(event, &sales, &found_at)))
}

/// When asking has found some of these.
async fn found_at(books: &Scope<'_>, events: &[events::Event]) -> Result<FoundAt, StoreError> {
    let events = events.iter();
    let events = events.map(|event| (event.source_id.as_str(), event.external_id.as_str()));
    reconciliations::found_at(books, events).await
}

/// The exact bytes that were delivered.
async fn payload(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<impl IntoResponse, ApiError> {
    let books = app.books(&caller.organization_id);
    let event = find(&books, &caller, &id).await?;
    let stored = events::body(&books, &id).await?;
    let stored = stored.ok_or_else(|| ApiError::gone(event.why_without_body()))?;
    let body = inbox::unpack(&stored.packed)?;
    let form = if serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let headers = [(CONTENT_TYPE, form), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, body))
}

/// The event of an id, where the key may see it.
async fn find(books: &Scope<'_>, caller: &Caller, id: &str) -> Result<events::Event, ApiError> {
    let event = events::find(books, id).await?;
    let event = event.filter(|event| caller.may_see(event.livemode));
    event.ok_or_else(unknown)
}

fn unknown() -> ApiError {
    ApiError::not_found("no event has this id")
}

impl Event {
    fn of(event: events::Event, sales: &Sales, found_at: &FoundAt) -> Self {
        let own = (event.source_id.clone(), event.external_id.clone());
        Self {
            sale_ids: sales.of_event(&event),
            found_at: found_at.get(&own).map(ToString::to_string),
            id: event.id,
            source_id: event.source_id,
            processor: event.processor,
            external_id: event.external_id,
            kind: event.event_type,
            api_version: Some(event.api_version).filter(|version| !version.is_empty()),
            livemode: event.livemode,
            state: event.state.word(),
            reason: event.reason,
            occurred_at: event.occurred_at.map(|at| at.to_string()),
            received_at: event.received_at.to_string(),
            processed_at: event.processed_at.map(|at| at.to_string()),
            deliveries: event.deliveries,
            conflicting_deliveries: event.conflicts,
            conflicting_at: event.conflict_at.map(|at| at.to_string()),
            payload_removed_at: event.body_removed_at.map(|at| at.to_string()),
        }
    }
}
