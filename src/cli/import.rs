//! `import`: what another system has exported.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use providers::Currency;
use url::Url;

/// `import`
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Whose export it is
    #[arg(value_enum)]
    pub vendor: Vendor,
    /// What each line is
    #[arg(value_enum)]
    pub kind: ImportKind,
    /// The CSV file, with a header line
    pub file: PathBuf,
    /// The server that takes it [default: the one of this machine's settings]
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub to: Option<Url>,
    /// A live API key of the server.
    #[arg(
        help = "A live API key of the server that may do everything [env: TRIBUTARY_API_KEY]",
        long,
        value_name = "KEY"
    )]
    pub key: Option<String>,
    /// Only read and say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Where partners' links lead; with it, partners get a link that ends as theirs did
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub link_url: Option<Url>,
    /// The program, by its id [default: the oldest]
    #[arg(long, value_name = "ID")]
    pub program: Option<String>,
    /// The currency of lines that name none
    #[arg(long, value_name = "CODE", value_parser = currency, default_value = "usd")]
    pub currency: Currency,
    /// Amounts are whole numbers of the smallest unit, not 49.00
    #[arg(long)]
    pub minor: bool,
    /// What a column says that is not recognized, as FIELD=HEADER
    #[arg(long, value_name = "FIELD=HEADER", value_parser = super::setup::name_and_value)]
    pub column: Vec<(String, String)>,
}

/// Whose export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vendor {
    /// rewardful.com
    Rewardful,
    /// firstpromoter.com
    Firstpromoter,
    /// tolt.com
    Tolt,
    /// dub.co
    Dub,
    /// affonso.io
    Affonso,
}

/// What the lines of an export are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportKind {
    /// Partners, with their links and their address at `PayPal`
    Partners,
    /// Discount codes of partners
    Codes,
    /// Customers, and whose they are
    Customers,
    /// Past sales; commissions follow from the program's rule
    Sales,
}

fn http_url(text: &str) -> Result<Url, String> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| "write an address that begins with http:// or https://".to_owned())
}

pub(super) fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text)
        .filter(|currency| currency.is_known())
        .ok_or_else(|| "write a code of ISO 4217, for example usd".to_owned())
}
