//! A sale as the API shows it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::catalog::{opt_text, text, time};
use crate::store::{Row, StoreError};

/// A sale. Amounts are in the smallest unit of `currency`, those of the commission in that of
/// `commission_currency`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sale {
    /// Its id.
    pub id: String,
    /// Its main name: the invoice, order or transaction.
    pub invoice_id: Option<String>,
    /// Every name it is known by, sorted.
    pub references: Vec<String>,
    /// What happened.
    pub event_name: String,
    /// Who processed the payment.
    pub payment_processor: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// `pending`, `approved`, `paid` or `rejected`.
    pub status: String,
    /// Without tax and shipping: what a commission is taken of.
    pub amount: i64,
    /// What refunds have taken of `amount`.
    pub amount_refunded: i64,
    /// What open and lost disputes have taken of `amount`.
    pub amount_disputed: i64,
    /// What is left of `amount`.
    pub net_amount: i64,
    /// The currency.
    pub currency: String,
    /// What the buyer paid.
    pub gross: Gross,
    /// What is left of the commission after refunds and lost disputes.
    pub commission_amount: i64,
    /// The commission's currency.
    pub commission_currency: String,
    /// Who bought.
    pub customer: Option<Customer>,
    /// The click that brought it.
    pub click_id: Option<String>,
    /// The click's link.
    pub link_id: Option<String>,
    /// Who is paid for it; `None` for an organic sale.
    pub partner_id: Option<String>,
    /// The program that pays.
    pub program_id: Option<String>,
    /// `first`, `recurring` or `one_time`.
    pub kind: String,
    /// When it was paid.
    pub occurred_at: String,
    /// When it was recorded.
    pub created_at: String,
    /// When the record last changed.
    pub updated_at: String,
    /// What the merchant has sent along.
    pub metadata: Option<Box<RawValue>>,
    /// Why the commission is held for review.
    pub review: Option<String>,
    /// What the commission waits for.
    pub waits_for: Option<String>,
}

/// What the buyer paid, in parts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gross {
    /// Before discount, tax and shipping.
    pub subtotal: i64,
    /// Taken off.
    pub discount: i64,
    /// Tax.
    pub tax: i64,
    /// Shipping.
    pub shipping: i64,
    /// All together.
    pub total: i64,
    /// What refunds have given back of `total`.
    pub refunded: i64,
}

/// The customer of a sale.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Its id here.
    pub id: String,
    /// The merchant's own id.
    pub external_id: Option<String>,
    /// The newest e-mail address known.
    pub email: Option<String>,
    /// The newest name known.
    pub name: Option<String>,
    /// The newest picture known.
    pub avatar: Option<String>,
}

impl Sale {
    /// Reads a row of the sales' statements.
    pub fn read(row: &Row, references: Vec<String>) -> Result<Self, StoreError> {
        let (net, refunded, disputed) =
            (row.int("net")?, row.int("refunded")?, row.int("disputed")?);
        let metadata = row.opt_text("metadata")?.map(str::to_owned);
        Ok(Self {
            id: text(row, "id")?,
            invoice_id: opt_text(row, "invoice_id")?,
            references,
            event_name: text(row, "event_name")?,
            payment_processor: text(row, "payment_processor")?,
            livemode: row.flag("livemode")?,
            status: text(row, "status")?,
            amount: net,
            amount_refunded: refunded,
            amount_disputed: disputed,
            net_amount: net.saturating_sub(refunded).saturating_sub(disputed),
            currency: text(row, "currency")?,
            gross: Gross {
                subtotal: row.int("subtotal")?,
                discount: row.int("discount")?,
                tax: row.int("tax")?,
                shipping: row.int("shipping")?,
                total: row.int("gross")?,
                refunded: row.int("refunded_gross")?,
            },
            commission_amount: row.int("commission_left")?,
            commission_currency: text(row, "commission_currency")?,
            customer: Customer::read(row)?,
            click_id: opt_text(row, "click_id")?,
            link_id: opt_text(row, "link_id")?,
            partner_id: opt_text(row, "partner_id")?,
            program_id: opt_text(row, "program_id")?,
            kind: text(row, "kind")?,
            occurred_at: time(row, "occurred_at")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
            metadata: metadata.and_then(|json| RawValue::from_string(json).ok()),
            review: opt_text(row, "review")?,
            waits_for: opt_text(row, "waits_for")?,
        })
    }
}

impl Customer {
    fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        let Some(id) = opt_text(row, "customer_id")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            external_id: opt_text(row, "external_id")?,
            email: opt_text(row, "email")?,
            name: opt_text(row, "customer_name")?,
            avatar: opt_text(row, "avatar")?,
        }))
    }
}
