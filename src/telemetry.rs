//! Logs, to stderr: for people by default, JSON for machines.
//!
//! Log ids and lengths; never a body, a secret, a key or an e-mail address. Other crates are heard from
//! `warn` upwards only, because their finer logs may quote what passes through them.

use std::io::{self, IsTerminal as _};
use std::panic;

use serde::{Deserialize, Serialize};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates whose logs follow the level that is set.
const OWN_CRATES: [&str; 2] = ["tributary", "providers"];

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For reading, coloured on a terminal.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Sends all logs to stderr from here on, and panics into the log.
///
/// # Errors
/// When the process has a subscriber already.
pub fn init(
    format: LogFormat,
    level: LevelFilter,
) -> Result<(), tracing_subscriber::util::TryInitError> {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Human => lines.with_ansi(io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter(level)))
        .try_init()?;
    panic::set_hook(Box::new(|panic| {
        // Its message may quote what was being read, so only the place is told.
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            location,
            "a panic was caught: this is a bug, please report it"
        );
    }));
    Ok(())
}

fn filter(level: LevelFilter) -> Targets {
    let others = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(others)
        .with_targets(OWN_CRATES.map(|name| (name, level)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn other_crates_stay_quiet_below_warn_whatever_the_level() {
        let filter = filter(LevelFilter::TRACE);
        assert!(filter.would_enable("tributary::server", &Level::TRACE));
        assert!(filter.would_enable("hyper::proto", &Level::WARN));
        assert!(!filter.would_enable("hyper::proto", &Level::INFO));
        assert!(!filter.would_enable("sqlx::query", &Level::DEBUG));
    }

    #[test]
    fn a_level_above_warn_holds_for_all() {
        let filter = filter(LevelFilter::ERROR);
        assert!(!filter.would_enable("tributary", &Level::WARN));
        assert!(!filter.would_enable("hyper", &Level::WARN));
        assert!(filter.would_enable("hyper", &Level::ERROR));
    }
}
