//! The bodies of the three track calls, checked and typed.
//!
//! Pure: bytes in, a struct or the first wrong field out, in the order of the contract's tables. What is
//! required is strict, since a wrong amount costs money; what is optional never loses a lead.

mod embed;
mod fields;

use providers::lenient::Raw;
use serde::Deserialize;

use crate::http::body::parse;
use crate::http::error::ApiError;
use crate::ledger::calls::{LeadCall, Person, SaleCall};
use fields::{
    amount, click_id, currency, flag, metadata, optional, payment_processor, required, time, usable,
};

pub use embed::embed_call;
pub use fields::{
    AMOUNT_MAX, CUSTOM_PROCESSOR, METADATA_MAX_BYTES, OPTIONAL_MAX_CHARS, TEXT_MAX_CHARS,
};

/// The `eventName` of a sale that gives none.
pub const DEFAULT_SALE_EVENT: &str = "Purchase";

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
    occurred_at: Raw<'a>,
    #[serde(borrow, default)]
    imported: Raw<'a>,
    #[serde(borrow, default)]
    key: Raw<'a>,
    #[serde(borrow, default)]
    domain: Raw<'a>,
    #[serde(borrow, default)]
    url: Raw<'a>,
    #[serde(borrow, default)]
    referrer: Raw<'a>,
}

/// Reads and checks the body of `POST /api/track/sale`. Whether its click exists is not checked here.
pub fn sale_call(body: &[u8]) -> Result<SaleCall, ApiError> {
    sale_call_knowing(body, &payment_processors())
}

/// Every `paymentProcessor` that a sale can have, each once.
pub fn payment_processors() -> Vec<&'static str> {
    let mut names = Vec::new();
    let adapters = providers::adapters().iter();
    let registered = adapters.map(|adapter| adapter.about().payment_processor);
    for name in registered.chain([CUSTOM_PROCESSOR]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn sale_call_knowing(body: &[u8], processors: &[&str]) -> Result<SaleCall, ApiError> {
    let body: Body<'_> = parse(body)?;
    let click_id = click_id(body.click_id)?;
    let external_id = required("customerExternalId", body.customer_external_id)?;
    let amount = amount(body.amount)?;
    let currency = currency(body.currency)?;
    let event_name =
        optional("eventName", body.event_name)?.unwrap_or_else(|| DEFAULT_SALE_EVENT.to_owned());
    let invoice_id = optional("invoiceId", body.invoice_id)?;
    let payment_processor = payment_processor(body.payment_processor, processors)?;
    let metadata = metadata(body.metadata)?;
    let occurred_at = time("occurredAt", body.occurred_at)?;
    let imported = flag("imported", body.imported)?;
    Ok(SaleCall {
        click_id,
        customer: body.customer(external_id),
        amount,
        currency,
        event_name,
        invoice_id,
        payment_processor,
        metadata,
        occurred_at,
        imported,
    })
}

/// Reads and checks the body of `POST /api/track/lead`. Only a required field can be wrong: metadata that
/// cannot be used are dropped.
pub fn lead_call(body: &[u8]) -> Result<LeadCall, ApiError> {
    let body: Body<'_> = parse(body)?;
    let click_id = click_id(body.click_id)?;
    let event_name = required("eventName", body.event_name)?;
    let external_id = required("customerExternalId", body.customer_external_id)?;
    Ok(LeadCall {
        click_id,
        event_name,
        customer: body.customer(external_id),
        metadata: metadata(body.metadata).ok().flatten(),
        occurred_at: time("occurredAt", body.occurred_at)?,
    })
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
    fn customer(&self, external_id: String) -> Person {
        Person {
            external_id,
            email: usable(self.customer_email),
            name: usable(self.customer_name),
            avatar: usable(self.customer_avatar),
        }
    }
}

#[cfg(test)]
mod tests;
