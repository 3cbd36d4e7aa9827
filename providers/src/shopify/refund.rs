//! Money that goes back: refunds and their transactions, wherever Shopify tells of them.
//!
//! One refund is told in `refunds/create`, inside later snapshots of its order, and, transaction by
//! transaction, in `order_transactions/create`, which does not name the refund. What all three share is
//! the transaction's id. So **a reversal is a transaction** (`shopify/txn/<id>`), never a refund: whichever
//! of the three comes, and in whatever order, the same key is met.
//!
//! A refund without transactions moves nothing: goods went back on the shelf, or the list is not filled
//! yet. It makes no fact, so that a later telling with transactions has nothing to fight against.

use serde::Deserialize;

use super::amounts::{Unit, is_placeholder};
use super::objects::{Refund, Transaction, Unreadable, digits, first_time};
use crate::fact::{Extent, Reversal, ReversalKind, ReversalState, Version};
use crate::lenient::Raw;
use crate::money::share;
use crate::{Currency, Fact, Name};

/// How many steps lie between two states of a transaction; between them is room for how much the
/// teller knows.
const STEPS_IN_STATE: i64 = 1_000;

#[derive(Deserialize)]
struct Adjustment<'a> {
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    amount_set: Raw<'a>,
    #[serde(borrow, default)]
    kind: Raw<'a>,
    #[serde(borrow, default)]
    tax_amount: Raw<'a>,
    #[serde(borrow, default)]
    tax_amount_set: Raw<'a>,
}

#[derive(Deserialize)]
struct RefundShippingLine<'a> {
    #[serde(borrow, default)]
    subtotal_amount_set: Raw<'a>,
    #[serde(borrow, default)]
    tax_amount_set: Raw<'a>,
}

/// A transaction of kind `refund`, read.
struct Movement {
    id: String,
    cash: i64,
    currency: Currency,
    state: ReversalState,
    /// Whether its state is its last.
    settled: bool,
    /// The part of the cash that pays for shipping.
    shipping: i64,
}

/// The money of one refund of `order`. Its shipping part is spread over its transactions in proportion.
/// `currency` is what a transaction without one is in; `with_shipping`: shipping counts like goods.
pub fn of_refund(
    refund: &Refund<'_>,
    order: &Name,
    currency: Option<Currency>,
    with_shipping: bool,
) -> Result<Vec<Fact>, Unreadable> {
    let transactions = refund.transactions.objects::<Transaction<'_>>();
    let mut movements = Vec::new();
    for transaction in &transactions {
        if let Some(movement) = movement(transaction, currency)? {
            movements.push((movement, transaction));
        }
    }
    if !with_shipping {
        spread_shipping(refund, &mut movements)?;
    }
    let settled = movements.iter().filter(|(m, _)| m.settled).count();
    let known = i64::try_from(settled).unwrap_or(i64::MAX).min(900) + 1;
    Ok(movements
        .into_iter()
        .map(|(movement, transaction)| reversal(&movement, transaction, order, known))
        .collect())
}

/// The money of one transaction that arrives by itself; `Ok(None)` when it is no refund. It does not say
/// how much of it is shipping, so what a refund says of the same transaction takes precedence.
pub fn of_transaction(
    transaction: &Transaction<'_>,
    order: &Name,
) -> Result<Option<Fact>, Unreadable> {
    let movement = movement(transaction, None)?;
    Ok(movement.map(|movement| reversal(&movement, transaction, order, 0)))
}

fn movement(
    transaction: &Transaction<'_>,
    currency: Option<Currency>,
) -> Result<Option<Movement>, Unreadable> {
    if transaction.kind.text().as_deref() != Some("refund") {
        return Ok(None);
    }
    let currency = transaction
        .currency
        .text()
        .and_then(|code| Currency::parse(&code))
        .or(currency)
        .ok_or(Unreadable::Currency)?;
    if is_placeholder(currency) {
        return Ok(None);
    }
    let unit = Unit {
        currency,
        plain: true,
    };
    let cash = unit.read(transaction.amount, Raw::default())?;
    let (state, settled) = match transaction.status.text().as_deref() {
        Some("success") => (ReversalState::Final, true),
        Some("failure" | "error") => (ReversalState::Released, true),
        _ => (ReversalState::Inert, false),
    };
    Ok(Some(Movement {
        id: digits(transaction.id).ok_or(Unreadable::Id)?,
        cash: cash.and_then(i64::checked_abs).ok_or(Unreadable::Amount)?,
        currency,
        state,
        settled,
        shipping: 0,
    }))
}

