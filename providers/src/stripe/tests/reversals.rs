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
        Some(0)
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
fn of_two_totals_in_one_second_the_larger_is_newer_unless_one_has_fallen_from_it() {
    let step = |event_type: &str, told: i64, before: Value| {
        let mut event = super::event(event_type, &charge(json!({"amount_refunded": told})));
        event["data"]["previous_attributes"] = before;
        refundeds(&super::read_with("{}", &event).facts)[0]
            .version
            .step
    };
    let first = step("charge.refunded", 9, json!({"amount_refunded": 0}));
    let second = step("charge.refunded", 10, json!({"amount_refunded": 9}));
    let fallen = step("charge.updated", 1, json!({"amount_refunded": 10}));
    assert!(first < second && second < fallen);
}

#[test]
fn refunds_that_stand_in_their_charge_are_read_and_what_was_let_go_is_none() {
    let row = |id: &str, amount: i64, created: i64| {
        json!({"id": id, "amount": amount, "currency": "usd", "status": "succeeded",
        "charge": "ch_1", "created": created})
    };
    let object = charge(json!({"amount_captured": 600, "amount_refunded": 500,
        "refunds": {"data": [row("re_2", 100, super::AT), row("re_1", 400, super::AT - 9)]}}));
    let facts = facts_of("charge.refunded", &object);
    let states: Vec<_> = reversals(&facts)
        .iter()
        .map(|row| (row.id.as_str(), row.state, row.occurred_at.seconds()))
        .collect();
    let expected = [
        ("re_1", ReversalState::Inert, super::AT - 9),
        ("re_2", ReversalState::Final, super::AT),
    ];
    assert_eq!(states, expected);
}

#[test]
fn a_transfers_payment_on_a_connected_account_is_no_sale_and_neither_is_its_return_a_refund() {
    let payment = charge(json!({"id": "py_1", "payment_intent": null, "source_transfer": "tr_1"}));
    for event_type in ["charge.succeeded", "charge.updated", "charge.refunded"] {
        let mut event = super::event(event_type, &payment);
        event["account"] = json!("acct_1");
        let reading = super::read_with("{}", &event);
        assert!(
            reading.facts.is_empty() && reading.note.is_some(),
            "{event_type}"
        );
    }
    let back = refund(
        json!({"charge": "py_1", "payment_intent": null, "source_transfer_reversal": "trr_1"}),
    );
    assert!(facts_of("refund.created", &back).is_empty());
}

#[test]
fn a_direct_charge_of_a_connected_account_is_a_sale_that_says_whose_it_is() {
    let mut event = super::event("charge.succeeded", &charge(json!({"amount_refunded": 0})));
    assert_eq!(super::read_with("{}", &event).note, None);
    event["account"] = json!("acct_1");
    let reading = super::read_with("{}", &event);
    assert_eq!(super::payments(&reading.facts).len(), 1);
    assert!(
        reading
            .note
            .is_some_and(|note| note.contains("connected account"))
    );
}

#[test]
fn a_status_that_is_not_known_is_counted_carefully_and_said() {
    let refund = refund(json!({"status": "reversed"}));
    let dispute = json!({"id": "du_1", "amount": 1, "currency": "usd", "charge": "ch_1", "status": "arbitration"});
    let invoice =
        json!({"id": "in_1", "currency": "usd", "total": 1, "amount_paid": 1, "status": "settled"});
    let session = json!({"id": "cs_1", "mode": "auction", "currency": "usd", "amount_total": 1, "payment_status": "held"});
    for (event_type, object, word) in [
        ("refund.updated", refund, "reversed"),
        ("charge.dispute.updated", dispute, "arbitration"),
        ("invoice.paid", invoice, "settled"),
        ("checkout.session.completed", session, "auction"),
    ] {
        let reading = super::read_with("{}", &super::event(event_type, &object));
        let note = reading.note.unwrap();
        assert!(
            note.starts_with(crate::delivery::UNKNOWN) && note.contains(word),
            "{note}"
        );
    }
}

fn noted(change: Value) -> Vec<(String, Extent)> {
    let note = json!({"id": "cn_1", "invoice": "in_1", "currency": "usd", "total": 119});
    let facts = facts_of("credit_note.created", &with(&note, change));
    let notes = reversals(&facts).into_iter();
    notes.map(|note| (note.id.clone(), note.extent)).collect()
}

#[test]
fn a_credit_note_tells_what_of_its_refunds_is_goods() {
    let net = |id: &str, cash, net| (id.to_owned(), Extent::Net { cash, net });
    let one = json!({"refund": "re_1", "total_excluding_tax": 100});
    assert_eq!(noted(one), [net("cn_1/re_1", 119, 100)]);
    let tax_alone = json!({"total": 19, "refund": "re_1", "total_excluding_tax": 0});
    assert_eq!(noted(tax_alone), [net("cn_1/re_1", 19, 0)]);
    let by_taxes = json!({"refund": "re_1", "total_taxes": [{"amount": 19}]});
    assert_eq!(noted(by_taxes), [net("cn_1/re_1", 119, 100)]);
    let with_shipping =
        json!({"refund": "re_1", "total_excluding_tax": 100, "amount_shipping": 10});
    assert_eq!(noted(with_shipping), [net("cn_1/re_1", 119, 90)]);
    let in_parts = json!({"refunds": [{"refund": "re_1", "amount_refunded": 60}], "total": 120, "out_of_band_amount": 60,
        "total_excluding_tax": 100});
    assert_eq!(
        noted(in_parts),
        [net("cn_1/re_1", 60, 50), net("cn_1", 60, 50)]
    );
    let partly_to_balance = json!({"refund": "re_1", "total_excluding_tax": 100, "customer_balance_transaction": "cbtxn_1"});
    assert_eq!(noted(partly_to_balance), []);
    assert_eq!(
        noted(json!({"refund": "re_1"})),
        [],
        "it says nothing of tax"
    );
    let before_payment =
        json!({"total_excluding_tax": 100, "pre_payment_amount": 119, "post_payment_amount": 0});
    assert_eq!(noted(before_payment), []);
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
