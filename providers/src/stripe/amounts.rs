//! Stripe's amounts, in Stripe's own decimal places, to amounts in the ISO smallest unit.
//!
//! Nothing here is ever negative: a total below zero moves no money (the credit shrinks what a later
//! invoice is paid with), and counts as zero.
//! Sources: <https://docs.stripe.com/currencies>, <https://docs.stripe.com/api/invoices/object>.

use crate::Currency;
use crate::fact::{Amounts, Presentment};
use crate::lenient::Raw;
use crate::money::{share, share_floor};

use super::facts::{Context, Unreadable};
use super::objects::{
    Conversion, CreditNote, Invoice, PresentmentDetails, Session, ShippingCost, TaxPart,
    TotalDetails,
};

/// Codes that Stripe counts without decimal places. Unlike ISO 4217 it counts `mga` so, and `isk` and
/// `ugx` in hundredths.
const NO_PLACES: &[&str] = &[
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// Codes that Stripe counts in thousandths.
const THREE_PLACES: &[&str] = &["bhd", "jod", "kwd", "omr", "tnd"];

/// A currency with Stripe's idea of its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// The currency.
    pub(super) currency: Currency,
    exponent: u32,
}

impl Unit {
    /// The unit of a currency field.
    pub(super) fn of(code: Raw<'_>) -> Result<Self, Unreadable> {
        let code = code.string().ok_or(Unreadable("no currency"))?;
        let currency = Currency::parse(&code).ok_or(Unreadable("currency is no code"))?;
        let exponent = if NO_PLACES.contains(&currency.code()) {
            0
        } else if THREE_PLACES.contains(&currency.code()) {
            3
        } else {
            2
        };
        Ok(Self { currency, exponent })
    }

    /// An amount of Stripe's in the ISO smallest unit.
    pub(super) fn iso(self, amount: i64) -> Result<i64, Unreadable> {
        self.currency
            .from_exponent(amount.max(0), self.exponent)
            .map_err(|_| Unreadable("amount is too large"))
    }

    /// The remark that goes with a currency ISO 4217 does not have.
    pub(super) fn remark(self) -> Option<String> {
        (!self.currency.is_known()).then(|| "unknown_currency".to_owned())
    }
}

/// Figures in Stripe's own unit, none negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Figures {
    pub(super) gross: i64,
    pub(super) subtotal: Option<i64>,
    pub(super) discount: i64,
    pub(super) tax: i64,
    pub(super) shipping: i64,
    /// Paid, and nothing is sold for it: tips, surcharges.
    pub(super) beside: i64,
    /// What earns commission, where it is not simply `gross` less tax, shipping and what is beside it.
    pub(super) net: Option<i64>,
}

impl Figures {
    /// The figures in the ISO smallest unit.
    pub(super) fn amounts(
        self,
        unit: Unit,
        includes_shipping: bool,
    ) -> Result<Amounts, Unreadable> {
        let shipping_out = if includes_shipping { 0 } else { self.shipping };
        let plain = self
            .gross
            .saturating_sub(self.tax)
            .saturating_sub(shipping_out)
            .saturating_sub(self.beside);
        let gross = unit.iso(self.gross)?;
        Ok(Amounts {
            subtotal: unit.iso(self.subtotal.unwrap_or(self.gross))?,
            discount: unit.iso(self.discount)?,
            tax: unit.iso(self.tax)?,
            shipping: unit.iso(self.shipping)?,
            gross,
            net: unit.iso(self.net.unwrap_or(plain))?,
            reversible: gross,
            gift_cards: 0,
            fee: None,
        })
    }
}

/// An amount that may be missing or below zero: then nothing.
pub(super) fn amount(raw: Raw<'_>) -> i64 {
    raw.int().unwrap_or(0).max(0)
}

/// An amount without which an object says nothing; below zero it is nothing.
pub(super) fn needed(raw: Raw<'_>, problem: &'static str) -> Result<i64, Unreadable> {
    raw.int().map(|int| int.max(0)).ok_or(Unreadable(problem))
}

/// The shipping without its tax, which stands among the taxes already.
fn shipping(cost: Raw<'_>, plain: Raw<'_>) -> i64 {
    match cost.object::<ShippingCost<'_>>() {
        Some(cost) if cost.amount_total.is_present() => {
            (amount(cost.amount_total) - amount(cost.amount_tax)).max(0)
        }
        _ => amount(plain),
    }
}

/// What a session came to, in the merchant's currency.
///
/// Sessions made before 2025-03-31 are in the buyer's currency where Stripe converted it; the merchant's
/// amounts then stand in `currency_conversion`, and tax, discount and shipping follow in proportion.
pub(super) fn of_session(session: &Session<'_>) -> Result<(Unit, Figures), Unreadable> {
    let unit = Unit::of(session.currency)?;
    let total = needed(session.amount_total, "session without amount_total")?;
    let details = session.total_details.object::<TotalDetails<'_>>();
    let details = details.unwrap_or_default();
    let figures = Figures {
        gross: total,
        subtotal: session.amount_subtotal.int(),
        discount: amount(details.discount),
        tax: amount(details.tax),
        shipping: shipping(session.shipping_cost, details.shipping),
        beside: 0,
        net: None,
    };
    let Some(conversion) = session.currency_conversion.object::<Conversion<'_>>() else {
        return Ok((unit, figures));
    };
    let source = Unit::of(conversion.source_currency)?;
    let source_total = needed(conversion.amount_total, "conversion without amount_total")?;
    let scaled = |part| share(part, source_total, total).unwrap_or(0);
    let converted = Figures {
        gross: source_total,
        subtotal: conversion.amount_subtotal.int(),
        discount: scaled(figures.discount),
        tax: scaled(figures.tax),
        shipping: scaled(figures.shipping),
        beside: 0,
        net: None,
    };
    Ok((source, converted))
}

