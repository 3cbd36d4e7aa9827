//! Logs, to stderr: for people by default, JSON for machines. With the feature `otel` also traces, in `traces`.
//!
//! Log ids and lengths; never a body, a secret, a key or an e-mail address. Other crates are heard from
//! `warn` upwards only, because their finer logs may quote what passes through them.

#[cfg(feature = "otel")]
pub mod traces;

use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
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

/// What keeps telemetry going: to be held until the end, and dropped before the runtime.
#[must_use]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    _traces: traces::Traces,
}

/// Why telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The process has a subscriber already.
    #[error(transparent)]
    Subscriber(#[from] tracing_subscriber::util::TryInitError),
    /// The environment asks for traces that cannot be sent.
    #[cfg(feature = "otel")]
    #[error("no traces can be sent; look at OTEL_EXPORTER_OTLP_ENDPOINT: {0}")]
    Traces(#[from] traces::TracesError),
}

/// Sends all logs to stderr from here on, and panics into the log. To be called within the runtime.
///
/// # Errors
/// [`TelemetryError`].
pub fn init(format: LogFormat, level: LevelFilter) -> Result<Telemetry, TelemetryError> {
    #[cfg(feature = "otel")]
    let traces = traces::Traces::begin()?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Human => lines.with_ansi(is_coloured()).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines.with_filter(filter(level)));
    #[cfg(feature = "otel")]
    let registry = registry.with(traces.tracer().map(|tracer| {
        let layer = tracing_opentelemetry::layer().with_tracer(tracer);
        layer.with_filter(filter(level))
    }));
    registry.try_init()?;
    panic::set_hook(Box::new(|panic| {
        // Its message may quote what was being read, so only the place is told.
        let location = panic.location().map(ToString::to_string);
        tracing::error!(
            location,
            "a panic was caught: this is a bug, please report it"
        );
    }));
    Ok(Telemetry {
        #[cfg(feature = "otel")]
        _traces: traces,
    })
}

/// Colours are for a terminal whose user has not turned them off (<https://no-color.org>).
fn is_coloured() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
    io::stderr().is_terminal() && !no_colour
}

fn filter(level: LevelFilter) -> Targets {
    let others = level.min(LevelFilter::WARN);
    Targets::new()
        .with_default(others)
        .with_targets(OWN_CRATES.map(|name| (name, level)))
}

/// Says what happens often at most once in [`SAY_EVERY`].
#[derive(Debug, Default)]
pub struct Sampled(Mutex<Seen>);

/// How often the same is said.
pub const SAY_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
struct Seen {
    said_at: Option<Instant>,
    unsaid: u64,
}

impl Sampled {
    /// Nothing has happened yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Seen {
            said_at: None,
            unsaid: 0,
        }))
    }

    /// It has happened at `now`. If it is to be said, answers how many more times it has happened since it was said last.
    pub fn note(&self, now: Instant) -> Option<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = seen
            .said_at
            .is_some_and(|said_at| now.duration_since(said_at) < SAY_EVERY);
        if lately {
            seen.unsaid = seen.unsaid.saturating_add(1);
            return None;
        }
        seen.said_at = Some(now);
        Some(std::mem::take(&mut seen.unsaid))
    }
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
    fn what_happens_often_is_said_once_in_a_while_with_a_count() {
        let (said, now) = (Sampled::new(), Instant::now());
        assert_eq!(said.note(now), Some(0));
        assert_eq!(said.note(now), None);
        assert_eq!(said.note(now + SAY_EVERY / 2), None);
        assert_eq!(said.note(now + SAY_EVERY), Some(2));
        assert_eq!(said.note(now + SAY_EVERY), None);
    }

    #[test]
    fn a_level_above_warn_holds_for_all() {
        let filter = filter(LevelFilter::ERROR);
        assert!(!filter.would_enable("tributary", &Level::WARN));
        assert!(!filter.would_enable("hyper", &Level::WARN));
        assert!(filter.would_enable("hyper", &Level::ERROR));
    }
}
