//! What of it is measured: flags after `--`.

use std::time::Duration;

use clap::Parser;

use crate::load::Mix;

/// Tributary beside what a user would write instead.
#[derive(Debug, Parser)]
#[command(name = "compare", no_binary_name = true)]
pub struct Options {
    /// On SQLite only
    #[arg(long)]
    pub sqlite: bool,
    /// On PostgreSQL only
    #[arg(long)]
    pub postgres: bool,
    /// Connections at once
    #[arg(long, value_delimiter = ',', default_value = "64", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub connections: Vec<u16>,
    /// What is delivered
    #[arg(long, value_delimiter = ',', default_value = "new")]
    pub mix: Vec<Mix>,
    /// Rounds, in each of which all take turns
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// How long each run is, without its warm-up
    #[arg(long, default_value = "4", value_parser = clap::value_parser!(u16).range(1..))]
    pub seconds: u16,
    /// Without Node
    #[arg(long)]
    pub alone: bool,
}

impl Options {
    /// How long each run is.
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}
