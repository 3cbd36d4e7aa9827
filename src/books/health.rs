//! How deliveries fare: what waits, by source and state, and when a source was heard last.

use std::collections::BTreeMap;

use providers::Micros;

use super::Scope;
use super::row::text;
use crate::args;
use crate::store::{Statement, Store, StoreError};

/// What is not done yet; each state has an index of its own.
static OPEN: Statement = Statement::new(
    "select source_id, state, cast(count(*) as bigint) as events, min(received_at) as oldest_at
         from events where organization_id = $1 and livemode = $2 and state = 'parked' group by source_id, state
     union all
     select source_id, state, cast(count(*) as bigint), min(received_at)
         from events where organization_id = $1 and livemode = $2 and state = 'failed' group by source_id, state
     union all
     select source_id, state, cast(count(*) as bigint), min(received_at)
         from events where organization_id = $1 and livemode = $2 and state = 'received' group by source_id, state",
);
/// Among the newest deliveries: a source that is not there has not been heard for long.
static HEARD: Statement = Statement::new(
    "select t.source_id, max(t.heard_at) as last_at, cast(count(*) as bigint) as events
     from (select source_id, coalesce(repeated_at, received_at) as heard_at from events where organization_id = $1 order by id desc limit $2) t
     group by t.source_id",
);
/// The same of all organizations at once, for figures that name none. Each state has a small index of its own.
static OPEN_OF_ALL: Statement = Statement::new(
    "select state, cast(count(*) as bigint) as events, min(received_at) as oldest_at
         from events where state = 'parked' group by state
     union all
     select state, cast(count(*) as bigint), min(received_at) from events where state = 'failed' group by state
     union all
     select state, cast(count(*) as bigint), min(received_at) from events where state = 'received' group by state",
);
/// Which types a source has sent, among its newest deliveries.
static TYPES: Statement = Statement::new(
    "select t.type, max(t.heard_at) as last_at from
         (select type, coalesce(repeated_at, received_at) as heard_at from events where organization_id = $1 and source_id = $2 order by id desc limit $3) t
     group by t.type order by t.type",
);
/// When its newest deliveries arrived.
static ARRIVALS: Statement = Statement::new(
    "select received_at from events where organization_id = $1 and source_id = $2 order by id desc limit $3",
);
/// Those of its newest deliveries that say themselves that there is more to tell.
static CUT: Statement = Statement::new(
    "select cast(count(*) as bigint) as events from
         (select reason from events where organization_id = $1 and source_id = $2 order by id desc limit $3) t
     where substr(t.reason, 1, 11) = 'cut short: '",
);
static HELD: Statement = Statement::new(
    "select cast(count(*) as bigint) as sales from sales
     where organization_id = $1 and livemode = $2 and state = 'live' and review is not null",
);

static TALLY: Statement = Statement::new(
    "select cast(count(*) as bigint) as events,
         cast(coalesce(sum(deliveries), 0) as bigint) as deliveries,
         cast(coalesce(sum(case when state = 'parked' then 1 else 0 end), 0) as bigint) as parked,
         cast(coalesce(sum(case when state = 'received' then 1 else 0 end), 0) as bigint) as waiting
     from events where organization_id = $1 and processor <> $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &OPEN,
    &OPEN_OF_ALL,
    &HEARD,
    &TYPES,
    &ARRIVALS,
    &CUT,
    &HELD,
    &TALLY,
];

/// How many of the newest deliveries are looked at.
const NEWEST: i64 = 5_000;
/// How many of a source's deliveries tell how often it delivers.
const ARRIVALS_MOST: i64 = 1_000;

/// Events of one source and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// How many.
    pub events: i64,
    /// When the oldest of them arrived.
    pub oldest_at: Micros,
}

/// How much is in an inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Events.
    pub events: i64,
    /// Deliveries of them, with repetitions.
    pub deliveries: i64,
    /// Events that wait for another.
    pub parked: i64,
    /// Events that nobody has read yet.
    pub waiting: i64,
}

