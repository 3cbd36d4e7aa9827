//! Signatures as [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks) has them: HMAC-SHA-256 over id, time and body. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use providers::Micros;
use providers::signature::{encode_base64, hmac_sha256};

use crate::id::IdSource;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A new secret: 32 bytes that nobody can foresee.
pub fn new_secret(ids: &IdSource) -> String {
    let bytes: [u8; 32] = ids.random();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The header `webhook-signature`: a signature for each secret, so that both fit while one is exchanged for the other. A secret that is none signs
/// nothing.
pub fn signature<'s>(
    secrets: impl IntoIterator<Item = &'s str>,
    id: &str,
    at: Micros,
    body: &[u8],
) -> String {
    let seconds = seconds(at);
    let signed = secrets.into_iter().filter_map(|secret| {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
        let parts: [&[u8]; 5] = [id.as_bytes(), b".", seconds.as_bytes(), b".", body];
        Some(format!("v1,{}", encode_base64(&hmac_sha256(&key, &parts))))
    });
    signed.collect::<Vec<_>>().join(" ")
}

/// The header `webhook-timestamp`.
pub fn seconds(at: Micros) -> String {
    (at.0.div_euclid(1_000_000)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/rust/src/lib.rs>
    const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const ID: &str = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
    const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;

    #[test]
    fn the_signature_is_that_of_the_specification() {
        let at = Micros::from_seconds(1_649_367_553);
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signature([SECRET], ID, at, BODY), expected);
        let both = signature([SECRET, SECRET], ID, at, BODY);
        assert_eq!(both, format!("{expected} {expected}"));
        assert_eq!(signature(["whsec_%", "x"], ID, at, BODY), "");
    }
}
