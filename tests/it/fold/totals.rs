//! Running totals and single refunds of one charge, in every mixture: what they add up to is the truth
//! wherever they tell it, and no more than that.

use std::collections::BTreeMap;

use proptest::prelude::*;
use providers::fact::{Extent, Rank, Refunded, ReversalKind, ReversalState, Strength, Version};
use providers::{Fact, Micros};

use super::support::{NOW, alias, context, outcome, paid, payment_name, reversal, usd};
use crate::support::dice::Dice;

use ReversalKind::Refund;

/// One refund of a charge: made, and perhaps failed, at seconds of its charge's life.
#[derive(Debug, Clone)]
struct Life {
    cash: i64,
    made: i64,
    failed: Option<i64>,
    /// A snapshot of it that is told again later, with nothing new.
    touched: Option<i64>,
}

fn at(second: i64) -> Micros {
    NOW.plus_days(-1).plus_seconds(second)
}

/// A snapshot of a refund, as told at a second.
fn row(number: usize, life: &Life, told: i64) -> Fact {
    let state = match life.failed {
        Some(failed) if failed <= told => ReversalState::Released,
        _ => ReversalState::Final,
    };
    let id = format!("re_{number}");
    let mut row = reversal(&id, &["pi_1", &id], Refund, state, (life.cash, at(told)));
    row.version.step = i64::from(state == ReversalState::Released);
    row.occurred_at = at(life.made);
    Fact::Reversal(row)
}

/// The total at a second, whichever way it got there.
fn total(lives: &[Life], told: i64) -> Fact {
    let counts = |life: &&Life| life.made <= told && life.failed.is_none_or(|at| at > told);
    let cash = lives.iter().filter(counts).map(|life| life.cash).sum();
    total_of(cash, told)
}

fn total_of(cash: i64, told: i64) -> Fact {
    Fact::Refunded(Refunded {
        object: payment_name("ch_1"),
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency: usd(),
        version: Version {
            at: at(told),
            step: 2 * cash,
        },
        occurred_at: at(told),
        let_go: 0,
    })
}

fn charge() -> Vec<Fact> {
    vec![
        Fact::Payment(paid("in_1", Rank::Canonical, 1_000, at(0))),
        alias("in_1", "ch_1", Strength::Proven),
        alias("ch_1", "pi_1", Strength::Proven),
    ]
}

fn refunded(told: &[Fact]) -> i64 {
    let facts: Vec<Fact> = charge().into_iter().chain(told.iter().cloned()).collect();
    let outcome = outcome(&facts, &context());
    assert_eq!(outcome.waiting, []);
    outcome.sales[0].taken.refunded
}

/// What is told by events of each kind, at their seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Created,
    Updated,
    Failed,
    Total,
}

fn events(lives: &[Life]) -> Vec<(i64, Kind, Fact)> {
    let mut events = Vec::new();
    for (number, life) in lives.iter().enumerate() {
        events.push((life.made, Kind::Created, row(number, life, life.made)));
        events.push((life.made, Kind::Total, total(lives, life.made)));
        if let Some(failed) = life.failed {
            events.push((failed, Kind::Failed, row(number, life, failed)));
        }
        if let Some(touched) = life.touched {
            events.push((touched, Kind::Updated, row(number, life, touched)));
        }
    }
    events
}

/// Lives whose changes lie at seconds of their own, so that every total says exactly what it has counted.
fn lives() -> impl Strategy<Value = Vec<Life>> {
    let life = (1_i64..200, any::<bool>(), any::<bool>());
    let seconds = Just((1_i64..40).collect::<Vec<_>>()).prop_shuffle();
    (prop::collection::vec(life, 1..5), seconds).prop_map(|(lives, seconds)| {
        let mut seconds = seconds.into_iter();
        let mut next = || seconds.next().unwrap_or(99);
        let life = |(cash, fails, again): (i64, bool, bool)| {
            let mut times = [next(), next(), next()];
            times.sort_unstable();
            let [made, one, other] = times;
            Life {
                cash,
                made,
                failed: fails.then_some(other),
                touched: again.then_some(one),
            }
        };
        lives.into_iter().map(life).collect()
    })
}

/// Since when each kind of event is subscribed to; `99` for never.
fn subscriptions() -> impl Strategy<Value = BTreeMap<Kind, i64>> {
    let since = prop_oneof![Just(0_i64), 1_i64..40, Just(99)];
    let kinds = [Kind::Created, Kind::Updated, Kind::Failed, Kind::Total];
    prop::array::uniform4(since).prop_map(move |since| kinds.into_iter().zip(since).collect())
}

