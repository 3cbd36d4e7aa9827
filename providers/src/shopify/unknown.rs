//! Values that are not known here and may decide about money: a new status, a new kind of transaction. What
//! follows from the known ones is not said here; an unknown one is never passed over in silence.

use super::objects::{Order, Refund, Transaction};
use super::returned::Adjustment;

/// What a value is, and the value.
pub type Unknown = (&'static str, String);

/// What `financial_status` can be: <https://shopify.dev/docs/api/admin-rest/latest/resources/order>.
const ORDER_STATUSES: &[&str] = &[
    "pending",
    "authorized",
    "partially_paid",
    "paid",
    "partially_refunded",
    "refunded",
    "voided",
    "expired",
];

/// What a transaction can be, and how it can stand:
/// <https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderTransactionKind>.
const KINDS: &[&str] = &[
    "authorization",
    "capture",
    "change",
    "emv_authorization",
    "refund",
    "sale",
    "suggested_refund",
    "void",
];
const STATUSES: &[&str] = &[
    "awaiting_response",
    "error",
    "failure",
    "pending",
    "success",
];

/// What is not known here of a transaction and may decide about money: its kind, or how a refund stands.
pub fn in_transaction(transaction: &Transaction<'_>) -> Option<Unknown> {
    let kind = transaction.kind.text()?;
    if !KINDS.contains(&kind.as_str()) {
        return Some(("transaction kind", kind));
    }
    let status = transaction.status.text();
    let status = status.unwrap_or_else(|| "none".to_owned());
    let is_known = STATUSES.contains(&status.as_str());
    (kind == "refund" && !is_known).then_some(("transaction status", status))
}

/// The first thing in a refund that is not known here and may decide about money.
pub fn in_refund(refund: &Refund<'_>) -> Option<Unknown> {
    let transactions = refund.transactions.objects::<Transaction<'_>>();
    let mut unknown = transactions.iter().filter_map(in_transaction);
    unknown.next().or_else(|| unknown_adjustment(refund))
}

/// The first thing in the order that is not known here and may decide about money.
pub fn in_order(order: &Order<'_>) -> Option<Unknown> {
    match order.financial_status.text() {
        Some(status) if !ORDER_STATUSES.contains(&status.as_str()) => {
            Some(("financial_status", status))
        }
        _ => {
            let refunds = order.refunds.objects::<Refund<'_>>();
            refunds.iter().find_map(in_refund)
        }
    }
}

/// A kind of adjustment that is not known here.
fn unknown_adjustment(refund: &Refund<'_>) -> Option<Unknown> {
    let adjustments = refund.order_adjustments.objects::<Adjustment<'_>>();
    let mut kinds = adjustments.iter().filter_map(|a| a.kind.text());
    let kind = kinds.find(|kind| kind != "shipping_refund" && kind != "refund_discrepancy")?;
    Some(("adjustment kind", kind))
}
