//! Discounts that an edit gives after the payment: the buyer has then paid more than the order is worth, and the merchant
//! gives the difference back (<https://help.shopify.com/en/manual/fulfillment/managing-orders/editing-orders/discounts>).
//!
//! What is held so is for no goods: they count at their lower price from the edit on, and giving it back takes nothing
//! more. Only what comes to exactly such a discount is taken for one: money beyond an order's worth may be anything else,
//! and not every sender takes goodwill off that worth.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::amounts::{Unit, minus, plus};
use super::held;
use super::objects::{Line, Order, Refund, Unreadable};
use super::refund::cash_returned;
use crate::Micros;
use crate::decimal::DecimalError;
use crate::lenient::Raw;

#[derive(Deserialize)]
struct Allocation<'a> {
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    amount_set: Raw<'a>,
    #[serde(borrow, default)]
    discount_application_index: Raw<'a>,
}

#[derive(Deserialize)]
struct Application<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Raw<'a>,
}

/// What the buyer has paid for a discount that he was given later, of an order that nothing has left and whose parts come
/// to `worth`.
pub fn of(
    order: &Order<'_>,
    unit: Unit,
    refunds: &[Refund<'_>],
    worth: i64,
) -> Result<i64, Unreadable> {
    let now = unit.read(order.current_total_price, order.current_total_price_set)?;
    // Converted amounts miss each other by cents.
    let is_foreign = order.paid_in().is_some_and(|paid| paid != unit.currency);
    let (Some(now), false) = (now, is_foreign) else {
        return Ok(0);
    };
    let owed = owed(order, unit).unwrap_or(0).max(0);
    let mut paid = plus(now, owed)?;
    for refund in refunds {
        paid = plus(paid, cash_returned(refund, unit)?)?;
    }
    let beyond = minus(paid, worth)?;
    let given = given_by_hand(order, unit)?;
    Ok(if beyond > 0 && given.contains(&beyond) {
        beyond
    } else {
        0
    })
}

/// From when on money of refunds that name nothing can be for `amount` that an edit took off an order. Nothing tells when
/// that was: so from the last refund of just that much on, else from the first on. Never while all of it is owed still.
pub fn since(
    order: &Order<'_>,
    unit: Unit,
    refunds: &[Refund<'_>],
    amount: i64,
) -> Result<Option<Micros>, Unreadable> {
    if owed(order, unit)? >= amount {
        return Ok(None);
    }
    let mut found = Micros(i64::MIN);
    for refund in refunds {
        let names_nothing = refund.lines.items().is_empty();
        if names_nothing && cash_returned(refund, unit)? == amount {
            found = refund.made_at().unwrap_or(found);
        }
    }
    Ok(Some(found))
}

/// What the shop owes the buyer.
fn owed(order: &Order<'_>, unit: Unit) -> Result<i64, DecimalError> {
    let total = unit.or_zero(order.total_price, order.total_price_set)?;
    Ok(held::outstanding(order, unit, total)?.saturating_neg())
}

/// What each discount comes to that neither a code nor an automatic one has given, and all of them together.
fn given_by_hand(order: &Order<'_>, unit: Unit) -> Result<Vec<i64>, DecimalError> {
    let applications = order.discount_applications.objects::<Application<'_>>();
    let mut given: BTreeMap<i64, i64> = BTreeMap::new();
    for line in order.line_items.objects::<Line<'_>>() {
        for part in line.discount_allocations.objects::<Allocation<'_>>() {
            let Some(index) = part.discount_application_index.int() else {
                continue;
            };
            let known = usize::try_from(index).ok();
            let known = known.and_then(|index| applications.get(index));
            let kind = known.and_then(|known| known.kind.text());
            if matches!(
                kind.as_deref(),
                Some("discount_code" | "automatic" | "script")
            ) {
                continue;
            }
            let sum = given.entry(index).or_default();
            *sum = plus(*sum, unit.or_zero(part.amount, part.amount_set)?)?;
        }
    }
    let all = given.values().copied().fold(0, i64::saturating_add);
    Ok(given.into_values().chain([all]).collect())
}
