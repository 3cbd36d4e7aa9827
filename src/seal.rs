//! Secrets at rest: sealed with the master key where one is set, so that a copy of the database alone
//! verifies and signs nothing.
//!
//! Without a master key they are stored as they are. A sealed value says so itself,
//! so a database can be moved from one to the other.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use thiserror::Error;

use crate::config::MasterKey;
use crate::id::IdSource;

/// The first byte of a value stored as it is.
const PLAIN: u8 = 0;
/// The first byte of a sealed value; then the nonce, then the sealed bytes.
const SEALED: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Seals and opens.
pub struct Seal {
    cipher: Option<XChaCha20Poly1305>,
}

/// Why a stored secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// Sealed, and no master key is set.
    #[error("the secrets in the database are sealed: set TRIBUTARY_MASTER_KEY")]
    NoKey,
    /// Sealed with another key, or damaged.
    #[error("the secrets in the database were sealed with another TRIBUTARY_MASTER_KEY")]
    WrongKey,
    /// Not what [`Seal::seal`] made.
    #[error("a stored secret is damaged")]
    Damaged,
}

impl Seal {
    /// With a master key, or without one.
    pub fn new(master_key: Option<&MasterKey>) -> Self {
        let cipher = master_key.map(|key| {
            let key: &Key = key.bytes().into();
            XChaCha20Poly1305::new(key)
        });
        Self { cipher }
    }

    /// Whether what is stored is sealed.
    pub fn is_active(&self) -> bool {
        self.cipher.is_some()
    }

    /// Makes the stored form. `about` is bound to it: a value moved to another row does not open.
    pub fn seal(&self, plain: &[u8], about: &str, ids: &IdSource) -> Result<Vec<u8>, SealError> {
        let Some(cipher) = &self.cipher else {
            return Ok([&[PLAIN], plain].concat());
        };
        let nonce: [u8; NONCE_BYTES] = ids.random();
        let payload = Payload {
            msg: plain,
            aad: about.as_bytes(),
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_opaque| SealError::Damaged)?;
        Ok([&[SEALED], nonce.as_slice(), &sealed].concat())
    }

    /// Reads the stored form.
    pub fn open(&self, stored: &[u8], about: &str) -> Result<Vec<u8>, SealError> {
        match stored.split_first() {
            Some((&PLAIN, plain)) => Ok(plain.to_vec()),
            Some((&SEALED, rest)) => {
                let cipher = self.cipher.as_ref().ok_or(SealError::NoKey)?;
                let (nonce, sealed) = rest
                    .split_first_chunk::<NONCE_BYTES>()
                    .ok_or(SealError::Damaged)?;
                let payload = Payload {
                    msg: sealed,
                    aad: about.as_bytes(),
                };
                cipher
                    .decrypt(&XNonce::from(*nonce), payload)
                    .map_err(|_opaque| SealError::WrongKey)
            }
            _ => Err(SealError::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use providers::Micros;

    use super::*;
    use crate::clock::TestClock;
    use crate::config::{Config, Flags};

    fn ids() -> IdSource {
        IdSource::seeded(Arc::new(TestClock::at(Micros(0))), 1)
    }

    fn keyed(hex_digit: &str) -> Seal {
        let env = [("TRIBUTARY_MASTER_KEY".to_owned(), hex_digit.repeat(64))];
        let env = env.into_iter().collect();
        let config = Config::read(Flags::default(), &env, None, &[]).unwrap();
        Seal::new(config.master_key.as_ref())
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_and_row_only() {
        let seal = keyed("a");
        let stored = seal.seal(b"whsec_canary", "src_1", &ids()).unwrap();
        assert!(!stored.windows(6).any(|part| part == b"canary"));
        assert_eq!(seal.open(&stored, "src_1").unwrap(), b"whsec_canary");
        assert_eq!(seal.open(&stored, "src_2"), Err(SealError::WrongKey));
        assert_eq!(keyed("b").open(&stored, "src_1"), Err(SealError::WrongKey));
        assert_eq!(
            Seal::new(None).open(&stored, "src_1"),
            Err(SealError::NoKey)
        );
    }

    #[test]
    fn what_was_stored_without_a_key_still_opens_with_one() {
        let stored = Seal::new(None).seal(b"plain", "src_1", &ids()).unwrap();
        assert_eq!(keyed("a").open(&stored, "src_1").unwrap(), b"plain");
    }
}
