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
use crate::fact::Bought;
use crate::money::share;
use crate::{Currency, Micros};

/// By how much converted amounts may miss each other, in smallest units.
const SLACK: i64 = 3;

/// How many refunds without money are tried in all combinations.
const MOST_COMBINED: usize = 10;

/// What units are worth that have left the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// What the buyer paid for them.
    pub gross: i64,
    /// Their net amount.
    pub net: i64,
    /// The part of `gross` that was for gift cards.
    pub cards: i64,
    /// The part of `gross` that was for shipping.
    pub shipping: i64,
}

impl Left {
    /// Shipping alone.
    pub fn of_shipping(gross: i64) -> Self {
        Self {
            gross,
            shipping: gross,
            ..Self::default()
        }
    }

    /// The sum, if it fits.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        Ok(Self {
            gross: plus(self.gross, other.gross)?,
            net: plus(self.net, other.net)?,
            cards: plus(self.cards, other.cards)?,
            shipping: plus(self.shipping, other.shipping)?,
        })
    }

    /// The difference, if it fits.
    pub fn minus(self, other: Self) -> Result<Self, DecimalError> {
        Ok(Self {
            gross: minus(self.gross, other.gross)?,
            net: minus(self.net, other.net)?,
            cards: minus(self.cards, other.cards)?,
            shipping: minus(self.shipping, other.shipping)?,
        })
    }

    /// Each figure no more than in `most`.
    pub fn at_most(self, most: Self) -> Self {
        Self {
            gross: self.gross.min(most.gross),
            net: self.net.min(most.net),
            cards: self.cards.min(most.cards),
            shipping: self.shipping.min(most.shipping),
        }
    }

    /// The part of it that `gross` is.
    pub fn part(self, gross: i64) -> Self {
        let gross = gross.min(self.gross);
        Self {
            gross,
            net: share(self.net, gross, self.gross).unwrap_or(0),
            cards: share(self.cards, gross, self.gross).unwrap_or(0),
            shipping: share(self.shipping, gross, self.gross).unwrap_or(0),
        }
    }
}

/// Units that left the order by one refund, as far as it moves no money for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// When.
    pub at: Option<Micros>,
    /// What they are worth.
    pub left: Left,
    /// Whether the refund itself says that the shop keeps the money for good.
    pub is_fee: bool,
    /// What they are, and how much of each other.
    pub things: Vec<Bought>,
}

impl Part {
    /// What they are, each with its net amount.
    pub fn named(&self) -> impl Iterator<Item = Bought> {
        Bought::shares(&self.things, self.left.net)
    }
}

/// What is held, and for which units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// All of it.
    pub left: Left,
    parts: Vec<Part>,
}

impl Held {
    /// Says for which units `gross` is held: fees, and of the others those that come to the rest of it; what else
    /// left was exchanged, or never paid. Where nothing comes to it, each unit has its share.
    pub fn of_parts(gross: i64, rest: Left, mut parts: Vec<Part>) -> Self {
        parts.sort_by_key(|part| (!part.is_fee, std::cmp::Reverse(part.at)));
        if let Some(whole) = coming_to(gross, &parts) {
            let sum = |of: fn(&Left) -> i64| {
                let amounts = whole.iter().map(|part| of(&part.left));
                amounts.fold(0, i64::saturating_add)
            };
            let left = Left {
                gross,
                net: sum(|left| left.net).min(rest.net),
                cards: sum(|left| left.cards).min(rest.cards),
                shipping: sum(|left| left.shipping).min(rest.shipping),
            };
            return Self { left, parts: whole };
        }
        for part in &mut parts {
            let gross = share(part.left.gross, gross, rest.gross).unwrap_or(0);
            part.left = part.left.part(gross);
        }
        let left = rest.part(gross);
        Self { left, parts }
    }

    /// What `cash` of a refund made at `at`, for which it names nothing, is for: the units that had left before
    /// it, the first ones first; and what they are. They are not held any more.
    pub fn take(&mut self, cash: i64, at: Option<Micros>) -> (Left, Vec<Bought>) {
        let (mut taken, mut things, mut cash) = (Left::default(), Vec::new(), cash);
        for part in self.parts.iter_mut().rev() {
            let had_left = part.at.zip(at).is_some_and(|(left, at)| left <= at);
            if had_left && cash > 0 && !part.is_fee {
                let now = part.left.part(cash);
                part.left = part.left.minus(now).unwrap_or_default();
                cash = cash.saturating_sub(now.gross);
                taken = taken.plus(now).unwrap_or(taken);
                things.extend(Bought::shares(&part.things, now.net));
            }
        }
        (taken, things)
    }

    /// What the units are that are held, as far as refunds name them.
    pub fn named(&self) -> impl Iterator<Item = Bought> {
        self.parts.iter().flat_map(Part::named)
    }
}

