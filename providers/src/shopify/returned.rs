//! What a refund says it is for: goods, their tax, shipping, duties, gift cards.
//!
//! Only its own lines tell how much of the goods' net amount goes back; a share of the whole is for refunds
//! that are silent. Whether any money moved is not decided here.
//! <https://shopify.dev/docs/api/admin-rest/latest/resources/refund>

use serde::Deserialize;

use super::amounts::Unit;
use super::held::Left;
use super::objects::{Line, Refund, Unreadable, digits};
use crate::fact::Bought;
use crate::lenient::Raw;
use crate::money::share;

/// A difference between what the lines say and what the buyer gets.
#[derive(Deserialize)]
pub struct Adjustment<'a> {
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    amount_set: Raw<'a>,
    #[serde(borrow, default)]
    pub kind: Raw<'a>,
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

/// Units of one line that are taken out of the order.
#[derive(Deserialize)]
pub struct RefundLine<'a> {
    #[serde(borrow, default)]
    pub line_item_id: Raw<'a>,
    #[serde(borrow, default)]
    pub quantity: Raw<'a>,
    #[serde(borrow, default)]
    line_item: Raw<'a>,
    #[serde(borrow, default)]
    subtotal: Raw<'a>,
    #[serde(borrow, default)]
    subtotal_set: Raw<'a>,
    #[serde(borrow, default)]
    total_tax: Raw<'a>,
    #[serde(borrow, default)]
    total_tax_set: Raw<'a>,
}

/// What a refund is for, in one currency; all figures as the refund has them, none negative but
/// `discrepancy`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Returned {
    /// Lines that count, and the tax told with them.
    goods: i64,
    goods_tax: i64,
    /// Gift cards, which are sold without tax.
    cards: i64,
    /// All lines, gift cards and tips among them.
    lines: i64,
    lines_tax: i64,
    shipping: i64,
    shipping_tax: i64,
    duties: i64,
    /// How much less than all this the buyer gets; more where it is negative.
    discrepancy: i64,
}

/// What lies inside the amounts of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    tax_inside: bool,
    duties_inside: bool,
}

/// What money that goes back is for: a net amount of goods, cash that nothing is said about, gift cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purpose {
    /// Net amount of goods, as told; with shipping where that counts.
    pub net: i64,
    /// The part of it that is shipping.
    pub shipping: i64,
    /// Cash for which the refund names nothing.
    pub unsaid: i64,
    /// Cash for gift cards.
    pub cards: i64,
}

impl Returned {
    /// Reads a refund; `None` where its lines do not tell their amounts, or hide duties in them. `bought` are the
    /// order's lines, where they are at hand, for refunds that do not repeat them.
    pub fn read(
        refund: &Refund<'_>,
        unit: Unit,
        bought: &[Line<'_>],
    ) -> Result<Option<Self>, Unreadable> {
        let mut returned = Self::default();
        (returned.shipping, returned.shipping_tax) = shipping(refund, unit)?;
        returned.duties = abs(unit
            .read(Raw::default(), refund.total_duties_set)?
            .unwrap_or(0))?;
        for line in refund.lines.objects::<RefundLine<'_>>() {
            let Some(amount) = unit.read(line.subtotal, line.subtotal_set)? else {
                return Ok(None);
            };
            let tax = unit.read(line.total_tax, line.total_tax_set)?.unwrap_or(0);
            let (amount, tax) = (abs(amount)?, abs(tax)?);
            returned.lines = plus(returned.lines, amount)?;
            returned.lines_tax = plus(returned.lines_tax, tax)?;
            let item = line.line_item.object::<Line<'_>>();
            let has_duties = |item: &Line<'_>| !item.duties.items().is_empty();
            if returned.duties == 0 && item.as_ref().is_some_and(has_duties) {
                return Ok(None);
            }
            let id = digits(line.line_item_id);
            let bought = bought.iter().find(|l| id.is_some() && digits(l.id) == id);
            let item = item.as_ref().or(bought);
            if item.is_none_or(Line::is_goods) {
                returned.goods = plus(returned.goods, amount)?;
                returned.goods_tax = plus(returned.goods_tax, tax)?;
            }
            if item.is_some_and(Line::is_gift_card) {
                returned.cards = plus(returned.cards, amount)?;
            }
        }
        for adjustment in refund.order_adjustments.objects::<Adjustment<'_>>() {
            if adjustment.kind.text().as_deref() == Some("refund_discrepancy") {
                let amount = unit.read(adjustment.amount, adjustment.amount_set)?;
                let tax = unit.read(adjustment.tax_amount, adjustment.tax_amount_set)?;
                let both = plus(amount.unwrap_or(0), tax.unwrap_or(0))?;
                returned.discrepancy = plus(returned.discrepancy, both)?;
            }
        }
        Ok(Some(returned))
    }

    /// How much less the buyer gets than all of it is worth, as the refund says.
    pub fn fee(&self) -> i64 {
        self.discrepancy.max(0)
    }

    /// What the buyer would get for all of it.
    pub fn total(&self, form: Form) -> i64 {
        let tax = if form.tax_inside { 0 } else { self.lines_tax };
        let duties = if form.duties_inside { 0 } else { self.duties };
        [self.lines, tax, self.shipping, self.shipping_tax, duties]
            .into_iter()
            .fold(0, i64::saturating_add)
    }

    /// What lies inside the amounts of the lines: whatever makes them add up to the cash. `tax_inside` is
    /// what the order says of it, where it is at hand. `None` when nothing fits and nobody says it.
    pub fn form(&self, cash: i64, tax_inside: Option<bool>) -> Option<Form> {
        let known = tax_inside.or((self.lines_tax == 0).then_some(false));
        let forms = [(false, false), (true, false), (false, true), (true, true)];
        let forms = forms.map(|(tax_inside, duties_inside)| Form {
            tax_inside,
            duties_inside,
        });
        let may_be = |form: &&Form| known.is_none_or(|known| form.tax_inside == known);
        let fits = |form: &&Form| {
            let total = self.total(**form);
            cash == total || cash == total.saturating_sub(self.discrepancy)
        };
        let fitting = forms.iter().filter(may_be).find(fits).copied();
        fitting.or_else(|| {
            known.map(|tax_inside| Form {
                tax_inside,
                duties_inside: false,
            })
        })
    }

    /// The net amount of the goods; with shipping where that counts as well.
    fn net(&self, form: Form, with_shipping: bool) -> i64 {
        let tax = if form.tax_inside { self.goods_tax } else { 0 };
        let duties = if form.duties_inside { self.duties } else { 0 };
        let shipping = if with_shipping { self.shipping } else { 0 };
        let goods = self.goods.saturating_sub(tax).saturating_sub(duties).max(0);
        goods.saturating_add(shipping)
    }

    /// What `cash`, all of the refund's money, is for. Where the buyer gets less than the lines say (he
    /// took other goods instead, or a fee was kept), each cent is for as much of them.
    pub fn purpose(&self, cash: i64, form: Form, with_shipping: bool) -> Purpose {
        let total = self.total(form);
        let told = cash.min(total);
        let net = |with_shipping| {
            let net = self.net(form, with_shipping);
            share(net, told, total).unwrap_or(0)
        };
        Purpose {
            net: net(with_shipping),
            shipping: net(with_shipping).saturating_sub(net(false)),
            unsaid: cash.saturating_sub(told),
            cards: share(self.cards, told, total).unwrap_or(0),
        }
    }

    /// What `cash` brings back of the lines alone.
    pub fn lines_for(&self, cash: i64, form: Form) -> Left {
        let total = self.total(form);
        let told = cash.min(total);
        let tax = if form.tax_inside { 0 } else { self.lines_tax };
        let part = |amount| share(amount, told, total).unwrap_or(0);
        Left {
            gross: part(self.lines.saturating_add(tax)),
            net: part(self.net(form, false)),
            cards: part(self.cards),
            shipping: 0,
        }
    }
}

