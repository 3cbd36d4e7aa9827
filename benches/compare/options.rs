//! What of it is measured: flags after `--`.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser};
use tributary::store::Dialect;

use crate::load::Mix;
use crate::run::Plan;

/// The share of the rounds, and of the sales of a ledger that is read, as in the other benchmarks.
const PERCENT: &str = "BENCH_PERCENT";

/// Sales of a ledger that is read, and of one that has grown.
const SIZES: [u64; 2] = [10_000, 100_000];
const GROWN: u64 = 1_000_000;

/// What is compared at length, and what else is looked at, in one round.
const STRIPE: &str = "stripe";
const CONNECTIONS: u16 = 64;
const OTHER_CONNECTIONS: [u16; 3] = [1, 16, 256];
const OTHER_MIXES: [Mix; 2] = [Mix::Doubled, Mix::Forged];
const OTHER_PROCESSORS: [&str; 4] = ["shopify", "paddle", "polar", "revenuecat"];

/// Tributary beside what a user would write instead. Where no flag chooses: new events of Stripe's over 64
/// connections in all rounds, other loads in one, and reads.
#[derive(Debug, Parser)]
#[command(name = "compare", no_binary_name = true)]
pub struct Options {
    #[command(flatten)]
    on: On,
    /// Connections at once, for example 1,64 [default: 64]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=512))]
    connections: Vec<u16>,
    /// What is delivered [default: new]
    #[arg(long, value_delimiter = ',')]
    mix: Vec<Mix>,
    /// Of which processors [default: stripe]
    #[arg(long, value_delimiter = ',')]
    processor: Vec<String>,
    /// Rounds, in each of which all take turns
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// How long each run is, without its warm-up
    #[arg(long, default_value = "4", value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,
    /// Tributary alone
    #[arg(long)]
    pub alone: bool,
    /// Reads, in ledgers of 10,000 and 100,000 sales
    #[arg(long)]
    reads: bool,
    /// Reads in a ledger of a million sales as well: an hour or more
    #[arg(long)]
    grown: bool,
}

#[derive(Debug, Args)]
struct On {
    /// On SQLite only
    #[arg(long)]
    sqlite: bool,
    /// On PostgreSQL only
    #[arg(long)]
    postgres: bool,
}

impl Options {
    /// The databases.
    pub fn dialects(&self) -> Vec<Dialect> {
        match (self.on.sqlite, self.on.postgres) {
            (true, false) => vec![Dialect::Sqlite],
            (false, true) => vec![Dialect::Postgres],
            _ => vec![Dialect::Sqlite, Dialect::Postgres],
        }
    }

    /// What is run, and in how many rounds.
    pub fn plans(&self) -> Result<Vec<(Plan, usize)>> {
        let rounds = (usize::from(self.rounds) * percent()? / 100).max(1);
        let mut plans = Vec::new();
        for dialect in self.dialects() {
            let mut plan = |processor, mix, connections: u16, rounds| {
                let plan = Plan {
                    processor,
                    dialect,
                    mix,
                    connections: connections.into(),
                    time: Duration::from_secs(self.seconds.into()),
                };
                plans.push((plan, rounds));
            };
            if self.chooses() {
                for (processor, mix, connections) in self.chosen()? {
                    plan(processor, mix, connections, rounds);
                }
            } else if !self.reads && !self.grown {
                plan(STRIPE, Mix::New, CONNECTIONS, rounds);
                for connections in OTHER_CONNECTIONS {
                    plan(STRIPE, Mix::New, connections, 1);
                }
                for mix in OTHER_MIXES {
                    plan(STRIPE, mix, CONNECTIONS, 1);
                }
                for processor in OTHER_PROCESSORS {
                    plan(processor, Mix::New, CONNECTIONS, 1);
                }
            }
        }
        Ok(plans)
    }

    /// Sales of the ledgers that are read; none where nothing is to be read.
    pub fn sizes(&self) -> Result<Vec<u64>> {
        if self.chooses() && !self.reads && !self.grown {
            return Ok(Vec::new());
        }
        let percent = u64::try_from(percent()?)?;
        let mut sizes: Vec<u64> = SIZES.map(|size| size * percent / 100).to_vec();
        sizes.extend(self.grown.then_some(GROWN));
        Ok(sizes)
    }

    fn chooses(&self) -> bool {
        !self.connections.is_empty() || !self.mix.is_empty() || !self.processor.is_empty()
    }

    fn chosen(&self) -> Result<Vec<(&'static str, Mix, u16)>> {
        let or = |chosen: &[u16]| match chosen {
            [] => vec![CONNECTIONS],
            chosen => chosen.to_vec(),
        };
        let mut processors = Vec::new();
        for name in &self.processor {
            let known = OTHER_PROCESSORS.into_iter().chain([STRIPE]);
            let found = known.into_iter().find(|known| *known == name.as_str());
            processors.push(found.with_context(|| format!("{name} is not measured"))?);
        }
        if processors.is_empty() {
            processors.push(STRIPE);
        }
        let mixes = if self.mix.is_empty() {
            vec![Mix::New]
        } else {
            self.mix.clone()
        };
        let mut chosen = Vec::new();
        for processor in processors {
            for mix in &mixes {
                for connections in or(&self.connections) {
                    chosen.push((processor, *mix, connections));
                }
            }
        }
        Ok(chosen)
    }
}

fn percent() -> Result<usize> {
    let Some(text) = std::env::var_os(PERCENT) else {
        return Ok(100);
    };
    let percent = text
        .to_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    ensure!(
        (1..=1_000).contains(&percent),
        "{PERCENT} must be a whole number from 1 to 1000"
    );
    Ok(percent)
}
