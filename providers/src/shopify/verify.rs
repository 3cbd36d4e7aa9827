//! Whether a delivery is Shopify's: base64 of HMAC-SHA256 over the exact body, then what the unsigned
//! headers claim (<https://shopify.dev/docs/apps/build/webhooks/subscribe/https>).
//!
//! Never reads the body before its digest matches, never takes the unprefixed headers of the newer
//! Events product in place of a missing `X-Shopify-` one, and never believes a shop or topic that the
//! source or the body speaks against. Shopify signs no time, so there is no age to check: the inbox and
//! the fold make replays harmless.

use super::shape;
use crate::adapter::unsigned;
use crate::delivery::{Delivery, Rejection, Verified};
use crate::{Secret, Settings, signature};

/// The signature.
pub const HMAC: &str = "x-shopify-hmac-sha256";
/// The topic: `orders/paid`.
pub const TOPIC: &str = "x-shopify-topic";
/// The shop: `acme.myshopify.com`.
pub const SHOP: &str = "x-shopify-shop-domain";
/// The version that shaped the body: `2026-04`.
pub const API_VERSION: &str = "x-shopify-api-version";
/// The delivery's id, the same for all of its retries.
pub const WEBHOOK_ID: &str = "x-shopify-webhook-id";
/// When the event fired, the same for all retries.
pub const TRIGGERED_AT: &str = "x-shopify-triggered-at";
/// Set on what the admin's "Send test notification" sends.
pub const TEST: &str = "x-shopify-test";

/// The headers that are read after verification.
pub const KEPT: &[&str] = &[TOPIC, SHOP, API_VERSION, WEBHOOK_ID, TRIGGERED_AT, TEST];

/// Checks the digest with every secret, then shop and topic.
///
/// # Errors
/// As [`crate::Adapter::verify`]. A delivery that is rightly signed but names no topic or no shop is
/// [`Rejection::Missing`].
pub fn verify(
    delivery: Delivery<'_>,
    secrets: &[Secret],
    settings: &Settings,
) -> Result<Verified, Rejection> {
    if secrets.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let given = delivery.headers.required(HMAC)?;
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    let given = signature::decode_base64(given).ok_or(Rejection::Malformed)?;
    let keys = secrets.iter().map(Secret::bytes);
    if !signature::any_hmac_matches(keys, &[delivery.body], &[given]) {
        return Err(Rejection::Mismatch);
    }
    let topic = delivery.headers.required(TOPIC)?;
    let shop = delivery.headers.required(SHOP)?;
    let ours = match settings.text("shop") {
        Some(own) => own.eq_ignore_ascii_case(shop),
        None => is_shop(shop),
    };
    if !ours {
        return Err(Rejection::WrongAccount);
    }
    if shape::contradicts(delivery.body, topic, shop) {
        return Err(Rejection::Contradiction);
    }
    Ok(Verified::new(delivery, KEPT))
}

/// Whether this is a shop's own domain: letters, digits and hyphens before `.myshopify.com`.
pub fn is_shop(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.strip_suffix(".myshopify.com").is_some_and(|shop| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !shop.is_empty() && !shop.starts_with('-') && shop.bytes().all(plain)
    })
}

/// All headers of the delivery: the given ones without any signature, then ours. A missing shop is
/// filled in from the source's settings.
pub fn sign(
    body: &[u8],
    headers: &[(String, String)],
    secret: &Secret,
    settings: &Settings,
) -> Vec<(String, String)> {
    let mut signed = unsigned(headers, &[HMAC]);
    let names_shop = signed.iter().any(|(n, _)| n.eq_ignore_ascii_case(SHOP));
    if let Some(shop) = settings.text("shop").filter(|_| !names_shop) {
        signed.push((SHOP.to_owned(), shop.to_owned()));
    }
    let digest = signature::hmac_sha256(secret.bytes(), &[body]);
    signed.push((HMAC.to_owned(), signature::encode_base64(&digest)));
    signed
}