/// What an invoice was paid with. `cash` is the money: the part of the total that a credit balance
/// covered is none, and neither is what was paid too much. Tax and shipping shrink with it.
pub(super) fn of_invoice(context: &Context<'_>, invoice: &Invoice<'_>, cash: i64) -> Figures {
    let total = amount(invoice.total);
    let without_tax = match invoice.total_excluding_tax.int() {
        Some(excluding) => excluding.clamp(0, total),
        None => total.saturating_sub(invoice_tax(invoice)).max(0),
    };
    let shipping = shipping(invoice.shipping_cost, invoice.amount_shipping).min(without_tax);
    let goods = if context.includes_shipping() {
        without_tax
    } else {
        without_tax - shipping
    };
    let part_of = |part| share_floor(cash, part, total);
    Figures {
        gross: cash,
        subtotal: invoice.subtotal.int().or(invoice.total.int()),
        discount: discounts(invoice),
        tax: part_of(total - without_tax).unwrap_or(0),
        shipping: part_of(shipping).unwrap_or(0),
        beside: 0,
        net: Some(part_of(goods).unwrap_or(cash)),
    }
}

/// The money in an invoice: what was paid, less what was paid beyond its total and became a credit. An
/// invoice that the merchant marked as paid says in some versions what was due instead.
pub(super) fn invoice_cash(invoice: &Invoice<'_>) -> Result<i64, Unreadable> {
    // The oldest shapes have no `amount_paid`: an invoice was paid in full or not at all.
    let told = if invoice.amount_paid.is_present() {
        invoice.amount_paid
    } else {
        invoice.amount_due
    };
    let paid = needed(told, "invoice without amount_paid")?;
    if paid == 0 && invoice.paid_out_of_band.bool() == Some(true) {
        return Ok(amount(invoice.amount_due));
    }
    let beyond = paid.saturating_sub(amount(invoice.total)).max(0);
    Ok(paid - amount(invoice.amount_overpaid).min(beyond))
}

/// What of a credit note is goods: told without tax, or with its taxes; `None` where it says nothing of tax.
pub(super) fn of_note(context: &Context<'_>, note: &CreditNote<'_>) -> Option<i64> {
    let total = amount(note.total);
    let undiscounted = note.subtotal.int() == Some(total);
    let subtotal = note.subtotal_excluding_tax.int().filter(|_| undiscounted);
    let taxes = [note.total_taxes, note.tax_amounts];
    let less_taxes = || {
        let told = taxes.into_iter().find(|taxes| taxes.is_present())?;
        Some(total.saturating_sub(sum(&told.objects::<TaxPart<'_>>())))
    };
    let without_tax = note
        .total_excluding_tax
        .int()
        .or(subtotal)
        .or_else(less_taxes)?;
    let without_tax = without_tax.clamp(0, total);
    let shipping = shipping(note.shipping_cost, note.amount_shipping).min(without_tax);
    Some(if context.includes_shipping() {
        without_tax
    } else {
        without_tax - shipping
    })
}

/// All the money that came for an invoice, where some of it was too much.
pub(super) fn overpaid_cash(invoice: &Invoice<'_>) -> Option<i64> {
    let too_much = amount(invoice.amount_overpaid) > 0;
    invoice.amount_paid.int().filter(|_| too_much)
}

/// What of an invoice's total the customer's balance has paid, beside the money: a balance below zero is a credit, and is less of one afterwards.
pub(super) fn from_balance(invoice: &Invoice<'_>, cash: i64) -> i64 {
    let balances = [invoice.starting_balance, invoice.ending_balance];
    let [Some(before), Some(after)] = balances.map(Raw::int) else {
        return 0;
    };
    let open = amount(invoice.total).saturating_sub(cash).max(0);
    after.min(0).saturating_sub(before.min(0)).clamp(0, open)
}

/// The tax of an invoice: one figure before 2025-03-31, a list since.
fn invoice_tax(invoice: &Invoice<'_>) -> i64 {
    if let Some(tax) = invoice.tax.int() {
        return tax.max(0);
    }
    let parts = match invoice.total_taxes.objects::<TaxPart<'_>>() {
        parts if parts.is_empty() => invoice.total_tax_amounts.objects::<TaxPart<'_>>(),
        parts => parts,
    };
    sum(&parts)
}

fn discounts(invoice: &Invoice<'_>) -> i64 {
    sum(&invoice.total_discount_amounts.objects::<TaxPart<'_>>())
}

fn sum(parts: &[TaxPart<'_>]) -> i64 {
    parts
        .iter()
        .fold(0_i64, |sum, part| sum.saturating_add(amount(part.amount)))
}

/// What the buyer saw, where Stripe converted it for him.
pub(super) fn presentment(details: Raw<'_>) -> Option<Presentment> {
    let details = details.object::<PresentmentDetails<'_>>()?;
    in_buyers_currency(details.presentment_currency, details.presentment_amount)
}

/// The same out of an older session, whose own amounts are the buyer's.
pub(super) fn session_presentment(session: &Session<'_>) -> Option<Presentment> {
    if session.currency_conversion.is_present() {
        return in_buyers_currency(session.currency, session.amount_total);
    }
    presentment(session.presentment_details)
}

fn in_buyers_currency(currency: Raw<'_>, total: Raw<'_>) -> Option<Presentment> {
    let unit = Unit::of(currency).ok()?;
    let gross = unit.iso(total.int()?).ok()?;
    Some(Presentment {
        currency: unit.currency,
        gross,
        reversible: gross,
    })
}
