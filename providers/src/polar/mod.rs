//! Polar: orders, their refunds, subscriptions and customers, by Standard Webhooks.
//!
//! This folder must never count a refund event beside the order's own figure, and never guess from a
//! secret's look how Polar makes a key of it. What is made of each event is told in this folder's `README.md`.

mod amounts;
mod history;
mod labels;
mod normalize;
mod objects;
mod verify;

#[cfg(test)]
mod tests;

use crate::adapter::{About, Adapter, EventChoice, SignedDelivery, unsigned};
use crate::delivery::{Delivery, Envelope, Reading, Rejection, Verified};
use crate::lenient;
use crate::secret::Secret;
use crate::settings::{SettingError, Settings};
use crate::signature;
use crate::time::Micros;

/// The Polar adapter.
#[derive(Debug, Clone, Copy)]
pub struct Polar;

/// The setting that pins a source to one organization.
const ORGANIZATION_ID: &str = "organizationId";

/// The event's id is told by a header alone.
const KEPT_HEADERS: &[&str] = &[verify::ID];

static ABOUT: About = About {
    id: "polar",
    title: "Polar",
    payment_processor: "polar",
    opt_in: false,
    events: &[
        EventChoice::required("order.created"),
        EventChoice::required("order.updated"),
        EventChoice::required("order.paid"),
        EventChoice::required("order.refunded"),
        EventChoice::optional("subscription.created"),
        EventChoice::optional("subscription.revoked"),
        EventChoice::optional("checkout.updated"),
        EventChoice::optional("customer.updated"),
        EventChoice::optional("refund.created"),
        EventChoice::optional("refund.updated"),
    ],
    steps: &[
        "Open Settings, Webhooks in the Polar dashboard of your organization and choose Add Endpoint.",
        "Paste the URL, choose the format Raw and tick the events named here.",
        "Copy the signing secret into the source; sandbox and production are two sources with two secrets.",
        "Put the click id into the checkout's metadata, or add ?reference_id= to checkout links.",
    ],
    places: labels::PLACES,
    signature_headers: &[verify::SIGNATURE],
    kept_headers: KEPT_HEADERS,
};

impl Adapter for Polar {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn check_settings(&self, settings: &Settings) -> Result<(), SettingError> {
        settings.reject_unknown(&[ORGANIZATION_ID], ABOUT.places)?;
        if settings.0.contains_key(ORGANIZATION_ID) && settings.text(ORGANIZATION_ID).is_none() {
            let problem = "must be the organization's id, as Polar's settings show it";
            return Err(SettingError::new(ORGANIZATION_ID, problem));
        }
        Ok(())
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

    /// The id is `webhook-id`. Each endpoint has its own for the same event, which does no harm: the
    /// facts of both are the same. A body never says whether it is of the sandbox.
    fn envelope(&self, verified: &Verified) -> Envelope {
        let body = verified.body();
        let unreadable = Envelope::unreadable(body);
        let event_id = verified.header(verify::ID).map(str::to_owned);
        let event_id = event_id.unwrap_or(unreadable.event_id);
        let Some(event) = lenient::document::<objects::Event<'_>>(body) else {
            return Envelope {
                event_id,
                ..Envelope::unreadable(body)
            };
        };
        Envelope {
            event_id,
            event_type: event.kind.text().unwrap_or(unreadable.event_type),
            api_version: event.api_version.scalar(),
            account: objects::organization(body),
            livemode: None,
            occurred_at: event.timestamp.rfc3339(),
        }
    }

    fn normalize(&self, verified: &Verified, settings: &Settings) -> Reading {
        normalize::normalize(verified, settings)
    }

    /// Signs as Polar does for an endpoint made today where the secret is one of today's, else as before.
    fn sign(
        &self,
        body: &[u8],
        headers: &[(String, String)],
        secret: &Secret,
        _settings: &Settings,
        now: Micros,
    ) -> Option<SignedDelivery> {
        let given = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        let id = given(verify::ID).map_or_else(|| signature::digest_id(body), |(_, v)| v.clone());
        let timestamp = now.seconds().to_string();
        let key = verify::decoded_key(secret).unwrap_or_else(|| secret.bytes().to_vec());
        let digest = signature::hmac_sha256(&key, &verify::signed_parts(&id, &timestamp, body));

        let own = [verify::ID, verify::TIMESTAMP, verify::SIGNATURE];
        let mut signed = unsigned(headers, &own);
        let value = format!("v1,{}", signature::encode_base64(&digest));
        signed.push((verify::ID.to_owned(), id));
        signed.push((verify::TIMESTAMP.to_owned(), timestamp));
        signed.push((verify::SIGNATURE.to_owned(), value));
        Some(SignedDelivery {
            headers: signed,
            body: body.to_vec(),
        })
    }
}
