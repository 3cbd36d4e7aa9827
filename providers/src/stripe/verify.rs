//! The `Stripe-Signature` header: `t=<unix seconds>,v1=<64 hex digits>[,v1=…][,v0=…]`, where `v1` is the
//! HMAC-SHA256 of `t`, a dot and the raw body, under the whole secret with its `whsec_` prefix.
//!
//! Only `v1` counts; `v0` is a decoy on test events, and any other scheme would be a downgrade. Nothing
//! here looks into the body, and the time is judged only after the signature has been found right.
//! Source: <https://docs.stripe.com/webhooks#verify-manually>; each case stands in `vectors.json`.

use crate::delivery::{Delivery, Rejection, Verified};
use crate::secret::Secret;
use crate::signature::{self, MAX_HEADER_BYTES, MAX_SIGNATURES};
use crate::time::Micros;

/// The header's name, lower case.
pub(super) const HEADER: &str = "stripe-signature";

/// What the header says: the signed time as written, and the signatures that can be read.
struct Parts<'a> {
    time: &'a str,
    signatures: Vec<[u8; 32]>,
}

/// Passes a delivery that carries a fresh `v1` signature of any of the secrets.
///
/// # Errors
/// Why it is not to be trusted.
pub(super) fn verify(
    delivery: Delivery<'_>,
    secrets: &[Secret],
    now: Micros,
) -> Result<Verified, Rejection> {
    if secrets.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let parts = read(delivery.headers.required(HEADER)?)?;
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    let signed_at = signature::parse_signed_time(parts.time).ok_or(Rejection::Malformed)?;
    let keys = secrets.iter().map(Secret::bytes);
    let message: [&[u8]; 3] = [parts.time.as_bytes(), b".", delivery.body];
    signature::check_hmac(keys, &message, &parts.signatures, signed_at, now)?;
    Ok(Verified::new(delivery, super::ABOUT.kept_headers))
}

/// Takes the header apart. Items that are no `key=value` and keys that mean nothing are passed over, as
/// every official library does with at least some of them.
fn read(header: &str) -> Result<Parts<'_>, Rejection> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(Rejection::Malformed);
    }
    let mut time = None;
    let mut signed = false;
    let mut signatures = Vec::new();
    for item in header.split(',') {
        match item.trim_matches([' ', '\t']).split_once('=') {
            Some(("t", value)) if time.is_some_and(|known| known != value) => {
                // Libraries disagree on which of two times counts, so neither does.
                return Err(Rejection::Malformed);
            }
            Some(("t", value)) => time = Some(value),
            Some(("v1", value)) => {
                signed = true;
                if signatures.len() < MAX_SIGNATURES {
                    signatures.extend(signature::decode_hex(value));
                }
            }
            _ => {}
        }
    }
    match time {
        Some(_) if !signed => Err(Rejection::NoSignature),
        Some(time) if !signatures.is_empty() => Ok(Parts { time, signatures }),
        _ => Err(Rejection::Malformed),
    }
}

/// The header that Stripe would send with this body at `now`.
pub(super) fn header_of(body: &[u8], secret: &Secret, now: Micros) -> (String, String) {
    let time = now.seconds().to_string();
    let mac = signature::hmac_sha256(secret.bytes(), &[time.as_bytes(), b".", body]);
    (
        HEADER.to_owned(),
        format!("t={time},v1={}", hex::encode(mac)),
    )
}
