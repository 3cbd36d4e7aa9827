//! Names: which are one payment for certain, which look so, and which never are.

use serde_json::json;

use super::{aliases, facts_of, joins, payments};
use crate::Fact;
use crate::fact::Strength::{Hint, Proven};
use crate::fact::{Allocation, Rank};

#[test]
fn a_session_names_its_payment_and_its_invoice() {
    let facts = facts_of(
        "checkout.session.completed",
        &json!({"id": "cs_1", "mode": "payment", "currency": "usd",
        "amount_total": 100, "payment_status": "paid", "payment_intent": "pi_1", "invoice": {"id": "in_1"},
        "subscription": null, "customer": "cus_1", "payment_link": "plink_1"}),
    );
    assert!(joins(&facts, "cs_1", "pi_1", Proven));
    assert!(joins(&facts, "cs_1", "in_1", Proven));
    assert_eq!(aliases(&facts).len(), 2);
}

#[test]
fn an_invoice_before_basil_names_payment_and_charge_expanded_or_not() {
    let facts = facts_of(
        "invoice.paid",
        &json!({"id": "in_1", "currency": "usd", "total": 100, "amount_paid": 100,
        "paid": true, "payment_intent": "pi_1", "charge": {"id": "ch_1", "object": "charge"}}),
    );
    assert!(joins(&facts, "in_1", "pi_1", Proven));
    assert!(joins(&facts, "in_1", "ch_1", Proven));
}

#[test]
fn an_invoice_payment_is_an_allocation_and_never_an_alias() {
    let facts = facts_of(
        "invoice_payment.paid",
        &json!({"id": "inpay_1", "invoice": "in_1", "amount_paid": 400,
        "amount_requested": 500, "currency": "usd", "status": "paid", "payment": {"type": "payment_intent", "payment_intent": "pi_1"}}),
    );
    let [
        Fact::Allocation(Allocation {
            invoice,
            payment,
            amount,
            ..
        }),
    ] = facts.as_slice()
    else {
        panic!("{facts:?}");
    };
    assert_eq!(
        (invoice.value(), payment.value(), *amount),
        ("in_1", "pi_1", 400)
    );
}

#[test]
fn an_invoice_payment_without_a_stripe_payment_can_be_left_out() {
    let object = json!({"id": "inpay_1", "invoice": "in_1", "amount_paid": 400, "currency": "usd",
        "payment": {"type": "payment_record", "payment_record": "pr_1"}});
    assert_eq!(facts_of("invoice_payment.paid", &object).len(), 1);
    let facts = super::facts_with(
        r#"{"excludeOutOfBand":true}"#,
        "invoice_payment.paid",
        &object,
    );
    assert_eq!(super::reversals(&facts)[0].of[0].value(), "in_1");
}

#[test]
fn a_payment_intent_names_its_charges_and_before_basil_its_invoice() {
    let facts = facts_of(
        "payment_intent.succeeded",
        &json!({"id": "pi_1", "currency": "usd", "amount_received": 100,
        "latest_charge": "ch_2", "charges": {"data": [{"id": "ch_1"}, {"id": "ch_2"}]}, "invoice": "in_1", "customer": "cus_1"}),
    );
    for name in ["ch_1", "ch_2", "in_1"] {
        assert!(joins(&facts, "pi_1", name, Proven), "{name}");
    }
    assert_eq!(aliases(&facts).len(), 3);
    assert_eq!(payments(&facts)[0].twin_window_seconds, None);
}

fn reference(value: &str) -> Vec<Fact> {
    facts_of(
        "payment_intent.succeeded",
        &json!({"id": "pi_1", "currency": "usd", "amount_received": 100,
        "customer": "cus_1", "payment_details": {"order_reference": value}}),
    )
}

