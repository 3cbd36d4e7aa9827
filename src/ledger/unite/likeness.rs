//! Payments that look like one though no processor says so: hints, and receipts of a payment.
//!
//! Looks never prove anything: they count only where customer and money agree, and no payment is ever
//! hidden behind a document that is paid without it.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{PaymentState, Rank};
use providers::{Currency, Name, NameKind};

use super::links::Links;
use super::{Group, customers};
use crate::ledger::people::People;

impl<'a> Links<'a> {
    /// A hint counts where its target is known, the customers do not differ and the money fits in.
    pub(super) fn apply_hints(&mut self, people: &People<'a>) {
        for (from, target) in std::mem::take(&mut self.hints) {
            let Some(target) = self.hinted(target) else {
                continue;
            };
            if self.sets.same(from, target) {
                continue;
            }
            let (Some(part), Some(whole)) = (self.group(from), self.group(target)) else {
                continue;
            };
            let agree = if is_report(&whole) {
                is_reported(&part, &whole) && !are_strangers(&part, &whole, people)
            } else {
                let (payers, buyers) = (customers(&part, people), customers(&whole, people));
                let known = !payers.is_empty() && !buyers.is_empty();
                !(known && payers.is_disjoint(&buyers)) && fits_in(&part, &whole)
            };
            if agree {
                self.join(from, target, "hint");
            }
        }
    }

    /// The known object that a hint means: itself, or the only one that begins like it.
    fn hinted(&self, target: &'a Name) -> Option<&'a Name> {
        let Some(beginning) = target.as_str().strip_suffix('…') else {
            return self.snapshots.get_key_value(target).map(|(name, _)| *name);
        };
        let start = Name::from_stored(beginning)?;
        let mut found = self
            .snapshots
            .range::<Name, _>(start..)
            .map(|(name, _)| *name)
            .take_while(|name| name.as_str().starts_with(beginning));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// Documents without any payment, and payments without a document, that can only be each other's.
    /// The closest pairs first.
    pub(super) fn apply_twins(&mut self, people: &People<'a>) {
        let groups = self.groups();
        let unshared = groups.iter().filter(|group| group.shared_by.is_empty());
        let (documents, payments): (Vec<_>, Vec<_>) =
            unshared.partition(|group| group.canonical().is_some());
        let windows = self.snapshots.values().flatten();
        let Some(widest) = windows.filter_map(|p| p.twin_window_seconds).max() else {
            return;
        };
        let mut alike: BTreeMap<Looks, Vec<&Group<'_>>> = BTreeMap::new();
        for payment in payments {
            for looks in looks(payment, people) {
                alike.entry(looks).or_default().push(payment);
            }
        }
        let mut pairs: BTreeSet<(u64, Name, Name)> = BTreeSet::new();
        for document in documents.iter().filter(|group| group.names.len() == 1) {
            for looks in looks(document, people) {
                let near = |at: i64| (looks.0.clone(), looks.1, looks.2, at);
                let (from, at) = (near(looks.3.saturating_sub(widest)), near(looks.3));
                let to = near(looks.3.saturating_add(widest));
                let before = alike.range(from..at.clone()).rev();
                let after = alike.range(at..=to);
                let before = before.flat_map(|(_, payments)| payments).take(NEAREST);
                let after = after.flat_map(|(_, payments)| payments).take(NEAREST);
                for payment in before.chain(after) {
                    pairs.extend(twins(document, payment));
                }
            }
        }
        let mut taken: BTreeSet<Name> = BTreeSet::new();
        for (_, a, b) in pairs {
            if !taken.contains(&a) && !taken.contains(&b) && self.join(&a, &b, "twin") {
                taken.extend([a, b]);
            }
        }
    }
}

/// Whether a payment is known by the merchant's own report alone.
fn is_report(group: &Group<'_>) -> bool {
    group.payments.iter().all(|p| p.rank == Rank::Manual)
}

/// Whether a report tells of the amount of a document, with tax or without.
fn is_reported(document: &Group<'_>, report: &Group<'_>) -> bool {
    let (Some(sold), Some(told)) = (document.payments.first(), report.payments.first()) else {
        return false;
    };
    let amounts = [
        sold.amounts.gross,
        sold.amounts.net,
        sold.amounts.gross - sold.amounts.tax,
    ];
    sold.currency == told.currency && amounts.contains(&told.amounts.gross)
}

/// Whether the merchant's own ids say that two payments are of different customers.
fn are_strangers(a: &Group<'_>, b: &Group<'_>, people: &People<'_>) -> bool {
    let [a, b] = [a, b].map(|group| {
        let known = customers(group, people).into_iter();
        let known = known.filter_map(|key| people.customers.get(&key));
        let names = known.flat_map(|customer| &customer.names);
        let own: BTreeSet<&Name> = names.filter(|n| n.kind() == NameKind::External).collect();
        own
    });
    !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

/// How many payments before a document, and after it, are looked at: the nearest in time.
const NEAREST: usize = 16;

/// A customer, the currency and amount of a payment of theirs, and its second.
type Looks = (Name, Currency, i64, i64);

fn looks(group: &Group<'_>, people: &People<'_>) -> Vec<Looks> {
    let Some(paid) = group.paid() else {
        return Vec::new();
    };
    let at = paid.occurred_at.seconds();
    let looks = |customer| (customer, paid.currency, paid.amounts.gross, at);
    customers(group, people).into_iter().map(looks).collect()
}

/// Whether `whole` has room for the money of `part`: what pays it already leaves none for a stranger.
fn fits_in(part: &Group<'_>, whole: &Group<'_>) -> bool {
    let (Some(some), Some(all)) = (part.payments.first(), whole.payments.first()) else {
        return false;
    };
    let paid = |group: &Group<'_>, rank: Rank| {
        let of_rank = group.payments.iter().filter(|payment| {
            payment.rank == rank
                && payment.state == PaymentState::Paid
                && payment.currency == all.currency
        });
        of_rank.fold(0_i64, |sum, p| sum.saturating_add(p.amounts.gross))
    };
    let room = |rank| {
        let more = paid(part, rank);
        more == 0 || more.saturating_add(paid(whole, rank)) <= all.amounts.gross
    };
    some.currency == all.currency
        && some.amounts.gross <= all.amounts.gross
        && [Rank::Checkout, Rank::Intent, Rank::Charge]
            .into_iter()
            .all(room)
}

/// How many seconds apart two payments of one customer, currency and amount are, and their names; `None`
/// where they cannot be one.
fn twins(document: &Group<'_>, payment: &Group<'_>) -> Option<(u64, Name, Name)> {
    let (a, b) = (document.paid()?, payment.paid()?);
    let window = a.twin_window_seconds.max(b.twin_window_seconds)?;
    let apart = a.occurred_at.seconds().abs_diff(b.occurred_at.seconds());
    let may_be_one = a.amounts.gross > 0 && b.rank != Rank::Manual;
    let near = apart <= window.unsigned_abs();
    (may_be_one && near).then(|| (apart, a.object.clone(), b.object.clone()))
}
