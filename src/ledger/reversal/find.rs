//! Which payments a reversal takes from, by the names it has.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Alias, Fact, Rank, Strength};
use providers::{Name, NameKind};

use super::Waiting;
use super::part::Weight;
use crate::ledger::facts::FactSet;
use crate::ledger::unite::{Group, Payments};

/// Names that are proven to be one payment, short of documents: several charges may pay one of those.
pub(super) fn other_names<'a>(
    facts: &'a FactSet,
    payments: &Payments<'_>,
) -> BTreeMap<&'a Name, BTreeSet<&'a Name>> {
    let mut names: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for fact in facts.facts() {
        if let Fact::Alias(Alias { a, b, strength }) = fact
            && *strength == Strength::Proven
            && a.kind() == NameKind::Payment
            && !is_document(a, payments)
            && !is_document(b, payments)
        {
            names.entry(a).or_default().insert(b);
            names.entry(b).or_default().insert(a);
        }
    }
    names
}

/// Whether a name is that of a document (an invoice, an order).
pub(super) fn is_document(name: &Name, payments: &Payments<'_>) -> bool {
    has_snapshot(name, payments, |rank| rank == Rank::Canonical)
}

/// Whether a payment's snapshot with this very name is known.
pub(super) fn is_seen(name: &Name, payments: &Payments<'_>) -> bool {
    has_snapshot(name, payments, |_| true)
}

fn has_snapshot(name: &Name, payments: &Payments<'_>, rank: impl Fn(Rank) -> bool) -> bool {
    payments.named(name).is_some_and(|group| {
        let mut snapshots = group.payments.iter();
        snapshots.any(|p| rank(p.rank) && p.object == *name)
    })
}

/// Whether these names are of a copy of a payment that another processor tells of itself, with its refunds.
pub(super) fn is_copied(names: &[Name], payments: &Payments<'_>) -> bool {
    let of_document = |name: &Name| {
        let paid = payments.named(name).and_then(Group::paid);
        paid.is_some_and(|payment| payment.rank == Rank::Canonical)
    };
    let mut copies = names
        .iter()
        .filter(|name| has_snapshot(name, payments, |rank| rank == Rank::Checkout));
    copies.any(of_document)
}

/// The payments that a reversal takes from: one, the first that its names lead to; or the documents that
/// share a payment, each with its part.
pub(super) fn targets(
    names: &[Name],
    payments: &Payments<'_>,
) -> Result<Vec<(usize, Weight)>, Waiting> {
    let known: Vec<usize> = names.iter().filter_map(|n| payments.position(n)).collect();
    let group = |at: &usize| payments.groups.get(*at);
    let is_paid = |at: &usize| group(at).is_some_and(|group| group.paid().is_some());
    let is_shared = |at: &usize| group(at).is_some_and(|group| !group.shared_by.is_empty());
    if let Some(at) = known.iter().find(|at| is_paid(at) && !is_shared(at)) {
        return Ok(vec![(*at, Weight::ALL)]);
    }
    let shared = known.iter().filter(|at| is_shared(at)).find_map(group);
    if let Some(shared) = shared {
        let weights = Weight::shares(&shared.shared_by).into_iter();
        let of_documents = weights
            .filter_map(|(document, weight)| Some((payments.position(document)?, weight)))
            .filter(|(at, _)| is_paid(at))
            .collect::<Vec<_>>();
        if !of_documents.is_empty() {
            return Ok(of_documents);
        }
    }
    let seen = |at: &usize| group(at).is_some_and(|group| !group.payments.is_empty());
    Err(if known.iter().any(seen) {
        Waiting::Paid
    } else {
        Waiting::Payment
    })
}
