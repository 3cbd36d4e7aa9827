//! Events: every delivery as it arrived, and what became of it.
//!
//! Found by an index: the processor's id of it, the states that are seldom (received, parked, failed), deliveries that conflict, values that are not
//! known, the test ledger. Picked: the other states, processor, type, source and time.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;
use providers::delivery::UNKNOWN;

use super::list::{
    Clause, Condition, LOOKS, List, Way, clause, found, lookup, newest_first, picked,
};
use super::row::{opt_text, opt_time, text, time, word};
use super::statements::ledger::SALES_NAMED;
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Rows, Select, Statement, StoreError};

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id here.
    pub id: String,
    /// The source it came to.
    pub source_id: String,
    /// The processor; that of calls for a merchant's call.
    pub processor: String,
    /// The processor's id of it.
    pub external_id: String,
    /// Its type, as the processor names it.
    pub event_type: String,
    /// The version that shaped the body; empty where none is told.
    pub api_version: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// What became of it.
    pub state: State,
    /// Why it is in that state, or what is remarkable.
    pub reason: Option<String>,
    /// The payments it speaks of, by their stored names.
    pub mentions: Vec<String>,
    /// When it happened, where the processor says so.
    pub occurred_at: Option<Micros>,
    /// When it first arrived.
    pub received_at: Micros,
    /// When it was processed.
    pub processed_at: Option<Micros>,
    /// How often it was delivered.
    pub deliveries: i64,
    /// Of them those that said something else than the first, and do not count.
    pub conflicts: i64,
    /// When the last of those came.
    pub conflict_at: Option<Micros>,
    /// When retention removed its body.
    pub body_removed_at: Option<Micros>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Stored, not read yet.
    Received,
    /// Counted.
    Processed,
    /// Says nothing that counts.
    Ignored,
    /// Waits for another.
    Parked,
    /// Could not be read.
    Failed,
}

impl State {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Received,
        Self::Processed,
        Self::Ignored,
        Self::Parked,
        Self::Failed,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
            Self::Failed => "failed",
        }
    }
}

