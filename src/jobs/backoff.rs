//! How long a job waits after a failure, and until its next time. Pure: chance is an argument.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(5);
/// The longest.
const LONGEST: Duration = Duration::from_hours(6);

/// How long to wait after the `attempt`th failure in a row: twice as long each time, and up to a half less by chance, so that what has failed
/// together does not come back together.
pub fn after_failure(attempt: i64, chance: u64) -> Duration {
    let doublings = attempt.clamp(1, 21) - 1;
    let longest = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    longest.saturating_sub(part_of(longest / 2, chance))
}

/// How long until a job's next time: its period, and up to a tenth more by chance.
pub fn until_next(period: Duration, chance: u64) -> Duration {
    period.saturating_add(part_of(period / 10, chance))
}

fn part_of(whole: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance % millis.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn it_doubles_up_to_six_hours() {
        let seconds = |attempt| after_failure(attempt, 0).as_secs();
        assert_eq!([1, 2, 3, 4].map(seconds), [5, 10, 20, 40]);
        assert_eq!([13, 14, i64::MAX].map(seconds), [20_480, 21_600, 21_600]);
        assert_eq!(seconds(0), 5);
    }

    proptest! {
        #[test]
        fn chance_takes_half_at_most_and_adds_a_tenth_at_most(attempt in 1_i64..40, chance: u64) {
            let (most, waits) = (after_failure(attempt, 0), after_failure(attempt, chance));
            prop_assert!(waits <= most && waits >= most / 2);
            let next = until_next(most, chance);
            prop_assert!(next >= most && next <= most + most / 10);
        }
    }
}
