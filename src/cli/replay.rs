//! `replay`: deliveries signed and posted as the processors would.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use url::Url;

/// `replay`
#[derive(Debug, Clone, Args)]
pub struct ReplayArgs {
    /// Fixtures, files of `events export`, or folders of them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub paths: Vec<PathBuf>,
    /// The address to post to
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub to: Url,
    /// The webhook secret to sign with, as the receiver knows it; PROCESSOR=S for those of one processor; - for stdin, or env:NAME.
    #[arg(
        help = "The webhook secret to sign with, as the receiver knows it; PROCESSOR=S for one processor's, several times; - for stdin, or env:NAME [env: TRIBUTARY_<PROCESSOR>_SECRETS]",
        long,
        value_name = "S",
        allow_hyphen_values = true
    )]
    pub secret: Vec<String>,
    /// An API key of the server.
    #[arg(
        help = "An API key of the server, to say what it made of each event [env: TRIBUTARY_API_KEY]",
        long,
        value_name = "KEY"
    )]
    pub key: Option<String>,
    /// Deliveries a second at most [default: as fast as they are answered]
    #[arg(long, value_name = "N")]
    pub rate: Option<NonZeroU32>,
    /// Post every delivery so many times
    #[arg(long, value_name = "N", default_value = "1")]
    pub duplicate: NonZeroU32,
    /// Post in an order that this number decides
    #[arg(long, value_name = "SEED")]
    pub shuffle: Option<u64>,
}

pub(super) fn http_url(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| "write an address that begins with http:// or https://".to_owned())
}