/// What a list of events may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// The processor's id of it.
    External(&'a str),
    /// What became of it.
    State(State),
    /// Whether some deliveries of it said something else than the first.
    Conflicting(bool),
    /// Whether it holds a value that is not known here.
    Unknown(bool),
    /// Its processor.
    Processor(&'a str),
    /// All but those of a processor.
    NotOf(&'a str),
    /// Its type, as the processor names it.
    Type(&'a str),
    /// The source it came to.
    Source(&'a str),
    /// Of one customer, or what else is connected: its neighbourhood in the ledger.
    Neighbourhood(&'a str),
    /// Received then or later.
    From(Micros),
    /// Received earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and v.livemode = 1", []),
            Self::Ledger(false) => found(" and v.livemode = 0", []),
            Self::External(id) => found(" and v.external_id = ?", [id.into()]),
            // Each word is part of the text, for the index that has such events alone.
            Self::State(State::Received) => found(" and v.state = 'received'", []),
            Self::State(State::Parked) => found(" and v.state = 'parked'", []),
            Self::State(State::Failed) => found(" and v.state = 'failed'", []),
            Self::State(state) => picked(" and v.state = ?", state.word()),
            Self::Conflicting(true) => found(" and v.conflicts > 0", []),
            Self::Conflicting(false) => clause(Way::Usual, " and v.conflicts = 0", []),
            Self::Unknown(true) => found(" and substr(v.reason, 1, 8) = 'unknown '", []),
            Self::Unknown(false) => clause(
                Way::Usual,
                " and (v.reason is null or substr(v.reason, 1, 8) <> 'unknown ')",
                [],
            ),
            Self::Processor(name) => picked(" and v.processor = ?", name),
            Self::NotOf(name) => picked(" and v.processor <> ?", name),
            Self::Type(name) => picked(" and v.type = ?", name),
            Self::Source(id) => picked(" and v.source_id = ?", id),
            Self::Neighbourhood(id) => found(" and v.neighbourhood_id = ?", [id.into()]),
            Self::From(at) => picked(" and v.received_at >= ?", at.0),
            Self::To(at) => picked(" and v.received_at < ?", at.0),
        }
    }
}

/// What the reason of an event begins with that holds a value which is not known: as the statements and the index write it.
const _: () = assert!(UNKNOWN.len() == 8);

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::External("evt_x1"),
    By::State(State::Received),
    By::State(State::Processed),
    By::State(State::Parked),
    By::State(State::Failed),
    By::Conflicting(true),
    By::Unknown(true),
    By::Unknown(false),
    By::Processor("stripe"),
    By::NotOf("api"),
    By::Type("invoice.paid"),
    By::Source("src_1"),
    By::Neighbourhood("nbh_1"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "events" as "v",
    "select v.* from events v where v.organization_id = $1"
);

const WITH_BODY: &str = "select v.*, b.headers, b.body from events v
     join event_bodies b on b.organization_id = $1 and b.event_id = v.id
     where v.organization_id = $1";

static GET: Statement =
    Statement::new("select * from events where organization_id = $1 and id = $2");
const DELIVERED_TEXT: &str =
    "select * from events where organization_id = $1 and external_id = $2 order by id";
static DELIVERED: Statement = Statement::new(DELIVERED_TEXT);
static BODY: Statement = Statement::new(
    "select b.body, b.headers from event_bodies b where b.organization_id = $1 and b.event_id = $2",
);
const CONFLICTS_TEXT: &str =
    "select count(*) as events, cast(coalesce(sum(conflicts), 0) as bigint) as deliveries,
         max(conflict_at) as last_at
     from events where organization_id = $1 and livemode = $2 and conflicts > 0";
static CONFLICTS: Statement = Statement::new(CONFLICTS_TEXT);
const UNKNOWN_TEXT: &str =
    "select count(*) as events, max(received_at) as last_at
     from events where organization_id = $1 and livemode = $2 and substr(reason, 1, 8) = 'unknown '";
static UNKNOWN_VALUES: Statement = Statement::new(UNKNOWN_TEXT);

static HOMES_OF_EVENTS: Statement = Statement::new(
    "select neighbourhood_id as home from events where organization_id = $1 and id = $2
     union select neighbourhood_id from events where organization_id = $1 and external_id = $2",
);
static HOME_OF_SALE: Statement = Statement::new(
    "select neighbourhood_id as home from sales where organization_id = $1 and id = $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &GET,
    &DELIVERED,
    &BODY,
    &CONFLICTS,
    &UNKNOWN_VALUES,
    &HOMES_OF_EVENTS,
    &HOME_OF_SALE,
];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("evt_00019000", "evt_00018000");
    let mut samples = LIST.samples("events", &args!["org"], ends, &[], ALL);
    samples.extend([
        lookup("delivered events", DELIVERED_TEXT, args!["org", "evt_x1"]),
        lookup("conflicting events", CONFLICTS_TEXT, args!["org", 1]),
        lookup("events with unknown values", UNKNOWN_TEXT, args!["org", 1]),
    ]);
    samples
}

/// A part of the events that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Event>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Event::read(&row))
}

/// The newest events that meet all of `by`, however far back they are.
pub async fn newest(
    scope: &Scope<'_>,
    by: &[By<'_>],
    limit: i64,
) -> Result<Vec<Event>, StoreError> {
    let (mut events, mut after) = (Vec::new(), String::new());
    loop {
        let had = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let part = Part {
            after: &after,
            rows: limit.saturating_sub(had),
            looks: LOOKS,
        };
        let found = list(scope, by, part).await?;
        events.extend(found.rows);
        let full = i64::try_from(events.len()).is_ok_and(|have| have >= limit);
        match found.go_on.filter(|_| !full) {
            Some(position) => after = position,
            None => return Ok(events),
        }
    }
}

/// The next events after an id that meet all of `by`, oldest first, with what was delivered, where it is still kept.
pub async fn export(
    scope: &Scope<'_>,
    by: &[By<'_>],
    after: &str,
    limit: i64,
) -> Result<Vec<(Event, Stored)>, StoreError> {
    let mut select = Select::new(WITH_BODY, args![scope.org]);
    for condition in by {
        let clause = condition.clause();
        select = select.and(clause.text, clause.values);
    }
    // Said of both, so that neither is gone through from the beginning.
    let select = select
        .and(" and v.id > ? and b.event_id > ?", [after, after])
        .and(" order by v.id limit ?", [limit]);
    let (statement, args) = select.build();
    let rows = scope.store.read(&statement, args).await?;
    let read = |row: &Row| Ok((Event::read(row)?, Stored::read(row)?));
    rows.iter().map(read).collect()
}

/// An event by its id here.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Event>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Event::read).transpose()
}

/// The events of an id: ours, else the processor's.
pub async fn meant(scope: &Scope<'_>, id: &str) -> Result<Vec<Event>, StoreError> {
    if let Some(event) = find(scope, id).await? {
        return Ok(vec![event]);
    }
    let rows = scope.store.read(&DELIVERED, args![scope.org, id]).await?;
    rows.iter().map(Event::read).collect()
}

/// The neighbourhoods of the ledger that events and sales belong to: of the sales of these ids, and of the events that an id means, ours or the
/// processor's.
pub async fn homes(
    scope: &Scope<'_>,
    id: &str,
    sale_ids: &[String],
) -> Result<BTreeSet<String>, StoreError> {
    let mut homes = BTreeSet::new();
    let args = args![scope.org, id];
    let mut rows = scope.store.read(&HOMES_OF_EVENTS, args).await?;
    for sale in sale_ids {
        let args = args![scope.org, sale.as_str()];
        rows.extend(scope.store.read(&HOME_OF_SALE, args).await?);
    }
    for row in &rows {
        homes.extend(opt_text(row, "home")?);
    }
    Ok(homes)
}

/// What was delivered: the body as it is stored, and the kept headers as JSON text.
pub struct Stored {
    /// To be unpacked by the inbox.
    pub packed: Vec<u8>,
    /// Names and values.
    pub headers: String,
}

/// What was delivered; `None` where it is no longer kept.
pub async fn body(scope: &Scope<'_>, id: &str) -> Result<Option<Stored>, StoreError> {
    let rows = scope.store.read(&BODY, args![scope.org, id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Stored::read(row).map(Some)
}

impl Stored {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            packed: row.bytes("body")?.to_owned(),
            headers: text(row, "headers")?,
        })
    }
}

/// The sales that some events speak of, by ledger and name.
#[derive(Debug, Clone, Default)]
pub struct Sales(BTreeMap<(bool, String), String>);

impl Sales {
    /// Those of these events.
    pub async fn of(scope: &Scope<'_>, events: &[Event]) -> Result<Self, StoreError> {
        let mut names: BTreeSet<(bool, &str)> = BTreeSet::new();
        for event in events {
            names.extend(
                event
                    .mentions
                    .iter()
                    .map(|name| (event.livemode, name.as_str())),
            );
        }
        let mut wanted = Rows::new(2);
        for (livemode, name) in names {
            wanted.push([livemode.into(), name.into()]);
        }
        let mut sales = Self::default();
        if wanted.is_empty() {
            return Ok(sales);
        }
        let args = args![scope.org; wanted];
        for row in scope.store.read(&SALES_NAMED, args).await? {
            let place = (row.flag("livemode")?, text(&row, "name")?);
            sales.0.insert(place, text(&row, "sale_id")?);
        }
        Ok(sales)
    }

    /// The ids of those that one of the events speaks of.
    pub fn of_event(&self, event: &Event) -> BTreeSet<String> {
        let names = event.mentions.iter();
        let sales = names.filter_map(|name| self.0.get(&(event.livemode, name.clone())));
        sales.cloned().collect()
    }

    /// The ids of all, sorted.
    pub fn ids(&self) -> BTreeSet<String> {
        self.0.values().cloned().collect()
    }
}

/// How many events are remarkable in some way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Events.
    pub events: i64,
    /// Deliveries of them that are.
    pub deliveries: i64,
    /// When the last came.
    pub last_at: Option<Micros>,
}

