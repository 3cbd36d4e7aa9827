//! Retention: removes the exact bodies of deliveries that are older than the owner wants to keep. Off unless a number of days is set.
//!
//! Sales, facts, entries and the events themselves stay, and so does every figure. The body of an event that is not read yet, parked or failed is
//! never removed: it may still be needed. Each removal is noted with its event, so that whoever asks for the body is told why it is gone.

use std::sync::Arc;
use std::time::Duration;

use providers::Micros;
use tokio::time::{Instant, sleep};

use crate::args;
use crate::books::Scope;
use crate::books::deliveries::{self, OldBody};
use crate::books::statements::ledger as ledger_sql;
use crate::books::statements::retention as sql;
use crate::clock::Clock;
use crate::jobs::{Failure, Job, Outcome};
use crate::ledger::writer::refold;
use crate::store::{Store, StoreError};

/// The kind of the job, which is also its id.
pub const KIND: &str = "remove_old_bodies";
/// How often it looks.
pub const EVERY: Duration = Duration::from_hours(1);

/// Bodies in one look, and in one transaction: few, since webhooks wait meanwhile on SQLite.
const PAGE: i64 = 500;
/// The least time left to others between two transactions.
const PAUSE: Duration = Duration::from_millis(20);

const SECONDS_OF_A_DAY: i64 = 86_400;

/// What is kept for how long.
#[derive(Clone)]
pub struct Retention {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// For how many days bodies are kept; `None`: for ever.
    pub bodies_days: Option<u32>,
}

/// Removes the bodies of an organization that are too old.
///
/// # Errors
/// What the database says. What has been removed stays so.
pub async fn remove_old_bodies(retention: Retention, job: Job) -> Result<Outcome, Failure> {
    let Some(days) = retention.bodies_days else {
        return Ok(Outcome::Done);
    };
    let now = retention.clock.now();
    let org = job.organization_id.as_str();
    let kept_since = now.plus_seconds(-i64::from(days).saturating_mul(SECONDS_OF_A_DAY));
    let scope = Scope {
        store: retention.store.as_ref(),
        org,
        now,
    };
    let mut removed = 0;
    // What stays is passed over each time, and is little; all else that is left is younger.
    let mut after = String::new();
    loop {
        let page = deliveries::old(&scope, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.event_id);
        let reaches_younger = kept_since < last.received_at;
        let began = Instant::now();
        removed += remove(&scope, kept_since, page).await?;
        if reaches_younger {
            break;
        }
        sleep(began.elapsed().max(PAUSE)).await;
    }
    if removed > 0 {
        tracing::info!(
            organization.id = org,
            removed,
            days,
            "old bodies were removed"
        );
    }
    Ok(Outcome::Done)
}

async fn remove(
    scope: &Scope<'_>,
    kept_since: Micros,
    page: Vec<OldBody>,
) -> Result<usize, StoreError> {
    let old = page.iter().filter(|body| body.received_at < kept_since);
    let ids: Vec<&String> = old
        .filter(|body| body.is_settled)
        .map(|body| &body.event_id)
        .collect();
    if ids.is_empty() {
        return Ok(0);
    }
    let mut transaction = scope.store.begin().await?;
    transaction.run(&ledger_sql::LOCK, args![scope.org]).await?;
    let args = args![scope.org, scope.now.0; refold::texts(ids)];
    let rows = transaction.run(&sql::REMOVED, args).await?;
    let gone: Vec<String> = rows
        .iter()
        .map(|row| row.text("id").map(str::to_owned))
        .collect::<Result<_, _>>()?;
    if !gone.is_empty() {
        let args = args![scope.org; refold::texts(&gone)];
        transaction.run(&ledger_sql::DELETE_BODIES, args).await?;
    }
    transaction.commit().await?;
    Ok(gone.len())
}
