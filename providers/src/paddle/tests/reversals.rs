//! Adjustments: what takes money back, when, and how often.

use super::{read, read_with, reversal};
use crate::adapter::Adapter;
use crate::fact::{Extent, ReversalKind, ReversalState};
use crate::paddle::Paddle;
use crate::{Micros, Settings};

const EARLY: &str = "2026-10-16T10:00:00Z";
const LATE: &str = "2026-10-16T15:30:00Z";

fn adjustment(id: &str, action: &str, status: &str) -> String {
    format!(
        r#"{{"id":"{id}","action":"{action}","status":"{status}","reason":"error","transaction_id":"txn_01kaunit","currency_code":"USD","created_at":"{EARLY}","updated_at":"0001-01-01T00:00:00Z","totals":{{"subtotal":"1000","tax":"190","total":"1190","currency_code":"USD"}}}}"#
    )
}

fn state(action: &str, status: &str) -> ReversalState {
    let data = adjustment("adj_1", action, status);
    reversal(&read("adjustment.updated", LATE, &data)).state
}

#[test]
fn paddle_cases_13_and_14_a_refund_counts_once_it_is_approved() {
    assert_eq!(state("refund", "pending_approval"), ReversalState::Inert);
    assert_eq!(state("refund", "approved"), ReversalState::Final);
    assert_eq!(state("refund", "rejected"), ReversalState::Released);
    assert_eq!(state("refund", "reversed"), ReversalState::Released);
    assert_eq!(state("refund", "something_new"), ReversalState::Inert);
    let data = adjustment("adj_1", "refund", "approved");
    let reading = read("adjustment.updated", LATE, &data);
    let refund = reversal(&reading);
    assert_eq!(
        (refund.kind, refund.id.as_str()),
        (ReversalKind::Refund, "adj_1")
    );
    assert_eq!(
        refund.extent,
        Extent::Net {
            cash: 1_190,
            net: 1_000
        }
    );
    assert_eq!(refund.of[0].as_str(), "p:txn_01kaunit");
}

#[test]
fn paddle_case_15_the_time_of_the_event_orders_an_adjustment() {
    let pending = read(
        "adjustment.created",
        EARLY,
        &adjustment("adj_1", "refund", "pending_approval"),
    );
    let approved = read(
        "adjustment.updated",
        LATE,
        &adjustment("adj_1", "refund", "approved"),
    );
    assert_eq!(pending.facts[0].key(), approved.facts[0].key());
    assert!(approved.facts[0].version() > pending.facts[0].version());
    // Approved at once: both events carry one time, the status decides.
    let at_once = read(
        "adjustment.updated",
        EARLY,
        &adjustment("adj_1", "refund", "approved"),
    );
    assert!(at_once.facts[0].version() > pending.facts[0].version());
    let expected = Micros::parse_rfc3339(EARLY).unwrap();
    assert_eq!(reversal(&approved).occurred_at, expected);
}

