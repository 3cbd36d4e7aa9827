//! `reconcile`, and the keys that it asks with.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Since, since};

/// `reconcile`
#[derive(Debug, Clone, Args)]
pub struct ReconcileArgs {
    /// A source's id, or a processor: its only source; without it, every source that has a key
    pub source: Option<String>,
    /// From this time on: 2026-11-22, 2026-11-22T10:00:00Z, or 12h, 7d ago; without it, since it was asked last, or the source was added
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<Since>,
    /// Up to this time; without it, a quarter of an hour ago, since later deliveries may be on their way
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub until: Option<Since>,
    /// Put what is missing into the inbox; without it, only say what is missing
    #[arg(long)]
    pub apply: bool,
    /// Read an export of the processor instead of asking it: RevenueCat's Scheduled Data Export, as CSV
    #[arg(long, value_name = "FILE", requires = "source", conflicts_with_all = ["since", "until"])]
    pub file: Option<PathBuf>,
}

/// `sources credential`
#[derive(Debug, Clone, Subcommand)]
pub enum CredentialCommand {
    /// Keep a key to the processor's API for a source, sealed; read from stdin, or from a variable
    Set {
        /// The source's id
        id: String,
        /// The environment variable that holds the key; without it, stdin
        #[arg(long, value_name = "NAME")]
        from_env: Option<String>,
    },
    /// Forget the key: the processor is not asked any more
    Forget {
        /// The source's id
        id: String,
    },
}
