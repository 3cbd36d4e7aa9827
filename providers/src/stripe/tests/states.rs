//! Whether, when and as what something was paid.

use serde_json::{Value, json};

use super::{AT, facts_of, leads, payments, read_with, with};
use crate::Micros;
use crate::fact::{Billing, PaymentState, Rank};

fn session(change: Value) -> Value {
    let base = json!({"id": "cs_1", "mode": "payment", "payment_status": "paid", "currency": "usd",
        "amount_total": 2000, "amount_subtotal": 2000, "payment_intent": "pi_1", "customer": "cus_1"});
    with(&base, change)
}

fn invoice(change: Value) -> Value {
    let base = json!({"id": "in_1", "currency": "usd", "total": 2900, "subtotal": 2900, "amount_paid": 2900,
        "customer": "cus_1", "billing_reason": "subscription_create",
        "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1"}}});
    with(&base, change)
}

#[test]
fn a_session_is_paid_when_its_money_is_there() {
    let unpaid = session(json!({"payment_status": "unpaid"}));
    for (event_type, object, state) in [
        (
            "checkout.session.completed",
            session(json!({})),
            PaymentState::Paid,
        ),
        (
            "checkout.session.completed",
            unpaid.clone(),
            PaymentState::Pending,
        ),
        (
            "checkout.session.async_payment_succeeded",
            session(json!({})),
            PaymentState::Paid,
        ),
        (
            "checkout.session.async_payment_failed",
            unpaid.clone(),
            PaymentState::Void,
        ),
        ("checkout.session.expired", unpaid, PaymentState::Void),
        (
            "checkout.session.completed",
            session(json!({"amount_total": 0, "payment_status": "no_payment_required"})),
            PaymentState::Paid,
        ),
        (
            "checkout.session.completed",
            session(json!({"payment_status": "no_payment_required"})),
            PaymentState::Pending,
        ),
    ] {
        let facts = facts_of(event_type, &object);
        assert_eq!(payments(&facts)[0].state, state, "{event_type}");
        assert_eq!(payments(&facts)[0].rank, Rank::Checkout);
        assert_eq!(payments(&facts)[0].occurred_at, Micros::from_seconds(AT));
    }
}

#[test]
fn a_later_step_wins_within_one_second() {
    let step = |event_type| {
        let facts = facts_of(event_type, &session(json!({"payment_status": "unpaid"})));
        payments(&facts)[0].version
    };
    let (pending, paid) = (
        step("checkout.session.completed"),
        step("checkout.session.async_payment_succeeded"),
    );
    assert!(pending < paid && paid < step("checkout.session.async_payment_failed"));
}

#[test]
fn a_subscriptions_session_has_money_only_beside_its_invoice() {
    let without =
        session(json!({"mode": "subscription", "subscription": "sub_1", "payment_intent": null}));
    let facts = facts_of("checkout.session.completed", &without);
    assert!(payments(&facts).is_empty());
    assert_eq!(super::identities(&facts).len(), 1);
    let beside = with(&without, json!({"invoice": "in_1"}));
    let facts = facts_of("checkout.session.completed", &beside);
    assert_eq!(payments(&facts)[0].billing, Billing::SubscriptionFirst);
}

#[test]
fn a_setup_session_and_a_session_full_of_nulls_do_no_harm() {
    let setup = json!({"id": "cs_1", "mode": "setup", "amount_total": null, "currency": null, "payment_intent": null,
        "payment_link": null, "customer_details": null, "metadata": null, "customer": "cus_1", "total_details": null});
    assert!(payments(&facts_of("checkout.session.completed", &setup)).is_empty());
}

#[test]
fn an_invoice_is_paid_when_all_of_it_is() {
    for (event_type, change, state) in [
        (
            "invoice.paid",
            json!({"status": "paid"}),
            PaymentState::Paid,
        ),
        (
            "invoice.payment_succeeded",
            json!({"status": "open"}),
            PaymentState::Pending,
        ),
        (
            "invoice.payment_succeeded",
            json!({"paid": true}),
            PaymentState::Paid,
        ),
        (
            "invoice.payment_succeeded",
            json!({"paid": false}),
            PaymentState::Pending,
        ),
        (
            "invoice.voided",
            json!({"status": "void", "amount_paid": 0}),
            PaymentState::Void,
        ),
        (
            "invoice.marked_uncollectible",
            json!({"status": "uncollectible", "amount_paid": 0}),
            PaymentState::Pending,
        ),
    ] {
        let facts = facts_of(event_type, &invoice(change.clone()));
        assert_eq!(payments(&facts)[0].state, state, "{event_type} {change}");
        assert_eq!(payments(&facts)[0].rank, Rank::Canonical);
    }
}