#[test]
fn paddle_case_16_a_refund_of_tax_takes_nothing_from_the_net_amount() {
    let data = adjustment("adj_1", "refund", "approved")
        .replace(r#""subtotal":"1000""#, r#""subtotal":"0""#)
        .replace(r#""total":"1190""#, r#""total":"190""#);
    let reading = read("adjustment.created", LATE, &data);
    assert_eq!(reversal(&reading).extent, Extent::Net { cash: 190, net: 0 });
}

#[test]
fn paddle_case_17_a_won_chargeback_is_released_whichever_word_of_it_arrives() {
    let lost = read(
        "adjustment.created",
        EARLY,
        &adjustment("adj_1", "chargeback", "approved"),
    );
    let undone = read(
        "adjustment.created",
        LATE,
        &adjustment("adj_2", "chargeback_reverse", "approved"),
    );
    let status = read(
        "adjustment.updated",
        LATE,
        &adjustment("adj_1", "chargeback", "reversed"),
    );
    assert_eq!(reversal(&lost).state, ReversalState::Final);
    assert_eq!(reversal(&lost).kind, ReversalKind::Dispute);
    assert_eq!(reversal(&status).state, ReversalState::Released);
    assert_eq!(status.facts[0].key(), lost.facts[0].key());
    assert_eq!(reversal(&undone).kind, ReversalKind::DisputeReturn);
    assert_eq!(reversal(&undone).state, ReversalState::Final);
    assert_ne!(undone.facts[0].key(), lost.facts[0].key());
    for (told, state) in [
        ("pending_approval", ReversalState::Inert),
        ("rejected", ReversalState::Released),
    ] {
        let not_held = adjustment("adj_3", "chargeback_reverse", told);
        let reading = read("adjustment.updated", LATE, &not_held);
        assert_eq!(reversal(&reading).state, state, "{told}");
    }
}

#[test]
fn a_chargeback_told_again_as_approved_stays_reversed() {
    let told = |status, at| {
        read(
            "adjustment.updated",
            at,
            &adjustment("adj_1", "chargeback", status),
        )
    };
    let reversed = told("reversed", EARLY);
    let again = told("approved", LATE);
    assert_eq!(reversed.facts[0].key(), again.facts[0].key());
    assert!(reversed.facts[0].version() > again.facts[0].version());
}

#[test]
fn two_chargebacks_of_one_transaction_are_two() {
    let key = |id| {
        read(
            "adjustment.created",
            EARLY,
            &adjustment(id, "chargeback", "approved"),
        )
        .facts[0]
            .key()
    };
    assert_ne!(key("adj_1"), key("adj_2"));
}

#[test]
fn an_action_or_status_that_is_not_known_is_told_to_the_owner() {
    let note = |action, status| {
        read(
            "adjustment.created",
            EARLY,
            &adjustment("adj_1", action, status),
        )
        .note
    };
    assert!(
        note("action_of_tomorrow", "approved")
            .unwrap()
            .contains("unknown")
    );
    assert!(
        note("refund", "status_of_tomorrow")
            .unwrap()
            .contains("unknown")
    );
    assert_eq!(note("refund", "approved"), None);
}

#[test]
fn paddle_case_18_a_warning_moves_nothing_and_is_no_chargeback() {
    assert_eq!(
        state("chargeback_warning", "approved"),
        ReversalState::Inert
    );
    assert_eq!(
        state("chargeback_warning_reverse", "approved"),
        ReversalState::Released
    );
    let warning = read(
        "adjustment.created",
        EARLY,
        &adjustment("adj_1", "chargeback_warning", "approved"),
    );
    let chargeback = read(
        "adjustment.created",
        EARLY,
        &adjustment("adj_2", "chargeback", "approved"),
    );
    assert_ne!(warning.facts[0].key(), chargeback.facts[0].key());
    assert!(warning.note.is_some());
}

/// A credit, with where it went and under these settings: its kind and state.
fn credit(to_balance: &str, settings: &str, status: &str) -> (ReversalKind, ReversalState) {
    let data = adjustment("adj_1", "credit", status);
    let data = data.replacen(
        '{',
        &format!(r#"{{"credit_applied_to_balance":{to_balance},"#),
        1,
    );
    let reading = read_with(settings, "adjustment.created", LATE, &data);
    let told = reversal(&reading);
    (told.kind, told.state)
}

#[test]
fn a_credit_lessens_an_unpaid_invoice_and_one_to_the_balance_takes_nothing_back() {
    use ReversalKind::{Credit, Refund};
    use ReversalState::{Final, Inert, Released};
    let with = r#"{"creditsReverse":true}"#;
    for (to_balance, settings, status, expected) in [
        ("false", "{}", "approved", (Credit, Final)),
        ("false", with, "approved", (Credit, Final)),
        ("false", "{}", "reversed", (Credit, Released)),
        ("null", "{}", "approved", (Credit, Final)),
        ("null", with, "approved", (Refund, Final)),
        ("true", "{}", "approved", (Refund, Inert)),
        ("true", with, "approved", (Refund, Final)),
        ("true", with, "reversed", (Refund, Released)),
    ] {
        assert_eq!(
            credit(to_balance, settings, status),
            expected,
            "{to_balance} {settings} {status}"
        );
    }
    let row = adjustment("adj_2", "credit_reverse", "approved");
    assert!(read("adjustment.created", LATE, &row).facts.is_empty());
}

#[test]
fn an_adjustment_that_cannot_be_read_is_reported() {
    let good = adjustment("adj_1", "refund", "approved");
    for broken in [
        good.replace("txn_01kaunit", ""),
        good.replace(r#""total":"1190""#, r#""total":null"#),
        good.replace(r#""USD""#, r#""dollars""#),
        "null".to_owned(),
    ] {
        assert!(
            read("adjustment.updated", LATE, &broken).unreadable,
            "{broken}"
        );
    }
}

#[test]
fn settings_are_checked_by_name_and_type() {
    let check = |json: &str| Paddle.check_settings(&Settings::from_json(json).unwrap());
    assert!(check(r#"{"creditsReverse":true,"clickKeys":["aff"]}"#).is_ok());
    assert_eq!(
        check(r#"{"creditsReverse":"yes"}"#).unwrap_err().name,
        "creditsReverse"
    );
    assert_eq!(
        check(r#"{"creditReverse":true}"#).unwrap_err().name,
        "creditReverse"
    );
}
