//! Subscriptions that somebody was paying for before a partner's link was followed.

use providers::Fact;
use providers::fact::{Amounts, Billing};
use tributary::attribution::{Policy, Via};
use tributary::ledger::fold::Context;

use super::credits::{clicked, day, lead, of_subscription, partners, payment};
use super::support::{add_click, context, outcome, set_policies};

/// Payments of one subscription on these days, each with the clicks that came with it.
fn paid_on(payments: &[(i64, &[&str])]) -> Vec<Fact> {
    let payment = |(number, (day, clicks)): (usize, &(i64, &[&str]))| {
        of_subscription(payment(&format!("in_{number}"), *day, clicks))
    };
    payments.iter().enumerate().flat_map(payment).collect()
}

fn first_payment(facts: &mut [Fact]) -> &mut providers::fact::Payment {
    match &mut facts[0] {
        Fact::Payment(payment) => payment,
        _ => panic!("the first payment"),
    }
}

fn whose(facts: &[Fact], context: &Context) -> Vec<Option<(String, Via)>> {
    let told = outcome(facts, context);
    let named = |credit: Option<(&str, Via)>| credit.map(|(who, via)| (who.to_owned(), via));
    partners(&told).into_iter().map(named).collect()
}

fn alice(via: Via) -> (String, Via) {
    ("alice".to_owned(), via)
}

/// wpsharks/s2member 508: who has subscribed by himself on the 1st follows a partner's link on the 26th, "for whatever
/// reason", and the renewal of the next month earned that partner a commission.
#[test]
fn reported_a_click_of_who_is_paying_already_does_not_take_the_renewals() {
    let context = clicked(26, 0);
    let mut remembered = paid_on(&[(1, &[]), (31, &[])]);
    remembered.push(lead(26, "by_alice"));
    assert_eq!(whose(&remembered, &context), [None, None]);
    let with_renewal = paid_on(&[(1, &[]), (31, &["by_alice"])]);
    assert_eq!(whose(&with_renewal, &context), [None, None]);
    for facts in [remembered, with_renewal] {
        let told = outcome(&facts, &context);
        let turned_down = &told.sales[1].why.turned_down;
        assert!(turned_down[0].reason.contains("before the click"));
        assert_eq!(turned_down.len(), 1);
    }
}

#[test]
fn nor_does_it_where_customers_stay_with_their_first_partner() {
    let mut context = clicked(26, 0);
    let policy = Policy {
        customer_stays: true,
        ..Policy::default()
    };
    set_policies(&mut context, &[(providers::Micros(0), policy)]);
    let mut facts = paid_on(&[(1, &[]), (31, &[])]);
    facts.push(lead(26, "by_alice"));
    assert_eq!(whose(&facts, &context), [None, None]);
}

#[test]
fn what_such_a_customer_buys_besides_is_the_partners() {
    let context = clicked(26, 0);
    let mut facts = paid_on(&[(1, &[])]);
    facts.push(lead(26, "by_alice"));
    facts.extend(payment("in_9", 30, &[]));
    assert_eq!(whose(&facts, &context), [None, Some(alice(Via::Customer))]);
}

#[test]
fn a_click_from_before_the_beginning_counts_however_late_it_is_told() {
    let context = clicked(0, 0);
    let mut facts = paid_on(&[(1, &[]), (31, &[])]);
    facts.push(lead(8, "by_alice"));
    let of_both = [Some(alice(Via::Customer)), Some(alice(Via::Subscription))];
    assert_eq!(whose(&facts, &context), of_both);
}

#[test]
fn who_has_not_paid_yet_is_brought_by_a_click_within_the_trial() {
    let context = clicked(5, 0);
    let mut facts = paid_on(&[(1, &[]), (15, &["by_alice"])]);
    first_payment(&mut facts).amounts = Amounts::default();
    assert_eq!(whose(&facts, &context), [Some(alice(Via::Click))]);
}

/// RevenueCat's community 1175: the App Store tells of who comes back after years as of a renewal.
#[test]
fn who_comes_back_after_more_than_a_year_or_begins_anew_is_brought_by_the_click() {
    let mut context = context();
    add_click(&mut context, "by_alice", "alice", day(0));
    let back = paid_on(&[(-410, &[]), (10, &["by_alice"])]);
    assert_eq!(whose(&back, &context), [None, Some(alice(Via::Click))]);
    let yearly = paid_on(&[(-360, &[]), (10, &["by_alice"])]);
    assert_eq!(whose(&yearly, &context), [None, None]);
    let mut anew = paid_on(&[(10, &["by_alice"]), (-100, &[])]);
    first_payment(&mut anew).billing = Billing::SubscriptionFirst;
    assert_eq!(whose(&anew, &context), [None, Some(alice(Via::Click))]);
}
