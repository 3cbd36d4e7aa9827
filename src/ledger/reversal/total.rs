//! A running total beside the single refunds of the same object: what the one says that the others do not.
//!
//! A total told at a time covers every refund that was made by then, known or not, and none that was made
//! later. So it is compared with a refund's own time, never with that of the newest snapshot of it, and both
//! never add up twice. The newest total alone is enough: it knows all that the older ones knew.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use providers::Micros;
use providers::fact::{Extent, Payment, Refunded, Reversal, ReversalState};

use super::part::{Part, in_currency, part_of};
use super::{Found, moves};

/// Within so long of a capture the processor makes the refund of what it lets go.
const CAPTURE_SECONDS: i64 = 60;

/// A running total, with the single refunds that belong to it.
#[derive(Debug)]
pub(super) struct Total<'a> {
    pub(super) found: Found<'a, Refunded>,
    pub(super) refunds: Vec<&'a Reversal>,
    /// Whether it is the sum of exactly those: a charge's is, an order's may leave some out.
    pub(super) corrects: bool,
}

/// What a total says beyond the single refunds, and against them.
#[derive(Debug, Default)]
pub(super) struct Difference<'a> {
    /// What no single refund tells of.
    pub(super) rest: Option<Part>,
    /// Refunds that must have failed before the total was told, though nothing else says so.
    pub(super) failed: Failed<'a>,
}

/// By a refund's id, how much of it does not count, in its own currency.
pub(super) type Failed<'a> = BTreeMap<&'a str, i64>;

impl<'a> Total<'a> {
    /// Whether a refund may be one of those that it has counted and that nothing else tells of.
    pub(super) fn has_room_for(&self, refund: &Reversal) -> bool {
        let fact = self.found.fact;
        let all_or = |extent| cash(extent).unwrap_or(i64::MAX);
        let known = self.refunds.iter().filter(|known| moves(known));
        let known = known.fold(0_i64, |sum, known| sum.saturating_add(all_or(known.extent)));
        self.corrects
            && fact.currency == refund.currency
            && refund.occurred_at <= fact.version.at
            && known.saturating_add(all_or(refund.extent)) <= all_or(fact.extent)
    }

    /// Compares it with the single refunds; `None` where it is told in a currency that says nothing here.
    pub(super) fn difference(&self, payment: &Payment) -> Option<Difference<'a>> {
        let total = self.found.fact;
        let whole = in_currency(total.extent, total.currency, payment)?;
        let lets_go = self.lets_go();
        let mut covered = covered(total.version.at, &self.refunds);
        covered.retain(|refund| Some(refund.id.as_str()) != lets_go);
        let like_total = |refund: &&Reversal| match (total.extent, refund.extent) {
            // By cash alone: the total does not know what of it is goods.
            (Extent::Gross { .. }, Extent::Net { cash, .. }) => {
                let counted = cash;
                in_currency(Extent::Gross { cash, counted }, refund.currency, payment)
            }
            _ => part_of(refund, payment),
        };
        let parts = covered.iter().filter_map(like_total);
        let rest = whole.beyond(parts.fold(Part::default(), Part::plus), payment);
        let mut failed = match cash(total.extent) {
            Some(cash) if self.corrects => failed(total, cash, covered),
            _ => BTreeMap::new(),
        };
        failed.extend(lets_go.map(|id| (id, total.let_go)));
        Some(Difference { rest, failed })
    }

    /// The refund that merely lets go of an authorisation: the first of exactly its amount, made with the capture at
    /// the latest. Another one of that amount is in the total itself.
    fn lets_go(&self) -> Option<&'a str> {
        let total = self.found.fact;
        let last = total.version.at.plus_seconds(CAPTURE_SECONDS);
        let alike = self.refunds.iter().filter(|refund| {
            refund.state != ReversalState::Released
                && refund.currency == total.currency
                && refund.occurred_at <= last
                && cash(refund.extent) == Some(total.let_go)
        });
        let first = alike.min_by_key(|refund| (refund.occurred_at, &refund.id))?;
        // One that says itself that it moves nothing need not be taken off.
        (total.let_go > 0 && moves(first)).then_some(first.id.as_str())
    }
}

/// The refunds that a total told at `at` has counted: made by then, and not failed before.
fn covered<'a>(at: Micros, refunds: &[&'a Reversal]) -> Vec<&'a Reversal> {
    let failed_since =
        |refund: &Reversal| refund.state == ReversalState::Released && refund.version.at >= at;
    let refunds = refunds.iter().copied();
    refunds
        .filter(|refund| refund.occurred_at <= at && (moves(refund) || failed_since(refund)))
        .collect()
}

/// The refunds that cannot all be in a smaller total. What was told of a refund at the total's time or later
/// is believed, and in one second there may be refunds that the total did not count yet.
fn failed<'a>(total: &Refunded, cash_told: i64, covered: Vec<&'a Reversal>) -> Failed<'a> {
    let at = total.version.at;
    let told = |refund: &Reversal| {
        let same = refund.currency == total.currency;
        cash(refund.extent).filter(|_| same)
    };
    let mut counted = Vec::new();
    // A refund that is known to have failed may have done so before the total, unless it was just made.
    let counts = |refund: &&Reversal| moves(refund) || refund.occurred_at == at;
    for refund in covered.into_iter().filter(counts) {
        let Some(cash) = told(refund) else {
            return BTreeMap::new();
        };
        counted.push((refund, cash));
    }
    let sum = |of: &[(&Reversal, i64)]| {
        of.iter()
            .fold(0_i64, |sum, (_, cash)| sum.saturating_add(*cash))
    };
    let mut excess = sum(&counted).saturating_sub(cash_told);
    let in_one_second: Vec<_> = counted
        .iter()
        .copied()
        .filter(|(refund, _)| refund.occurred_at == at)
        .collect();
    let smallest = in_one_second
        .iter()
        .map(|(_, cash)| *cash)
        .min()
        .unwrap_or(0);
    if excess <= sum(&in_one_second).saturating_sub(smallest) {
        return BTreeMap::new();
    }
    let mut older = counted;
    older.retain(|(refund, _)| refund.version.at < at);
    older.sort_by_key(|(refund, cash)| {
        (
            *cash != excess,
            Reverse(refund.occurred_at),
            Reverse(&refund.id),
        )
    });
    let mut failed = BTreeMap::new();
    for (refund, cash) in older {
        let gone = excess.min(cash);
        if gone > 0 {
            failed.insert(refund.id.as_str(), gone);
            excess -= gone;
        }
    }
    failed
}

/// The buyer's money in an extent; `None` where it is all there was.
pub(super) const fn cash(extent: Extent) -> Option<i64> {
    match extent {
        Extent::All => None,
        Extent::Gross { cash, .. } | Extent::Net { cash, .. } | Extent::Both { cash, .. } => {
            Some(cash)
        }
    }
}
