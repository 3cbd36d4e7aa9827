//! Disputes beside refunds: which of the two has given the money back.

use serde_json::{Value, json};

use super::{Told, line, money, net, order, refund, taken};

fn dispute(kind: &str, status: &str, amount: &str) -> Told {
    let told = json!({
        "id": 77, "order_id": 5_500_000_000_001_i64, "type": kind, "amount": amount, "currency": "USD", "reason": "fraudulent",
        "status": status, "initiated_at": "2026-09-03T00:00:00Z",
    });
    ("disputes/update", told)
}

fn paid() -> Told {
    let lines = json!([line(1, "60.00", 1, 1), line(2, "40.00", 1, 1)]);
    let told =
        json!({"total_price": "100.00", "current_total_price": "100.00", "line_items": lines});
    ("orders/paid", order(0, told))
}

fn returned() -> Told {
    let back: Value = json!({"refund_line_items": [taken(2, 1, 40.0, 0.0)], "transactions": [money(8, "40.00", "success")]});
    ("refunds/create", refund(1, back))
}

/// `charge_refunded` says of a dispute that it led to a refund
/// (<https://shopify.dev/docs/api/admin-graphql/2024-04/enums/disputestatus>), and the refund tells of itself. Of one
/// item for 40 in an order of 100 it was taken twice.
#[test]
fn a_dispute_that_led_to_a_refund_takes_nothing_besides_it() {
    for kind in ["chargeback", "inquiry"] {
        let ended = dispute(kind, "charge_refunded", "40.00");
        assert_eq!(net(&[paid(), returned(), ended.clone()]), Some(6_000));
        let begun = dispute(kind, "needs_response", "40.00");
        assert_eq!(net(&[paid(), begun, returned(), ended]), Some(6_000));
    }
}

/// A dispute that is `prevented` was settled by Visa's Rapid Dispute Resolution
/// (<https://shopify.dev/changelog/adds-support-for-dispute-preventions>): the bank has given the buyer his money, the
/// shop is spared the fee alone, and no refund tells of it. The same processor shows others as lost
/// (<https://help.chargeflow.io/en/articles/11784552-alert-handled-refund-issued-but-a-chargeback-still-happened>).
#[test]
fn a_dispute_that_was_prevented_has_cost_what_it_was_about() {
    let prevented = dispute("chargeback", "prevented", "100.00");
    assert_eq!(net(&[paid(), prevented.clone()]), Some(0));
    assert_eq!(net(&[paid(), returned(), prevented]), Some(0));
    let part = dispute("chargeback", "prevented", "40.00");
    assert_eq!(net(&[paid(), part]), Some(6_000));
}
