//! Transactions: what counts, when, and how much.

use proptest::prelude::*;
use serde::Deserialize;

use super::{envelope, identity, payment, read};
use crate::adapter::Adapter;
use crate::delivery::Verified;
use crate::fact::{Amounts, Billing, Fact, PaymentState};
use crate::paddle::Paddle;
use crate::{Micros, Settings};

pub(super) const AT: &str = "2026-10-05T09:02:41.750000Z";

/// A transaction with the given members beside (or instead of) the usual ones.
pub(super) fn transaction(status: &str, totals: &str, more: &str) -> String {
    format!(
        r#"{{"id":"txn_01kaunit","status":"{status}","customer_id":"ctm_01kaunit","currency_code":"USD","details":{{"totals":{totals}}},"items":[{{"price":{{"product_id":"pro_1","billing_cycle":null,"trial_period":null}}}}]{more}}}"#
    )
}

pub(super) const TOTALS: &str = r#"{"subtotal":"5000","discount":"0","tax":"950","total":"5950","credit":"0","fee":"347","currency_code":"USD"}"#;

#[test]
fn paid_and_completed_are_snapshots_of_one_payment_and_completed_wins() {
    let no_fee = TOTALS.replace(r#""347""#, "null");
    let paid = read("transaction.paid", AT, &transaction("paid", &no_fee, ""));
    let done = read(
        "transaction.completed",
        AT,
        &transaction("completed", TOTALS, ""),
    );
    assert_eq!(paid.facts[0].key(), done.facts[0].key());
    assert!(done.facts[0].version() > paid.facts[0].version());
    assert_eq!(payment(&paid).unwrap().amounts.fee, None);
    assert_eq!(payment(&done).unwrap().amounts.fee, Some(347));
    assert_eq!(payment(&paid).unwrap().state, PaymentState::Paid);
}

#[test]
fn paddle_case_2_a_late_paid_is_older_than_completed() {
    let early = "2026-10-05T09:00:00Z";
    let paid = read("transaction.paid", early, &transaction("paid", TOTALS, ""));
    let done = read(
        "transaction.completed",
        AT,
        &transaction("completed", TOTALS, ""),
    );
    assert!(paid.facts[0].version() < done.facts[0].version());
}

#[test]
fn paddle_case_3_the_status_counts_and_not_the_event() {
    let updated = read(
        "transaction.updated",
        AT,
        &transaction("completed", TOTALS, ""),
    );
    assert_eq!(payment(&updated).unwrap().amounts.gross, 5_950);
    for status in ["draft", "ready", "billed", "past_due", "canceled", "future"] {
        let reading = read(
            "transaction.completed",
            AT,
            &transaction(status, TOTALS, ""),
        );
        assert_eq!(payment(&reading), None, "{status}");
        assert!(!reading.unreadable);
    }
}

#[test]
fn paddle_case_4_a_replay_has_the_same_event_id() {
    let body = |ntf: &str| {
        format!(
            r#"{{"event_id":"evt_1","event_type":"transaction.completed","occurred_at":"{AT}","notification_id":"{ntf}","data":{{}}}}"#
        )
    };
    assert_eq!(envelope(&body("ntf_1")), envelope(&body("ntf_2")));
    assert_eq!(envelope(&body("ntf_1")).event_id, "evt_1");
    assert_eq!(envelope(&body("ntf_1")).livemode, None);
    assert_eq!(envelope("[]").event_type, "unreadable");
}

#[test]
fn paddle_case_5_a_revision_keeps_the_time_of_the_payment() {
    let payments = r#","billed_at":"2026-10-05T09:00:01Z","payments":[{"status":"captured","captured_at":"2026-10-05T09:00:00Z"},{"status":"error","captured_at":null}]"#;
    let data = transaction("completed", TOTALS, payments);
    let revised = read("transaction.revised", "2026-11-05T09:00:00Z", &data);
    let expected = Micros::parse_rfc3339("2026-10-05T09:00:00Z").unwrap();
    assert_eq!(payment(&revised).unwrap().occurred_at, expected);
}

#[test]
fn paddle_case_6_yen_are_whole_and_net_is_without_tax() {
    let totals =
        r#"{"subtotal":"1091","discount":"0","tax":"109","total":"1200","currency_code":"JPY"}"#;
    let reading = read(
        "transaction.completed",
        AT,
        &transaction("completed", totals, ""),
    );
    let payment = payment(&reading).unwrap();
    assert_eq!(payment.currency.code(), "jpy");
    assert_eq!((payment.amounts.gross, payment.amounts.net), (1_200, 1_091));
}

#[test]
fn prices_stand_before_products_for_the_rule_that_says_more() {
    let data = r#"{"id":"txn_01kaunit","status":"completed","currency_code":"USD","details":{"totals":{"total":"1"},"line_items":[{"price_id":"pri_3","product":{"id":"pro_2"}}]},"items":[{"price":{"id":"pri_1","product_id":"pro_1"}},{"price":{"id":"pri_2","product_id":"pro_1"}}]}"#;
    let reading = read("transaction.completed", AT, data);
    let products = &payment(&reading).unwrap().products;
    assert_eq!(products, &["pri_1", "pri_2", "pri_3", "pro_1", "pro_2"]);
}

#[test]
fn a_revision_of_the_same_instant_is_newer_than_the_completion() {
    let plain = transaction("completed", TOTALS, "");
    let revised = transaction("completed", TOTALS, &format!(r#","revised_at":"{AT}""#));
    let version = |data: &str| read("transaction.updated", AT, data).facts[0].version();
    assert!(version(&revised) > version(&plain));
}

#[test]
fn a_status_that_is_not_known_is_told_to_the_owner() {
    let note = |status| read("transaction.updated", AT, &transaction(status, TOTALS, "")).note;
    assert!(
        note("status_of_tomorrow")
            .unwrap()
            .contains("unknown status")
    );
    assert_eq!(note("billed").unwrap(), "not paid");
}

#[test]
fn paddle_case_9_a_change_of_the_payment_method_says_nothing_unless_money_was_paid() {
    let origin = r#","origin":"subscription_payment_method_change""#;
    let read = |totals: &str| {
        let data = transaction("completed", totals, origin);
        read("transaction.completed", AT, &data)
    };
    let free = read(r#"{"tax":"0","total":"0","currency_code":"USD"}"#);
    assert!(free.facts.is_empty() && !free.unreadable);
    assert_eq!(payment(&read(TOTALS)).unwrap().amounts.gross, 5_950);
}

#[test]
fn paddle_case_10_a_trial_is_a_lead_without_amounts_but_with_its_identity() {
    let zero = r#"{"subtotal":"0","tax":"0","total":"0","currency_code":"USD"}"#;
    let more =
        r#","origin":"web","subscription_id":"sub_01kaunit","custom_data":{"refp_id":"clk_1"}"#;
    let data = transaction("completed", zero, more);
    let trial = data.replace(
        r#""trial_period":null"#,
        r#""trial_period":{"interval":"day","frequency":14}"#,
    );
    let reading = read("transaction.completed", AT, &trial);
    assert_eq!(payment(&reading).unwrap().amounts.gross, 0);
    assert!(
        reading
            .facts
            .iter()
            .any(|f| matches!(f, Fact::Lead(l) if l.event_name == "Started trial"))
    );
    assert_eq!(
        identity(&reading, "p:txn_01kaunit").clicks[0].value(),
        "clk_1"
    );
    let coupon = read("transaction.completed", AT, &data);
    assert!(!coupon.facts.iter().any(|f| matches!(f, Fact::Lead(_))));
}

#[test]
fn paddle_case_12_a_negative_total_has_no_amounts() {
    let totals = r#"{"subtotal":"-1500","tax":"-285","total":"-1785","currency_code":"USD"}"#;
    let reading = read(
        "transaction.completed",
        AT,
        &transaction("completed", totals, ""),
    );
    assert_eq!(payment(&reading).unwrap().amounts, Amounts::default());
    assert_eq!(
        reading.note.as_deref(),
        Some("a negative total is a credit, not a sale")
    );
}

#[test]
fn paddle_case_19_the_simulator_is_never_recorded() {
    for (event_id, notification_id) in [("ntfsimevt_1", "ntf_1"), ("evt_1", "ntfsimntf_1")] {
        let data = transaction("completed", TOTALS, "");
        let body = format!(
            r#"{{"event_id":"{event_id}","event_type":"transaction.completed","occurred_at":"{AT}","notification_id":"{notification_id}","data":{data}}}"#
        );
        assert_eq!(envelope(&body).livemode, Some(false));
        let verified = Verified::from_inbox(body.into_bytes(), Vec::new());
        let reading = Paddle.normalize(&verified, &Settings::default());
        assert!(reading.facts.is_empty() && reading.note.is_some() && !reading.unreadable);
    }
}

#[test]
fn the_origin_says_what_led_to_the_payment() {
    for (origin, subscription, billing) in [
        ("web", "null", Billing::OneTime),
        ("api", "null", Billing::OneTime),
        ("web", r#""sub_1""#, Billing::SubscriptionFirst),
        (
            "subscription_recurring",
            r#""sub_1""#,
            Billing::SubscriptionRenewal,
        ),
        (
            "subscription_update",
            r#""sub_1""#,
            Billing::SubscriptionUpdate,
        ),
        (
            "subscription_charge",
            r#""sub_1""#,
            Billing::SubscriptionUpdate,
        ),
        ("something_new", "null", Billing::Unknown),
    ] {
        let more = format!(r#","origin":"{origin}","subscription_id":{subscription}"#);
        let reading = read(
            "transaction.completed",
            AT,
            &transaction("completed", TOTALS, &more),
        );
        assert_eq!(payment(&reading).unwrap().billing, billing, "{origin}");
    }
}

#[test]
fn a_draft_keeps_the_click_before_anyone_is_known() {
    let more = r#","customer_id":null,"custom_data":{"refp_id":" clk_1 ","plan":{"deep":1}}"#;
    let data = transaction("draft", TOTALS, more).replace(r#""customer_id":"ctm_01kaunit","#, "");
    let reading = read("transaction.created", AT, &data);
    assert_eq!(reading.facts.len(), 1);
    assert_eq!(
        identity(&reading, "p:txn_01kaunit").clicks[0].value(),
        "clk_1"
    );
}

#[test]
fn totals_that_cannot_be_read_are_reported_and_never_guessed() {
    for totals in [
        "null",
        "{}",
        r#"{"total":"59.50","currency_code":"USD"}"#,
        r#"{"total":"99999999999999999999","currency_code":"USD"}"#,
        r#"{"total":"5950","currency_code":"EURO"}"#,
        r#"{"total":"9223372036854775807","tax":"-9","currency_code":"USD"}"#,
    ] {
        let reading = read(
            "transaction.completed",
            AT,
            &transaction("completed", totals, ""),
        );
        assert!(reading.unreadable && reading.facts.is_empty(), "{totals}");
    }
}

#[test]
fn every_delivery_of_the_fixtures_is_understood() {
    #[derive(Deserialize)]
    struct Fixture {
        deliveries: Vec<Delivered>,
    }
    #[derive(Deserialize)]
    struct Delivered {
        body: String,
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/paddle");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let fixture: Fixture = serde_json::from_str(&text).unwrap();
        for delivered in fixture.deliveries {
            let verified = Verified::from_inbox(delivered.body.into_bytes(), Vec::new());
            let reading = Paddle.normalize(&verified, &Settings::default());
            assert!(!reading.unreadable, "{:?}", reading.note);
            read += 1;
        }
    }
    assert!(read > 40);
}

proptest! {
    #[test]
    fn no_totals_make_a_net_outside_its_gross(total in any::<i64>(), tax in any::<i64>(), subtotal in any::<i64>()) {
        let totals = format!(r#"{{"subtotal":"{subtotal}","tax":"{tax}","total":"{total}","currency_code":"USD"}}"#);
        let reading = read("transaction.completed", AT, &transaction("completed", &totals, ""));
        if let Some(payment) = payment(&reading) {
            prop_assert!(payment.amounts.net >= 0 && payment.amounts.net <= payment.amounts.gross);
        } else {
            prop_assert!(reading.unreadable);
        }
    }

    #[test]
    fn no_body_makes_the_adapter_panic(body in prop::collection::vec(any::<u8>(), 0..200), kind in "(transaction|adjustment|subscription|customer|discount)\\.[a-z]{0,8}", data in r#"(\{("(id|status|totals|details|action|transaction_id)":("x"|null|1|\[\]|\{\}),?){0,4}\}|null|\[\]|7)"#) {
        let shaped = format!(r#"{{"event_id":"evt_1","event_type":"{kind}","occurred_at":"{AT}","data":{data}}}"#);
        for bytes in [body, shaped.into_bytes()] {
            let verified = Verified::from_inbox(bytes, Vec::new());
            let _ = Paddle.envelope(&verified);
            let _ = Paddle.normalize(&verified, &Settings::default());
        }
    }
}
