//! Ids and API keys: everything in the program that is drawn at random.
//!
//! An id is a UUID of version 7 (RFC 9562) as text: `sale_01k9…`. Its characters sort as their time does, so
//! text order is order of creation. Ids are names, never secrets: only [`IdSource::api_key`] is one.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use providers::Micros;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::clock::Clock;

/// Prefix of a sale's id.
pub const SALE: &str = "sale";
/// Prefix of a click's id.
pub const CLICK: &str = "clk";
/// Prefix of a link's id.
pub const LINK: &str = "lnk";
/// Prefix of a partner's id.
pub const PARTNER: &str = "prt";
/// Prefix of a program's id.
pub const PROGRAM: &str = "prog";
/// Prefix of a customer's id.
pub const CUSTOMER: &str = "cus";
/// Prefix of an event's id.
pub const EVENT: &str = "evt";
/// Prefix of a webhook source's id.
pub const SOURCE: &str = "src";
/// Prefix of an API key's id; the key itself is no id.
pub const KEY: &str = "key";
/// Prefix of an enrollment's id.
pub const ENROLLMENT: &str = "ent";
/// Prefix of a ledger entry's id.
pub const LEDGER_ENTRY: &str = "led";
/// Prefix of an organization's id.
pub const ORGANIZATION: &str = "org";
/// Prefix of a commission's id.
pub const COMMISSION: &str = "com";
/// Prefix of a lead's id.
pub const LEAD: &str = "lead";
/// Prefix of a payout's id.
pub const PAYOUT: &str = "pay";
/// Prefix of the id of a bonus or a correction.
pub const ADJUSTMENT: &str = "adj";

/// Prefix of the id of payouts that are sent together.
pub const BATCH: &str = "pob";
/// Prefix of the id of a line about a change.
pub const CHANGE: &str = "chg";
/// Prefix of a member's id.
pub const MEMBER: &str = "mem";
/// Prefix of an invitation's id.
pub const INVITATION: &str = "inv";

/// Prefix of the id of an endpoint of outgoing webhooks.
pub const ENDPOINT: &str = "we";
/// Prefix of an outgoing message's id.
pub const MESSAGE: &str = "msg";
/// Prefix of the id of a group of partners.
pub const GROUP: &str = "grp";
/// Prefix of the id of a mail.
pub const MAIL: &str = "mail";
/// Prefix of the id of an attempt to send one.
pub const ATTEMPT: &str = "att";

/// Digits and small letters without `i l o u`, in the order of ASCII.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters of an id after its prefix: 26 of 5 bits hold 128.
const TEXT_LENGTH: u32 = 26;

/// The 74 bits of an id that are neither time nor version nor variant.
const RANDOM_MASK: u128 = (1 << 74) - 1;

/// Makes ids and keys. One for a process: its ids increase even when the clock stands still or steps back.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    rng: StdRng,
    millis: u64,
    random: u128,
}

impl IdSource {
    /// Ids that nobody can foresee, seeded by the operating system.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_rng(clock, rand::make_rng())
    }

    /// Ids that repeat from run to run, for tests. Its keys are no secrets.
    pub fn seeded(clock: Arc<dyn Clock>, seed: u64) -> Self {
        Self::with_rng(clock, StdRng::seed_from_u64(seed))
    }

    fn with_rng(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        let state = State {
            rng,
            millis: 0,
            random: 0,
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// The next id: `make("sale")` is `sale_` and 26 characters of `[0-9a-z]`.
    pub fn make(&self, prefix: &str) -> String {
        format!("{prefix}_{}", text(self.next_uuid()))
    }

    /// A short id for what there are few of and every key begins with: `short("org")` is `org_` and 8 characters of `[0-9a-z]`. It is drawn
    /// at random; that it is new, the database must see to.
    pub fn short(&self, prefix: &str) -> String {
        let drawn = u128::from(self.state().rng.next_u64() & 0xff_ffff_ffff);
        format!("{prefix}_{}", digits(drawn, 8))
    }

    /// A new API key, for the live or the test ledger.
    pub fn api_key(&self, livemode: bool) -> ApiKey {
        let mut bytes = [0_u8; 32];
        self.state().rng.fill_bytes(&mut bytes);
        let mode = if livemode { "live" } else { "test" };
        ApiKey(format!("trib_{mode}_{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Bytes that nobody can foresee, for keys and nonces.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.state().rng.fill_bytes(&mut bytes);
        bytes
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_uuid(&self) -> u128 {
        let now = u64::try_from(self.clock.now().0 / 1_000).unwrap_or(0);
        let mut state = self.state();
        if now > state.millis {
            state.millis = now;
            let mut bytes = [0_u8; 16];
            state.rng.fill_bytes(&mut bytes);
            // The top bit is left free for counting up within the millisecond.
            state.random = u128::from_be_bytes(bytes) & (RANDOM_MASK >> 1);
        } else {
            // A step of random size, so that one id does not tell the next.
            let step = u128::from(state.rng.next_u32()) + 1;
            state.random += step;
            if state.random > RANDOM_MASK {
                state.millis += 1;
                state.random &= RANDOM_MASK >> 1;
            }
        }
        uuid_v7(state.millis, state.random)
    }
}

/// The text before which no id sorts that is made at a time or later, and after which none does that was made before it.
pub fn floor(prefix: &str, at: Micros) -> String {
    let millis = u64::try_from(at.0 / 1_000).unwrap_or(0);
    format!("{prefix}_{}", text(u128::from(millis) << 80))
}

/// 48 bits of milliseconds, version 7, 12 random bits, variant 2, 62 random bits.
fn uuid_v7(millis: u64, random: u128) -> u128 {
    let time = u128::from(millis) & ((1 << 48) - 1);
    let high = (random >> 62) & 0xfff;
    let low = random & ((1 << 62) - 1);
    (time << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low
}

/// When an id of ours was made, to the millisecond; `None` for what is no id.
pub fn made_at(id: &str) -> Option<Micros> {
    let (_, text) = id.split_once('_')?;
    if text.len() != 26 {
        return None;
    }
    let digit = |byte: u8| ALPHABET.iter().position(|known| *known == byte);
    let uuid = text.bytes().try_fold(0_u128, |uuid, byte| {
        Some((uuid << 5) | u128::try_from(digit(byte)?).ok()?)
    })?;
    let millis = i64::try_from(uuid >> 80).ok()?;
    Some(Micros::from_millis(millis))
}

fn text(uuid: u128) -> String {
    digits(uuid, TEXT_LENGTH)
}

fn digits(number: u128, length: u32) -> String {
    (0..length)
        .rev()
        .map(|place| {
            let digit = usize::try_from((number >> (place * 5)) & 31).unwrap_or(0);
            char::from(ALPHABET.get(digit).copied().unwrap_or(b'0'))
        })
        .collect()
}

/// An API key as its owner sees it, once. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// The key itself, for printing it to the one who asked for it; never for logs or storage.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored instead of the key.
    pub fn digest(&self) -> [u8; 32] {
        key_digest(&self.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// What is stored instead of a secret that was drawn at random: its digest as text.
pub fn stored_digest(secret: &str) -> String {
    hex::encode(key_digest(secret))
}

/// SHA-256 of a key as sent. A key holds 256 random bits, so a slow hash would protect nothing more.
pub fn key_digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests;
