//! Inbox events on their way through a batch: read, normalized, and at the end marked with what became
//! of them.

use std::collections::{BTreeMap, BTreeSet};

use providers::delivery::{Reading, Verified};
use providers::fact::{ClaimKind, Code, Fact, Notice, NoticeKind};
use providers::{Micros, NameKind, Settings};

use super::neighbours::Incoming;
use super::refold::texts;
use super::{claim_text, sql};
use crate::args;
use crate::inbox;
use crate::ledger::calls::{self, Call};
use crate::ledger::facts::Kept;
use crate::ledger::reversal::Waiting;
use crate::store::{Row, Rows, StoreError, Transaction, without_nul};

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
    /// What it says; facts are taken out when they are placed.
    pub reading: Reading,
    /// The payment names it mentions, for finding its sales.
    pub mentions: BTreeSet<String>,
}

/// Reads the events that wait, oldest first, and what they say.
pub async fn pending(
    transaction: &mut dyn Transaction,
    org: &str,
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let rows = transaction.run(&sql::PENDING, args![org, limit]).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let settings = settings(transaction.run(&sql::SETTINGS, args![org]).await?)?;
    rows.iter().map(|row| event(row, &settings)).collect()
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

/// The settings of sources, from the rows of [`sql::SETTINGS`].
pub fn settings(rows: Vec<Row>) -> Result<BTreeMap<String, Settings>, StoreError> {
    let mut settings: BTreeMap<String, Settings> = BTreeMap::new();
    for row in rows {
        let own = Settings::from_json(row.text("settings")?).unwrap_or_default();
        settings.insert(row.text("id")?.to_owned(), own);
    }
    Ok(settings)
}

/// An event from a row of [`sql::PENDING`] or one like it, and what it says.
pub fn event(row: &Row, settings: &BTreeMap<String, Settings>) -> Result<Event, StoreError> {
    let id = row.text("id")?.to_owned();
    let source_id = row.text("source_id")?.to_owned();
    let processor = row.text("processor")?.to_owned();
    let body = inbox::unpack(row.bytes("body")?)?;
    let headers: Vec<(String, String)> = serde_json::from_str(row.text("headers")?)
        .map_err(|_damaged| StoreError::Corrupt("event_bodies.headers"))?;
    let received_at = Micros(row.int("received_at")?);
    let stored = Stored {
        event_id: &id,
        processor: &processor,
        received_at,
        verified: Verified::from_inbox(body, headers),
    };
    let settings = settings.get(&source_id).cloned().unwrap_or_default();
    let reading = read(&stored, &settings);
    let mentions = mentions(&reading.facts);
    Ok(Event {
        livemode: row.flag("livemode")?,
        heeded: matches!(row.text("state")?, "processed" | "parked"),
        id,
        source_id,
        processor,
        reading,
        mentions,
    })
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
    pub verified: Verified,
}

/// What a stored event says, as facts in the form in which they are kept. Pure: used to process, to
/// explain and to audit alike.
pub fn read(stored: &Stored<'_>, settings: &Settings) -> Reading {
    let mut reading = if stored.processor == calls::PROCESSOR {
        match serde_json::from_slice::<Call>(stored.verified.body()) {
            Ok(call) => Reading::facts(call.facts(stored.event_id, stored.received_at)),
            Err(_damaged) => Reading::unreadable("the stored call cannot be read"),
        }
    } else {
        match providers::adapter(stored.processor) {
            Some(adapter) => adapter.normalize(&stored.verified, settings),
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
    pub fn of_call(id: &str, livemode: bool, facts: Vec<Fact>) -> Self {
        let facts: Vec<Fact> = facts.into_iter().flat_map(Fact::split).collect();
        Self {
            id: id.to_owned(),
            source_id: calls::PROCESSOR.to_owned(),
            processor: calls::PROCESSOR.to_owned(),
            livemode,
            heeded: false,
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

/// Marks events with what became of them: ignored, failed, parked or processed.
pub async fn finish(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    events: &[Event],
    homes: &BTreeMap<String, String>,
    waiting: &BTreeMap<String, Waiting>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(5);
    for event in events {
        let home = homes.get(&event.id);
        let is_heeded = !event.reading.facts.is_empty();
        let (state, reason) = match (waiting.get(&event.id), &event.reading) {
            (Some(waiting), _) => ("parked", Some(waiting.reason())),
            (_, reading) if reading.unreadable => ("failed", reading.note),
            (_, reading) if home.is_none() && !is_heeded => (
                "ignored",
                reading.note.or(Some("it says nothing that counts")),
            ),
            (_, reading) => ("processed", reading.note),
        };
        let mentions = serde_json::to_string(&event.mentions).unwrap_or_default();
        rows.push([
            event.id.as_str().into(),
            state.into(),
            reason.into(),
            mentions.into(),
            home.map(String::as_str).into(),
        ]);
    }
    if !rows.is_empty() {
        let args = args![org, now.0; rows];
        transaction.run(&sql::FINISH_EVENTS, args).await?;
    }
    Ok(())
}

/// Brings older events of the touched neighbourhoods up to date: what waited and waits no more, and what
/// now waits again.
pub async fn refresh_parked(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    neighbourhoods: &BTreeSet<String>,
    waiting: &BTreeMap<String, Waiting>,
) -> Result<(), StoreError> {
    let mut touched = Rows::new(1);
    for id in neighbourhoods {
        touched.push([id.as_str().into()]);
    }
    if touched.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new(3);
    for row in transaction.run(&sql::PARKED, args![org; touched]).await? {
        let id = row.text("id")?;
        match waiting.get(id) {
            Some(waiting) => rows.push([id.into(), "parked".into(), waiting.reason().into()]),
            // A remark made when it was processed stays; the reason for waiting does not.
            None => rows.push([
                id.into(),
                "processed".into(),
                row.opt_text("reason")?
                    .filter(|r| !r.starts_with("waits"))
                    .into(),
            ]),
        }
    }
    if !rows.is_empty() {
        let args = args![org, now.0; rows];
        transaction.run(&sql::SET_STATE, args).await?;
    }
    Ok(())
}

/// Keeps which codes the processors' ids of discounts stand for, and makes the neighbourhoods due that
/// have waited for one.
pub async fn heed_codes(
    transaction: &mut dyn Transaction,
    org: &str,
    events: &[Event],
) -> Result<(), StoreError> {
    let mut newest: BTreeMap<String, &Code> = BTreeMap::new();
    for event in events {
        for fact in &event.reading.facts {
            let Fact::Code(code) = fact else { continue };
            let slot = newest.entry(code_key(&code.id)).or_insert(code);
            if (slot.version, &slot.code) < (code.version, &code.code) {
                *slot = code;
            }
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let (mut rows, mut claims) = (Rows::new(4), Rows::new(1));
    for (id, code) in newest {
        claims.push([claim_text(ClaimKind::Code, &id).into()]);
        rows.push([
            id.into(),
            code_key(&code.code).into(),
            code.version.at.0.into(),
            code.version.step.into(),
        ]);
    }
    let args = args![org; rows];
    transaction.run(&sql::UPSERT_CODE_NAMES, args).await?;
    let args = args![org; claims];
    transaction.run(&sql::CLAIMED_AGAIN, args).await?;
    Ok(())
}

/// A code or its id in the form in which it is looked up.
fn code_key(text: &str) -> String {
    without_nul(text).trim().to_lowercase()
}

/// Carries out what notices ask for that needs no look at the ledger: keeps the requests of privacy law,
/// which are carried out after the batch, and closes sources that their processor has disconnected.
pub async fn heed_notices(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    events: &[Event],
) -> Result<(), StoreError> {
    let (mut requests, mut closed) = (Rows::new(6), Rows::new(1));
    for event in events.iter().filter(|event| !event.heeded) {
        for notice in event.notices() {
            let kind = match notice.kind {
                NoticeKind::CloseSource => {
                    closed.push([event.source_id.as_str().into()]);
                    continue;
                }
                NoticeKind::ExportCustomer => "export_customer",
                NoticeKind::EraseCustomer => "erase_customer",
                NoticeKind::EraseSource => "erase_source",
            };
            requests.push([
                event.id.as_str().into(),
                kind.into(),
                event.source_id.as_str().into(),
                event.id.as_str().into(),
                stored_names(&notice.customers).into(),
                stored_names(&notice.payments).into(),
            ]);
        }
    }
    if !requests.is_empty() {
        let args = args![org, now.0; requests];
        transaction.run(&sql::INSERT_PRIVACY_REQUESTS, args).await?;
    }
    if !closed.is_empty() {
        let args = args![org, now.0; closed];
        transaction.run(&sql::CLOSE_SOURCES, args).await?;
    }
    Ok(())
}

fn stored_names(names: &[providers::Name]) -> String {
    serde_json::to_string(names).unwrap_or_default()
}
