//! How deliveries fare: what waits, by source and state, and when a source was heard last.

use std::collections::BTreeMap;

use providers::Micros;

use super::Scope;
use super::row::text;
use crate::args;
use crate::store::{Statement, StoreError};

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
    "select t.source_id, max(t.received_at) as last_at, cast(count(*) as bigint) as events
     from (select source_id, received_at from events where organization_id = $1 order by id desc limit $2) t
     group by t.source_id",
);
static HELD: Statement = Statement::new(
    "select cast(count(*) as bigint) as sales from sales
     where organization_id = $1 and livemode = $2 and state = 'live' and review is not null",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OPEN, &HEARD, &HELD];

/// How many of the newest deliveries are looked at.
const NEWEST: i64 = 5_000;

/// Events of one source and state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// How many.
    pub events: i64,
    /// When the oldest of them arrived.
    pub oldest_at: Micros,
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

/// How many commissions are held for review.
pub async fn held(scope: &Scope<'_>, livemode: bool) -> Result<i64, StoreError> {
    let rows = scope.store.read(&HELD, args![scope.org, livemode]).await?;
    rows.first().map_or(Ok(0), |row| row.int("sales"))
}
