//! Points in time as UTC microseconds, the only form in which time exists inside Tributary.
//!
//! Reading the clock is not possible here: "now" is always an argument.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time: microseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Micros(pub i64);

const MICROS_IN_SECOND: i64 = 1_000_000;
const MICROS_IN_DAY: i64 = 86_400 * MICROS_IN_SECOND;

impl Micros {
    /// From whole Unix seconds; saturates far outside the years anyone sells in.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_IN_SECOND))
    }

    /// From Unix milliseconds; saturates.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// Whole Unix seconds, rounded towards the past.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_IN_SECOND)
    }

    /// This time moved by whole seconds (negative: earlier); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(
            self.0
                .saturating_add(seconds.saturating_mul(MICROS_IN_SECOND)),
        )
    }

    /// This time moved by whole days of 24 hours (negative: earlier); saturates.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(MICROS_IN_DAY)))
    }

    /// Reads an RFC 3339 time with any offset and up to nanosecond digits (cut to microseconds).
    /// `None` for anything else, and for the year-1 dates that Paddle sends to mean "no date".
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.trim().parse().ok()?;
        let micros = at.as_microsecond();
        (micros > -62_000_000_000 * MICROS_IN_SECOND).then_some(Self(micros))
    }
}

impl fmt::Display for Micros {
    /// RFC 3339 in UTC with milliseconds: `2027-01-15T12:30:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_is_read_to_the_microsecond_and_printed_with_milliseconds() {
        let at = Micros::parse_rfc3339("2026-09-09T23:06:40.123456789Z").unwrap();
        assert_eq!(at, Micros(1_788_995_200_123_456));
        assert_eq!(at.to_string(), "2026-09-09T23:06:40.123Z");
        assert_eq!(
            Micros::parse_rfc3339("2026-09-10T01:06:40.123456+02:00"),
            Some(at)
        );
        assert_eq!(
            Micros::from_seconds(0).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }

    #[test]
    fn a_year_one_date_and_a_text_without_zone_are_no_time() {
        assert_eq!(Micros::parse_rfc3339("0001-01-01T00:00:00Z"), None);
        assert_eq!(Micros::parse_rfc3339("2026-09-09 23:06:40"), None);
        assert_eq!(Micros::parse_rfc3339(""), None);
    }

    #[test]
    fn times_begin_after_the_first_years_and_may_have_white_space_around_them() {
        assert_eq!(Micros::parse_rfc3339("0005-04-19T09:46:40Z"), None);
        let first = Micros(1 - 62_000_000_000 * MICROS_IN_SECOND);
        assert_eq!(
            Micros::parse_rfc3339("0005-04-19T09:46:40.000001Z"),
            Some(first)
        );
        assert_eq!(
            Micros::parse_rfc3339(" 1970-01-01T00:00:00Z\n"),
            Some(Micros(0))
        );
    }
}
