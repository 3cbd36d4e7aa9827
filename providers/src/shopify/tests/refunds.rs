//! Money that goes back: one key wherever it is told, and never before it has moved.

use proptest::prelude::*;

use super::{facts, order, reading, reversals, settings};
use crate::Fact;
use crate::fact::{Extent, Reversal, ReversalKind, ReversalState};

fn txn(id: u64, status: &str, amount: &str) -> String {
    format!(
        r#"{{"id":{id},"order_id":5500000000001,"kind":"refund","status":"{status}","amount":"{amount}","currency":"USD","created_at":"2026-09-03T10:00:00Z","processed_at":"2026-09-03T10:00:00Z"}}"#
    )
}

fn refund(transactions: &str, more: &str) -> String {
    format!(
        r#"{{"id":900000000001,"order_id":5500000000001,"refund_line_items":[],"transactions":[{transactions}]{more}}}"#
    )
}

const SHIPPING: &str =
    r#","order_adjustments":[{"kind":"shipping_refund","amount":"-5.00","tax_amount":"-0.50"}]"#;

fn extent(reversal: &Reversal) -> (i64, i64) {
    match reversal.extent {
        Extent::Gross { cash, counted } => (cash, counted),
        other => panic!("unexpected {other:?}"),
    }
}

fn one(topic: &str, body: &str) -> Reversal {
    let facts = facts(topic, body);
    assert_eq!(reversals(&facts).len(), 1, "{topic}");
    reversals(&facts)[0].clone()
}

#[test]
fn the_three_places_that_tell_of_a_refund_share_one_key_and_the_refund_knows_best() {
    let settled = txn(8, "success", "41.94");
    let refund = refund(&settled, SHIPPING);
    let alone = one("order_transactions/create", &settled);
    let by_itself = one("refunds/create", &refund);
    let members = format!(
        r#""total_price":"100.00","financial_status":"partially_refunded","refunds":[{refund}]"#
    );
    let embedded = one("orders/updated", &order(&members));
    assert_eq!(by_itself.extent, embedded.extent);
    assert!(embedded.version > by_itself.version);
    let key = |r: &Reversal| Fact::Reversal(r.clone()).key();
    assert_eq!(key(&alone), key(&by_itself));
    assert_eq!(by_itself.id, "shopify/txn/8");
    assert_eq!(by_itself.of[0].value(), "5500000000001");
    assert!(by_itself.version > alone.version);
    assert_eq!(extent(&alone), (4_194, 4_194));
    assert_eq!(extent(&by_itself), (4_194, 4_194 - 550));
}

