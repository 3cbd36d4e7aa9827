//! The inbox's one writer: takes what is queued, commits, answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::{Arrival, InboxError, Limits, Receipt, Waiting, Writing, conflict, sql};
use crate::args;
use crate::id::{self, IdSource};
use crate::store::{Rows, Store, StoreError, Value, without_nul};
use crate::telemetry::Sampled;

/// What makes an event the same event, within its organization.
type Key = (String, String, bool, String, String);

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
            waiting.retain(|waiting| !waiting.answer.is_closed());
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
                // A caller that went away will be sent the event again by its processor.
                let _ = waiting.answer.send(Ok(receipt));
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
                let _ = waiting.answer.send(Err(InboxError::Unavailable));
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
    // One row for each event, in the order of the unique key: two writers that take rows in different
    // orders would wait for each other for ever.
    let mut events: BTreeMap<Key, (&Waiting, String, i64)> = BTreeMap::new();
    for waiting in waiting {
        let event = events
            .entry(key(&waiting.arrival))
            .or_insert_with(|| (waiting, place.ids.make(id::EVENT), 0));
        event.2 += 1;
    }
    let mut rows = Rows::new(11);
    for ((processor, account, livemode, external_id, api_version), (waiting, id, count)) in &events
    {
        let arrival = &waiting.arrival;
        rows.push([
            id.as_str().into(),
            arrival.source_id.as_str().into(),
            processor.as_str().into(),
            account.as_str().into(),
            (*livemode).into(),
            external_id.as_str().into(),
            api_version.as_str().into(),
            envelope_text(&arrival.envelope.event_type).into(),
            arrival.envelope.occurred_at.map(|at| at.0).into(),
            arrival.received_at.0.into(),
            (*count).into(),
        ]);
    }
    let mut transaction = place.store.begin().await?;
    let kept = transaction
        .run(&sql::INSERT_EVENTS, args![organization_id; rows])
        .await?;
    let mut known: BTreeMap<Key, String> = BTreeMap::new();
    for row in &kept {
        let key = (
            row.text("processor")?.to_owned(),
            row.text("account")?.to_owned(),
            row.flag("livemode")?,
            row.text("external_id")?.to_owned(),
            row.text("api_version")?.to_owned(),
        );
        known.insert(key, row.text("id")?.to_owned());
    }
    let new = events
        .values()
        .filter(|(waiting, id, _)| known.get(&key(&waiting.arrival)) == Some(id));
    let bodies = bodies(new.map(|(waiting, id, _)| (*waiting, id.as_str())));
    if !bodies.is_empty() {
        transaction
            .run(&sql::INSERT_BODIES, args![organization_id; bodies])
            .await?;
    }
    let arrivals: Vec<&Arrival> = waiting.iter().map(|waiting| &waiting.arrival).collect();
    let receipts = receipts(&arrivals, &events, &known)?;
    conflict::note(transaction.as_mut(), organization_id, &arrivals, &receipts).await?;
    transaction.commit().await?;
    Ok(receipts)
}

fn bodies<'a>(new: impl Iterator<Item = (&'a Waiting, &'a str)>) -> Rows {
    let mut rows = Rows::new(4);
    for (waiting, id) in new {
        let verified = &waiting.arrival.verified;
        let headers = serde_json::to_string(verified.headers()).unwrap_or_default();
        rows.push([
            id.into(),
            headers.into(),
            i64::try_from(verified.body().len())
                .unwrap_or(i64::MAX)
                .into(),
            Value::Bytes(waiting.packed.clone()),
        ]);
    }
    rows
}

/// The first delivery of a new event is not a duplicate; all others are.
fn receipts(
    arrivals: &[&Arrival],
    events: &BTreeMap<Key, (&Waiting, String, i64)>,
    known: &BTreeMap<Key, String>,
) -> Result<Vec<Receipt>, StoreError> {
    let mut seen: BTreeSet<Key> = BTreeSet::new();
    let mut receipts = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        let key = key(arrival);
        let event_id = known.get(&key).ok_or(StoreError::Corrupt("events.id"))?;
        let made = events.get(&key).map(|(_, id, _)| id);
        let first = seen.insert(key);
        receipts.push(Receipt {
            event_id: event_id.clone(),
            duplicate: !(first && made == Some(event_id)),
        });
    }
    Ok(receipts)
}

fn key(arrival: &Arrival) -> Key {
    let envelope = &arrival.envelope;
    let account = envelope.account.as_deref().unwrap_or_default();
    let api_version = envelope.api_version.as_deref().unwrap_or_default();
    (
        arrival.processor.clone(),
        envelope_text(account),
        arrival.livemode,
        envelope_text(&envelope.event_id),
        envelope_text(api_version),
    )
}

/// A text of an envelope as it is kept. The body keeps the exact bytes.
fn envelope_text(text: &str) -> String {
    without_nul(text).chars().take(MAX_CHARS).collect()
}

/// The longest text of an envelope that is kept.
const MAX_CHARS: usize = 512;
