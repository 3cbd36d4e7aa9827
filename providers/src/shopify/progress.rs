//! How far an order has come, for snapshots that Shopify made within one second.
//!
//! Only what grows and never shrinks is counted, so that of two snapshots the later one has the larger number.

use super::objects::{Line, Order, Refund, ShippingLine, Transaction};

/// Keeps steps far from the end of their range.
const MOST_PROGRESS: i64 = 1_000_000_000;

/// Lines are added and never taken away, units and shipping leave and never come again, refunds are added, and their
/// transactions settle and may fail after that.
pub fn of(order: &Order<'_>) -> i64 {
    let lines = order.line_items.objects::<Line<'_>>();
    let refunds = order.refunds.objects::<Refund<'_>>();
    let units = lines.iter().map(|line| {
        let gone = line.quantity.int().zip(line.current_quantity.int());
        let gone = gone.map_or(0, |(sold, now)| sold.saturating_sub(now).max(0));
        gone.saturating_add(1)
    });
    let shipping = order.shipping_lines.objects::<ShippingLine<'_>>();
    let fees = shipping.iter().map(|line| i64::from(line.is_removed()));
    let settled = refunds.iter().map(of_refund);
    let sum = units
        .chain(fees)
        .chain(settled)
        .fold(0, i64::saturating_add);
    sum.min(MOST_PROGRESS)
}

/// How far a refund has come, as a number that only ever grows.
fn of_refund(refund: &Refund<'_>) -> i64 {
    let of_transaction = |transaction: &Transaction<'_>| match transaction.status.text().as_deref()
    {
        Some("failure" | "error") => 3,
        Some("success") => 2,
        _ => 1,
    };
    let transactions = refund.transactions.objects::<Transaction<'_>>();
    let sum: i64 = transactions.iter().map(of_transaction).sum();
    sum.saturating_add(1)
}
