//! `/api/events`: the inbox, every delivery as it arrived and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde::de::IgnoredAny;

use super::query::{Id, Query};
use super::{Answer, processors};
use crate::app::App;
use crate::args;
use crate::catalog::{Listed, opt_text, opt_time, text, time};
use crate::http::error::ApiError;
use crate::id;
use crate::inbox;
use crate::keys::Caller;
use crate::ledger::calls;
use crate::ledger::writer::sql::SALES_NAMED;
use crate::store::{Row, Rows, Statement, Store, StoreError};

static LIST: Statement = Statement::new(
    "select * from events where organization_id = $1 and (cast($2 as text) = '' or id < $2)
         and (cast($3 as text) = '' or state = $3) and (cast($4 as text) = '' or processor = $4)
         and (cast($5 as text) = '' or type = $5) and (cast($6 as text) = '' or source_id = $6)
         and (cast($7 as text) = '' or external_id = $7)
         and (cast($8 as bigint) = -1 or livemode = $8)
         and (cast($9 as bigint) = -1 or received_at >= $9)
         and (cast($10 as bigint) = -1 or $10 = case when conflicts > 0 then 1 else 0 end)
     order by id desc limit $11",
);
static GET: Statement =
    Statement::new("select * from events where organization_id = $1 and id = $2");
static BODY: Statement = Statement::new(
    "select b.body, e.livemode from event_bodies b
         join events e on e.organization_id = $1 and e.id = b.event_id
         where b.organization_id = $1 and b.event_id = $2",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET, &BODY];

const STATES: &[&str] = &["received", "processed", "ignored", "parked", "failed"];

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
    state: String,
    reason: Option<String>,
    sale_ids: BTreeSet<String>,
    occurred_at: Option<String>,
    received_at: String,
    processed_at: Option<String>,
    deliveries: i64,
    /// Of them those that said something else than the first, and do not count.
    conflicting_deliveries: i64,
    conflicting_at: Option<String>,
}

/// What the list may be asked for.
const FILTERS: &[&str] = &[
    "state",
    "processor",
    "type",
    "sourceId",
    "externalId",
    "livemode",
    "receivedSince",
    "conflicting",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/events", get(list))
        .route("/api/events/{id}", get(one))
        .route("/api/events/{id}/payload", get(payload))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Event>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let org = caller.organization_id.as_str();
    let processors = [processors(), vec![calls::PROCESSOR]].concat();
    let source_id = match query.text("sourceId")? {
        calls::PROCESSOR => calls::PROCESSOR,
        _ => query.id("sourceId", &[id::SOURCE])?,
    };
    let args = args![
        org,
        page.after.as_str(),
        query.word("state", STATES)?,
        query.word("processor", &processors)?,
        query.text("type")?,
        source_id,
        query.text("externalId")?,
        query.ledger(&caller)?,
        query.time("receivedSince")?.map_or(-1, |at| at.0),
        query.flag("conflicting")?,
        page.rows()
    ];
    let rows = app.store.read(&LIST, args).await?;
    let events = events(app.store.as_ref(), org, &rows).await?;
    Ok(Json(Listed::of(events, &page, |event| event.id.clone())))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Event> {
    let org = caller.organization_id.as_str();
    let rows = app.store.read(&GET, args![org, id]).await?;
    let events = events(app.store.as_ref(), org, &rows).await?;
    let event = events
        .into_iter()
        .find(|event| caller.may_see(event.livemode));
    Ok(Json(event.ok_or_else(unknown)?))
}

/// The exact bytes that were delivered.
async fn payload(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<impl IntoResponse, ApiError> {
    let args = args![caller.organization_id.as_str(), id];
    let rows = app.store.read(&BODY, args).await?;
    let row = rows.first().ok_or_else(unknown)?;
    if !caller.may_see(row.flag("livemode")?) {
        return Err(unknown());
    }
    let body = inbox::unpack(row.bytes("body")?)?;
    let form = if serde_json::from_slice::<IgnoredAny>(&body).is_ok() {
        "application/json"
    } else {
        "application/octet-stream"
    };
    let headers = [(CONTENT_TYPE, form), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, body))
}

fn unknown() -> ApiError {
    ApiError::not_found("no event has this id")
}

async fn events(store: &dyn Store, org: &str, rows: &[Row]) -> Result<Vec<Event>, StoreError> {
    let sales = sales_named(store, org, rows).await?;
    rows.iter().map(|row| event(row, &sales)).collect()
}

/// The sale of each name in a ledger.
type Sales = BTreeMap<(bool, String), String>;

async fn sales_named(store: &dyn Store, org: &str, rows: &[Row]) -> Result<Sales, StoreError> {
    let mut names = BTreeSet::new();
    for row in rows {
        let livemode = row.flag("livemode")?;
        names.extend(mentions(row)?.into_iter().map(|name| (livemode, name)));
    }
    let mut wanted = Rows::new(2);
    for (livemode, name) in names {
        wanted.push([livemode.into(), name.into()]);
    }
    let mut sales = Sales::new();
    if wanted.is_empty() {
        return Ok(sales);
    }
    for row in store.read(&SALES_NAMED, args![org; wanted]).await? {
        let place = (row.flag("livemode")?, text(&row, "name")?);
        sales.insert(place, text(&row, "sale_id")?);
    }
    Ok(sales)
}

fn mentions(row: &Row) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(row.text("mentions")?)
        .map_err(|_damaged| StoreError::Corrupt("events.mentions"))
}

fn event(row: &Row, sales: &Sales) -> Result<Event, StoreError> {
    let livemode = row.flag("livemode")?;
    let named = mentions(row)?.into_iter();
    Ok(Event {
        id: text(row, "id")?,
        source_id: text(row, "source_id")?,
        processor: text(row, "processor")?,
        external_id: text(row, "external_id")?,
        kind: text(row, "type")?,
        api_version: opt_text(row, "api_version")?.filter(|version| !version.is_empty()),
        livemode,
        state: text(row, "state")?,
        reason: opt_text(row, "reason")?,
        sale_ids: named
            .filter_map(|name| sales.get(&(livemode, name)).cloned())
            .collect(),
        occurred_at: opt_time(row, "occurred_at")?,
        received_at: time(row, "received_at")?,
        processed_at: opt_time(row, "processed_at")?,
        deliveries: row.int("deliveries")?,
        conflicting_deliveries: row.int("conflicts")?,
        conflicting_at: opt_time(row, "conflict_at")?,
    })
}
