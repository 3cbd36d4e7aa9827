//! `events`: the inbox on the command line.

use clap::{Args, Subcommand, ValueEnum};

use super::{Since, processor, since};

/// `events`
#[derive(Debug, Clone, Subcommand)]
pub enum EventsCommand {
    /// List events, newest first
    List {
        /// Which events
        #[command(flatten)]
        filter: EventFilter,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show one event and what was made of it
    Show {
        /// The event's id, ours or the processor's
        id: String,
        /// Print the exact bytes that were delivered, and nothing else
        #[arg(long)]
        payload: bool,
    },
    /// Make facts of stored events once more, for example after an update
    Reprocess {
        /// Which events
        #[command(flatten)]
        filter: EventFilter,
        /// Show what would change, change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write events to stdout, one JSON object a line, for `replay`
    Export {
        /// Which events
        #[command(flatten)]
        filter: EventFilter,
    },
}

/// Which events; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct EventFilter {
    /// Of this processor
    #[arg(long, value_name = "ID", value_parser = processor)]
    pub processor: Option<String>,
    /// Delivered to this source
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Of this type, as the processor names it
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// In this state
    #[arg(long, value_enum)]
    pub state: Option<EventState>,
    /// Received at this time or later: 2026-11-22, 2026-11-22T10:00:00Z, or 12h, 7d ago
    #[arg(long, value_name = "T", value_parser = since)]
    pub since: Option<Since>,
    /// Received before this time
    #[arg(long, value_name = "T", value_parser = since)]
    pub until: Option<Since>,
}

/// What has become of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EventState {
    /// Stored, not yet looked at
    Received,
    /// Made into facts
    Processed,
    /// Says nothing that counts
    Ignored,
    /// Waits for a payment that is not known yet
    Parked,
    /// Could not be processed
    Failed,
}

impl EventState {
    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Processed => "processed",
            Self::Ignored => "ignored",
            Self::Parked => "parked",
            Self::Failed => "failed",
        }
    }
}
