//! The command line: what can be asked of the program. What each command does is not here.
//!
//! Data goes to stdout, logs and progress to stderr. Secrets given as flags are never echoed.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use providers::Micros;

use crate::config::Flags;
use crate::ledger::calls;

mod events;
mod import;
mod local;
mod reconcile;
mod replay;
mod setup;

pub use events::{EventFilter, EventState, EventsCommand};
pub use import::{ImportArgs, ImportKind, Vendor};
pub use local::{ListenArgs, TriggerArgs};
pub use reconcile::{CredentialCommand, ReconcileArgs};
pub use replay::ReplayArgs;
pub use setup::{
    JobsCommand, KeysCommand, OrganizationsCommand, PartnersCommand, PayoutsCommand,
    PrivacyCommand, SecretsCommand, SourcesCommand, WebhooksCommand,
};

/// How a command ended, as the process says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Success,
    /// 1: tried and failed; stderr says why.
    Failed,
    /// 2: asked for wrongly: flags or settings.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failed => Self::FAILURE,
            Exit::Usage => Self::from(2),
        }
    }
}

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "tributary",
    version,
    about = "The open, self-hosted bridge between payment processors and partner programs",
    after_help = "Start here:  tributary demo\n\nSettings come from flags, then the environment (DATABASE_URL, TRIBUTARY_…), then tributary.toml."
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArgs {
    /// Where the data is.
    #[arg(
        help = "Where the data is: sqlite://FILE or postgres://… [env: DATABASE_URL] [default: sqlite://tributary.db]",
        long,
        global = true,
        value_name = "URL"
    )]
    pub database_url: Option<String>,
    /// Read settings from this file instead of tributary.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print JSON where a table is printed
    #[arg(long, global = true)]
    pub json: bool,
    /// The organization that is meant, by its id or name, where there are several
    #[arg(long, global = true, value_name = "ORGANIZATION")]
    pub organization: Option<String>,
    /// How logs look.
    #[arg(
        help = "How logs look: human or json [env: TRIBUTARY_LOG_FORMAT] [default: human]",
        long,
        global = true,
        value_name = "FORMAT"
    )]
    pub log_format: Option<String>,
    /// The finest logs that are written.
    #[arg(
        help = "off, error, warn, info, debug or trace [env: TRIBUTARY_LOG_LEVEL] [default: info]",
        long,
        global = true,
        value_name = "LEVEL"
    )]
    pub log_level: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve webhooks, the API and partners' links
    #[command(
        after_help = "Example:  tributary serve --listen 0.0.0.0:8080 --public-url https://pay.example.com"
    )]
    Serve(ServeArgs),
    /// See it work: replay the shipped fixtures of all processors and show what they add up to
    #[command(
        after_help = "Example:  tributary demo --exit\n\nWithout --database-url it works in a file of its own and removes it at the end."
    )]
    Demo(DemoArgs),
    /// Sign fixtures or exported events and post them to a server
    #[command(
        after_help = "Example:  tributary replay fixtures/stripe --to http://127.0.0.1:8080/webhooks/stripe --secret whsec_… --shuffle 7"
    )]
    Replay(ReplayArgs),
    /// Have a shipped scenario happen: fresh ids, signed, posted to a running server
    #[command(
        after_help = "Example:  tributary trigger stripe subscription-checkout --partner alice\n\n`tributary trigger --list` lists all scenarios. It delivers to sources of test mode; to live ones only with --live."
    )]
    Trigger(TriggerArgs),
    /// Hand deliveries on as they arrive, for example to a server under development
    #[command(
        after_help = "Example:  tributary listen --to http://localhost:3000/webhooks --since 1h --sign-with whsec_…"
    )]
    Listen(ListenArgs),
    /// Take over partners, codes, customers and past sales that another system has exported
    #[command(
        after_help = "Example:  tributary import rewardful partners affiliates.csv --link-url https://shop.example.com/ --dry-run\n\nIt calls a running server. Repeating it changes nothing; lines that cannot be taken over are told with their number."
    )]
    Import(ImportArgs),
    /// Create, list and revoke API keys
    #[command(subcommand, after_help = "Example:  tributary keys create --name shop")]
    Keys(KeysCommand),
    /// Add, list, rotate and disable webhook sources
    #[command(
        subcommand,
        after_help = "Example:  tributary sources add stripe --secret whsec_…"
    )]
    Sources(SourcesCommand),
    /// Look into the inbox, process events again, export them
    #[command(
        subcommand,
        after_help = "Example:  tributary events list --state parked"
    )]
    Events(EventsCommand),
    /// Ask processors for what they have, and say what never arrived
    #[command(
        after_help = "Example:  tributary reconcile stripe --since 2026-11-01 --apply\n\nExit code 1: something is missing. The keys it asks with: tributary sources credential set ID"
    )]
    Reconcile(ReconcileArgs),
    /// Write sales, commissions or payouts to stdout
    #[command(after_help = "Example:  tributary export sales --format csv > sales.csv")]
    Export(ExportArgs),
    /// Print a link that signs you in to the dashboard, once
    #[command(after_help = "Example:  tributary login")]
    Login(LoginArgs),
    /// Bring the database to this version's schema
    #[command(after_help = "Example:  tributary migrate --database-url postgres://…")]
    Migrate,
    /// Say why a sale, commission or event is what it is
    #[command(after_help = "Example:  tributary explain sale_01k…")]
    Explain(ExplainArgs),
    /// Check that every balance is the sum of its entries and every sale follows from its events
    #[command(after_help = "Example:  tributary audit --json")]
    Audit(AuditArgs),
    /// Name what is wrong with this installation and its sources, and what to do about it
    #[command(
        after_help = "Example:  tributary doctor --json\n\nEnds with 1 where something is wrong. It changes nothing."
    )]
    Doctor(DoctorArgs),
    /// Copy everything into another, empty database: from SQLite to PostgreSQL, or back
    #[command(
        after_help = "Example:  tributary copy --from sqlite://tributary.db --to postgres://…\n\nStop the server first. Nothing is copied unless everything is."
    )]
    Copy(CopyArgs),
    /// Change the key that secrets at rest are sealed with
    #[command(
        subcommand,
        after_help = "Example:  tributary secrets rotate\n\nSet TRIBUTARY_MASTER_KEY to the new key and TRIBUTARY_MASTER_KEY_OLD to the one before, for the server too."
    )]
    Secrets(SecretsCommand),
    /// See what the server does by itself, and have what has failed tried again
    #[command(subcommand, after_help = "Example:  tributary jobs list")]
    Jobs(JobsCommand),
    /// Draft payouts, approve them, send them by a file or by Stripe
    #[command(
        subcommand,
        after_help = "Example:  tributary payouts send --method sepa --currency eur > payouts.xml"
    )]
    Payouts(PayoutsCommand),
    /// Collect or erase what is known of a person
    #[command(
        subcommand,
        after_help = "Example:  tributary privacy export alice@example.com"
    )]
    Privacy(PrivacyCommand),
    /// Write a copy of the SQLite database, while the server runs
    #[command(after_help = "Example:  tributary backup /backups/tributary-2026-11-29.db")]
    Backup(BackupArgs),
    /// Make the SQLite database of a backup; nothing that is there is overwritten
    #[command(after_help = "Example:  tributary restore /backups/tributary-2026-11-29.db")]
    Restore(BackupArgs),
    /// Print what a shell needs to complete this program's commands
    #[command(
        after_help = "Example:  tributary completions bash > /etc/bash_completion.d/tributary"
    )]
    Completions(CompletionsArgs),
    /// Print the manual's page, or write one for each command
    #[command(after_help = "Example:  tributary man --folder /usr/local/share/man/man1")]
    Man(ManArgs),
    /// Let partners sign in to the portal
    #[command(
        subcommand,
        after_help = "Example:  tributary partners link alice@example.com"
    )]
    Partners(PartnersCommand),
    /// Set up outgoing webhooks, and send what has failed once more
    #[command(
        subcommand,
        after_help = "Example:  tributary webhooks add https://example.com/hooks --events 'sale.*,payout.*'"
    )]
    Webhooks(WebhooksCommand),
    /// Create and list organizations
    #[command(
        subcommand,
        after_help = "Example:  tributary organizations create --name Acme"
    )]
    Organizations(OrganizationsCommand),
}

