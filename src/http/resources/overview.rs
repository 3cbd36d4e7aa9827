//! `/api/status`: what an owner should look at, in numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::args;
use crate::catalog::opt_time;
use crate::keys::Caller;
use crate::store::{Statement, StoreError};

static CONFLICTS: Statement = Statement::new(
    "select count(*) as events, cast(coalesce(sum(conflicts), 0) as bigint) as deliveries,
         max(conflict_at) as last_at
     from events where organization_id = $1 and livemode = $2 and conflicts > 0",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&CONFLICTS];

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    /// Which ledger.
    livemode: bool,
    /// Deliveries that said something else than the first of their event. They do not count.
    conflicting_deliveries: i64,
    /// Events of which there are such.
    conflicting_events: i64,
    /// When the last came.
    last_conflicting_at: Option<String>,
}

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/status", get(status))
}

async fn status(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Status> {
    query.only(&["livemode"])?;
    let livemode = query.ledger(&caller)?;
    let args = args![caller.organization_id.as_str(), livemode];
    let rows = app.store.read(&CONFLICTS, args).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("count"))?;
    Ok(Json(Status {
        livemode: livemode == 1,
        conflicting_deliveries: row.int("deliveries")?,
        conflicting_events: row.int("events")?,
        last_conflicting_at: opt_time(row, "last_at")?,
    }))
}
