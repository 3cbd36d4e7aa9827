//! Neighbourhoods made anew from the stored deliveries: after an upgrade that reads them better, or a
//! changed setting.
//!
//! Sales, entries, names and neighbourhoods stay; what has become different is added as new entries, as
//! with any batch. Facts of deliveries whose body is gone stay as they are. What a delivery has asked for
//! (closing a source) is not asked again.

use std::collections::{BTreeMap, BTreeSet};

use super::batch::{Batch, Which};
use super::context::Ground;
use super::record::Record;
use super::refold::texts;
use super::{Tools, events, sql};
use crate::args;
use crate::store::{Row, Rows, StoreError, Transaction};

/// The sales of the neighbourhoods made anew, as they were and as they are.
#[derive(Debug, Default)]
pub(crate) struct Rebuilt {
    /// Before, by id.
    pub(crate) before: BTreeMap<String, Record>,
    /// After, by id.
    pub(crate) after: BTreeMap<String, Record>,
    /// How many events were read again.
    pub(crate) events: usize,
}

/// Makes the neighbourhoods of some events anew, in one transaction. With `keep` false everything is
/// undone at the end: the answer is what it would do.
pub(crate) async fn rebuild(
    tools: &Tools,
    org: &str,
    event_ids: &BTreeSet<String>,
    keep: bool,
) -> Result<Rebuilt, StoreError> {
    let mut transaction = tools.store.begin().await?;
    let locked = transaction.run(&sql::LOCK, args![org]).await?;
    let (homes, ids) = belonging(transaction.as_mut(), org, event_ids).await?;
    let events = events::again(transaction.as_mut(), org, &ids).await?;
    let count = events.len();
    if !homes.is_empty() {
        let args = args![org; texts(&homes)];
        transaction.run(&sql::DELETE_FACTS, args).await?;
    }
    let mut batch = Batch::whole(tools, org, transaction.as_mut(), &locked)?;
    let ground = Ground::read(batch.transaction, org).await?;
    let done = batch.process(&ground, events, Which::These(&homes)).await?;
    events::heed_notices(batch.transaction, org, batch.now, &done.events).await?;
    let after = sales(transaction.as_mut(), org, texts(&done.touched)).await?;
    if keep {
        transaction.commit().await?;
    }
    Ok(Rebuilt {
        before: done.results.sales_before,
        after,
        events: count,
    })
}

/// The neighbourhoods of some events, and all events whose facts are in those.
pub(crate) async fn belonging(
    transaction: &mut dyn Transaction,
    org: &str,
    event_ids: &BTreeSet<String>,
) -> Result<(BTreeSet<String>, BTreeSet<String>), StoreError> {
    let mut ids = event_ids.clone();
    if ids.is_empty() {
        return Ok((BTreeSet::new(), ids));
    }
    let args = args![org; texts(event_ids)];
    let rows = transaction.run(&sql::HOMES, args).await?;
    let homes = column(&rows, "neighbourhood_id")?;
    if !homes.is_empty() {
        for statement in [&sql::EVENTS_OF, &sql::FACTS_EVENTS] {
            let args = args![org; texts(&homes)];
            let rows = transaction.run(statement, args).await?;
            ids.extend(column(&rows, "id")?);
        }
    }
    Ok((homes, ids))
}

fn column(rows: &[Row], name: &'static str) -> Result<BTreeSet<String>, StoreError> {
    rows.iter()
        .map(|row| row.text(name).map(str::to_owned))
        .collect()
}

async fn sales(
    transaction: &mut dyn Transaction,
    org: &str,
    neighbourhoods: Rows,
) -> Result<BTreeMap<String, Record>, StoreError> {
    let mut sales = BTreeMap::new();
    if neighbourhoods.is_empty() {
        return Ok(sales);
    }
    let args = args![org; neighbourhoods];
    for row in transaction.run(&sql::SALES, args).await? {
        let record = Record::read(&row)?;
        sales.insert(record.id.clone(), record);
    }
    Ok(sales)
}
