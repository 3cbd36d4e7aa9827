//! Stripe: signed snapshot events of every API version from 2017 to today, reduced to facts.
//!
//! Works without an API key: what one event leaves out, another says, and the names in both bring them
//! together. It never reads an amount or a rate from metadata, never counts a subscription's price as
//! money, and never asks Stripe anything by itself: what its API tells is read by `history`. Set-up and the meaning of each event: `README.md`.

mod amounts;
mod charges;
mod customers;
mod envelope;
mod facts;
mod history;
mod identity;
mod intents;
mod invoices;
mod lines;
mod normalize;
mod notes;
mod objects;
mod reversals;
mod sessions;
#[cfg(test)]
mod tests;
mod verify;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery, unsigned};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::time::Micros;

/// The adapter of Stripe.
#[derive(Debug, Clone, Copy)]
pub struct Stripe;

/// The setting that leaves out invoices paid outside Stripe.
const EXCLUDE_OUT_OF_BAND: &str = "excludeOutOfBand";

/// The setting that counts shipping into the commissionable amount.
const INCLUDE_SHIPPING: &str = "includeShipping";

static ABOUT: About = About {
    id: "stripe",
    title: "Stripe",
    payment_processor: "stripe",
    opt_in: false,
    events: &[
        EventChoice::required("checkout.session.completed"),
        EventChoice::required("checkout.session.async_payment_succeeded"),
        EventChoice::optional("checkout.session.async_payment_failed"),
        EventChoice::required("invoice.paid"),
        EventChoice::required("invoice_payment.paid"),
        EventChoice::optional("invoice.voided"),
        EventChoice::required("payment_intent.succeeded"),
        EventChoice::required("charge.refunded"),
        EventChoice::required("refund.created"),
        EventChoice::required("refund.updated"),
        EventChoice::required("refund.failed"),
        EventChoice::required("charge.dispute.created"),
        EventChoice::required("charge.dispute.closed"),
        EventChoice::required("charge.dispute.funds_withdrawn"),
        EventChoice::required("charge.dispute.funds_reinstated"),
        EventChoice::optional("credit_note.created"),
        EventChoice::optional("credit_note.voided"),
        EventChoice::optional("customer.created"),
        EventChoice::optional("customer.updated"),
        EventChoice::optional("customer.deleted"),
        EventChoice::optional("customer.discount.created"),
        EventChoice::optional("promotion_code.created"),
        EventChoice::optional("customer.subscription.created"),
        EventChoice::optional("customer.subscription.updated"),
        EventChoice::optional("customer.subscription.deleted"),
    ],
    steps: &[
        "In the Stripe dashboard open Developers (or Workbench) > Webhooks and choose \"Add destination\".",
        "Select the events listed here, for \"Your account\"; payload style Snapshot, any API version. For events of connected accounts make a source of their own, and only for direct charges: those of destination charges and transfers are the platform's sales already.",
        "Choose \"Webhook endpoint\" and paste the URL of this source.",
        "Open the new destination, reveal its signing secret (whsec_…) and add it to this source. Test mode, each sandbox and each URL have a secret of their own.",
    ],
    places: identity::PLACES,
    signature_headers: &[verify::HEADER],
    kept_headers: &[],
};

impl Adapter for Stripe {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        let flags = [EXCLUDE_OUT_OF_BAND, INCLUDE_SHIPPING];
        settings.reject_unknown(&flags, ABOUT.places)?;
        settings.reject_unclear(&flags)
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
        envelope::read(verified.body())
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        normalize::read(verified.body(), settings)
    }

    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        _settings: &Settings,
        now: Micros,
    ) -> Option<SignedDelivery> {
        let signature = verify::header_of(body, secret, now);
        let mut headers = unsigned(headers, &[&signature.0]);
        headers.push(signature);
        Some(SignedDelivery {
            headers,
            body: body.to_vec(),
        })
    }
}
