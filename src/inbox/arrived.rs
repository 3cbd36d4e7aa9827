//! Deliveries as rows: which of a batch are new events, which are events that are there, and what each is told.
//!
//! The inbox's own writer and the ledger's, which takes deliveries straight into the ledger, store them by the same
//! rules. Nothing here begins or ends a transaction.

use std::collections::{BTreeMap, BTreeSet};

use providers::delivery::Reading;
use providers::{Fact, Micros};

use super::{Arrival, Receipt, Waiting, conflict, sql};
use crate::args;
use crate::id::{self, IdSource};
use crate::store::{Question, Row, Rows, StoreError, Transaction, Value, without_nul};

/// What makes an event the same event, within its organization: processor, account, mode, its id there and its shape.
type Key = (String, String, bool, String, String);

/// The events that a batch of deliveries tells of, in the order of their keys: two writers that take rows in different
/// orders would wait for each other for ever.
pub struct Arrived<'w> {
    events: BTreeMap<Key, One<'w>>,
    waiting: &'w [&'w Waiting],
}

struct One<'w> {
    first: &'w Waiting,
    /// The id that it gets if it is new.
    id: String,
    deliveries: i64,
    last_at: Micros,
}

/// A delivery that is an event of its own.
pub struct New<'w> {
    /// The event's id.
    pub id: &'w str,
    /// The delivery that told it first.
    pub arrival: &'w Arrival,
    /// What it says by the settings that it came with, where that is known.
    pub reading: Option<&'w Reading>,
    /// Its row, as far as it is known.
    pub outside: Outside,
}

/// What is known of an event when its row is written.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// `received`, `processed`, …
    pub state: &'static str,
    /// Why it is in this state, or a remark.
    pub reason: Option<String>,
    /// The payment names that it mentions, as JSON.
    pub mentions: String,
    /// Where its facts are.
    pub neighbourhood_id: Option<String>,
    /// When it was processed, in UTC microseconds.
    pub processed_at: Option<i64>,
}

impl Standing {
    /// Stored, and to be processed.
    pub fn received() -> Self {
        Self {
            state: "received",
            mentions: "[]".to_owned(),
            ..Self::default()
        }
    }
}

