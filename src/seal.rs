//! Secrets at rest: sealed with the master key where one is set, so that a copy of the database alone
//! verifies and signs nothing.
//!
//! Without a master key they are stored as they are. A sealed value says so itself, and which key it is sealed with,
//! so a database can be moved from one to the other, and from one key to the next while servers run.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::config::{Config, MasterKey};
use crate::id::IdSource;

/// The first byte of a value stored as it is.
const PLAIN: u8 = 0;
/// The first byte of a value sealed with a key that is not named; then the nonce, then the sealed bytes.
const SEALED: u8 = 1;
/// The first byte of a value sealed with a key that is named: then the key's id, the nonce, the sealed bytes.
const NAMED: u8 = 2;
const NONCE_BYTES: usize = 24;
const ID_BYTES: usize = 4;
/// So much of a stored value says which key it is sealed with.
pub const NAME_BYTES: usize = 1 + ID_BYTES;

/// Which key a value is sealed with. It tells nothing of the key.
pub type KeyId = [u8; ID_BYTES];

/// Seals and opens.
pub struct Seal {
    current: Option<Keyed>,
    /// Keys that open what was sealed before, and seal nothing.
    old: Vec<Keyed>,
}

struct Keyed {
    id: KeyId,
    cipher: XChaCha20Poly1305,
}

/// Why a stored secret cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// Sealed, and no master key is set.
    #[error(
        "the secrets in the database are sealed: set TRIBUTARY_MASTER_KEY as it is where `tributary serve` runs"
    )]
    NoKey,
    /// Sealed with another key, or damaged.
    #[error(
        "the secrets in the database were sealed with another TRIBUTARY_MASTER_KEY: set that one, or give it as TRIBUTARY_MASTER_KEY_OLD while the \
         key is changed"
    )]
    WrongKey,
    /// Not what [`Seal::seal`] made.
    #[error("a stored secret is damaged")]
    Damaged,
}

impl Keyed {
    fn of(key: &MasterKey) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"tributary master key id\0")
            .chain_update(key.bytes())
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        let key: &Key = key.bytes().into();
        Self {
            id: [a, b, c, d],
            cipher: XChaCha20Poly1305::new(key),
        }
    }

    fn open(&self, sealed: &[u8], about: &str) -> Result<Vec<u8>, SealError> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(SealError::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: about.as_bytes(),
        };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        opened.map_err(|_opaque| SealError::WrongKey)
    }
}

impl Seal {
    /// With a master key, or without one.
    pub fn new(master_key: Option<&MasterKey>) -> Self {
        Self {
            current: master_key.map(Keyed::of),
            old: Vec::new(),
        }
    }

    /// With the keys that are set.
    pub fn of(config: &Config) -> Self {
        Self {
            current: config.master_key.as_ref().map(Keyed::of),
            old: config.old_master_keys.iter().map(Keyed::of).collect(),
        }
    }

    /// Whether what is stored is sealed.
    pub fn is_active(&self) -> bool {
        self.current.is_some()
    }

    /// Whether a stored value is as this would store it now: sealed with the current key, or not at all where there is none.
    pub fn is_current(&self, stored: &[u8]) -> bool {
        match (&self.current, stored) {
            (None, [PLAIN, ..]) => true,
            (Some(current), [NAMED, rest @ ..]) => rest.starts_with(&current.id),
            _ => false,
        }
    }

