//! Several things in one sale, each with a reward of its own.

use providers::Fact;
use providers::fact::{Bought, Extent};
use tributary::ledger::fold::Outcome;
use tributary::ledger::rule::{Base, Cap, Period, Reward, Rule};

use super::{bought, earning, flat, left, percent, refund, with_rule};
use crate::fold::support::{outcome, usd};

/// Alice's customer pays so much for these things at once.
fn cart(gross: i64, things: &[(&str, i64)]) -> Vec<Fact> {
    let mut facts = bought(&[(0, gross)]);
    let Fact::Payment(payment) = &mut facts[0] else {
        panic!("the payment")
    };
    let ids = things.iter().map(|(id, _)| (*id).to_owned());
    payment.products = ids.collect();
    let line =
        |(id, amount): &(&str, i64)| (vec![format!("price_{id}"), (*id).to_owned()], *amount);
    payment.bought = Bought::of(things.iter().map(line));
    facts
}

fn rule(products: &[(&str, Reward)]) -> Rule {
    let mut rule = Rule::ten_percent();
    let own = products
        .iter()
        .map(|(id, reward)| ((*id).to_owned(), *reward));
    rule.products = own.collect();
    rule
}

fn earned(facts: &[Fact], rule: Rule) -> Outcome {
    outcome(facts, &with_rule(rule))
}

/// A rate that belongs to one product was paid on the whole order, or the other way round
/// (<https://github.com/QualityUnit/pap-public/issues/63>, <https://github.com/AffiliateWP/AffiliateWP/issues/965>,
/// <https://github.com/anujtenani/goaffpro/issues/186>, <https://github.com/dubinc/dub/pull/3824>).
#[test]
fn each_thing_of_a_mixed_cart_earns_by_its_own_reward() {
    let facts = cart(15_000, &[("plan", 10_000), ("setup", 5_000)]);
    let plan = ("plan", percent(5_000));
    assert_eq!(left(&earned(&facts, rule(&[plan]))), [5_500]);
    let nothing = ("setup", percent(0));
    assert_eq!(left(&earned(&facts, rule(&[plan, nothing]))), [5_000]);
    let by_price = ("price_setup", flat(300, "usd"));
    let both = earned(&facts, rule(&[plan, nothing, by_price]));
    assert_eq!(left(&both), [5_300]);
    let words = both.sales[0].why.arithmetic.full.join("; ");
    assert_eq!(
        words,
        "50 % of 100.00 usd (net amount, for plan) = 50.00 usd; 3.00 usd flat; 53.00 usd in all"
    );
    let all = rule(&[("plan", percent(2_000)), ("setup", percent(2_000))]);
    assert_eq!(left(&earned(&facts, all)), [3_000]);
}

#[test]
fn what_the_lines_say_is_a_share_of_what_was_paid() {
    // Half of it was paid from a balance, say.
    let facts = cart(7_500, &[("plan", 10_000), ("setup", 5_000)]);
    assert_eq!(
        left(&earned(&facts, rule(&[("plan", percent(5_000))]))),
        [2_750]
    );
    let thirds = cart(100, &[("a", 1), ("b", 1), ("c", 1)]);
    let all = rule(&[
        ("a", percent(10_000)),
        ("b", percent(10_000)),
        ("c", percent(10_000)),
    ]);
    assert_eq!(left(&earned(&thirds, all)), [100], "no cent is lost");
}

#[test]
fn a_gift_that_lies_in_the_cart_does_not_lend_its_rate() {
    let free = cart(1_000, &[("sample", 0), ("course", 1_000)]);
    assert_eq!(
        left(&earned(&free, rule(&[("sample", percent(9_000))]))),
        [100]
    );
}

#[test]
fn a_cart_has_one_cap_and_one_minimum_and_waits_as_a_whole() {
    let facts = cart(15_000, &[("plan", 10_000), ("setup", 5_000)]);
    let mut capped = rule(&[("plan", percent(5_000))]);
    capped.cap = Some(Cap {
        amount: 4_000,
        currency: usd(),
        period: Period::Month,
    });
    assert_eq!(left(&earned(&facts, capped)), [4_000]);
    let mut small = rule(&[("plan", percent(5_000))]);
    small.minimum_amount = 12_000;
    assert_eq!(left(&earned(&facts, small)), [5_500]);
    let abroad = rule(&[("setup", flat(300, "eur"))]);
    let waiting = earned(&facts, abroad);
    assert!(earning(&waiting).waits_for.is_some());
    assert_eq!((earning(&waiting).full, earning(&waiting).left), (0, 0));
}

