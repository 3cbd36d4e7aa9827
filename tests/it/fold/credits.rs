//! Who brought a payment: each rule of attribution, once.

use providers::fact::{Identity, Label, Lead, PaymentState, Rank, Version};
use providers::{Fact, Micros, Name};
use tributary::attribution::{CodeOwner, Model, Policy, Via};
use tributary::ledger::fold::{Context, Outcome};

use super::support::{
    NOW, PROGRAM, add_click, add_code, context, identity, outcome, paid, payment_name, set_policies,
};

pub(super) fn day(number: i64) -> Micros {
    NOW.plus_days(number - 60)
}

/// Clicks on links of alice and bob on the given days.
pub(super) fn clicked(alice: i64, bob: i64) -> Context {
    let mut context = context();
    add_click(&mut context, "by_alice", "alice", day(alice));
    add_click(&mut context, "by_bob", "bob", day(bob));
    context
}

fn set_policy(context: &mut Context, policy: Policy) {
    set_policies(context, &[(Micros(0), policy)]);
}

/// A payment on a day, with the clicks that came with it.
pub(super) fn payment(name: &str, on: i64, clicks: &[&str]) -> [Fact; 2] {
    [
        Fact::Payment(paid(name, Rank::Canonical, 1_000, day(on))),
        Fact::Identity(identity(name, "cus", clicks, day(on))),
    ]
}

pub(super) fn of_subscription(mut payment: [Fact; 2]) -> [Fact; 2] {
    if let Fact::Identity(identity) = &mut payment[1] {
        identity.subscription = Name::subscription("sub_1");
    }
    payment
}

pub(super) fn partners(outcome: &Outcome) -> Vec<Option<(&str, Via)>> {
    let credits = outcome.sales.iter().map(|sale| sale.credit.as_ref());
    credits
        .map(|credit| credit.map(|c| (c.partner_id.as_str(), c.via)))
        .collect()
}

#[test]
fn of_clicks_that_come_together_the_last_counts_or_the_first_where_the_program_says_so() {
    let mut context = clicked(1, 2);
    let facts = payment("in_1", 5, &["by_alice", "by_bob"]);
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("bob", Via::Click))]
    );
    let model = Model::FirstClick;
    set_policy(
        &mut context,
        Policy {
            model,
            ..Policy::default()
        },
    );
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("alice", Via::Click))]
    );
}

#[test]
fn a_click_counts_to_the_end_of_its_window() {
    let mut context = clicked(0, 0);
    let window_days = 5;
    set_policy(
        &mut context,
        Policy {
            window_days,
            ..Policy::default()
        },
    );
    let in_time = payment("in_1", 5, &["by_alice"]);
    assert_eq!(
        partners(&outcome(&in_time, &context)),
        [Some(("alice", Via::Click))]
    );
    let late = outcome(&payment("in_1", 6, &["by_alice"]), &context);
    assert_eq!(partners(&late), [None]);
    assert!(late.sales[0].why.turned_down[0].reason.contains("window"));
}

#[test]
fn a_customer_without_a_click_keeps_the_earlier_partner() {
    let context = clicked(0, 10);
    let mut facts = payment("in_1", 1, &["by_alice"]).to_vec();
    facts.extend(payment("in_2", 5, &[]));
    facts.extend(payment("in_3", 11, &["by_bob"]));
    facts.extend(payment("in_4", 12, &[]));
    let expected = [
        Some(("alice", Via::Click)),
        Some(("alice", Via::Customer)),
        Some(("bob", Via::Click)),
        Some(("bob", Via::Customer)),
    ];
    assert_eq!(partners(&outcome(&facts, &context)), expected);
}

#[test]
fn a_customer_stays_with_the_first_partner_where_the_program_says_so() {
    let mut context = clicked(0, 10);
    let customer_stays = true;
    set_policy(
        &mut context,
        Policy {
            customer_stays,
            ..Policy::default()
        },
    );
    let mut facts = payment("in_1", 1, &["by_alice"]).to_vec();
    facts.extend(payment("in_2", 11, &["by_bob"]));
    let credits = outcome(&facts, &context);
    assert!(
        partners(&credits)
            .iter()
            .all(|credit| credit.unwrap().0 == "alice")
    );
}

#[test]
fn a_subscription_stays_with_the_partner_of_its_first_payment() {
    let context = clicked(0, 10);
    let mut facts = of_subscription(payment("in_1", 1, &["by_alice"])).to_vec();
    facts.extend(of_subscription(payment("in_2", 31, &["by_bob"])));
    let expected = [
        Some(("alice", Via::Click)),
        Some(("alice", Via::Subscription)),
    ];
    assert_eq!(partners(&outcome(&facts, &context)), expected);
}