/// The events of which some deliveries said something else than the first.
pub async fn conflicting(scope: &Scope<'_>, livemode: bool) -> Result<Count, StoreError> {
    let args = args![scope.org, livemode];
    let rows = scope.store.read(&CONFLICTS, args).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("count"))?;
    Ok(Count {
        events: row.int("events")?,
        deliveries: row.int("deliveries")?,
        last_at: opt_time(row, "last_at")?,
    })
}

/// The events that hold a value which is not known here and may decide about money.
pub async fn unknown(scope: &Scope<'_>, livemode: bool) -> Result<Count, StoreError> {
    let args = args![scope.org, livemode];
    let rows = scope.store.read(&UNKNOWN_VALUES, args).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("count"))?;
    let events = row.int("events")?;
    Ok(Count {
        events,
        deliveries: events,
        last_at: opt_time(row, "last_at")?,
    })
}

impl Event {
    /// Why its body is no longer kept, where that is so.
    pub fn why_without_body(&self) -> String {
        match self.body_removed_at {
            Some(at) => {
                let at = at.to_string();
                let day = at.get(..10).unwrap_or_default();
                format!("the body was removed by retention on {day}; what it said is in the ledger")
            }
            None => "the body was erased by a request of privacy law".to_owned(),
        }
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let mentions = serde_json::from_str(row.text("mentions")?)
            .map_err(|_damaged| StoreError::Corrupt("events.mentions"))?;
        Ok(Self {
            id: text(row, "id")?,
            source_id: text(row, "source_id")?,
            processor: text(row, "processor")?,
            external_id: text(row, "external_id")?,
            event_type: text(row, "type")?,
            api_version: text(row, "api_version")?,
            livemode: row.flag("livemode")?,
            state: word(row, "state", State::ALL, State::word)?,
            reason: opt_text(row, "reason")?,
            mentions,
            occurred_at: opt_time(row, "occurred_at")?,
            received_at: time(row, "received_at")?,
            processed_at: opt_time(row, "processed_at")?,
            deliveries: row.int("deliveries")?,
            conflicts: row.int("conflicts")?,
            conflict_at: opt_time(row, "conflict_at")?,
            body_removed_at: opt_time(row, "body_removed_at")?,
        })
    }
}
