//! What of an order's lines counts now: goods that are in the order, and goods for which money went back.
//!
//! An order is edited, items are exchanged, returned or taken out before they are paid. The lines stay as they
//! were sold (`quantity`), and `current_quantity` says what is left. Units that left with money are in the
//! refund's own telling, which takes them again: they stay in here, as far as the money goes. Units that left
//! without money were never paid, or something else was taken for them: they are gone. Unless the shop holds
//! money for them all the same (`held`): it has yet to give it back, gives it back by a refund without lines,
//! or keeps it as a fee. Shipping that was taken out of the order is like a unit that has left.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/order>

use super::amounts::{Unit, extras, minus, plus, told_tip};
use super::cut;
use super::held::{self, Held, Leaving, Left, Part};
use super::objects::{Line, Order, Refund, Unreadable, digits};
use super::refund::{cash_moved, cash_returned};
use super::returned::{self, Form, RefundLine, Returned};
use super::shipping::{self, Cost};
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
    /// What was sold and left again without money, tax included; shipping that was taken out too.
    pub gone: i64,
    /// Shipping that was taken out.
    pub removed: Cost,
    /// What of it is paid all the same.
    pub removed_still: i64,
    /// What was paid for a discount that was given later.
    pub cut: i64,
    /// What of that and of `gone` the order's total leaves out.
    pub untold: i64,
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
pub fn goods(order: &Order<'_>, unit: Unit) -> Result<Option<Goods>, Unreadable> {
    let (extras, duties_inside) = extras(order, unit)?;
    let shipping = shipping::read(order, unit)?;
    let lines = order.line_items.objects::<Line<'_>>();
    let mut refunds = order.refunds.objects::<Refund<'_>>();
    refunds.sort_by_key(Refund::made_at);
    let shrunk = shrunk(order, unit)?;
    let (mut goods, mut left) = (Goods::default(), Left::default());
    let mut sold_at = plus(extras, shipping.now.with_tax)?;
    let mut counting = Vec::new();
    for line in &lines {
        let Some(sold) = sold(line, order, unit, duties_inside)? else {
            return Ok(None);
        };
        sold_at = plus(sold_at, sold.gross)?;
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
    goods.removed = shipping.removed;
    left.shipping = shipping.removed.with_tax;
    left.gross = plus(left.gross, left.shipping)?;
    let told_twice = told_tip(order, unit)?.min(goods.tips);
    let worth = minus(sold_at, told_twice)?;
    let (counts_still, named) = hold(&mut goods, order, unit, (refunds.as_slice(), left, worth))?;
    goods.bought = bought(counting, counts_still, &named);
    Ok((!lines.is_empty()).then_some(goods))
}

/// Adds what has left and is paid for all the same, and what was paid before a discount; `worth` is all else that was
/// sold. Gives the net amount of the former, and what it is.
fn hold(
    goods: &mut Goods,
    order: &Order<'_>,
    unit: Unit,
    (refunds, left, worth): (&[Refund<'_>], Left, i64),
) -> Result<(i64, Vec<Bought>), Unreadable> {
    let total = unit.or_zero(order.total_price, order.total_price_set)?;
    if left.gross == 0 {
        let gross = cut::of(order, unit, refunds, worth)?;
        if gross > 0 {
            goods.cut = gross;
            goods.untold = minus(plus(worth, gross)?, total)?;
            let left = Left {
                gross,
                ..Left::default()
            };
            let part = Part {
                at: cut::since(order, unit, refunds, gross)?,
                left,
                is_fee: false,
                things: Vec::new(),
            };
            goods.held = Held::of_parts(gross, left, vec![part]);
        }
        return Ok((0, Vec::new()));
    }
    goods.untold = shipping::untold(goods.removed, total, worth);
    let (back, mut named, held) = back_and_held(order, unit, refunds, (left, goods.untold))?;
    let stays = back.plus(held.left)?;
    goods.gone = minus(left.gross, stays.gross)?;
    goods.net = plus(goods.net, stays.net)?;
    goods.gift_cards = plus(goods.gift_cards, stays.cards)?;
    goods.removed_still = stays.shipping;
    named.extend(held.named());
    goods.held = held;
    Ok((stays.net, named))
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

/// Of what has left: the part for which refunds with lines give money back, what that is, and the part
/// of the rest that is paid for all the same.
fn back_and_held(
    order: &Order<'_>,
    unit: Unit,
    refunds: &[Refund<'_>],
    (left, untold): (Left, i64),
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
    let of_lines = minus(left.gross, left.shipping)?;
    let of_lines = Left {
        gross: of_lines,
        ..left
    };
    let for_shipping = Left::of_shipping(sum.shipping.min(left.shipping));
    let back = sum.back.at_most(of_lines).plus(for_shipping)?;
    let rest = left.minus(back)?;
    let instead = shipping::read(order, unit)?.now.with_tax;
    let removed = Part {
        at: shipping::removed_at(order, refunds)?,
        left: Left::of_shipping(rest.shipping),
        is_fee: false,
        things: Vec::new(),
    };
    let mut parts = sum.parts;
    parts.extend((rest.shipping > 0).then_some(removed));
    let leaving = Leaving {
        left,
        rest,
        parts,
        returned: sum.returned,
        returned_beside: sum.returned_beside,
        returned_unsaid: sum.returned_unsaid,
        untold,
        cheaper: if instead > 0 {
            minus(rest.shipping, instead)?
        } else {
            0
        },
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
    /// What it gives back for shipping.
    shipping: i64,
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
            shipping: plus(self.shipping, other.shipping)?,
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
    let (price, tax) = returned::shipping(refund, unit)?;
    let things = returned::things(refund, unit, &bought, form)?;
    let parts = parts(refund, &in_unit, form, back, &things)?;
    let lines = in_own.lines_for(moved, form).gross;
    let beside = minus(moved.min(told), lines)?;
    Ok(Some(GivenBack {
        back,
        given_for: Bought::shares(&things, back.net).collect(),
        shipping: share(plus(price, tax)?, cash, total).unwrap_or(0),
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