/// The parts that come to exactly `gross`: all fees, and as late ones as can be.
fn coming_to(gross: i64, parts: &[Part]) -> Option<Vec<Part>> {
    let (fees, others): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| part.is_fee);
    if others.len() > MOST_COMBINED {
        return None;
    }
    let sum = |parts: &[&Part]| {
        let gross = parts.iter().map(|part| part.left.gross);
        gross.fold(0, i64::saturating_add)
    };
    let mut choices = 0_u32..1 << others.len();
    let chosen = |choice: u32| {
        let others = others.iter().enumerate();
        let others = others.filter(move |(at, _)| choice & (1 << at) != 0);
        let all = fees.iter().chain(others.map(|(_, part)| part));
        all.copied().collect::<Vec<&Part>>()
    };
    let found = choices.find_map(|choice| Some(chosen(choice)).filter(|parts| sum(parts) == gross));
    Some(found?.into_iter().cloned().collect())
}

/// Units that left the lines, shipping that was taken out, and what refunds have given back so far.
#[derive(Debug, Clone)]
pub struct Leaving {
    /// All of them.
    pub left: Left,
    /// Those that no refund with lines gives money for.
    pub rest: Left,
    /// The refunds that took them out and moved less money.
    pub parts: Vec<Part>,
    /// What has gone back for good, in the currency of refunds.
    pub returned: i64,
    /// The part of it that was for shipping and duties, and the part that is said to be for nothing.
    pub returned_beside: i64,
    pub returned_unsaid: i64,
    /// What of `left` the order's total leaves out.
    pub untold: i64,
    /// How much less the shipping costs that was taken instead of what was taken out.
    pub cheaper: i64,
}

/// How much of the rest is paid for. `paid_in` is the currency in which refunds are told.
///
/// Some senders leave money in the order's worth that went back for shipping, or for nothing that is named. The
/// one is seen where the order is worth as much as if nothing beside its lines had gone back; the other where
/// what is held then is no sum of units that left. A fee would look like either.
pub fn of(
    order: &Order<'_>,
    unit: Unit,
    leaving: Leaving,
    paid_in: Currency,
) -> Result<Held, DecimalError> {
    let Leaving { left, rest, .. } = leaving;
    let total = unit.or_zero(order.total_price, order.total_price_set)?;
    let now = unit.read(order.current_total_price, order.current_total_price_set)?;
    let sold = plus(total, leaving.untold)?;
    let outstanding = outstanding(order, unit, total)?;
    let Some(now) = now else {
        // The one thing that is told is what the buyer is to get.
        let owed = outstanding.saturating_neg().clamp(0, rest.gross);
        return Ok(Held::of_parts(owed, rest, leaving.parts));
    };
    let held_if = |returned| {
        let returned = converted(order, returned, paid_in, unit, total)?;
        // What the buyer still owes is for what the order holds now.
        let paid = plus(minus(now, outstanding.min(0))?, returned)?;
        let held = minus(paid, minus(sold, rest.gross)?)?;
        Ok::<i64, DecimalError>(snapped(held, rest.gross, slack(order)))
    };
    let has_fee = leaving.parts.iter().any(|part| part.is_fee);
    if has_fee || now != minus(sold, left.gross)? {
        let held = held_if(leaving.returned)?;
        return Ok(Held::of_parts(held, rest, leaving.parts));
    }
    let for_goods = minus(leaving.returned, leaving.returned_beside)?;
    let held = held_if(for_goods)?;
    let is_cheaper = held > 0 && held == leaving.cheaper;
    if held == rest.gross || is_cheaper || coming_to(held, &leaving.parts).is_some() {
        return Ok(Held::of_parts(held, rest, leaving.parts));
    }
    let held = held_if(minus(for_goods, leaving.returned_unsaid)?)?;
    Ok(Held::of_parts(held, rest, leaving.parts))
}

/// Where amounts are converted, a cent for each of them is no money.
fn slack(order: &Order<'_>) -> i64 {
    let shop = order.shop_currency();
    let is_foreign = order.paid_in().is_some_and(|paid_in| Some(paid_in) != shop);
    if is_foreign { SLACK } else { 0 }
}

fn snapped(held: i64, all: i64, slack: i64) -> i64 {
    match held {
        held if held <= slack => 0,
        held if held >= all.saturating_sub(slack) => all,
        held => held,
    }
}

/// What is still owed, negative where the buyer is to get something. Shopify tells it in the shop's currency.
pub fn outstanding(order: &Order<'_>, unit: Unit, total: i64) -> Result<i64, DecimalError> {
    let Some(shop) = order.shop_currency() else {
        return Ok(0);
    };
    let told = order.total_outstanding;
    let told = told
        .decimal(shop.exponent(), Excess::RoundHalfUp)
        .transpose()?;
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