#[test]
fn a_flat_reward_of_a_thing_is_never_more_than_the_thing() {
    let facts = cart(10_200, &[("plan", 10_000), ("sticker", 200)]);
    assert_eq!(
        left(&earned(&facts, rule(&[("sticker", flat(500, "usd"))]))),
        [1_200]
    );
}

#[test]
fn money_that_goes_back_for_nothing_in_particular_takes_its_share_of_each_thing() {
    let mut facts = cart(15_000, &[("plan", 10_000), ("setup", 5_000)]);
    facts.push(refund(0, 7_500));
    let plan = rule(&[("plan", percent(5_000))]);
    assert_eq!(left(&earned(&facts, plan.clone())), [2_750]);
    facts.pop();
    facts.push(refund(0, 15_000));
    assert_eq!(left(&earned(&facts, plan)), [0]);
}

#[test]
fn of_a_gross_amount_a_thing_that_goes_back_by_name_takes_what_it_earned_too() {
    let mut facts = cart(18_000, &[("plan", 10_000), ("setup", 5_000)]);
    let Fact::Payment(payment) = &mut facts[0] else {
        panic!("the payment")
    };
    payment.amounts.tax = 3_000;
    payment.amounts.net = 15_000;
    let Fact::Reversal(mut refund) = refund(0, 0) else {
        panic!("a refund")
    };
    refund.extent = Extent::Net {
        cash: 6_000,
        net: 5_000,
    };
    refund.things = Bought::sums([(vec!["setup".to_owned()], 5_000)]);
    facts.push(Fact::Reversal(refund));
    let mut plan = rule(&[("plan", percent(5_000))]);
    assert_eq!(left(&earned(&facts, plan.clone())), [5_000]);
    plan.base = Base::Gross;
    assert_eq!(left(&earned(&facts, plan)), [6_000]);
}

#[test]
fn of_two_prices_of_one_product_the_line_that_goes_back_takes_what_it_earned() {
    let mut facts = cart(6_900, &[]);
    let Fact::Payment(payment) = &mut facts[0] else {
        panic!("the payment")
    };
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    payment.bought = Bought::of([
        (ids(&["price_plan", "prod_api", "il_a"]), 4_900),
        (ids(&["price_overage", "prod_api", "il_b"]), 2_000),
    ]);
    let plan = rule(&[("price_plan", percent(3_000))]);
    assert_eq!(left(&earned(&facts, plan.clone())), [1_470 + 200]);
    for (line, cash, is_left) in [("il_b", 2_000, 1_470), ("il_a", 4_900, 200)] {
        let Fact::Reversal(mut refund) = refund(0, cash) else {
            panic!("a refund")
        };
        refund.extent = Extent::Net { cash, net: cash };
        refund.things = Bought::sums([(ids(&[line]), cash)]);
        let facts: Vec<Fact> = facts
            .iter()
            .cloned()
            .chain([Fact::Reversal(refund)])
            .collect();
        assert_eq!(left(&earned(&facts, plan.clone())), [is_left], "{line}");
    }
}

/// The sentence told of a share of all that had been earned, which is not what was computed.
#[test]
fn what_goes_back_by_name_is_said_of_the_thing_that_it_was() {
    let mut facts = cart(15_000, &[("plan", 10_000), ("setup", 5_000)]);
    let Fact::Reversal(mut refund) = refund(0, 0) else {
        panic!("a refund")
    };
    refund.extent = Extent::Net {
        cash: 10_000,
        net: 10_000,
    };
    refund.things = Bought::sums([(vec!["plan".to_owned()], 10_000)]);
    facts.push(Fact::Reversal(refund));
    let told = earned(&facts, rule(&[("plan", percent(2_000))]));
    assert_eq!(left(&told), [500]);
    let words = told.sales[0].why.arithmetic.left.join("; ");
    assert_eq!(
        words,
        "0.00 usd of 20.00 usd is left for plan, after what went back of it; 5.00 usd of 25.00 usd in all: commission 5.00 usd"
    );
}
