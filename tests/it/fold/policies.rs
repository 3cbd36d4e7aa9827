//! A program's settings by date: each payment follows those of its own time.

use proptest::prelude::*;
use providers::Fact;
use tributary::attribution::{Model, Policy, Via};
use tributary::ledger::fold::Context;
use tributary::ledger::sale::Sale;

use super::credits::{clicked, day, lead, partners, payment};
use super::support::{outcome, set_policies};

/// The day from which the second policy holds.
const CHANGE: i64 = 20;

/// Clicks of alice and bob, and a program whose settings change on the day of the change.
fn changing(clicks: (i64, i64), before: Policy, after: Policy) -> Context {
    let mut context = clicked(clicks.0, clicks.1);
    set_policies(&mut context, &[(day(0), before), (day(CHANGE), after)]);
    context
}

fn window(window_days: i64) -> Policy {
    Policy {
        window_days,
        ..Policy::default()
    }
}

fn first_click() -> Policy {
    Policy {
        model: Model::FirstClick,
        ..Policy::default()
    }
}

#[test]
fn the_model_of_the_payments_time_decides_among_its_clicks() {
    let context = changing((1, 2), Policy::default(), first_click());
    let mut facts = payment("in_1", CHANGE - 1, &["by_alice", "by_bob"]).to_vec();
    facts.extend(payment("in_2", CHANGE, &["by_alice", "by_bob"]));
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("bob", Via::Click)), Some(("alice", Via::Click))]
    );
}

#[test]
fn the_model_of_the_payments_time_decides_among_what_is_remembered() {
    let context = changing((1, 2), Policy::default(), first_click());
    let mut facts = vec![lead(3, "by_alice"), lead(4, "by_bob")];
    facts.extend(payment("in_1", CHANGE - 1, &[]));
    facts.extend(payment("in_2", CHANGE, &[]));
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("bob", Via::Customer)), Some(("alice", Via::Customer))]
    );
}

#[test]
fn the_window_of_the_payments_time_decides_about_its_click() {
    let facts = |on| payment("in_1", on, &["by_alice"]);
    let shorter = changing((10, 0), window(90), window(5));
    assert_eq!(
        partners(&outcome(&facts(CHANGE - 1), &shorter)),
        [Some(("alice", Via::Click))]
    );
    assert_eq!(partners(&outcome(&facts(CHANGE), &shorter)), [None]);
    let longer = changing((10, 0), window(5), window(90));
    assert_eq!(partners(&outcome(&facts(CHANGE - 1), &longer)), [None]);
    assert_eq!(
        partners(&outcome(&facts(CHANGE), &longer)),
        [Some(("alice", Via::Click))]
    );
}

#[test]
fn a_click_is_remembered_by_the_window_of_the_time_it_was_seen() {
    let mut facts = payment("in_1", CHANGE + 1, &[]).to_vec();
    facts.push(lead(CHANGE - 1, "by_alice"));
    let remembered = changing((10, 0), window(90), window(5));
    assert_eq!(
        partners(&outcome(&facts, &remembered)),
        [Some(("alice", Via::Customer))]
    );
    let too_old_when_seen = changing((10, 0), window(5), window(90));
    assert_eq!(partners(&outcome(&facts, &too_old_when_seen)), [None]);
}

#[test]
fn the_window_of_the_payments_time_decides_about_a_link_that_comes_later() {
    let mut facts = payment("in_1", CHANGE - 1, &[]).to_vec();
    facts.push(lead(CHANGE + 10, "by_alice"));
    let shorter = changing((15, 0), window(90), window(5));
    assert_eq!(
        partners(&outcome(&facts, &shorter)),
        [Some(("alice", Via::Customer))]
    );
    let longer = changing((15, 0), window(5), window(90));
    assert_eq!(partners(&outcome(&facts, &longer)), [None]);
}

#[test]
fn a_customer_stays_from_the_day_on_that_the_program_says_so() {
    let customer_stays = true;
    let stays = Policy {
        customer_stays,
        ..Policy::default()
    };
    let context = changing((0, 2), Policy::default(), stays);
    let mut facts = payment("in_1", 1, &["by_alice"]).to_vec();
    facts.extend(payment("in_2", CHANGE - 1, &["by_bob"]));
    facts.extend(payment("in_3", CHANGE, &["by_bob"]));
    let expected = [
        Some(("alice", Via::Click)),
        Some(("bob", Via::Click)),
        Some(("alice", Via::Customer)),
    ];
    assert_eq!(partners(&outcome(&facts, &context)), expected);
}

#[test]
fn of_two_versions_from_one_time_on_the_one_made_later_holds() {
    let mut context = clicked(1, 2);
    set_policies(
        &mut context,
        &[(day(0), Policy::default()), (day(0), first_click())],
    );
    let facts = payment("in_1", 5, &["by_alice", "by_bob"]);
    assert_eq!(
        partners(&outcome(&facts, &context)),
        [Some(("alice", Via::Click))]
    );
}

fn policy() -> impl Strategy<Value = Policy> {
    let model = prop::sample::select(&[Model::LastClick, Model::FirstClick][..]);
    (model, 1_i64..60, any::<bool>()).prop_map(|(model, window_days, customer_stays)| Policy {
        model,
        window_days,
        customer_stays,
        ..Policy::default()
    })
}

/// Payments and leads of one customer, before and after the change, with any of the two clicks.
fn life() -> impl Strategy<Value = Vec<Fact>> {
    let clicks = prop::sample::subsequence(vec!["by_alice", "by_bob"], 0..=2);
    let paid = prop::collection::vec((0_i64..40, clicks), 1..6).prop_map(|payments| {
        let numbered = payments.into_iter().enumerate();
        numbered
            .flat_map(|(number, (on, clicks))| payment(&format!("in_{number}"), on, &clicks))
            .collect::<Vec<_>>()
    });
    let click = prop::sample::select(&["by_alice", "by_bob"][..]);
    let led = prop::collection::btree_map(0_i64..40, click, 0..3);
    (paid, led).prop_map(|(mut facts, leads)| {
        facts.extend(leads.into_iter().map(|(on, click)| lead(on, click)));
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_change_never_touches_what_was_sold_before_it(
        facts in life(), clicks in (0_i64..40, 0_i64..40), old in policy(), new in policy(),
    ) {
        let sold_before = |context: &Context| -> Vec<Sale> {
            let sales = outcome(&facts, context).sales.into_iter();
            sales.filter(|sale| sale.occurred_at < day(CHANGE)).collect()
        };
        let unchanged = sold_before(&changing(clicks, old, old));
        prop_assert_eq!(sold_before(&changing(clicks, old, new)), unchanged);
    }
}