#[test]
fn what_led_to_an_invoice_is_read_from_its_reason() {
    for (reason, billing) in [
        ("subscription_create", Billing::SubscriptionFirst),
        ("subscription_cycle", Billing::SubscriptionRenewal),
        ("subscription_threshold", Billing::SubscriptionRenewal),
        ("subscription_update", Billing::SubscriptionUpdate),
        ("subscription", Billing::Unknown),
        ("manual", Billing::Unknown),
        ("something_new", Billing::Unknown),
    ] {
        let facts = facts_of("invoice.paid", &invoice(json!({"billing_reason": reason})));
        assert_eq!(payments(&facts)[0].billing, billing, "{reason}");
    }
    let facts = facts_of(
        "invoice.paid",
        &invoice(json!({"billing_reason": "manual", "parent": null})),
    );
    assert_eq!(payments(&facts)[0].billing, Billing::OneTime);
}

#[test]
fn an_invoice_dates_from_when_it_was_paid_and_names_its_products() {
    let facts = facts_of(
        "invoice.paid",
        &invoice(
            json!({"status_transitions": {"paid_at": AT - 60}, "lines": {"data": [
        {"pricing": {"price_details": {"product": "prod_1"}}}, {"price": {"product": "prod_2"}},
        {"plan": {"product": {"id": "prod_3"}}}, {"price": {"product": "prod_2"}}, {"price": null}]}}),
        ),
    );
    assert_eq!(
        payments(&facts)[0].occurred_at,
        Micros::from_seconds(AT - 60)
    );
    assert_eq!(payments(&facts)[0].products, ["prod_1", "prod_2", "prod_3"]);
}

#[test]
fn a_trial_is_a_payment_of_nothing_and_one_lead_whoever_tells_of_it() {
    let session = session(
        json!({"mode": "subscription", "amount_total": 0, "amount_subtotal": 0, "invoice": "in_1",
        "payment_intent": null, "subscription": "sub_1", "client_reference_id": "refp_id_clk_1"}),
    );
    let invoice = invoice(json!({"total": 0, "subtotal": 0, "amount_paid": 0}));
    let subscription =
        json!({"id": "sub_1", "status": "trialing", "customer": "cus_1", "trial_start": AT - 5});
    let mut ids = Vec::new();
    for (event_type, object) in [
        ("checkout.session.completed", session),
        ("invoice.paid", invoice),
        ("customer.subscription.created", subscription),
    ] {
        let facts = facts_of(event_type, &object);
        assert_eq!(leads(&facts)[0].event_name, "Started trial");
        assert!(
            payments(&facts)
                .iter()
                .all(|payment| payment.amounts.gross == 0)
        );
        ids.push(leads(&facts)[0].id.clone());
    }
    ids.dedup();
    assert_eq!(ids, ["sub_1/trial"]);
}

#[test]
fn a_full_discount_is_no_trial() {
    let session = session(
        json!({"mode": "subscription", "amount_total": 0, "amount_subtotal": 2900, "invoice": "in_1",
        "total_details": {"amount_discount": 2900}}),
    );
    assert!(leads(&facts_of("checkout.session.completed", &session)).is_empty());
    let invoice = invoice(json!({"total": 0, "subtotal": 2900, "amount_paid": 0}));
    assert!(leads(&facts_of("invoice.paid", &invoice)).is_empty());
}

#[test]
fn an_authorisation_is_no_payment_and_a_cancelled_one_is_void() {
    let charge = json!({"id": "ch_1", "currency": "usd", "amount": 1000, "amount_captured": 0, "captured": false, "paid": true});
    assert!(payments(&facts_of("charge.succeeded", &charge)).is_empty());
    let intent = json!({"id": "pi_1", "currency": "usd", "amount": 1000, "amount_received": 0});
    let facts = facts_of("payment_intent.canceled", &intent);
    assert_eq!(payments(&facts)[0].state, PaymentState::Void);
    assert_eq!(payments(&facts)[0].amounts.gross, 0);
}

#[test]
fn unknown_types_are_ignored_and_broken_ones_are_shown() {
    let ignored = read_with(
        "{}",
        &super::event("invoice.created", &json!({"id": "in_1"})),
    );
    assert!(ignored.facts.is_empty() && !ignored.unreadable && ignored.note.is_some());
    for body in [
        json!({"type": "invoice.paid", "created": AT}),
        json!({"type": "invoice.paid", "created": AT, "data": {}}),
        json!({"type": "invoice.paid", "data": {"object": {"id": "in_1"}}}),
        super::event("invoice.paid", &json!({"id": "in_1"})),
        super::event("invoice.paid", &json!({"id": "in_1", "currency": "usd"})),
        super::event(
            "refund.created",
            &json!({"id": "re_1", "currency": "usd", "charge": "ch_1"}),
        ),
        json!({"data": {"object": {"id": "in_1"}}}),
    ] {
        let reading = read_with("{}", &body);
        assert!(reading.unreadable && reading.facts.is_empty(), "{body}");
    }
}
