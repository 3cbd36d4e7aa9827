//! Tributary beside what a user would write instead: the same deliveries, from the same generator, to both in
//! turn, on the same databases. `docs/benchmarks.md` says how to read it.
//!
//! It prints and judges nothing: no test and no build may depend on a time.

mod baseline;
mod client;
mod events;
mod load;
mod options;
mod probe;
mod process;
mod run;
mod servers;
mod table;

#[path = "../ratios/databases.rs"]
mod databases;
#[path = "../../tests/it/support/programs.rs"]
mod programs;

use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use clap::Parser as _;
use tributary::store::Dialect;

use self::baseline::Baseline;
use self::databases::{Databases, name};
use self::options::Options;
use self::run::{Bench, Plan};
use self::servers::Subject;
use self::table::Row;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (given_by_cargo, args): (Vec<_>, Vec<_>) =
        args.into_iter().partition(|arg| arg == "--bench");
    // `cargo test --all-targets` starts every benchmark too, without this.
    if given_by_cargo.is_empty() {
        writeln!(io::stderr(), "nothing measured: `make bench` does")?;
        return Ok(());
    }
    let options = Options::parse_from(args);
    // One thread: the generator takes no more of the machine than it must.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(&options))
}

async fn run(options: &Options) -> Result<()> {
    let baseline = if options.alone { None } else { install()? };
    let databases = Databases::start()?;
    let bench = Bench {
        databases: &databases,
        baseline: baseline.as_ref(),
        postmaster: postmaster(&databases)?,
    };
    for dialect in dialects(options) {
        for mix in &options.mix {
            for connections in &options.connections {
                let plan = Plan {
                    dialect,
                    mix: *mix,
                    connections: usize::from(*connections),
                    time: options.time(),
                };
                compare(&bench, &plan, options.rounds).await?;
            }
        }
    }
    databases.stop()
}

/// `None`, with a word, where it cannot be had.
fn install() -> Result<Option<Baseline>> {
    match Baseline::install() {
        Ok(baseline) => Ok(Some(baseline)),
        Err(error) => {
            writeln!(io::stderr(), "without the baseline on Node: {error:#}")?;
            Ok(None)
        }
    }
}

fn dialects(options: &Options) -> Vec<Dialect> {
    match (options.sqlite, options.postgres) {
        (true, false) => vec![Dialect::Sqlite],
        (false, true) => vec![Dialect::Postgres],
        _ => vec![Dialect::Sqlite, Dialect::Postgres],
    }
}

/// The process of PostgreSQL that has all others of it below.
fn postmaster(databases: &Databases) -> Result<u32> {
    let file = databases.folder.join("server/cluster/postmaster.pid");
    let text = fs::read_to_string(file)?;
    let line = text.lines().next().context("no process")?;
    Ok(line.parse()?)
}

async fn compare(bench: &Bench<'_>, plan: &Plan, rounds: u16) -> Result<()> {
    let mut subjects = vec![Subject::Tributary];
    if bench.baseline.is_some() {
        subjects.push(Subject::Node(1));
        // Two processes on one file of SQLite are slower than one.
        if plan.dialect == Dialect::Postgres {
            subjects.push(Subject::Node(2));
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for subject in &subjects {
        rows.push(Row {
            subject: *subject,
            rounds: Vec::new(),
        });
    }
    let count = rows.len();
    for round in 0..usize::from(rounds) {
        // Another one begins each time: none always runs in what the same one has left behind.
        for turn in 0..count {
            let row = rows.get_mut((round + turn) % count).context("no row")?;
            row.rounds.push(bench.run(row.subject, plan).await?);
        }
    }
    let title = format!(
        "Stripe, {} deliveries, {} connections, {}",
        plan.mix,
        plan.connections,
        name(plan.dialect)
    );
    table::print(&title, &rows, Subject::Node(1))
}
