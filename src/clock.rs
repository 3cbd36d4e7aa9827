//! What time it is. Everything that needs "now" is given a [`Clock`], so that tests can set it.
//!
//! [`SystemClock`] is the one place in the program that reads the machine's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use providers::Micros;

/// A source of the current time.
pub trait Clock: Send + Sync {
    /// The current time. It may step back, as wall clocks do; who cannot bear that must guard against it.
    fn now(&self) -> Micros;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock for all others"
    )]
    fn now(&self) -> Micros {
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Micros(whole_micros(since)),
            Err(before) => Micros(-whole_micros(before.duration())),
        }
    }
}

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows `now`.
    pub const fn at(now: Micros) -> Self {
        Self(AtomicI64::new(now.0))
    }

    /// Shows `now` from here on, be it earlier or later.
    pub fn set(&self, now: Micros) {
        self.0.store(now.0, Ordering::SeqCst);
    }

    /// Moves the time forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(whole_micros(by), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::SeqCst))
    }
}

fn whole_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_moves_only_when_told() {
        let clock = TestClock::at(Micros::from_seconds(100));
        assert_eq!(clock.now(), Micros::from_seconds(100));
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now(), Micros(101_500_000));
        clock.set(Micros(7));
        assert_eq!(clock.now(), Micros(7));
    }

    #[test]
    fn the_system_clock_shows_a_year_in_which_this_program_exists() {
        assert!(SystemClock.now() > Micros::parse_rfc3339("2025-01-01T00:00:00Z").unwrap());
    }
}
