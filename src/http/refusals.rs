//! Deliveries that were refused: counted by source and reason, told in the log now and then, and kept by the hour for the owner of the source.
//!
//! Anybody can cause one, so neither memory nor log nor table may grow with their number, and nothing is written while a delivery waits. No body, no
//! header and no secret is kept.

pub mod diagnose;
mod kept;
pub mod words;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use providers::Micros;

pub use diagnose::{COMPRESSED, Finding, PAUSED, TOO_LARGE};

/// How many pairs of source and reason are kept; beyond them all count as one.
const MOST: usize = 1_000;

/// How long the log is silent about a pair after it has told it, in seconds.
const SILENT_SECONDS: i64 = 10;

/// How often one source refused for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Since this process began.
    pub total: u64,
    untold: u64,
    told_at: Option<Micros>,
}

impl Count {
    fn is_silent(&self, now: Micros) -> bool {
        let silent_until = self.told_at.map(|told| told.plus_seconds(SILENT_SECONDS));
        silent_until.is_some_and(|until| now < until)
    }
}

/// All refusals of this process, by source (or processor, where it has no source) and reason.
#[derive(Default)]
pub struct Refusals {
    counts: Mutex<BTreeMap<(String, &'static str), Count>>,
    kept: kept::Waiting,
}

impl Refusals {
    /// Counts one refusal, and logs it unless the log has told one like it a moment ago.
    pub fn note(&self, source: &str, reason: &'static str, now: Micros) {
        let count = self.count(source, reason, now);
        if let Some(count) = count {
            tracing::warn!(source, reason, count, "deliveries were refused");
        }
    }

    /// Tells what has been counted since the log has told it last, where that is a while ago.
    pub fn tell_rest(&self, now: Micros) {
        for (source, reason, count) in self.rest(now) {
            tracing::warn!(source, reason, count, "deliveries were refused");
        }
    }

    fn rest(&self, now: Micros) -> Vec<(String, &'static str, u64)> {
        let mut rest = Vec::new();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for ((source, reason), count) in counts.iter_mut() {
            if count.untold > 0 && !count.is_silent(now) {
                count.told_at = Some(now);
                rest.push((source.clone(), *reason, std::mem::take(&mut count.untold)));
            }
        }
        rest
    }

    /// Counts one; answers how many are to be told now.
    fn count(&self, source: &str, reason: &'static str, now: Micros) -> Option<u64> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.to_owned(), reason);
        let is_full = counts.len() >= MOST && !counts.contains_key(&key);
        let key = if is_full {
            ("others".to_owned(), "any")
        } else {
            key
        };
        let count = counts.entry(key).or_default();
        count.total += 1;
        count.untold += 1;
        if count.is_silent(now) {
            return None;
        }
        count.told_at = Some(now);
        Some(std::mem::take(&mut count.untold))
    }

    /// All counts.
    pub fn all(&self) -> BTreeMap<(String, &'static str), Count> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_795_348_800_000_000);

    #[test]
    fn a_flood_is_told_once_and_then_with_its_number() {
        let refusals = Refusals::default();
        let told = |seconds| refusals.count("src_1", "mismatch", NOW.plus_seconds(seconds));
        assert_eq!(told(0), Some(1));
        for _ in 0..500 {
            assert_eq!(told(1), None);
        }
        assert_eq!(told(10), Some(501));
        assert_eq!(refusals.all()[&("src_1".to_owned(), "mismatch")].total, 502);
    }

    #[test]
    fn the_rest_of_a_flood_is_told_when_it_is_over() {
        let refusals = Refusals::default();
        for _ in 0..1_205 {
            refusals.count("src_1", "mismatch", NOW);
        }
        assert_eq!(refusals.rest(NOW.plus_seconds(9)), []);
        let rest = [("src_1".to_owned(), "mismatch", 1_204)];
        assert_eq!(refusals.rest(NOW.plus_seconds(10)), rest);
        assert_eq!(refusals.rest(NOW.plus_seconds(20)), []);
    }

    #[test]
    fn another_reason_is_told_at_once() {
        let refusals = Refusals::default();
        assert_eq!(refusals.count("src_1", "mismatch", NOW), Some(1));
        assert_eq!(refusals.count("src_1", "stale", NOW), Some(1));
    }

    #[test]
    fn names_made_up_by_strangers_take_bounded_room() {
        let refusals = Refusals::default();
        for number in 0..3 * MOST {
            refusals.count(&format!("src_{number}"), "mismatch", NOW);
        }
        assert_eq!(refusals.all().len(), MOST + 1);
    }
}
