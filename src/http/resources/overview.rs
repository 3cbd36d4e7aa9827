//! `/api/status`: what an owner should look at, in numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::books::{events, reconciliations, standing};
use crate::keys::Caller;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// The server's time.
    now: String,
    /// Which ledger.
    livemode: bool,
    /// Deliveries that said something else than the first of their event. They do not count.
    conflicting_deliveries: i64,
    /// Events of which there are such.
    conflicting_events: i64,
    /// When the last came.
    last_conflicting_at: Option<String>,
    /// Events that hold a value which is not known here and may decide about money: `GET /api/events?unknown=true`.
    unknown_events: i64,
    /// When the last came.
    last_unknown_at: Option<String>,
    /// Events of the last 30 days that no delivery has told of, only the processor when it was asked.
    found_by_asking: i64,
    /// When the last was found.
    last_found_at: Option<String>,
    /// What partners are owed, in each currency.
    money: Vec<Together>,
}

/// What all partners have together in one currency, in its smallest unit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Together {
    currency: String,
    /// Due or not yet.
    owed: i64,
    /// To be paid out now.
    due: i64,
    /// To how many partners.
    partners_due: i64,
    /// Held back by open disputes and reviews.
    held: i64,
    /// Paid out.
    paid: i64,
}

/// For how long it is told that something was found by asking alone, in days.
const FOUND_DAYS: i64 = 30;

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/status", get(status))
}

async fn status(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Status> {
    query.only(&["livemode"])?;
    let livemode = query.ledger(&caller)? == 1;
    let books = app.books(&caller.organization_id);
    let conflicting = events::conflicting(&books, livemode).await?;
    let unknown = events::unknown(&books, livemode).await?;
    let since = app.now().plus_days(-FOUND_DAYS);
    let found = reconciliations::only_found(&books, livemode, since).await?;
    let totals = standing::totals(&books, livemode).await?.into_iter();
    let money = totals.map(|(currency, total)| Together {
        currency: currency.to_string(),
        owed: total.owed,
        due: total.due,
        partners_due: total.partners_due,
        held: total.held,
        paid: total.paid,
    });
    Ok(Json(Status {
        now: app.now().to_string(),
        livemode,
        conflicting_deliveries: conflicting.deliveries,
        conflicting_events: conflicting.events,
        last_conflicting_at: conflicting.last_at.map(|at| at.to_string()),
        unknown_events: unknown.events,
        last_unknown_at: unknown.last_at.map(|at| at.to_string()),
        found_by_asking: found.iter().map(|one| one.events).sum(),
        last_found_at: found
            .iter()
            .map(|one| one.last_at)
            .max()
            .map(|at| at.to_string()),
        money: money.collect(),
    }))
}
