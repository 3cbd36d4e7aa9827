//! Pauses in what a source delivers that are longer than it usually makes. Pure.

use providers::Micros;

/// Fewer deliveries tell nothing of how often a source delivers.
const FEWEST: usize = 10;
/// Shorter pauses are nights and weekends of small shops.
const SHORTEST_SECONDS: i64 = 24 * 3_600;
/// How many times longer than the others a pause is that is told.
const TIMES: i64 = 3;

/// A pause between two deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// The delivery before it.
    pub(super) from: Micros,
    /// The delivery after it; now, where there is none.
    pub(super) to: Micros,
    /// The longest other pause, in seconds.
    pub(super) usual_seconds: i64,
}

impl Pause {
    /// Its length in seconds.
    pub(super) fn seconds(&self) -> i64 {
        seconds(self.from, self.to)
    }
}

/// The silence since the last delivery, where it is longer than the source was ever silent.
pub(super) fn silence(arrivals: &[Micros], now: Micros) -> Option<Pause> {
    let sorted = sorted(arrivals)?;
    let last = *sorted.last()?;
    let usual_seconds = pauses(&sorted).map(|pause| pause.2).max()?;
    remarkable(last, now, usual_seconds)
}

/// The longest pause between two deliveries, where it is much longer than every other.
pub(super) fn gap(arrivals: &[Micros]) -> Option<Pause> {
    let sorted = sorted(arrivals)?;
    let mut pauses: Vec<_> = pauses(&sorted).collect();
    pauses.sort_by_key(|pause| pause.2);
    let (from, to, _) = pauses.pop()?;
    remarkable(from, to, pauses.last()?.2)
}

fn remarkable(from: Micros, to: Micros, usual_seconds: i64) -> Option<Pause> {
    let pause = Pause {
        from,
        to,
        usual_seconds,
    };
    let is_long = pause.seconds() > SHORTEST_SECONDS;
    (is_long && pause.seconds() > usual_seconds.saturating_mul(TIMES)).then_some(pause)
}

fn sorted(arrivals: &[Micros]) -> Option<Vec<Micros>> {
    let mut sorted = arrivals.to_vec();
    sorted.sort_unstable();
    (sorted.len() >= FEWEST).then_some(sorted)
}

fn pauses(sorted: &[Micros]) -> impl Iterator<Item = (Micros, Micros, i64)> {
    let pairs = sorted.iter().zip(sorted.iter().skip(1));
    pairs.map(|(from, to)| (*from, *to, seconds(*from, *to)))
}

fn seconds(from: Micros, to: Micros) -> i64 {
    to.0.saturating_sub(from.0) / 1_000_000
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: i64 = 1_790_000_000_000_000;
    const HOUR: i64 = 3_600_000_000;

    fn hourly(hours: impl IntoIterator<Item = i64>) -> Vec<Micros> {
        let at = |hour| Micros(START + hour * HOUR);
        hours.into_iter().map(at).collect()
    }

    #[test]
    fn two_silent_days_of_a_source_that_speaks_each_hour_are_a_gap() {
        let arrivals = hourly((0..20).chain(68..90));
        let gap = gap(&arrivals).unwrap();
        assert_eq!((gap.seconds(), gap.usual_seconds), (49 * 3_600, 3_600));
        assert_eq!(silence(&arrivals, Micros(START + 91 * HOUR)), None);
    }

    #[test]
    fn silence_is_told_once_it_is_longer_than_ever_before() {
        let arrivals = hourly(0..40);
        let after = |hours: i64| silence(&arrivals, Micros(START + (39 + hours) * HOUR));
        assert_eq!(after(24), None);
        assert_eq!(after(25).unwrap().seconds(), 25 * 3_600);
    }

    #[test]
    fn few_deliveries_tell_nothing() {
        assert_eq!(gap(&hourly([0, 1, 2, 500, 501])), None);
        assert_eq!(silence(&hourly(0..9), Micros(i64::MAX)), None);
    }

    proptest! {
        #[test]
        fn the_order_of_arrivals_does_not_matter(hours in prop::collection::vec(0_i64..2_000, 0..40)) {
            let (there, back) = (hourly(hours.clone()), hourly(hours.into_iter().rev()));
            prop_assert_eq!(gap(&there), gap(&back));
            prop_assert_eq!(silence(&there, Micros(START)), silence(&back, Micros(START)));
        }

        #[test]
        fn who_delivers_regularly_makes_no_gap(every in 1_i64..500, count in 0_i64..60) {
            prop_assert_eq!(gap(&hourly((0..count).map(|n| n * every))), None);
        }
    }
}
