//! Rewards in another currency than the sale's.

use providers::{Currency, Micros};
use tributary::ledger::rate::Rate;
use tributary::ledger::rule::Rule;

use super::{bought, day, earning, flat, left, refund, with_rule};
use crate::fold::support::{PROGRAM, outcome, payment_name, usd};

fn dollars_in_euro(day: Micros, digits: i64) -> Rate {
    Rate {
        base: usd(),
        quote: Currency::parse("eur").unwrap(),
        day,
        digits,
        places: 4,
        source: "ecb".to_owned(),
    }
}

#[test]
fn a_commission_in_another_currency_waits_for_its_rate() {
    let mut context = with_rule(Rule::ten_percent());
    let euro = Currency::parse("eur").unwrap();
    context.terms.currencies.insert(PROGRAM.to_owned(), euro);
    let facts = bought(&[(5, 1_000)]);
    let waiting = outcome(&facts, &context);
    assert!(
        earning(&waiting)
            .waits_for
            .as_ref()
            .unwrap()
            .contains("exchange rate")
    );
    assert_eq!(earning(&waiting).free, 0);

    context.terms.rates.add(dollars_in_euro(day(6), 5_000));
    assert!(
        earning(&outcome(&facts, &context)).waits_for.is_some(),
        "a later day's rate"
    );

    context.terms.rates.add(dollars_in_euro(day(4), 9_250));
    let converted = outcome(&facts, &context);
    assert_eq!(
        (earning(&converted).left, earning(&converted).currency),
        (93, euro)
    );
}

#[test]
fn a_rate_once_used_is_used_for_refunds_too() {
    let mut context = with_rule(Rule::ten_percent());
    let euro = Currency::parse("eur").unwrap();
    context.terms.currencies.insert(PROGRAM.to_owned(), euro);
    context.terms.rates.add(dollars_in_euro(day(4), 9_250));
    let stamped = dollars_in_euro(day(3), 8_000);
    context.terms.stamped.insert(payment_name("in_0"), stamped);
    let mut facts = bought(&[(5, 1_000)]);
    assert_eq!(left(&outcome(&facts, &context)), [80]);
    facts.push(refund(0, 500));
    assert_eq!(left(&outcome(&facts, &context)), [40]);
    facts.pop();
    facts.push(refund(0, 1_000));
    assert_eq!(left(&outcome(&facts, &context)), [0]);
}

#[test]
fn a_flat_reward_in_another_currency_is_never_more_than_the_sale() {
    let mut context = with_rule(Rule::of(flat(5_000, "eur")));
    let rate = Rate {
        base: Currency::parse("eur").unwrap(),
        quote: usd(),
        ..dollars_in_euro(day(0), 11_000)
    };
    context.terms.rates.add(rate);
    let earned = outcome(&bought(&[(1, 100_000), (2, 1_000)]), &context);
    assert_eq!(left(&earned), [5_500, 1_000]);
}

/// A tenth of 10.05 is 1.005; half of that is 0.5025, and of the rounded 1.01 it would be 0.51.
#[test]
fn a_percentage_that_is_converted_is_rounded_once() {
    let mut context = with_rule(Rule::ten_percent());
    let euro = Currency::parse("eur").unwrap();
    context.terms.currencies.insert(PROGRAM.to_owned(), euro);
    context.terms.rates.add(dollars_in_euro(day(4), 5_000));
    let told = outcome(&bought(&[(5, 1_005)]), &context);
    assert_eq!(left(&told), [50]);
    let words = told.sales[0].why.arithmetic.full.join("; ");
    assert!(
        words.contains(", before it is rounded = 0.50 eur"),
        "{words}"
    );
}