/// `audit`
#[derive(Debug, Clone, Args)]
pub struct AuditArgs {
    /// First sum up the figures that are kept beside the ledger once more; sales and entries stay as they are
    #[arg(long)]
    pub mend_figures: bool,
}

/// `backup` and `restore`
#[derive(Debug, Clone, Args)]
pub struct BackupArgs {
    /// The file of the backup
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `completions`
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// `doctor`
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// End with 1 also where something is only to be looked at
    #[arg(long)]
    pub strict: bool,
    /// Ask no processor whether the key to its API is accepted and has the rights it takes
    #[arg(long)]
    pub offline: bool,
}

/// `serve`
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address to listen on.
    #[arg(
        help = "The address to listen on [env: TRIBUTARY_LISTEN] [default: 127.0.0.1:8080]",
        long,
        value_name = "ADDRESS"
    )]
    pub listen: Option<String>,
    /// How the world reaches the server.
    #[arg(
        help = "How the world reaches the server [env: TRIBUTARY_PUBLIC_URL]",
        long,
        value_name = "URL"
    )]
    pub public_url: Option<String>,
    /// Requests a second for each API key.
    #[arg(
        help = "Requests a second for each API key, bursts of twice that [env: TRIBUTARY_RATE_LIMIT] [default: 100]",
        long,
        value_name = "N"
    )]
    pub rate_limit: Option<String>,
    /// Where Prometheus finds the metrics.
    #[arg(
        help = "Serve /metrics at an address of its own, for example 127.0.0.1:9464 [env: TRIBUTARY_METRICS_LISTEN]",
        long,
        value_name = "ADDRESS"
    )]
    pub metrics_listen: Option<String>,
}

