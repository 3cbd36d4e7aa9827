//! What of an order's lines counts now: goods that are in the order, and goods for which money went back.
//!
//! An order is edited, items are exchanged, returned or taken out before they are paid. The lines stay as they
//! were sold (`quantity`), and `current_quantity` says what is left. Units that left with money are in the
//! refund's own telling, which takes them again: they stay in here, as far as the money goes. Units that left
//! without money were never paid, or something else was taken for them: they are gone. Unless the order owes
//! the buyer for them: then their money is still the shop's.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/order>

use super::amounts::{Unit, minus, plus};
use super::objects::{Line, Order, Refund, Unreadable, digits};
use super::refund::cash_moved;
use super::returned::{RefundLine, Returned};
use crate::Currency;
use crate::decimal::{DecimalError, Excess};
use crate::money::share;

/// Sums over the lines, tips left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Goods {
    /// As sold: before discounts, without tax inside the price.
    pub subtotal: i64,
    /// As sold.
    pub discount: i64,
    /// Net amount of what counts.
    pub net: i64,
    /// What the gift cards in the order cost.
    pub gift_cards: i64,
    /// What was sold and left again without money, tax included.
    pub gone: i64,
}

/// One line as sold.
struct Sold {
    subtotal: i64,
    discount: i64,
    net: i64,
    /// What the buyer pays for it.
    gross: i64,
    quantity: i64,
    current: i64,
    is_goods: bool,
}

/// What lines and refunds tell; `None` when there are no lines, or one lacks its price or quantity.
pub fn goods(
    order: &Order<'_>,
    unit: Unit,
    duties_inside: bool,
) -> Result<Option<Goods>, Unreadable> {
    let lines = order.line_items.objects::<Line<'_>>();
    let refunds = order.refunds.objects::<Refund<'_>>();
    let shrunk = shrunk(order, unit)?;
    let (mut goods, mut left) = (Goods::default(), (0_i64, 0_i64));
    for line in lines.iter().filter(|line| !line.is_tip()) {
        let Some(sold) = sold(line, order, unit, duties_inside)? else {
            return Ok(None);
        };
        let current = match sold.current {
            current if current < 0 && shrunk => {
                sold.quantity.saturating_sub(taken_out(line, &refunds))
            }
            current if current < 0 => sold.quantity,
            current => current,
        };
        let now = |amount| {
            if current >= sold.quantity {
                return amount;
            }
            share(amount, current.max(0), sold.quantity).unwrap_or(0)
        };
        goods.subtotal = plus(goods.subtotal, sold.subtotal)?;
        goods.discount = plus(goods.discount, sold.discount)?;
        left.0 = plus(left.0, minus(sold.gross, now(sold.gross))?)?;
        if sold.is_goods {
            goods.net = plus(goods.net, now(sold.net))?;
            left.1 = plus(left.1, minus(sold.net, now(sold.net))?)?;
        } else {
            goods.gift_cards = plus(goods.gift_cards, sold.gross)?;
        }
    }
    if left.0 > 0 {
        let (gone, back) = gone(order, unit, &refunds, left)?;
        goods.gone = gone;
        goods.net = plus(goods.net, back)?;
    }
    Ok((!lines.is_empty()).then_some(goods))
}

/// Whether the order's own total says that it holds less than was sold, for senders that leave out
/// `current_quantity`.
fn shrunk(order: &Order<'_>, unit: Unit) -> Result<bool, DecimalError> {
    let now = unit.read(order.current_total_price, order.current_total_price_set)?;
    let sold = unit.read(order.total_price, order.total_price_set)?;
    Ok(now.zip(sold).is_some_and(|(now, sold)| now < sold))
}

