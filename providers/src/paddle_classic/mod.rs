//! Paddle Classic, closed to new sellers since 2023 and still paying the old ones: signed forms, one for
//! each alert.
//!
//! A sale is an order; renewals have orders of their own. Numbers that are not unique by themselves
//! (subscriptions, users, subscription payments) carry the prefix `classic/`.
//! This folder must never count an alert it does not know as money.

mod form;
mod keys;
mod normalize;
mod orders;
mod reversals;
mod verify;

#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::time::Micros;

/// Paddle Classic.
pub struct PaddleClassic;

static ABOUT: About = About {
    id: "paddle-classic",
    title: "Paddle Classic",
    payment_processor: "paddle",
    opt_in: true,
    events: &[
        EventChoice::required("payment_succeeded"),
        EventChoice::required("payment_refunded"),
        EventChoice::required("subscription_created"),
        EventChoice::required("subscription_payment_succeeded"),
        EventChoice::required("subscription_payment_refunded"),
        EventChoice::required("payment_dispute_created"),
        EventChoice::required("payment_dispute_closed"),
    ],
    steps: &[
        "Open the seller dashboard of Paddle Classic, Developer Tools, Events.",
        "Add the URL shown here and tick the alerts listed here.",
        "Copy the key from Developer Tools, Public Key, into this source: it is what its alerts are verified with.",
        "Leave the fulfillment webhook of single products off: the alerts say the same.",
    ],
    places: orders::PLACES,
    kept_headers: &[],
};

impl Adapter for PaddleClassic {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        settings.reject_unknown(&[], ABOUT.places)
    }

    fn verify(
        &self,
        delivery: Delivery<'_>,
        secrets: &[Secret],
        _settings: &Settings,
        _now: Micros,
    ) -> Result<Verified, Rejection> {
        verify::verify(delivery, secrets)
    }

    fn envelope(&self, verified: &Verified) -> Envelope {
        normalize::envelope(verified.body())
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        normalize::reading(verified.body(), settings)
    }

    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        _settings: &Settings,
        _now: Micros,
    ) -> Option<SignedDelivery> {
        verify::sign(body, headers, secret)
    }
}
