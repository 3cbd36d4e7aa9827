//! What of an order's lines counts now: goods that are in the order, and goods for which money went back.
//!
//! An order is edited, items are exchanged, returned or taken out before they are paid. The lines stay as they
//! were sold (`quantity`), and `current_quantity` says what is left. Units that left with money are in the
//! refund's own telling, which takes them again: they stay in here, as far as the money goes. Units that left
//! without money were never paid, or something else was taken for them: they are gone. Unless the shop holds
//! money for them all the same (`held`): it has yet to give it back, gives it back by a refund without lines,
//! or keeps it as a fee.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/order>

use super::amounts::{Unit, minus, plus};
use super::held::{self, Held, Leaving, Left, Part};
use super::objects::{Line, Order, Refund, Unreadable, digits};
use super::refund::{cash_moved, cash_returned};
use super::returned::{self, Form, RefundLine, Returned};
use crate::decimal::DecimalError;
use crate::fact::Bought;
use crate::money::share;

/// Sums over the lines; tips are left out of all but their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    /// As sold: before discounts, without tax inside the price.
    pub subtotal: i64,
    /// As sold.
    pub discount: i64,
    /// Net amount of what counts.
    pub net: i64,
    /// What the gift cards cost that are in the order, or paid for all the same.
    pub gift_cards: i64,
    /// What tips cost that stand among the lines.
    pub tips: i64,
    /// What was sold and left again without money, tax included.
    pub gone: i64,
    /// What left the lines and is paid for all the same, and which no refund with lines gives back.
    pub held: Held,
    /// How much of `net` each thing is.
    pub bought: Vec<Bought>,
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
    let mut refunds = order.refunds.objects::<Refund<'_>>();
    refunds.sort_by_key(Refund::made_at);
    let shrunk = shrunk(order, unit)?;
    let (mut goods, mut left) = (Goods::default(), Left::default());
    let mut counting = Vec::new();
    for line in &lines {
        let Some(sold) = sold(line, order, unit, duties_inside)? else {
            return Ok(None);
        };
        if line.is_tip() {
            goods.tips = plus(goods.tips, sold.gross)?;
            continue;
        }
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
        let gone = minus(sold.gross, now(sold.gross))?;
        left.gross = plus(left.gross, gone)?;
        goods.subtotal = plus(goods.subtotal, sold.subtotal)?;
        goods.discount = plus(goods.discount, sold.discount)?;
        if sold.is_goods {
            let stays = now(sold.net);
            let gone = minus(sold.net, stays)?;
            goods.net = plus(goods.net, stays)?;
            left.net = plus(left.net, gone)?;
            counting.push((line.thing(stays), gone));
        } else {
            goods.gift_cards = plus(goods.gift_cards, minus(sold.gross, gone)?)?;
            left.cards = plus(left.cards, gone)?;
        }
    }
    let (mut counts_still, mut named) = (0, Vec::new());
    if left.gross > 0 {
        let (back, given_for, held) = back_and_held(order, unit, &refunds, left)?;
        let stays = back.plus(held.left)?;
        goods.gone = minus(left.gross, stays.gross)?;
        goods.net = plus(goods.net, stays.net)?;
        goods.gift_cards = plus(goods.gift_cards, stays.cards)?;
        counts_still = stays.net;
        named = given_for;
        named.extend(held.named());
        goods.held = held;
    }
    goods.bought = bought(counting, counts_still, &named);
    Ok((!lines.is_empty()).then_some(goods))
}