    /// Makes the stored form. `about` is bound to it: a value moved to another row does not open.
    pub fn seal(&self, plain: &[u8], about: &str, ids: &IdSource) -> Result<Vec<u8>, SealError> {
        let Some(Keyed { id, cipher }) = &self.current else {
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
        Ok([&[NAMED], id.as_slice(), nonce.as_slice(), &sealed].concat())
    }

    /// Reads the stored form.
    pub fn open(&self, stored: &[u8], about: &str) -> Result<Vec<u8>, SealError> {
        match stored.split_first() {
            Some((&PLAIN, plain)) => Ok(plain.to_vec()),
            Some((&SEALED, rest)) => self.try_all(|_| true, rest, about),
            Some((&NAMED, rest)) => {
                let (id, rest) = rest
                    .split_first_chunk::<ID_BYTES>()
                    .ok_or(SealError::Damaged)?;
                self.try_all(|keyed| keyed.id == *id, rest, about)
            }
            _ => Err(SealError::Damaged),
        }
    }

    /// Whether a key that opens a stored value is there, as far as the value names its key: it need not be opened for that, and its first
    /// [`NAME_BYTES`] are enough.
    ///
    /// # Errors
    /// [`SealError::NoKey`], [`SealError::WrongKey`].
    pub fn has_key_of(&self, stored: &[u8]) -> Result<(), SealError> {
        let named = match stored.split_first() {
            Some((&NAMED, rest)) => rest.get(..ID_BYTES).ok_or(SealError::Damaged)?,
            Some((&SEALED, _)) => &[],
            _ => return Ok(()),
        };
        let mut keys = self.current.iter().chain(&self.old).peekable();
        if keys.peek().is_none() {
            return Err(SealError::NoKey);
        }
        let fits = keys.any(|keyed| named.is_empty() || keyed.id == named);
        fits.then_some(()).ok_or(SealError::WrongKey)
    }

    /// Opens with the first key that fits, of those that may.
    fn try_all(
        &self,
        may: impl Fn(&Keyed) -> bool,
        sealed: &[u8],
        about: &str,
    ) -> Result<Vec<u8>, SealError> {
        let mut keys = self.current.iter().chain(&self.old).peekable();
        if keys.peek().is_none() {
            return Err(SealError::NoKey);
        }
        let mut tried = keys
            .filter(|keyed| may(keyed))
            .map(|keyed| keyed.open(sealed, about));
        tried
            .find(|opened| *opened != Err(SealError::WrongKey))
            .unwrap_or(Err(SealError::WrongKey))
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

    /// With a current key and old ones.
    fn changed(current: &str, old: &str) -> Seal {
        let env = [
            ("TRIBUTARY_MASTER_KEY".to_owned(), current.repeat(64)),
            ("TRIBUTARY_MASTER_KEY_OLD".to_owned(), old.repeat(64)),
        ];
        let env = env.into_iter().collect();
        Seal::of(&Config::read(Flags::default(), &env, None, &[]).unwrap())
    }

    #[test]
    fn the_beginning_of_a_value_says_whether_its_key_is_there() {
        let stored = keyed("a").seal(b"plain", "src_1", &ids()).unwrap();
        let name = &stored[..NAME_BYTES];
        assert_eq!(keyed("a").has_key_of(name), Ok(()));
        assert_eq!(changed("b", "a").has_key_of(name), Ok(()));
        assert_eq!(keyed("b").has_key_of(name), Err(SealError::WrongKey));
        assert_eq!(Seal::new(None).has_key_of(name), Err(SealError::NoKey));
        let open = Seal::new(None).seal(b"plain", "src_1", &ids()).unwrap();
        assert_eq!(keyed("b").has_key_of(&open), Ok(()));
    }

    #[test]
    fn an_old_key_opens_what_it_has_sealed_and_seals_nothing() {
        let stored = keyed("a").seal(b"whsec_canary", "src_1", &ids()).unwrap();
        let after = changed("b", "a");
        assert_eq!(after.open(&stored, "src_1").unwrap(), b"whsec_canary");
        assert!(!after.is_current(&stored) && keyed("a").is_current(&stored));
        let anew = after.seal(b"whsec_canary", "src_1", &ids()).unwrap();
        assert!(after.is_current(&anew) && keyed("b").open(&anew, "src_1").is_ok());
        assert_eq!(keyed("a").open(&anew, "src_1"), Err(SealError::WrongKey));
    }

    #[test]
    fn a_value_sealed_before_keys_had_names_opens_and_is_not_current() {
        let named = keyed("a").seal(b"plain", "src_1", &ids()).unwrap();
        let unnamed = [&[SEALED], &named[1 + ID_BYTES..]].concat();
        assert_eq!(keyed("a").open(&unnamed, "src_1").unwrap(), b"plain");
        assert!(!keyed("a").is_current(&unnamed));
        assert_eq!(keyed("b").open(&unnamed, "src_1"), Err(SealError::WrongKey));
        assert_eq!(
            keyed("a").open(&[NAMED, 1], "src_1"),
            Err(SealError::Damaged)
        );
    }

    #[test]
    fn what_was_stored_without_a_key_still_opens_with_one() {
        let stored = Seal::new(None).seal(b"plain", "src_1", &ids()).unwrap();
        assert_eq!(keyed("a").open(&stored, "src_1").unwrap(), b"plain");
    }
}
