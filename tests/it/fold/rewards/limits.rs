//! What ends a reward: a duration, a cap and a minimum.

use providers::fact::Rank;
use providers::{Currency, Fact};
use tributary::ledger::rule::{Cap, Duration, Period, Rule};

use super::{bought, day, left, percent, refund, with_rule};
use crate::fold::support::{identity, outcome, paid, usd};

#[test]
fn a_first_sale_that_was_refunded_does_not_use_up_the_first_sale() {
    let mut rule = Rule::ten_percent();
    rule.duration = Duration::FirstSale;
    let context = with_rule(rule);
    let mut facts = bought(&[(0, 1_000), (30, 2_000), (60, 3_000)]);
    assert_eq!(left(&outcome(&facts, &context)), [100, 0, 0]);
    facts.push(refund(0, 400));
    assert_eq!(left(&outcome(&facts, &context)), [60, 0, 0]);
    facts.pop();
    facts.push(refund(0, 1_000));
    assert_eq!(left(&outcome(&facts, &context)), [0, 200, 0]);
}

#[test]
fn months_are_calendar_months_from_the_first_sale_and_end_on_the_day() {
    let mut rule = Rule::ten_percent();
    rule.duration = Duration::Months { months: 2 };
    // 2026-09-01 and two months later: 2026-10-31 and 2026-11-01, 60 and 61 days on.
    let earned = outcome(
        &bought(&[(0, 1_000), (60, 1_000), (61, 1_000)]),
        &with_rule(rule),
    );
    assert_eq!(left(&earned), [100, 100, 0]);
}

#[test]
fn a_cap_ends_what_a_customer_earns_in_a_period_and_a_refund_makes_room_again() {
    let mut rule = Rule::ten_percent();
    rule.cap = Some(Cap {
        amount: 250,
        currency: usd(),
        period: Period::Month,
    });
    let context = with_rule(rule);
    // Three in September, one in October.
    let mut facts = bought(&[(0, 1_000), (1, 1_000), (2, 1_000), (30, 1_000)]);
    assert_eq!(left(&outcome(&facts, &context)), [100, 100, 50, 100]);
    facts.push(refund(0, 1_000));
    assert_eq!(left(&outcome(&facts, &context)), [0, 100, 100, 100]);
}

#[test]
fn a_lifetime_cap_counts_all_sales_and_leaves_other_currencies_alone() {
    let mut rule = Rule::ten_percent();
    rule.cap = Some(Cap {
        amount: 150,
        currency: usd(),
        period: Period::Lifetime,
    });
    let mut facts = bought(&[(0, 1_000), (40, 1_000), (70, 1_000)]);
    let mut in_euro = paid("in_euro", Rank::Canonical, 9_000, day(71));
    in_euro.currency = Currency::parse("eur").unwrap();
    facts.push(Fact::Payment(in_euro));
    facts.push(Fact::Identity(identity(
        "in_euro",
        "cus",
        &["clk"],
        day(71),
    )));
    assert_eq!(left(&outcome(&facts, &with_rule(rule))), [100, 50, 0, 900]);
}

#[test]
fn a_sale_below_the_minimum_earns_nothing() {
    let mut rule = Rule::ten_percent();
    rule.minimum_amount = 1_000;
    let earned = outcome(&bought(&[(0, 999), (1, 1_000)]), &with_rule(rule));
    assert_eq!(left(&earned), [0, 100]);
}

/// A customer buys a gift card first, which earns nothing (it counts where it is spent), and goods later. The rules
/// of affiliate programs leave gift cards out
/// (<https://help.deconetwork.com/hc/en-us/articles/18435547507099-Do-gift-certificates-affect-affiliate-commissions>).
#[test]
fn a_sale_of_nothing_that_counts_does_not_use_up_the_first_sale() {
    let mut facts = bought(&[(0, 5_000), (30, 10_000), (61, 10_000)]);
    let Fact::Payment(card) = &mut facts[0] else {
        panic!("the payment")
    };
    card.amounts.net = 0;
    let mut first = Rule::ten_percent();
    first.duration = Duration::FirstSale;
    let earned = |rule| left(&outcome(&facts, &with_rule(rule)));
    assert_eq!(earned(first), [0, 1_000, 0]);
    let mut higher = Rule::of(percent(3_000));
    higher.recurring = Some(percent(500));
    assert_eq!(earned(higher), [0, 3_000, 500]);
    let mut months = Rule::ten_percent();
    months.duration = Duration::Months { months: 1 };
    assert_eq!(earned(months), [0, 1_000, 0]);
}
