//! The period that the overview shows, in whole days of UTC, and the one before it. Pure.

use providers::Micros;

use crate::books::sums::{DAY, Sums};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::chart::Bar;
use crate::dashboard::view::parts::{amount, day};

/// Periods that end today: the word in addresses, days, name.
pub(crate) const PERIODS: [(&str, i64, &str); 4] = [
    ("7d", 7, "7 days"),
    ("30d", 30, "30 days"),
    ("90d", 90, "90 days"),
    ("365d", 365, "12 months"),
];

/// The period where none is chosen.
const USUAL: usize = 1;

/// The longest period, in days.
const DAYS_MAX: i64 = 3_660;

/// More bars than this are weeks.
const DAILY_MAX: i64 = 45;

/// A period in days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) from: i64,
    /// Not included.
    pub(crate) to: i64,
    /// The word of a period that ends today.
    pub(crate) word: Option<&'static str>,
}

impl Period {
    /// The period that an address asks for.
    pub(crate) fn of(params: &Params, now: Micros) -> Result<Self, Problem> {
        let today = now.0.div_euclid(DAY);
        if let Some(from) = params.time("from")? {
            let to = params.time("to")?.map_or(today, |to| to.0.div_euclid(DAY));
            let from = from.0.div_euclid(DAY);
            if !(0..DAYS_MAX).contains(&(to - from)) {
                return Err(Problem::Refused(
                    "a period goes from a day to a later one, within ten years".to_owned(),
                ));
            }
            return Ok(Self {
                from,
                to: to + 1,
                word: None,
            });
        }
        let words = PERIODS.map(|(word, ..)| word);
        let chosen = params.word("period", &words, |word| word)?;
        let usual = PERIODS
            .get(USUAL)
            .copied()
            .unwrap_or(("30d", 30, "30 days"));
        let (word, days, _) = PERIODS
            .into_iter()
            .find(|(word, ..)| Some(*word) == chosen)
            .unwrap_or(usual);
        Ok(Self {
            from: today + 1 - days,
            to: today + 1,
            word: Some(word),
        })
    }

    pub(crate) const fn days(&self) -> i64 {
        self.to - self.from
    }

    /// The period of the same length that ends where this one begins.
    pub(crate) const fn before(&self) -> Self {
        Self {
            from: self.from - self.days(),
            to: self.from,
            word: None,
        }
    }

    pub(crate) const fn begins_at(&self) -> Micros {
        Micros(self.from * DAY)
    }

    /// The last day of it, as people write it.
    pub(crate) fn last_day(&self) -> String {
        day(Micros((self.to - 1) * DAY))
    }

    /// How many days a bar stands for.
    pub(crate) const fn step(&self) -> i64 {
        if self.days() <= DAILY_MAX { 1 } else { 7 }
    }

    /// The sums of each bar, oldest first, with its first day.
    pub(crate) fn spans(&self, days: &[(i64, Sums)]) -> Vec<(i64, Sums)> {
        let step = self.step();
        let mut spans: Vec<(i64, Sums)> = Vec::new();
        let mut first = self.from;
        while first < self.to {
            let of_span = days
                .iter()
                .filter(|(day, _)| (first..(first + step).min(self.to)).contains(day));
            let sums = of_span.fold(Sums::default(), |sum, (_, sums)| sum.and(*sums));
            spans.push((first, sums));
            first += step;
        }
        spans
    }
}

/// What a chart shows of each span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Net revenue, and what was taken back.
    Revenue,
    /// What partners earned, and what was taken back of it.
    Commission,
    /// Refunds and disputes.
    TakenBack,
}

impl Measure {
    pub(crate) const ALL: &[Self] = &[Self::Revenue, Self::Commission, Self::TakenBack];

    /// The word in addresses.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Commission => "commission",
            Self::TakenBack => "back",
        }
    }

    /// As it is called.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Revenue => "Revenue",
            Self::Commission => "Commission",
            Self::TakenBack => "Taken back",
        }
    }

    /// What is left of it, and what was taken back.
    pub(crate) const fn of(self, sums: Sums) -> (i64, i64) {
        match self {
            Self::Revenue => (sums.left(), sums.back()),
            Self::Commission => (sums.earned(), sums.taken_back),
            Self::TakenBack => (sums.back(), 0),
        }
    }
}

/// The bars of a period, with those of the period before behind them.
pub(crate) fn bars(
    now: &[(i64, Sums)],
    before: &[(i64, Sums)],
    (measure, currency): (Measure, providers::Currency),
    step: i64,
) -> Vec<Bar> {
    let earlier = before
        .iter()
        .map(|(_, sums)| *sums)
        .chain(std::iter::repeat(Sums::default()));
    now.iter()
        .zip(earlier)
        .map(|((first, sums), earlier)| {
            let (net, back) = measure.of(*sums);
            let when = day(Micros(first * DAY));
            let when = if step == 1 {
                when
            } else {
                format!("week from {when}")
            };
            let taken = match measure {
                Measure::TakenBack => String::new(),
                _ => format!(", taken back {}", amount(back, currency)),
            };
            Bar {
                title: format!("{when}: {}{taken}", amount(net, currency)),
                net,
                back,
                before: measure.of(earlier).0,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = Micros(1_795_348_800_000_000);

    fn period(query: &str) -> Period {
        Period::of(&Params::read(query.as_bytes()), NOW).unwrap()
    }

    #[test]
    fn a_period_ends_with_today_and_the_one_before_where_it_begins() {
        let week = period("period=7d");
        assert_eq!((week.days(), week.last_day().as_str()), (7, "2026-11-22"));
        assert_eq!(week.before().to, week.from);
        assert_eq!(period("").word, Some("30d"));
        let chosen = period("from=2026-10-01&to=2026-10-31");
        assert_eq!((chosen.days(), chosen.word), (31, None));
        for wrong in [
            "period=1y",
            "from=2026-10-02&to=2026-10-01",
            "from=yesterday",
            "from=1990-01-01",
        ] {
            assert!(
                Period::of(&Params::read(wrong.as_bytes()), NOW).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn every_day_stands_in_one_bar() {
        for query in ["period=7d", "period=90d", "period=365d"] {
            let period = period(query);
            let one = Sums {
                sales: 1,
                net: 2,
                ..Sums::default()
            };
            let days: Vec<_> = (period.from..period.to).map(|day| (day, one)).collect();
            let spans = period.spans(&days);
            let all = spans
                .iter()
                .fold(Sums::default(), |sum, (_, sums)| sum.and(*sums));
            assert_eq!(all.sales, period.days());
            assert!(spans.len() <= 60, "{query}: {}", spans.len());
        }
    }
}
