//! Whether Polar signed a delivery: Standard Webhooks (`webhook-id`, `webhook-timestamp`,
//! `webhook-signature`), with both ways in which Polar makes a key of a secret.
//!
//! Until 8 September 2026 Polar took the whole secret, prefix included, as the key; secrets made since
//! then are base64 after `whsec_`, as the standard says. Which one holds is a property of the endpoint that
//! neither the secret's look nor a date tells, so both keys are tried for every secret, as Polar's own SDK
//! does (<https://github.com/polarsource/polar/pull/14102>, <https://github.com/polarsource/polar/pull/14117>).
//!
//! It must never look into a body that is not signed, and never accept a scheme other than `v1`.

use crate::delivery::{Delivery, Rejection, Verified};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::signature;
use crate::time::Micros;

use super::{KEPT_HEADERS, ORGANIZATION_ID, objects};

/// The header of the event's id, the same on every attempt of one endpoint.
pub(super) const ID: &str = "webhook-id";
/// The header of this attempt's time in Unix seconds.
pub(super) const TIMESTAMP: &str = "webhook-timestamp";
/// The header of the signatures, separated by spaces.
pub(super) const SIGNATURE: &str = "webhook-signature";

/// The prefix that is no part of a base64 secret.
const PREFIX: &str = "whsec_";

/// The lengths in bytes that the standard allows for a decoded key
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
const DECODED_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// Checks signature, then age, then account.
pub(super) fn verify(
    delivery: Delivery<'_>,
    secrets: &[Secret],
    settings: &Settings,
    now: Micros,
) -> Result<Verified, Rejection> {
    if secrets.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let id = delivery.headers.required(ID)?;
    let timestamp = delivery.headers.required(TIMESTAMP)?;
    let candidates = candidates(delivery.headers.required(SIGNATURE)?)?;
    let signed_at = signature::parse_signed_time(timestamp).ok_or(Rejection::Malformed)?;

    let decoded: Vec<Vec<u8>> = secrets.iter().filter_map(decoded_key).collect();
    let keys = secrets
        .iter()
        .map(Secret::bytes)
        .chain(decoded.iter().map(Vec::as_slice));
    let parts = signed_parts(id, timestamp, delivery.body);
    signature::check_hmac(keys, &parts, &candidates, signed_at, now)?;
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    check_organization(delivery.body, settings)?;
    Ok(Verified::new(delivery, KEPT_HEADERS))
}

/// The key of a secret made since September 2026: base64 after an optional `whsec_`.
pub(super) fn decoded_key(secret: &Secret) -> Option<Vec<u8>> {
    let text = secret.expose();
    let text = text.strip_prefix(PREFIX).unwrap_or(text);
    signature::decode_base64_any(text).filter(|key| DECODED_LENGTH.contains(&key.len()))
}

/// What is signed: id, time and body with a point between each.
pub(super) fn signed_parts<'a>(id: &'a str, timestamp: &'a str, body: &'a [u8]) -> [&'a [u8]; 5] {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body]
}

/// The digests of all `v1` signatures. Other versions and unreadable ones are passed over, so that a
/// second scheme beside `v1` does not turn a good delivery away.
fn candidates(header: &str) -> Result<Vec<[u8; 32]>, Rejection> {
    if header.len() > signature::MAX_HEADER_BYTES {
        return Err(Rejection::Malformed);
    }
    let found: Vec<[u8; 32]> = header
        .split(' ')
        .filter_map(|token| token.split_once(','))
        .filter(|(version, _)| *version == "v1")
        .filter_map(|(_, digest)| signature::decode_base64(digest))
        .take(signature::MAX_SIGNATURES)
        .collect();
    if found.is_empty() {
        return Err(Rejection::NoSignature);
    }
    Ok(found)
}

/// Whether the body names another organization than the source is pinned to. Production and sandbox
/// have different organizations, and nothing else in a body tells them apart.
fn check_organization(body: &[u8], settings: &Settings) -> Result<(), Rejection> {
    let Some(expected) = settings.text(ORGANIZATION_ID) else {
        return Ok(());
    };
    match objects::organization(body) {
        Some(named) if !named.eq_ignore_ascii_case(expected) => Err(Rejection::WrongAccount),
        _ => Ok(()),
    }
}
