//! An order's decimal amounts as whole smallest units, in the shop's and in the buyer's currency.
//!
//! Amounts are read, never checked against each other: Shopify's own samples do not add up. What is
//! compared later (a refund with what was bought) is always in one currency.

use serde::Deserialize;

use super::kept::{self, Goods};
use super::objects::{Order, Unreadable};
use super::shipping::{self, Cost};
use crate::Currency;
use crate::decimal::{DecimalError, Excess};
use crate::fact::{Amounts, Bought};
use crate::lenient::Raw;
use crate::money::share;

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow, default)]
    shop_money: Raw<'a>,
    #[serde(borrow, default)]
    presentment_money: Raw<'a>,
}

#[derive(Deserialize)]
struct Bag<'a> {
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    currency_code: Raw<'a>,
}

/// A tax line, a discount allocation: something with a price or amount.
#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    amount_set: Raw<'a>,
    #[serde(borrow, default)]
    price: Raw<'a>,
    #[serde(borrow, default)]
    price_set: Raw<'a>,
}

/// How many more decimal places of a price are heeded than its currency has.
const FINER_PLACES: u32 = 6;

/// The currency that amounts are wanted in.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// The currency.
    pub currency: Currency,
    /// Whether fields without a `_set` are in it.
    pub plain: bool,
}

/// `XXX`, which stands in Shopify's samples where a currency belongs.
pub fn is_placeholder(currency: Currency) -> bool {
    currency.code() == "xxx"
}

impl Unit {
    /// The amount of a field, from its `_set` if that has this currency. `None` when there is none. What is told
    /// more finely than its currency is counted is rounded: some fields are floating point numbers.
    pub fn read(self, field: Raw<'_>, set: Raw<'_>) -> Result<Option<i64>, DecimalError> {
        let amount = self.told(field, set);
        let places = self.currency.exponent();
        amount.decimal(places, Excess::RoundHalfUp).transpose()
    }

    /// What `quantity` units cost: a price may be finer than its currency, and is rounded once for all of them
    /// (<https://github.com/Shopify/money/pull/534>).
    pub fn times(
        self,
        field: Raw<'_>,
        set: Raw<'_>,
        quantity: i64,
    ) -> Result<Option<i64>, DecimalError> {
        let (price, places) = (self.told(field, set), self.currency.exponent());
        let all = match price.decimal(places, Excess::Refuse).transpose() {
            Err(DecimalError::Precision) => {
                let fine = price.decimal(places + FINER_PLACES, Excess::RoundHalfUp);
                let fine = fine.transpose()?;
                fine.map(|price| share(price, quantity, 10_i64.pow(FINER_PLACES)))
            }
            price => price?.map(|price| price.checked_mul(quantity)),
        };
        all.map(|all| all.ok_or(DecimalError::Overflow)).transpose()
    }

    /// The field, or what its `_set` has for it in this currency.
    fn told<'a>(self, field: Raw<'a>, set: Raw<'a>) -> Raw<'a> {
        let in_set = set.object::<Set<'_>>().and_then(|set| {
            [set.shop_money, set.presentment_money]
                .into_iter()
                .filter_map(Raw::object::<Bag<'_>>)
                .find(|bag| {
                    bag.currency_code
                        .text()
                        .and_then(|code| Currency::parse(&code))
                        == Some(self.currency)
                })
        });
        match in_set {
            Some(bag) => bag.amount,
            None if self.plain => field,
            None => Raw::default(),
        }
    }

    pub fn or_zero(self, field: Raw<'_>, set: Raw<'_>) -> Result<i64, DecimalError> {
        Ok(self.read(field, set)?.unwrap_or(0))
    }

    /// The sum over `tax_lines`, `discount_allocations` or `duties`.
    pub fn sum(self, parts: Raw<'_>) -> Result<i64, DecimalError> {
        let mut sum = 0_i64;
        for part in parts.objects::<Part<'_>>() {
            let amount = match self.read(part.amount, part.amount_set)? {
                Some(amount) => amount,
                None => self.or_zero(part.price, part.price_set)?,
            };
            sum = plus(sum, amount)?;
        }
        Ok(sum)
    }
}

/// The sum, if it fits.
pub fn plus(a: i64, b: i64) -> Result<i64, DecimalError> {
    a.checked_add(b).ok_or(DecimalError::Overflow)
}

/// The difference, if it fits.
pub fn minus(a: i64, b: i64) -> Result<i64, DecimalError> {
    a.checked_sub(b).ok_or(DecimalError::Overflow)
}

