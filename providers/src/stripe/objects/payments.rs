//! Payment intents, charges and what takes money back.
//!
//! Nothing here is ever required; see the module above.

use serde::Deserialize;

use crate::lenient::Raw;

/// A payment intent: <https://docs.stripe.com/api/payment_intents/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Intent<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) amount_received: Raw<'a>,
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) amount_details: Raw<'a>,
    pub(in crate::stripe) presentment_details: Raw<'a>,
    pub(in crate::stripe) payment_details: Raw<'a>,
    pub(in crate::stripe) latest_charge: Raw<'a>,
    pub(in crate::stripe) charges: Raw<'a>,
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) customer: Raw<'a>,
    pub(in crate::stripe) customer_account: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) receipt_email: Raw<'a>,
    pub(in crate::stripe) canceled_at: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
}

/// `amount_details` of a payment intent.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct AmountDetails<'a> {
    pub(in crate::stripe) tax: Raw<'a>,
    pub(in crate::stripe) shipping: Raw<'a>,
    pub(in crate::stripe) surcharge: Raw<'a>,
    pub(in crate::stripe) tip: Raw<'a>,
}

/// `amount_details.tax`.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct AmountTax<'a> {
    pub(in crate::stripe) total_tax_amount: Raw<'a>,
}

/// `amount_details.shipping`, `amount_details.surcharge` or `amount_details.tip`.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct AmountPart<'a> {
    pub(in crate::stripe) amount: Raw<'a>,
}

/// `payment_details` of a payment intent.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct PaymentDetails<'a> {
    pub(in crate::stripe) order_reference: Raw<'a>,
}

/// A charge: <https://docs.stripe.com/api/charges/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Charge<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) paid: Raw<'a>,
    pub(in crate::stripe) captured: Raw<'a>,
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) amount_captured: Raw<'a>,
    pub(in crate::stripe) amount_refunded: Raw<'a>,
    pub(in crate::stripe) refunds: Raw<'a>,
    pub(in crate::stripe) source_transfer: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) presentment_details: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) customer: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) billing_details: Raw<'a>,
    pub(in crate::stripe) receipt_email: Raw<'a>,
}

/// A refund: <https://docs.stripe.com/api/refunds/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Refund<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) source_transfer_reversal: Raw<'a>,
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) reason: Raw<'a>,
    pub(in crate::stripe) failure_reason: Raw<'a>,
    pub(in crate::stripe) charge: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
}

/// A dispute: <https://docs.stripe.com/api/disputes/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Dispute<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) amount: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) status: Raw<'a>,
    pub(in crate::stripe) reason: Raw<'a>,
    pub(in crate::stripe) charge: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
    pub(in crate::stripe) balance_transactions: Raw<'a>,
    pub(in crate::stripe) payment_method_details: Raw<'a>,
}

/// What moved on the balance: of a dispute, below zero what was withdrawn, above it what came back.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct BalanceTransaction<'a> {
    pub(in crate::stripe) amount: Raw<'a>,
}

/// `payment_method_details` of a dispute.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct DisputeMethod<'a> {
    pub(in crate::stripe) card: Raw<'a>,
}

/// `payment_method_details.card` of a dispute.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct DisputeCard<'a> {
    pub(in crate::stripe) case_type: Raw<'a>,
}
