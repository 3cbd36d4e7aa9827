//! On which days what has gone of a sale was taken: the sale's own totals, divided among the days of its refunds and disputes by what the buyer
//! got back on each. Nothing is lost in rounding, and it follows from the set of facts alone, never from the order in which they came. Pure.

use std::collections::BTreeMap;

use providers::Micros;
use providers::fact::{ReversalKind, ReversalState};
use providers::money::share_floor;

use super::day;
use crate::ledger::sale::Sale;

/// What was taken of a sale on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taking {
    /// The day, counted from 1970.
    pub day: i64,
    /// Net amount refunded.
    pub refunded: i64,
    /// Net amount disputed.
    pub disputed: i64,
    /// What of the commission was taken back.
    pub commission: i64,
}

/// What was taken of a sale, day by day.
pub fn takings(sale: &Sale) -> Vec<Taking> {
    let earning = sale.earning.as_ref();
    let commission = earning.map_or(0, |earning| earning.full.saturating_sub(earning.left));
    let taken = sale.taken;
    if [taken.refunded, taken.disputed, commission] == [0; 3] {
        return Vec::new();
    }
    let refunds = days(sale, |kind, _| {
        matches!(kind, ReversalKind::Refund | ReversalKind::Credit)
    });
    let disputes = days(sale, |kind, _| kind == ReversalKind::Dispute);
    let lost = days(sale, |kind, state| {
        kind == ReversalKind::Dispute && state == ReversalState::Final
    });
    let own = day(sale.occurred_at);
    let refunded = divide(taken.refunded, &refunds, own);
    let mut gone = divide(taken.lost, &lost, own);
    for (day, amount) in &refunded {
        let sum = gone.entry(*day).or_default();
        *sum = sum.saturating_add(*amount);
    }
    let mut all: BTreeMap<i64, Taking> = BTreeMap::new();
    let mut on = |amounts: BTreeMap<i64, i64>, set: fn(&mut Taking, i64)| {
        for (day, amount) in amounts.into_iter().filter(|(_, amount)| *amount != 0) {
            let taking = all.entry(day).or_default();
            taking.day = day;
            set(taking, amount);
        }
    };
    // Where nothing is gone, a refused review has taken it.
    on(divide(commission, &gone, own), |taking, amount| {
        taking.commission = amount;
    });
    on(refunded, |taking, amount| taking.refunded = amount);
    on(divide(taken.disputed, &disputes, own), |taking, amount| {
        taking.disputed = amount;
    });
    all.into_values().collect()
}

/// What the buyer got back on each day; nothing before the sale.
fn days(sale: &Sale, counts: impl Fn(ReversalKind, ReversalState) -> bool) -> BTreeMap<i64, i64> {
    let mut days: BTreeMap<i64, i64> = BTreeMap::new();
    let moved = [ReversalState::Held, ReversalState::Final];
    for applied in &sale.why.reversals {
        if moved.contains(&applied.state) && counts(applied.kind, applied.state) {
            let at = Micros(applied.occurred_at.0.max(sale.occurred_at.0));
            let sum = days.entry(day(at)).or_default();
            *sum = sum.saturating_add(applied.cash.max(0));
        }
    }
    days
}

/// An amount divided among days by their weights; all of it on the day `own` where none has any.
fn divide(amount: i64, weights: &BTreeMap<i64, i64>, own: i64) -> BTreeMap<i64, i64> {
    let whole = weights
        .values()
        .fold(0_i64, |sum, weight| sum.saturating_add(*weight));
    if amount == 0 || whole <= 0 {
        return BTreeMap::from([(own, amount)]);
    }
    let (mut upto, mut given) = (0_i64, 0_i64);
    let mut divided = BTreeMap::new();
    for (day, weight) in weights {
        upto = upto.saturating_add(*weight);
        let by_then = share_floor(amount, upto, whole).unwrap_or(amount);
        divided.insert(*day, by_then.saturating_sub(given));
        given = by_then;
    }
    divided
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_dividing_and_what_nobody_dated_is_of_the_own_day() {
        let weights = BTreeMap::from([(3, 1), (5, 1), (9, 1)]);
        let divided = divide(100, &weights, 1);
        assert_eq!(divided.values().sum::<i64>(), 100);
        assert_eq!(divided.keys().copied().collect::<Vec<_>>(), [3, 5, 9]);
        assert_eq!(divide(7, &BTreeMap::new(), 1), BTreeMap::from([(1, 7)]));
        assert_eq!(
            divide(7, &BTreeMap::from([(2, 0)]), 1),
            BTreeMap::from([(1, 7)])
        );
    }
}
