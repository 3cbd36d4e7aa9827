//! The table: medians of the rounds for each subject, and ratios to the baseline of the same round.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};

use crate::run::Outcome;
use crate::servers::Subject;

/// All rounds of one subject.
pub struct Row {
    pub subject: Subject,
    pub rounds: Vec<Outcome>,
}

/// Prints the rows below their title; ratios are to the row of the baseline, where there is one.
pub fn print(title: &str, rows: &[Row], baseline: Subject) -> Result<()> {
    let mut out = io::stdout();
    let rounds = rows.first().map_or(0, |row| row.rounds.len());
    writeln!(out, "\n{title}; medians of {rounds} rounds")?;
    writeln!(
        out,
        "{:<18} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "",
        "answered",
        "recorded",
        "backlog",
        "p50",
        "p99",
        "p99.9",
        "server",
        "db",
        "memory",
        "a sale",
        "idle"
    )?;
    writeln!(
        out,
        "{:<18} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8}",
        "", "/s", "/s", "s", "ms", "ms", "ms", "us", "us", "MiB", "bytes", "ms"
    )?;
    for row in rows {
        let of = |value: fn(&Outcome) -> u64| median(row.rounds.iter().map(value));
        writeln!(
            out,
            "{:<18} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7} {:>8}",
            row.subject,
            of(|o| o.answered)?,
            of(|o| o.recorded)?,
            thousandths(of(|o| o.backlog_ms)?),
            thousandths(of(|o| o.waits[0])?),
            thousandths(of(|o| o.waits[1])?),
            thousandths(of(|o| o.waits[2])?),
            of(|o| o.server_us)?,
            of(|o| o.database_us)?,
            of(|o| o.peak_mib)?,
            of(|o| o.bytes_a_sale)?,
            thousandths(of(|o| o.idle_us)?),
        )?;
    }
    let base = rows.iter().find(|row| row.subject == baseline);
    for row in rows.iter().filter(|row| row.subject != baseline) {
        let Some(base) = base else { break };
        let ratio = |value: fn(&Outcome) -> u64| spread(row, base, value);
        writeln!(
            out,
            "{} to {}: recorded {}; answered {}; CPU {}",
            row.subject,
            base.subject,
            ratio(|o| o.recorded)?,
            ratio(|o| o.answered)?,
            ratio(|o| o.server_us + o.database_us)?,
        )?;
    }
    Ok(())
}

/// The least, the median and the greatest ratio of a round.
fn spread(row: &Row, base: &Row, value: fn(&Outcome) -> u64) -> Result<String> {
    let pairs = row.rounds.iter().zip(&base.rounds);
    let mut ratios: Vec<u64> = pairs
        .map(|(own, base)| value(own) * 100 / value(base).max(1))
        .collect();
    ratios.sort_unstable();
    let (least, greatest) = (ratios.first(), ratios.last());
    let text = |ratio: u64| format!("{}.{:02}", ratio / 100, ratio % 100);
    let (Some(least), Some(greatest)) = (least, greatest) else {
        return Ok("-".to_owned());
    };
    let middle = median(ratios.iter().copied())?;
    Ok(format!(
        "{}/{}/{}",
        text(*least),
        text(middle),
        text(*greatest)
    ))
}

/// A number of thousandths.
fn thousandths(number: u64) -> String {
    format!("{}.{:02}", number / 1_000, number % 1_000 / 10)
}

fn median(values: impl Iterator<Item = u64>) -> Result<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let middle = values.get(values.len() / 2);
    middle.copied().context("nothing was measured")
}
