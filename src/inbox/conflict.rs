//! Deliveries that come under the id of an event and say something else than its first one.
//!
//! A processor that sends an event again sends the same bytes, or other bytes that say the same: a counter of attempts
//! or the time of sending has changed. Where what they *say* differs, one of the two is not counted, and its owner has
//! to know: the event counts such deliveries. Nothing here folds them, keeps them, or changes what is answered.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::Fact;
use providers::{Settings, Verified};

use super::{Arrival, Receipt, sql, unpack};
use crate::args;
use crate::store::{Row, Rows, StoreError, Transaction};

/// How many deliveries of an event said something else, and when the last came, in UTC microseconds.
type Counts<'a> = BTreeMap<&'a str, (i64, i64)>;

/// Compares the duplicates of a batch with the first delivery of their event, and counts those that differ.
pub(super) async fn note(
    transaction: &mut dyn Transaction,
    org: &str,
    arrivals: &[&Arrival],
    receipts: &[Receipt],
) -> Result<(), StoreError> {
    let told = || arrivals.iter().copied().zip(receipts);
    let duplicates = || told().filter(|(_, receipt)| receipt.duplicate);
    if duplicates().next().is_none() {
        return Ok(());
    }
    let mut first: BTreeMap<&str, Verified> = BTreeMap::new();
    for row in first_bodies(transaction, org, duplicates()).await? {
        let id = row.text("event_id")?;
        let known = duplicates().find(|(_, receipt)| receipt.event_id == id);
        if let (Some((_, receipt)), Some(verified)) = (known, stored(&row)?) {
            first.insert(&receipt.event_id, verified);
        }
    }
    let other: Vec<(&Arrival, &str)> = duplicates()
        .filter_map(|(arrival, receipt)| {
            let first = first.get(receipt.event_id.as_str())?;
            (first.body() != arrival.verified.body())
                .then_some((arrival, receipt.event_id.as_str()))
        })
        .collect();
    if other.is_empty() {
        return Ok(());
    }
    let settings = settings(transaction, org, &other).await?;
    let mut counts = Counts::new();
    for (arrival, id) in other {
        let settings = settings.get(&arrival.source_id);
        let same = first.get(id).is_some_and(|first| {
            settings.is_some_and(|settings| says_the_same(arrival, first, settings))
        });
        if !same {
            let (count, at) = counts.entry(id).or_default();
            (*count, *at) = (*count + 1, arrival.received_at.0.max(*at));
        }
    }
    count(transaction, org, counts).await
}

/// The bodies that the batch's duplicates are compared with. Those of this batch are stored by now.
async fn first_bodies<'a>(
    transaction: &mut dyn Transaction,
    org: &str,
    duplicates: impl Iterator<Item = (&'a Arrival, &'a Receipt)>,
) -> Result<Vec<Row>, StoreError> {
    let ids: BTreeSet<&str> = duplicates
        .map(|(_, receipt)| receipt.event_id.as_str())
        .collect();
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push([id.into()]);
    }
    transaction.run(&sql::FIRST_BODIES, args![org; rows]).await
}

/// `None` where it is damaged, so that nothing can be compared with it.
fn stored(row: &Row) -> Result<Option<Verified>, StoreError> {
    let body = unpack(row.bytes("body")?);
    let headers = serde_json::from_str(row.text("headers")?);
    Ok(match (body, headers) {
        (Ok(body), Ok(headers)) => Some(Verified::from_inbox(body, headers)),
        _ => None,
    })
}

/// The settings of the deliveries' sources; none for a source whose settings cannot be read.
async fn settings(
    transaction: &mut dyn Transaction,
    org: &str,
    deliveries: &[(&Arrival, &str)],
) -> Result<BTreeMap<String, Settings>, StoreError> {
    let mut rows = Rows::new(1);
    for (arrival, _) in deliveries {
        rows.push([arrival.source_id.as_str().into()]);
    }
    let mut settings = BTreeMap::new();
    for row in transaction.run(&sql::SETTINGS, args![org; rows]).await? {
        if let Some(own) = Settings::from_json(row.text("settings")?) {
            settings.insert(row.text("id")?.to_owned(), own);
        }
    }
    Ok(settings)
}

fn says_the_same(arrival: &Arrival, first: &Verified, settings: &Settings) -> bool {
    let Some(adapter) = providers::adapter(&arrival.processor) else {
        return false;
    };
    let said = |verified| {
        let facts = adapter.normalize(verified, settings).facts;
        let mut said: Vec<_> = facts
            .into_iter()
            .flat_map(Fact::split)
            .map(|fact| timeless(&fact))
            .collect();
        said.sort();
        said
    };
    said(&arrival.verified) == said(first)
}

/// A fact without its version, which some processors take from the time of sending, and without a time that is no other
/// than that.
fn timeless(fact: &Fact) -> String {
    let mut said = serde_json::to_value(fact).unwrap_or_default();
    if let Some(members) = said.as_object_mut() {
        let sent_at = serde_json::to_value(fact.version().at).unwrap_or_default();
        members.retain(|name, value| name != "version" && *value != sent_at);
    }
    said.to_string()
}

async fn count(
    transaction: &mut dyn Transaction,
    org: &str,
    counts: Counts<'_>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(3);
    for (id, (count, at)) in counts {
        tracing::warn!(
            event.id = id,
            "a delivery came under the id of an event and says something else; it does not count"
        );
        rows.push([id.into(), count.into(), at.into()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    transaction
        .run(&sql::COUNT_CONFLICTS, args![org; rows])
        .await?;
    Ok(())
}
