//! What becomes of a batch that fails: it is tried again where another transaction was in its way; else its
//! parts are done one by one, so that what cannot be processed holds up nothing else.
//!
//! Nothing is dropped here: an event that cannot be processed is marked and can be processed again, a
//! neighbourhood that cannot be folded keeps its sales and entries as they are.

use std::time::Duration;

use providers::Micros;

use super::awaited::Desk;
use super::batch::{self, Asked, Limits};
use super::large::LARGE_FACTS;
use super::{Answer, BATCH_SIZE, Report, Tools, mend, sql};
use crate::args;
use crate::inbox::Waiting;
use crate::store::{Args, Statement, StoreError};

/// How long the writer waits after the database has failed it.
const REST_AFTER_FAILURE: Duration = Duration::from_millis(500);

/// How often a batch is tried again when another transaction was in its way, or when nothing of it can be done singly.
pub(super) const TRIES: usize = 5;

/// When a neighbourhood that cannot be folded is tried again, in microseconds: an hour.
const DEFERRED_MICROS: i64 = 3_600_000_000;

/// Runs a batch, again where another transaction was in its way.
pub(super) async fn attempt(
    tools: &Tools,
    organization_id: &str,
    (deliveries, reports): (&[&Waiting], &[Report]),
    limits: Limits,
) -> Result<batch::Done, StoreError> {
    let reports: Vec<&Report> = reports.iter().collect();
    let asked = Asked {
        deliveries,
        reports: &reports,
    };
    // Deliveries need not wait for somebody else's batch: they can be stored alone.
    let most = if deliveries.is_empty() { TRIES } else { 1 };
    let mut tries = 1;
    loop {
        match batch::run(tools, organization_id, asked, limits).await {
            Err(StoreError::Busy) if tries < most => tries += 1,
            outcome => return outcome,
        }
    }
}

/// After a failed batch: reports are tried one by one, then what waits.
pub(super) async fn fail(
    tools: &Tools,
    desk: &Desk,
    organization_id: &str,
    reports: Vec<Report>,
    error: StoreError,
) {
    tracing::error!(%error, organization.id = organization_id, "a ledger batch failed");
    if error.is_outage() {
        for report in reports {
            desk.answer(report, Err(StoreError::Busy));
        }
        tokio::time::sleep(REST_AFTER_FAILURE).await;
        return;
    }
    for report in reports {
        let alone = std::slice::from_ref(&report);
        let outcome = attempt(tools, organization_id, (&[], alone), Limits::NOTHING).await;
        desk.answer(report, only_answer(outcome).await);
    }
    if let Err(error) = one_by_one(tools, organization_id).await {
        tracing::error!(%error, organization.id = organization_id, "what waits cannot be processed");
        tokio::time::sleep(REST_AFTER_FAILURE).await;
    }
}

/// The answer to the only report of a batch, when it lasts.
async fn only_answer(outcome: Result<batch::Done, StoreError>) -> Result<Answer, StoreError> {
    let mut done = outcome?;
    done.flushing.lasts().await?;
    done.answers.pop().flatten().ok_or(StoreError::Busy)
}

/// Puts a neighbourhood aside that cannot be folded: it is tried again in an hour.
pub(super) async fn defer(
    tools: &Tools,
    organization_id: &str,
    id: &str,
) -> Result<(), StoreError> {
    let until = tools.clock.now().0.saturating_add(DEFERRED_MICROS);
    let mut transaction = tools.store.begin().await?;
    let args = args![organization_id, id, until];
    transaction.run(&sql::DEFER, args).await?;
    transaction.commit().await
}

/// Processes what waits one by one, up to a batch of it. An event that fails alone is marked, a
/// neighbourhood that fails alone is tried again in an hour. Answers whether there was any.
pub(super) async fn one_by_one(tools: &Tools, organization_id: &str) -> Result<bool, StoreError> {
    let events = Single {
        limits: Limits {
            events: 1,
            ..Limits::NOTHING
        },
        next: (&sql::OLDEST_EVENT, args![organization_id]),
        put_aside: |at, error| {
            let reason = match error {
                StoreError::Damaged(what) => mend::reason(what),
                _ => "it cannot be processed; see the log".to_owned(),
            };
            (&sql::FAIL_EVENT, at.add(reason))
        },
        until: |now| now,
    };
    let were_events = events.each(tools, organization_id).await?;
    let due = Single {
        limits: Limits {
            due: 1,
            ..Limits::NOTHING
        },
        next: (
            &sql::DUE,
            args![organization_id, tools.clock.now().0, 1, LARGE_FACTS],
        ),
        put_aside: |at, _| (&sql::DEFER, at),
        until: |now| Micros(now.0.saturating_add(DEFERRED_MICROS)),
    };
    let were_due = due.each(tools, organization_id).await?;
    Ok(were_events || were_due)
}

/// One kind of what waits, and what becomes of one that fails.
struct Single {
    limits: Limits,
    /// Finds the id of the next one.
    next: (&'static Statement, Args),
    /// How one is put aside for an error, given the organization, its id and a time.
    put_aside: fn(Args, &StoreError) -> (&'static Statement, Args),
    /// That time.
    until: fn(Micros) -> Micros,
}

impl Single {
    /// Answers whether there was any.
    async fn each(&self, tools: &Tools, organization_id: &str) -> Result<bool, StoreError> {
        let (next, next_args) = &self.next;
        for done in 0..BATCH_SIZE {
            let rows = tools.store.read(next, next_args.clone()).await?;
            let Some(row) = rows.first() else {
                return Ok(done > 0);
            };
            let id = row.text("id")?;
            match attempt(tools, organization_id, (&[], &[]), self.limits).await {
                Ok(done) => done.flushing.lasts().await?,
                Err(error) if error.is_outage() => return Err(error),
                Err(error) => {
                    tracing::error!(%error, organization.id = organization_id, id, "put aside: it cannot be processed");
                    let until = (self.until)(tools.clock.now());
                    let mut transaction = tools.store.begin().await?;
                    let args = args![organization_id, id, until.0];
                    let (statement, args) = (self.put_aside)(args, &error);
                    transaction.run(statement, args).await?;
                    transaction.commit().await?;
                }
            }
        }
        Ok(true)
    }
}
