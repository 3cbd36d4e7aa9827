//! RevenueCat's prices in whole smallest units, and what part of them the commission is computed on.
//!
//! `price_in_purchased_currency` is what the store charged, tax included; `price` is the same converted to
//! US dollars. Both are JSON numbers and are read from their text, rounded once; never through a float.
//! The shares of tax and store are RevenueCat's estimates. Source:
//! <https://www.revenuecat.com/docs/dashboard-and-metrics/taxes-and-commissions>.

use crate::decimal::{DecimalError, Excess};
use crate::fact::{Amounts, Extent, Presentment};
use crate::lenient::Raw;
use crate::money::share;
use crate::{Currency, Money};

use super::objects::Event;
use super::options::Basis;

/// One, in millionths: shares are told as fractions of the price.
const WHOLE: i64 = 1_000_000;

/// A remark on amounts in dollars that RevenueCat converted.
const ESTIMATED: &str = "fx_estimated";

/// A price as the event tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    /// What was charged; negative where it was given back.
    pub(super) money: Money,
    /// Whether it is RevenueCat's conversion, because the charged amount is not told.
    pub(super) estimated: bool,
}

/// The price of a purchase: in the currency of the purchase, else in dollars; `None` when neither is told.
pub(super) fn price(event: &Event<'_>) -> Result<Option<Price>, DecimalError> {
    if let Some(money) = charged(event)? {
        return Ok(Some(Price {
            money,
            estimated: false,
        }));
    }
    Ok(in_dollars(event)?.map(|money| Price {
        money,
        estimated: true,
    }))
}

/// The price of a refund: the first of both that is not zero, for a zero says nothing there.
pub(super) fn refunded(event: &Event<'_>) -> Result<Option<Money>, DecimalError> {
    match charged(event)?.filter(|money| money.minor != 0) {
        Some(money) => Ok(Some(money)),
        None => Ok(in_dollars(event)?.filter(|money| money.minor != 0)),
    }
}

/// What an export's row says has gone back: what was paid, less what is left of it. `None` where it does not say both.
pub(super) fn gone(event: &Event<'_>) -> Result<Option<Money>, DecimalError> {
    let code = event.currency.string();
    let Some(currency) = code.as_deref().and_then(Currency::parse) else {
        return Ok(None);
    };
    let paid = minor(event.paid_in_purchased_currency, currency)?;
    let left = minor(event.price_in_purchased_currency, currency)?;
    let (Some(paid), Some(left)) = (paid, left) else {
        return Ok(None);
    };
    let gone = paid
        .minor
        .checked_sub(left.minor)
        .ok_or(DecimalError::Overflow)?;
    Ok(Some(Money::new(gone, currency)))
}

fn charged(event: &Event<'_>) -> Result<Option<Money>, DecimalError> {
    let code = event.currency.string();
    let Some(currency) = code.as_deref().and_then(Currency::parse) else {
        return Ok(None);
    };
    minor(event.price_in_purchased_currency, currency)
}

fn in_dollars(event: &Event<'_>) -> Result<Option<Money>, DecimalError> {
    minor(event.price, Currency::USD)
}

fn minor(price: Raw<'_>, currency: Currency) -> Result<Option<Money>, DecimalError> {
    if !price.is_present() {
        return Ok(None);
    }
    let minor = price
        .decimal(currency.exponent(), Excess::RoundHalfUp)
        .unwrap_or(Err(DecimalError::Malformed))?;
    Ok(Some(Money::new(minor, currency)))
}

/// What a payment's snapshot says about money.
#[derive(Debug, Default)]
pub(super) struct Sum {
    /// Its amounts.
    pub(super) amounts: Amounts,
    /// What the owner should know about them.
    pub(super) remarks: Vec<&'static str>,
}

impl Sum {
    /// The amounts of a price that is not negative, with `basis` as the commission's base.
    pub(super) fn of(price: Price, event: &Event<'_>, basis: Basis) -> Self {
        let gross = price.money.minor;
        let tax = fraction(event.tax_percentage);
        let store = fraction(event.commission_percentage);
        let (taxed, kept) = (tax.unwrap_or(0), store.unwrap_or(0));
        let less = |taken: i64| share(gross, (WHOLE - taken).max(0), WHOLE).unwrap_or(gross);
        let without_tax = less(taxed);
        let net = match basis {
            Basis::Gross => gross,
            Basis::NetOfTax => without_tax,
            Basis::Proceeds => less(taxed + kept),
        };
        let remarks = [
            (price.estimated, ESTIMATED),
            (!price.money.currency.is_known(), "unknown_currency"),
            (basis != Basis::Gross && tax.is_none(), "tax_unknown"),
            (
                basis == Basis::Proceeds && store.is_none(),
                "store_commission_unknown",
            ),
        ];
        Self {
            amounts: Amounts {
                subtotal: without_tax,
                tax: gross - without_tax,
                gross,
                net,
                reversible: gross,
                // Proceeds are without the store's share already.
                fee: store.map(|kept| match basis {
                    Basis::Proceeds => 0,
                    Basis::Gross | Basis::NetOfTax => gross - less(kept),
                }),
                ..Amounts::default()
            },
            remarks: remarks
                .iter()
                .filter_map(|(holds, remark)| holds.then_some(*remark))
                .collect(),
        }
    }

    /// All remarks as one text.
    pub(super) fn remark(&self) -> Option<String> {
        (!self.remarks.is_empty()).then(|| self.remarks.join(", "))
    }
}

/// A fraction between 0 and 1, in millionths; anything else is no estimate.
fn fraction(percentage: Raw<'_>) -> Option<i64> {
    let millionths = percentage.decimal(6, Excess::RoundHalfUp)?.ok()?;
    (0..=WHOLE).contains(&millionths).then_some(millionths)
}

/// The same price in dollars, for a refund that is told in dollars alone.
pub(super) fn presentment(price: Price, event: &Event<'_>) -> Option<Presentment> {
    let dollars = in_dollars(event).ok().flatten()?;
    let differs = price.money.currency != Currency::USD && dollars.minor > 0;
    differs.then_some(Presentment {
        currency: Currency::USD,
        gross: dollars.minor,
        reversible: dollars.minor,
    })
}

/// What a refund takes back: the amount, whichever sign it is written with; all that is left when none is
/// told. As a share of the price it takes the tax and commission estimated for the sale, not for the refund.
pub(super) fn extent(refunded: Option<Money>) -> Extent {
    match refunded.and_then(|money| money.minor.checked_abs()) {
        Some(cash) => Extent::Gross {
            cash,
            counted: cash,
        },
        None => Extent::All,
    }
}
