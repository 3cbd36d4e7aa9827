//! The members of track calls one by one: what each may be, and how a wrong one is refused.
//!
//! Pure. A refusal names the member as the client writes it and never repeats its value.

use providers::decimal::{DecimalError, Excess, to_minor};
use providers::fact::Label;
use providers::lenient::Raw;
use providers::{Currency, Micros};

use crate::http::error::ApiError;

/// The `paymentProcessor` of a sale that no processor's webhook reports.
pub const CUSTOM_PROCESSOR: &str = "custom";

/// The largest amount: 2^53-1, the last whole number that every JSON reader holds exactly.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// The longest id or name that is taken, in characters; longer ones would not fit an index.
pub const TEXT_MAX_CHARS: usize = 255;

/// The longest optional text (an address of a picture), in characters; longer ones count as not given.
pub const OPTIONAL_MAX_CHARS: usize = 2_048;

/// The largest `metadata`, in bytes of its JSON text.
pub const METADATA_MAX_BYTES: usize = 10_000;

/// A text that must be there.
pub(super) fn required(field: &'static str, raw: Raw<'_>) -> Result<String, ApiError> {
    optional(field, raw)?.ok_or_else(|| ApiError::validation(field, format!("{field} is required")))
}

/// A text that counts, so that a wrong one is refused; null and the empty text are absent.
pub(super) fn optional(field: &'static str, raw: Raw<'_>) -> Result<Option<String>, ApiError> {
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

/// A time, as RFC 3339; null is absent. Whether it lies within bounds is not checked here.
pub(super) fn time(field: &'static str, raw: Raw<'_>) -> Result<Option<Micros>, ApiError> {
    let Some(text) = optional(field, raw)? else {
        return Ok(None);
    };
    let at = Micros::parse_rfc3339(&text);
    at.map(Some).ok_or_else(|| {
        let message = format!("{field} must be a time as 2026-11-22T10:00:00Z (RFC 3339)");
        ApiError::validation(field, message)
    })
}

/// Yes or no; no where it is absent.
pub(super) fn flag(field: &'static str, raw: Raw<'_>) -> Result<bool, ApiError> {
    match raw.json() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ if !raw.is_present() => Ok(false),
        _ => {
            let message = format!("{field} must be true or false");
            Err(ApiError::validation(field, message))
        }
    }
}

/// A click id. A text that can be none names no recorded click, like any other that was never given out.
pub(super) fn click_id(raw: Raw<'_>) -> Result<String, ApiError> {
    let can_be = |text: &str| Label::new(text, "clickId").is_some();
    match raw.string() {
        Some(text) if !text.trim().is_empty() && !can_be(&text) => {
            Err(ApiError::invalid_click_id())
        }
        _ => required("clickId", raw),
    }
}

/// A text that is nice to have: whatever cannot be used is absent.
pub(super) fn usable(raw: Raw<'_>) -> Option<String> {
    raw.text()
        .filter(|text| text.chars().count() <= OPTIONAL_MAX_CHARS && !text.contains('\0'))
}

pub(super) fn amount(raw: Raw<'_>) -> Result<i64, ApiError> {
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

pub(super) fn currency(raw: Raw<'_>) -> Result<Currency, ApiError> {
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

pub(super) fn payment_processor(raw: Raw<'_>, processors: &[&str]) -> Result<String, ApiError> {
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

pub(super) fn metadata(raw: Raw<'_>) -> Result<Option<String>, ApiError> {
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
