//! A sale as the API shows it.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::books::Personal;
use crate::books::sales;

/// A sale. Amounts are in the smallest unit of `currency`, those of the commission in that of
/// `commission_currency`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sale {
    id: String,
    /// Its main name: the invoice, order or transaction.
    invoice_id: Option<String>,
    /// Every name it is known by, sorted.
    references: Vec<String>,
    event_name: String,
    payment_processor: String,
    livemode: bool,
    status: &'static str,
    /// Without tax and shipping: what a commission is taken of.
    amount: i64,
    amount_refunded: i64,
    /// What open and lost disputes have taken of `amount`.
    amount_disputed: i64,
    /// What is left of `amount`.
    net_amount: i64,
    currency: String,
    gross: Gross,
    /// What is left of the commission after refunds and lost disputes.
    commission_amount: i64,
    commission_currency: String,
    customer: Option<Customer>,
    click_id: Option<String>,
    link_id: Option<String>,
    /// Who is paid for it; `None` for an organic sale.
    partner_id: Option<String>,
    program_id: Option<String>,
    kind: &'static str,
    occurred_at: String,
    created_at: String,
    updated_at: String,
    /// What the merchant has sent along.
    metadata: Option<Box<RawValue>>,
    /// Why the commission is held for review.
    review: Option<String>,
    /// What the commission waits for.
    waits_for: Option<String>,
}

/// What the buyer paid, in parts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Gross {
    /// Before discount, tax and shipping.
    subtotal: i64,
    discount: i64,
    tax: i64,
    shipping: i64,
    /// All together.
    total: i64,
    /// What refunds have given back of `total`.
    refunded: i64,
}

/// The customer of a sale.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    id: String,
    external_id: Option<Personal>,
    email: Option<Personal>,
    name: Option<Personal>,
    avatar: Option<Personal>,
}

impl Sale {
    /// A sale of the books.
    pub fn of(sale: sales::Sale) -> Self {
        let amounts = sale.amounts;
        let metadata = sale.metadata.map(|json| json.expose().to_owned());
        Self {
            amount: amounts.net,
            amount_refunded: amounts.refunded,
            amount_disputed: amounts.disputed,
            net_amount: amounts.left(),
            gross: Gross::of(amounts),
            id: sale.id,
            invoice_id: sale.invoice_id,
            references: sale.references,
            event_name: sale.event_name,
            payment_processor: sale.payment_processor,
            livemode: sale.livemode,
            status: sale.status.word(),
            currency: sale.currency.to_string(),
            commission_amount: sale.commission.left,
            commission_currency: sale.commission.currency.to_string(),
            customer: sale.customer.map(Customer::of),
            click_id: sale.click_id,
            link_id: sale.link_id,
            partner_id: sale.partner_id,
            program_id: sale.program_id,
            kind: sale.kind.word(),
            occurred_at: sale.occurred_at.to_string(),
            created_at: sale.created_at.to_string(),
            updated_at: sale.updated_at.to_string(),
            metadata: metadata.and_then(|json| RawValue::from_string(json).ok()),
            review: sale.review,
            waits_for: sale.waits_for,
        }
    }
}

impl Gross {
    const fn of(amounts: sales::Amounts) -> Self {
        Self {
            subtotal: amounts.subtotal,
            discount: amounts.discount,
            tax: amounts.tax,
            shipping: amounts.shipping,
            total: amounts.gross,
            refunded: amounts.refunded_gross,
        }
    }
}

impl Customer {
    fn of(buyer: sales::Buyer) -> Self {
        Self {
            id: buyer.id,
            external_id: buyer.external_id,
            email: buyer.email,
            name: buyer.name,
            avatar: buyer.avatar,
        }
    }
}
