//! Refunds and disputes of orders.
//!
//! A refund has no id of its own: the alert's is taken, which stays the same when Paddle tries again. It
//! must never count a dispute's `amount`, which contains Paddle's fee: what is disputed is the sale.
//! <https://developer.paddle.com/webhook-reference/one-off-purchase-alerts/payment-refunded>

use super::normalize::Alert;
use super::orders;
use crate::Currency;
use crate::delivery::Reading;
use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState, Version};
use crate::settings::Settings;

/// `payment_refunded` and `subscription_payment_refunded`: money that has gone back.
pub(super) fn refunded(alert: &Alert, _settings: &Settings) -> Reading {
    let Some(currency) = alert.currency() else {
        return Reading::unreadable("currency is missing or no currency");
    };
    let Some(extent) = extent(alert, currency) else {
        return Reading::unreadable("gross_refund cannot be read");
    };
    reading(alert, |version| Reversal {
        id: Alert::prefixed(&alert.id),
        of: Vec::new(),
        kind: ReversalKind::Refund,
        state: ReversalState::Final,
        extent,
        currency,
        version,
        occurred_at: alert.at,
        reason: alert.text("refund_reason").map(str::to_owned),
        things: Vec::new(),
        gift_cards: 0,
    })
}

/// `payment_dispute_created`: all of the sale is held.
pub(super) fn disputed(alert: &Alert, _settings: &Settings) -> Reading {
    dispute(alert, ReversalState::Held)
}

/// `payment_dispute_closed`: contested and won. Of a lost dispute Classic says nothing more, so it stays
/// as it was created.
pub(super) fn dispute_won(alert: &Alert, _settings: &Settings) -> Reading {
    dispute(alert, ReversalState::Released)
}

fn dispute(alert: &Alert, state: ReversalState) -> Reading {
    let Some(order) = alert.text("order_id") else {
        return Reading::unreadable("order_id is missing");
    };
    // All of the sale in whatever currency it was, so a missing one does no harm.
    let currency = alert.currency().unwrap_or(Currency::USD);
    reading(alert, |version| Reversal {
        id: Alert::prefixed(&format!("dispute/{order}")),
        of: Vec::new(),
        kind: ReversalKind::Dispute,
        state,
        extent: Extent::All,
        currency,
        version: Version {
            step: i64::from(state == ReversalState::Released),
            ..version
        },
        occurred_at: alert.at,
        reason: alert.text("status").map(str::to_owned),
        things: Vec::new(),
        gift_cards: 0,
    })
}

/// The reversal with the names of its order: the order's id, and the number of the subscription's payment.
fn reading(alert: &Alert, reversal: impl FnOnce(Version) -> Reversal) -> Reading {
    let names = alert.order().into_iter();
    let of: Vec<_> = names.chain(orders::subscription_payment(alert)).collect();
    if of.is_empty() {
        return Reading::unreadable("order_id is missing");
    }
    let reversal = reversal(orders::version(alert));
    Reading::facts(vec![Fact::Reversal(Reversal { of, ..reversal })])
}

/// `gross_refund` with `tax_refund` in it. A refund of the tax alone (`vat`) takes nothing from the net.
fn extent(alert: &Alert, currency: Currency) -> Option<Extent> {
    let cash = alert
        .amount("gross_refund", currency)
        .or_else(|| alert.amount("amount", currency));
    let Some(cash) = cash else {
        return (alert.text("refund_type") == Some("full")).then_some(Extent::All);
    };
    let tax = alert.amount("tax_refund", currency).unwrap_or(0);
    let net = match alert.text("refund_type") {
        Some("vat") => 0,
        _ => cash.checked_sub(tax)?.max(0),
    };
    Some(Extent::Net {
        cash: cash.max(0),
        net,
    })
}
