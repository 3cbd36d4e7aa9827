//! The signature toolkit: keyed digests compared in constant time, strict decoding, time windows.
//!
//! Every comparison of secret material in this crate goes through here. Candidates are decoded first and
//! compared as bytes; nothing stops early at the first difference.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::delivery::Rejection;
use crate::time::Micros;

/// How far a signed time may lie from now, in seconds, both ways. All processors that sign a time sign
/// each attempt anew, so this never stands against a retry.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The most signatures of one header that are looked at.
pub const MAX_SIGNATURES: usize = 16;

/// The longest signature header that is read, in bytes.
pub const MAX_HEADER_BYTES: usize = 4_096;

/// HMAC-SHA256 of the concatenated parts.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = keyed(key);
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether any candidate is the HMAC-SHA256 of the parts under any of the keys. Looks at every
/// combination, whichever fits.
pub fn any_hmac_matches<'k>(
    keys: impl IntoIterator<Item = &'k [u8]>,
    parts: &[&[u8]],
    candidates: &[[u8; 32]],
) -> bool {
    let mut found = subtle::Choice::from(0);
    for key in keys {
        let expected = hmac_sha256(key, parts);
        for candidate in candidates {
            found |= expected.ct_eq(candidate);
        }
    }
    found.into()
}

/// Whether any candidate fits, as [`any_hmac_matches`], and was made lately. The time is judged only after
/// the signature has been found right: before that nobody has said it.
///
/// # Errors
/// [`Rejection::Mismatch`], or as [`check_age`].
pub fn check_hmac<'k>(
    keys: impl IntoIterator<Item = &'k [u8]>,
    parts: &[&[u8]],
    candidates: &[[u8; 32]],
    signed_at: Micros,
    now: Micros,
) -> Result<(), Rejection> {
    if !any_hmac_matches(keys, parts, candidates) {
        return Err(Rejection::Mismatch);
    }
    check_age(signed_at, now)
}

#[expect(clippy::expect_used, reason = "HMAC is defined for keys of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// Whether two texts are equal, in time that does not depend on where they differ. Both are digested
/// first, so that their lengths do not show either.
pub fn same_text(a: &[u8], b: &[u8]) -> bool {
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}

/// Exactly 64 hexadecimal digits of either case.
pub fn decode_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

/// Standard base64 with padding, in its one canonical spelling, of 32 bytes.
pub fn decode_base64(text: &str) -> Option<[u8; 32]> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// Standard base64 with padding, of any length.
pub fn decode_base64_any(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Standard base64 with padding.
pub fn encode_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// A signed time in Unix seconds: one to twelve decimal digits, nothing else.
pub fn parse_signed_time(text: &str) -> Option<Micros> {
    let plain = text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    plain
        .then(|| text.parse().ok().map(Micros::from_seconds))
        .flatten()
}

/// Whether a signed time is within [`TOLERANCE_SECONDS`] of now, to be asked after the signature has
/// been found right.
///
/// # Errors
/// [`Rejection::Stale`] or [`Rejection::Future`].
pub fn check_age(signed_at: Micros, now: Micros) -> Result<(), Rejection> {
    let age = now.seconds().saturating_sub(signed_at.seconds());
    if age > TOLERANCE_SECONDS {
        return Err(Rejection::Stale);
    }
    if age < -TOLERANCE_SECONDS {
        return Err(Rejection::Future);
    }
    Ok(())
}

/// A stable id for bytes that name none themselves: `sha256:<64 hex digits>`.
pub fn digest_id(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hmac_is_that_of_rfc_4231() {
        let mac = hmac_sha256(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(
            hex::encode(mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn any_key_and_any_candidate_may_match() {
        let good = hmac_sha256(b"two", &[b"body"]);
        let keys: [&[u8]; 2] = [b"one", b"two"];
        assert!(any_hmac_matches(keys, &[b"body"], &[[0; 32], good]));
        assert!(any_hmac_matches(keys, &[b"body"], &[good, [0; 32]]));
        assert!(!any_hmac_matches(keys, &[b"body!"], &[good]));
        assert!(!any_hmac_matches([], &[b"body"], &[good]));
    }

    #[test]
    fn only_canonical_encodings_decode() {
        let bytes = [7; 32];
        let text = encode_base64(&bytes);
        assert_eq!(decode_base64(&text), Some(bytes));
        assert_eq!(decode_base64(text.trim_end_matches('=')), None);
        // The last sextet carries two bits that must be zero.
        assert_eq!(decode_base64(&text.replace("Bwc=", "Bwd=")), None);
        assert_eq!(decode_hex(&"0a".repeat(32)), Some([10; 32]));
        assert_eq!(decode_hex(&"0A".repeat(32)), Some([10; 32]));
        assert_eq!(decode_hex(&"0a".repeat(31)), None);
    }

    #[test]
    fn the_window_is_closed_on_both_sides() {
        let now = Micros::from_seconds(1_000_000);
        assert_eq!(check_age(now.plus_seconds(-300), now), Ok(()));
        assert_eq!(
            check_age(now.plus_seconds(-301), now),
            Err(Rejection::Stale)
        );
        assert_eq!(check_age(now.plus_seconds(300), now), Ok(()));
        assert_eq!(
            check_age(now.plus_seconds(301), now),
            Err(Rejection::Future)
        );
    }

    #[test]
    fn signed_times_are_plain_digits() {
        assert_eq!(parse_signed_time("0"), Some(Micros(0)));
        assert_eq!(
            parse_signed_time("123456789012"),
            Some(Micros::from_seconds(123_456_789_012))
        );
        for text in ["", "-1", "+1", "1.5", " 1", "0x1", "1234567890123", "1a"] {
            assert_eq!(parse_signed_time(text), None, "{text:?}");
        }
    }
}
