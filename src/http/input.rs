//! The bodies of the three track calls, checked and typed.
//!
//! Pure: bytes in, a struct or the first wrong field out, in the order of the contract's tables. What is
//! required is strict, since a wrong amount costs money; what is optional never loses a lead.

mod fields;

use providers::Currency;
use providers::lenient::Raw;
use serde::Deserialize;

use crate::http::body::parse;
use crate::http::error::ApiError;
use fields::{amount, currency, metadata, optional, payment_processor, required, usable};

pub use fields::{
    AMOUNT_MAX, CUSTOM_PROCESSOR, METADATA_MAX_BYTES, OPTIONAL_MAX_CHARS, TEXT_MAX_CHARS,
};

/// The `eventName` of a sale that gives none.
pub const DEFAULT_SALE_EVENT: &str = "Purchase";

/// What is told of a customer. Everything in it may be unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerInput {
    /// The merchant's own id of the customer.
    pub external_id: String,
    /// The e-mail address as written.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The address of a picture.
    pub avatar: Option<String>,
}

/// The body of `POST /api/track/sale`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackSale {
    /// The `refp_id` value, trimmed. Whether such a click exists is not checked here.
    pub click_id: String,
    /// Who bought.
    pub customer: CustomerInput,
    /// In the smallest unit of `currency`, 0 to [`AMOUNT_MAX`].
    pub amount: i64,
    /// A currency that ISO 4217 knows.
    pub currency: Currency,
    /// What happened.
    pub event_name: String,
    /// The key under which the same sale is never counted twice.
    pub invoice_id: Option<String>,
    /// A registered processor's `paymentProcessor`, or [`CUSTOM_PROCESSOR`].
    pub payment_processor: String,
    /// A JSON object as sent, at most [`METADATA_MAX_BYTES`].
    pub metadata: Option<String>,
}

/// The body of `POST /api/track/lead`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackLead {
    /// The `refp_id` value, trimmed.
    pub click_id: String,
    /// What happened.
    pub event_name: String,
    /// Who it was.
    pub customer: CustomerInput,
    /// A JSON object as sent; anything else, or one over [`METADATA_MAX_BYTES`], is dropped.
    pub metadata: Option<String>,
}

/// The body of `POST /api/track/click`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackClick {
    /// The link's key.
    pub key: String,
    /// The link's domain.
    pub domain: Option<String>,
    /// The page that was visited.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
}

/// All members of the three bodies, unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow, default)]
    click_id: Raw<'a>,
    #[serde(borrow, default)]
    customer_external_id: Raw<'a>,
    #[serde(borrow, default)]
    amount: Raw<'a>,
    #[serde(borrow, default)]
    currency: Raw<'a>,
    #[serde(borrow, default)]
    event_name: Raw<'a>,
    #[serde(borrow, default)]
    invoice_id: Raw<'a>,
    #[serde(borrow, default)]
    payment_processor: Raw<'a>,
    #[serde(borrow, default)]
    customer_email: Raw<'a>,
    #[serde(borrow, default)]
    customer_name: Raw<'a>,
    #[serde(borrow, default)]
    customer_avatar: Raw<'a>,
    #[serde(borrow, default)]
    metadata: Raw<'a>,
    #[serde(borrow, default)]
    key: Raw<'a>,
    #[serde(borrow, default)]
    domain: Raw<'a>,
    #[serde(borrow, default)]
    url: Raw<'a>,
    #[serde(borrow, default)]
    referrer: Raw<'a>,
}

impl TrackSale {
    /// Reads and checks a body.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let registered = providers::adapters()
            .iter()
            .map(|adapter| adapter.about().payment_processor);
        Self::parse_knowing(body, &registered.collect::<Vec<_>>())
    }

    fn parse_knowing(body: &[u8], processors: &[&str]) -> Result<Self, ApiError> {
        let body: Body<'_> = parse(body)?;
        let click_id = required("clickId", body.click_id)?;
        let external_id = required("customerExternalId", body.customer_external_id)?;
        let amount = amount(body.amount)?;
        let currency = currency(body.currency)?;
        let event_name = optional("eventName", body.event_name)?
            .unwrap_or_else(|| DEFAULT_SALE_EVENT.to_owned());
        let invoice_id = optional("invoiceId", body.invoice_id)?;
        let payment_processor = payment_processor(body.payment_processor, processors)?;
        let metadata = metadata(body.metadata)?;
        Ok(Self {
            click_id,
            customer: body.customer(external_id),
            amount,
            currency,
            event_name,
            invoice_id,
            payment_processor,
            metadata,
        })
    }
}

impl TrackLead {
    /// Reads and checks a body. Only a required field can be wrong.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let body: Body<'_> = parse(body)?;
        let click_id = required("clickId", body.click_id)?;
        let event_name = required("eventName", body.event_name)?;
        let external_id = required("customerExternalId", body.customer_external_id)?;
        Ok(Self {
            click_id,
            event_name,
            customer: body.customer(external_id),
            metadata: metadata(body.metadata).ok().flatten(),
        })
    }
}

impl TrackClick {
    /// Reads and checks a body. Only the key can be wrong.
    pub fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let body: Body<'_> = parse(body)?;
        Ok(Self {
            key: required("key", body.key)?,
            domain: usable(body.domain),
            url: usable(body.url),
            referrer: usable(body.referrer),
        })
    }
}

impl Body<'_> {
    fn customer(&self, external_id: String) -> CustomerInput {
        CustomerInput {
            external_id,
            email: usable(self.customer_email),
            name: usable(self.customer_name),
            avatar: usable(self.customer_avatar),
        }
    }
}

#[cfg(test)]
mod tests;
