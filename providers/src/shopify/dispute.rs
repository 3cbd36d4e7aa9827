//! Disputes of Shopify Payments: chargebacks hold, take back or release; inquiries only tell.
//!
//! Never waits for a refund to follow a chargeback: none need come, and if one does, the fold caps both.

use serde::Deserialize;

use super::amounts::Unit;
use super::objects::{Unreadable, clean, digits, first_time, order_name};
use crate::delivery::Reading;
use crate::fact::{Extent, Reversal, ReversalKind, ReversalState, Version};
use crate::lenient::Raw;
use crate::{Currency, Fact};

/// How a dispute can stand: <https://shopify.dev/docs/api/admin-rest/latest/resources/dispute>.
const STATUSES: &[&str] = &[
    "needs_response",
    "under_review",
    "charge_refunded",
    "accepted",
    "won",
    "lost",
    "prevented",
];

/// A dispute.
#[derive(Deserialize)]
pub struct Dispute<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    initiated_at: Raw<'a>,
    #[serde(borrow, default)]
    order_id: Raw<'a>,
    #[serde(borrow, default)]
    reason: Raw<'a>,
    #[serde(borrow, default)]
    status: Raw<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Raw<'a>,
}

/// What the dispute does to its order. The body tells no time of its last change, so snapshots are
/// ordered by how far they are: inquiry, chargeback, under review, decided.
///
/// One that was `prevented` has given the buyer his money through the bank (Visa's Rapid Dispute Resolution:
/// <https://shopify.dev/changelog/adds-support-for-dispute-preventions>), and no refund tells of it. One that is
/// `charge_refunded` led to a refund, which tells of itself:
/// <https://shopify.dev/docs/api/admin-graphql/2024-04/enums/disputestatus>.
pub fn read(dispute: &Dispute<'_>) -> Result<Reading, Unreadable> {
    let Some(order) = order_name(dispute.order_id) else {
        return Ok(Reading::ignored("the dispute names no order"));
    };
    let currency = dispute
        .currency
        .text()
        .and_then(|code| Currency::parse(&code))
        .ok_or(Unreadable::Currency)?;
    let unit = Unit {
        currency,
        plain: true,
    };
    let cash = unit.read(dispute.amount, Raw::default())?;
    let cash = cash.and_then(i64::checked_abs).ok_or(Unreadable::Amount)?;
    let status = dispute.status.text();
    let chargeback = dispute.kind.text().as_deref() != Some("inquiry");
    let (decided, step) = match status.as_deref() {
        Some("won" | "charge_refunded") => (ReversalState::Released, 3),
        Some("lost" | "accepted" | "prevented") => (ReversalState::Final, 3),
        Some("under_review") => (ReversalState::Held, 2),
        _ => (ReversalState::Held, 1),
    };
    let initiated = first_time(&[dispute.initiated_at]).unwrap_or_default();
    let reading = Reading::facts(vec![Fact::Reversal(Reversal {
        id: format!(
            "shopify/dispute/{}",
            digits(dispute.id).ok_or(Unreadable::Id)?
        ),
        of: vec![order],
        kind: ReversalKind::Dispute,
        state: if chargeback {
            decided
        } else {
            ReversalState::Inert
        },
        extent: Extent::Gross {
            cash,
            counted: cash,
        },
        currency,
        version: Version {
            at: initiated,
            step: if chargeback { 10 + step } else { step },
        },
        occurred_at: initiated,
        reason: clean(dispute.reason),
        things: Vec::new(),
        gift_cards: 0,
    })]);
    Ok(match status {
        Some(status) if !STATUSES.contains(&status.as_str()) => {
            reading.with_unknown("dispute status", &status)
        }
        _ => reading,
    })
}
