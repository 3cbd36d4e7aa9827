//! Refunds, disputes and credits by the id that their processor gives them: what they take back, and which event told of them.
//!
//! What an event says is packed, so no index has these ids. Commands go through all of it ([`meant`]); pages look where such an id can be expected,
//! and no further than a fixed number of rows ([`likely`]).

use std::collections::BTreeSet;

use providers::{Fact, Name};

use super::Scope;
use super::list::LOOKS;
use super::row::{opt_text, text};
use super::statements::ledger::FACTS;
use crate::args;
use crate::ledger::calls::PROCESSOR;
use crate::ledger::writer::stored::kept;
use crate::store::{Row, Rows, Statement, StoreError};

/// Rows read at once.
const ROWS: i64 = 2_000;

// What an event says is packed: this goes through all of it, a part at a time, and is for commands, where nothing else was found.
static NEXT: Statement = Statement::new(
    "select f.neighbourhood_id, f.key, f.event_id, f.processor, f.body from facts f
     where f.organization_id = $1 and (f.neighbourhood_id, f.key, f.event_id) > ($2, $3, $4)
     order by f.neighbourhood_id, f.key, f.event_id limit $5",
);

/// The most neighbourhoods (mostly customers) that a page looks through, and how many at once. No name is kept for such an id: names tie facts
/// together, and what a refund or dispute is called ties nothing.
pub const HOMES: usize = 2_000;
const HOMES_AT_ONCE: usize = 100;

// Where something was taken back, the newest sales first.
static TAKEN: Statement = Statement::new(
    "select s.neighbourhood_id as home from sale_takings t
     join sales s on s.organization_id = $1 and s.id = t.sale_id
     where t.organization_id = $1 order by t.sale_id desc limit $2",
);
// What waits for its payment.
static PARKED: Statement = Statement::new(
    "select neighbourhood_id as home from events
     where organization_id = $1 and state = 'parked' order by id desc limit $2",
);
// What took nothing, such as a dispute that was won: by the types of the newest events.
static TOLD: Statement = Statement::new(
    "select t.home from (
         select v.neighbourhood_id as home, lower(v.type) as kind from events v
         where v.organization_id = $1 order by v.id desc limit $2
     ) t where t.kind like '%refund%' or t.kind like '%dispute%' or t.kind like '%adjustment%' limit $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NEXT, &TAKEN, &PARKED, &TOLD];

/// A refund, dispute or credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// The event that tells of it.
    pub event_id: String,
    /// The payments that it takes something back of.
    pub of: Vec<Name>,
}

/// Those of an id, of all that events have said of them.
pub async fn meant(scope: &Scope<'_>, id: &str) -> Result<Vec<Reversal>, StoreError> {
    let mut found = Vec::new();
    let (mut home, mut key, mut event) = (String::new(), String::new(), String::new());
    loop {
        let args = args![scope.org, home.as_str(), key.as_str(), event.as_str(), ROWS];
        let rows = scope.store.read(&NEXT, args).await?;
        let Some(last) = rows.last() else {
            return Ok(found);
        };
        home = text(last, "neighbourhood_id")?;
        key = text(last, "key")?;
        event = text(last, "event_id")?;
        for row in &rows {
            found.extend(said(row, id)?);
        }
    }
}

/// Those of an id, looked for where they can be expected: in the neighbourhoods `known` to name it; else in those of the newest sales that something was
/// taken of, of what is parked, and of what the newest events about refunds and disputes say.
pub async fn likely(
    scope: &Scope<'_>,
    id: &str,
    known: &BTreeSet<String>,
) -> Result<Vec<Reversal>, StoreError> {
    let homes = if known.is_empty() {
        expected(scope).await?
    } else {
        known.iter().cloned().collect()
    };
    for some in homes.chunks(HOMES_AT_ONCE) {
        let mut wanted = Rows::new(1);
        for home in some {
            wanted.push([home.as_str().into()]);
        }
        let mut found = Vec::new();
        for row in scope.store.read(&FACTS, args![scope.org; wanted]).await? {
            found.extend(said(&row, id)?);
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Neighbourhoods in which something has been taken back of late, or waits.
async fn expected(scope: &Scope<'_>) -> Result<Vec<String>, StoreError> {
    let most = i64::try_from(HOMES).unwrap_or(i64::MAX);
    let mut rows = scope.store.read(&PARKED, args![scope.org, most]).await?;
    rows.extend(scope.store.read(&TAKEN, args![scope.org, most]).await?);
    let told = args![scope.org, LOOKS, most];
    rows.extend(scope.store.read(&TOLD, told).await?);
    let mut homes = Vec::new();
    let mut seen = BTreeSet::new();
    for row in &rows {
        let home = opt_text(row, "home")?;
        homes.extend(home.filter(|home| seen.insert(home.clone())));
    }
    homes.truncate(HOMES);
    Ok(homes)
}

/// What a row says of the refunds, disputes and credits of an id: the processor's, or the merchant's own.
fn said(row: &Row, id: &str) -> Result<Vec<Reversal>, StoreError> {
    let is_meant = |known: &str| {
        let own = known.strip_prefix(PROCESSOR);
        known == id || own.and_then(|own| own.strip_prefix('/')) == Some(id)
    };
    let said = kept(row)?.into_iter().filter_map(|said| match said.fact {
        Fact::Reversal(reversal) if is_meant(&reversal.id) => Some(Reversal {
            event_id: said.event_id,
            of: reversal.of,
        }),
        _ => None,
    });
    Ok(said.collect())
}