/// `login`
#[derive(Debug, Clone, Args)]
pub struct LoginArgs {
    /// Sign in as this member, by the e-mail address, instead of as the server's owner
    #[arg(long, value_name = "EMAIL")]
    pub member: Option<String>,
    /// How the world reaches the server.
    #[arg(
        help = "How the world reaches the server [env: TRIBUTARY_PUBLIC_URL]",
        long,
        value_name = "URL"
    )]
    pub public_url: Option<String>,
}

/// `demo`
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// End after the table instead of leaving the server running
    #[arg(long)]
    pub exit: bool,
    /// The address to listen on [default: a free port of this machine]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// About how many sales the year in the dashboard has
    #[arg(long, value_name = "N", default_value = "2400")]
    pub sales: NonZeroUsize,
}

/// `copy`
#[derive(Debug, Clone, Args)]
pub struct CopyArgs {
    /// The database that is copied.
    #[arg(
        help = "The database that is copied: sqlite://FILE or postgres://…",
        long,
        value_name = "URL"
    )]
    pub from: String,
    /// The database that everything goes to; it must hold no organization
    #[arg(long, value_name = "URL")]
    pub to: String,
}

/// `export`
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// What to write
    #[arg(value_enum)]
    pub what: Exported,
    /// In which form
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv)]
    pub format: ExportFormat,
    /// Only what has this status: pending, approved, paid, rejected; of payouts draft, approved, sent, paid, failed, reversed
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only of this partner, by id
    #[arg(long, value_name = "ID")]
    pub partner: Option<String>,
    /// Only of this time or later: 2026-11-22, 2026-11-22T10:00:00Z, or 12h, 7d ago
    #[arg(long, value_name = "T", value_parser = since)]
    pub since: Option<Since>,
    /// The same as --since
    #[arg(long, value_name = "T", value_parser = since, conflicts_with = "since")]
    pub from: Option<Since>,
    /// Only before this time
    #[arg(long, value_name = "T", value_parser = since)]
    pub until: Option<Since>,
    /// The same as --until
    #[arg(long, value_name = "T", value_parser = since, conflicts_with = "until")]
    pub to: Option<Since>,
}

