//! Shopify: orders, refunds, transactions and disputes of a shop, by its webhooks.
//!
//! The rule of this folder: **the state in the body is the fact, the topic is only an occasion.** All
//! order topics go one way, and money goes back by transaction id, so that the three places in which
//! Shopify tells of one refund are one reversal. Never takes an amount from anything the buyer can edit.

mod amounts;
mod cut;
mod dispute;
mod envelope;
mod held;
mod history;
mod identity;
mod kept;
mod names;
mod normalize;
mod notices;
mod objects;
mod order;
mod people;
mod progress;
mod refund;
mod returned;
mod shape;
mod shipping;
mod unknown;
mod verify;

#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::settings::SettingError;
use crate::{Micros, Secret, Settings};

/// The adapter.
#[derive(Debug, Clone, Copy)]
pub struct Shopify;

/// Settings that are yes or no: see the README.
const FLAGS: &[&str] = &[
    "includeShipping",
    "includePos",
    "countPartiallyPaid",
    names::REPORTED_BY_NUMBER,
];

static ABOUT: About = About {
    id: "shopify",
    title: "Shopify",
    payment_processor: "shopify",
    opt_in: false,
    events: &[
        EventChoice::required("orders/create"),
        EventChoice::required("orders/paid"),
        EventChoice::required("orders/updated"),
        EventChoice::required("orders/cancelled"),
        EventChoice::required("refunds/create"),
        EventChoice::optional("order_transactions/create"),
        EventChoice::optional("customers/create"),
        EventChoice::optional("customers/update"),
        EventChoice::optional("customers/merge"),
        EventChoice::optional("disputes/create"),
        EventChoice::optional("disputes/update"),
        EventChoice::optional("app/uninstalled"),
        EventChoice::optional("customers/data_request"),
        EventChoice::optional("customers/redact"),
        EventChoice::optional("shop/redact"),
    ],
    steps: &[
        "Without an app: open Settings > Notifications > Webhooks in the shop's admin.",
        "Create a webhook for each of: Order creation, Order payment, Order update, Order cancellation, Refund create; format JSON, newest API version, the URL of this source.",
        "Copy the key shown under the list of webhooks: it is the secret of this source. Set `shop` to the shop's myshopify.com domain.",
        "With an app: name the URL and topics in shopify.app.toml; the secret is the app's client secret.",
        "Press \"Send test notification\": it is received and counts nothing.",
        "Add the theme snippet of the README, so that orders carry the click.",
    ],
    places: identity::PLACES,
    signature_headers: &[verify::HMAC],
    kept_headers: verify::KEPT,
};

impl Adapter for Shopify {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        let known = [&["shop"], FLAGS].concat();
        settings.reject_unknown(&known, ABOUT.places)?;
        if settings.0.contains_key("shop") && !settings.text("shop").is_some_and(verify::is_shop) {
            let problem = "must be the shop's domain: acme.myshopify.com";
            return Err(SettingError::new("shop", problem));
        }
        settings.reject_unclear(FLAGS)
    }

    fn verify(
        &self,
        delivery: Delivery<'_>,
        secrets: &[Secret],
        settings: &Settings,
        _now: Micros,
    ) -> Result<Verified, Rejection> {
        verify::verify(delivery, secrets, settings)
    }

    fn envelope(&self, verified: &Verified) -> Envelope {
        envelope::envelope(verified)
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        normalize::normalize(verified, settings)
    }

    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        settings: &Settings,
        _now: Micros,
    ) -> Option<SignedDelivery> {
        Some(SignedDelivery {
            headers: verify::sign(body, headers, secret, settings),
            body: body.to_vec(),
        })
    }
}
