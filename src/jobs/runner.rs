//! The runner: finds what is due, leases it, runs it, and writes down how it ended.
//!
//! It looks each second and when it is woken, so no news can be lost. Of each organization that has something due it takes one job a turn, so
//! that nobody's thousand hold up another's one. When it is told to stop it takes nothing more, and gives back what does not end in a moment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::kinds::{Kind, Kinds};
use super::lease::{self, Lease, after};
use super::{Failure, Job, NewJob, Outcome, add, backoff, sql};
use crate::args;
use crate::clock::Clock;
use crate::id::IdSource;
use crate::store::{Rows, Store, StoreError};

/// How often the runner looks for what nobody has told it of.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks between two looks for organizations that are new and have no jobs yet.
const LOOKS_BETWEEN_PLANS: u32 = 60;
/// Jobs of one process at the same time.
const SLOTS: u32 = 4;
/// How long jobs under way may take when the program is told to stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long jobs that are done can be seen.
const REMEMBERED_SECONDS: i64 = 7 * 86_400;
/// The longest error that is kept, in characters.
const ERROR_MAX_CHARS: usize = 500;

/// Removes jobs that were done long ago.
const FORGET: &str = "forget_jobs";
const FORGET_EVERY: Duration = Duration::from_hours(6);

/// The runner of one process.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    kinds: Kinds,
    /// By whom jobs are leased: another for each process and each start.
    owner: String,
    slots: Arc<Semaphore>,
    news: Notify,
}

