//! How often a key may call, and how often a source may be sent what does not verify.
//!
//! Verified webhooks are never limited: a processor that delivers a backlog must get through. The limits
//! live in this process's memory: at most [`KEYS_BEFORE_TIDYING`] keys, or twice those in use.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::ops::Add;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as GovernorClock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter as Governor};

use crate::clock::Clock;
use crate::http::error::ApiError;

/// So many keys are kept before those that have not called lately are forgotten.
pub const KEYS_BEFORE_TIDYING: usize = 10_000;

/// Deliveries that do not verify, a second, which one source answers with 401 before it answers 429.
const UNVERIFIED_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);

/// The same of one address, whichever sources it tries. Behind a proxy all come from the proxy's.
const UNVERIFIED_OF_ADDRESS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// The same for all sources together.
const UNVERIFIED_OVERALL_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

/// Time that has passed, in nanoseconds; never less than it was, whatever the wall clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Elapsed(u64);

impl Add<Nanos> for Elapsed {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0.saturating_add(nanos.as_u64()))
    }
}

impl Reference for Elapsed {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, nanos: Nanos) -> Self {
        Self(self.0.checked_sub(nanos.as_u64()).unwrap_or(self.0))
    }
}

/// Adds up the steps that the wall clock makes forward, so that setting it back locks nobody out.
#[derive(Clone)]
struct Stopwatch {
    clock: Arc<dyn Clock>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    wall_us: i64,
    elapsed_ns: u64,
}

impl Stopwatch {
    fn new(clock: Arc<dyn Clock>) -> Self {
        let seen = Seen {
            wall_us: clock.now().0,
            elapsed_ns: 0,
        };
        Self {
            clock,
            seen: Arc::new(Mutex::new(seen)),
        }
    }
}

impl GovernorClock for Stopwatch {
    type Instant = Elapsed;

    fn now(&self) -> Elapsed {
        let now_us = self.clock.now().0;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let step_us = u64::try_from(now_us.saturating_sub(seen.wall_us)).unwrap_or(0);
        seen.wall_us = now_us;
        seen.elapsed_ns = seen
            .elapsed_ns
            .saturating_add(step_us.saturating_mul(1_000));
        Elapsed(seen.elapsed_ns)
    }
}

/// A limit for each key: so many a second, and twice that at once after a pause.
pub struct RateLimit<K: Hash + Eq + Clone> {
    governor: Governor<K, DashMapStateStore<K>, Stopwatch, NoOpMiddleware<Elapsed>>,
    stopwatch: Stopwatch,
    tidy_at: AtomicUsize,
}

/// Too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// Whole seconds until the next call passes, at least 1.
    pub retry_after_seconds: u64,
}

impl From<TooOften> for ApiError {
    fn from(limit: TooOften) -> Self {
        Self::rate_limited(limit.retry_after_seconds)
    }
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// `per_second` calls a second for each key, in bursts of at most twice that.
    pub fn new(per_second: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let burst = per_second.saturating_add(per_second.get());
        Self::of(Quota::per_second(per_second).allow_burst(burst), clock)
    }

    /// One call for each key in every `period`, and `burst` at once after a pause.
    pub fn every(period: Duration, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let once_a_second = Quota::per_second(NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or(once_a_second);
        Self::of(quota.allow_burst(burst), clock)
    }

    fn of(quota: Quota, clock: Arc<dyn Clock>) -> Self {
        let stopwatch = Stopwatch::new(clock);
        Self {
            governor: Governor::new(quota, DashMapStateStore::default(), stopwatch.clone()),
            stopwatch,
            tidy_at: AtomicUsize::new(KEYS_BEFORE_TIDYING),
        }
    }

    /// Counts one call of `key`.
    pub fn check(&self, key: &K) -> Result<(), TooOften> {
        self.tidy();
        self.governor.check_key(key).map_err(|refused| {
            let wait = refused.wait_time_from(self.stopwatch.now());
            TooOften {
                retry_after_seconds: whole_seconds(wait),
            }
        })
    }

    /// Forgets keys that have not called lately. When most are in use, the next time is put off, so that
    /// no call pays for looking through all of them again.
    fn tidy(&self) {
        if self.governor.len() < self.tidy_at.load(Ordering::Relaxed) {
            return;
        }
        self.governor.retain_recent();
        self.governor.shrink_to_fit();
        let next = self.governor.len().saturating_mul(2);
        self.tidy_at
            .store(next.max(KEYS_BEFORE_TIDYING), Ordering::Relaxed);
    }

    /// How many keys are remembered.
    pub fn len(&self) -> usize {
        self.governor.len()
    }

    /// Whether no key is remembered.
    pub fn is_empty(&self) -> bool {
        self.governor.is_empty()
    }
}

fn whole_seconds(wait: Duration) -> u64 {
    let partial = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(partial).max(1)
}

/// Deliveries that do not verify: limited for each source, each address and all together, so that guessing is slow
/// and one source under attack does not silence the others' 401.
pub struct UnverifiedLimit {
    sources: RateLimit<String>,
    addresses: RateLimit<IpAddr>,
    overall: RateLimit<()>,
}

impl UnverifiedLimit {
    /// Nothing counted yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            sources: RateLimit::new(UNVERIFIED_PER_SECOND, Arc::clone(&clock)),
            addresses: RateLimit::new(UNVERIFIED_OF_ADDRESS_PER_SECOND, Arc::clone(&clock)),
            overall: RateLimit::new(UNVERIFIED_OVERALL_PER_SECOND, clock),
        }
    }

    /// Counts one delivery to `source_id` that did not verify. Call it only after verification has failed.
    pub fn check(&self, source_id: &str, address: Option<IpAddr>) -> Result<(), TooOften> {
        self.sources.check(&source_id.to_owned())?;
        if let Some(address) = address {
            self.addresses.check(&address)?;
        }
        self.overall.check(&())
    }
}

/// Clicks that are recorded: of each address, and of all together. Whoever clicks more is led on all the same.
pub struct ClickLimit {
    addresses: RateLimit<IpAddr>,
    overall: RateLimit<()>,
}

/// Clicks of one address, a second; twice that at once. Many visitors may share one.
const CLICKS_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// The same of all together.
const CLICKS_OVERALL_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);

impl ClickLimit {
    /// Nothing counted yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            addresses: RateLimit::new(CLICKS_PER_SECOND, Arc::clone(&clock)),
            overall: RateLimit::new(CLICKS_OVERALL_PER_SECOND, clock),
        }
    }

    /// Counts one click. `address` is `None` where many visitors come from one.
    pub fn check(&self, address: Option<IpAddr>) -> Result<(), TooOften> {
        if let Some(address) = address {
            self.addresses.check(&address)?;
        }
        self.overall.check(&())
    }
}

#[cfg(test)]
mod tests;
