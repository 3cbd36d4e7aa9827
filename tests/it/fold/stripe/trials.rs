//! Trials that are given to subscriptions which are paid for already: merchants move the day of payment by them
//! (<https://docs.stripe.com/billing/subscriptions/billing-cycle>: a trial changes the billing period of an active subscription).

use providers::{Currency, Micros};
use serde_json::{Value, json};
use tributary::ledger::rule::{Reward, Rule};

use super::super::support::{add_click, context, set_rule};
use super::{AT, event, fold_with};

const DAY: i64 = 86_400;

fn subscription(at: i64, status: &str, trial_start: Option<i64>) -> Value {
    event(
        at,
        "customer.subscription.updated",
        json!({"id": "sub_1", "object": "subscription", "status": status, "customer": "cus_1", "created": AT, "start_date": AT,
            "trial_start": trial_start.map(|at| AT + at), "trial_end": trial_start.map(|at| AT + at + 14 * DAY),
            "metadata": {"refp_id": "clk"}}),
    )
}

fn paid(at: i64, billing_reason: &str) -> Value {
    event(
        at,
        "invoice.paid",
        json!({"id": format!("in_{at}"), "object": "invoice", "status": "paid", "currency": "usd", "customer": "cus_1", "subscription": "sub_1",
            "billing_reason": billing_reason, "total": 1_000, "amount_paid": 1_000, "status_transitions": {"paid_at": AT + at}}),
    )
}

/// What each lead earns, with the day on which it came; and what all sales earn.
fn earned(events: &[Value]) -> (Vec<(i64, Option<i64>)>, i64) {
    let mut context = context();
    add_click(&mut context, "clk", "alice", Micros((AT - 600) * 1_000_000));
    let mut rule = Rule::ten_percent();
    let currency = Currency::parse("usd").unwrap();
    rule.lead = Some(Reward::Flat {
        amount: 300,
        currency,
    });
    set_rule(&mut context, rule);
    let outcome = fold_with(&context, events);
    let leads = outcome.leads.iter().map(|lead| {
        let earning = lead.earning.as_ref();
        let day = (lead.occurred_at.seconds() - AT) / DAY;
        (day, earning.map(|earning| earning.left))
    });
    let sales = outcome.sales.iter();
    let sales = sales.filter_map(|sale| Some(sale.earning.as_ref()?.left));
    (leads.collect(), sales.sum())
}

#[test]
fn who_pays_for_a_subscription_is_no_new_lead_when_its_day_of_payment_is_moved() {
    let begun = [
        subscription(1, "active", None),
        paid(2, "subscription_create"),
    ];
    assert_eq!(earned(&begun), (vec![], 100));
    let moved = subscription(30 * DAY, "trialing", Some(30 * DAY));
    let told = [&begun[..], &[moved]].concat();
    assert_eq!(earned(&told), (vec![(30, None)], 100));
}

#[test]
fn a_trial_that_has_earned_keeps_its_time_when_another_is_given_later() {
    let begun = [
        subscription(1, "trialing", Some(0)),
        subscription(14 * DAY, "active", Some(0)),
        paid(14 * DAY, "subscription_cycle"),
    ];
    assert_eq!(earned(&begun), (vec![(0, Some(300))], 100));
    let moved = subscription(30 * DAY, "trialing", Some(30 * DAY));
    let told = [&begun[..], &[moved]].concat();
    assert_eq!(earned(&told), (vec![(0, Some(300)), (30, None)], 100));
}

#[test]
fn a_trial_after_a_plan_that_costs_nothing_is_a_lead() {
    let mut free = paid(2, "subscription_create");
    for member in ["total", "amount_paid"] {
        free["data"]["object"][member] = json!(0);
    }
    let told = [
        subscription(1, "active", None),
        free,
        subscription(20 * DAY, "trialing", Some(20 * DAY)),
    ];
    let (leads, sales) = earned(&told);
    assert!(leads.contains(&(20, Some(300))), "{leads:?}");
    assert_eq!(
        (leads.iter().filter_map(|lead| lead.1).sum::<i64>(), sales),
        (300, 0)
    );
}
