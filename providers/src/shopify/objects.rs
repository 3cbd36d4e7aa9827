//! Shopify's objects as far as they are read: tolerant structs, and the few ways to read a field.
//!
//! Nothing here decides anything; a field that is missing or odd is noticed where it is used.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::decimal::DecimalError;
use crate::fact::Bought;
use crate::lenient::Raw;
use crate::{Currency, Micros, Name};

/// Why an authentic body of a known topic says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Not JSON, or no object.
    Json,
    /// No id, or one that is no whole number.
    Id,
    /// No currency.
    Currency,
    /// An amount is missing, is no decimal number, or has more places than its currency.
    Amount,
}

impl Unreadable {
    /// In words, for the owner.
    pub const fn note(self) -> &'static str {
        match self {
            Self::Json => "the body is no JSON object",
            Self::Id => "the body has no usable id",
            Self::Currency => "the body names no currency",
            Self::Amount => "an amount cannot be read",
        }
    }
}

impl From<DecimalError> for Unreadable {
    fn from(_: DecimalError) -> Self {
        Self::Amount
    }
}

/// An order: what was bought, for how much, by whom, and how far it is paid.
#[derive(Deserialize)]
pub struct Order<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub admin_graphql_api_id: Raw<'a>,
    #[serde(borrow, default)]
    pub cancelled_at: Raw<'a>,
    #[serde(borrow, default)]
    pub checkout_token: Raw<'a>,
    #[serde(borrow, default)]
    pub confirmation_number: Raw<'a>,
    #[serde(borrow, default)]
    pub contact_email: Raw<'a>,
    #[serde(borrow, default)]
    pub created_at: Raw<'a>,
    #[serde(borrow, default)]
    pub currency: Raw<'a>,
    #[serde(borrow, default)]
    pub current_total_duties_set: Raw<'a>,
    #[serde(borrow, default)]
    pub current_total_price: Raw<'a>,
    #[serde(borrow, default)]
    pub current_total_price_set: Raw<'a>,
    #[serde(borrow, default)]
    pub customer: Raw<'a>,
    #[serde(borrow, default)]
    pub discount_applications: Raw<'a>,
    #[serde(borrow, default)]
    pub discount_codes: Raw<'a>,
    #[serde(borrow, default)]
    pub duties_included: Raw<'a>,
    #[serde(borrow, default)]
    pub email: Raw<'a>,
    #[serde(borrow, default)]
    pub financial_status: Raw<'a>,
    #[serde(borrow, default)]
    pub landing_site: Raw<'a>,
    #[serde(borrow, default)]
    pub line_items: Raw<'a>,
    #[serde(borrow, default)]
    pub name: Raw<'a>,
    #[serde(borrow, default)]
    pub note_attributes: Raw<'a>,
    #[serde(borrow, default, rename = "order_number")]
    pub number: Raw<'a>,
    #[serde(borrow, default)]
    pub original_total_additional_fees_set: Raw<'a>,
    #[serde(borrow, default)]
    pub original_total_duties_set: Raw<'a>,
    #[serde(borrow, default)]
    pub payment_terms: Raw<'a>,
    #[serde(borrow, default)]
    pub presentment_currency: Raw<'a>,
    #[serde(borrow, default)]
    pub processed_at: Raw<'a>,
    #[serde(borrow, default)]
    pub refunds: Raw<'a>,
    #[serde(borrow, default)]
    pub shipping_lines: Raw<'a>,
    #[serde(borrow, default)]
    pub source_name: Raw<'a>,
    #[serde(borrow, default)]
    pub taxes_included: Raw<'a>,
    #[serde(borrow, default)]
    pub total_discounts: Raw<'a>,
    #[serde(borrow, default)]
    pub total_discounts_set: Raw<'a>,
    #[serde(borrow, default)]
    pub total_outstanding: Raw<'a>,
    #[serde(borrow, default)]
    pub total_price: Raw<'a>,
    #[serde(borrow, default)]
    pub total_price_set: Raw<'a>,
    #[serde(borrow, default)]
    pub total_shipping_price_set: Raw<'a>,
    #[serde(borrow, default)]
    pub total_tax: Raw<'a>,
    #[serde(borrow, default)]
    pub total_tax_set: Raw<'a>,
    #[serde(borrow, default)]
    pub total_tip_received: Raw<'a>,
    #[serde(borrow, default)]
    pub total_tip_received_set: Raw<'a>,
    #[serde(borrow, default)]
    pub updated_at: Raw<'a>,
}

