//! What orders and refunds are worth: the commission base, refunds, currencies, and bodies that say too little.

use proptest::prelude::*;
use serde_json::json;

use super::{order, payment_of, read, refunded_of};
use crate::fact::Extent;
use crate::{Adapter, Micros, Settings, Verified};

/// Polar cases 7, 8 and 9.
#[test]
fn the_commission_base_is_without_tax_and_without_credit() {
    for (name, changes, net, gross) in [
        (
            "full discount",
            json!({ "subtotal_amount": 1_000, "discount_amount": 1_000, "net_amount": 0, "tax_amount": 0, "total_amount": 0 }),
            0,
            0,
        ),
        (
            "tax included",
            json!({ "subtotal_amount": 1_200, "tax_amount": 200, "total_amount": 1_200 }),
            1_000,
            1_200,
        ),
        (
            "credit given",
            json!({ "subtotal_amount": -500, "net_amount": -500, "tax_amount": 0, "total_amount": -500 }),
            0,
            0,
        ),
        (
            "credit spent",
            json!({ "applied_balance_amount": -500, "tax_amount": 0, "total_amount": 1_000 }),
            500,
            500,
        ),
        (
            "credit covers all",
            json!({ "applied_balance_amount": -1_190 }),
            0,
            0,
        ),
        (
            "debt collected",
            json!({ "applied_balance_amount": 30, "tax_amount": 0, "total_amount": 1_000 }),
            1_030,
            1_030,
        ),
        (
            "older name",
            json!({ "net_amount": null, "amount": 1_000 }),
            1_000,
            1_190,
        ),
    ] {
        let reading = read(&order("order.paid", changes));
        let amounts = payment_of(&reading).amounts;
        assert_eq!((amounts.net, amounts.gross), (net, gross), "{name}");
    }
    let spent = read(&order(
        "order.paid",
        json!({ "applied_balance_amount": -500 }),
    ));
    assert_eq!(
        payment_of(&spent).remark.as_deref(),
        Some("balance_applied")
    );
}

/// Polar cases 10, 11 and 13.
#[test]
fn refunds_are_told_as_one_figure_that_can_fall() {
    for (status, net, tax) in [
        ("partially_refunded", 300, 57),
        ("partially_refunded", 500, 95),
        ("refunded", 1_000, 190),
        ("paid", 0, 0),
    ] {
        let changes =
            json!({ "status": status, "refunded_amount": net, "refunded_tax_amount": tax });
        let reading = read(&order("order.updated", changes));
        assert_eq!(
            refunded_of(&reading),
            Some(Extent::Net {
                cash: net + tax,
                net
            })
        );
        assert_eq!(payment_of(&reading).amounts.net, 1_000);
    }
    let silent = read(&order("order.updated", json!({ "refunded_amount": null })));
    assert_eq!(refunded_of(&silent), None);
}

/// Polar cases 12 and 15.
#[test]
fn a_refund_event_never_counts_by_itself() {
    for status in ["pending", "succeeded", "failed", "canceled", "another"] {
        for reason in ["customer_request", "dispute_prevention"] {
            for kind in ["refund.created", "refund.updated"] {
                let body = json!({ "type": kind, "timestamp": "2026-09-01T10:00:00Z", "data": {
                    "id": "r-1", "status": status, "reason": reason, "amount": 300, "tax_amount": 0,
                    "currency": "usd", "order_id": "o-1", "subscription_id": null, "customer_id": "c-1" } });
                let reading = read(&body);
                assert_eq!(reading.facts, []);
                assert!(reading.note.is_some() && !reading.unreadable);
            }
        }
    }
}

/// Polar case 17.
#[test]
fn amounts_leave_in_iso_units() {
    for (currency, polar, iso) in [
        ("jpy", 1_500, 1_500),
        ("isk", 150_000, 1_500),
        ("isk", 150_050, 1_501),
        ("ugx", 3_700_000, 37_000),
        ("mga", 50, 5_000),
        ("EUR", 999, 999),
    ] {
        let changes = json!({ "currency": currency, "net_amount": polar, "tax_amount": 0, "total_amount": polar,
            "subtotal_amount": polar, "refunded_amount": polar, "platform_fee_amount": polar, "platform_fee_currency": currency });
        let reading = read(&order("order.paid", changes));
        let amounts = payment_of(&reading).amounts;
        assert_eq!(
            (amounts.net, amounts.gross, amounts.reversible, amounts.fee),
            (iso, iso, iso, Some(iso)),
            "{currency}"
        );
        assert_eq!(
            refunded_of(&reading),
            Some(Extent::Net {
                cash: iso,
                net: iso
            })
        );
    }
    let foreign = json!({ "platform_fee_amount": 70, "platform_fee_currency": "eur" });
    assert_eq!(
        payment_of(&read(&order("order.updated", foreign)))
            .amounts
            .fee,
        None
    );
    let odd = read(&order("order.paid", json!({ "currency": "zzz" })));
    assert_eq!(payment_of(&odd).remark.as_deref(), Some("unknown_currency"));
}

