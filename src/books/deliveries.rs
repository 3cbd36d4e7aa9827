//! Deliveries as they are stored, with their bodies: for whoever reads many of them once more, a part at a time.

use std::collections::BTreeSet;

use providers::Micros;

use super::Scope;
use super::events::State;
use super::row::{opt_text, text, time, word};
use crate::args;
use crate::store::{Args, Row, Rows, Statement, StoreError, Transaction};

/// The oldest bodies that there are: by id, which is by time of arrival.
static OLD: Statement = Statement::new(
    "select b.event_id, e.received_at, e.state from event_bodies b
     join events e on e.organization_id = $1 and e.id = b.event_id
     where b.organization_id = $1 and b.event_id > $2 and e.id > $2 order by b.event_id limit $3",
);
/// Events that belong to no neighbourhood: ignored, unreadable, and requests themselves.
static STRAYS: Statement = Statement::new(
    "select e.id, b.body from events e
     join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.neighbourhood_id is null
         and e.state <> 'received'
     order by e.id limit $3",
);
static OF_EVENTS: Statement = Statement::new(
    "select e.id, e.source_id, e.processor, e.type, e.received_at, e.state, e.livemode,
         b.headers, b.body
     from {rows r: id text}
     join events e on e.organization_id = $1 and e.id = r.id
     join event_bodies b on b.organization_id = $1 and b.event_id = r.id
     order by e.id",
);
static OF_SOURCE: Statement = Statement::new(
    "select e.id from events e
     join event_bodies b on b.organization_id = $1 and b.event_id = e.id
     where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.source_id = $3
         and e.state <> 'received'
     order by e.id limit $4",
);
static NEIGHBOURHOODS_OF_SOURCE: Statement = Statement::new(
    "select distinct e.neighbourhood_id as id from events e
     where e.organization_id = $1 and e.source_id = $2 and e.neighbourhood_id is not null
     union select f.neighbourhood_id as id from events e
     join facts f on f.organization_id = $1 and f.event_id = e.id
     where e.organization_id = $1 and e.source_id = $2
     order by id",
);
macro_rules! wanted {
    ($from:literal) => {
        concat!(
            "select e.id, e.neighbourhood_id from ",
            $from,
            " join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1 and e.id > $2 and b.event_id > $2 and e.state <> 'received'
         and (cast($3 as text) is null or e.processor = cast($3 as text))
         and (cast($4 as text) is null or e.source_id = cast($4 as text))
         and (cast($5 as text) is null or e.type = cast($5 as text))
         and (cast($6 as text) is null or e.state = cast($6 as text))
         and (cast($7 as bigint) is null or e.received_at >= cast($7 as bigint))
         and (cast($8 as bigint) is null or e.received_at < cast($8 as bigint))
         and (cast($10 as bigint) is null or e.livemode = cast($10 as bigint))
     order by e.id limit $9"
        )
    };
}

/// Events that have been looked at and whose body is there, by id. Filters that are null let all pass.
static READABLE: Statement = Statement::new(wanted!("events e"));
/// The same among events of some ids.
static READABLE_OF: Statement = Statement::new(wanted!(
    "{rows r: id text} join events e on e.organization_id = $1 and e.id = r.id"
));

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &OLD,
    &STRAYS,
    &OF_EVENTS,
    &OF_SOURCE,
    &NEIGHBOURHOODS_OF_SOURCE,
    &READABLE,
    &READABLE_OF,
];

/// A body that is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldBody {
    /// Its event.
    pub event_id: String,
    /// When it arrived.
    pub received_at: Micros,
    /// Whether nothing about its event is open.
    pub is_settled: bool,
}

/// The next bodies after an event's, oldest first.
pub async fn old(scope: &Scope<'_>, after: &str, limit: i64) -> Result<Vec<OldBody>, StoreError> {
    let args = args![scope.org, after, limit];
    let rows = scope.store.read(&OLD, args).await?;
    rows.iter()
        .map(|row| {
            let state = word(row, "state", State::ALL, State::word)?;
            Ok(OldBody {
                event_id: text(row, "event_id")?,
                received_at: time(row, "received_at")?,
                is_settled: matches!(state, State::Processed | State::Ignored),
            })
        })
        .collect()
}

/// The next events outside of any neighbourhood, each with its body as it is stored.
pub async fn strays(
    scope: &Scope<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let args = args![scope.org, after, limit];
    let rows = scope.store.read(&STRAYS, args).await?;
    rows.iter()
        .map(|row| Ok((text(row, "id")?, row.bytes("body")?.to_owned())))
        .collect()
}

/// The events of these ids whose body is there, as the ledger's writer reads events.
pub async fn of_events(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: Rows,
) -> Result<Vec<Row>, StoreError> {
    transaction.run(&OF_EVENTS, args![org; ids]).await
}

/// The next events of a source that have been looked at and whose body is there.
pub async fn of_source(
    transaction: &mut dyn Transaction,
    org: &str,
    (source_id, after, limit): (&str, &str, i64),
) -> Result<Vec<String>, StoreError> {
    let args = args![org, after, source_id, limit];
    let rows = transaction.run(&OF_SOURCE, args).await?;
    rows.iter().map(|row| text(row, "id")).collect()
}

/// The neighbourhoods in which something is that a source has told.
pub async fn neighbourhoods_of_source(
    scope: &Scope<'_>,
    source_id: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let args = args![scope.org, source_id];
    let rows = scope.store.read(&NEIGHBOURHOODS_OF_SOURCE, args).await?;
    rows.iter().map(|row| text(row, "id")).collect()
}

/// Which events are to be read again. What is `None` lets all pass.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Of a processor.
    pub processor: Option<&'a str>,
    /// Of a source.
    pub source_id: Option<&'a str>,
    /// Of a type.
    pub event_type: Option<&'a str>,
    /// In a state.
    pub state: Option<&'a str>,
    /// Received then or later.
    pub since: Option<Micros>,
    /// Received earlier.
    pub until: Option<Micros>,
    /// Of the live or the test ledger.
    pub livemode: Option<bool>,
}

impl Wanted<'_> {
    fn args(&self, scope: &Scope<'_>, after: &str, limit: i64) -> Args {
        args![
            scope.org,
            after,
            self.processor,
            self.source_id,
            self.event_type,
            self.state,
            self.since.map(|at| at.0),
            self.until.map(|at| at.0),
            limit,
            self.livemode
        ]
    }
}

/// The next events that are wanted, have been looked at and can be read again; each with its neighbourhood.
pub async fn readable(
    scope: &Scope<'_>,
    wanted: Wanted<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let args = wanted.args(scope, after, limit);
    homes(&scope.store.read(&READABLE, args).await?)
}

/// Those of some events that are wanted, have been looked at and can be read again; each with its neighbourhood.
pub async fn readable_of(
    scope: &Scope<'_>,
    wanted: Wanted<'_>,
    ids: &[&String],
) -> Result<Vec<(String, Option<String>)>, StoreError> {
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push([id.as_str().into()]);
    }
    let args = wanted.args(scope, "", i64::MAX).rows(rows);
    homes(&scope.store.read(&READABLE_OF, args).await?)
}

fn homes(rows: &[Row]) -> Result<Vec<(String, Option<String>)>, StoreError> {
    rows.iter()
        .map(|row| Ok((text(row, "id")?, opt_text(row, "neighbourhood_id")?)))
        .collect()
}
