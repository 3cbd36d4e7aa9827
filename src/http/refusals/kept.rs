//! The refusals of sources, by the hour, on their way into the database: gathered in memory, written together now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use providers::Micros;

use super::{Finding, MOST, Refusals};
use crate::args;
use crate::books::refusals::KEPT_DAYS;
use crate::books::statements::refusals as sql;
use crate::sources::Source;
use crate::store::{Rows, Store, StoreError};

const HOUR_US: i64 = 3_600 * 1_000_000;

/// Organization, source, hour and reason.
type Key = (String, String, i64, &'static str);

#[derive(Debug, Clone, Copy)]
struct Sum {
    refused: i64,
    last_at: Micros,
    seconds: Option<i64>,
}

/// What is not written yet.
#[derive(Default)]
pub(super) struct Waiting(Mutex<BTreeMap<Key, Sum>>);

impl Refusals {
    /// Counts one for the owner of a source.
    pub fn keep(&self, source: &Source, finding: Finding, now: Micros) {
        let hour = now.0 - now.0.rem_euclid(HOUR_US);
        let key = (
            source.organization_id.clone(),
            source.id.clone(),
            hour,
            finding.reason,
        );
        let sum = Sum {
            refused: 1,
            last_at: now,
            seconds: finding.seconds,
        };
        self.kept.add(key, sum);
    }

    /// Writes what was counted since the last time; what cannot be written now waits for the next.
    pub async fn write(&self, store: &dyn Store, now: Micros) {
        let waiting = self.kept.take();
        if waiting.is_empty() {
            return;
        }
        if let Err(error) = write(store, &waiting, now).await {
            tracing::warn!(%error, "the counts of refused deliveries wait to be written");
            for (key, sum) in waiting {
                self.kept.add(key, sum);
            }
        }
    }
}

impl Waiting {
    fn add(&self, key: Key, more: Sum) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only when the database has been away for hours; the log has them.
        if waiting.len() >= MOST && !waiting.contains_key(&key) {
            return;
        }
        let sum = waiting.entry(key).or_insert(Sum { refused: 0, ..more });
        sum.refused = sum.refused.saturating_add(more.refused);
        if sum.last_at <= more.last_at {
            (sum.last_at, sum.seconds) = (more.last_at, more.seconds);
        }
    }

    fn take(&self) -> BTreeMap<Key, Sum> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn write(
    store: &dyn Store,
    waiting: &BTreeMap<Key, Sum>,
    now: Micros,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(7);
    for ((org, source, hour, reason), sum) in waiting {
        rows.push([
            org.as_str().into(),
            source.as_str().into(),
            (*hour).into(),
            (*reason).into(),
            sum.refused.into(),
            sum.last_at.0.into(),
            sum.seconds.into(),
        ]);
    }
    let sources: BTreeSet<(&str, &str)> = waiting
        .keys()
        .map(|(org, source, ..)| (org.as_str(), source.as_str()))
        .collect();
    let mut transaction = store.begin().await?;
    transaction.run(&sql::ADD, args![; rows]).await?;
    let oldest = now.plus_days(-KEPT_DAYS).0;
    for (org, source) in sources {
        transaction
            .run(&sql::FORGET, args![org, source, oldest])
            .await?;
    }
    transaction.commit().await
}