#[test]
fn an_order_without_what_counts_is_unreadable_and_never_half_a_sale() {
    for changes in [
        json!({ "id": null }),
        json!({ "currency": null }),
        json!({ "currency": "dollars" }),
        json!({ "net_amount": null }),
        json!({ "net_amount": 10.5 }),
        json!({ "currency": "mga", "net_amount": i64::MAX, "total_amount": i64::MAX }),
        json!({ "applied_balance_amount": i64::MAX }),
    ] {
        let reading = read(&order("order.paid", changes.clone()));
        assert!(reading.unreadable && reading.facts.is_empty(), "{changes}");
    }
    let mut timeless = order(
        "order.paid",
        json!({ "created_at": null, "modified_at": null }),
    );
    timeless["timestamp"] = json!(null);
    assert!(read(&timeless).unreadable);
    let mut dated = order("order.paid", json!({}));
    dated["timestamp"] = json!("yesterday");
    assert_eq!(
        payment_of(&read(&dated)).version.at,
        Micros(1_788_256_801_000_000)
    );
}

proptest! {
    #[test]
    fn amounts_are_never_negative_and_net_fits_into_what_can_flow_back(
        net in -100_000_i64..1_000_000, tax in -10_i64..100_000, applied in -200_000_i64..200_000,
        code in prop::sample::select(vec!["usd", "jpy", "isk", "mga", "kwd"]),
    ) {
        let changes = json!({ "net_amount": net, "tax_amount": tax, "total_amount": net + tax,
            "applied_balance_amount": applied, "currency": code });
        let reading = read(&order("order.paid", changes));
        let a = payment_of(&reading).amounts;
        prop_assert!(0 <= a.net && a.net <= a.reversible && a.reversible <= a.gross);
        prop_assert!(a.tax >= 0 && a.subtotal >= 0 && a.discount >= 0);
    }

    #[test]
    fn nothing_is_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,80}") {
        let odd = format!(r#"{{"type":"order.paid","timestamp":{text:?},"data":{{"id":{text:?},"net_amount":{text:?}}}}}"#);
        for body in [bytes, odd.into_bytes(), text.into_bytes()] {
            let verified = Verified::from_inbox(body, Vec::new());
            let envelope = super::Polar.envelope(&verified);
            prop_assert!(!envelope.event_id.is_empty() && !envelope.event_type.is_empty());
            super::Polar.normalize(&verified, &Settings::default());
        }
    }
}

#[test]
fn figures_left_out_or_below_zero_are_nothing() {
    let amounts = |changes| payment_of(&read(&order("order.paid", changes))).amounts;
    let plain = amounts(json!({ "applied_balance_amount": null, "discount_amount": null }));
    assert_eq!((plain.net, plain.discount), (1_000, 0));
    let odd = amounts(json!({ "subtotal_amount": -500, "discount_amount": -5 }));
    assert_eq!((odd.subtotal, odd.discount), (0, 0));
    assert_eq!(amounts(json!({ "subtotal_amount": 0 })).subtotal, 0);
    assert_eq!(amounts(json!({ "platform_fee_amount": 1 })).fee, Some(1));
    assert_eq!(amounts(json!({ "platform_fee_amount": 0 })).fee, None);
    let back = json!({ "refunded_amount": -5, "refunded_tax_amount": 0 });
    let back = refunded_of(&read(&order("order.updated", back)));
    assert_eq!(back, Some(Extent::Net { cash: 0, net: 0 }));
}

#[test]
fn every_currency_that_polar_counts_whole_is_read_so() {
    for code in "bif clp djf gnf jpy kmf krw pyg rwf vnd vuv xaf xof xpf".split(' ') {
        let reading = read(&order("order.paid", json!({ "currency": code })));
        assert_eq!(payment_of(&reading).amounts.net, 1_000, "{code}");
    }
}

#[test]
fn prices_stand_before_the_product_for_the_rule_that_says_more() {
    let items = json!([{ "product_price_id": "price-1" }, { "product_price_id": null }, { "product_price_id": "price-2" }]);
    let reading = read(&order("order.paid", json!({ "items": items })));
    assert_eq!(
        payment_of(&reading).products,
        ["price-1", "price-2", "prod-1"]
    );
    let older = read(&order(
        "order.paid",
        json!({ "product_price_id": "price-0" }),
    ));
    assert_eq!(payment_of(&older).products, ["price-0", "prod-1"]);
}

#[test]
fn a_status_that_is_not_known_is_told_to_the_owner() {
    let note = |status: &str, paid: bool| {
        read(&order(
            "order.updated",
            json!({ "status": status, "paid": paid }),
        ))
        .note
    };
    assert!(
        note("settled", true)
            .unwrap()
            .contains("unknown status: settled")
    );
    assert!(
        note("settled", false)
            .unwrap()
            .contains("unknown status: settled")
    );
    assert_eq!(note("paid", true), None);
}
