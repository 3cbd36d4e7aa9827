//! An order's amounts in ISO smallest units.
//!
//! The commission base is `max(0, net_amount + applied_balance_amount)`: without tax, only what was really
//! paid, and never less than what can be refunded. It is never derived from `subtotal_amount` (which
//! contains tax where prices do) nor from `due_amount` (which contains tax always).

use crate::Currency;
use crate::fact::{Amounts, Extent};
use crate::lenient::Raw;

use super::objects::Order;

/// Currencies that Polar counts whole; it counts all others in hundredths, krónur and Ugandan shillings
/// too (<https://github.com/polarsource/polar/blob/main/server/polar/kit/currency.py>).
const WHOLE: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// The amounts of an order. All zero where nothing was paid: a trial, a full discount, credit given or
/// credit that covered everything. `None` when the order does not say its net amount or a figure does not fit.
pub(super) fn of_order(order: &Order<'_>, currency: Currency) -> Option<Amounts> {
    let net = order.net_amount.int().or_else(|| order.amount.int())?;
    let applied = order.applied_balance_amount.int().unwrap_or(0);
    let base = net.checked_add(applied)?.max(0);
    if base == 0 {
        return Some(Amounts::default());
    }
    let tax = not_negative(order.tax_amount);
    let reversible = base.checked_add(tax)?;
    // With credit spent the total stays what was bought; with a debt collected more than it was paid.
    let gross = not_negative(order.total_amount).max(reversible);
    let subtotal = order.subtotal_amount.int().map_or(gross, |n| n.max(0));
    let iso = |amount| to_iso(currency, amount);
    Some(Amounts {
        subtotal: iso(subtotal)?,
        discount: iso(not_negative(order.discount_amount))?,
        tax: iso(tax)?,
        shipping: 0,
        gross: iso(gross)?,
        net: iso(base)?,
        reversible: iso(reversible)?,
        fee: fee(order, currency),
    })
}

/// How much of an order has been refunded so far; `None` when it does not say.
pub(super) fn refunded(order: &Order<'_>, currency: Currency) -> Option<Extent> {
    let net = order.refunded_amount.int()?.max(0);
    let cash = net.checked_add(not_negative(order.refunded_tax_amount))?;
    Some(Extent::Net {
        cash: to_iso(currency, cash)?,
        net: to_iso(currency, net)?,
    })
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

fn to_iso(currency: Currency, amount: i64) -> Option<i64> {
    let places = if WHOLE.contains(&currency.code()) {
        0
    } else {
        2
    };
    currency.from_exponent(amount, places).ok()
}
