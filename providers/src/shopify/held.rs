//! Money that the shop holds for units that are no longer in the order.
//!
//! Shopify's own totals tell it: what the buyer has paid is what the order is worth now
//! (`current_total_price`), less what is still owed for it (`total_outstanding`), plus what has gone back. What
//! that is more than the units that stay or go back with money is held for the others. No single refund is
//! believed about it: what a merchant edits out today he may give back tomorrow, without naming it again.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/order>

use super::amounts::{Unit, minus, plus};
use super::objects::Order;
use crate::decimal::{DecimalError, Excess};
use crate::money::share;
use crate::{Currency, Micros};

/// By how much converted amounts may miss each other, in smallest units.
const SLACK: i64 = 3;

/// What units are worth that have left the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// What the buyer paid for them.
    pub gross: i64,
    /// Their net amount.
    pub net: i64,
}

impl Left {
    /// The sum, if it fits.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        Ok(Self {
            gross: plus(self.gross, other.gross)?,
            net: plus(self.net, other.net)?,
        })
    }

    /// The difference, if it fits.
    pub fn minus(self, other: Self) -> Result<Self, DecimalError> {
        Ok(Self {
            gross: minus(self.gross, other.gross)?,
            net: minus(self.net, other.net)?,
        })
    }

    /// Each figure no more than in `most`.
    pub fn at_most(self, most: Self) -> Self {
        Self {
            gross: self.gross.min(most.gross),
            net: self.net.min(most.net),
        }
    }

    /// The part of it that `gross` is.
    pub fn part(self, gross: i64) -> Self {
        let gross = gross.min(self.gross);
        Self {
            gross,
            net: share(self.net, gross, self.gross).unwrap_or(0),
        }
    }
}

/// What is held, and since when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// How much.
    pub left: Left,
    /// When the first of it left the order; `None` where no refund says so.
    pub since: Option<Micros>,
}

/// Units that left the lines, and what refunds have given back so far.
#[derive(Debug, Clone, Copy)]
pub struct Leaving {
    /// All of them.
    pub left: Left,
    /// Those that no refund with lines gives money for.
    pub rest: Left,
    /// What has gone back for good, in the currency of refunds.
    pub returned: i64,
    /// The part of it that was for shipping and duties.
    pub returned_beside: i64,
}

/// Of the rest, the part that is paid for. `paid_in` is the currency in which refunds are told.
pub fn of(
    order: &Order<'_>,
    unit: Unit,
    leaving: Leaving,
    paid_in: Currency,
) -> Result<Left, DecimalError> {
    let Leaving { left, rest, .. } = leaving;
    let total = unit.or_zero(order.total_price, order.total_price_set)?;
    let now = unit.read(order.current_total_price, order.current_total_price_set)?;
    let outstanding = outstanding(order, unit, total)?;
    let Some(now) = now else {
        // The one thing that is told is what the buyer is to get.
        return Ok(rest.part(outstanding.saturating_neg().max(0)));
    };
    // Some senders leave refunded shipping in the total.
    let has_all_beside = now >= minus(total, left.gross)?;
    let for_lines = minus(leaving.returned, leaving.returned_beside)?;
    let returned = if has_all_beside {
        for_lines
    } else {
        leaving.returned
    };
    let returned = converted(order, returned, paid_in, unit, total)?;
    let paid = plus(minus(now, outstanding)?, returned)?;
    let held = minus(paid, minus(total, rest.gross)?)?;
    // Where amounts are converted, a cent for each of them is no money.
    let slack = if order
        .paid_in()
        .is_none_or(|it| Some(it) == order.shop_currency())
    {
        0
    } else {
        SLACK
    };
    Ok(match held {
        held if held <= slack => Left::default(),
        held if held >= rest.gross.saturating_sub(slack) => rest,
        held => rest.part(held),
    })
}

/// What is still owed, negative where the buyer is to get something. Shopify tells it in the shop's currency.
fn outstanding(order: &Order<'_>, unit: Unit, total: i64) -> Result<i64, DecimalError> {
    let Some(shop) = order.shop_currency() else {
        return Ok(0);
    };
    let told = order.total_outstanding;
    let told = told.decimal(shop.exponent(), Excess::Refuse).transpose()?;
    converted(order, told.unwrap_or(0), shop, unit, total)
}

/// `amount` in `unit`, of which the order's total is `total`.
fn converted(
    order: &Order<'_>,
    amount: i64,
    currency: Currency,
    unit: Unit,
    total: i64,
) -> Result<i64, DecimalError> {
    if currency == unit.currency {
        return Ok(amount);
    }
    let told = Unit {
        currency,
        plain: order.shop_currency() == Some(currency),
    };
    let whole = told.or_zero(order.total_price, order.total_price_set)?;
    Ok(share(total, amount, whole).unwrap_or(0))
}
