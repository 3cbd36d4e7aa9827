//! What sales and leads earn: each rule that a program can have, once.

mod carts;
mod leads;
mod limits;
mod rates;
mod review;
mod subscriptions;

use std::collections::BTreeMap;

use providers::fact::{Extent, Lead, Rank, ReversalKind, ReversalState};
use providers::{Currency, Fact, Micros};
use tributary::ledger::fold::{Context, Outcome};
use tributary::ledger::rule::{Base, Reward, Rule, RuleBook, RuleVersion};
use tributary::ledger::sale::Earning;

use super::support::{
    NOW, PROGRAM, add_click, context, identity, outcome, paid, reversal, set_rule,
};

fn percent(basis_points: i64) -> Reward {
    Reward::Percent { basis_points }
}

fn flat(amount: i64, currency: &str) -> Reward {
    let currency = Currency::parse(currency).unwrap();
    Reward::Flat { amount, currency }
}

fn with_rule(rule: Rule) -> Context {
    let mut context = context();
    add_click(&mut context, "clk", "alice", day(-1));
    set_rule(&mut context, rule);
    context
}

/// So many days after 2026-09-01.
fn day(number: i64) -> Micros {
    Micros::parse_rfc3339("2026-09-01T12:00:00Z")
        .unwrap()
        .plus_days(number)
}

/// Alice's customer pays so much on each day.
fn bought(payments: &[(i64, i64)]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (number, (days, gross)) in payments.iter().enumerate() {
        let name = format!("in_{number}");
        facts.push(Fact::Payment(paid(
            &name,
            Rank::Canonical,
            *gross,
            day(*days),
        )));
        facts.push(Fact::Identity(identity(&name, "cus", &["clk"], day(*days))));
    }
    facts
}

fn refund(number: usize, cash: i64) -> Fact {
    let (id, of) = (format!("re_{number}"), format!("in_{number}"));
    let kind = ReversalKind::Refund;
    Fact::Reversal(reversal(
        &id,
        &[&of],
        kind,
        ReversalState::Final,
        (cash, NOW),
    ))
}

fn left(outcome: &Outcome) -> Vec<i64> {
    let earnings = outcome.sales.iter().map(|sale| sale.earning.as_ref());
    earnings
        .map(|earning| earning.map_or(-1, |e| e.left))
        .collect()
}

fn earning(outcome: &Outcome) -> &Earning {
    outcome.sales[0].earning.as_ref().unwrap()
}

#[test]
fn a_percentage_is_rounded_half_away_from_zero_once() {
    let context = with_rule(Rule::of(percent(1_250)));
    let earned = outcome(&bought(&[(0, 100), (1, 104), (2, 4), (3, 3)]), &context);
    // 12.5, 13, 0.5 and 0.375.
    assert_eq!(left(&earned), [13, 13, 1, 0]);
}

#[test]
fn a_flat_reward_is_the_same_for_each_sale_and_never_more_than_the_sale() {
    let context = with_rule(Rule::of(flat(500, "usd")));
    let earned = outcome(&bought(&[(0, 10_000), (1, 700), (2, 300)]), &context);
    assert_eq!(left(&earned), [500, 500, 300]);
}

#[test]
fn a_refund_takes_back_its_share_and_a_full_one_exactly_all() {
    let context = with_rule(Rule::of(percent(3_333)));
    let mut facts = bought(&[(0, 1_000)]);
    assert_eq!(left(&outcome(&facts, &context)), [333]);
    facts.push(refund(0, 500));
    assert_eq!(left(&outcome(&facts, &context)), [167]);
    facts.push(Fact::Reversal(reversal(
        "re_rest",
        &["in_0"],
        ReversalKind::Refund,
        ReversalState::Final,
        (500, NOW),
    )));
    assert_eq!(left(&outcome(&facts, &context)), [0]);
}

#[test]
fn later_sales_earn_the_recurring_reward() {
    let mut rule = Rule::of(flat(2_000, "usd"));
    rule.recurring = Some(percent(500));
    let earned = outcome(&bought(&[(0, 10_000), (30, 10_000)]), &with_rule(rule));
    assert_eq!(left(&earned), [2_000, 500]);
}

#[test]
fn a_product_has_its_own_reward() {
    let mut rule = Rule::ten_percent();
    rule.products = BTreeMap::from([("course".to_owned(), percent(5_000))]);
    let mut facts = bought(&[(0, 1_000), (1, 1_000)]);
    let Fact::Payment(payment) = &mut facts[2] else {
        panic!("the second sale's payment")
    };
    payment.products = vec!["unlisted".to_owned(), "course".to_owned()];
    assert_eq!(left(&outcome(&facts, &with_rule(rule))), [100, 500]);
}