/// Spreads the refund's shipping over the transactions that did not fail, to the last cent: each gets
/// the share of all up to it less the share of all before it.
fn spread_shipping(
    refund: &Refund<'_>,
    movements: &mut [(Movement, &Transaction<'_>)],
) -> Result<(), Unreadable> {
    let Some(currency) = movements.first().map(|(m, _)| m.currency) else {
        return Ok(());
    };
    let shipping = shipping(refund, currency)?;
    let mut sharing: Vec<&mut Movement> = movements
        .iter_mut()
        .map(|(movement, _)| movement)
        .filter(|m| m.currency == currency && m.state != ReversalState::Released)
        .collect();
    let total = checked_sum(sharing.iter().map(|m| m.cash))?;
    let (mut before, mut given) = (0_i64, 0_i64);
    for movement in &mut sharing {
        before = before.saturating_add(movement.cash);
        let up_to_here = share(shipping, before, total).unwrap_or(0);
        movement.shipping = up_to_here.saturating_sub(given);
        given = up_to_here;
    }
    Ok(())
}

/// What the refund gives back for shipping, tax included: as adjustments (negative amounts) or, in
/// newer versions, as lines.
fn shipping(refund: &Refund<'_>, currency: Currency) -> Result<i64, Unreadable> {
    let unit = Unit {
        currency,
        plain: true,
    };
    let mut parts = Vec::new();
    for adjustment in refund.order_adjustments.objects::<Adjustment<'_>>() {
        if adjustment.kind.text().as_deref() == Some("shipping_refund") {
            parts.push(unit.read(adjustment.amount, adjustment.amount_set)?);
            parts.push(unit.read(adjustment.tax_amount, adjustment.tax_amount_set)?);
        }
    }
    if parts.is_empty() {
        for line in refund.shipping_lines.objects::<RefundShippingLine<'_>>() {
            parts.push(unit.read(Raw::default(), line.subtotal_amount_set)?);
            parts.push(unit.read(Raw::default(), line.tax_amount_set)?);
        }
    }
    let sum = checked_sum(parts.into_iter().flatten())?;
    sum.checked_abs().ok_or(Unreadable::Amount)
}

fn checked_sum(amounts: impl Iterator<Item = i64>) -> Result<i64, Unreadable> {
    let mut amounts = amounts;
    amounts
        .try_fold(0_i64, i64::checked_add)
        .ok_or(Unreadable::Amount)
}

/// The version is the transaction's creation, which never changes, and its state: pending, then failed,
/// then succeeded. Within one state, who knows more (`known`) stays.
fn reversal(movement: &Movement, transaction: &Transaction<'_>, order: &Name, known: i64) -> Fact {
    let state_step = match movement.state {
        ReversalState::Final => 2,
        ReversalState::Released => 1,
        ReversalState::Inert | ReversalState::Held => 0,
    };
    let created = first_time(&[transaction.created_at, transaction.processed_at]);
    let moved = first_time(&[transaction.processed_at, transaction.created_at]);
    Fact::Reversal(Reversal {
        id: format!("shopify/txn/{}", movement.id),
        of: vec![order.clone()],
        kind: ReversalKind::Refund,
        state: movement.state,
        extent: Extent::Gross {
            cash: movement.cash,
            counted: movement.cash.saturating_sub(movement.shipping).max(0),
        },
        currency: movement.currency,
        version: Version {
            at: created.unwrap_or_default(),
            step: state_step * STEPS_IN_STATE + known,
        },
        occurred_at: moved.unwrap_or_default(),
        reason: None,
    })
}
