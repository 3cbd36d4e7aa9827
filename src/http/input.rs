//! The bodies of the three track calls, checked and typed.
//!
//! Pure: bytes in, a struct or the first wrong field out, in the order of the contract's tables. What is
//! required is strict, since a wrong amount costs money; what is optional never loses a lead.

use providers::Currency;
use providers::decimal::{DecimalError, Excess, to_minor};
use providers::lenient::Raw;
use serde::Deserialize;

use crate::http::body::parse;
use crate::http::error::ApiError;

/// The `paymentProcessor` of a sale that no processor's webhook reports.
pub const CUSTOM_PROCESSOR: &str = "custom";

/// The `eventName` of a sale that gives none.
pub const DEFAULT_SALE_EVENT: &str = "Purchase";

/// The largest amount: 2^53-1, the last whole number that every JSON reader holds exactly.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// The longest id or name that is taken, in characters; longer ones would not fit an index.
pub const TEXT_MAX_CHARS: usize = 255;

/// The longest optional text (an address of a picture), in characters; longer ones count as not given.
pub const OPTIONAL_MAX_CHARS: usize = 2_048;

/// The largest `metadata`, in bytes of its JSON text.
pub const METADATA_MAX_BYTES: usize = 10_000;

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

/// A text that must be there.
fn required(field: &'static str, raw: Raw<'_>) -> Result<String, ApiError> {
    optional(field, raw)?.ok_or_else(|| ApiError::validation(field, format!("{field} is required")))
}

/// A text that counts, so that a wrong one is refused; null and the empty text are absent.
fn optional(field: &'static str, raw: Raw<'_>) -> Result<Option<String>, ApiError> {
    let refuse = |what: &str| Err(ApiError::validation(field, format!("{field} {what}")));
    if !raw.is_present() {
        return Ok(None);
    }
    let Some(text) = raw.string() else {
        return refuse("must be a string");
    };
    let text = text.trim();
    if text.chars().count() > TEXT_MAX_CHARS {
        return refuse("must have at most 255 characters");
    }
    if text.contains('\0') {
        return refuse("must not contain the character U+0000");
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A text that is nice to have: whatever cannot be used is absent.
fn usable(raw: Raw<'_>) -> Option<String> {
    raw.text()
        .filter(|text| text.chars().count() <= OPTIONAL_MAX_CHARS && !text.contains('\0'))
}

fn amount(raw: Raw<'_>) -> Result<i64, ApiError> {
    let refuse = |message: &'static str| Err(ApiError::validation("amount", message));
    let Some(json) = raw.json() else {
        return refuse("amount is required");
    };
    match json.as_bytes().first() {
        Some(b'0'..=b'9' | b'-') => {}
        Some(b'"') => {
            return refuse(
                "amount must be a number without quotes: the whole number of the smallest currency unit",
            );
        }
        _ => return refuse("amount must be a whole number of the smallest currency unit"),
    }
    match to_minor(json, 0, Excess::Refuse) {
        Ok(amount) if amount > AMOUNT_MAX => refuse("amount must be at most 9007199254740991"),
        Ok(amount) if amount >= 0 => Ok(amount),
        Ok(_) => refuse("amount must not be negative: refunds come from the processor"),
        Err(DecimalError::Overflow) if json.starts_with('-') => {
            refuse("amount must not be negative: refunds come from the processor")
        }
        Err(DecimalError::Overflow) => refuse("amount must be at most 9007199254740991"),
        Err(DecimalError::Malformed | DecimalError::Precision) => {
            refuse("amount must be a whole number of the smallest currency unit")
        }
    }
}

fn currency(raw: Raw<'_>) -> Result<Currency, ApiError> {
    if !raw.is_present() {
        return Ok(Currency::USD);
    }
    raw.string()
        .and_then(|code| Currency::parse(&code))
        .filter(|currency| currency.is_known())
        .ok_or_else(|| {
            let message = "currency must be a code of ISO 4217, for example usd";
            ApiError::validation("currency", message)
        })
}

fn payment_processor(raw: Raw<'_>, processors: &[&str]) -> Result<String, ApiError> {
    if !raw.is_present() {
        return Ok(CUSTOM_PROCESSOR.to_owned());
    }
    let known = |name: &str| name == CUSTOM_PROCESSOR || processors.contains(&name);
    if let Some(name) = raw.text().filter(|name| known(name)) {
        return Ok(name);
    }
    let mut names = Vec::new();
    for &name in processors.iter().chain(&[CUSTOM_PROCESSOR]) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let message = format!("paymentProcessor must be one of {}", names.join(", "));
    Err(ApiError::validation("paymentProcessor", message))
}

fn metadata(raw: Raw<'_>) -> Result<Option<String>, ApiError> {
    let Some(json) = raw.json() else {
        return Ok(None);
    };
    if !json.starts_with('{') {
        let message = "metadata must be an object";
        return Err(ApiError::validation("metadata", message));
    }
    if json.len() > METADATA_MAX_BYTES {
        let message = "metadata must have at most 10 kB";
        return Err(ApiError::validation("metadata", message));
    }
    Ok(Some(json.to_owned()))
}

#[cfg(test)]
mod tests;
