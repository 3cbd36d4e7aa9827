//! Invoices, subscriptions, customers and what stands in them.
//!
//! Nothing here is ever required; see the module above.

use serde::Deserialize;

use crate::lenient::Raw;

/// An invoice of any version: <https://docs.stripe.com/api/invoices/object>. Fields that moved to `parent`
/// on 2025-03-31 stand here too: old endpoints keep their shape for years.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Invoice<'a> {
    pub(in crate::stripe) object: Raw<'a>,
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) number: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) paid: Raw<'a>,
    pub(in crate::stripe) paid_out_of_band: Raw<'a>,
    pub(in crate::stripe) amount_paid: Raw<'a>,
    pub(in crate::stripe) amount_due: Raw<'a>,
    pub(in crate::stripe) amount_overpaid: Raw<'a>,
    pub(in crate::stripe) starting_balance: Raw<'a>,
    pub(in crate::stripe) ending_balance: Raw<'a>,
    pub(in crate::stripe) total: Raw<'a>,
    pub(in crate::stripe) subtotal: Raw<'a>,
    pub(in crate::stripe) total_excluding_tax: Raw<'a>,
    pub(in crate::stripe) tax: Raw<'a>,
    pub(in crate::stripe) total_taxes: Raw<'a>,
    pub(in crate::stripe) total_tax_amounts: Raw<'a>,
    pub(in crate::stripe) total_discount_amounts: Raw<'a>,
    pub(in crate::stripe) amount_shipping: Raw<'a>,
    pub(in crate::stripe) shipping_cost: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) presentment_details: Raw<'a>,
    pub(in crate::stripe) billing_reason: Raw<'a>,
    pub(in crate::stripe) collection_method: Raw<'a>,
    pub(in crate::stripe) attempt_count: Raw<'a>,
    pub(in crate::stripe) status_transitions: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) parent: Raw<'a>,
    pub(in crate::stripe) subscription: Raw<'a>,
    pub(in crate::stripe) subscription_details: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
    pub(in crate::stripe) charge: Raw<'a>,
    pub(in crate::stripe) customer: Raw<'a>,
    pub(in crate::stripe) customer_account: Raw<'a>,
    pub(in crate::stripe) customer_email: Raw<'a>,
    pub(in crate::stripe) customer_name: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) lines: Raw<'a>,
    pub(in crate::stripe) discount: Raw<'a>,
    pub(in crate::stripe) discounts: Raw<'a>,
}

/// `status_transitions` of an invoice.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct StatusTransitions<'a> {
    pub(in crate::stripe) paid_at: Raw<'a>,
}

/// `parent` of an invoice.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Parent<'a> {
    pub(in crate::stripe) subscription_details: Raw<'a>,
}

/// `subscription_details`, under `parent` or, before 2025-03-31, in the invoice itself.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct SubscriptionDetails<'a> {
    pub(in crate::stripe) subscription: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
}

/// One item of a list of taxes or discounts.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct TaxPart<'a> {
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) discount: Raw<'a>,
}

/// A list object.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct List<'a> {
    pub(in crate::stripe) data: Raw<'a>,
    pub(in crate::stripe) has_more: Raw<'a>,
}

/// A page of an invoice's lines, as `history` wraps it.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct LinesPage<'a> {
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) after: Raw<'a>,
    pub(in crate::stripe) lines: Raw<'a>,
}

/// A line of an invoice or a credit note: the price stood in `price` (or `plan`) before 2025-03-31, and in `pricing` since.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Line<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    /// In a credit note.
    pub(in crate::stripe) invoice_line_item: Raw<'a>,
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) amount_excluding_tax: Raw<'a>,
    pub(in crate::stripe) discount_amounts: Raw<'a>,
    pub(in crate::stripe) pretax_credit_amounts: Raw<'a>,
    pub(in crate::stripe) tax_amounts: Raw<'a>,
    pub(in crate::stripe) taxes: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) price: Raw<'a>,
    pub(in crate::stripe) plan: Raw<'a>,
    pub(in crate::stripe) pricing: Raw<'a>,
}

