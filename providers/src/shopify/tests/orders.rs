//! Orders: how far they are paid, and their amounts.

use super::{facts, order, payment, reading, settings};
use crate::fact::{Amounts, Billing, PaymentState};
use crate::{Fact, Micros, Settings};

const LINES: &str =
    r#""line_items":[{"price":"60.00","quantity":1},{"price":"20.00","quantity":2}]"#;

fn state_of(members: &str) -> PaymentState {
    let body = order(&format!(r#""total_price":"100.00",{LINES},{members}"#));
    payment(&facts("orders/updated", &body)).state
}

fn amounts_of(members: &str, json: &str) -> Amounts {
    let body = order(&format!(r#""financial_status":"paid",{members}"#));
    let reading = reading("orders/paid", &body, &settings(json));
    payment(&reading.facts).amounts
}

#[test]
fn the_state_in_the_body_decides_and_the_topic_does_not() {
    for (status, state) in [
        ("paid", PaymentState::Paid),
        ("partially_refunded", PaymentState::Paid),
        ("refunded", PaymentState::Paid),
        ("pending", PaymentState::Pending),
        ("authorized", PaymentState::Pending),
        ("partially_paid", PaymentState::Pending),
        ("voided", PaymentState::Void),
        ("expired", PaymentState::Void),
    ] {
        let body = order(&format!(
            r#""financial_status":"{status}","total_price":"1.00""#
        ));
        for topic in ["orders/paid", "orders/create", "orders/updated"] {
            assert_eq!(
                payment(&facts(topic, &body)).state,
                state,
                "{topic} {status}"
            );
        }
    }
    let cancelled = r#""financial_status":"authorized","cancelled_at":"2026-09-02T10:00:00Z""#;
    assert_eq!(state_of(cancelled), PaymentState::Void);
    let kept = r#""financial_status":"paid","cancelled_at":"2026-09-02T10:00:00Z""#;
    assert_eq!(state_of(kept), PaymentState::Paid);
}

#[test]
fn case_5_a_test_notification_counts_nothing() {
    let mut headers = super::delivered("orders/paid", &order(r#""total_price":"1.00""#))
        .headers()
        .to_vec();
    headers.push(("x-shopify-test".to_owned(), "true".to_owned()));
    let verified = crate::Verified::from_inbox(order("").into(), headers);
    let reading = crate::Adapter::normalize(&super::Shopify, &verified, &Settings::default());
    assert!(reading.facts.is_empty() && reading.note.is_some() && !reading.unreadable);
}

#[test]
fn case_7_an_id_beyond_2_to_the_53_keeps_all_its_digits() {
    let body = r#"{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508","currency":"USD","total_price":"1.00","financial_status":"paid"}"#;
    let facts = facts("orders/paid", body);
    assert_eq!(payment(&facts).object.value(), "820982911946154508");
    let Fact::Alias(alias) = &facts[0] else {
        panic!("the order has two names")
    };
    assert_eq!(alias.b.value(), "gid://shopify/Order/820982911946154508");
}

#[test]
fn goods_are_counted_without_tax_shipping_tips_and_gift_cards() {
    let members = r#""total_price":"143.80","total_tax":"7.80","total_tip_received":"5.00",
        "total_shipping_price_set":{"shop_money":{"amount":"10.00","currency_code":"USD"}},
        "shipping_lines":[{"price":"10.00","tax_lines":[{"price":"0.80"}]}],
        "line_items":[
            {"price":"40.00","quantity":2,"discount_allocations":[{"amount":"9.00"}],"tax_lines":[{"price":"7.00"}]},
            {"price":"50.00","quantity":1,"gift_card":true},
            {"price":"5.00","quantity":1,"tip_payment_gateway":"shopify_payments"}]"#;
    let amounts = amounts_of(members, "{}");
    assert_eq!(amounts.net, 7_100);
    assert_eq!(amounts.subtotal, 13_000);
    assert_eq!(amounts.discount, 900);
    assert_eq!((amounts.tax, amounts.shipping), (780, 1_000));
    assert_eq!(amounts.gross, 14_380);
    assert_eq!(amounts.reversible, 14_380 - 1_080 - 500 - 5_000);
    assert_eq!(amounts.gift_cards, 5_000);
}

#[test]
fn tax_inside_the_price_is_taken_out_once_for_goods_and_for_shipping() {
    let members = r#""taxes_included":true,"total_price":"29.75","total_tax":"4.75",
        "shipping_lines":[{"price":"5.95","tax_lines":[{"price":"0.95"}]}],
        "line_items":[{"price":"11.90","quantity":2,"tax_lines":[{"price":"3.80"}]}]"#;
    let amounts = amounts_of(members, "{}");
    assert_eq!((amounts.net, amounts.shipping), (2_000, 500));
    assert_eq!(amounts.reversible, 2_380);
    let with_shipping = amounts_of(members, r#"{"includeShipping":true}"#);
    assert_eq!(
        (with_shipping.net, with_shipping.reversible),
        (2_500, 2_975)
    );
}

#[test]
fn discounted_shipping_counts_as_far_as_it_was_paid() {
    let members = r#""total_price":"80.00","line_items":[{"price":"80.00","quantity":1}],
        "shipping_lines":[{"price":"6.00","discount_allocations":[{"amount":"6.00"}]}]"#;
    let amounts = amounts_of(members, "{}");
    assert_eq!((amounts.shipping, amounts.reversible), (0, 8_000));
}

#[test]
fn without_lines_the_totals_give_the_net_and_json_numbers_are_exact() {
    let members = r#""total_price":195.66,"total_tax":3.98,"total_discounts":0,
        "total_shipping_price_set":{"shop_money":{"amount":"5.0","currency_code":"USD"}}"#;
    let amounts = amounts_of(members, "{}");
    assert_eq!((amounts.gross, amounts.tax), (19_566, 398));
    assert_eq!(amounts.net, 19_566 - 398 - 500);
}

#[test]
fn yen_is_read_in_every_spelling() {
    for total in ["1000", "1000.0", "1000.00"] {
        let body = format!(
            r#"{{"id":1,"currency":"JPY","total_price":"{total}","financial_status":"paid"}}"#
        );
        let facts = facts("orders/paid", &body);
        assert_eq!(payment(&facts).amounts.gross, 1_000);
    }
}

#[test]
fn case_8_the_sale_is_in_the_shops_currency_and_the_buyers_is_kept() {
    let set = r#"{"shop_money":{"amount":"61.53","currency_code":"EUR"},"presentment_money":{"amount":"10000","currency_code":"JPY"}}"#;
    let body = format!(
        r#"{{"id":1,"currency":"EUR","presentment_currency":"JPY","financial_status":"paid","total_price":"61.53","total_price_set":{set},"line_items":[{{"price":"61.53","price_set":{set},"quantity":1}}]}}"#
    );
    let facts = facts("orders/paid", &body);
    let payment = payment(&facts);
    assert_eq!(
        (payment.amounts.net, payment.currency.code()),
        (6_153, "eur")
    );
    let seen = payment.presentment.unwrap();
    assert_eq!(
        (seen.gross, seen.reversible, seen.currency.code()),
        (10_000, 10_000, "jpy")
    );
}

#[test]
fn a_view_of_the_buyer_that_cannot_be_read_does_not_cost_the_sale() {
    let set = r#"{"shop_money":{"amount":"61.53","currency_code":"EUR"},"presentment_money":{"amount":"10,000","currency_code":"JPY"}}"#;
    let body = format!(
        r#"{{"id":1,"currency":"EUR","presentment_currency":"JPY","financial_status":"paid","total_price":"61.53","total_price_set":{set}}}"#
    );
    let facts = facts("orders/paid", &body);
    assert_eq!(payment(&facts).amounts.gross, 6_153);
    assert_eq!(payment(&facts).presentment, None);
}

#[test]
fn a_placeholder_currency_is_ignored_and_a_broken_amount_is_unreadable() {
    let sample = r#"{"id":1,"currency":"XXX","total_price":"1.00","financial_status":"paid"}"#;
    let seen = reading("orders/paid", sample, &Settings::default());
    assert!(seen.facts.is_empty() && !seen.unreadable);
    for body in [
        r#"{"id":1,"currency":"USD","financial_status":"paid"}"#,
        r#"{"id":1,"currency":"USD","total_price":"1,00","financial_status":"paid"}"#,
        r#"{"id":1,"total_price":"1.00","financial_status":"paid"}"#,
        r#"{"id":"x","currency":"USD","total_price":"1.00","financial_status":"paid"}"#,
        "not json",
    ] {
        let seen = reading("orders/paid", body, &Settings::default());
        assert!(seen.facts.is_empty() && seen.unreadable, "{body}");
    }
}

#[test]
fn case_16_an_authorized_order_that_is_cancelled_is_void() {
    let cancelled =
        r#""cancelled_at":"2026-09-02T10:00:00Z","refunds":[{"id":1,"transactions":[]}]"#;
    for status in ["authorized", "voided"] {
        let members = format!(r#""financial_status":"{status}",{cancelled}"#);
        assert_eq!(state_of(&members), PaymentState::Void, "{status}");
    }
}

#[test]
fn case_17_partly_paid_is_older_than_any_snapshot_that_was_paid() {
    let body = |status: &str| {
        order(&format!(
            r#""financial_status":"{status}","total_price":"110.00","total_outstanding":"10.00""#
        ))
    };
    let partly = facts("orders/updated", &body("partially_paid"));
    let paid = facts("orders/paid", &body("paid"));
    assert!(payment(&partly).version < payment(&paid).version);
    assert!(payment(&partly).version.at <= payment(&paid).occurred_at);
}

#[test]
fn case_17_with_the_setting_the_received_part_counts() {
    let members = r#""financial_status":"partially_paid","total_price":"110.00","total_outstanding":"10.00","total_tax":"10.00","line_items":[{"price":"100.00","quantity":1}]"#;
    let own = settings(r#"{"countPartiallyPaid":true}"#);
    let reading = reading("orders/updated", &order(members), &own);
    let payment = payment(&reading.facts);
    assert_eq!(payment.state, PaymentState::Paid);
    assert_eq!(
        (payment.amounts.gross, payment.amounts.net),
        (10_000, 9_091)
    );
}

#[test]
fn case_18_a_renewal_is_known_by_its_source() {
    for (source, billing) in [
        ("subscription_contract", Billing::SubscriptionRenewal),
        (
            "subscription_contract_checkout_one",
            Billing::SubscriptionRenewal,
        ),
        ("web", Billing::Unknown),
        ("shopify_draft_order", Billing::Unknown),
    ] {
        let body = order(&format!(
            r#""total_price":"1.00","financial_status":"paid","source_name":"{source}""#
        ));
        assert_eq!(
            payment(&facts("orders/paid", &body)).billing,
            billing,
            "{source}"
        );
    }
}

#[test]
fn a_pos_order_counts_unless_the_owner_says_otherwise() {
    let body = order(r#""total_price":"1.00","financial_status":"paid","source_name":"pos""#);
    let state = |json| payment(&reading("orders/paid", &body, &settings(json)).facts).state;
    assert_eq!(state("{}"), PaymentState::Paid);
    assert_eq!(state(r#"{"includePos":false}"#), PaymentState::Void);
}

#[test]
fn versions_are_the_times_in_the_body() {
    let facts = facts(
        "orders/paid",
        &order(r#""total_price":"1.00","financial_status":"paid""#),
    );
    let updated = Micros::parse_rfc3339("2026-09-01T10:00:05Z").unwrap();
    assert_eq!(payment(&facts).version.at, updated);
}

#[test]
fn edits_deletions_and_drafts_are_noted_and_count_nothing() {
    for (topic, body) in [
        ("orders/edited", r#"{"order_edit":{"id":1,"order_id":2}}"#),
        ("orders/delete", r#"{"id":2}"#),
        ("draft_orders/create", r#"{"id":2,"status":"open"}"#),
        ("products/update", r#"{"id":2}"#),
    ] {
        let seen = reading(topic, body, &Settings::default());
        assert!(
            seen.facts.is_empty() && seen.note.is_some() && !seen.unreadable,
            "{topic}"
        );
    }
}

#[test]
fn a_free_order_is_paid_with_nothing_and_keeps_its_click() {
    let members = r#""total_price":"0.00","financial_status":"paid","note_attributes":[{"name":"refp_id","value":"clk_free"}],
        "line_items":[{"price":"20.00","quantity":1,"discount_allocations":[{"amount":"20.00"}]}]"#;
    let facts = facts("orders/paid", &order(members));
    let paid = payment(&facts);
    assert_eq!(
        (paid.state, paid.amounts.gross, paid.amounts.net),
        (PaymentState::Paid, 0, 0)
    );
    let found = super::identity(&facts, "p:5500000000001").unwrap();
    assert_eq!(found.clicks[0].value(), "clk_free");
}

#[test]
fn a_line_without_a_quantity_falls_back_to_the_totals() {
    let members = r#""total_price":"50.00","total_tax":"10.00","line_items":[{"price":"20.00"}]"#;
    assert_eq!(amounts_of(members, "{}").net, 4_000);
}
