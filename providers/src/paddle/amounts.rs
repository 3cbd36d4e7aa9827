//! What a transaction's totals are worth: the cash that was paid, and the part of it that is not tax.
//!
//! What a customer's balance covered was paid before, and what a credit took off an unpaid invoice never
//! is: neither is counted. It must never count a failed attempt, which is listed with the full amount.
//! <https://developer.paddle.com/api-reference/transactions/overview>

use super::objects::{Attempt, Details, Totals, Transaction};
use crate::currency::Currency;
use crate::fact::{Amounts, Extent};
use crate::money::share;

/// A transaction's money in the smallest unit, and what is to be said about it.
pub(super) struct Money {
    pub amounts: Amounts,
    pub currency: Currency,
    /// What was bought, however it was paid; negative where it gave credit.
    pub total: i64,
    /// What was paid in cash.
    pub cash: i64,
    /// `total` less its tax.
    without_tax: i64,
    pub remark: Option<String>,
}

impl Money {
    /// Reads the totals; `None` when they do not say what was bought.
    pub fn of(object: &Transaction<'_>) -> Option<Self> {
        let details = object.details.object::<Details<'_>>()?;
        let totals = details.totals.object::<Totals<'_>>()?;
        let code = totals.currency_code.text();
        let currency = Currency::parse(&code.or_else(|| object.currency_code.text())?)?;
        let total = totals.total.int()?;
        let tax = totals.tax.int().unwrap_or(0);
        let without_tax = total.checked_sub(tax)?.clamp(0, total.max(0));
        let cash = cash(object, &totals, total);
        let amounts = if cash > 0 {
            amounts(&totals, (total, without_tax), cash)?
        } else {
            Amounts::default()
        };
        let remark = if !currency.is_known() {
            Some("unknown_currency".to_owned())
        } else if cash < total {
            Some(format!("paid_from_credit {} of {total}", total - cash))
        } else {
            None
        };
        Some(Self {
            amounts,
            currency,
            total,
            cash,
            without_tax,
            remark,
        })
    }

    /// What the amounts leave out of the total because a credit or a balance covered it; `None` for nothing.
    pub fn left_out(&self) -> Option<Extent> {
        let cash = self.total.checked_sub(self.cash)?;
        let net = self.without_tax - self.amounts.net;
        // Where all was covered no amounts are left, and nothing can be taken from those.
        (cash > 0 && self.cash > 0).then_some(Extent::Net { cash, net })
    }
}

/// What was paid: never more than `grand_total`, and less where the captured attempts are less.
fn cash(object: &Transaction<'_>, totals: &Totals<'_>, total: i64) -> i64 {
    let credit = totals.credit.int().unwrap_or(0).max(0);
    let told = totals.grand_total.int().unwrap_or(total);
    let due = told.min(total.saturating_sub(credit)).max(0);
    let attempts = object.payments.objects::<Attempt<'_>>();
    let captured = attempts
        .iter()
        .filter(|attempt| attempt.status.text().as_deref() == Some("captured"))
        .filter_map(|attempt| attempt.amount.int())
        .filter(|amount| *amount > 0)
        .fold(0_i64, i64::saturating_add);
    if captured > 0 { due.min(captured) } else { due }
}

/// The tax in what was paid after credit, where Paddle tells it
/// (<https://developer.paddle.com/changelog/2026/grand-total-tax-field>): lines may be taxed differently.
fn tax_of_cash(totals: &Totals<'_>, tax: i64, cash: i64) -> Option<i64> {
    let told = totals.grand_total_tax.int()?;
    let of_cash = totals.grand_total.int() == Some(cash);
    (of_cash && (0..tax).contains(&told)).then_some(told.min(cash))
}

/// Gross is the cash; the net amount and the tax shrink with it.
fn amounts(totals: &Totals<'_>, (total, without_tax): (i64, i64), cash: i64) -> Option<Amounts> {
    let tax = totals.tax.int().unwrap_or(0);
    let net = if cash == total {
        without_tax
    } else if let Some(tax) = tax_of_cash(totals, tax, cash) {
        cash - tax
    } else {
        share(cash, without_tax, total)?
    };
    Some(Amounts {
        subtotal: totals.subtotal.int().unwrap_or(without_tax),
        discount: totals.discount.int().unwrap_or(0),
        tax: if cash == total { tax } else { cash - net },
        shipping: 0,
        gross: cash,
        net,
        reversible: cash,
        gift_cards: 0,
        // Null until the transaction is completed.
        fee: totals.fee.int(),
    })
}