/// What is contained in a line or taken off it: one of its taxes (`tax_amounts` before 2025-03-31, `taxes` since),
/// discounts or credits.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct LinePart<'a> {
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) inclusive: Raw<'a>,
    pub(in crate::stripe) tax_behavior: Raw<'a>,
    #[serde(rename = "type")]
    pub(in crate::stripe) kind: Raw<'a>,
}

/// A price or plan, or `pricing.price_details`, which names both price and product.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Price<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    #[serde(rename = "price")]
    pub(in crate::stripe) own: Raw<'a>,
    pub(in crate::stripe) product: Raw<'a>,
}

/// `pricing` of a line.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Pricing<'a> {
    pub(in crate::stripe) price_details: Raw<'a>,
}

/// What ties an invoice to one of its payments: <https://docs.stripe.com/api/invoice-payment/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct InvoicePayment<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) payment: Raw<'a>,
    pub(in crate::stripe) amount_paid: Raw<'a>,
    pub(in crate::stripe) amount_requested: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) status_transitions: Raw<'a>,
}

/// `payment` of an invoice payment.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct PaidWith<'a> {
    #[serde(rename = "type")]
    pub(in crate::stripe) kind: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
    pub(in crate::stripe) charge: Raw<'a>,
    pub(in crate::stripe) payment_record: Raw<'a>,
}

/// A credit note: <https://docs.stripe.com/api/credit_notes/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct CreditNote<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) total: Raw<'a>,
    pub(in crate::stripe) total_excluding_tax: Raw<'a>,
    pub(in crate::stripe) subtotal: Raw<'a>,
    pub(in crate::stripe) subtotal_excluding_tax: Raw<'a>,
    pub(in crate::stripe) total_taxes: Raw<'a>,
    pub(in crate::stripe) tax_amounts: Raw<'a>,
    pub(in crate::stripe) amount_shipping: Raw<'a>,
    pub(in crate::stripe) shipping_cost: Raw<'a>,
    pub(in crate::stripe) post_payment_amount: Raw<'a>,
    pub(in crate::stripe) out_of_band_amount: Raw<'a>,
    pub(in crate::stripe) customer_balance_transaction: Raw<'a>,
    pub(in crate::stripe) reason: Raw<'a>,
    pub(in crate::stripe) refund: Raw<'a>,
    pub(in crate::stripe) refunds: Raw<'a>,
    pub(in crate::stripe) lines: Raw<'a>,
}

/// One item of `refunds` of a credit note, since 2025-03-31.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct NotedRefund<'a> {
    pub(in crate::stripe) refund: Raw<'a>,
    pub(in crate::stripe) payment_record_refund: Raw<'a>,
    pub(in crate::stripe) amount_refunded: Raw<'a>,
}

/// What was given back of a payment outside Stripe, as a credit note names it.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct RecordRefund<'a> {
    pub(in crate::stripe) payment_record: Raw<'a>,
    pub(in crate::stripe) refund_group: Raw<'a>,
}

/// A customer: <https://docs.stripe.com/api/customers/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Customer<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) email: Raw<'a>,
    pub(in crate::stripe) name: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) discount: Raw<'a>,
}

/// A subscription: <https://docs.stripe.com/api/subscriptions/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Subscription<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) customer: Raw<'a>,
    pub(in crate::stripe) customer_account: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) trial_start: Raw<'a>,
    pub(in crate::stripe) trial_end: Raw<'a>,
    pub(in crate::stripe) start_date: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) discount: Raw<'a>,
    pub(in crate::stripe) discounts: Raw<'a>,
}

/// A discount: the coupon stood in it before 2025-09-30, and in `source` since.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Discount<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) subscription: Raw<'a>,
    pub(in crate::stripe) promotion_code: Raw<'a>,
    pub(in crate::stripe) coupon: Raw<'a>,
    pub(in crate::stripe) source: Raw<'a>,
}

/// `source` of a discount.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct DiscountSource<'a> {
    pub(in crate::stripe) coupon: Raw<'a>,
}

/// An expanded promotion code.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct PromotionCode<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) code: Raw<'a>,
}
