//! A job on lease: renewed while it is worked on, and given up the moment that is in doubt. Knows rows, not what a job does.

use std::time::Duration;

use providers::Micros;
use tokio::time::{Instant, sleep};

use super::{Job, sql};
use crate::args;
use crate::clock::Clock;
use crate::store::{Args, Statement, Store, StoreError};

/// How long a runner that has gone silent keeps its jobs.
pub(super) const LEASE: Duration = Duration::from_mins(1);
/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// One job, leased.
pub(super) struct Lease<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) clock: &'a dyn Clock,
    pub(super) owner: &'a str,
    pub(super) job: &'a Job,
}

impl Lease<'_> {
    /// Renews the lease for as long as it is to be had; returns when it is lost, and with it the right to go on.
    pub(super) async fn keep(&self) {
        let mut renewed = Instant::now();
        loop {
            sleep(RENEW_EVERY).await;
            let until = until(self.clock.now());
            match self.write(&sql::RENEW, self.args().add(until.0)).await {
                Ok(true) => renewed = Instant::now(),
                // Nobody else may have it before its time.
                Err(_) if renewed.elapsed() + RENEW_EVERY < LEASE => {}
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// It is done.
    pub(super) async fn done(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let args = self.args().add(now.0).add(self.job.pokes);
        self.write(&sql::DONE, args).await
    }

    /// It goes on at a time.
    pub(super) async fn again(&self, at: Micros) -> Result<bool, StoreError> {
        let args = self.args().add(at.0).add(self.job.pokes);
        self.write(&sql::AGAIN, args).await
    }

    /// It has failed: so many attempts count, and it is tried again at a time, unless it has been stopped.
    pub(super) async fn failed(
        &self,
        (at, attempts): (Micros, i64),
        error: &str,
        stopped_at: Option<Micros>,
    ) -> Result<bool, StoreError> {
        let stopped_at = stopped_at.map(|at| at.0);
        let args = self.args().add(at.0).add(attempts);
        let args = args.add(error).add(stopped_at);
        self.write(&sql::FAILED, args).await
    }

    /// It was not done, and is somebody else's.
    pub(super) async fn release(&self) -> Result<bool, StoreError> {
        self.write(&sql::RELEASE, self.args()).await
    }

    fn args(&self) -> Args {
        let job = self.job;
        args![
            job.organization_id.as_str(),
            job.id.as_str(),
            self.owner,
            job.attempt
        ]
    }

    /// Answers whether the lease was still there.
    async fn write(&self, statement: &'static Statement, args: Args) -> Result<bool, StoreError> {
        let mut transaction = self.store.begin().await?;
        let rows = transaction.run(statement, args).await?;
        transaction.commit().await?;
        Ok(!rows.is_empty())
    }
}

/// Until when a lease taken now holds.
pub(super) fn until(now: Micros) -> Micros {
    after(now, LEASE)
}

/// A time that much later.
pub(super) fn after(now: Micros, wait: Duration) -> Micros {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Micros(now.0.saturating_add(micros))
}