/// Whether what is told suffices: each refund and each failure by itself, or by a total that came after it.
/// A total alone cannot say which refund has failed once another one is told to have failed since.
fn is_told(lives: &[Life], told: &[(i64, Kind, Fact)]) -> bool {
    let newest_total = told.iter().filter(|event| event.1 == Kind::Total);
    let newest_total = newest_total.map(|event| event.0).max().unwrap_or(-1);
    let failed_since = told
        .iter()
        .any(|(at, kind, _)| *kind == Kind::Failed && *at >= newest_total);
    lives.iter().enumerate().all(|(number, life)| {
        let id = format!("re_{number}");
        let mut rows = told.iter().filter_map(|(at, kind, fact)| match fact {
            Fact::Reversal(row) if row.id == id => Some((*at, *kind)),
            _ => None,
        });
        let by_row = rows.clone().next().is_some();
        let failure = rows.any(|(_, kind)| kind == Kind::Failed);
        match life.failed {
            None => by_row || life.made <= newest_total,
            Some(failed) => {
                let by_total = failed <= newest_total && !(by_row && failed_since);
                by_total || failure || (!by_row && life.made > newest_total)
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn every_mixture_of_refunds_and_totals_adds_up_to_the_truth_where_it_is_told(
        lives in lives(), since in subscriptions(), seed in 1_u64..
    ) {
        let told: Vec<_> = events(&lives)
            .into_iter()
            .filter(|(at, kind, _)| since[kind] <= *at)
            .collect();
        let truth: i64 = lives.iter().filter(|life| life.failed.is_none()).map(|life| life.cash).sum();
        let mut facts: Vec<Fact> = told.iter().chain(&told).map(|(_, _, fact)| fact.clone()).collect();
        Dice(seed).shuffle(&mut facts);
        let counted = refunded(&facts);
        if is_told(&lives, &told) {
            prop_assert_eq!(counted, truth);
        } else if lives.iter().all(|life| life.failed.is_none()) {
            prop_assert!(counted <= truth);
        }
    }

    #[test]
    fn without_a_failure_nothing_that_is_told_makes_the_refunded_sum_smaller_or_too_large(
        lives in prop::collection::vec((1_i64..150, 1_i64..6, prop::option::of(1_i64..9)), 1..5),
        since in subscriptions(), seed in 1_u64..
    ) {
        let life = |(cash, made, touched): (i64, i64, Option<i64>)| Life {
            cash,
            made,
            failed: None,
            touched: touched.map(|later| made + later),
        };
        let lives: Vec<Life> = lives.into_iter().map(life).collect();
        let truth = lives.iter().map(|life| life.cash).sum();
        let mut facts: Vec<Fact> = events(&lives)
            .into_iter()
            .filter(|(at, kind, _)| since[kind] <= *at)
            .map(|(_, _, fact)| fact)
            .collect();
        // Totals that were told within one second, before all of its refunds were made.
        let mut in_second: BTreeMap<i64, i64> = BTreeMap::new();
        for life in &lives {
            let before: i64 = lives.iter().filter(|l| l.made < life.made).map(|l| l.cash).sum();
            let so_far = in_second.entry(life.made).or_insert(before);
            *so_far += life.cash;
            facts.push(total_of(*so_far, life.made));
        }
        // In one second a total may have counted one refund and not yet the other: only the last one knows.
        let one_each = in_second.len() == lives.len();
        Dice(seed).shuffle(&mut facts);
        let mut last = 0;
        for known in 1..=facts.len() {
            let counted = refunded(&facts[..known]);
            prop_assert!(counted <= truth, "{counted} of {truth}");
            prop_assert!(last <= counted || !one_each, "{last}, then {counted}");
            last = counted;
        }
        prop_assert_eq!(last, truth);
    }
}

fn life(cash: i64, made: i64) -> Life {
    Life {
        cash,
        made,
        failed: None,
        touched: None,
    }
}

#[test]
fn a_refund_told_as_a_row_in_the_second_of_a_larger_total_hides_nothing_of_it() {
    let second = row(2, &life(20, 9), 9);
    let told = [total_of(30, 1), second, total_of(50, 9)];
    assert_eq!(refunded(&told), 50);
}

#[test]
fn an_old_refund_that_is_told_again_later_hides_no_total() {
    let again = row(1, &life(10, 1), 90);
    assert_eq!(refunded(&[again, total_of(30, 5)]), 30);
}

#[test]
fn a_refund_made_after_a_total_comes_on_top_of_it() {
    assert_eq!(refunded(&[total_of(30, 5), row(2, &life(20, 6), 6)]), 50);
}

#[test]
fn a_total_that_has_fallen_says_that_a_refund_has_failed() {
    let (first, second) = (row(1, &life(20, 1), 1), row(2, &life(10, 2), 2));
    assert_eq!(refunded(&[first, second, total_of(10, 9)]), 10);
    let again = row(3, &life(20, 9), 9);
    assert_eq!(
        refunded(&[row(1, &life(20, 1), 1), again, total_of(20, 9)]),
        20
    );
}
