//! Stripe: signed snapshot events of every API version from 2017 to today, reduced to facts.
//!
//! Works without an API key: what one event leaves out, another says, and the names in both bring them
//! together. It never reads an amount or a rate from metadata, never counts a subscription's price as
//! money, and never asks Stripe anything. Set-up and the meaning of each event: `README.md`.

mod amounts;
mod charges;
mod customers;
mod envelope;
mod facts;
mod identity;
mod intents;
mod invoices;
mod normalize;
mod objects;
mod reversals;
mod sessions;
#[cfg(test)]
mod tests;
mod verify;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery};
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

const fn event(name: &'static str, required: bool) -> EventChoice {
    EventChoice { name, required }
}

static ABOUT: About = About {
    id: "stripe",
    title: "Stripe",
    payment_processor: "stripe",
    opt_in: false,
    events: &[
        event("checkout.session.completed", true),
        event("checkout.session.async_payment_succeeded", true),
        event("checkout.session.async_payment_failed", false),
        event("invoice.paid", true),
        event("invoice_payment.paid", true),
        event("invoice.voided", false),
        event("payment_intent.succeeded", true),
        event("charge.refunded", true),
        event("refund.created", true),
        event("refund.updated", true),
        event("refund.failed", true),
        event("charge.dispute.created", true),
        event("charge.dispute.closed", true),
        event("charge.dispute.funds_withdrawn", true),
        event("charge.dispute.funds_reinstated", true),
        event("credit_note.created", false),
        event("credit_note.voided", false),
        event("customer.created", false),
        event("customer.updated", false),
        event("customer.deleted", false),
        event("customer.subscription.created", false),
        event("customer.subscription.deleted", false),
    ],
    steps: &[
        "In the Stripe dashboard open Developers (or Workbench) > Webhooks and choose \"Add destination\".",
        "Select the events listed here, for \"Your account\"; payload style Snapshot, any API version.",
        "Choose \"Webhook endpoint\" and paste the URL of this source.",
        "Open the new destination, reveal its signing secret (whsec_…) and add it to this source. Test mode, each sandbox and each URL have a secret of their own.",
    ],
    kept_headers: &[],
};

impl Adapter for Stripe {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        let flags = [EXCLUDE_OUT_OF_BAND, INCLUDE_SHIPPING];
        settings.reject_unknown(&flags)?;
        match flags.iter().find(|name| {
            settings
                .0
                .get(**name)
                .is_some_and(|value| !value.is_boolean())
        }) {
            Some(name) => Err(SettingError {
                name: (*name).to_owned(),
                problem: "must be true or false",
            }),
            None => Ok(()),
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
        let kept = headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case(&signature.0))
            .cloned();
        Some(SignedDelivery {
            headers: kept.chain([signature.clone()]).collect(),
            body: body.to_vec(),
        })
    }
}
