//! Inbox events on their way through a batch: read from their bodies and normalized. What a body says is
//! never remembered in another form: the same bytes are read again to explain, audit and reprocess.

mod heed;
mod states;

use std::collections::{BTreeMap, BTreeSet};

use providers::delivery::{Reading, Verified};
use providers::fact::{Fact, Notice};
use providers::{Micros, NameKind, Settings};

use super::mend;
use super::neighbours::Incoming;
use super::refold::texts;
use super::sql;
use crate::args;
use crate::inbox;
use crate::ledger::calls;
use crate::ledger::facts::Kept;
use crate::store::{Row, StoreError, Transaction};

pub use heed::{heed_codes, heed_notices};
pub use states::{State, changed_states, finish, refresh_parked, set_states, states_of};

/// One event and what it says.
#[derive(Debug)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// Its source.
    pub source_id: String,
    /// Its processor.
    pub processor: String,
    /// Its ledger.
    pub livemode: bool,
    /// Whether what it asks for has been carried out already.
    heeded: bool,
    /// Its row, where it has none yet: as far as it was known when the event arrived.
    unwritten: Option<inbox::Outside>,
    /// What it says; facts are taken out when they are placed.
    pub reading: Reading,
    /// The payment names it mentions, for finding its sales.
    pub mentions: BTreeSet<String>,
}

/// Reads the events that wait, oldest first, and what they say.
pub async fn pending(
    transaction: &mut dyn Transaction,
    org: &str,
    settings: &SourceSettings,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let rows = transaction.run(&sql::PENDING, args![org, limit]).await?;
    rows.iter().map(|row| readable(row, settings)).collect()
}

/// The event; where its source's settings cannot be read, one that has failed for it.
fn readable(row: &Row, settings: &SourceSettings) -> Result<Event, StoreError> {
    match event(row, settings) {
        Err(StoreError::Damaged(what)) => Ok(Event {
            livemode: row.flag("livemode")?,
            heeded: false,
            unwritten: None,
            id: row.text("id")?.to_owned(),
            source_id: row.text("source_id")?.to_owned(),
            processor: row.text("processor")?.to_owned(),
            reading: Reading::unreadable(mend::reason(&what)),
            mentions: BTreeSet::new(),
        }),
        outcome => outcome,
    }
}

/// Reads events once more that have been processed, oldest first: those of the given ones whose body is
/// still there.
pub async fn again(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<Event>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let settings = settings(transaction.run(&sql::SETTINGS, args![org]).await?)?;
    let args = args![org; texts(ids)];
    let rows = transaction.run(&sql::AGAIN, args).await?;
    rows.iter().map(|row| event(row, &settings)).collect()
}

/// The settings of sources; `None` for a source whose settings cannot be read.
pub type SourceSettings = BTreeMap<String, Option<Settings>>;

/// The settings of sources, from the rows of [`sql::SETTINGS`].
pub fn settings(rows: Vec<Row>) -> Result<SourceSettings, StoreError> {
    let mut settings = SourceSettings::new();
    for row in rows {
        let own = Settings::from_json(row.text("settings")?);
        settings.insert(row.text("id")?.to_owned(), own);
    }
    Ok(settings)
}

/// An event from a row of [`sql::PENDING`] or one like it, and what it says.
///
/// # Errors
/// [`StoreError::Damaged`] where its source's settings cannot be read: other settings may read other facts.
pub fn event(row: &Row, settings: &SourceSettings) -> Result<Event, StoreError> {
    let id = row.text("id")?.to_owned();
    let source_id = row.text("source_id")?.to_owned();
    let processor = row.text("processor")?.to_owned();
    let body = inbox::unpack(row.bytes("body")?)?;
    let headers: Vec<(String, String)> = serde_json::from_str(row.text("headers")?)
        .map_err(|_damaged| StoreError::Corrupt("event_bodies.headers"))?;
    let received_at = Micros(row.int("received_at")?);
    let verified = Verified::from_inbox(body, headers);
    let stored = Stored {
        event_id: &id,
        processor: &processor,
        received_at,
        verified: &verified,
    };
    let reading = reading(&stored, &source_id, settings)?;
    let mentions = mentions(&reading.facts);
    Ok(Event {
        livemode: row.flag("livemode")?,
        heeded: matches!(row.text("state")?, "processed" | "parked"),
        unwritten: None,
        id,
        source_id,
        processor,
        reading,
        mentions,
    })
}

fn reading(
    stored: &Stored<'_>,
    source_id: &str,
    settings: &SourceSettings,
) -> Result<Reading, StoreError> {
    match settings.get(source_id) {
        Some(Some(settings)) => Ok(read(stored, settings)),
        Some(None) => {
            let what = format!("the settings of source {source_id} cannot be read");
            Err(StoreError::Damaged(what))
        }
        // A call comes from no source.
        None => Ok(read(stored, &Settings::default())),
    }
}

