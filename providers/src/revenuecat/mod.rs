//! RevenueCat: in-app purchases of the App Store, Google Play, Amazon and Roku, told by one webhook.
//!
//! A delivery is one event about one store transaction. The transaction is the payment; RevenueCat's
//! events about it are its snapshots. Web stores are read only where the owner says so, since most owners
//! connect them directly. Nothing here trusts what a buyer's app can write into the event.

mod amounts;
pub mod export;
mod identity;
mod names;
mod normalize;
mod objects;
mod options;
mod refunds;
#[cfg(test)]
mod tests;
mod transaction;
mod unpaid;
mod verify;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::time::Micros;

/// The adapter of RevenueCat.
#[derive(Debug, Clone, Copy)]
pub struct RevenueCat;

static ABOUT: About = About {
    id: "revenuecat",
    title: "RevenueCat",
    payment_processor: "revenuecat",
    opt_in: false,
    events: &[
        EventChoice::required("INITIAL_PURCHASE"),
        EventChoice::required("RENEWAL"),
        EventChoice::required("NON_RENEWING_PURCHASE"),
        EventChoice::required("CANCELLATION"),
        EventChoice::required("REFUND_REVERSED"),
        EventChoice::required("TRANSFER"),
        EventChoice::optional("PURCHASE_REDEEMED"),
        EventChoice::optional("TEST"),
    ],
    steps: &[
        "Open your project in RevenueCat, then Integrations, Webhooks, Add new configuration",
        "Paste the URL",
        "Type a long random value into Authorization header; it is a secret of the source, as auth:<value>",
        "Turn on HMAC webhook signing and copy its secret, which is shown once; it is a secret too, as hmac:<value>",
        "Send events for production purchases, for all apps",
        "Tick the events listed here",
        "Payments of the web stores STRIPE, PADDLE and RC_BILLING do not count: connect Stripe or Paddle here. Only if you do not, name those stores in the setting stores; with both, the same money would count twice",
        "Send a test event: it must turn green",
    ],
    places: identity::PLACES,
    signature_headers: &[verify::SIGNATURE, verify::AUTHORIZATION],
    kept_headers: &[],
};

impl Adapter for RevenueCat {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        options::check(settings)
    }

    fn verify(
        &self,
        delivery: Delivery<'_>,
        secrets: &[Secret],
        settings: &Settings,
        now: Micros,
    ) -> Result<Verified, Rejection> {
        verify::verify(delivery, secrets, settings, now)
    }

    fn envelope(&self, verified: &Verified) -> Envelope {
        objects::envelope(verified.body())
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        normalize::normalize(verified, settings)
    }

    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        _settings: &Settings,
        now: Micros,
    ) -> Option<SignedDelivery> {
        verify::sign(body, headers, secret, now)
    }
}