/// What each line is of all that counts: what stays of it, and of what has left and counts still what refunds
/// name. Where they name less than that, the rest is of all other units that left.
fn bought(lines: Vec<(Bought, i64)>, still: i64, named: &[Bought]) -> Vec<Bought> {
    let sum = |amounts: &[i64]| amounts.iter().copied().fold(0, i64::saturating_add);
    let named_of = |(thing, gone): &(Bought, i64)| {
        let of_line = named.iter().filter(|n| n.ids.last() == thing.ids.last());
        let of_line: Vec<i64> = of_line.map(|n| n.amount).collect();
        sum(&of_line).min(*gone)
    };
    let by_name: Vec<i64> = lines.iter().map(named_of).collect();
    let all_named = sum(&by_name);
    let by_name_still = all_named.min(still);
    let gone: Vec<i64> = lines.iter().map(|(_, gone)| *gone).collect();
    let others = sum(&gone).saturating_sub(all_named);
    let counting = lines.into_iter().zip(by_name);
    let counting = counting.map(|((thing, gone), named)| {
        let of_named = share(by_name_still, named, all_named).unwrap_or(0);
        let of_rest = share(still - by_name_still, gone - named, others).unwrap_or(0);
        Bought {
            amount: sum(&[thing.amount, of_named, of_rest]),
            ..thing
        }
    });
    counting.collect()
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
    let Some(quantity) = line.quantity.int() else {
        return Ok(None);
    };
    let Some(price) = unit.times(line.price, line.price_set, quantity)? else {
        return Ok(None);
    };
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

/// Of what has left the lines: the part for which refunds with lines give money back, what that is, and the part
/// of the rest that is paid for all the same.
fn back_and_held(
    order: &Order<'_>,
    unit: Unit,
    refunds: &[Refund<'_>],
    left: Left,
) -> Result<(Left, Vec<Bought>, Held), Unreadable> {
    let own = Unit {
        currency: order.paid_in().unwrap_or(unit.currency),
        plain: true,
    };
    let is_empty = |refund: &Refund<'_>| refund.transactions.items().is_empty();
    let is_refunded = matches!(
        order.financial_status.text().as_deref(),
        Some("partially_refunded" | "refunded")
    );
    // The lists of transactions are not filled: the refunds themselves will tell their money.
    let all_back = Ok((left, Vec::new(), Held::default()));
    if is_refunded && refunds.iter().all(is_empty) {
        return all_back;
    }
    let mut sum = GivenBack::default();
    for refund in refunds {
        let Some(part) = given_back(refund, order, own, unit)? else {
            return all_back;
        };
        sum = sum.plus(part)?;
    }
    let back = sum.back.at_most(left);
    let leaving = Leaving {
        left,
        rest: left.minus(back)?,
        parts: sum.parts,
        returned: sum.returned,
        returned_beside: sum.returned_beside,
        returned_unsaid: sum.returned_unsaid,
    };
    let held = held::of(order, unit, leaving, own.currency)?;
    Ok((back, sum.given_for, held))
}

/// What one refund gives back, or more of them.
#[derive(Default)]
struct GivenBack {
    back: Left,
    /// What that is.
    given_for: Vec<Bought>,
    /// What it takes out of the order and moves no money for: a fee, and goods if it moves none at all.
    parts: Vec<Part>,
    /// What it has given back for good, and the parts of it for shipping and duties, and for nothing that is
    /// named; in its own currency.
    returned: i64,
    returned_beside: i64,
    returned_unsaid: i64,
}

impl GivenBack {
    fn plus(mut self, other: Self) -> Result<Self, DecimalError> {
        self.parts.extend(other.parts);
        self.given_for.extend(other.given_for);
        Ok(Self {
            back: self.back.plus(other.back)?,
            given_for: self.given_for,
            parts: self.parts,
            returned: plus(self.returned, other.returned)?,
            returned_beside: plus(self.returned_beside, other.returned_beside)?,
            returned_unsaid: plus(self.returned_unsaid, other.returned_unsaid)?,
        })
    }
}

/// `None` where that cannot be told, so that all of it must be taken to go back.
fn given_back(
    refund: &Refund<'_>,
    order: &Order<'_>,
    own: Unit,
    unit: Unit,
) -> Result<Option<GivenBack>, Unreadable> {
    let Some(moved) = cash_moved(refund, own, Some(own.currency))? else {
        return Ok(None);
    };
    let bought = order.line_items.objects::<Line<'_>>();
    let (Some(in_own), Some(in_unit)) = (
        Returned::read(refund, own, &bought)?,
        Returned::read(refund, unit, &bought)?,
    ) else {
        return Ok((moved == 0).then(GivenBack::default));
    };
    let returned = cash_returned(refund, own)?;
    let tax_inside = Some(order.taxes_included.bool() == Some(true));
    let Some(form) = in_own.form(moved, tax_inside) else {
        return Ok(None);
    };
    // The same part in the other currency.
    let (total, told) = (in_unit.total(form), in_own.total(form));
    let cash = share(total, moved, told).unwrap_or(0).min(total);
    let back = in_unit.lines_for(cash, form);
    let things = returned::things(refund, unit, &bought, form)?;
    let parts = parts(refund, &in_unit, form, back, &things)?;
    let lines = in_own.lines_for(moved, form).gross;
    let beside = minus(moved.min(told), lines)?;
    Ok(Some(GivenBack {
        back,
        given_for: Bought::shares(&things, back.net).collect(),
        parts,
        returned,
        returned_beside: share(beside, returned, moved).unwrap_or(0),
        returned_unsaid: share(minus(moved, moved.min(told))?, returned, moved).unwrap_or(0),
    }))
}

/// What a refund takes out of the order, `things`, and gives no money for; `back` is what it gives money for.
fn parts(
    refund: &Refund<'_>,
    told: &Returned,
    form: Form,
    back: Left,
    things: &[Bought],
) -> Result<Vec<Part>, DecimalError> {
    let unpaid = told.lines_for(told.total(form), form).minus(back)?;
    let fee = unpaid.part(told.fee());
    let goods = if back.gross == 0 {
        unpaid.minus(fee)?
    } else {
        Left::default()
    };
    let part = |left, is_fee| Part {
        at: refund.made_at(),
        left,
        is_fee,
        things: things.to_vec(),
    };
    let parts = [part(fee, true), part(goods, false)];
    Ok(parts.into_iter().filter(|p| p.left.gross > 0).collect())
}
