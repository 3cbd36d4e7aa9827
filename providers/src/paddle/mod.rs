//! Paddle Billing: `Paddle-Signature`, transactions, adjustments, subscriptions, customers and discounts.
//!
//! A transaction's status is what counts, never the event that brought it; a refund counts once it is
//! approved. Events of Paddle's simulator are rightly signed, and never recorded.
//! This folder must never take an amount from `custom_data`, and never take a warning for money.

mod adjustment;
mod normalize;
mod objects;
mod parties;
mod transaction;
mod verify;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::lenient;
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::time::Micros;

/// Paddle Billing.
pub struct Paddle;

/// The setting that makes credits take commission back.
const CREDITS_REVERSE: &str = "creditsReverse";

static ABOUT: About = About {
    id: "paddle",
    title: "Paddle",
    payment_processor: "paddle",
    opt_in: false,
    events: &[
        event("transaction.completed", true),
        event("transaction.updated", true),
        event("adjustment.created", true),
        event("adjustment.updated", true),
        event("subscription.created", true),
        event("transaction.paid", false),
        event("transaction.revised", false),
        event("customer.created", false),
        event("customer.updated", false),
        event("discount.created", false),
        event("discount.updated", false),
        event("subscription.imported", false),
        event("customer.imported", false),
    ],
    steps: &[
        "Open Paddle, Developer tools, Notifications, and choose New destination.",
        "Type: URL (webhook). URL: the one shown here. API version: 1. Usage type: platform only.",
        "Tick the events listed here and save.",
        "Choose Edit destination in the menu of the new line and copy its secret key (pdl_ntfset_…) into this source.",
        "For the sandbox, do the same there with a second source in test mode.",
    ],
    kept_headers: &[],
};

const fn event(name: &'static str, required: bool) -> EventChoice {
    EventChoice { name, required }
}

impl Adapter for Paddle {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        settings.reject_unknown(&[CREDITS_REVERSE])?;
        match settings.0.get(CREDITS_REVERSE) {
            None | Some(Value::Bool(_)) => Ok(()),
            Some(_) => Err(SettingError {
                name: CREDITS_REVERSE.to_owned(),
                problem: "must be true or false",
            }),
        }
    }

    fn verify(
        &self,
        delivery: Delivery<'_>,
        secrets: &[Secret],
        _settings: &Settings,
        now: Micros,
    ) -> Result<Verified, Rejection> {
        verify::verify(delivery, secrets, now)
    }

    fn envelope(&self, verified: &Verified) -> Envelope {
        let body = verified.body();
        lenient::document::<objects::Message<'_>>(body).map_or_else(
            || Envelope::unreadable(body),
            |event| normalize::envelope(&event, body),
        )
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        lenient::document::<objects::Message<'_>>(verified.body()).map_or_else(
            || Reading::unreadable("the body is not a JSON object"),
            |event| normalize::reading(&event, settings),
        )
    }

    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        _settings: &Settings,
        now: Micros,
    ) -> Option<SignedDelivery> {
        let mut headers = headers.to_vec();
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(verify::HEADER));
        let value = verify::header_value(body, secret, now);
        headers.push((verify::HEADER.to_owned(), value));
        Some(SignedDelivery {
            headers,
            body: body.to_vec(),
        })
    }
}
