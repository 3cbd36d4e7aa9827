//! The parts of Paddle's documents that are read: tolerant, borrowed, and understood only where they are used.
//!
//! It must never decide what a field means for the ledger.
//! <https://developer.paddle.com/api-reference/overview>

use serde::Deserialize;

use crate::lenient::Raw;

/// The outside of every notification.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub event_id: Raw<'a>,
    #[serde(borrow, default)]
    pub event_type: Raw<'a>,
    #[serde(borrow, default)]
    pub occurred_at: Raw<'a>,
    #[serde(borrow, default)]
    pub notification_id: Raw<'a>,
    #[serde(borrow, default)]
    pub data: Raw<'a>,
}

/// A transaction.
#[derive(Deserialize)]
pub(super) struct Transaction<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub status: Raw<'a>,
    #[serde(borrow, default)]
    pub origin: Raw<'a>,
    #[serde(borrow, default)]
    pub customer_id: Raw<'a>,
    #[serde(borrow, default)]
    pub subscription_id: Raw<'a>,
    #[serde(borrow, default)]
    pub discount_id: Raw<'a>,
    #[serde(borrow, default)]
    pub currency_code: Raw<'a>,
    #[serde(borrow, default)]
    pub custom_data: Raw<'a>,
    /// What is printed on the invoice; null until it is paid or issued.
    #[serde(borrow, default)]
    pub invoice_number: Raw<'a>,
    /// `automatic`, or `manual`: an invoice, issued before it is paid.
    #[serde(borrow, default)]
    pub collection_mode: Raw<'a>,
    #[serde(borrow, default)]
    pub billed_at: Raw<'a>,
    /// Set once the customer's details were corrected after payment.
    #[serde(borrow, default)]
    pub revised_at: Raw<'a>,
    #[serde(borrow, default)]
    pub details: Raw<'a>,
    #[serde(borrow, default)]
    pub items: Raw<'a>,
    #[serde(borrow, default)]
    pub payments: Raw<'a>,
}

/// `transaction.details`.
#[derive(Deserialize)]
pub(super) struct Details<'a> {
    #[serde(borrow, default)]
    pub totals: Raw<'a>,
    #[serde(borrow, default)]
    pub line_items: Raw<'a>,
}

/// Totals of a transaction or an adjustment: whole smallest units, as strings.
#[derive(Deserialize)]
pub(super) struct Totals<'a> {
    #[serde(borrow, default)]
    pub subtotal: Raw<'a>,
    #[serde(borrow, default)]
    pub discount: Raw<'a>,
    #[serde(borrow, default)]
    pub tax: Raw<'a>,
    #[serde(borrow, default)]
    pub total: Raw<'a>,
    /// What the customer's balance and credits of the unpaid invoice have covered.
    #[serde(borrow, default)]
    pub credit: Raw<'a>,
    /// `total` less `credit`: what is to be paid in cash.
    #[serde(borrow, default)]
    pub grand_total: Raw<'a>,
    /// The tax in `grand_total`; in transactions from before 2026-02 all of `tax`.
    #[serde(borrow, default)]
    pub grand_total_tax: Raw<'a>,
    #[serde(borrow, default)]
    pub fee: Raw<'a>,
    #[serde(borrow, default)]
    pub currency_code: Raw<'a>,
}

/// One of a transaction's items, or of the lines in its details: those name their price and product
/// directly.
#[derive(Deserialize)]
pub(super) struct Item<'a> {
    /// Of a line.
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    /// Below zero where it gives credit.
    #[serde(borrow, default)]
    pub quantity: Raw<'a>,
    #[serde(borrow, default)]
    pub price: Raw<'a>,
    #[serde(borrow, default)]
    pub price_id: Raw<'a>,
    #[serde(borrow, default)]
    pub product: Raw<'a>,
    #[serde(borrow, default)]
    pub totals: Raw<'a>,
}

/// The price of an item.
#[derive(Deserialize)]
pub(super) struct Price<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub product_id: Raw<'a>,
    #[serde(borrow, default)]
    pub billing_cycle: Raw<'a>,
    #[serde(borrow, default)]
    pub trial_period: Raw<'a>,
}

/// One attempt to take the money; failed ones are listed too.
#[derive(Deserialize)]
pub(super) struct Attempt<'a> {
    #[serde(borrow, default)]
    pub status: Raw<'a>,
    #[serde(borrow, default)]
    pub amount: Raw<'a>,
    #[serde(borrow, default)]
    pub captured_at: Raw<'a>,
}

/// An adjustment: refund, credit, chargeback, or the undoing of one.
#[derive(Deserialize)]
pub(super) struct Adjustment<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub action: Raw<'a>,
    #[serde(borrow, default)]
    pub status: Raw<'a>,
    #[serde(borrow, default)]
    pub transaction_id: Raw<'a>,
    #[serde(borrow, default)]
    pub reason: Raw<'a>,
    #[serde(borrow, default)]
    pub currency_code: Raw<'a>,
    #[serde(borrow, default)]
    pub totals: Raw<'a>,
    /// What of the transaction's lines it is for.
    #[serde(borrow, default)]
    pub items: Raw<'a>,
    /// Of a credit: whether the customer's balance got it, or an unpaid invoice was lessened.
    #[serde(borrow, default)]
    pub credit_applied_to_balance: Raw<'a>,
    #[serde(borrow, default)]
    pub created_at: Raw<'a>,
}

/// An item of an adjustment.
#[derive(Deserialize)]
pub(super) struct Adjusted<'a> {
    /// The transaction's line.
    #[serde(borrow, default)]
    pub item_id: Raw<'a>,
    #[serde(borrow, default)]
    pub totals: Raw<'a>,
}

/// A subscription. Only `subscription.created` has `transaction_id`.
#[derive(Deserialize)]
pub(super) struct Subscription<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub customer_id: Raw<'a>,
    #[serde(borrow, default)]
    pub transaction_id: Raw<'a>,
    /// When it was first paid for, after its trial.
    #[serde(borrow, default)]
    pub first_billed_at: Raw<'a>,
    #[serde(borrow, default)]
    pub discount: Raw<'a>,
    #[serde(borrow, default)]
    pub custom_data: Raw<'a>,
    #[serde(borrow, default)]
    pub import_meta: Raw<'a>,
}

/// A customer: the only place where Paddle tells an e-mail address.
#[derive(Deserialize)]
pub(super) struct Customer<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub name: Raw<'a>,
    #[serde(borrow, default)]
    pub email: Raw<'a>,
    #[serde(borrow, default)]
    pub custom_data: Raw<'a>,
    #[serde(borrow, default)]
    pub import_meta: Raw<'a>,
}

/// Where something imported came from.
#[derive(Deserialize)]
pub(super) struct ImportMeta<'a> {
    #[serde(borrow, default)]
    pub external_id: Raw<'a>,
    #[serde(borrow, default)]
    pub imported_from: Raw<'a>,
}

/// A discount.
#[derive(Deserialize)]
pub(super) struct Discount<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub code: Raw<'a>,
}
