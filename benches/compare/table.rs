//! The table: medians of the rounds for each subject, and ratios to the baseline of the same round.

use std::io::{self, Write};

use anyhow::{Context as _, Result};

use crate::databases::name;
use crate::run::{Outcome, Plan};
use crate::servers::Subject;

/// What stands above the columns, and in which measure.
const HEADS: [[&str; 12]; 2] = [
    [
        "answered", "recorded", "backlog", "p50", "p99", "p99.9", "server", "database", "load",
        "memory", "a sale", "idle",
    ],
    [
        "/s", "/s", "s", "ms", "ms", "ms", "us", "us", "us", "MiB", "bytes", "ms",
    ],
];

/// All rounds of one subject.
pub struct Row {
    pub subject: Subject,
    pub rounds: Vec<Outcome>,
}

/// Prints what was done, and the rows; ratios are to the row of the baseline, where there is one.
pub fn print(plan: &Plan, rows: &[Row], baseline: Subject) -> Result<()> {
    let mut out = io::stdout();
    let rounds = rows.first().map_or(0, |row| row.rounds.len());
    writeln!(
        out,
        "\n{}, {} deliveries, {} connections, {}; medians of rounds: {rounds}",
        plan.processor,
        plan.mix,
        plan.connections,
        name(plan.dialect),
    )?;
    let flushes = rows.iter().flat_map(|row| &row.rounds).map(|o| o.flush_us);
    let flush = thousandths(median(flushes)?);
    writeln!(out, "a page made durable by the disk: {flush} ms, median")?;
    for head in HEADS {
        line(&mut out, "", head.map(str::to_owned))?;
    }
    for row in rows {
        let of = |value: fn(&Outcome) -> u64| median(row.rounds.iter().map(value));
        let [half, most, nearly_all] = [0, 1, 2].map(|at| {
            let waits = row
                .rounds
                .iter()
                .filter_map(|outcome| outcome.waits.get(at));
            median(waits.copied())
        });
        let cells = [
            whole(of(|o| o.answered)?),
            whole(of(|o| o.recorded)?),
            thousandths(of(|o| o.backlog_ms)?),
            thousandths(half?),
            thousandths(most?),
            thousandths(nearly_all?),
            whole(of(|o| o.server_us)?),
            whole(of(|o| o.database_us)?),
            whole(of(|o| o.generator_us)?),
            whole(of(|o| o.peak_mib)?),
            whole(of(|o| o.bytes_a_sale)?),
            thousandths(of(|o| o.idle_us)?),
        ];
        line(&mut out, &row.subject.to_string(), cells)?;
    }
    let base = rows.iter().find(|row| row.subject == baseline);
    for row in rows.iter().filter(|row| row.subject != baseline) {
        let Some(base) = base else { break };
        if matches!(row.subject, Subject::VerifyOnly | Subject::PlainWriter) {
            continue;
        }
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

fn line(out: &mut impl Write, what: &str, cells: [String; 12]) -> Result<()> {
    write!(out, "{what:<18}")?;
    for cell in cells {
        write!(out, " {cell:>8}")?;
    }
    Ok(writeln!(out)?)
}

/// A number; 0 stands for what was not measured, or is less than the measure.
fn whole(number: u64) -> String {
    match number {
        0 => "-".to_owned(),
        number => number.to_string(),
    }
}

/// A number of thousandths.
fn thousandths(number: u64) -> String {
    match number {
        0 => "-".to_owned(),
        number => format!("{}.{:02}", number / 1_000, number % 1_000 / 10),
    }
}

fn median(values: impl Iterator<Item = u64>) -> Result<u64> {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let middle = values.get(values.len() / 2);
    middle.copied().context("nothing was measured")
}