/// The order's amounts in `unit`, and what they are for; `Ok(None)` when its total is not told in that currency.
///
/// `net` is the goods that the order holds now, and those for which money went back (the refund takes them
/// again): price times quantity of all lines but gift cards and tips, less discounts, less tax and duties
/// contained in the price; and what of the units that left is paid for all the same. `gross` is what was paid for
/// all that, gift cards among it, and for shipping that was taken out and is paid all the same. `reversible` is what the buyer paid for goods, tax included: without shipping,
/// tips, gift cards, fees, and duties on top. With `with_shipping`, shipping counts in both.
pub fn amounts(
    order: &Order<'_>,
    unit: Unit,
    with_shipping: bool,
) -> Result<Option<(Amounts, Vec<Bought>)>, Unreadable> {
    let Some(total) = unit.read(order.total_price, order.total_price_set)? else {
        return Ok(None);
    };
    let total = total.max(0);
    let tax = unit.or_zero(order.total_tax, order.total_tax_set)?;
    let held_now = shipping::read(order, unit)?.now;
    let extras = extras(order, unit)?.0;
    let goods = match kept::goods(order, unit)? {
        Some(goods) => goods,
        None => goods_of_totals(order, unit, minus(total, plus(tax, extras)?)?, held_now)?,
    };
    let removed = goods.removed.part(goods.removed_still);
    let shipping = held_now.plus(removed)?;
    let sold = plus(total, goods.untold)?;
    let gross = minus(sold, goods.gone)?.max(0);
    let untold_tips = minus(goods.tips, told_tip(order, unit)?)?.max(0);
    let beside = plus(plus(shipping.with_tax, extras)?, goods.gift_cards)?;
    let beside = plus(plus(beside, untold_tips)?, goods.cut)?;
    let goods_gross = minus(gross, beside)?;
    let (net, reversible) = if with_shipping {
        let net = plus(goods.net, shipping.without_tax)?;
        (net, plus(goods_gross, shipping.with_tax)?)
    } else {
        (goods.net, goods_gross)
    };
    // In proportion, but for shipping that was taken out: of that it is known.
    let (whole, stays) = (
        minus(sold, goods.removed.with_tax)?,
        minus(gross, removed.with_tax)?,
    );
    let still = |amount: i64| share(amount, stays, whole).unwrap_or(amount);
    let of_removed = minus(goods.removed.with_tax, goods.removed.without_tax)?;
    let told_of_removed = if goods.untold == 0 { of_removed } else { 0 };
    let tax_still = plus(
        still(minus(tax, told_of_removed)?),
        minus(removed.with_tax, removed.without_tax)?,
    )?;
    let amounts = Amounts {
        subtotal: still(goods.subtotal),
        discount: still(goods.discount),
        tax: tax_still,
        shipping: shipping.without_tax,
        gross,
        net: net.clamp(0, gross),
        reversible: if reversible > 0 { reversible } else { gross },
        gift_cards: goods.gift_cards.clamp(0, gross),
        fee: None,
    };
    Ok(Some((amounts, goods.bought)))
}

/// What is paid beside goods and shipping: tips, fees, and duties that come on top; and whether duties are
/// inside the prices, where there are some.
pub fn extras(order: &Order<'_>, unit: Unit) -> Result<(i64, bool), DecimalError> {
    let duties = if order.original_total_duties_set.is_present() {
        order.original_total_duties_set
    } else {
        order.current_total_duties_set
    };
    let duties = unit.or_zero(Raw::default(), duties)?;
    let duties_inside = order.duties_included.bool() == Some(true);
    let tip = told_tip(order, unit)?;
    let fees = unit.or_zero(Raw::default(), order.original_total_additional_fees_set)?;
    let on_top = if duties_inside { 0 } else { duties };
    Ok((plus(plus(tip, fees)?, on_top)?, duties_inside))
}

pub fn told_tip(order: &Order<'_>, unit: Unit) -> Result<i64, DecimalError> {
    unit.or_zero(order.total_tip_received, order.total_tip_received_set)
}

/// Without lines: what the totals leave for goods.
fn goods_of_totals(
    order: &Order<'_>,
    unit: Unit,
    without_tax_and_extras: i64,
    shipping: Cost,
) -> Result<Goods, DecimalError> {
    let net = minus(without_tax_and_extras, shipping.without_tax)?;
    let discount = unit.or_zero(order.total_discounts, order.total_discounts_set)?;
    Ok(Goods {
        subtotal: plus(net, discount)?,
        discount,
        net,
        ..Goods::default()
    })
}
