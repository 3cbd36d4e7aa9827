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
    let mut counted = back.clone();
    for fact in &mut counted {
        match fact {
            Fact::Payment(payment) => payment.billing = Billing::SubscriptionRenewal,
            Fact::Identity(identity) => identity.paid_since = Some(day(-500)),
            _ => {}
        }
    }
    assert_eq!(whose(&counted, &context), [None, Some(alice(Via::Click))]);
    let yearly = paid_on(&[(-360, &[]), (10, &["by_alice"])]);
    assert_eq!(whose(&yearly, &context), [None, None]);
    let mut anew = paid_on(&[(10, &["by_alice"]), (-100, &[])]);
    first_payment(&mut anew).billing = Billing::SubscriptionFirst;
    assert_eq!(whose(&anew, &context), [None, Some(alice(Via::Click))]);
}

/// A renewal on the 31st of a subscription that has been paid for since a day, as its processor tells.
fn renewed(paid_since: i64, clicks: &[&str]) -> Vec<Fact> {
    let mut facts = paid_on(&[(31, clicks)]);
    first_payment(&mut facts).billing = Billing::SubscriptionRenewal;
    if let Fact::Identity(identity) = &mut facts[1] {
        identity.paid_since = Some(day(paid_since));
    }
    facts
}

/// The same promise for who subscribed before there was a Tributary, so that nothing of the beginning is in the books. Programs
/// say "existing subscription purchases" earn nothing; pmpro-affiliates 15 has the renewals of members who came before.
#[test]
fn reported_who_has_been_paying_since_before_the_books_is_not_brought_by_a_later_click() {
    let context = clicked(26, 0);
    let mut remembered = renewed(-300, &[]);
    remembered.push(lead(26, "by_alice"));
    assert_eq!(whose(&remembered, &context), [None]);
    let with_renewal = renewed(-300, &["by_alice"]);
    assert_eq!(whose(&with_renewal, &context), [None]);
    for facts in [remembered, with_renewal] {
        let told = outcome(&facts, &context);
        let turned_down = &told.sales[0].why.turned_down;
        assert!(turned_down[0].reason.contains("before the click"));
    }
}

#[test]
fn whoever_is_remembered_from_before_such_a_beginning_has_brought_it() {
    let context = clicked(0, 20);
    let mut facts = renewed(2, &[]);
    facts.push(lead(1, "by_alice"));
    facts.push(lead(20, "by_bob"));
    assert_eq!(whose(&facts, &context), [Some(alice(Via::Customer))]);
    // Told late, as with a beginning that is known.
    let mut facts = renewed(2, &[]);
    facts.push(lead(8, "by_alice"));
    assert_eq!(whose(&facts, &context), [Some(alice(Via::Customer))]);
}

#[test]
fn what_is_told_of_a_beginning_says_nothing_of_a_first_payment_or_a_change_of_plan() {
    let context = clicked(26, 0);
    for billing in [
        Billing::SubscriptionFirst,
        Billing::SubscriptionUpdate,
        Billing::Unknown,
    ] {
        let mut facts = renewed(-300, &["by_alice"]);
        first_payment(&mut facts).billing = billing;
        assert_eq!(whose(&facts, &context), [Some(alice(Via::Click))]);
    }
    let within_the_trial = renewed(31, &["by_alice"]);
    assert_eq!(
        whose(&within_the_trial, &context),
        [Some(alice(Via::Click))]
    );
}

/// Shopify's renewals name no subscription: those of the same thing by the same customer go on with what was begun without a partner.
#[test]
fn renewals_that_name_no_subscription_go_on_by_what_is_renewed() {
    let context = clicked(26, 0);
    let renewal = |number: i64, on: i64, thing: &str| {
        let mut facts = payment(&format!("o_{number}"), on, &[]);
        let Fact::Payment(paid) = &mut facts[0] else {
            panic!("the payment")
        };
        paid.billing = Billing::SubscriptionRenewal;
        paid.products = vec![format!("variant_{thing}"), thing.to_owned()];
        facts
    };
    let mut facts = vec![lead(26, "by_alice")];
    for (number, on, thing) in [
        (1, 1, "coffee"),
        (2, 31, "coffee"),
        (3, 32, "tea"),
        (4, 61, "coffee"),
    ] {
        facts.extend(renewal(number, on, thing));
    }
    facts.extend(payment("o_9", 27, &[]));
    let by_alice = Some(alice(Via::Customer));
    let expected = [None, by_alice.clone(), None, by_alice, None];
    assert_eq!(whose(&facts, &context), expected);
}

/// A payment of a thing, as Shopify tells it: a renewal is known for one, a subscription's first order is not.
fn of_thing(name: &str, (on, clicks): (i64, &[&str]), thing: &str, billing: Billing) -> Vec<Fact> {
    let mut facts = payment(name, on, clicks).to_vec();
    let paid = first_payment(&mut facts);
    paid.billing = billing;
    paid.products = vec![format!("variant_{thing}"), thing.to_owned()];
    facts
}

/// Whoever had a subscription of a plan by a web order of his own, and bought a mug by a partner's link, had that partner earn by the plan.
#[test]
fn renewals_that_name_no_subscription_go_on_with_the_order_that_began_them() {
    let renewal = of_thing("o_9", (31, &[]), "plan", Billing::SubscriptionRenewal);
    let of_partner = |partner: &str, via| Some((partner.to_owned(), via));

    let mug = of_thing("o_2", (27, &["by_alice"]), "mug", Billing::Unknown);
    let mut own = of_thing("o_1", (1, &[]), "plan", Billing::Unknown);
    own.extend(mug);
    own.extend(renewal.clone());
    let context = clicked(26, 0);
    assert_eq!(whose(&own, &context), [None, Some(alice(Via::Click)), None]);

    let context = clicked(0, 20);
    for (second, of_renewal) in [("mug", "alice"), ("plan", "bob")] {
        let mut facts = of_thing("o_1", (1, &["by_alice"]), "plan", Billing::Unknown);
        facts.extend(of_thing("o_2", (21, &["by_bob"]), second, Billing::Unknown));
        facts.extend(renewal.clone());
        let expected = [
            Some(alice(Via::Click)),
            of_partner("bob", Via::Click),
            of_partner(of_renewal, Via::Subscription),
        ];
        assert_eq!(whose(&facts, &context), expected, "{second}");
    }
}