impl Jobs {
    /// A runner of these kinds. It does nothing until it is [run](Self::run).
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<IdSource>,
        kinds: Kinds,
    ) -> Self {
        let context = (store.clone(), clock.clone());
        let kinds = kinds.every(FORGET, FORGET_EVERY, context, forget);
        Self(Arc::new(Inner {
            owner: ids.make("run"),
            store,
            clock,
            ids,
            kinds,
            slots: Arc::new(Semaphore::new(SLOTS as usize)),
            news: Notify::new(),
        }))
    }

    /// Has it look at once.
    pub fn wake(&self) {
        self.0.news.notify_one();
    }

    /// Runs what is due until `stop` is cancelled and what was begun has ended or was given back.
    pub async fn run(self, stop: CancellationToken) {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut running = JoinSet::new();
        let mut looks = 0_u32;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                _ = look.tick() => {}
                () = self.0.news.notified() => {}
            }
            let planned = if looks.is_multiple_of(LOOKS_BETWEEN_PLANS) {
                self.plan().await
            } else {
                Ok(())
            };
            looks = looks.wrapping_add(1);
            let begun = match planned {
                Ok(()) => self.begin_due(&mut running, &stop).await,
                Err(error) => Err(error),
            };
            if let Err(error) = begun {
                tracing::warn!(%error, "cannot look for jobs");
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
    }

    /// Runs all that is due now, one after another, when those under way have ended. Answers how many. For commands and tests.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run_due(&self) -> Result<usize, StoreError> {
        let _alone = self.0.slots.acquire_many(SLOTS).await;
        self.plan().await?;
        let never = CancellationToken::new();
        let mut ran = 0;
        loop {
            let before = ran;
            for org in self.due().await? {
                if let Some(job) = self.claim(&org).await? {
                    self.one(job, &never).await;
                    ran += 1;
                }
            }
            if ran == before {
                return Ok(ran);
            }
        }
    }

    async fn begin_due(
        &self,
        running: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        loop {
            let mut found = false;
            for org in self.due().await? {
                let slot = self.0.slots.clone().acquire_owned();
                let slot = tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    slot = slot => slot,
                };
                // Nobody closes it.
                let Ok(slot) = slot else { return Ok(()) };
                if let Some(job) = self.claim(&org).await? {
                    found = true;
                    running.spawn(self.clone().one_in(slot, job, stop.clone()));
                }
            }
            if !found {
                return Ok(());
            }
        }
    }

    async fn one_in(self, _slot: OwnedSemaphorePermit, job: Job, stop: CancellationToken) {
        self.one(job, &stop).await;
    }

    /// Gives each organization its jobs of the kinds that repeat.
    async fn plan(&self) -> Result<(), StoreError> {
        let inner = &self.0;
        for kind in &inner.kinds.0 {
            let Some(period) = kind.period else { continue };
            let rows = inner.store.read(&sql::WITHOUT, args![kind.name]).await?;
            for row in rows {
                let now = inner.clock.now();
                let job = NewJob {
                    id: kind.name.to_owned(),
                    kind: kind.name,
                    payload: "{}".to_owned(),
                    run_at: after(now, period),
                };
                let mut transaction = inner.store.begin().await?;
                add(transaction.as_mut(), row.text("id")?, now, &[job]).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    async fn due(&self) -> Result<Vec<String>, StoreError> {
        let args = args![self.0.clock.now().0; self.known()];
        let rows = self.0.store.read(&sql::DUE, args).await?;
        rows.iter()
            .map(|row| row.text("organization_id").map(str::to_owned))
            .collect()
    }

    /// What a newer replica has added is left to it.
    fn known(&self) -> Rows {
        let mut rows = Rows::new(1);
        for kind in &self.0.kinds.0 {
            rows.push([kind.name.into()]);
        }
        rows
    }

    async fn claim(&self, org: &str) -> Result<Option<Job>, StoreError> {
        let now = self.0.clock.now();
        let args = args![org, self.0.owner.as_str(), now.0, lease::until(now).0; self.known()];
        let mut transaction = self.0.store.begin().await?;
        let rows = transaction.run(&sql::CLAIM, args).await?;
        transaction.commit().await?;
        rows.first().map(|row| Job::read(org, row)).transpose()
    }

    /// Runs a leased job to its end, unless the lease is lost or the program stops first.
    async fn one(&self, job: Job, stop: &CancellationToken) {
        let Some(kind) = self.0.kinds.find(&job.kind) else {
            return;
        };
        let lease = Lease {
            store: self.0.store.as_ref(),
            clock: self.0.clock.as_ref(),
            owner: &self.0.owner,
            job: &job,
        };
        let given_up = kind.attempts_max.is_some_and(|max| job.attempt > max);
        let ended = if given_up {
            Err(Failure::new("its runners ended before it did"))
        } else {
            // A task of its own, so that one which breaks off ends nobody else.
            let span = tracing::error_span!(
                "job",
                kind = kind.name,
                job.id,
                organization.id = job.organization_id
            );
            let work = (kind.work)(job.clone()).instrument(span);
            let work = AbortOnDropHandle::new(tokio::spawn(work));
            let stopped = async {
                stop.cancelled().await;
                tokio::time::sleep(GRACE).await;
            };
            tokio::select! {
                ended = work => ended.unwrap_or_else(|_broken| Err(Failure::new("it broke off"))),
                () = lease.keep() => {
                    tracing::warn!(kind = kind.name, job.id, organization.id = job.organization_id, "a job's lease was lost");
                    return;
                }
                () = stopped => {
                    let _ = timeout(GRACE, lease.release()).await;
                    return;
                }
            }
        };
        if let Err(error) = self.write_down(&lease, kind, ended).await {
            // It is done again when its lease is over.
            tracing::warn!(%error, kind = kind.name, job.id, "how a job ended was not written down");
        }
    }

    async fn write_down(
        &self,
        lease: &Lease<'_>,
        kind: &Kind,
        ended: Result<Outcome, Failure>,
    ) -> Result<bool, StoreError> {
        let now = self.0.clock.now();
        let chance = u64::from_le_bytes(self.0.ids.random());
        match (ended, kind.period) {
            (Ok(Outcome::Done), None) => lease.done().await,
            (Ok(Outcome::Done), Some(period)) => {
                let next = after(now, backoff::until_next(period, chance));
                lease.again(next).await
            }
            (Ok(Outcome::Again(wait)), _) => {
                let written = lease.again(after(now, wait)).await?;
                self.wake();
                Ok(written)
            }
            (Err(failure), _) => {
                let attempt = lease.job.attempt;
                let message: String = failure.message.chars().take(ERROR_MAX_CHARS).collect();
                let gives_up =
                    !failure.is_outage && kind.attempts_max.is_some_and(|max| attempt >= max);
                // An outage is no fault of the job.
                let counted = if failure.is_outage {
                    attempt - 1
                } else {
                    attempt
                };
                tracing::error!(
                    error = message,
                    kind = kind.name,
                    job.id = lease.job.id,
                    organization.id = lease.job.organization_id,
                    attempt,
                    gives_up,
                    "a job failed"
                );
                let next = after(now, backoff::after_failure(attempt, chance));
                let stopped_at = gives_up.then_some(now);
                lease.failed((next, counted), &message, stopped_at).await
            }
        }
    }
}

/// Has a job tried at once, also one that was given up. Answers whether there is such a job that is not done or under way.
///
/// # Errors
/// What the database says.
pub async fn retry(
    store: &dyn Store,
    org: &str,
    id: &str,
    now: providers::Micros,
) -> Result<bool, StoreError> {
    let mut transaction = store.begin().await?;
    let rows = transaction.run(&sql::RETRY, args![org, id, now.0]).await?;
    transaction.commit().await?;
    Ok(!rows.is_empty())
}

async fn forget(
    (store, clock): (Arc<dyn Store>, Arc<dyn Clock>),
    job: Job,
) -> Result<Outcome, Failure> {
    let before = clock.now().plus_seconds(-REMEMBERED_SECONDS);
    let mut transaction = store.begin().await?;
    let args = args![job.organization_id.as_str(), before.0];
    transaction.run(&sql::FORGET, args).await?;
    transaction.commit().await?;
    Ok(Outcome::Done)
}
