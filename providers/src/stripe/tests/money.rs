//! Money at its edges: amounts below zero or left out, and the steps that are stored.

use serde_json::{Value, json};

use super::{facts_of, identities, payments, refundeds, reversals, with};
use crate::Fact;
use crate::fact::{Amounts, PaymentState, ReversalState};

fn paid(change: Value) -> Amounts {
    let base = json!({"id": "in_1", "object": "invoice", "status": "paid", "currency": "eur",
        "total": 1190, "subtotal": 1000, "total_excluding_tax": 1000, "amount_paid": 1190,
        "amount_due": 1190, "total_taxes": [{"amount": 190}]});
    let facts = facts_of("invoice.paid", &with(&base, change));
    payments(&facts)[0].amounts
}

fn session(change: Value) -> Amounts {
    let base = json!({"id": "cs_1", "object": "checkout.session", "mode": "payment",
        "payment_status": "paid", "currency": "usd", "amount_total": 2000, "amount_subtotal": 2000,
        "payment_intent": "pi_1"});
    let facts = facts_of("checkout.session.completed", &with(&base, change));
    payments(&facts)[0].amounts
}

fn charge(event_type: &str, change: Value) -> Vec<Fact> {
    let base = json!({"id": "ch_1", "amount": 1000, "amount_captured": 1000, "captured": true,
        "amount_refunded": 0, "currency": "usd", "paid": true, "status": "succeeded"});
    facts_of(event_type, &with(&base, change))
}

#[test]
fn shipping_told_without_a_total_is_read_from_the_plain_figure() {
    let details = json!({"amount_shipping": 500, "amount_tax": 0, "amount_discount": 0});
    let amounts = session(json!({"shipping_cost": {}, "total_details": details}));
    assert_eq!((amounts.shipping, amounts.net), (500, 1_500));
}

#[test]
fn shipping_is_never_below_nothing_nor_above_what_is_left_of_an_invoice() {
    let cost = json!({"amount_total": 100, "amount_tax": 150});
    let amounts = session(json!({"shipping_cost": cost}));
    assert_eq!((amounts.shipping, amounts.net), (0, 2_000));
    let amounts = paid(json!({"amount_shipping": 5_000}));
    assert_eq!((amounts.shipping, amounts.net), (1_000, 0));
}

#[test]
fn a_converted_session_of_nothing_stays_nothing() {
    let details = json!({"amount_shipping": 0, "amount_tax": 0, "amount_discount": 1_000});
    let conversion = json!({"source_currency": "eur", "amount_total": 0, "amount_subtotal": 0});
    let amounts = session(
        json!({"amount_total": 0, "total_details": details, "currency_conversion": conversion}),
    );
    assert_eq!(amounts, Amounts::default());
}

#[test]
fn tax_of_an_invoice_lies_between_nothing_and_its_total() {
    let told = |tax: i64| {
        let amounts = paid(json!({"total_excluding_tax": null, "total_taxes": null, "tax": tax}));
        (amounts.tax, amounts.net)
    };
    assert_eq!(told(5_000), (1_190, 0));
    assert_eq!(told(0), (0, 1_190));
    assert_eq!(told(-10), (0, 1_190));
}

#[test]
fn the_discounts_of_an_invoice_are_added_up_and_a_missing_subtotal_is_its_total() {
    let discounts = json!([{"amount": 100}, {"amount": 50}]);
    let amounts = paid(json!({"total_discount_amounts": discounts}));
    assert_eq!(amounts.discount, 150);
    let amounts = paid(json!({"subtotal": null, "amount_paid": 595}));
    assert_eq!((amounts.gross, amounts.subtotal), (595, 1_190));
}

#[test]
fn tax_and_shipping_of_an_intent_are_never_more_than_was_received() {
    let received = |amount: i64| {
        let intent = json!({"id": "pi_1", "currency": "usd", "amount": 1000, "amount_received": amount,
            "amount_details": {"tax": {"total_tax_amount": 300}, "shipping": {"amount": 400}}});
        let facts = facts_of("payment_intent.succeeded", &intent);
        payments(&facts)[0].amounts
    };
    let amounts = received(200);
    assert_eq!((amounts.tax, amounts.shipping, amounts.net), (200, 200, 0));
    assert_eq!(received(-5), Amounts::default());
}

#[test]
fn a_charge_by_itself_counts_once_its_money_is_there() {
    for change in [
        json!({"captured": false, "amount_captured": null}),
        json!({"amount_captured": 0}),
        json!({"amount_captured": -5}),
        json!({"paid": false, "status": null}),
        json!({"paid": null, "status": "failed"}),
    ] {
        let facts = charge("charge.succeeded", change.clone());
        assert!(payments(&facts).is_empty(), "{change}");
    }
    for (status, state) in [
        ("succeeded", PaymentState::Paid),
        ("pending", PaymentState::Pending),
    ] {
        let facts = charge("charge.succeeded", json!({"status": status}));
        assert_eq!(payments(&facts)[0].state, state);
    }
}