#[test]
fn a_percentage_can_be_of_the_gross_amount_or_of_what_the_processor_leaves() {
    let mut facts = bought(&[(0, 1_200)]);
    let Fact::Payment(payment) = &mut facts[0] else {
        panic!("the payment")
    };
    payment.amounts.tax = 200;
    payment.amounts.net = 1_000;
    payment.amounts.fee = Some(50);
    for (base, earned) in [(Base::Net, 100), (Base::Gross, 120), (Base::NetOfFee, 95)] {
        let mut rule = Rule::ten_percent();
        rule.base = base;
        assert_eq!(
            left(&outcome(&facts, &with_rule(rule))),
            [earned],
            "{base:?}"
        );
    }
}

/// A sale of 100.00 with 20.00 of shipping, of which so much goes back in money and of the goods.
fn shipped(refunds: &[(i64, i64)]) -> Vec<Fact> {
    let mut facts = bought(&[(0, 12_000)]);
    let Fact::Payment(payment) = &mut facts[0] else {
        panic!("the payment")
    };
    payment.amounts.shipping = 2_000;
    payment.amounts.net = 10_000;
    payment.amounts.reversible = 10_000;
    for (number, (cash, net)) in refunds.iter().enumerate() {
        let Fact::Reversal(mut refund) = refund(0, 0) else {
            panic!("a refund")
        };
        refund.id = format!("re_{number}");
        refund.extent = Extent::Net {
            cash: *cash,
            net: *net,
        };
        facts.push(Fact::Reversal(refund));
    }
    facts
}

/// Gumroad's issue 6288 (tax alone goes back once the buyer tells a tax number) and dc-woocommerce-multi-vendor 886 (shipping
/// alone): the commission of the gross amount had stayed.
#[test]
fn reported_of_a_gross_amount_all_that_goes_back_takes_its_share() {
    let mut rule = Rule::ten_percent();
    rule.base = Base::Gross;
    let of_gross = with_rule(rule);
    for (refunds, earned) in [
        (&[][..], 1_200),
        (&[(2_000, 0)], 1_000),
        (&[(6_000, 5_000)], 600),
        (&[(5_000, 5_000)], 700),
        // An exchange: goods go back without money.
        (&[(0, 5_000)], 600),
        (&[(2_000, 0), (5_000, 5_000)], 500),
        // Shipping that is kept of goods that have all gone back is no sale.
        (&[(10_000, 10_000)], 0),
        (&[(12_000, 10_000)], 0),
    ] {
        let told = outcome(&shipped(refunds), &of_gross);
        assert_eq!(left(&told), [earned], "{refunds:?}");
        let of_net = outcome(&shipped(refunds), &with_rule(Rule::ten_percent()));
        let net = refunds.iter().map(|(_, net)| net).sum::<i64>();
        assert_eq!(left(&of_net), [(10_000 - net) / 10], "{refunds:?}");
    }
    let told = outcome(&shipped(&[(2_000, 0)]), &of_gross);
    let says = told.sales[0].why.arithmetic.left.join("; ");
    assert!(says.contains("100.00 usd of 120.00 usd is left"), "{says}");
}

#[test]
fn the_rule_of_the_sales_own_date_counts_and_a_partners_own_rule_comes_first() {
    let mut context = with_rule(Rule::ten_percent());
    let version = |partner: Option<&str>, from, rule| RuleVersion {
        partner_id: partner.map(str::to_owned),
        from,
        rule,
    };
    let book = RuleBook(vec![
        version(Some("alice"), day(40), None),
        version(None, day(10), Some(Rule::of(percent(2_000)))),
        version(Some("alice"), day(20), Some(Rule::of(percent(3_000)))),
        version(Some("bob"), day(0), Some(Rule::of(percent(9_000)))),
        version(None, Micros(i64::MIN), Some(Rule::ten_percent())),
    ]);
    context.terms.rules.insert(PROGRAM.to_owned(), book);
    let days = [(5, 1_000), (10, 1_000), (25, 1_000), (45, 1_000)];
    assert_eq!(
        left(&outcome(&bought(&days), &context)),
        [100, 200, 300, 200]
    );
}

#[test]
fn a_customers_first_lead_earns_once() {
    let mut rule = Rule::ten_percent();
    rule.lead = Some(flat(300, "usd"));
    let lead = |id: &str, days| {
        let Fact::Identity(who) = &bought(&[(days, 1)])[1] else {
            panic!("an identity")
        };
        Fact::Lead(Lead {
            id: id.to_owned(),
            event_name: "Sign Up".to_owned(),
            customers: who.customers.clone(),
            clicks: who.clicks.clone(),
            occurred_at: day(days),
        })
    };
    let leads = outcome(&[lead("b", 2), lead("a", 3)], &with_rule(rule)).leads;
    let earned = leads
        .iter()
        .map(|lead| lead.earning.as_ref().map(|e| e.free));
    assert_eq!(earned.collect::<Vec<_>>(), [Some(300), None]);
    assert_eq!(leads[0].id, "b", "the older one");
}
