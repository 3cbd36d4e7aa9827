//! Neighbourhoods folded once more, from the facts that are stored or from facts that are given.
//!
//! Reads only: what the folds say is for the caller to publish, to compare or to explain.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::before::Before;
use super::context::{self, Ground, Lookups, Wanted};
use super::publish::Folded;
use super::{sql, stored};
use crate::args;
use crate::ledger::facts::FactSet;
use crate::ledger::fold::fold;
use crate::store::{Rows, StoreError, Transaction};

/// Facts by neighbourhood; the flag is the mode.
pub(crate) type Neighbourhoods = BTreeMap<String, (bool, FactSet)>;

/// Folds, with what they were made from and what the database has of the same neighbourhoods.
pub(crate) struct Refolded {
    /// What each neighbourhood adds up to.
    pub(crate) folded: Vec<Folded>,
    /// What is in the database.
    pub(crate) before: Before,
    /// Clicks, rules, rates.
    pub(crate) lookups: Lookups,
}

/// Folds given facts with today's clicks, rules and rates, and with the rates that commissions have been
/// converted at already.
pub(crate) async fn refold(
    transaction: &mut dyn Transaction,
    org: &str,
    neighbourhoods: &Neighbourhoods,
    now: Micros,
) -> Result<Refolded, StoreError> {
    let wanted = wanted(neighbourhoods);
    let ground = Ground::read(transaction, org).await?;
    let lookups = context::load(transaction, org, (&wanted, &ground), now).await?;
    let ids: BTreeSet<String> = neighbourhoods.keys().cloned().collect();
    let before = Before::read(transaction, org, &ids).await?;
    let folded = fold_all(neighbourhoods, &lookups, &before)?;
    Ok(Refolded {
        folded,
        before,
        lookups,
    })
}

/// Folds each neighbourhood.
///
/// # Errors
/// [`StoreError::Damaged`]: what one of them is to be folded by cannot be read.
pub(crate) fn fold_all(
    neighbourhoods: &Neighbourhoods,
    lookups: &Lookups,
    before: &Before,
) -> Result<Vec<Folded>, StoreError> {
    let stamped = before.stamped();
    let mut folded = Vec::with_capacity(neighbourhoods.len());
    for (id, (livemode, facts)) in neighbourhoods {
        let context = lookups.context(*livemode);
        lookups
            .damaged
            .check(*livemode, facts, &context.directory)?;
        let outcome = match stamped.get(id) {
            Some(rates) => {
                let mut context = context.clone();
                context.terms.stamped.clone_from(rates);
                fold(facts, &context)
            }
            None => fold(facts, context),
        };
        folded.push(Folded {
            id: id.clone(),
            livemode: *livemode,
            outcome,
        });
    }
    Ok(folded)
}

/// All that the folds of some neighbourhoods may look up.
pub(crate) fn wanted(neighbourhoods: &Neighbourhoods) -> Wanted {
    let mut wanted = Wanted::default();
    for (livemode, facts) in neighbourhoods.values() {
        wanted.facts(*livemode, facts);
    }
    wanted
}

/// Those of some neighbourhoods that are still there, with their modes.
pub(crate) async fn existing(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, bool>, StoreError> {
    let rows = texts(ids);
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = transaction
        .run(&sql::NEIGHBOURHOODS, args![org; rows])
        .await?;
    rows.iter()
        .map(|row| Ok((row.text("id")?.to_owned(), row.flag("livemode")?)))
        .collect()
}

/// Adds the stored facts of neighbourhoods.
pub(crate) async fn read_facts(
    transaction: &mut dyn Transaction,
    org: &str,
    neighbourhoods: &mut Neighbourhoods,
) -> Result<(), StoreError> {
    let all = texts(neighbourhoods.keys());
    read_facts_of(transaction, org, all, neighbourhoods).await
}

/// Adds the stored facts of some of the neighbourhoods, by their ids.
pub(crate) async fn read_facts_of(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: Rows,
    neighbourhoods: &mut Neighbourhoods,
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    for row in transaction.run(&sql::FACTS, args![org; ids]).await? {
        if let Some((_, set)) = neighbourhoods.get_mut(row.text("neighbourhood_id")?) {
            stored::absorb(&row, set)?;
        }
    }
    Ok(())
}

/// Texts as a batch of one column.
pub(crate) fn texts<'t>(values: impl IntoIterator<Item = &'t String>) -> Rows {
    let mut rows = Rows::new(1);
    for value in values {
        rows.push([value.as_str().into()]);
    }
    rows
}