/// Reads what deliveries say that are new, before they have rows. What has been read already counts where the settings of its
/// source are still those that it was read by.
pub fn delivered<'n>(
    settings: &SourceSettings,
    new: impl Iterator<Item = inbox::New<'n>>,
) -> Result<Vec<Event>, StoreError> {
    new.map(|new| {
        let arrival = new.arrival;
        let now = settings.get(&arrival.source_id).and_then(Option::as_ref);
        let read = new.reading.filter(|_| now == Some(&arrival.settings));
        let stored = Stored {
            event_id: new.id,
            processor: &arrival.processor,
            received_at: arrival.received_at,
            verified: &arrival.verified,
        };
        let reading = match read {
            Some(reading) => reading.clone(),
            None => match reading(&stored, &arrival.source_id, settings) {
                Err(StoreError::Damaged(what)) => Reading::unreadable(mend::reason(&what)),
                outcome => outcome?,
            },
        };
        Ok(Event {
            id: new.id.to_owned(),
            source_id: arrival.source_id.clone(),
            processor: arrival.processor.clone(),
            livemode: arrival.livemode,
            heeded: false,
            unwritten: Some(new.outside),
            mentions: mentions(&reading.facts),
            reading,
        })
    })
    .collect()
}

/// What a delivery says by the settings that it came with.
pub fn of_arrival(arrival: &inbox::Arrival) -> Reading {
    let stored = Stored {
        // Only a call is read by it, and that is no delivery.
        event_id: "",
        processor: &arrival.processor,
        received_at: arrival.received_at,
        verified: &arrival.verified,
    };
    read(&stored, &arrival.settings)
}

/// An event as it stands in the inbox.
#[derive(Debug)]
pub struct Stored<'a> {
    /// Its id.
    pub event_id: &'a str,
    /// Its processor; [`calls::PROCESSOR`] for a merchant's call.
    pub processor: &'a str,
    /// When it arrived.
    pub received_at: Micros,
    /// Exact body and kept headers.
    pub verified: &'a Verified,
}

/// What a stored event says, as facts in the form in which they are kept. Pure: used to process, to
/// explain and to audit alike.
pub fn read(stored: &Stored<'_>, settings: &Settings) -> Reading {
    let mut reading = if stored.processor == calls::PROCESSOR {
        let body = stored.verified.body();
        match calls::facts(body, stored.event_id, stored.received_at) {
            Some(facts) => Reading::facts(facts),
            None => Reading::unreadable("the stored call cannot be read"),
        }
    } else {
        match providers::adapter(stored.processor) {
            Some(adapter) => adapter.normalize(stored.verified, settings),
            None => Reading::unreadable("this program does not know the processor"),
        }
    };
    reading.facts = reading.facts.into_iter().flat_map(Fact::split).collect();
    reading
}

/// The payment names in facts.
pub fn mentions(facts: &[Fact]) -> BTreeSet<String> {
    facts
        .iter()
        .flat_map(Fact::names)
        .filter(|name| name.kind() == NameKind::Payment)
        .map(|name| name.as_str().to_owned())
        .collect()
}

impl Event {
    /// A merchant's call that goes into the inbox and into the ledger at once.
    pub fn of_call(id: &str, livemode: bool, facts: Vec<Fact>, row: inbox::Outside) -> Self {
        let facts: Vec<Fact> = facts.into_iter().flat_map(Fact::split).collect();
        Self {
            id: id.to_owned(),
            source_id: calls::PROCESSOR.to_owned(),
            processor: calls::PROCESSOR.to_owned(),
            livemode,
            heeded: false,
            unwritten: Some(row),
            mentions: mentions(&facts),
            reading: Reading::facts(facts),
        }
    }

    /// Takes the facts out that belong to a neighbourhood; notices and the names of codes stay.
    pub fn take_facts(&mut self) -> Vec<Incoming> {
        let facts = std::mem::take(&mut self.reading.facts);
        let (others, facts): (Vec<Fact>, Vec<Fact>) = facts
            .into_iter()
            .partition(|fact| matches!(fact, Fact::Notice(_) | Fact::Code(_)));
        self.reading.facts = others;
        let incoming = facts.into_iter().map(|fact| Incoming {
            livemode: self.livemode,
            kept: Kept {
                fact,
                event_id: self.id.clone(),
                processor: self.payment_processor().to_owned(),
            },
        });
        incoming.collect()
    }

    fn payment_processor(&self) -> &str {
        providers::adapter(&self.processor)
            .map_or(&self.processor, |adapter| adapter.about().payment_processor)
    }

    fn notices(&self) -> impl Iterator<Item = &Notice> {
        self.reading.facts.iter().filter_map(|fact| match fact {
            Fact::Notice(notice) => Some(notice),
            _ => None,
        })
    }
}