impl ExportArgs {
    /// When what is wanted begins and ends.
    pub fn range(&self) -> (Option<Since>, Option<Since>) {
        (self.since.or(self.from), self.until.or(self.to))
    }
}

/// `explain`
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The id of a sale, commission or event, or any name of a payment
    pub id: String,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Exported {
    /// One line for each sale
    Sales,
    /// One line for each commission
    Commissions,
    /// One line for each payout
    Payouts,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A header line and comma-separated lines
    Csv,
    /// One JSON object a line
    Jsonl,
}

/// Which ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Money
    Live,
    /// Trying out; never paid out
    Test,
}

impl Mode {
    /// Whether this is the ledger of real money.
    pub fn livemode(self) -> bool {
        self == Self::Live
    }
}

impl Cli {
    /// The settings among the flags, as typed.
    pub fn flags(&self) -> Flags {
        let mut flags = Flags {
            database_url: self.global.database_url.clone(),
            log_format: self.global.log_format.clone(),
            log_level: self.global.log_level.clone(),
            ..Flags::default()
        };
        if let Command::Serve(serve) = &self.command {
            flags.listen.clone_from(&serve.listen);
            flags.public_url.clone_from(&serve.public_url);
            flags.rate_limit.clone_from(&serve.rate_limit);
            flags.metrics_listen.clone_from(&serve.metrics_listen);
        }
        if let Command::Login(login) = &self.command {
            flags.public_url.clone_from(&login.public_url);
        }
        if let Command::Partners(PartnersCommand::Link { public_url, .. }) = &self.command {
            flags.public_url.clone_from(public_url);
        }
        flags
    }
}

/// A time as RFC 3339, or a day, which begins at midnight UTC.
/// A time, or how long ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// A time.
    At(Micros),
    /// So many seconds ago.
    Ago(i64),
}

impl Since {
    /// The time that is meant, seen from now.
    pub const fn at(self, now: Micros) -> Micros {
        match self {
            Self::At(at) => at,
            Self::Ago(seconds) => now.plus_seconds(-seconds),
        }
    }
}

/// Refuses a range in which nothing can be.
pub(crate) fn in_order(
    since: Option<Since>,
    until: Option<Since>,
    now: Micros,
) -> Result<(), &'static str> {
    match (since, until) {
        (Some(since), Some(until)) if until.at(now) <= since.at(now) => {
            Err("the end (--until, --to) must be later than the beginning (--since, --from)")
        }
        _ => Ok(()),
    }
}

/// A processor that there is, or the API, whose calls are events too.
fn processor(text: &str) -> Result<String, String> {
    let known = providers::adapters().iter().map(|one| one.about().id);
    let known: Vec<&str> = known.chain([calls::PROCESSOR]).collect();
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("must be one of {}", known.join(", ")))
}

fn since(text: &str) -> Result<Since, String> {
    let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
    let ago = units.iter().find_map(|(unit, seconds)| {
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        Some(i64::from(number) * seconds)
    });
    match ago {
        Some(seconds) => Ok(Since::Ago(seconds)),
        None => time(text)
            .map(Since::At)
            .map_err(|error| format!("{error}, or 30m, 12h, 7d")),
    }
}

fn time(text: &str) -> Result<Micros, String> {
    Micros::parse_rfc3339(text)
        .or_else(|| Micros::parse_rfc3339(&format!("{text}T00:00:00Z")))
        .ok_or_else(|| "write 2026-11-22 or 2026-11-22T10:00:00Z".to_owned())
}

#[cfg(test)]
mod tests;