#[test]
fn a_subscription_that_moves_to_another_customer_keeps_its_partner() {
    let context = clicked(0, 10);
    let mut facts = of_subscription(payment("in_1", 1, &["by_alice"])).to_vec();
    let mut moved = of_subscription(payment("in_2", 31, &[]));
    if let Fact::Identity(identity) = &mut moved[1] {
        identity.customers = vec![Name::customer("cus_other").unwrap()];
    }
    facts.extend(moved);
    facts.extend(payment("in_9", 20, &["by_bob"]));
    let credits = outcome(&facts, &context);
    let last = credits.sales.last().unwrap();
    assert_eq!(last.credit.as_ref().unwrap().partner_id, "alice");
    assert_ne!(last.customer, credits.sales[0].customer);
}

#[test]
fn a_code_counts_where_no_click_does_and_in_any_case() {
    let mut context = clicked(0, 0);
    add_code(&mut context, "BOB10", "bob");
    let with_code = |clicks: &[&str]| {
        let mut facts = payment("in_1", 1, clicks);
        if let Fact::Identity(identity) = &mut facts[1] {
            identity.codes = vec![Label::new(" bob10", "discount").unwrap()];
        }
        facts
    };
    let by_code = outcome(&with_code(&[]), &context);
    assert_eq!(partners(&by_code), [Some(("bob", Via::Code))]);
    let by_click = outcome(&with_code(&["by_alice"]), &context);
    assert_eq!(partners(&by_click), [Some(("alice", Via::Click))]);
}

/// A payment on a day with a code, and one without on a later day.
fn with_code(name: &str, on: i64, code: &str) -> [Fact; 2] {
    let mut facts = payment(name, on, &[]);
    if let Fact::Identity(identity) = &mut facts[1] {
        identity.codes = vec![Label::new(code, "discount_codes").unwrap()];
    }
    facts
}

