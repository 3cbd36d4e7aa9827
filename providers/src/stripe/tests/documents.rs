//! Invoices and sessions at their edges: without a status, of nothing, and paid in parts.

use serde_json::{Value, json};

use super::{aliases, facts_of, facts_with, joins, leads, payments, reversals, with};
use crate::Fact;
use crate::fact::{Alias, Billing, PaymentState, Strength};

fn session(change: Value) -> Vec<Fact> {
    let base = json!({"id": "cs_1", "mode": "payment", "payment_status": "unpaid",
        "currency": "usd", "amount_total": 2000, "payment_intent": "pi_1"});
    facts_of("checkout.session.completed", &with(&base, change))
}

fn invoice(event_type: &str, change: Value) -> Vec<Fact> {
    let base = json!({"id": "in_1", "currency": "usd", "total": 0, "subtotal": 0, "amount_paid": 0,
        "billing_reason": "subscription_create",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}});
    facts_of(event_type, &with(&base, change))
}

/// A part of an invoice, 5.00 of which were asked for.
fn part(change: Value) -> Value {
    let base = json!({"id": "inpay_1", "invoice": "in_1", "amount_requested": 500, "currency": "usd",
        "payment": {"type": "payment_intent", "payment_intent": "pi_1", "charge": "ch_1"}});
    with(&base, change)
}

#[test]
fn a_voided_invoice_is_void_whatever_its_status_says() {
    let facts = invoice("invoice.voided", json!({"status": "paid"}));
    assert_eq!(payments(&facts)[0].state, PaymentState::Void);
}

#[test]
fn an_invoice_in_a_currency_that_nobody_knows_is_remarked() {
    let facts = invoice("invoice.paid", json!({"currency": "zzz"}));
    assert_eq!(
        payments(&facts)[0].remark.as_deref(),
        Some("unknown_currency")
    );
}

#[test]
fn only_the_first_invoice_of_a_subscription_of_nothing_is_a_trial() {
    let told = |change| leads(&invoice("invoice.paid", change)).len();
    assert_eq!(told(json!({})), 1);
    assert_eq!(told(json!({"billing_reason": "subscription_cycle"})), 0);
    assert_eq!(told(json!({"total": 100})), 0);
    assert_eq!(told(json!({"subtotal": 100})), 0);
}

#[test]
fn a_part_of_an_invoice_without_what_was_paid_is_what_was_asked_for() {
    let facts = facts_of("invoice_payment.paid", &part(json!({})));
    let amounts = facts.iter().filter_map(|fact| match fact {
        Fact::Allocation(allocation) => Some(allocation.amount),
        _ => None,
    });
    assert_eq!(amounts.collect::<Vec<_>>(), [500]);
    assert!(joins(&facts, "pi_1", "ch_1", Strength::Proven));
}

#[test]
fn only_a_part_that_did_not_go_through_stripe_is_left_out() {
    let told = |change| {
        let setting = r#"{"excludeOutOfBand":true}"#;
        facts_with(setting, "invoice_payment.paid", &part(change))
    };
    assert!(reversals(&told(json!({}))).is_empty());
    let record = json!({"payment": {"type": "payment_record", "payment_record": "pr_1"}});
    let facts = told(record);
    let outside = reversals(&facts)[0];
    assert_eq!(outside.version.step, 1);
    assert!(
        outside
            .reason
            .as_ref()
            .is_some_and(|why| why.contains("out of band"))
    );
}

#[test]
fn a_session_of_nothing_is_done_though_nobody_paid() {
    let state = |total: Value| payments(&session(json!({"amount_total": total})))[0].state;
    assert_eq!(state(json!(0)), PaymentState::Paid);
    assert_eq!(state(json!(1)), PaymentState::Pending);
}

#[test]
fn a_sessions_mode_says_what_led_to_its_payment() {
    let billing = |change| payments(&session(change))[0].billing;
    assert_eq!(billing(json!({})), Billing::OneTime);
    let subscribed = json!({"mode": "subscription", "invoice": "in_1"});
    assert_eq!(billing(subscribed), Billing::SubscriptionFirst);
}

#[test]
fn a_session_with_a_long_id_has_a_place_where_cut_off_references_meet_it() {
    let hints = |id: &str| {
        let facts = session(json!({"id": id}));
        let hint = |alias: &&&Alias| alias.strength == Strength::Hint;
        aliases(&facts).iter().filter(hint).count()
    };
    assert_eq!(hints("cs_1"), 0);
    assert_eq!(hints(&format!("cs_live_{}", "a1".repeat(30))), 1);
}

#[test]
fn a_trial_that_names_no_subscription_goes_by_its_session() {
    let facts = session(json!({"mode": "subscription", "amount_total": 0}));
    assert_eq!(leads(&facts)[0].id, "cs_1/trial");
}

/// What each thing is, its first id and its amount.
fn bought(lines: &Value) -> Vec<(String, i64)> {
    let facts = invoice("invoice.paid", json!({"lines": lines}));
    let things = &payments(&facts)[0].bought;
    let things = things
        .iter()
        .map(|thing| (thing.ids[0].clone(), thing.amount));
    things.collect()
}

#[test]
fn the_lines_of_an_invoice_say_what_each_thing_is_without_tax_and_discounts() {
    let new = |price: &str, more: Value| {
        let base = json!({"amount": 1_000, "pricing": {"price_details": {"price": price, "product": "prod"}}});
        with(&base, more)
    };
    let old = |price: &str, more: Value| {
        let base = json!({"amount": 1_000, "price": {"id": price, "product": "prod"}, "plan": {"id": price}});
        with(&base, more)
    };
    let told = |lines: Vec<Value>| bought(&json!({"data": lines}));
    let is = |price: &str, amount| (price.to_owned(), amount);
    let inside = json!({"taxes": [{"amount": 160, "tax_behavior": "inclusive"}]});
    let on_top = json!({"taxes": [{"amount": 190, "tax_behavior": "exclusive"}]});
    assert_eq!(
        told(vec![new("a", inside), new("b", on_top)]),
        [is("a", 840), is("b", 1_000)]
    );
    let inside = json!({"tax_amounts": [{"amount": 160, "inclusive": true}]});
    let on_top = json!({"tax_amounts": [{"amount": 190, "inclusive": false}]});
    assert_eq!(
        told(vec![old("a", inside), old("b", on_top)]),
        [is("a", 840), is("b", 1_000)]
    );
    let discount = json!({"discount_amounts": [{"amount": 300, "discount": "di_1"}],
        "pretax_credit_amounts": [{"amount": 300, "type": "discount"}, {"amount": 50, "type": "credit_balance_transaction"}]});
    let excluding = json!({"amount_excluding_tax": 900});
    assert_eq!(
        told(vec![new("a", discount), old("b", excluding)]),
        [is("a", 650), is("b", 900)]
    );
    // Seats are given back and more of them taken; an old plan is credited.
    let back = || json!({"amount": -400});
    let seats = vec![
        new("seat", back()),
        new("seat", json!({})),
        new("add-on", json!({})),
    ];
    assert_eq!(told(seats), [is("seat", 600), is("add-on", 1_000)]);
    let upgrade = vec![new("month", back()), new("year", json!({}))];
    assert_eq!(told(upgrade), [is("year", 1_000)]);
    assert_eq!(told(vec![new("a", json!({})), new("a", json!({}))]), []);
    let further = json!({"data": [new("a", json!({})), new("b", json!({}))], "has_more": true});
    assert_eq!(bought(&further), []);
}
