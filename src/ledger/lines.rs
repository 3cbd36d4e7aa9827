//! What the lines of a payment are: what was told of a line once holds, whichever snapshot told it; and of a document of many lines, which shows the
//! first alone, all of them, once every page was told.
//!
//! Processors forget what was deleted: the newest snapshot tells the money, and no longer what it was for. Never
//! looks at amounts.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Bought, Lines as Page, Payment};
use providers::{Fact, Name};

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
    /// not name its line, it is of the first that has an id of it: two lines may be of one product at two prices.
    pub(super) fn name_returned(&self, things: &[Bought], bought: &[Bought]) -> Vec<Bought> {
        let mut things = self.name(things);
        for thing in &mut things {
            let has = |id: &String| thing.ids.contains(id);
            let is_it = |line: &&Bought| line.ids.last().is_some_and(has);
            let is_of = |line: &&Bought| line.ids.iter().any(has);
            let line = bought.iter().find(is_it);
            let line = line.or_else(|| bought.iter().find(is_of));
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

/// What was bought where the document of a payment was told page by page: its ids for rules, those of lines that are paid for first, and how much
/// each thing is of the goods. `None` where it shows all its lines, or a page is missing.
pub(super) fn paged(facts: &FactSet, names: &BTreeSet<Name>) -> Option<(Vec<String>, Vec<Bought>)> {
    let mut lines = names.iter().find_map(|name| pages(facts, name))?;
    let told = lines.iter().filter_map(|line| {
        let (own, ids) = line.ids.split_last()?;
        Some((ids.to_vec(), Some(own.clone()), line.amount))
    });
    let bought = Bought::of_lines(told);
    lines.sort_by_key(|line| line.amount <= 0);
    let mut products: Vec<String> = Vec::new();
    for (_own, ids) in lines.iter().filter_map(|line| line.ids.split_last()) {
        for id in ids {
            if !products.contains(id) {
                products.push(id.clone());
            }
        }
    }
    Some((products, bought))
}

/// All lines of a document, page after page.
fn pages<'a>(facts: &'a FactSet, document: &Name) -> Option<Vec<&'a Bought>> {
    let (mut lines, mut seen, mut after) = (Vec::new(), BTreeSet::new(), None);
    loop {
        let kept = facts.get(&Page::key_of(document, after))?;
        let Fact::Lines(page) = &kept.fact else {
            return None;
        };
        lines.extend(&page.lines);
        let Some(next) = page.next.as_deref() else {
            return Some(lines);
        };
        // Pages of two tellings could lead round.
        if !seen.insert(next) {
            return None;
        }
        after = Some(next);
    }
}