/// The first order of a subscription carries the partner's code, and the renewals that another app makes carry
/// nothing: <https://uppromote.com/blog/how-to-track-subscription-affiliate-sales-on-shopify/>,
/// <https://github.com/strangerstudios/pmpro-affiliates/issues/56>.
#[test]
fn a_customer_who_came_by_a_code_stays_the_partners_when_the_code_is_used_no_more() {
    let mut context = clicked(0, 10);
    add_code(&mut context, "ALICE10", "alice");
    add_code(&mut context, "BOB10", "bob");
    let first = with_code("in_1", 1, "ALICE10");
    let renewal = payment("in_2", 31, &[]);
    let told = [&first[..], &renewal].concat();
    let both = outcome(&told, &context);
    let alice = Some(("alice", Via::Customer));
    assert_eq!(partners(&both), [Some(("alice", Via::Code)), alice]);
    let other_way: Vec<Fact> = told.iter().rev().cloned().collect();
    assert_eq!(outcome(&other_way, &context), both);
    let before = [
        &with_code("in_1", 31, "ALICE10")[..],
        &payment("in_2", 1, &[]),
    ]
    .concat();
    assert_eq!(
        partners(&outcome(&before, &context))[0],
        None,
        "what was before stays"
    );
    let bobs = |second: [Fact; 2]| {
        let told = [&first[..], &second, &payment("in_3", 40, &[])].concat();
        let context = context.clone();
        let outcome = outcome(&told, &context);
        partners(&outcome)
            .into_iter()
            .map(|p| p.unwrap().0.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        bobs(with_code("in_2", 31, "BOB10")),
        ["alice", "bob", "bob"]
    );
    assert_eq!(
        bobs(payment("in_2", 31, &["by_bob"])),
        ["alice", "bob", "bob"]
    );
}

#[test]
fn which_of_several_codes_is_remembered_the_program_says() {
    let mut context = clicked(0, 10);
    add_code(&mut context, "ALICE10", "alice");
    add_code(&mut context, "BOB10", "bob");
    let told = [
        &with_code("in_1", 1, "ALICE10")[..],
        &with_code("in_2", 11, "BOB10"),
        &payment("in_3", 20, &["by_bob"]),
        &payment("in_4", 31, &[]),
    ];
    let who = |context: &Context| {
        let outcome = outcome(&told.concat(), context);
        partners(&outcome)
            .into_iter()
            .map(|p| p.unwrap().0.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(who(&context), ["alice", "bob", "bob", "bob"]);
    let stays = Policy {
        customer_stays: true,
        ..Policy::default()
    };
    set_policy(&mut context, stays);
    assert_eq!(who(&context), ["alice"; 4]);
    let first = Policy {
        model: Model::FirstClick,
        ..Policy::default()
    };
    set_policy(&mut context, first);
    let told = [
        &with_code("in_1", 1, "ALICE10")[..],
        &with_code("in_2", 11, "BOB10"),
        &payment("in_4", 31, &[]),
    ];
    let outcome = outcome(&told.concat(), &context);
    assert_eq!(partners(&outcome)[2], Some(("alice", Via::Customer)));
}

/// An order that is never paid has brought nobody, whatever code it carries.
#[test]
fn a_code_of_an_order_that_was_not_paid_is_not_remembered() {
    let mut context = context();
    add_code(&mut context, "ALICE10", "alice");
    let mut left = with_code("in_1", 1, "ALICE10");
    if let Fact::Payment(payment) = &mut left[0] {
        payment.state = PaymentState::Void;
    }
    let told = [&left[..], &payment("in_2", 31, &[])].concat();
    assert_eq!(partners(&outcome(&told, &context)), [None]);
}

#[test]
fn an_unknown_click_brings_nobody_until_it_is_known() {
    let mut context = context();
    let facts = payment("in_1", 1, &["by_alice"]);
    let organic = outcome(&facts, &context);
    assert_eq!(partners(&organic), [None]);
    assert_eq!(organic.unknown_claims.len(), 1);
    assert_eq!(organic.sales[0].why.turned_down.len(), 1);
    add_click(&mut context, "by_alice", "alice", day(0));
    let known = outcome(&facts, &context);
    assert_eq!(partners(&known), [Some(("alice", Via::Click))]);
    assert!(known.unknown_claims.is_empty());
}

pub(super) fn lead(on: i64, click: &str) -> Fact {
    Fact::Lead(Lead {
        id: format!("lead_{on}"),
        event_name: "Sign Up".to_owned(),
        customers: vec![Name::customer("cus").unwrap()],
        clicks: vec![Label::new(click, "clickId").unwrap()],
        occurred_at: day(on),
    })
}

#[test]
fn a_lead_before_the_payment_says_who_brought_the_customer() {
    let context = clicked(0, 0);
    let mut facts = payment("in_1", 5, &[]).to_vec();
    facts.push(lead(2, "by_alice"));
    let credited = outcome(&facts, &context);
    assert_eq!(partners(&credited), [Some(("alice", Via::Customer))]);
    assert_eq!(
        credited.leads[0].credit.as_ref().unwrap().partner_id,
        "alice"
    );
}

#[test]
fn the_first_credit_of_a_customer_is_the_oldest_be_it_a_leads() {
    let context = clicked(0, 3);
    let mut facts = payment("in_1", 5, &["by_bob"]).to_vec();
    facts.push(lead(2, "by_alice"));
    let credited = outcome(&facts, &context);
    assert_eq!(partners(&credited), [Some(("bob", Via::Click))]);
    let first = credited.first_credit.values().next().unwrap();
    assert_eq!(first.partner_id, "alice");
}

#[test]
fn an_organic_sale_is_attributed_by_a_link_that_comes_later_if_its_click_was_before() {
    let mut facts = payment("in_1", 5, &[]).to_vec();
    facts.push(lead(8, "by_alice"));
    let before = outcome(&facts, &clicked(1, 0));
    assert_eq!(partners(&before), [Some(("alice", Via::Customer))]);
    let after = outcome(&facts, &clicked(7, 0));
    assert_eq!(
        partners(&after),
        [None],
        "a click after the payment has brought nothing"
    );
}

#[test]
fn a_click_made_after_the_payment_does_not_take_it_from_whose_click_was_before() {
    let facts = payment("in_1", 5, &["by_alice", "by_bob"]);
    let credited = outcome(&facts, &clicked(1, 7));
    assert_eq!(partners(&credited), [Some(("alice", Via::Click))]);
    let turned_down = &credited.sales[0].why.turned_down;
    assert_eq!(
        turned_down[0].reason,
        "the click was made after the payment"
    );
    let mut facts = facts.to_vec();
    assert_eq!(partners(&outcome(&facts, &clicked(7, 8))), [None]);
    facts.extend(payment("in_2", 9, &[]));
    assert_eq!(
        partners(&outcome(&facts, &clicked(7, 8))),
        [None, Some(("bob", Via::Customer))],
        "what is bought later is another matter"
    );
}

#[test]
fn a_link_that_comes_after_the_window_changes_nothing() {
    let mut context = clicked(1, 0);
    let window_days = 10;
    set_policy(
        &mut context,
        Policy {
            window_days,
            ..Policy::default()
        },
    );
    let mut facts = payment("in_1", 5, &[]).to_vec();
    facts.push(lead(16, "by_alice"));
    assert_eq!(partners(&outcome(&facts, &context)), [None]);
}

#[test]
fn the_owners_own_word_comes_first() {
    let mut context = clicked(0, 0);
    let owner = CodeOwner {
        partner_id: "carol".to_owned(),
        program_id: PROGRAM.to_owned(),
    };
    let customer = Name::customer("cus").unwrap();
    context.directory.assignments.insert(customer, Some(owner));
    let facts = payment("in_1", 1, &["by_alice"]);
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("carol", Via::Assignment))]
    );
}

#[test]
fn a_click_told_first_is_not_moved_by_what_is_edited_later() {
    let context = clicked(0, 0);
    let mut facts = payment("in_1", 1, &["by_alice"]).to_vec();
    let later = Identity {
        version: Version {
            at: day(40),
            step: 0,
        },
        ..identity("in_1", "cus", &[], day(40))
    };
    facts.push(Fact::Identity(later));
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("alice", Via::Click))]
    );
    assert_eq!(
        outcome(&facts, &context).sales[0].object,
        payment_name("in_1")
    );
}
