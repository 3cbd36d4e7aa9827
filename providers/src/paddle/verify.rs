//! Checks `Paddle-Signature: ts=<unix seconds>;h1=<hex>[;h1=…]`, an HMAC-SHA256 over the time, a colon and
//! the raw body. While a secret is being rotated there are several `h1`; any of them may fit any secret.
//!
//! It must never look into the body, never change the text of the time before it is signed, and never take
//! the prefix of a secret (`pdl_ntfset_…`) off: all of it is the key.
//! <https://developer.paddle.com/webhooks/about/signature-verification>

use crate::delivery::{Delivery, Rejection, Verified};
use crate::secret::Secret;
use crate::signature::{self, MAX_HEADER_BYTES, MAX_SIGNATURES};
use crate::time::Micros;

/// The header, in lower case.
pub(super) const HEADER: &str = "paddle-signature";

/// What the header says.
struct Signature<'a> {
    /// The time exactly as it was signed.
    time_text: &'a str,
    /// The same time.
    at: Micros,
    /// All `h1` that are 32 bytes in lower-case hexadecimal.
    candidates: Vec<[u8; 32]>,
}

/// Checks a delivery against every secret of the source.
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
    let header = delivery.headers.required(HEADER)?;
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    let signature = parse(header)?;
    let parts: [&[u8]; 3] = [signature.time_text.as_bytes(), b":", delivery.body];
    let keys = secrets.iter().map(Secret::bytes);
    signature::check_hmac(keys, &parts, &signature.candidates, signature.at, now)?;
    Ok(Verified::new(delivery, &[]))
}

/// The header's value for this body at this time.
pub(super) fn header_value(body: &[u8], secret: &Secret, now: Micros) -> String {
    let time = now.seconds().to_string();
    let digest = signature::hmac_sha256(secret.bytes(), &[time.as_bytes(), b":", body]);
    format!("ts={time};h1={}", hex::encode(digest))
}

/// Reads the header. Keys that are not known yet (`h2`) are passed over, so that a new scheme beside `h1`
/// stops nothing.
fn parse(header: &str) -> Result<Signature<'_>, Rejection> {
    if header.len() > MAX_HEADER_BYTES {
        return Err(Rejection::Malformed);
    }
    let mut time = None;
    let mut candidates = Vec::new();
    for part in header
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (key, value) = part.split_once('=').ok_or(Rejection::Malformed)?;
        match key {
            "ts" if time.is_some() => return Err(Rejection::Malformed),
            "ts" => time = Some(value),
            "h1" => candidates.extend(digest(value)),
            _ => {}
        }
    }
    candidates.truncate(MAX_SIGNATURES);
    let time_text = time.ok_or(Rejection::Malformed)?;
    let at = signed_time(time_text).ok_or(Rejection::Malformed)?;
    if candidates.is_empty() {
        return Err(Rejection::NoSignature);
    }
    Ok(Signature {
        time_text,
        at,
        candidates,
    })
}

/// Ten digits without a leading zero: seconds, never milliseconds, in one spelling only.
fn signed_time(text: &str) -> Option<Micros> {
    (text.len() == 10 && !text.starts_with('0'))
        .then(|| signature::parse_signed_time(text))
        .flatten()
}

/// Paddle writes lower-case digits, and its own libraries accept nothing else.
fn digest(text: &str) -> Option<[u8; 32]> {
    (!text.bytes().any(|b| b.is_ascii_uppercase()))
        .then(|| signature::decode_hex(text))
        .flatten()
}
