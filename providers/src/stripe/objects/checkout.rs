//! Checkout Sessions and what stands in them.
//!
//! Nothing here is ever required; see the module above.

use serde::Deserialize;

use crate::lenient::Raw;

/// A Checkout Session: <https://docs.stripe.com/api/checkout/sessions/object>.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Session<'a> {
    pub(in crate::stripe) id: Raw<'a>,
    pub(in crate::stripe) created: Raw<'a>,
    pub(in crate::stripe) mode: Raw<'a>,
    pub(in crate::stripe) payment_status: Raw<'a>,
    pub(in crate::stripe) amount_total: Raw<'a>,
    pub(in crate::stripe) amount_subtotal: Raw<'a>,
    pub(in crate::stripe) currency: Raw<'a>,
    pub(in crate::stripe) total_details: Raw<'a>,
    pub(in crate::stripe) shipping_cost: Raw<'a>,
    pub(in crate::stripe) currency_conversion: Raw<'a>,
    pub(in crate::stripe) presentment_details: Raw<'a>,
    pub(in crate::stripe) payment_intent: Raw<'a>,
    pub(in crate::stripe) invoice: Raw<'a>,
    pub(in crate::stripe) subscription: Raw<'a>,
    pub(in crate::stripe) customer: Raw<'a>,
    pub(in crate::stripe) customer_account: Raw<'a>,
    pub(in crate::stripe) customer_details: Raw<'a>,
    pub(in crate::stripe) customer_email: Raw<'a>,
    pub(in crate::stripe) client_reference_id: Raw<'a>,
    pub(in crate::stripe) metadata: Raw<'a>,
    pub(in crate::stripe) discounts: Raw<'a>,
}

/// `total_details` of a session.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct TotalDetails<'a> {
    #[serde(rename = "amount_discount")]
    pub(in crate::stripe) discount: Raw<'a>,
    #[serde(rename = "amount_shipping")]
    pub(in crate::stripe) shipping: Raw<'a>,
    #[serde(rename = "amount_tax")]
    pub(in crate::stripe) tax: Raw<'a>,
}

/// `shipping_cost` of a session or an invoice.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct ShippingCost<'a> {
    pub(in crate::stripe) amount_total: Raw<'a>,
    pub(in crate::stripe) amount_tax: Raw<'a>,
}

/// `currency_conversion` of a session, gone since 2025-09-30.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Conversion<'a> {
    pub(in crate::stripe) source_currency: Raw<'a>,
    pub(in crate::stripe) amount_total: Raw<'a>,
    pub(in crate::stripe) amount_subtotal: Raw<'a>,
}

/// `presentment_details`, since 2025-03-31: what the buyer saw.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct PresentmentDetails<'a> {
    pub(in crate::stripe) presentment_amount: Raw<'a>,
    pub(in crate::stripe) presentment_currency: Raw<'a>,
}

/// `customer_details` of a session or `billing_details` of a charge.
#[derive(Deserialize, Default)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(in crate::stripe) struct Person<'a> {
    pub(in crate::stripe) email: Raw<'a>,
    pub(in crate::stripe) name: Raw<'a>,
}