impl<'w> Arrived<'w> {
    /// Makes an id for each event.
    pub fn of(waiting: &'w [&'w Waiting], ids: &IdSource) -> Self {
        let mut events: BTreeMap<Key, One<'w>> = BTreeMap::new();
        for first in waiting {
            let one = events.entry(key(&first.arrival)).or_insert_with(|| One {
                first,
                id: ids.make(id::EVENT),
                deliveries: 0,
                last_at: first.arrival.received_at,
            });
            one.deliveries += 1;
            one.last_at = one.last_at.max(first.arrival.received_at);
        }
        Self { events, waiting }
    }

    /// Asks which are in the inbox already: [`Known::read`] reads the answer. `None` where nothing has arrived.
    pub fn question(&self, org: &str) -> Option<Question> {
        if self.events.is_empty() {
            return None;
        }
        let mut rows = Rows::new(5);
        for (processor, account, livemode, external_id, api_version) in self.events.keys() {
            rows.push([
                processor.as_str().into(),
                account.as_str().into(),
                (*livemode).into(),
                external_id.as_str().into(),
                api_version.as_str().into(),
            ]);
        }
        Some((&sql::KNOWN_EVENTS, args![org; rows]))
    }

    /// What deliveries say that were read when they came, with their ledgers.
    pub fn facts(&self) -> impl Iterator<Item = (bool, &'w Fact)> {
        let read = self.waiting.iter().filter_map(|waiting| {
            let reading = waiting.reading.as_ref()?;
            Some((waiting.arrival.livemode, &reading.facts))
        });
        read.flat_map(|(livemode, facts)| facts.iter().map(move |fact| (livemode, fact)))
    }

    /// Those that are not.
    pub fn new_ones<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = New<'a>> {
        self.unknown(known).map(|one| New {
            id: &one.id,
            arrival: &one.first.arrival,
            reading: one.first.reading.as_ref(),
            outside: one.outside(),
        })
    }

    /// Those that are not known under another id than the one made for them here.
    fn unknown<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = &'a One<'w>> {
        let events = self.events.iter();
        let unknown = events.filter(|(key, one)| known.0.get(*key).is_none_or(|id| *id == one.id));
        unknown.map(|(_, one)| one)
    }

    /// Writes all as received, or counts their deliveries. Answers the id of each.
    pub async fn insert(
        &self,
        transaction: &mut dyn Transaction,
        org: &str,
    ) -> Result<Known, StoreError> {
        let mut rows = event_rows();
        for one in self.events.values() {
            push_event(&mut rows, one.outside(), Standing::received());
        }
        let rows = transaction
            .run(&sql::INSERT_EVENTS, args![org; rows])
            .await?;
        Known::read(&rows)
    }

    /// Counts deliveries of events that are there.
    pub async fn count(
        &self,
        transaction: &mut dyn Transaction,
        org: &str,
        known: &Known,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(3);
        for (key, one) in &self.events {
            if let Some(id) = known.0.get(key) {
                rows.push([
                    id.as_str().into(),
                    one.deliveries.into(),
                    one.last_at.0.into(),
                ]);
            }
        }
        if !rows.is_empty() {
            let args = args![org; rows];
            transaction.run(&sql::COUNT_DELIVERIES, args).await?;
        }
        Ok(())
    }

    /// Writes the bodies of new events.
    pub async fn insert_bodies(
        &self,
        transaction: &mut dyn Transaction,
        org: &str,
        known: &Known,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(4);
        for one in self.unknown(known) {
            let verified = &one.first.arrival.verified;
            let headers = serde_json::to_string(verified.headers()).unwrap_or_default();
            rows.push([
                one.id.as_str().into(),
                headers.into(),
                i64::try_from(verified.body().len())
                    .unwrap_or(i64::MAX)
                    .into(),
                Value::Bytes(one.first.packed.clone()),
            ]);
        }
        if !rows.is_empty() {
            let args = args![org; rows];
            transaction.post(&sql::INSERT_BODIES, args).await?;
        }
        Ok(())
    }

    /// What each delivery is told, in order, given the ids of those that are there: the first delivery of a new event is
    /// no duplicate, all others are. Counts those that say something else than the first.
    pub async fn receipts(
        &self,
        transaction: &mut dyn Transaction,
        org: &str,
        known: &Known,
    ) -> Result<Vec<Receipt>, StoreError> {
        let mut seen: BTreeSet<Key> = BTreeSet::new();
        let mut receipts = Vec::with_capacity(self.waiting.len());
        for waiting in self.waiting {
            let key = key(&waiting.arrival);
            let made = self.events.get(&key).map(|one| &one.id);
            let event_id = known.0.get(&key).or(made);
            let event_id = event_id.ok_or(StoreError::Corrupt("events.id"))?.clone();
            let first = seen.insert(key);
            receipts.push(Receipt {
                duplicate: !(first && made == Some(&event_id)),
                event_id,
            });
        }
        let arrivals: Vec<&Arrival> = self.waiting.iter().map(|one| &one.arrival).collect();
        conflict::note(transaction, org, &arrivals, &receipts).await?;
        Ok(receipts)
    }
}

/// The ids of events by what makes them the same.
#[derive(Default)]
pub struct Known(BTreeMap<Key, String>);

impl Known {
    /// From the answer to [`Arrived::question`].
    ///
    /// # Errors
    /// A row that is no such answer.
    pub fn read(rows: &[Row]) -> Result<Self, StoreError> {
        let mut known = BTreeMap::new();
        for row in rows {
            let key = (
                row.text("processor")?.to_owned(),
                row.text("account")?.to_owned(),
                row.flag("livemode")?,
                row.text("external_id")?.to_owned(),
                row.text("api_version")?.to_owned(),
            );
            known.insert(key, row.text("id")?.to_owned());
        }
        Ok(Self(known))
    }
}

/// What an event's row holds that is known when it arrives: the first columns for [`sql::INSERT_EVENTS`].
pub type Outside = [Value; 11];

impl One<'_> {
    fn outside(&self) -> Outside {
        let arrival = &self.first.arrival;
        let (processor, account, livemode, external_id, api_version) = key(arrival);
        [
            self.id.as_str().into(),
            arrival.source_id.as_str().into(),
            processor.into(),
            account.into(),
            livemode.into(),
            external_id.into(),
            api_version.into(),
            envelope_text(&arrival.envelope.event_type).into(),
            arrival.envelope.occurred_at.map(|at| at.0).into(),
            arrival.received_at.0.into(),
            self.deliveries.into(),
        ]
    }
}

/// An empty batch of rows for [`sql::INSERT_EVENTS`].
pub fn event_rows() -> Rows {
    Rows::new(16)
}

/// Adds the row of an event for [`sql::INSERT_EVENTS`].
pub fn push_event(rows: &mut Rows, outside: Outside, standing: Standing) {
    let standing: [Value; 5] = [
        standing.state.into(),
        standing.reason.into(),
        standing.mentions.into(),
        standing.neighbourhood_id.into(),
        standing.processed_at.into(),
    ];
    rows.push(outside.into_iter().chain(standing));
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
