//! RSA keys as people paste them, and signatures made and checked with them.
//!
//! The secret of a source is the seller's public key. A private key is taken too, and its public half
//! verifies, so that the demo and replay can sign and verify with one value. It must never sign for
//! anything but replay and tests: a receiver has no private key.

use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rsa::{Pkcs1v15Sign, RsaPrivateKey, RsaPublicKey};
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::signature;

/// What stands before a SHA-1 digest in a PKCS #1 v1.5 signature (RFC 8017, section 9.2, note 1).
const SHA1_PREFIX: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];

/// The public key in a secret: PEM or its bare base64, of a public key or of a private one.
pub(super) fn public(secret: &Secret) -> Option<RsaPublicKey> {
    let der = der(secret)?;
    RsaPublicKey::from_public_key_der(&der)
        .ok()
        .or_else(|| RsaPublicKey::from_pkcs1_der(&der).ok())
        .or_else(|| private_from(&der).map(|key| key.to_public_key()))
}

/// The private key in a secret, where it is one.
pub(super) fn private(secret: &Secret) -> Option<RsaPrivateKey> {
    private_from(&der(secret)?)
}

/// Whether `signature` is the key's over `message`.
pub(super) fn is_signed(key: &RsaPublicKey, message: &[u8], signature: &[u8]) -> bool {
    key.verify(scheme(), &Sha1::digest(message), signature)
        .is_ok()
}

/// The key's signature over `message`, in base64.
pub(super) fn sign(key: &RsaPrivateKey, message: &[u8]) -> Option<String> {
    let signature = key.sign(scheme(), &Sha1::digest(message)).ok()?;
    Some(signature::encode_base64(&signature))
}

fn scheme() -> Pkcs1v15Sign {
    Pkcs1v15Sign {
        hash_len: Some(20),
        prefix: Box::new(SHA1_PREFIX),
    }
}

fn private_from(der: &[u8]) -> Option<RsaPrivateKey> {
    RsaPrivateKey::from_pkcs8_der(der)
        .ok()
        .or_else(|| RsaPrivateKey::from_pkcs1_der(der).ok())
}

/// The bytes within the armour, or of the whole text where there is none. White space does not count,
/// and neither does a line break written as `\n`, as environment files have it.
fn der(secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.expose();
    let inner = match text.split_once("-----BEGIN ") {
        Some((_, rest)) => rest.split_once("-----")?.1.split("-----END").next()?,
        None => text,
    };
    let base64: Zeroizing<String> =
        Zeroizing::new(inner.replace("\\n", "").split_ascii_whitespace().collect());
    signature::decode_base64_any(&base64).map(Zeroizing::new)
}