/// How much each line is of the goods that a refund names; nothing where it is not known of one what it is.
pub fn things(
    refund: &Refund<'_>,
    unit: Unit,
    bought: &[Line<'_>],
    form: Form,
) -> Result<Vec<Bought>, Unreadable> {
    let mut things = Vec::new();
    for line in refund.lines.objects::<RefundLine<'_>>() {
        let item = line.line_item.object::<Line<'_>>();
        let id = digits(line.line_item_id);
        let known = bought.iter().find(|l| id.is_some() && digits(l.id) == id);
        let Some(item) = item.as_ref().or(known) else {
            return Ok(Vec::new());
        };
        if item.is_goods() {
            let amount = unit.read(line.subtotal, line.subtotal_set)?.unwrap_or(0);
            let tax = unit.read(line.total_tax, line.total_tax_set)?.unwrap_or(0);
            let tax = if form.tax_inside { abs(tax)? } else { 0 };
            let ids = item.ids(line.line_item_id);
            things.push((ids, abs(amount)?.saturating_sub(tax)));
        }
    }
    Ok(Bought::sums(things))
}

/// What the refund gives back for shipping and for its tax: as adjustments (negative amounts) or, in newer
/// versions, as lines.
pub fn shipping(refund: &Refund<'_>, unit: Unit) -> Result<(i64, i64), Unreadable> {
    let (mut price, mut tax) = (0_i64, 0_i64);
    let mut has_adjustment = false;
    for adjustment in refund.order_adjustments.objects::<Adjustment<'_>>() {
        if adjustment.kind.text().as_deref() == Some("shipping_refund") {
            has_adjustment = true;
            let amount = unit.read(adjustment.amount, adjustment.amount_set)?;
            price = plus(price, amount.unwrap_or(0))?;
            let amount = unit.read(adjustment.tax_amount, adjustment.tax_amount_set)?;
            tax = plus(tax, amount.unwrap_or(0))?;
        }
    }
    if !has_adjustment {
        for line in refund.shipping_lines.objects::<RefundShippingLine<'_>>() {
            let amount = unit.read(Raw::default(), line.subtotal_amount_set)?;
            price = plus(price, amount.unwrap_or(0))?;
            let amount = unit.read(Raw::default(), line.tax_amount_set)?;
            tax = plus(tax, amount.unwrap_or(0))?;
        }
    }
    Ok((abs(price)?, abs(tax)?))
}

fn plus(a: i64, b: i64) -> Result<i64, Unreadable> {
    a.checked_add(b).ok_or(Unreadable::Amount)
}

fn abs(amount: i64) -> Result<i64, Unreadable> {
    amount.checked_abs().ok_or(Unreadable::Amount)
}