#[test]
fn only_a_customers_charge_without_an_invoice_waits_for_its_document() {
    let window = |change| payments(&charge("charge.succeeded", change))[0].twin_window_seconds;
    assert_eq!(window(json!({"customer": "cus_1"})), Some(3_600));
    assert_eq!(window(json!({})), None);
    assert_eq!(
        window(json!({"customer": "cus_1", "invoice": "in_1"})),
        None
    );
}

#[test]
fn a_running_total_below_what_was_let_go_says_nothing() {
    let part = json!({"amount_captured": 600, "amount_refunded": 300});
    assert!(refundeds(&charge("charge.refunded", part)).is_empty());
    let untold = json!({"id": "ch_1", "amount": 1000, "currency": "usd"});
    let reading = super::read_with("{}", &super::event("charge.refunded", &untold));
    assert!(reading.unreadable);
}

#[test]
fn a_total_that_fell_to_nothing_counts_where_anything_was_captured() {
    let told = |captured: i64| {
        let object = json!({"id": "ch_1", "amount": 1000, "amount_captured": captured,
            "amount_refunded": 0, "currency": "usd", "payment_intent": "pi_1"});
        let mut event = super::event("charge.updated", &object);
        event["data"]["previous_attributes"] = json!({"amount_refunded": 300});
        refundeds(&super::read_with("{}", &event).facts).len()
    };
    assert_eq!((told(0), told(1)), (0, 1));
}

#[test]
fn withdrawn_funds_are_held_even_while_the_status_is_that_of_an_inquiry() {
    let object = json!({"id": "du_1", "amount": 1000, "currency": "usd", "charge": "ch_1",
        "status": "warning_under_review"});
    let facts = facts_of("charge.dispute.funds_withdrawn", &object);
    assert_eq!(reversals(&facts)[0].state, ReversalState::Held);
}

#[test]
fn a_credit_note_is_void_by_its_event_or_by_its_status() {
    let note = |event_type: &str, change: Value| {
        let base =
            json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "out_of_band_amount": 1});
        let facts = facts_of(event_type, &with(&base, change));
        let reversal = reversals(&facts)[0];
        (reversal.state, reversal.version.step)
    };
    let (counts, void) = ((ReversalState::Final, 1), (ReversalState::Released, 2));
    assert_eq!(note("credit_note.updated", json!({})), counts);
    assert_eq!(
        note("credit_note.updated", json!({"status": "issued"})),
        counts
    );
    assert_eq!(note("credit_note.updated", json!({"status": "void"})), void);
    assert_eq!(note("credit_note.voided", json!({})), void);
    let empty = json!({"id": "cn_1", "invoice": "in_1", "currency": "usd"});
    let reading = super::read_with("{}", &super::event("credit_note.created", &empty));
    assert!(reading.facts.is_empty() && reading.note.is_some());
}

#[test]
fn a_refund_gives_the_reason_of_its_failure_before_its_own() {
    let reason = |change: Value| {
        let base = json!({"id": "re_1", "amount": 100, "currency": "usd", "charge": "ch_1",
            "status": "failed", "reason": "duplicate"});
        let facts = facts_of("refund.updated", &with(&base, change));
        reversals(&facts)[0].reason.clone().unwrap()
    };
    assert_eq!(reason(json!({})), "duplicate");
    assert_eq!(
        reason(json!({"failure_reason": "lost_or_stolen_card"})),
        "lost_or_stolen_card"
    );
}

#[test]
fn steps_are_stored_with_the_facts_and_are_never_numbered_anew() {
    let step = |event_type: &str, status: &str| {
        let object = json!({"id": "x_1", "amount": 100, "currency": "usd", "charge": "ch_1", "status": status});
        reversals(&facts_of(event_type, &object))[0].version.step
    };
    assert_eq!(step("refund.updated", "pending"), 0);
    assert_eq!(step("refund.updated", "succeeded"), 1);
    assert_eq!(step("refund.updated", "failed"), 2);
    assert_eq!(step("charge.dispute.updated", "warning_under_review"), 0);
    assert_eq!(step("charge.dispute.updated", "under_review"), 1);
    assert_eq!(step("charge.dispute.closed", "lost"), 2);
    assert_eq!(step("charge.dispute.closed", "won"), 3);
    let facts = charge(
        "charge.refunded",
        json!({"amount_refunded": 100, "customer": "cus_1"}),
    );
    assert_eq!(refundeds(&facts)[0].version.step, 200);
    assert_eq!(identities(&facts)[0].version.step, 1);
}

/// <https://docs.stripe.com/currencies>
#[test]
fn every_currency_that_stripe_does_not_count_in_hundredths_is_read_in_its_own_unit() {
    let gross = |code: &str| session(json!({"currency": code, "amount_total": 5_000})).gross;
    for code in "bif clp djf gnf jpy kmf krw pyg rwf vnd vuv xaf xof xpf".split(' ') {
        assert_eq!(gross(code), 5_000, "{code}");
    }
    for code in "bhd jod kwd omr tnd".split(' ') {
        assert_eq!(gross(code), 5_000, "{code}");
    }
    // Counted in hundredths, where ISO 4217 counts whole ones or thousandths.
    assert_eq!((gross("isk"), gross("ugx")), (50, 50));
    assert_eq!((gross("iqd"), gross("lyd")), (50_000, 50_000));
}
