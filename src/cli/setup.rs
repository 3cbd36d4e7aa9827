//! `keys`, `sources` and `organizations`: what is set up once; and `jobs`.

use clap::Subcommand;
use providers::Currency;

use super::Mode;
use crate::keys::Scope;
use crate::payouts::batch::Method;

/// `keys`
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, once and alone, on stdout
    Create {
        /// What the key is for
        #[arg(long)]
        name: String,
        /// Which ledger the key works on
        #[arg(long, value_enum, default_value_t = Mode::Live)]
        mode: Mode,
        /// The same as --mode test: a key that sees and changes test data alone
        #[arg(long, conflicts_with = "mode")]
        test: bool,
        /// What the key may do: track (report sales), read, admin (everything); several with commas
        #[arg(long, value_delimiter = ',', value_parser = scope, default_value = "admin")]
        scope: Vec<Scope>,
        /// After how many days the key ends; without it, never
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_in_days: Option<u32>,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// List keys by name and beginning; the keys themselves are not kept
    List,
    /// Make a key useless from now on
    Revoke {
        /// The key's id, as `list` shows it
        id: String,
    },
}

/// `sources`
#[derive(Debug, Clone, Subcommand)]
pub enum SourcesCommand {
    /// Add a source; prints the URL for the processor and the events to subscribe to
    Add {
        /// stripe, shopify, paddle, polar, revenuecat, …
        processor: String,
        /// The webhook secret from the processor's page; give it twice while it is being rotated
        #[arg(long, required = true, value_name = "S")]
        secret: Vec<String>,
        /// Which ledger the events count in
        #[arg(long, value_enum, default_value_t = Mode::Live)]
        mode: Mode,
        /// A setting of the processor, as NAME=VALUE
        #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = name_and_value)]
        settings: Vec<(String, String)>,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// List sources, never their secrets
    List,
    /// Accept a new secret; the old ones go on working unless --drop-old is given
    Rotate {
        /// The source's id
        id: String,
        /// The new secret
        #[arg(long, value_name = "S")]
        secret: String,
        /// Stop accepting the old secrets at once
        #[arg(long)]
        drop_old: bool,
    },
    /// Let the short address /webhooks/{processor} lead to this source, whichever it led to before
    Default {
        /// The source's id
        id: String,
    },
    /// Refuse the source's deliveries from now on: 404, or 401 at the short address
    Disable {
        /// The source's id
        id: String,
    },
}

/// `payouts`
#[derive(Debug, Clone, Subcommand)]
pub enum PayoutsCommand {
    /// Draft a payout for each partner, program and currency with enough to be paid
    Run {
        /// Only say what would be drafted
        #[arg(long)]
        dry_run: bool,
        /// Only this currency
        #[arg(long, value_name = "CODE", value_parser = super::import::currency)]
        currency: Option<Currency>,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Approve all drafts
    Approve {
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Send what is approved together, and write the file to stdout
    Send {
        /// paypal, wise, sepa, stripe or plain
        #[arg(long, value_parser = method)]
        method: Method,
        /// The currency
        #[arg(long, value_name = "CODE", value_parser = super::import::currency)]
        currency: Currency,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Write the file of a batch to stdout once more
    File {
        /// The batch's id
        id: String,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Say that all of a batch has arrived
    Confirm {
        /// The batch's id
        id: String,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
}

/// `webhooks`
#[derive(Debug, Clone, Subcommand)]
pub enum WebhooksCommand {
    /// List the endpoints of outgoing webhooks
    List {
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Add an endpoint, and print what it is signed with, this once
    Add {
        /// Where messages are posted
        url: String,
        /// What it is told: kinds like sale.created, groups like sale.*, or * for all but clicks
        #[arg(long, value_delimiter = ',', default_value = "*")]
        events: Vec<String>,
        /// It is told of the test ledger
        #[arg(long)]
        test: bool,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Remove an endpoint, with what it was sent
    Remove {
        /// The endpoint's id
        id: String,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
    /// Send a message once more, or all that have failed
    Redeliver {
        /// The endpoint's id
        id: String,
        /// The message's id; all that have failed where absent
        message: Option<String>,
        /// The organization's id, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
    },
}

impl WebhooksCommand {
    /// The organization that is named.
    pub fn organization(&self) -> Option<&str> {
        match self {
            Self::List { organization }
            | Self::Add { organization, .. }
            | Self::Remove { organization, .. }
            | Self::Redeliver { organization, .. } => organization.as_deref(),
        }
    }
}

/// `jobs`
#[derive(Debug, Clone, Subcommand)]
pub enum JobsCommand {
    /// List what waits, what is under way, and what has failed too often
    List,
    /// Have a job run at once, also one that has stopped
    Retry {
        /// The job's id
        id: String,
    },
}

/// `partners`
#[derive(Debug, Clone, Subcommand)]
pub enum PartnersCommand {
    /// Print a link that signs a partner in to the portal, once
    Link {
        /// The partner's id or e-mail address
        partner: String,
        /// The organization, where there are several
        #[arg(long, value_name = "ID")]
        organization: Option<String>,
        /// How the world reaches the server.
        #[arg(
            help = "How the world reaches the server [env: TRIBUTARY_PUBLIC_URL]",
            long,
            value_name = "URL"
        )]
        public_url: Option<String>,
    },
}

/// `organizations`
#[derive(Debug, Clone, Subcommand)]
pub enum OrganizationsCommand {
    /// Create an organization with a program of its own
    Create {
        /// Its name
        #[arg(long)]
        name: String,
    },
    /// List organizations
    List,
}

fn method(text: &str) -> Result<Method, String> {
    let found = Method::ALL.iter().find(|one| one.word() == text);
    found
        .copied()
        .ok_or_else(|| "must be paypal, wise, sepa, stripe or plain".to_owned())
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::of(text).ok_or_else(|| "must be some of track, read, admin".to_owned())
}

pub(super) fn name_and_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "write NAME=VALUE".to_owned())
}