#[test]
fn case_10_lines_of_zero_do_not_hide_the_money() {
    let more = r#","refund_line_items":[{"subtotal":0.0,"total_tax":0}]"#;
    let body = refund(&txn(8, "success", "41.94"), "").replace(r#","refund_line_items":[]"#, more);
    assert_eq!(extent(&one("refunds/create", &body)), (4_194, 4_194));
}

#[test]
fn case_11_shipping_alone_counts_nothing_against_the_goods() {
    let body = refund(&txn(8, "success", "5.50"), SHIPPING);
    assert_eq!(extent(&one("refunds/create", &body)), (550, 0));
    let newer = r#","refund_shipping_lines":[{"subtotal_amount_set":{"shop_money":{"amount":"5.00","currency_code":"USD"}},"tax_amount_set":{"shop_money":{"amount":"0.50","currency_code":"USD"}}}]"#;
    let body = refund(&txn(8, "success", "5.50"), newer);
    assert_eq!(extent(&one("refunds/create", &body)), (550, 0));
    let with = reading(
        "refunds/create",
        &body,
        &settings(r#"{"includeShipping":true}"#),
    );
    let net = Extent::Net {
        cash: 550,
        net: 500,
    };
    assert_eq!(reversals(&with.facts)[0].extent, net);
}

#[test]
fn case_12_a_restock_makes_no_reversal_and_leaves_the_key_free() {
    let seen = reading("refunds/create", &refund("", ""), &settings("{}"));
    assert!(seen.facts.is_empty() && seen.note.is_some() && !seen.unreadable);
    let members = r#""total_price":"100.00","financial_status":"paid","refunds":[{"id":1,"transactions":null}]"#;
    assert!(reversals(&facts("orders/updated", &order(members))).is_empty());
}

#[test]
fn case_13_a_pending_refund_moves_nothing_until_its_transaction_settles() {
    let pending = one("refunds/create", &refund(&txn(8, "pending", "30.00"), ""));
    assert_eq!(pending.state, ReversalState::Inert);
    for (status, state) in [
        ("success", ReversalState::Final),
        ("failure", ReversalState::Released),
        ("error", ReversalState::Released),
    ] {
        let settled = one("order_transactions/create", &txn(8, status, "30.00"));
        assert_eq!(settled.state, state);
        assert_eq!(settled.id, pending.id);
        assert!(settled.version > pending.version, "{status}");
    }
}

#[test]
fn a_failed_attempt_has_no_share_in_the_shipping() {
    let transactions = format!(
        "{},{}",
        txn(7, "failure", "20.00"),
        txn(8, "success", "20.00")
    );
    let facts = facts("refunds/create", &refund(&transactions, SHIPPING));
    let told: Vec<_> = (reversals(&facts).iter())
        .map(|r| (r.state, extent(r)))
        .collect();
    assert_eq!(
        told,
        [
            (ReversalState::Released, (2_000, 2_000)),
            (ReversalState::Final, (2_000, 1_450)),
        ]
    );
}

#[test]
fn a_sample_refund_in_the_placeholder_currency_counts_nothing() {
    let body = refund(&txn(8, "success", "1.00").replace("USD", "XXX"), "");
    let seen = reading("refunds/create", &body, &settings("{}"));
    assert!(seen.facts.is_empty() && !seen.unreadable);
}

#[test]
fn sales_voids_captures_and_change_are_no_refunds() {
    for kind in ["sale", "capture", "authorization", "void", "change"] {
        let body = txn(8, "success", "1.00").replace("refund", kind);
        let seen = reading("order_transactions/create", &body, &settings("{}"));
        assert!(seen.facts.is_empty() && !seen.unreadable, "{kind}");
    }
}

#[test]
fn case_8_a_refund_stays_in_the_currency_of_its_transaction() {
    let set = r#"{"shop_money":{"amount":"-5.00","currency_code":"EUR"},"presentment_money":{"amount":"-800","currency_code":"JPY"}}"#;
    let more = format!(
        r#","order_adjustments":[{{"kind":"shipping_refund","amount":"-5.00","amount_set":{set}}}]"#
    );
    let paid = txn(8, "success", "4800").replace("USD", "JPY");
    let reversal = one("refunds/create", &refund(&paid, &more));
    assert_eq!(reversal.currency.code(), "jpy");
    assert_eq!(extent(&reversal), (4_800, 4_000));
}

#[test]
fn an_order_refunded_in_full_says_so_as_a_whole_and_takes_it_back_when_it_is_not() {
    let whole = |status: &str, refunds: &str| {
        let members =
            format!(r#""total_price":"100.00","financial_status":"{status}","refunds":{refunds}"#);
        facts("orders/updated", &order(&members))
            .into_iter()
            .find_map(|fact| match fact {
                Fact::Refunded(refunded) => Some(refunded.extent),
                _ => None,
            })
    };
    assert_eq!(whole("refunded", "[]"), Some(Extent::All));
    let none = Extent::Gross {
        cash: 0,
        counted: 0,
    };
    assert_eq!(whole("partially_refunded", r#"[{"id":1}]"#), Some(none));
    assert_eq!(whole("paid", "[]"), Some(none));
    assert_eq!(whole("pending", "[]"), None);
}

#[test]
fn a_refund_without_order_currency_or_amount_is_unreadable() {
    let good = refund(&txn(8, "success", "1.00"), "");
    for bad in [
        good.replace("5500000000001", "null"),
        good.replace(r#""currency":"USD","#, ""),
        good.replace(r#""amount":"1.00","#, ""),
        good.replace(r#""id":8,"#, ""),
        good.replace("1.00", "99999999999999999999"),
    ] {
        let seen = reading("refunds/create", &bad, &settings("{}"));
        assert!(seen.unreadable && seen.facts.is_empty(), "{bad}");
    }
}

fn dispute(kind: &str, status: &str) -> String {
    format!(
        r#"{{"id":77,"order_id":5500000000001,"type":"{kind}","amount":"11.50","currency":"USD","reason":"fraudulent","status":"{status}","initiated_at":"2026-09-10T00:00:00Z","evidence_due_by":"2026-09-20T00:00:00Z"}}"#
    )
}

#[test]
fn a_chargeback_is_held_until_it_is_decided_and_an_inquiry_moves_nothing() {
    for (kind, status, state) in [
        ("chargeback", "needs_response", ReversalState::Held),
        ("chargeback", "under_review", ReversalState::Held),
        ("chargeback", "won", ReversalState::Released),
        ("chargeback", "charge_refunded", ReversalState::Released),
        ("chargeback", "prevented", ReversalState::Final),
        ("chargeback", "lost", ReversalState::Final),
        ("chargeback", "accepted", ReversalState::Final),
        ("inquiry", "needs_response", ReversalState::Inert),
        ("inquiry", "charge_refunded", ReversalState::Inert),
    ] {
        let reversal = one("disputes/update", &dispute(kind, status));
        assert_eq!(reversal.state, state, "{kind} {status}");
        assert_eq!(reversal.kind, ReversalKind::Dispute);
        assert_eq!(extent(&reversal), (1_150, 1_150));
    }
    let at = |kind, status| one("disputes/update", &dispute(kind, status)).version;
    assert!(at("inquiry", "under_review") < at("chargeback", "needs_response"));
    assert!(at("chargeback", "needs_response") < at("chargeback", "under_review"));
    assert!(at("chargeback", "under_review") < at("chargeback", "won"));
    let orderless = dispute("chargeback", "lost").replace("5500000000001", "null");
    let seen = reading("disputes/create", &orderless, &settings("{}"));
    assert!(seen.facts.is_empty() && !seen.unreadable);
}

proptest! {
    #[test]
    fn shipping_is_spread_over_the_transactions_to_the_last_cent(cents in prop::collection::vec(1_000_u64..9_000, 1..6)) {
        let transactions: Vec<String> = (1_u64..)
            .zip(&cents)
            .map(|(id, c)| txn(id, "success", &format!("{}.{:02}", c / 100, c % 100)))
            .collect();
        let facts = facts("refunds/create", &refund(&transactions.join(","), SHIPPING));
        let (cash, counted) = reversals(&facts)
            .iter()
            .map(|r| extent(r))
            .fold((0, 0), |(a, b), (cash, counted)| (a + cash, b + counted));
        prop_assert_eq!(cash - counted, 550);
    }

    #[test]
    fn any_bytes_under_any_topic_are_answered_without_a_panic(body in ".{0,200}", at in 0_usize..12) {
        let topics = ["orders/paid", "refunds/create", "order_transactions/create", "customers/update", "customers/merge", "disputes/create", "app/uninstalled", "shop/redact", "customers/redact", "customers/data_request", "subscription_contracts/create", "subscription_billing_attempts/success"];
        let headers = super::owned(&[("x-shopify-topic", topics[at])]);
        let verified = crate::Verified::from_inbox(body.into_bytes(), headers);
        let _ = crate::Adapter::normalize(&super::Shopify, &verified, &settings("{}"));
        let _ = crate::Adapter::envelope(&super::Shopify, &verified);
    }
}
