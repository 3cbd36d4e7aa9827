//! What each setting's text must look like. Each function here gets a trimmed text and answers with the
//! value or with what to write instead; for secrets, that never repeats the text.

use std::collections::BTreeSet;
use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use providers::Secret;
use tracing::level_filters::LevelFilter;
use url::Url;

use crate::telemetry::LogFormat;

/// Why a text cannot be used: what to do instead.
pub(super) type Reason = String;

/// Where the data is. It may hold a password: `Debug` and `Display` leave that out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// What to write instead, without repeating the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self(text.to_owned()));
        }
        Err(
            "must begin with sqlite:// or postgres://, for example sqlite://tributary.db"
                .to_owned(),
        )
    }

    /// The whole address, for connecting.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this is a file of `SQLite`.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite://tributary.db".to_owned())
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once(':').unwrap_or_default();
        // Everything up to the last @ may be a password, and so may the parameters; a file has neither.
        let place = match scheme {
            "sqlite" => rest,
            _ => rest.rsplit_once('@').map_or(rest, |(_, place)| place),
        };
        let place = place.split('?').next().unwrap_or_default();
        write!(
            f,
            "{scheme}://{}",
            place.strip_prefix("//").unwrap_or(place)
        )
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// The key that encrypts secrets at rest. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// The key's bytes, for encrypting.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, Reason> {
    DatabaseUrl::parse(text)
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, Reason> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        "must be an IP address and a port, for example 127.0.0.1:8080, or 0.0.0.0:8080 in a container"
            .to_owned()
    })
}

pub(super) fn public_url(text: &str) -> Result<String, Reason> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    url.map(|url| url.as_str().trim_end_matches('/').to_owned())
        .ok_or_else(|| {
            "must be the address the world sees, without query, for example https://pay.example.com"
                .to_owned()
        })
}

pub(super) fn api_key(text: &str) -> Result<Secret, Reason> {
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            "must be letters, digits and signs without spaces: it travels in a header".to_owned(),
        );
    }
    let secret = KEY_PREFIXES
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text);
    let different: BTreeSet<u8> = secret.bytes().collect();
    if secret.len() < KEY_MIN_CHARS || different.len() < KEY_MIN_DIFFERENT {
        return Err(format!(
            "must be at least {KEY_MIN_CHARS} characters that nobody can guess; make one with: openssl rand -hex 32"
        ));
    }
    Secret::new(text).map_err(|error| error.to_string())
}

/// What a scraper says: as hard to guess as a key.
pub(super) fn token(text: &str) -> Result<Secret, Reason> {
    api_key(text)
}

/// What says which ledger a key is for; it makes no key harder to guess.
const KEY_PREFIXES: [&str; 2] = ["trib_live_", "trib_test_"];
/// Whoever knows the key owns the books, and anybody may try.
const KEY_MIN_CHARS: usize = 24;
const KEY_MIN_DIFFERENT: usize = 8;

pub(super) fn secrets(text: &str) -> Result<Vec<Secret>, Reason> {
    let parts: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() {
        return Err("is empty: copy the secret from the processor's webhook page".to_owned());
    }
    let count = parts.len();
    parts
        .iter()
        .enumerate()
        .map(|(index, part)| {
            Secret::new(part).map_err(|error| match count {
                1 => error.to_string(),
                _ => format!("secret {} of {count}: {error}", index + 1),
            })
        })
        .collect()
}

pub(super) fn master_key(text: &str) -> Result<MasterKey, Reason> {
    let bytes = hex::decode(text)
        .ok()
        .or_else(|| STANDARD.decode(text).ok())
        .or_else(|| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
    bytes
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .map(MasterKey)
        .ok_or_else(|| {
            "must be 32 random bytes in base64 or hex; make them with: openssl rand -base64 32"
                .to_owned()
        })
}

/// Some master keys, separated by commas.
pub(super) fn master_keys(text: &str) -> Result<Vec<MasterKey>, Reason> {
    text.split(',').map(|key| master_key(key.trim())).collect()
}

pub(super) fn rate_limit(text: &str) -> Result<NonZeroU32, Reason> {
    text.parse()
        .map_err(|_| "must be a whole number of requests a second, at least 1".to_owned())
}

pub(super) fn do_not_track(text: &str) -> Result<bool, Reason> {
    match text {
        "honour" => Ok(true),
        "ignore" => Ok(false),
        _ => Err("must be honour or ignore".to_owned()),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Reason> {
    match text {
        "human" => Ok(LogFormat::Human),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be human or json".to_owned()),
    }
}

pub(super) fn log_level(text: &str) -> Result<LevelFilter, Reason> {
    match text.to_ascii_lowercase().as_str() {
        "off" => Ok(LevelFilter::OFF),
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err("must be one of off, error, warn, info, debug, trace".to_owned()),
    }
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, Reason> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}

/// Hours; 0 is never.
pub(super) fn hours(text: &str) -> Result<u32, Reason> {
    text.parse()
        .ok()
        .filter(|hours| *hours <= 8_760)
        .ok_or_else(|| "must be a whole number of hours from 1 to 8760, or 0 for never".to_owned())
}

/// A limit: bounded above too, so that no sum or allocation made from it can overflow.
pub(super) fn limit(text: &str) -> Result<u32, Reason> {
    text.parse()
        .ok()
        .filter(|limit| (1..=100_000_000).contains(limit))
        .ok_or_else(|| "must be a whole number from 1 to 100000000".to_owned())
}
