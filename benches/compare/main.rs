//! Tributary beside what a user would write instead: the same deliveries, from the same generator, to both in
//! turn, on the same databases. `docs/benchmarks.md` says how to read it.
//!
//! It prints and judges nothing: no test and no build may depend on a time.

mod baseline;
mod client;
mod events;
mod floors;
mod load;
mod options;
mod probe;
mod process;
mod reads;
mod run;
mod servers;
mod table;
mod template;

#[path = "../ratios/databases.rs"]
mod databases;
#[path = "../../tests/it/support/programs.rs"]
mod programs;

use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use clap::Parser as _;
use tokio::runtime::{self, Runtime};

use self::baseline::Baseline;
use self::databases::Databases;
use self::load::Mix;
use self::options::Options;
use self::run::{Bench, Plan};
use self::servers::{SERVE_FLOOR, Subject};
use self::table::Row;
use tributary::store::Dialect;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [SERVE_FLOOR, address] = args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        return Runtime::new()?.block_on(floors::serve(address.parse()?));
    }
    let (given_by_cargo, args): (Vec<_>, Vec<_>) =
        args.into_iter().partition(|arg| arg == "--bench");
    // `cargo test --all-targets` starts every benchmark too, without this.
    if given_by_cargo.is_empty() {
        writeln!(io::stderr(), "nothing measured: `make bench` does")?;
        return Ok(());
    }
    let options = Options::parse_from(args);
    // One thread: the generator takes no more of the machine than it must.
    let runtime = runtime::Builder::new_current_thread()
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
    let (plans, sizes) = (options.plans()?, options.sizes()?);
    for (plan, rounds) in plans {
        compare(&bench, &plan, rounds, options.alone).await?;
    }
    for dialect in options.dialects() {
        if !sizes.is_empty() {
            reads::run(&bench, dialect, &sizes).await?;
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

/// The process of PostgreSQL that has all others of it below.
fn postmaster(databases: &Databases) -> Result<u32> {
    let file = databases.folder.join("server/cluster/postmaster.pid");
    let text = fs::read_to_string(file)?;
    let line = text.lines().next().context("no process")?;
    Ok(line.parse()?)
}

/// Who takes turns: others than Tributary where they can do what is asked.
fn subjects(bench: &Bench<'_>, plan: &Plan, alone: bool) -> Vec<Subject> {
    let mut subjects = vec![Subject::Tributary];
    if alone || plan.processor != "stripe" {
        return subjects;
    }
    if bench.baseline.is_some() {
        subjects.push(Subject::Node(1));
        // Two processes on one file of SQLite are slower than one.
        if plan.dialect == Dialect::Postgres {
            subjects.push(Subject::Node(2));
        }
    }
    if plan.mix == Mix::New {
        subjects.extend([Subject::VerifyOnly, Subject::PlainWriter]);
    }
    subjects
}

async fn compare(bench: &Bench<'_>, plan: &Plan, rounds: usize, alone: bool) -> Result<()> {
    let row = |subject| Row {
        subject,
        rounds: Vec::new(),
    };
    let mut rows: Vec<Row> = subjects(bench, plan, alone).into_iter().map(row).collect();
    let count = rows.len();
    for round in 0..rounds {
        // Another one begins each time: none always runs in what the same one has left behind.
        for turn in 0..count {
            let row = rows.get_mut((round + turn) % count).context("no row")?;
            row.rounds.push(bench.run(row.subject, plan).await?);
        }
    }
    table::print(plan, &rows, Subject::Node(1))
}