impl Order<'_> {
    /// The shop's currency.
    pub fn shop_currency(&self) -> Option<Currency> {
        Currency::parse(&self.currency.text()?)
    }

    /// The buyer's currency, where it is told.
    pub fn paid_in(&self) -> Option<Currency> {
        Currency::parse(&self.presentment_currency.text()?)
    }

    /// When the last payment came that its terms ask for, if it has any.
    pub fn terms_met_at(&self) -> Option<Micros> {
        let terms = self.payment_terms.object::<PaymentTerms<'_>>()?;
        let schedules = terms.payment_schedules.objects::<PaymentSchedule<'_>>();
        let met = schedules
            .iter()
            .filter_map(|one| one.completed_at.rfc3339());
        met.max()
    }
}

/// How an order is to be paid later.
#[derive(Deserialize)]
pub struct PaymentTerms<'a> {
    #[serde(borrow, default)]
    pub payment_schedules: Raw<'a>,
}

/// A payment that an order's terms ask for.
#[derive(Deserialize)]
pub struct PaymentSchedule<'a> {
    #[serde(borrow, default)]
    pub completed_at: Raw<'a>,
}

/// One line of an order.
#[derive(Deserialize)]
pub struct Line<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub current_quantity: Raw<'a>,
    #[serde(borrow, default)]
    pub discount_allocations: Raw<'a>,
    #[serde(borrow, default)]
    pub duties: Raw<'a>,
    #[serde(borrow, default)]
    pub gift_card: Raw<'a>,
    #[serde(borrow, default)]
    pub price: Raw<'a>,
    #[serde(borrow, default)]
    pub price_set: Raw<'a>,
    #[serde(borrow, default)]
    pub product_id: Raw<'a>,
    #[serde(borrow, default)]
    pub properties: Raw<'a>,
    #[serde(borrow, default)]
    pub quantity: Raw<'a>,
    #[serde(borrow, default)]
    pub tax_lines: Raw<'a>,
    #[serde(default)]
    pub tip: Given,
    #[serde(borrow, default)]
    pub tip_payment_gateway: Raw<'a>,
    #[serde(borrow, default)]
    pub tip_payment_method: Raw<'a>,
    #[serde(borrow, default)]
    pub variant_id: Nullable<'a>,
}

impl Line<'_> {
    /// Whether it is money for the staff. Such a line has the key `tip`, whose value is null where the tip
    /// came with the checkout.
    pub fn is_tip(&self) -> bool {
        self.tip.0 || self.tip_payment_gateway.is_present() || self.tip_payment_method.is_present()
    }

    /// Whether it is money that is spent later.
    pub fn is_gift_card(&self) -> bool {
        !self.is_tip() && self.gift_card.bool() == Some(true)
    }

    /// Whether it counts for a commission.
    pub fn is_goods(&self) -> bool {
        !self.is_tip() && !self.is_gift_card()
    }

    /// Its ids: that of the variant, that of the product, its own (`line`, in a refund told beside it). The first two
    /// are null for an item that was made up for the order, and from the day on which the product is deleted
    /// (<https://shopify.dev/docs/api/admin-rest/latest/resources/order>); a variant may be deleted by itself.
    pub fn ids(&self, line: Raw<'_>) -> Vec<String> {
        let ids = [self.variant_id.value, self.product_id];
        let line = digits(line).map(|id| format!("line/{id}"));
        ids.into_iter().filter_map(digits).chain(line).collect()
    }

    /// What it is, of so much.
    pub fn thing(&self, amount: i64) -> Bought {
        let is_known = self.product_id.is_present() && !self.variant_id.is_null();
        Bought {
            ids: self.ids(self.id),
            amount,
            is_forgotten: !is_known && self.id.is_present(),
        }
    }
}

/// A field of which null says something else than that it is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nullable<'a> {
    /// What it says.
    pub value: Raw<'a>,
    is_given: bool,
}

impl Nullable<'_> {
    fn is_null(self) -> bool {
        self.is_given && !self.value.is_present()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Nullable<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self {
            value: Raw::deserialize(deserializer)?,
            is_given: true,
        })
    }
}

