//! How often an address may come with a key that is none, before it is sent away unheard.
//!
//! Who had a good key a while ago gets through with it, whatever others do at the same address: behind a proxy all
//! share one. Nothing here grows with the number of strangers.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use providers::Micros;

use crate::clock::Clock;
use crate::http::rate_limit::{RateLimit, TooOften};
use crate::id::key_digest;

/// One guess comes back after this time.
const REFILL: Duration = Duration::from_secs(3);

/// Guesses in a row before an address has to wait.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// For how long a key that was good is let through unasked, in seconds.
const TRUSTED_SECONDS: i64 = 3_600;

/// How many pairs of address and key, or blocked addresses, are remembered.
const MOST: usize = 10_000;

type Pair = (IpAddr, [u8; 32]);

/// Calls that came with no key in use, by address.
pub struct Guesses {
    limit: RateLimit<IpAddr>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Until when an address is not listened to.
    blocked: BTreeMap<IpAddr, Micros>,
    /// When a pair was good last.
    good: BTreeMap<Pair, Micros>,
}

impl Guesses {
    /// Nobody has guessed yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            limit: RateLimit::every(REFILL, BURST, clock),
            seen: Mutex::default(),
        }
    }

    /// Whether somebody is listened to; without a look into the database.
    ///
    /// # Errors
    /// [`TooOften`]: the address has to wait, and the key has not been good lately.
    pub fn check(
        &self,
        address: Option<IpAddr>,
        token: Option<&str>,
        now: Micros,
    ) -> Result<(), TooOften> {
        let Some(address) = address else {
            return Ok(());
        };
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let until = seen.blocked.get(&address).copied().unwrap_or(now);
        let wait_us = until.0.saturating_sub(now.0);
        if wait_us <= 0 || token.is_some_and(|token| seen.is_good(address, token, now)) {
            return Ok(());
        }
        let seconds = u64::try_from(wait_us).unwrap_or(0).div_ceil(1_000_000);
        Err(TooOften {
            retry_after_seconds: seconds.max(1),
        })
    }

    /// Counts one that was wrong.
    pub fn failed(&self, address: Option<IpAddr>, now: Micros) {
        let Some(address) = address else { return };
        let Err(too_often) = self.limit.check(&address) else {
            return;
        };
        let seconds = i64::try_from(too_often.retry_after_seconds).unwrap_or(i64::MAX);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut seen.blocked, |until| *until > now);
        seen.blocked.insert(address, now.plus_seconds(seconds));
    }

    /// Remembers one that was right.
    pub fn succeeded(&self, address: Option<IpAddr>, token: &str, now: Micros) {
        let Some(address) = address else { return };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut seen.good, |last| is_lately(*last, now));
        seen.good.insert((address, key_digest(token)), now);
    }
}

impl Seen {
    fn is_good(&self, address: IpAddr, token: &str, now: Micros) -> bool {
        let last = self.good.get(&(address, key_digest(token)));
        last.is_some_and(|last| is_lately(*last, now))
    }
}

fn is_lately(last: Micros, now: Micros) -> bool {
    now < last.plus_seconds(TRUSTED_SECONDS)
}

/// Forgets what is over; and everything, where all is in use: that costs a guesser or a client one wait.
fn make_room<K: Ord>(map: &mut BTreeMap<K, Micros>, keep: impl Fn(&Micros) -> bool) {
    if map.len() >= MOST {
        map.retain(|_, at| keep(at));
    }
    if map.len() >= MOST {
        map.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::clock::TestClock;

    const NOW: Micros = Micros(1_795_348_800_000_000);

    const ONE: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const OTHER: Option<IpAddr> = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    #[test]
    fn who_guesses_has_to_wait_and_others_have_not() {
        let clock = Arc::new(TestClock::at(NOW));
        let guesses = Guesses::new(clock);
        for _ in 0..BURST.get() {
            assert_eq!(guesses.check(ONE, Some("wrong"), NOW), Ok(()));
            guesses.failed(ONE, NOW);
        }
        guesses.failed(ONE, NOW);
        assert!(guesses.check(ONE, Some("wrong"), NOW).is_err());
        assert!(guesses.check(ONE, None, NOW).is_err());
        assert_eq!(guesses.check(OTHER, Some("wrong"), NOW), Ok(()));
        let later = NOW.plus_seconds(3);
        assert_eq!(guesses.check(ONE, Some("wrong"), later), Ok(()));
    }

    #[test]
    fn a_key_that_was_good_gets_through_where_others_guess() {
        let guesses = Guesses::new(Arc::new(TestClock::at(NOW)));
        guesses.succeeded(ONE, "good", NOW);
        for _ in 0..=BURST.get() {
            guesses.failed(ONE, NOW);
        }
        assert_eq!(guesses.check(ONE, Some("good"), NOW), Ok(()));
        assert!(guesses.check(ONE, Some("other"), NOW).is_err());
        assert!(guesses.check(OTHER, Some("good"), NOW).is_ok());
    }

    #[test]
    fn strangers_take_bounded_room() {
        let guesses = Guesses::new(Arc::new(TestClock::at(NOW)));
        for number in 0..(2 * MOST) {
            let number = u32::try_from(number).unwrap();
            guesses.succeeded(Some(IpAddr::from(number.to_be_bytes())), "good", NOW);
        }
        assert!(guesses.seen.lock().unwrap().good.len() <= MOST);
    }
}
