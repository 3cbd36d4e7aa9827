//! What takes money back, holds it, or gives it to the seller again.

use serde_json::{Value, json};

use super::{facts_of, joins, refundeds, reversals, with};
use crate::fact::{Extent, ReversalKind, ReversalState, Strength, Version};

fn refund(change: Value) -> Value {
    let base = json!({"id": "re_1", "amount": 300, "currency": "usd", "status": "succeeded", "charge": "ch_1", "payment_intent": "pi_1"});
    with(&base, change)
}

fn told(event_type: &str, object: &Value) -> (ReversalState, Version) {
    let facts = facts_of(event_type, object);
    (reversals(&facts)[0].state, reversals(&facts)[0].version)
}

#[test]
fn a_refund_is_found_by_payment_or_charge_and_counts_as_its_status_says() {
    for (status, state) in [
        (json!("pending"), ReversalState::Held),
        (json!("requires_action"), ReversalState::Held),
        (json!("succeeded"), ReversalState::Final),
        (json!(null), ReversalState::Final),
        (json!("failed"), ReversalState::Released),
        (json!("canceled"), ReversalState::Released),
    ] {
        assert_eq!(
            told("refund.updated", &refund(json!({"status": status}))).0,
            state,
            "{status}"
        );
    }
    let facts = facts_of("refund.created", &refund(json!({})));
    let row = reversals(&facts)[0];
    assert_eq!(row.kind, ReversalKind::Refund);
    assert_eq!(
        row.extent,
        Extent::Gross {
            cash: 300,
            counted: 300
        }
    );
    let names: Vec<&str> = row.of.iter().map(crate::Name::value).collect();
    assert_eq!(names, ["pi_1", "ch_1", "re_1"]);
    assert!(joins(&facts, "pi_1", "ch_1", Strength::Proven));
}

#[test]
fn what_cannot_be_undone_wins_within_one_second() {
    let version = |status| told("refund.updated", &refund(json!({"status": status}))).1;
    assert!(version("pending") < version("succeeded"));
    assert!(version("succeeded") < version("failed"));
    let dispute = |status| {
        told(
            "charge.dispute.updated",
            &refund(json!({"id": "du_1", "status": status})),
        )
        .1
    };
    assert!(dispute("warning_needs_response") < dispute("needs_response"));
    assert!(dispute("needs_response") < dispute("lost"));
    assert!(dispute("under_review") < dispute("won"));
}

#[test]
fn a_refund_of_an_expired_authorisation_moves_nothing() {
    let (state, _) = told(
        "refund.created",
        &refund(json!({"reason": "expired_uncaptured_charge"})),
    );
    assert_eq!(state, ReversalState::Inert);
}

#[test]
fn a_refund_that_names_no_payment_is_understood_and_ignored() {
    let facts = facts_of(
        "refund.created",
        &refund(json!({"charge": null, "payment_intent": null})),
    );
    assert!(facts.is_empty());
}

#[test]
fn a_dispute_does_what_its_status_says() {
    for (event_type, status, state) in [
        ("created", "warning_needs_response", ReversalState::Inert),
        ("updated", "warning_under_review", ReversalState::Inert),
        ("closed", "warning_closed", ReversalState::Inert),
        ("created", "needs_response", ReversalState::Held),
        ("funds_withdrawn", "needs_response", ReversalState::Held),
        ("updated", "under_review", ReversalState::Held),
        ("updated", "appeal_under_review", ReversalState::Held),
        ("updated", "a_new_status", ReversalState::Held),
        ("closed", "lost", ReversalState::Final),
        ("funds_withdrawn", "lost", ReversalState::Final),
        ("closed", "won", ReversalState::Released),
        ("closed", "prevented", ReversalState::Released),
        ("funds_reinstated", "under_review", ReversalState::Released),
    ] {
        let object = json!({"id": "du_1", "amount": 1000, "currency": "usd", "charge": "ch_1", "status": status});
        let event_type = format!("charge.dispute.{event_type}");
        assert_eq!(told(&event_type, &object).0, state, "{event_type} {status}");
    }
}

fn charge(change: Value) -> Value {
    let base = json!({"id": "ch_1", "amount": 1000, "amount_captured": 1000, "captured": true, "amount_refunded": 300,
        "currency": "usd", "payment_intent": "pi_1", "paid": true, "status": "succeeded"});
    with(&base, change)
}

fn cumulative(change: Value) -> Option<i64> {
    let facts = facts_of("charge.refunded", &charge(change));
    let told = refundeds(&facts).first().map(|refunded| refunded.extent)?;
    let Extent::Gross { cash, .. } = told else {
        return None;
    };
    Some(cash)
}

#[test]
fn the_running_total_of_a_charge_leaves_out_what_was_never_captured() {
    assert_eq!(cumulative(json!({})), Some(300));
    assert_eq!(cumulative(json!({"amount_captured": null})), Some(300));
    assert_eq!(
        cumulative(json!({"amount": 20_675, "amount_captured": 20_300, "amount_refunded": 375})),
        None
    );
    assert_eq!(
        cumulative(json!({"amount_captured": 600, "amount_refunded": 1000})),
        Some(600)
    );
    assert_eq!(
        cumulative(json!({"captured": false, "amount_captured": 0, "amount_refunded": 1000})),
        None
    );
    assert_eq!(
        cumulative(json!({"amount_captured": 1200, "amount_refunded": 1200})),
        Some(1200)
    );
}

#[test]
fn the_running_total_can_fall_to_nothing_again() {
    let mut event = super::event("charge.updated", &charge(json!({"amount_refunded": 0})));
    assert!(refundeds(&super::read_with("{}", &event).facts).is_empty());
    event["data"]["previous_attributes"] = json!({"amount_refunded": 300});
    let facts = super::read_with("{}", &event).facts;
    assert_eq!(
        refundeds(&facts)[0].extent,
        Extent::Gross {
            cash: 0,
            counted: 0
        }
    );
}

#[test]
fn a_credit_note_takes_back_only_what_was_handed_back_outside_stripe() {
    let note = json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "total": 500, "post_payment_amount": 500, "out_of_band_amount": 200});
    let (state, issued) = told("credit_note.created", &note);
    assert_eq!(state, ReversalState::Final);
    let (state, voided) = told(
        "credit_note.voided",
        &with(&note, json!({"status": "void"})),
    );
    assert_eq!(state, ReversalState::Released);
    assert!(issued < voided);
    let to_balance = with(
        &note,
        json!({"out_of_band_amount": null, "customer_balance_transaction": "cbtxn_1"}),
    );
    assert!(facts_of("credit_note.created", &to_balance).is_empty());
}
