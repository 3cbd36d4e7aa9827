//! Polar's documents, as far as they are read: every field may be missing, null or of another type.
//!
//! Nothing is decided here. Field lists: <https://polar.sh/docs/integrate/webhooks/events> and the
//! `webhooks` part of Polar's `OpenAPI` documents.

use serde::Deserialize;

use crate::lenient::{self, Raw};

/// What every delivery is: a type, a time and an object.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    /// `order.paid`.
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Raw<'a>,
    /// When the event was made, with microseconds; the same on every attempt.
    #[serde(borrow, default)]
    pub(super) timestamp: Raw<'a>,
    /// The version that shaped `data`; absent from older deliveries.
    #[serde(borrow, default)]
    pub(super) api_version: Raw<'a>,
    /// The object.
    #[serde(borrow, default)]
    pub(super) data: Raw<'a>,
}

/// The data of every `order.*` event. Amounts are whole numbers in Polar's smallest unit.
#[derive(Deserialize)]
pub(super) struct Order<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) created_at: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) modified_at: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) status: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) paid: Raw<'a>,
    /// Before discount; contains the tax where prices do.
    #[serde(borrow, default)]
    pub(super) subtotal_amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) discount_amount: Raw<'a>,
    /// After discount, always without tax; negative on an order that gives credit.
    #[serde(borrow, default)]
    pub(super) net_amount: Raw<'a>,
    /// The older name of `net_amount`.
    #[serde(borrow, default)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) tax_amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) total_amount: Raw<'a>,
    /// Negative: the customer's credit was spent; positive: an old debt was collected.
    #[serde(borrow, default)]
    pub(super) applied_balance_amount: Raw<'a>,
    /// What is charged: the total with the applied balance, tax included.
    #[serde(borrow, default)]
    pub(super) due_amount: Raw<'a>,
    /// Cumulative, without tax.
    #[serde(borrow, default)]
    pub(super) refunded_amount: Raw<'a>,
    /// Cumulative, the tax of it.
    #[serde(borrow, default)]
    pub(super) refunded_tax_amount: Raw<'a>,
    /// Filled by a later `order.updated`.
    #[serde(borrow, default)]
    pub(super) platform_fee_amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) platform_fee_currency: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) currency: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) billing_reason: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) product_id: Raw<'a>,
    /// What the order consists of; each line names its price.
    #[serde(borrow, default)]
    pub(super) items: Raw<'a>,
    /// The price, in older shapes.
    #[serde(borrow, default)]
    pub(super) product_price_id: Raw<'a>,
    /// What is printed on the invoice; null on a draft.
    #[serde(borrow, default)]
    pub(super) invoice_number: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) subscription_id: Raw<'a>,
    /// Null on renewals.
    #[serde(borrow, default)]
    pub(super) checkout_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) metadata: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) custom_field_data: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) discount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) subscription: Raw<'a>,
}

/// The data of `customer.*`, and the customer inside an order or a subscription.
#[derive(Default, Deserialize)]
pub(super) struct Customer<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    /// The merchant's own id.
    #[serde(borrow, default)]
    pub(super) external_id: Raw<'a>,
    /// Null for a team.
    #[serde(borrow, default)]
    pub(super) email: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) name: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) avatar_url: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) metadata: Raw<'a>,
}

/// The data of `subscription.*`, and the subscription inside an order.
#[derive(Default, Deserialize)]
pub(super) struct Subscription<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) metadata: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) started_at: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) trial_end: Raw<'a>,
}

/// The data of `checkout.*`.
#[derive(Deserialize)]
pub(super) struct Checkout<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer_email: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) customer_name: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) metadata: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) custom_field_data: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) discount: Raw<'a>,
}

/// The data of `refund.*`.
#[derive(Deserialize)]
pub(super) struct Refund<'a> {
    #[serde(borrow, default)]
    pub(super) status: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) reason: Raw<'a>,
}

/// A dispute, as the API shows it; no delivery does.
#[derive(Deserialize)]
pub(super) struct Dispute<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) order_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) status: Raw<'a>,
    /// Without tax.
    #[serde(borrow, default)]
    pub(super) amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) tax_amount: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) currency: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) created_at: Raw<'a>,
}

/// A line of an order.
#[derive(Deserialize)]
pub(super) struct Item<'a> {
    /// Null for a line that has no price of its own, such as a proration.
    #[serde(borrow, default)]
    pub(super) product_price_id: Raw<'a>,
    /// Below zero where it gives credit.
    #[serde(borrow, default)]
    pub(super) amount: Raw<'a>,
}

/// A discount inside an order or a checkout.
#[derive(Deserialize)]
pub(super) struct Discount<'a> {
    /// Null for a discount that the buyer does not type.
    #[serde(borrow, default)]
    pub(super) code: Raw<'a>,
}

/// The places in which an object names its organization.
#[derive(Deserialize)]
struct Owned<'a> {
    #[serde(borrow, default)]
    organization_id: Raw<'a>,
    #[serde(borrow, default)]
    customer: Raw<'a>,
    #[serde(borrow, default)]
    product: Raw<'a>,
}

/// The organization that a delivery belongs to: the customer's, the object's own, or the product's.
pub(super) fn organization(body: &[u8]) -> Option<String> {
    let own = |raw: Raw<'_>| raw.object::<Owned<'_>>()?.organization_id.text();
    let event: Event<'_> = lenient::document(body)?;
    let data: Owned<'_> = event.data.object()?;
    own(data.customer)
        .or_else(|| data.organization_id.text())
        .or_else(|| own(data.product))
}