/// A line; `current` is negative where it is not told.
fn sold(
    line: &Line<'_>,
    order: &Order<'_>,
    unit: Unit,
    duties_inside: bool,
) -> Result<Option<Sold>, DecimalError> {
    let price = unit.read(line.price, line.price_set)?;
    let (Some(price), Some(quantity)) = (price, line.quantity.int()) else {
        return Ok(None);
    };
    let price = price.checked_mul(quantity).ok_or(DecimalError::Overflow)?;
    let tax_inside = order.taxes_included.bool() == Some(true);
    let tax = unit.sum(line.tax_lines)?;
    let duties = unit.sum(line.duties)?;
    let discount = unit.sum(line.discount_allocations)?;
    let subtotal = if tax_inside {
        minus(price, tax)?
    } else {
        price
    };
    let subtotal = if duties_inside {
        minus(subtotal, duties)?
    } else {
        subtotal
    };
    let net = minus(subtotal, discount)?;
    let paid = minus(price, discount)?;
    Ok(Some(Sold {
        subtotal,
        discount,
        net,
        gross: if tax_inside { paid } else { plus(paid, tax)? },
        quantity,
        current: line.current_quantity.int().map_or(-1, |now| now.max(0)),
        is_goods: line.is_goods(),
    }))
}

/// Units of a line that refunds have taken out of the order.
fn taken_out(line: &Line<'_>, refunds: &[Refund<'_>]) -> i64 {
    let id = digits(line.id);
    let all = refunds.iter().flat_map(|refund| {
        let lines = refund.lines.objects::<RefundLine<'_>>();
        lines.into_iter()
    });
    all.filter(|taken| id.is_some() && digits(taken.line_item_id) == id)
        .filter_map(|taken| taken.quantity.int())
        .fold(0, i64::saturating_add)
}

/// Of what has left the lines (gross and net): the gross amount that is gone, and the net amount that stays
/// because money went back for it, or is owed for it.
fn gone(
    order: &Order<'_>,
    unit: Unit,
    refunds: &[Refund<'_>],
    left: (i64, i64),
) -> Result<(i64, i64), Unreadable> {
    let paid_in = order.presentment_currency.text();
    let paid_in = paid_in.and_then(|code| Currency::parse(&code));
    let refunded = matches!(
        order.financial_status.text().as_deref(),
        Some("partially_refunded" | "refunded")
    );
    let is_empty = |refund: &Refund<'_>| refund.transactions.items().is_empty();
    let unfilled = refunded && refunds.iter().all(is_empty);
    let tax_inside = Some(order.taxes_included.bool() == Some(true));
    let all_back = Ok((0, left.1));
    let (mut gross, mut net) = (0_i64, 0_i64);
    for refund in refunds {
        let own = Unit {
            currency: paid_in.unwrap_or(unit.currency),
            plain: true,
        };
        let moved = cash_moved(refund, own, paid_in)?;
        if moved.is_none() || unfilled {
            // The lists of transactions are not filled: the refunds themselves will tell their money.
            return all_back;
        }
        let moved = moved.unwrap_or(0);
        let [in_own, in_unit] = [own, unit].map(|unit| Returned::read(refund, unit));
        let (Some(in_own), Some(in_unit)) = (in_own?, in_unit?) else {
            if moved > 0 {
                return all_back;
            }
            continue;
        };
        let Some(form) = in_own.form(moved, tax_inside) else {
            return all_back;
        };
        // The same part in the other currency.
        let total = in_unit.total(form);
        let cash = share(total, moved, in_own.total(form))
            .unwrap_or(0)
            .min(total);
        let (of_gross, of_net) = in_unit.lines_for(cash, form);
        gross = plus(gross, of_gross)?;
        net = plus(net, of_net)?;
    }
    let (gross, net) = (gross.min(left.0), net.min(left.1));
    let (rest_gross, rest_net) = (minus(left.0, gross)?, minus(left.1, net)?);
    let owed = owed_to_buyer(order, unit, rest_gross)?;
    let kept = share(rest_net, owed, rest_gross).unwrap_or(0);
    Ok((minus(rest_gross, owed)?, plus(net, kept)?))
}

/// What the shop still owes the buyer for what left without money: a negative `total_outstanding`, in the
/// shop's currency. Told in another, it counts whole or not at all.
fn owed_to_buyer(order: &Order<'_>, unit: Unit, at_most: i64) -> Result<i64, DecimalError> {
    let places = unit.currency.exponent();
    if !unit.plain {
        let owed = order.total_outstanding.decimal(4, Excess::Refuse);
        let is_owed = owed.and_then(Result::ok).is_some_and(|owed| owed < 0);
        return Ok(if is_owed { at_most } else { 0 });
    }
    let outstanding = order.total_outstanding.decimal(places, Excess::Refuse);
    let owed = outstanding.transpose()?.unwrap_or(0).saturating_neg();
    Ok(owed.clamp(0, at_most))
}
