//! The audit as a job: each organization's books are compared again and again, and the owner is shown when that was last and what came of it.
//!
//! It takes half of the time for itself at most: between two steps it rests as long as the step has taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pace, audit_at};
use crate::books::Scope;
use crate::books::audits::{self, Audited};
use crate::clock::Clock;
use crate::jobs::{Failure, Job, Outcome};
use crate::store::Store;

/// The kind of the job, which is also its id.
pub const KIND: &str = "audit_books";

/// What it takes.
#[derive(Clone)]
pub struct Auditor {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Audits an organization's books and keeps what came of it.
///
/// # Errors
/// What the database says; something stored that cannot be read.
pub async fn compare(auditor: Auditor, job: Job) -> Result<Outcome, Failure> {
    let (store, org) = (auditor.store.as_ref(), job.organization_id.as_str());
    let begun_at = auditor.clock.now();
    let report = audit_at(Pace::Half, store, begun_at, org).await?;
    let mut kinds: BTreeMap<String, i64> = BTreeMap::new();
    for difference in &report.differences {
        *kinds.entry(difference.what.to_owned()).or_default() += 1;
    }
    let count = |number| i64::try_from(number).unwrap_or(i64::MAX);
    let audited = Audited {
        begun_at,
        ended_at: auditor.clock.now(),
        sales: count(report.sales),
        left_out: count(report.left_out + report.due),
        differences: count(report.difference_count),
        kinds,
    };
    if audited.differences > 0 {
        tracing::error!(
            organization.id = org,
            differences = audited.differences,
            "the books differ from what was delivered: see `tributary audit`"
        );
    }
    let now = audited.ended_at;
    audits::save(&Scope { store, org, now }, &audited).await?;
    Ok(Outcome::Done)
}
