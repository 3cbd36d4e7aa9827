//! The sales that an id may mean: the id of a sale or commission, any name of a payment, or an event that
//! speaks of sales, by its id here or the processor's.
//!
//! The cheaper way first, and the next only where the one before finds nothing.

use providers::Name;

use crate::args;
use crate::id;
use crate::ledger::writer::sql::SALES_NAMED;
use crate::store::{Row, Rows, Statement, Store, StoreError};

static SALE: Statement =
    Statement::new("select id as sale_id from sales where organization_id = $1 and id = $2");

static NAMED: Statement = Statement::new(
    "select distinct sale_id from sale_references where organization_id = $1 and name = $2
     order by sale_id",
);

static EVENT: Statement =
    Statement::new("select livemode, mentions from events where organization_id = $1 and id = $2");

static DELIVERED: Statement = Statement::new(
    "select livemode, mentions from events where organization_id = $1 and external_id = $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&SALE, &NAMED, &EVENT, &DELIVERED, &OF_LEDGER];

static OF_LEDGER: Statement = Statement::new(
    "select s.id as sale_id from sales s where s.organization_id = $1
         and s.id in (select r.id from {rows r: id text}) and s.livemode = $2",
);

/// The ids of the sales that `id` may mean, sorted; none where it means nothing. `ledger` is the only one whose sales
/// are there, if any.
///
/// # Errors
/// What the database said.
pub async fn sales_meant(
    store: &dyn Store,
    org: &str,
    id: &str,
    ledger: Option<bool>,
) -> Result<Vec<String>, StoreError> {
    let meant = in_both_ledgers(store, org, id).await?;
    let Some(livemode) = ledger else {
        return Ok(meant);
    };
    if meant.is_empty() {
        return Ok(meant);
    }
    let mut rows = Rows::new(1);
    for id in meant {
        rows.push([id.into()]);
    }
    ids(&store.read(&OF_LEDGER, args![org, livemode; rows]).await?)
}

async fn in_both_ledgers(
    store: &dyn Store,
    org: &str,
    id: &str,
) -> Result<Vec<String>, StoreError> {
    let sale = store.read(&SALE, args![org, sale_id(id)]).await?;
    if !sale.is_empty() {
        return ids(&sale);
    }
    if let Some(name) = Name::payment(id) {
        let named = store.read(&NAMED, args![org, name.as_str()]).await?;
        if !named.is_empty() {
            return ids(&named);
        }
    }
    for statement in [&EVENT, &DELIVERED] {
        let events = store.read(statement, args![org, id]).await?;
        if !events.is_empty() {
            return mentioned(store, org, &events).await;
        }
    }
    Ok(Vec::new())
}

/// A commission's id is that of its sale with another prefix.
fn sale_id(id: &str) -> String {
    let tail = id
        .strip_prefix(id::COMMISSION)
        .filter(|tail| tail.starts_with('_'));
    tail.map_or_else(|| id.to_owned(), |tail| format!("{}{tail}", id::SALE))
}

/// The ids of the sales that some events speak of, sorted. Reads `livemode` and `mentions` of each.
///
/// # Errors
/// What the database said.
pub async fn mentioned(
    store: &dyn Store,
    organization_id: &str,
    events: &[Row],
) -> Result<Vec<String>, StoreError> {
    let mut rows = Rows::new(2);
    for event in events {
        let names: Vec<String> = serde_json::from_str(event.text("mentions")?)
            .map_err(|_damaged| StoreError::Corrupt("events.mentions"))?;
        for name in names {
            rows.push([event.int("livemode")?.into(), name.into()]);
        }
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let args = args![organization_id; rows];
    ids(&store.read(&SALES_NAMED, args).await?)
}

fn ids(rows: &[Row]) -> Result<Vec<String>, StoreError> {
    let ids = rows
        .iter()
        .map(|row| row.text("sale_id").map(str::to_owned));
    let mut ids = ids.collect::<Result<Vec<_>, _>>()?;
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
