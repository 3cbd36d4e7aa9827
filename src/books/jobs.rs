//! Jobs that are not done: what waits, what is under way, and what has failed too often.

use providers::Micros;

use super::Scope;
use super::row::{opt_text, opt_time, text, time};
use crate::args;
use crate::store::{Row, Statement, StoreError};

static OPEN: Statement = Statement::new(
    "select id, kind, run_at, attempts, leased_until, last_error, stopped_at from jobs
     where organization_id = $1 and done_at is null order by run_at, id limit $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OPEN];

/// A job that is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// How it stands.
    pub state: State,
    /// When it is run next, or was last to be.
    pub run_at: Micros,
    /// How often it was begun in a row without an end.
    pub attempts: i64,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for its time.
    Waiting,
    /// A server is at it.
    Running,
    /// Has failed too often: nobody tries again until somebody asks.
    Stopped,
}

impl State {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

/// The jobs that are not done, the next one first.
pub async fn open(scope: &Scope<'_>, limit: i64) -> Result<Vec<Job>, StoreError> {
    let rows = scope.store.read(&OPEN, args![scope.org, limit]).await?;
    rows.iter().map(|row| Job::read(row, scope.now)).collect()
}

impl Job {
    fn read(row: &Row, now: Micros) -> Result<Self, StoreError> {
        let is_leased = opt_time(row, "leased_until")?.is_some_and(|until| now < until);
        let state = match opt_time(row, "stopped_at")? {
            Some(_) => State::Stopped,
            None if is_leased => State::Running,
            None => State::Waiting,
        };
        Ok(Self {
            id: text(row, "id")?,
            kind: text(row, "kind")?,
            state,
            run_at: time(row, "run_at")?,
            attempts: row.int("attempts")?,
            last_error: opt_text(row, "last_error")?,
        })
    }
}
