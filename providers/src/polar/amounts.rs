//! An order's amounts in ISO smallest units.
//!
//! What counts is what was paid in cash: `due_amount`, which is the total less the customer's credit and
//! with their old debts. Credit is spent on tax as well, so the net amount is the same share of the cash
//! as `net_amount` is of the total, and refunds are read in the same way. It is never derived from
//! `subtotal_amount`, which contains tax where prices do.

use crate::Currency;
use crate::fact::{Amounts, Extent};
use crate::lenient::Raw;
use crate::money::share;

use super::objects::{Dispute, Order};

/// Currencies that Polar counts whole; it counts all others in hundredths, krónur and Ugandan shillings
/// too (<https://github.com/polarsource/polar/blob/main/server/polar/kit/currency.py>).
const WHOLE: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// The least that Polar charges a card, in its smallest unit, where that is not 50
/// (<https://github.com/polarsource/polar/blob/main/server/polar/kit/currency.py>). A currency that is not
/// named here has a larger one: then an order below it is taken for a paid one, as it says.
const LEAST: &[(&str, i64)] = &[
    ("aud", 70),
    ("brl", 250),
    ("cad", 70),
    ("gbp", 40),
    ("inr", 6_000),
    ("jpy", 80),
    ("nzd", 90),
    ("pln", 200),
    ("sek", 500),
    ("sgd", 70),
];

/// Whether an order over so much is too small to be charged. Polar marks it as paid, and collects it with the
/// customer's next order, where it counts.
fn is_too_small(currency: Currency, due: i64) -> bool {
    let named = LEAST.iter().find(|(code, _)| *code == currency.code());
    (1..named.map_or(50, |(_, least)| *least)).contains(&due)
}

/// The figures of an order as Polar counts them, none below zero but `net`.
struct Figures {
    net: i64,
    tax: i64,
    total: i64,
    /// What was paid in cash.
    due: i64,
}

impl Figures {
    fn of(order: &Order<'_>) -> Option<Self> {
        let net = order.net_amount.int().or_else(|| order.amount.int())?;
        let tax = not_negative(order.tax_amount);
        let total = order.total_amount.int().or_else(|| net.checked_add(tax))?;
        let applied = order.applied_balance_amount.int().unwrap_or(0);
        let left = total.checked_add(applied)?;
        let due = order.due_amount.int().map_or(left, |due| due.min(left));
        Some(Self {
            net,
            tax,
            total: total.max(net),
            due: due.max(0),
        })
    }

    /// Whether a balance played no part.
    fn is_all_cash(&self) -> bool {
        self.due == self.total
    }

    /// The part of the cash that is no tax.
    fn base(&self) -> Option<i64> {
        if self.is_all_cash() {
            return Some(self.net.max(0));
        }
        share(self.due, self.net.max(0), self.total)
    }
}

/// The amounts of an order. All zero where nothing was paid: a trial, a full discount, credit given, credit
/// that covered everything, or too little to be charged. `None` when the order does not say its net amount or a figure does not fit.
pub(super) fn of_order(order: &Order<'_>, currency: Currency) -> Option<Amounts> {
    let figures = Figures::of(order)?;
    if figures.net <= 0 || figures.due == 0 || is_too_small(currency, figures.due) {
        return Some(Amounts::default());
    }
    let base = figures.base()?;
    let (tax, gross) = if figures.is_all_cash() {
        let with_tax = base.checked_add(figures.tax)?;
        (figures.tax, figures.total.max(with_tax))
    } else {
        (figures.due.checked_sub(base)?, figures.due)
    };
    let subtotal = order.subtotal_amount.int().map_or(gross, |n| n.max(0));
    let iso = |amount| to_iso(currency, amount);
    Some(Amounts {
        subtotal: iso(subtotal)?,
        discount: iso(not_negative(order.discount_amount))?,
        tax: iso(tax)?,
        shipping: 0,
        gross: iso(gross)?,
        net: iso(base)?,
        reversible: iso(base.checked_add(tax)?)?,
        gift_cards: 0,
        fee: fee(order, currency),
    })
}

/// How much of an order has been refunded so far; `None` when it does not say. Where a balance was spent,
/// the tax-free figure is not the cash's: then the cash that went back counts, and all of it once the
/// order is refunded.
pub(super) fn refunded(order: &Order<'_>, currency: Currency) -> Option<Extent> {
    let net = order.refunded_amount.int()?.max(0);
    let cash = net.checked_add(not_negative(order.refunded_tax_amount))?;
    let all_cash = Figures::of(order).is_none_or(|figures| figures.is_all_cash());
    if !all_cash && order.status.text().as_deref() == Some("refunded") {
        return Some(Extent::All);
    }
    let (cash, net) = (to_iso(currency, cash)?, to_iso(currency, net)?);
    Some(if all_cash {
        Extent::Net { cash, net }
    } else {
        Extent::Gross {
            cash,
            counted: cash,
        }
    })
}

/// What a dispute takes: its amount is without tax, as a refund's is.
pub(super) fn of_dispute(dispute: &Dispute<'_>, currency: Currency) -> Option<Extent> {
    let net = dispute.amount.int()?.max(0);
    let cash = net.checked_add(not_negative(dispute.tax_amount))?;
    let (cash, net) = (to_iso(currency, cash)?, to_iso(currency, net)?);
    Some(Extent::Net { cash, net })
}

/// Polar's fee, where it is known and in the order's currency. Zero means "not yet known".
fn fee(order: &Order<'_>, currency: Currency) -> Option<i64> {
    let amount = order.platform_fee_amount.int().filter(|fee| *fee > 0)?;
    let own = Currency::parse(&order.platform_fee_currency.text()?)?;
    (own == currency)
        .then(|| to_iso(currency, amount))
        .flatten()
}

fn not_negative(raw: Raw<'_>) -> i64 {
    raw.int().unwrap_or(0).max(0)
}

pub(super) fn to_iso(currency: Currency, amount: i64) -> Option<i64> {
    let places = if WHOLE.contains(&currency.code()) {
        0
    } else {
        2
    };
    currency.from_exponent(amount, places).ok()
}
