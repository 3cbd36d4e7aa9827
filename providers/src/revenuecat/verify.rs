//! Tells RevenueCat's deliveries from everybody else's, and signs them for replay.
//!
//! RevenueCat offers two proofs, alone or together: a fixed text in the `Authorization` header, and an
//! HMAC of the body in `X-RevenueCat-Webhook-Signature: t=<unix seconds>,v1=<hex>`, made over
//! `<t>.<body>` with the UTF-8 bytes of the signing secret. Both are made anew for each attempt, so an
//! old `t` is never an honest retry. Source: <https://www.revenuecat.com/docs/integrations/webhooks>.
//!
//! A proof for which the source has a secret is always asked for: a right `Authorization` header never
//! stands in for a missing signature. The value of that header must never leave this module.

use crate::adapter::{SignedDelivery, unsigned};
use crate::delivery::{Delivery, Rejection, Verified};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::signature::{
    MAX_HEADER_BYTES, MAX_SIGNATURES, check_hmac, decode_hex, hmac_sha256, parse_signed_time,
    same_text,
};
use crate::time::Micros;

use super::options::Require;

pub(super) const AUTHORIZATION: &str = "authorization";
pub(super) const SIGNATURE: &str = "x-revenuecat-webhook-signature";

/// What a secret of the source proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The fixed text of the `Authorization` header.
    Authorization,
    /// The key of the signature header.
    Signature,
}

/// Reads a secret's kind from its prefix: `hmac:` is a signing secret, `auth:` or none is the value of
/// the `Authorization` header.
fn kind(secret: &Secret) -> (Proof, &str) {
    let text = secret.expose();
    if let Some(key) = text.strip_prefix("hmac:") {
        return (Proof::Signature, key.trim());
    }
    let value = text.strip_prefix("auth:").unwrap_or(text);
    (Proof::Authorization, value.trim())
}

/// The secrets of one kind that can prove anything. A text that is too short without its prefix proves
/// nothing, but still makes its kind required.
fn usable(secrets: &[Secret], wanted: Proof) -> Result<Vec<&str>, Rejection> {
    let values: Vec<&str> = secrets
        .iter()
        .map(kind)
        .filter(|(proof, value)| *proof == wanted && Secret::new(bare(value)).is_ok())
        .map(|(_, value)| value)
        .collect();
    if values.is_empty() {
        return Err(Rejection::NoSecret);
    }
    Ok(values)
}

/// Checks every proof that the source's secrets and its setting `require` ask for.
pub(super) fn verify(
    delivery: Delivery<'_>,
    secrets: &[Secret],
    settings: &Settings,
    now: Micros,
) -> Result<Verified, Rejection> {
    if secrets.is_empty() {
        return Err(Rejection::NoSecret);
    }
    let require = Require::of(settings);
    let has = |proof| secrets.iter().any(|secret| kind(secret).0 == proof);
    let authorization = require.authorization() || has(Proof::Authorization);
    let signature = require.signature() || has(Proof::Signature);
    if delivery.body.is_empty() {
        return Err(Rejection::EmptyBody);
    }
    if authorization {
        check_authorization(delivery, &usable(secrets, Proof::Authorization)?)?;
    }
    if signature {
        check_signature(delivery, &usable(secrets, Proof::Signature)?, now)?;
    }
    Ok(Verified::new(delivery, &[]))
}

/// Compares the header with every value, whichever fits, in constant time.
fn check_authorization(delivery: Delivery<'_>, values: &[&str]) -> Result<(), Rejection> {
    let received = delivery.headers.required(AUTHORIZATION)?;
    if received.len() > MAX_HEADER_BYTES {
        return Err(Rejection::Malformed);
    }
    let mut found = false;
    for value in values {
        found |= same_text(bare(received).as_bytes(), bare(value).as_bytes());
    }
    found.then_some(()).ok_or(Rejection::Mismatch)
}

/// The value without `Bearer ` before it: owners type the field with and without that word.
fn bare(value: &str) -> &str {
    match value.split_at_checked("bearer ".len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bearer ") => rest.trim_start(),
        _ => value,
    }
}

fn check_signature(delivery: Delivery<'_>, keys: &[&str], now: Micros) -> Result<(), Rejection> {
    let header = SignatureHeader::read(delivery.headers.required(SIGNATURE)?)?;
    let parts = [header.signed_at_text.as_bytes(), b".", delivery.body];
    let keys = keys.iter().map(|key| key.as_bytes());
    check_hmac(keys, &parts, &header.candidates, header.signed_at, now)
}

/// The content of `X-RevenueCat-Webhook-Signature`.
struct SignatureHeader<'a> {
    signed_at: Micros,
    /// As written, since that is what was signed.
    signed_at_text: &'a str,
    candidates: Vec<[u8; 32]>,
}

impl<'a> SignatureHeader<'a> {
    /// Reads the parts in any order; those of unknown schemes are passed over.
    fn read(header: &'a str) -> Result<Self, Rejection> {
        if header.len() > MAX_HEADER_BYTES {
            return Err(Rejection::Malformed);
        }
        let mut time = None;
        let mut candidates = Vec::new();
        for part in header.split(',') {
            let (scheme, value) = part.trim().split_once('=').ok_or(Rejection::Malformed)?;
            match scheme {
                "t" if time.is_some() => return Err(Rejection::Malformed),
                "t" => time = Some(value),
                "v1" if candidates.len() < MAX_SIGNATURES => {
                    candidates.push(decode_hex(value).ok_or(Rejection::Malformed)?);
                }
                _ => {}
            }
        }
        let signed_at_text = time.ok_or(Rejection::Malformed)?;
        let signed_at = parse_signed_time(signed_at_text).ok_or(Rejection::Malformed)?;
        if candidates.is_empty() {
            return Err(Rejection::NoSignature);
        }
        Ok(Self {
            signed_at,
            signed_at_text,
            candidates,
        })
    }
}

/// The headers that RevenueCat would send with this body: the `Authorization` value, or the signature,
/// whichever the secret is for. `None` when the secret proves nothing.
pub(super) fn sign(
    body: &[u8],
    headers: &[(String, String)],
    secret: &Secret,
    now: Micros,
) -> Option<SignedDelivery> {
    let (proof, value) = kind(secret);
    usable(std::slice::from_ref(secret), proof).ok()?;
    let own = match proof {
        Proof::Authorization => (AUTHORIZATION.to_owned(), value.to_owned()),
        Proof::Signature => {
            let time = now.seconds().to_string();
            let digest = hmac_sha256(value.as_bytes(), &[time.as_bytes(), b".", body]);
            let text = format!("t={time},v1={}", hex::encode(digest));
            (SIGNATURE.to_owned(), text)
        }
    };
    let mut headers = unsigned(headers, &[AUTHORIZATION, SIGNATURE]);
    headers.push(own);
    Some(SignedDelivery {
        headers,
        body: body.to_vec(),
    })
}
