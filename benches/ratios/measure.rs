//! Measuring: samples in pairs, their ratio, and the table. Whole numbers only.

use std::fmt;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The setting of the size.
const SIZE: &str = "BENCH_PERCENT";

/// How much is measured, in percent of the usual.
#[derive(Debug, Clone, Copy)]
pub struct Size(usize);

impl Size {
    /// `BENCH_PERCENT`, from 1 to 1000; 100 where it is not set.
    pub fn from_environment() -> Result<Self> {
        let Some(text) = std::env::var_os(SIZE) else {
            return Ok(Self(100));
        };
        let percent = text.to_str().and_then(|text| text.parse().ok());
        match percent {
            Some(percent @ 1..=1_000) => Ok(Self(percent)),
            _ => bail!("{SIZE} must be a whole number from 1 to 1000"),
        }
    }

    /// The share of a usual count; at least one.
    pub fn of(self, usual: usize) -> usize {
        (usual * self.0 / 100).max(1)
    }
}

/// Work that was done, and how long it took.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    items: u128,
    took: Duration,
}

impl Sample {
    /// So many items since then.
    pub fn since(began: Instant, items: usize) -> Self {
        Self {
            items: items as u128,
            took: began.elapsed(),
        }
    }

    fn nanos(&self) -> u128 {
        self.took.as_nanos().max(1)
    }

    fn per_second(&self) -> u128 {
        self.items * 1_000_000_000 / self.nanos()
    }
}

/// One round: what is measured, and its baseline.
#[derive(Debug, Clone, Copy)]
pub struct Pair(Sample, Sample);

impl Pair {
    /// The time that one item takes, in the time that one of the baseline takes.
    fn ratio(&self) -> Ratio {
        let Self(subject, baseline) = self;
        let subject_time = subject.nanos() * baseline.items;
        Ratio(subject_time * 1_000 / (baseline.nanos() * subject.items).max(1))
    }
}

/// Thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ratio(u128);

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000))
    }
}

/// Measures both, one after the other, in an order that changes from round to round: neither always runs in
/// what the other has left behind.
pub async fn in_turn(
    round: usize,
    subject: impl Future<Output = Result<Sample>>,
    baseline: impl Future<Output = Result<Sample>>,
) -> Result<Pair> {
    if round.is_multiple_of(2) {
        let subject = subject.await?;
        Ok(Pair(subject, baseline.await?))
    } else {
        let baseline = baseline.await?;
        Ok(Pair(subject.await?, baseline))
    }
}

/// Prints what stands above the columns.
pub fn heading() -> Result<()> {
    let line = format!(
        "{:<45} {:>8}  {:<29} {:>8} {:>7}  spread",
        "measured", "a second", "baseline", "a second", "ratio"
    );
    Ok(writeln!(io::stdout(), "{line}")?)
}

/// Prints the line of a measurement: medians, and the least and greatest ratio of a round.
pub fn print(what: &str, baseline: &str, rounds: &[Pair]) -> Result<()> {
    let mut ratios: Vec<Ratio> = rounds.iter().map(Pair::ratio).collect();
    ratios.sort_unstable();
    let (Some(low), Some(high)) = (ratios.first(), ratios.last()) else {
        bail!("{what} was not measured");
    };
    let (own, base) = (
        median(rounds.iter().map(|pair| pair.0.per_second()))?,
        median(rounds.iter().map(|pair| pair.1.per_second()))?,
    );
    let ratio = median(ratios.iter().copied())?;
    let line = format!(
        "{what:<45} {own:>8}  {baseline:<29} {base:>8} {ratio:>7}  {low} to {high}, {} rounds",
        rounds.len()
    );
    Ok(writeln!(io::stdout(), "{line}")?)
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Result<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    let middle = values.get(values.len() / 2);
    middle.copied().context("nothing was measured")
}
