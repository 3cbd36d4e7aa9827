//! What of an order's money is for shipping: what it holds now, and fees that an edit has taken out of it.
//!
//! A fee that is taken out stays in the list, and says that it has been
//! (<https://shopify.dev/changelog/add-and-remove-shipping-lines-with-new-mutations-on-the-order-editing-api>). Whether it
//! is paid all the same is not decided here: it is like a unit that has left (`kept`).

use super::amounts::{Unit, minus, plus};
use super::cut;
use super::objects::{Order, Refund, ShippingLine, Unreadable};
use crate::Micros;
use crate::decimal::DecimalError;
use crate::lenient::Raw;
use crate::money::share;

/// What shipping costs after its discounts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub without_tax: i64,
    pub with_tax: i64,
}

impl Cost {
    /// The sum, if it fits.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        Ok(Self {
            without_tax: plus(self.without_tax, other.without_tax)?,
            with_tax: plus(self.with_tax, other.with_tax)?,
        })
    }

    /// The part of it that the buyer paid so much for.
    pub fn part(self, with_tax: i64) -> Self {
        let with_tax = with_tax.min(self.with_tax);
        Self {
            without_tax: share(self.without_tax, with_tax, self.with_tax).unwrap_or(0),
            with_tax,
        }
    }
}

/// All shipping of an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shipping {
    /// What the order holds.
    pub now: Cost,
    /// What an edit has taken out of it.
    pub removed: Cost,
}

/// How much of what was taken out an order's total leaves out: all or nothing, whichever fits better with what else was
/// sold. Shopify's pages do not say which it is.
pub fn untold(removed: Cost, total: i64, all_else: i64) -> i64 {
    let removed = removed.with_tax;
    let apart = |sum: i64| total.abs_diff(sum);
    if apart(all_else) < apart(all_else.saturating_add(removed)) {
        removed
    } else {
        0
    }
}

/// From when on money of refunds that name nothing can be for what was taken out.
pub fn removed_at(order: &Order<'_>, refunds: &[Refund<'_>]) -> Result<Option<Micros>, Unreadable> {
    let shop = order.shop_currency().ok_or(Unreadable::Currency)?;
    let currency = order.paid_in().unwrap_or(shop);
    let own = Unit {
        currency,
        plain: currency == shop,
    };
    let removed = read(order, own)?.removed.with_tax;
    cut::since(order, own, refunds, removed)
}

/// Where taxes are included, the price of shipping contains its own tax; elsewhere that tax comes on top.
pub fn read(order: &Order<'_>, unit: Unit) -> Result<Shipping, DecimalError> {
    let lines = order.shipping_lines.objects::<ShippingLine<'_>>();
    let mut shipping = Shipping::default();
    if lines.is_empty() {
        let all = unit.or_zero(Raw::default(), order.total_shipping_price_set)?;
        shipping.now = Cost {
            without_tax: all,
            with_tax: all,
        };
        return Ok(shipping);
    }
    let tax_inside = order.taxes_included.bool() == Some(true);
    for line in &lines {
        let cost = cost(line, unit, tax_inside)?;
        let sum = if line.is_removed() {
            &mut shipping.removed
        } else {
            &mut shipping.now
        };
        *sum = sum.plus(cost)?;
    }
    Ok(shipping)
}

fn cost(line: &ShippingLine<'_>, unit: Unit, tax_inside: bool) -> Result<Cost, DecimalError> {
    let discount = unit.sum(line.discount_allocations)?;
    let price = minus(unit.or_zero(line.price, line.price_set)?, discount)?;
    let tax = unit.sum(line.tax_lines)?;
    Ok(if tax_inside {
        Cost {
            without_tax: minus(price, tax)?,
            with_tax: price,
        }
    } else {
        Cost {
            without_tax: price,
            with_tax: plus(price, tax)?,
        }
    })
}
