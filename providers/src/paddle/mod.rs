//! Paddle Billing: `Paddle-Signature`, transactions, adjustments, subscriptions, customers and discounts.
//!
//! A transaction's status is what counts, never the event that brought it; a refund counts once it is
//! approved. Events of Paddle's simulator are rightly signed, and never recorded.
//! This folder must never take an amount from `custom_data`, and never take a warning for money.

mod adjustment;
mod amounts;
mod history;
mod normalize;
mod objects;
mod parties;
mod transaction;
mod verify;

#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery, unsigned};
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
        EventChoice::required("transaction.completed"),
        EventChoice::required("transaction.updated"),
        EventChoice::required("adjustment.created"),
        EventChoice::required("adjustment.updated"),
        EventChoice::required("subscription.created"),
        EventChoice::optional("subscription.updated"),
        EventChoice::optional("transaction.paid"),
        EventChoice::optional("transaction.revised"),
        EventChoice::optional("customer.created"),
        EventChoice::optional("customer.updated"),
        EventChoice::optional("discount.created"),
        EventChoice::optional("discount.updated"),
        EventChoice::optional("subscription.imported"),
        EventChoice::optional("customer.imported"),
    ],
    steps: &[
        "Open Paddle, Developer tools, Notifications, and choose New destination.",
        "Type: URL (webhook). URL: the one shown here. API version: 1. Usage type: platform only.",
        "Tick the events listed here and save.",
        "Choose Edit destination in the menu of the new line and copy its secret key (pdl_ntfset_…) into this source.",
        "For the sandbox, do the same there with a second source in test mode.",
    ],
    places: parties::PLACES,
    signature_headers: &[verify::HEADER],
    kept_headers: &[],
};

impl Adapter for Paddle {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        settings.reject_unknown(&[CREDITS_REVERSE], ABOUT.places)?;
        settings.reject_unclear(&[CREDITS_REVERSE])
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
        let mut headers = unsigned(headers, &[verify::HEADER]);
        let value = verify::header_value(body, secret, now);
        headers.push((verify::HEADER.to_owned(), value));
        Some(SignedDelivery {
            headers,
            body: body.to_vec(),
        })
    }
}
