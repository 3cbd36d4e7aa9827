//! The job that asks: for each organization, every hour, each source that has a key. It keeps within the processor's rates, waits as it is told to,
//! and goes on where it stood. One source that cannot be asked is in no other's way.

use std::time::Duration;

use providers::Micros;

use super::walk::{Goal, Walk};
use super::{Reconciler, Trouble, usual_span};
use crate::books::reconciliations::{self as books, Reconciliation};
use crate::jobs::{Failure, Job, Outcome};
use crate::sources::Source;

/// The kind of the job.
pub const KIND: &str = "reconcile";
/// How often.
pub const EVERY: Duration = Duration::from_hours(1);

/// A source whose last walk ended less than so long ago is not due: the job comes back within its hour for others.
const REST_SECONDS: i64 = 50 * 60;
/// For how long a job asks before it makes room for others.
const TURN_SECONDS: u32 = 15;
/// The first pause after a failure, where the API does not say how long, and the longest.
const PAUSE_SECONDS: i64 = 30;
const PAUSE_MAX_SECONDS: i64 = 3_600;
/// Failures in a row after which a walk rests until the next hour.
const PATIENCE: i64 = 8;

/// Asks for what happened since the last time.
///
/// # Errors
/// What the database says. What a processor says is kept with its source.
pub async fn reconcile(reconciler: Reconciler, job: Job) -> Result<Outcome, Failure> {
    let org = job.organization_id.as_str();
    let all = books::list(&reconciler.books(org)).await?;
    let sources = reconciler.desk().list(org).await;
    let sources = sources.map_err(|error| Failure::new(error.to_string()))?;
    let mut next: Option<Duration> = None;
    for one in all {
        let source = sources.iter().find(|source| source.id == one.source_id);
        let source = source.filter(|source| source.is_open() && one.credential.is_some());
        let Some(source) = source else { continue };
        if let Some(wait) = reconciler.turn(source, one).await? {
            next = Some(next.map_or(wait, |known| known.min(wait)));
        }
    }
    Ok(next.map_or(Outcome::Done, Outcome::Again))
}

impl Reconciler {
    /// One turn at one source. Answers when the next is, if there is more to do.
    async fn turn(
        &self,
        source: &Source,
        mut one: Reconciliation,
    ) -> Result<Option<Duration>, Failure> {
        let now = self.clock.now();
        let rests = |at: Micros| now < at.plus_seconds(REST_SECONDS);
        if one.walk.is_none() && one.finished_at.is_some_and(rests) {
            return Ok(None);
        }
        if let Some(until) = one.pause_until.filter(|until| now < *until) {
            return Ok(Some(seconds_until(now, until)));
        }
        let Some(mut walk) = self.walk_of(source, &one) else {
            return Ok(None);
        };
        let outcome = self.some_steps(source, &mut walk, &mut one).await;
        let now = self.clock.now();
        let wait = match outcome {
            Ok(()) if walk.is_over() => {
                if walk.missing > 0 {
                    let (processor, missing) = (&source.processor, walk.missing);
                    tracing::warn!(
                        source.id,
                        processor,
                        missing,
                        "deliveries never came: they were found by asking"
                    );
                }
                one = Reconciliation {
                    asked_until: one.asked_until.max(Some(walk.span.until)),
                    walk: None,
                    finished_at: Some(now),
                    told: walk.told,
                    missing: walk.missing,
                    ..one
                };
                None
            }
            Ok(()) => Some(Duration::from_secs(TURN_SECONDS.into())),
            Err(trouble) => trouble_of(&mut one, &trouble, now),
        };
        if !walk.is_over() {
            one.walk = serde_json::to_string(&walk).ok();
        }
        books::save(self.store.as_ref(), &source.organization_id, &one).await?;
        Ok(wait)
    }

    /// The walk that is under way, or a new one.
    fn walk_of(&self, source: &Source, one: &Reconciliation) -> Option<Walk> {
        let history = providers::history(&source.processor)?;
        let known = one
            .walk
            .as_deref()
            .and_then(|walk| serde_json::from_str(walk).ok());
        let now = self.clock.now();
        let overlap = history.terms().overlap_seconds;
        let span = usual_span(source, one.asked_until, overlap, now);
        Some(known.unwrap_or_else(|| Walk::new(history, source, span, now)))
    }

    /// As many steps as the processor's rates allow for one turn. Each that is made is written down.
    async fn some_steps(
        &self,
        source: &Source,
        walk: &mut Walk,
        one: &mut Reconciliation,
    ) -> Result<(), Trouble> {
        let per_minute =
            providers::history(&source.processor).map_or(60, |known| known.terms().per_minute);
        let most = (per_minute * TURN_SECONDS / 60).max(1);
        let line = self.open(source).await?;
        for _ in 0..most {
            if walk.is_over() {
                return Ok(());
            }
            self.step(&line, source, walk, Goal::Apply).await?;
            (one.failures, one.error, one.pause_until) = (0, None, None);
            one.walk = serde_json::to_string(&walk).ok();
            let saved = books::save(self.store.as_ref(), &source.organization_id, one).await;
            saved.map_err(|error| Trouble::passing(error.to_string()))?;
        }
        Ok(())
    }
}

/// Notes what went wrong. Answers when it is tried again, before the next hour.
fn trouble_of(one: &mut Reconciliation, trouble: &Trouble, now: Micros) -> Option<Duration> {
    one.failures = one.failures.saturating_add(1);
    one.error = Some(trouble.to_string());
    let after = match trouble {
        Trouble::Passing { after_seconds, .. } if one.failures < PATIENCE => {
            let doublings = u32::try_from(one.failures - 1).unwrap_or(0);
            let own = PAUSE_SECONDS
                .saturating_mul(1 << doublings.min(12))
                .min(PAUSE_MAX_SECONDS);
            let told = after_seconds.and_then(|seconds| i64::try_from(seconds).ok());
            told.unwrap_or(own)
        }
        // Nothing but time or a person changes it.
        _ => PAUSE_MAX_SECONDS,
    };
    let until = now.plus_seconds(after);
    one.pause_until = Some(until);
    (after < PAUSE_MAX_SECONDS).then(|| seconds_until(now, until))
}

fn seconds_until(now: Micros, until: Micros) -> Duration {
    let micros = u64::try_from(until.0.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_micros(micros).max(Duration::from_secs(1))
}
