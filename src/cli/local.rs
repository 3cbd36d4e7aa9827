//! `trigger` and `listen`: for those who develop against it.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::Since;
use super::replay::http_url;

/// `trigger`
#[derive(Debug, Clone, Args)]
pub struct TriggerArgs {
    /// stripe, shopify, paddle, polar, revenuecat, …
    #[arg(required_unless_present = "list")]
    pub processor: Option<String>,
    /// A scenario, or enough of its name that it can be no other
    #[arg(required_unless_present = "list")]
    pub scenario: Option<String>,
    /// List the scenarios, of all processors or of one
    #[arg(long)]
    pub list: bool,
    /// The server [default: the one of this machine's settings]
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub to: Option<Url>,
    /// Deliver to this source, and sign with its secret [default: the processor's default source]
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Deliver although the source is live and the sales will count as money
    #[arg(long)]
    pub live: bool,
    /// The secret to sign with.
    #[arg(
        help = "The webhook secret to sign with, as the server knows it; then no database is needed [env: TRIBUTARY_<PROCESSOR>_SECRETS]",
        long,
        value_name = "S",
        allow_hyphen_values = true
    )]
    pub secret: Option<String>,
    /// Record the scenario's clicks on this partner's link first: an id, e-mail address or key of a link
    #[arg(long, value_name = "PARTNER")]
    pub partner: Option<String>,
    /// An API key of the server.
    #[arg(
        help = "An API key of the server, to record clicks and to say what it made of each event [env: TRIBUTARY_API_KEY]",
        long,
        value_name = "KEY"
    )]
    pub key: Option<String>,
    /// Post every delivery so many times
    #[arg(long, value_name = "N", default_value = "1")]
    pub duplicate: NonZeroU32,
    /// Post in an order that this number decides
    #[arg(long, value_name = "SEED")]
    pub shuffle: Option<u64>,
    /// Replace a value in every body: a JSON pointer and the value, /data/object/amount=100
    #[arg(long = "override", value_name = "PATH=VALUE", value_parser = super::setup::name_and_value)]
    pub overrides: Vec<(String, String)>,
}

/// `listen`
#[derive(Debug, Clone, Args)]
pub struct ListenArgs {
    /// Where to post what arrives
    #[arg(
        long = "to",
        short = 'f',
        visible_alias = "forward-to",
        value_name = "URL",
        value_parser = http_url
    )]
    pub to: Url,
    /// Begin with what arrived at this time or later: 2026-11-22, 2026-11-22T10:00:00Z, or 30m, 12h, 7d ago [default: where it ended before, else now]
    #[arg(long, value_name = "T", value_parser = super::since)]
    pub since: Option<Since>,
    /// Only of this source
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Only of this processor
    #[arg(long, value_name = "ID", value_parser = super::processor)]
    pub processor: Option<String>,
    /// Only of this type, as the processor names it
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// Sign anew with this secret, as the processor would now; without it the headers are those that were kept, without a signature
    #[arg(
        long,
        value_name = "S",
        visible_alias = "resign",
        allow_hyphen_values = true
    )]
    pub sign_with: Option<String>,
    /// Where it is written down how far it has come
    #[arg(long, value_name = "FILE", default_value = ".tributary-listen.json")]
    pub cursor: PathBuf,
    /// End when everything that is there has been forwarded
    #[arg(long)]
    pub once: bool,
}
