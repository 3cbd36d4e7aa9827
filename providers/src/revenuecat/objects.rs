//! RevenueCat's webhook body, field by field.
//!
//! Fields "always" there can be null and others may be missing, so nothing here is required. Source:
//! <https://www.revenuecat.com/docs/integrations/webhooks/event-types-and-fields>.

use serde::Deserialize;

use crate::delivery::Envelope;
use crate::lenient::{self, Raw};
use crate::signature::digest_id;
use crate::time::Micros;

/// The whole body.
#[derive(Debug, Deserialize)]
pub(super) struct Document<'a> {
    /// The version of the body's shape, `1.0`.
    #[serde(borrow, default)]
    pub(super) api_version: Raw<'a>,
    /// What happened.
    #[serde(borrow, default)]
    pub(super) event: Raw<'a>,
}

/// What happened.
#[derive(Debug, Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow, default)]
    pub(super) id: Raw<'a>,
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Raw<'a>,
    /// Kept by retries.
    #[serde(borrow, default, rename = "event_timestamp_ms")]
    pub(super) made_at_ms: Raw<'a>,
    /// `PRODUCTION` or `SANDBOX`.
    #[serde(borrow, default)]
    pub(super) environment: Raw<'a>,
    /// `APP_STORE`, `PLAY_STORE`, …
    #[serde(borrow, default)]
    pub(super) store: Raw<'a>,
    /// `TRIAL`, `INTRO`, `NORMAL`, `PROMOTIONAL` or `PREPAID`.
    #[serde(borrow, default)]
    pub(super) period_type: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) product_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) purchased_at_ms: Raw<'a>,
    /// When the period ends that was paid for.
    #[serde(borrow, default)]
    pub(super) expiration_at_ms: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) transaction_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) original_transaction_id: Raw<'a>,
    /// Counts the payments of a subscription from 1.
    #[serde(borrow, default)]
    pub(super) renewal_number: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) is_trial_conversion: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) is_family_share: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) cancel_reason: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) offer_code: Raw<'a>,
    /// Of `price_in_purchased_currency`.
    #[serde(borrow, default)]
    pub(super) currency: Raw<'a>,
    /// In US dollars, converted.
    #[serde(borrow, default)]
    pub(super) price: Raw<'a>,
    /// What the store charged.
    #[serde(borrow, default)]
    pub(super) price_in_purchased_currency: Raw<'a>,
    /// What was charged, in what an export's row has become: there the price is what is left of it.
    #[serde(borrow, default)]
    pub(super) paid_in_purchased_currency: Raw<'a>,
    /// An estimate, as a fraction of the price.
    #[serde(borrow, default)]
    pub(super) tax_percentage: Raw<'a>,
    /// An estimate, as a fraction of the price.
    #[serde(borrow, default)]
    pub(super) commission_percentage: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) app_user_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) original_app_user_id: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) aliases: Raw<'a>,
    /// `{name: {value, updated_at_ms}}`.
    #[serde(borrow, default)]
    pub(super) subscriber_attributes: Raw<'a>,
    /// Of a purchase on the web.
    #[serde(borrow, default)]
    pub(super) metadata: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) transferred_from: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) transferred_to: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) redeemed_from: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) redeemed_by: Raw<'a>,
}

impl Event<'_> {
    /// When RevenueCat made the event; retries keep it.
    pub(super) fn made_at(&self) -> Option<Micros> {
        self.made_at_ms
            .unix_millis()
            .or_else(|| self.purchased_at_ms.unix_millis())
    }

    /// When the payment was made, or became known if that is earlier: the App Store renews up to 24 hours
    /// ahead, and then `purchased_at_ms` lies in the future.
    pub(super) fn paid_at(&self) -> Option<Micros> {
        let made_at = self.made_at()?;
        let purchased_at = self.purchased_at_ms.unix_millis().unwrap_or(made_at);
        Some(purchased_at.min(made_at))
    }

    /// Whether the type of the period, where one is told, is one that this adapter was written for.
    pub(super) fn has_known_period(&self) -> bool {
        let known = ["TRIAL", "INTRO", "NORMAL", "PROMOTIONAL", "PREPAID"];
        let told = self.period_type.string();
        told.is_none_or(|period| known.contains(&period.as_ref()))
    }

    /// Whether the reason of a cancellation, where one is told, is one that this adapter was written for.
    pub(super) fn has_known_cancel_reason(&self) -> bool {
        let known = [
            "UNSUBSCRIBE",
            "BILLING_ERROR",
            "DEVELOPER_INITIATED",
            "PRICE_INCREASE",
            "CUSTOMER_SUPPORT",
            "SUBSCRIPTION_PAUSED",
            "UNKNOWN",
        ];
        let told = self.cancel_reason.string();
        told.is_none_or(|reason| known.contains(&reason.as_ref()))
    }

    /// Whether the period is of this type.
    pub(super) fn is_period(&self, name: &str) -> bool {
        self.period_type.string().as_deref() == Some(name)
    }
}

/// A text or number that says something and can be stored: no control characters.
pub(super) fn plain(raw: Raw<'_>) -> Option<String> {
    raw.scalar()
        .filter(|text| !text.chars().any(char::is_control))
}

/// One subscriber attribute.
#[derive(Debug, Deserialize)]
pub(super) struct Attribute<'a> {
    #[serde(borrow, default)]
    pub(super) value: Raw<'a>,
    #[serde(borrow, default)]
    pub(super) updated_at_ms: Raw<'a>,
}

/// The event's id, type, time and mode. A transfer names no app, so no account is named at all: one
/// payment must not be two because one event says more than another.
pub(super) fn envelope(body: &[u8]) -> Envelope {
    let Some(document) = lenient::document::<Document<'_>>(body) else {
        return Envelope::unreadable(body);
    };
    let Some(event) = document.event.object::<Event<'_>>() else {
        return Envelope::unreadable(body);
    };
    Envelope {
        event_id: plain(event.id).unwrap_or_else(|| digest_id(body)),
        event_type: plain(event.kind).unwrap_or_else(|| "unknown".to_owned()),
        api_version: plain(document.api_version),
        account: None,
        livemode: livemode(&event),
        occurred_at: event.made_at(),
    }
}

fn livemode(event: &Event<'_>) -> Option<bool> {
    if event.store.string().as_deref() == Some("TEST_STORE") {
        return Some(false);
    }
    match event.environment.string()?.as_ref() {
        "PRODUCTION" => Some(true),
        "SANDBOX" => Some(false),
        _ => None,
    }
}