/// By source and state.
pub type AllOpen = BTreeMap<(String, String), Open>;

/// What is parked, failed or not read yet.
pub async fn open(scope: &Scope<'_>, livemode: bool) -> Result<AllOpen, StoreError> {
    let rows = scope.store.read(&OPEN, args![scope.org, livemode]).await?;
    rows.iter()
        .map(|row| {
            let open = Open {
                events: row.int("events")?,
                oldest_at: Micros(row.int("oldest_at")?),
            };
            Ok(((text(row, "source_id")?, text(row, "state")?), open))
        })
        .collect()
}

/// What is parked, failed or not read yet in all organizations together, by state.
pub async fn open_of_all(store: &dyn Store) -> Result<BTreeMap<String, Open>, StoreError> {
    let rows = store.read(&OPEN_OF_ALL, args![]).await?;
    rows.iter()
        .map(|row| {
            let open = Open {
                events: row.int("events")?,
                oldest_at: Micros(row.int("oldest_at")?),
            };
            Ok((text(row, "state")?, open))
        })
        .collect()
}

/// All events in a state.
pub fn in_state(open: &AllOpen, state: &str) -> i64 {
    let of_state = open.iter().filter(|((_, known), _)| known == state);
    of_state.map(|(_, open)| open.events).sum()
}

/// When each source was heard last.
pub async fn heard(scope: &Scope<'_>) -> Result<BTreeMap<String, Micros>, StoreError> {
    let rows = scope.store.read(&HEARD, args![scope.org, NEWEST]).await?;
    rows.iter()
        .map(|row| Ok((text(row, "source_id")?, Micros(row.int("last_at")?))))
        .collect()
}

/// A type of event that a source has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The processor's name of it.
    pub event_type: String,
    /// When one was delivered last, once more too.
    pub last_at: Micros,
}

/// The types that a source has sent, among its newest deliveries.
pub async fn types(scope: &Scope<'_>, source_id: &str) -> Result<Vec<Seen>, StoreError> {
    let args = args![scope.org, source_id, NEWEST];
    let rows = scope.store.read(&TYPES, args).await?;
    rows.iter()
        .map(|row| {
            Ok(Seen {
                event_type: text(row, "type")?,
                last_at: Micros(row.int("last_at")?),
            })
        })
        .collect()
}

/// How many of a source's newest deliveries leave something out.
pub async fn cut(scope: &Scope<'_>, source_id: &str) -> Result<i64, StoreError> {
    let args = args![scope.org, source_id, NEWEST];
    let rows = scope.store.read(&CUT, args).await?;
    rows.first().map_or(Ok(0), |row| row.int("events"))
}

/// When the newest deliveries of a source arrived.
pub async fn arrivals(scope: &Scope<'_>, source_id: &str) -> Result<Vec<Micros>, StoreError> {
    let args = args![scope.org, source_id, ARRIVALS_MOST];
    let rows = scope.store.read(&ARRIVALS, args).await?;
    rows.iter()
        .map(|row| Ok(Micros(row.int("received_at")?)))
        .collect()
}

/// How many commissions are held for review.
pub async fn held(scope: &Scope<'_>, livemode: bool) -> Result<i64, StoreError> {
    let rows = scope.store.read(&HELD, args![scope.org, livemode]).await?;
    rows.first().map_or(Ok(0), |row| row.int("sales"))
}

/// Counts all events but those of one processor, however many there are: for commands, never for a page.
pub async fn tally(scope: &Scope<'_>, but: &str) -> Result<Tally, StoreError> {
    let rows = scope.store.read(&TALLY, args![scope.org, but]).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("events"))?;
    Ok(Tally {
        events: row.int("events")?,
        deliveries: row.int("deliveries")?,
        parked: row.int("parked")?,
        waiting: row.int("waiting")?,
    })
}
