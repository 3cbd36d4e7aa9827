//! What Tributary's work costs, as ratios: each measurement stands beside a baseline that takes turns with it,
//! so that a slower machine, or other work on this one, slows both. `docs/benchmarks.md` says what each means.
//!
//! It prints and judges nothing: no test and no build may depend on a time.

mod databases;
mod http;
mod inbox;
mod ledger;
mod measure;
mod pure;
mod world;

#[path = "../../tests/it/support/copies.rs"]
mod copies;
#[path = "../../tests/it/support/programs.rs"]
mod programs;

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use tributary::store::Dialect;

use self::databases::Databases;
use self::measure::{Size, heading};

/// What can be asked for by name.
const GROUPS: [&str; 4] = ["pure", "inbox", "ledger", "http"];

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (flags, mut groups): (Vec<&str>, Vec<&str>) = args
        .iter()
        .map(String::as_str)
        .partition(|arg| arg.starts_with('-'));
    // `cargo test --all-targets` starts every benchmark too, without this.
    if !flags.contains(&"--bench") {
        writeln!(std::io::stderr(), "nothing measured: `make bench` does")?;
        return Ok(());
    }
    if let Some(unknown) = groups.iter().find(|name| !GROUPS.contains(name)) {
        bail!(
            "there is no group of benchmarks named {unknown}: name some of {}",
            GROUPS.join(", ")
        );
    }
    if groups.is_empty() {
        groups = GROUPS.to_vec();
    }
    let size = Size::from_environment()?;
    let runtime = tokio::runtime::Runtime::new().context("no threads to run on")?;
    runtime.block_on(run(size, &groups))
}

async fn run(size: Size, groups: &[&str]) -> Result<()> {
    // First, so that a missing PostgreSQL is told at once.
    let databases = Databases::start()?;
    heading()?;
    if groups.contains(&"pure") {
        pure::run().await?;
    }
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        if groups.contains(&"inbox") {
            inbox::run(&databases, dialect, size).await?;
        }
        if groups.contains(&"ledger") {
            ledger::run(&databases, dialect, size).await?;
        }
        if groups.contains(&"http") {
            Box::pin(http::run(&databases, dialect, size)).await?;
        }
    }
    databases.stop()
}
