//! The inbox's one writer: takes what is queued, commits, answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Arrived, InboxError, Limits, Receipt, Waiting, Writing};
use crate::id::IdSource;
use crate::store::{Store, StoreError};
use crate::telemetry::Sampled;

/// What the writer writes to.
pub struct Place {
    pub store: Arc<dyn Store>,
    pub ids: Arc<IdSource>,
}

pub async fn run(
    place: Place,
    mut received: mpsc::Receiver<Waiting>,
    limits: Limits,
    writing: Writing,
    stored: impl Fn(&str, usize) + Send,
) {
    let mut batch = Vec::with_capacity(limits.batch_size);
    while received.recv_many(&mut batch, limits.batch_size).await > 0 {
        let mut by_organization: BTreeMap<String, Vec<Waiting>> = BTreeMap::new();
        for waiting in batch.drain(..) {
            let organization_id = waiting.arrival.organization_id.clone();
            by_organization
                .entry(organization_id)
                .or_default()
                .push(waiting);
        }
        for (organization_id, mut waiting) in by_organization {
            // Who has been answered that it took too long will send it again.
            waiting.retain(|waiting| !waiting.is_given_up());
            if waiting.is_empty() {
                continue;
            }
            let count = waiting.len();
            writing.set(Some(Instant::now()));
            write(&place, &organization_id, limits.within, waiting).await;
            writing.set(None);
            stored(&organization_id, count);
        }
    }
}

/// Writes one organization's deliveries. When the database refuses the batch for its content, each is
/// tried alone, so that one bad delivery does not fail the others.
async fn write(place: &Place, organization_id: &str, within: Duration, mut waiting: Vec<Waiting>) {
    static SAID: Sampled = Sampled::new();
    let all: Vec<&Waiting> = waiting.iter().collect();
    let committed = timeout(within, commit_again(place, organization_id, &all)).await;
    match committed.unwrap_or_else(|_late| Err(StoreError::late(within))) {
        Ok(receipts) => {
            for (waiting, receipt) in waiting.into_iter().zip(receipts) {
                waiting.answer(Ok(receipt));
            }
        }
        Err(error) if waiting.len() > 1 && !error.is_outage() => {
            tracing::warn!(%error, batch = waiting.len(), "inbox batch refused; writing one by one");
            for waiting in waiting.drain(..) {
                Box::pin(write(place, organization_id, within, vec![waiting])).await;
            }
        }
        Err(error) => {
            if let Some(more) = SAID.note(Instant::now()) {
                tracing::error!(%error, batch = waiting.len(), more, "inbox cannot be written");
            }
            for waiting in waiting {
                waiting.answer(Err(InboxError::Unavailable));
            }
        }
    }
}

/// How often a batch is tried again when another transaction was in its way: the ledger may be marking
/// the very events that are delivered again.
const TRIES: usize = 5;

async fn commit_again(
    place: &Place,
    organization_id: &str,
    waiting: &[&Waiting],
) -> Result<Vec<Receipt>, StoreError> {
    let mut tries = 1;
    loop {
        match commit(place, organization_id, waiting).await {
            Err(StoreError::Busy) if tries < TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

async fn commit(
    place: &Place,
    organization_id: &str,
    waiting: &[&Waiting],
) -> Result<Vec<Receipt>, StoreError> {
    let arrived = Arrived::of(waiting, &place.ids);
    let mut transaction = place.store.begin().await?;
    let known = arrived
        .insert(transaction.as_mut(), organization_id)
        .await?;
    arrived
        .insert_bodies(transaction.as_mut(), organization_id, &known)
        .await?;
    let receipts = arrived
        .receipts(transaction.as_mut(), organization_id, &known)
        .await?;
    transaction.commit().await?;
    Ok(receipts)
}