#[test]
fn an_order_reference_is_a_hint_and_only_where_it_looks_like_stripes_own() {
    assert!(joins(
        &reference("in_1TbKCUJlUF0dQbSBCq67mKfR"),
        "pi_1",
        "in_1TbKCUJlUF0dQbSBCq67mKfR",
        Hint
    ));
    assert!(joins(
        &reference("cs_live_short"),
        "pi_1",
        "cs_live_short",
        Hint
    ));
    for value in [
        "",
        "order 4711",
        "pi_2",
        "cus_1",
        "IN_1TbKCUJlUF0dQbSBCq67m",
    ] {
        assert!(aliases(&reference(value)).is_empty(), "{value}");
    }
}

#[test]
fn a_cut_off_order_reference_meets_the_document_it_begins() {
    let facts = reference("in_1TbKCUJlUF0dQbSBCq67mK");
    assert!(joins(&facts, "pi_1", "in_1TbKCUJlUF0dQbSBCq67mK…", Hint));
    let meeting = |facts: &[Fact]| {
        let place =
            |alias: &&&crate::fact::Alias| alias.b.as_str() == "h:in_1TbKCUJlUF0dQbSBCq67mK";
        aliases(facts)
            .iter()
            .find(place)
            .map(|alias| alias.a.value().to_owned())
    };
    assert_eq!(meeting(&facts).as_deref(), Some("pi_1"));
    let invoice = facts_of(
        "invoice.paid",
        &json!({"id": "in_1TbKCUJlUF0dQbSBCq67mKfR", "currency": "usd", "total": 100, "amount_paid": 100}),
    );
    assert_eq!(
        meeting(&invoice).as_deref(),
        Some("in_1TbKCUJlUF0dQbSBCq67mKfR")
    );
}

#[test]
fn a_charge_names_its_payment_and_stands_in_for_it_when_it_is_made() {
    let above = facts_of(
        "charge.succeeded",
        &json!({"id": "ch_1", "currency": "usd", "amount": 100, "captured": true,
        "payment_intent": {"id": "pi_1"}, "invoice": "in_1"}),
    );
    assert_eq!(payments(&above)[0].rank, Rank::Charge);
    let later = facts_of(
        "charge.refunded",
        &json!({"id": "ch_1", "currency": "usd", "amount": 100, "captured": true, "amount_refunded": 100,
        "payment_intent": "pi_1"}),
    );
    assert!(payments(&later).is_empty());
    assert!(joins(&above, "ch_1", "pi_1", Proven) && joins(&above, "ch_1", "in_1", Proven));
    let alone = facts_of(
        "charge.succeeded",
        &json!({"id": "py_1", "currency": "usd", "amount": 100, "captured": true, "customer": "cus_1"}),
    );
    assert_eq!(payments(&alone)[0].rank, Rank::Charge);
    assert_eq!(payments(&alone)[0].twin_window_seconds, Some(3_600));
}

#[test]
fn only_an_invoice_that_nobody_collected_may_be_a_receipt() {
    let receipt = json!({"id": "in_1", "currency": "usd", "total": 100, "amount_paid": 100, "billing_reason": "manual",
        "collection_method": "send_invoice", "attempt_count": 0});
    let window = |change| {
        payments(&facts_of("invoice.paid", &super::with(&receipt, change)))[0].twin_window_seconds
    };
    assert_eq!(window(json!({})), Some(86_400));
    for change in [
        json!({"billing_reason": "subscription_cycle"}),
        json!({"collection_method": "charge_automatically"}),
        json!({"attempt_count": 1}),
        json!({"attempt_count": null}),
        json!({"charge": "ch_1"}),
        json!({"payment_intent": "pi_1"}),
    ] {
        assert_eq!(window(change.clone()), None, "{change}");
    }
}

#[test]
fn a_credit_note_ties_its_refunds_to_the_invoice_in_both_shapes() {
    for shape in [
        json!({"refunds": [{"refund": "re_1"}]}),
        json!({"refund": {"id": "re_1"}}),
    ] {
        let note = super::with(
            &json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "total": 500}),
            shape,
        );
        let facts = facts_of("credit_note.created", &note);
        assert!(joins(&facts, "in_1", "re_1", Proven));
        assert!(super::reversals(&facts).is_empty());
    }
}
