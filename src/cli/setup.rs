//! `keys`, `sources` and `organizations`: what is set up once; and `jobs`.

use clap::Subcommand;
use providers::Currency;

use super::{CredentialCommand, Mode};
use crate::keys::Scope;
use crate::payouts::batch::Method;

/// `keys`
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, once and alone, on stdout
    Create {
        /// What the key is for
        #[arg(long, value_parser = named)]
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
        /// The webhook secret from the processor's page, - to read it from stdin, or env:NAME; give it twice while it is being rotated
        #[arg(long, required = true, value_name = "S", allow_hyphen_values = true)]
        secret: Vec<String>,
        /// Which ledger the events count in
        #[arg(long, value_enum, default_value_t = Mode::Live)]
        mode: Mode,
        /// A setting of the processor, as NAME=VALUE
        #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = name_and_value)]
        settings: Vec<(String, String)>,
        /// Add it beside another source of the same processor and mode, at an address of its own
        #[arg(long)]
        another: bool,
    },
    /// List sources, never their secrets
    List,
    /// Accept a new secret; the old ones go on working unless --drop-old is given
    Rotate {
        /// The source's id
        id: String,
        /// The new secret, - to read it from stdin, or env:NAME
        #[arg(long, value_name = "S", allow_hyphen_values = true)]
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
    /// Change settings of the processor; they hold for what is read from now on
    Set {
        /// The source's id
        id: String,
        /// A setting, as NAME=VALUE
        #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = name_and_value, required_unless_present = "unset")]
        settings: Vec<(String, String)>,
        /// A setting to take away
        #[arg(long, value_name = "NAME")]
        unset: Vec<String>,
    },
    /// Take the source's deliveries again
    Enable {
        /// The source's id
        id: String,
    },
    /// Erase a source's secrets for good; its deliveries and sales stay
    Remove {
        /// The source's id
        id: String,
        /// Do it: there is no way back
        #[arg(long)]
        yes: bool,
    },
    /// Refuse the source's deliveries from now on: 404, or 401 at the short address
    Disable {
        /// The source's id
        id: String,
    },
    /// The key with which the processor's API is asked for what never arrived; read rights are enough
    #[command(subcommand)]
    Credential(CredentialCommand),
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
    },
    /// Approve all drafts
    Approve,
    /// Send what is approved together, and write the file to stdout
    Send {
        /// paypal, wise, sepa, stripe or plain
        #[arg(long, value_parser = method)]
        method: Method,
        /// The currency
        #[arg(long, value_name = "CODE", value_parser = super::import::currency)]
        currency: Currency,
    },
    /// Write the file of a batch to stdout once more
    File {
        /// The batch's id
        id: String,
    },
    /// Say that all of a batch has arrived
    Confirm {
        /// The batch's id
        id: String,
    },
}

/// `privacy`
#[derive(Debug, Clone, Subcommand)]
pub enum PrivacyCommand {
    /// Have everything known of a customer collected; prints the request's id
    Export {
        /// The customer's id here, your own id of it, or its e-mail address
        customer: String,
    },
    /// Have a customer's personal data erased everywhere; amounts stay
    Erase {
        /// The customer's id here, your own id of it, or its e-mail address
        customer: String,
        /// Do it: there is no way back
        #[arg(long)]
        yes: bool,
    },
    /// List requests, newest first, and whether they are carried out
    List,
    /// Print what was collected, as JSON
    Show {
        /// The request's id
        id: String,
    },
}

/// `secrets`
#[derive(Debug, Clone, Subcommand)]
pub enum SecretsCommand {
    /// Seal everything with the current master key: what is sealed with an old one, and what is not sealed yet
    Rotate {
        /// Only say how many there are, and whether all can be opened
        #[arg(long)]
        dry_run: bool,
    },
}

/// `webhooks`
#[derive(Debug, Clone, Subcommand)]
pub enum WebhooksCommand {
    /// List the endpoints of outgoing webhooks
    List,
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
    },
    /// Remove an endpoint, with what it was sent
    Remove {
        /// The endpoint's id
        id: String,
    },
    /// Send a message once more, or all that have failed
    Redeliver {
        /// The endpoint's id
        id: String,
        /// The message's id; all that have failed where absent
        message: Option<String>,
    },
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
        #[arg(long, value_parser = named)]
        name: String,
    },
    /// List organizations
    List,
    /// Call the organization (--organization) something else
    Rename {
        /// Its new name
        #[arg(long, value_parser = named)]
        name: String,
    },
}

fn method(text: &str) -> Result<Method, String> {
    let found = Method::ALL.iter().find(|one| one.word() == text);
    found
        .copied()
        .ok_or_else(|| "must be paypal, wise, sepa, stripe or plain".to_owned())
}

fn named(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("must not be empty".to_owned()),
        name => Ok(name.to_owned()),
    }
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
