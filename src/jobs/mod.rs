//! Jobs: what is to be done later, again and again, or until it succeeds. Each is a row of the table `jobs`, so that it survives a crash and any
//! replica may do it.
//!
//! Whoever wants something done [adds](add) a job, in the transaction that makes it necessary: both are there, or neither. A [`Jobs`] runner
//! leases what is due, runs it and writes down how it ended. A runner that dies leaves its jobs to another once their lease is over, so a job may be
//! begun twice and must be repeatable; it is never run by two at the same time.
//!
//! Nothing here knows what a job does: kinds and their functions are registered where the program is put together. What folds the ledger is no
//! job, and an error that is written down says nothing personal.

mod backoff;
mod kinds;
mod lease;
mod runner;

use std::time::Duration;

use providers::Micros;

use crate::args;
use crate::books::statements::jobs as sql;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

pub use kinds::Kinds;
pub use runner::{Jobs, retry};

/// Carries out a request of privacy law; the job's id is the request's.
pub const PRIVACY_REQUEST: &str = "privacy_request";

/// A job to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Its id in the organization: a second one of the same id is not added.
    pub id: String,
    /// What is to be done.
    pub kind: &'static str,
    /// What its function is told, as JSON; nothing personal.
    pub payload: String,
    /// Not before.
    pub run_at: Micros,
}

/// Adds jobs in the caller's transaction. A runner finds them within a second; [`Jobs::wake`] is for those who cannot wait.
///
/// # Errors
/// What the database says.
pub async fn add(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    jobs: &[NewJob],
) -> Result<(), StoreError> {
    write(transaction, &sql::ADD, (org, now), jobs).await
}

/// Adds jobs that are done again and again as they are asked for: one that is there already, whatever has become of it, is run now, and one that
/// is being run is run once more.
///
/// # Errors
/// What the database says.
pub async fn poke(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    jobs: &[NewJob],
) -> Result<(), StoreError> {
    write(transaction, &sql::POKE, (org, now), jobs).await
}

async fn write(
    transaction: &mut dyn Transaction,
    statement: &'static Statement,
    (org, now): (&str, Micros),
    jobs: &[NewJob],
) -> Result<(), StoreError> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new(4);
    for job in jobs {
        rows.push([
            job.id.as_str().into(),
            job.kind.into(),
            job.payload.as_str().into(),
            job.run_at.0.into(),
        ]);
    }
    let args = args![org, now.0; rows];
    transaction.run(statement, args).await?;
    Ok(())
}

/// A job as its function gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Whose.
    pub organization_id: String,
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// What it was told.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// How often it had been asked for when it was taken.
    pub pokes: i64,
}

impl Job {
    fn read(org: &str, row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            organization_id: org.to_owned(),
            id: row.text("id")?.to_owned(),
            kind: row.text("kind")?.to_owned(),
            payload: row.text("payload")?.to_owned(),
            attempt: row.int("attempts")?,
            pokes: row.int("pokes")?,
        })
    }
}

/// How a job ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is done; one that repeats runs again in its time.
    Done,
    /// A part is done: go on after this long.
    Again(Duration),
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// For the owner; nothing personal.
    message: String,
    /// The database was away: no fault of the job.
    is_outage: bool,
}

impl Failure {
    /// A failure of this cause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_outage: false,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self {
            message: error.to_string(),
            is_outage: error.is_outage(),
        }
    }
}