/// Whether a key is there, be its value null.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given(bool);

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Ok(Self(true))
    }
}

/// One way of shipping.
#[derive(Deserialize)]
pub struct ShippingLine<'a> {
    #[serde(borrow, default)]
    pub discount_allocations: Raw<'a>,
    #[serde(borrow, default)]
    pub is_removed: Raw<'a>,
    #[serde(borrow, default)]
    pub price: Raw<'a>,
    #[serde(borrow, default)]
    pub price_set: Raw<'a>,
    #[serde(borrow, default)]
    pub tax_lines: Raw<'a>,
}

impl ShippingLine<'_> {
    /// Whether an edit has taken it out of the order.
    pub fn is_removed(&self) -> bool {
        self.is_removed.bool() == Some(true)
    }
}

/// Who bought, or a customer by himself.
#[derive(Deserialize)]
pub struct Customer<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub email: Raw<'a>,
    #[serde(borrow, default)]
    pub first_name: Raw<'a>,
    #[serde(borrow, default)]
    pub last_name: Raw<'a>,
    #[serde(borrow, default)]
    pub updated_at: Raw<'a>,
}

/// A refund: what it is for, and the transactions that move its money.
#[derive(Deserialize)]
pub struct Refund<'a> {
    #[serde(borrow, default)]
    pub created_at: Raw<'a>,
    #[serde(borrow, default)]
    pub order_id: Raw<'a>,
    #[serde(borrow, default)]
    pub order_adjustments: Raw<'a>,
    #[serde(borrow, default)]
    pub processed_at: Raw<'a>,
    #[serde(borrow, default, rename = "refund_line_items")]
    pub lines: Raw<'a>,
    #[serde(borrow, default, rename = "refund_shipping_lines")]
    pub shipping_lines: Raw<'a>,
    #[serde(borrow, default)]
    pub total_duties_set: Raw<'a>,
    #[serde(borrow, default)]
    pub transactions: Raw<'a>,
}

impl Refund<'_> {
    /// When it was made.
    pub fn made_at(&self) -> Option<Micros> {
        first_time(&[self.created_at, self.processed_at])
    }
}

/// One movement of money of an order.
#[derive(Deserialize)]
pub struct Transaction<'a> {
    #[serde(borrow, default)]
    pub id: Raw<'a>,
    #[serde(borrow, default)]
    pub amount: Raw<'a>,
    #[serde(borrow, default)]
    pub created_at: Raw<'a>,
    #[serde(borrow, default)]
    pub currency: Raw<'a>,
    #[serde(borrow, default)]
    pub kind: Raw<'a>,
    #[serde(borrow, default)]
    pub order_id: Raw<'a>,
    #[serde(borrow, default)]
    pub processed_at: Raw<'a>,
    #[serde(borrow, default)]
    pub status: Raw<'a>,
}

/// A numeric id as its exact digits, from a number, a text of digits or a `gid://shopify/Order/1`.
/// Ids exceed 2^53, so they are never read as a number.
pub fn digits(raw: Raw<'_>) -> Option<String> {
    let text = raw.scalar()?;
    let id = match text.strip_prefix("gid://shopify/") {
        Some(rest) => rest.split_once('/')?.1,
        None => &text,
    };
    let plain = !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| id.to_owned())
}

/// The order with this id, as a payment.
pub fn order_name(id: Raw<'_>) -> Option<Name> {
    Name::payment(&digits(id)?)
}

/// The order's other name, under which GraphQL knows it.
pub fn order_gid(order: &Name) -> Option<Name> {
    Name::payment(&format!("gid://shopify/Order/{}", order.value()))
}

/// The customer with this id; the ids are numbers, so they get a prefix.
pub fn customer_name(id: Raw<'_>) -> Option<Name> {
    Name::customer(&format!("shopify/{}", digits(id)?))
}

/// The first of the fields that is a time.
pub fn first_time(fields: &[Raw<'_>]) -> Option<Micros> {
    fields.iter().find_map(|field| field.rfc3339())
}

/// A text to keep: trimmed, without control characters (which PostgreSQL cannot store), not empty.
pub fn clean(raw: Raw<'_>) -> Option<String> {
    let text: String = raw.scalar()?.chars().filter(|c| !c.is_control()).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
