//! What the lines of a payment are: what was told of a line once holds, whichever snapshot told it.
//!
//! Processors forget what was deleted: the newest snapshot tells the money, and no longer what it was for. Never
//! looks at amounts.

use std::collections::BTreeMap;

use providers::fact::{Bought, Payment};

use super::facts::FactSet;

/// The ids of a payment's lines as far as any snapshot of it tells them, by the last of them, which is the line's own.
#[derive(Debug, Default)]
pub(super) struct Lines<'a>(BTreeMap<&'a str, &'a [String]>);

impl<'a> Lines<'a> {
    /// What is known of the lines of a payment. Of two tellings the one that forgets less counts.
    pub(super) fn of(facts: &'a FactSet, payment: &Payment) -> Self {
        let mut lines: BTreeMap<&str, &[String]> = BTreeMap::new();
        let start = payment.start_of_key();
        for thing in facts.snapshots(&start).flat_map(|told| &told.bought) {
            if let Some(line) = thing.ids.last() {
                let known = lines.entry(line).or_default();
                if thing.ids.len() > known.len() {
                    *known = &thing.ids;
                }
            }
        }
        Self(lines)
    }

    /// The things that went back of what was `bought`, each with all ids that are known of it, its own first. Where it does
    /// not name its line, it is of the first that has an id of it.
    pub(super) fn name_returned(&self, things: &[Bought], bought: &[Bought]) -> Vec<Bought> {
        let mut things = self.name(things);
        for thing in &mut things {
            let is_of = |line: &&Bought| line.ids.iter().any(|id| thing.ids.contains(id));
            let line = bought.iter().find(is_of);
            let ids = line.into_iter().flat_map(|line| &line.ids);
            let more: Vec<String> = ids.filter(|id| !thing.ids.contains(id)).cloned().collect();
            thing.ids.extend(more);
        }
        things
    }

    /// The things with all ids that are known of them.
    pub(super) fn name(&self, things: &[Bought]) -> Vec<Bought> {
        let mut things = things.to_vec();
        for thing in &mut things {
            let known = thing.ids.last().and_then(|line| self.0.get(line.as_str()));
            if let Some(ids) = known.filter(|ids| ids.len() > thing.ids.len()) {
                thing.ids = ids.to_vec();
            }
        }
        things
    }
}

/// The ids of a payment for rules, with those of its things that its own snapshot has forgotten.
pub(super) fn products(payment: &Payment, bought: &[Bought]) -> Vec<String> {
    let mut products = payment.products.clone();
    let forgotten = bought.iter().filter(|thing| thing.is_forgotten);
    let ids = forgotten.filter_map(|thing| thing.ids.split_last());
    for id in ids.flat_map(|(_line, ids)| ids) {
        if !products.contains(id) {
            products.push(id.clone());
        }
    }
    products
}
