//! Settings: flags first, then the environment, then `tributary.toml`, then the default.
//!
//! [`Config::read`] is a function of what it is given and reports every wrong setting at once, by the name
//! it was given under. [`Config::from_process`] is the thin edge that looks at the process. The value of a
//! secret is never part of a message, and never of `Debug`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use providers::Secret;
use thiserror::Error;
use tracing::level_filters::LevelFilter;

use crate::mails;
use crate::outbox::address::Allowed;
use crate::store::Deadlines;
use crate::telemetry::LogFormat;

mod reader;
mod values;

pub use values::{DatabaseUrl, MasterKey};

use reader::Reader;

/// The file that is read when it is there.
pub const DEFAULT_FILE: &str = "tributary.toml";

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_080);

/// Requests a second for each API key.
const DEFAULT_RATE_LIMIT: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// All settings of the program, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the data is.
    pub database_url: DatabaseUrl,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// How the world reaches the server, without a slash at the end; for URLs that are shown.
    pub public_url: Option<String>,
    /// A key to create at first start, for containers.
    pub api_key: Option<Secret>,
    /// Webhook secrets of each processor's default source, by the processor's id.
    pub secrets: BTreeMap<&'static str, Vec<Secret>>,
    /// Encrypts secrets at rest.
    pub master_key: Option<MasterKey>,
    /// Keys that secrets may still be sealed with, from before the key was changed.
    pub old_master_keys: Vec<MasterKey>,
    /// Requests a second for each API key; bursts of twice that pass.
    pub rate_limit: NonZeroU32,
    /// Whether clicks of those who ask not to be tracked are left alone.
    pub honours_do_not_track: bool,
    /// After how many days the bodies of deliveries are removed; `None`: never.
    pub retention_bodies_days: Option<u32>,
    /// How often each organization's books are computed once more and compared, in hours; 0: never.
    pub audit_every_hours: u32,
    /// Where Stripe's API is, without a slash at the end.
    pub stripe_url: String,
    /// Where the other processors' APIs are, other than where they are known to be; without a slash at the end.
    pub api_urls: BTreeMap<String, String>,
    /// Where outgoing requests may go.
    pub outgoing: Allowed,
    /// What sending mails takes; `None`: none are sent.
    pub mails: Option<mails::Settings>,
    /// Where the metrics have an address of their own.
    pub metrics_listen: Option<SocketAddr>,
    /// Who says this may see the metrics.
    pub metrics_token: Option<Secret>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// The finest logs that are written.
    pub log_level: LevelFilter,
    /// What bounds memory and waiting.
    pub limits: Limits,
    /// What a start should warn of.
    pub warnings: Vec<String>,
}

/// What bounds memory and waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest body of a call to the API, in bytes.
    pub body_bytes: usize,
    /// The largest body of a delivery, in bytes. Processors publish no maximum: an order with 500 lines has
    /// more than a mebibyte.
    pub delivery_bytes: usize,
    /// Bodies of deliveries that are in memory at the same time, in bytes, all together.
    pub deliveries_in_flight_bytes: usize,
    /// For a request's headers, from their first byte.
    pub header_timeout: Duration,
    /// For a request's body, from the end of its headers.
    pub body_timeout: Duration,
    /// For a connection on which nothing moves and no request is being answered.
    pub idle_timeout: Duration,
    /// Connections at once; for a further one the one that has been idle the longest is closed.
    pub max_connections: usize,
    /// Connections of one address at once. Behind a proxy all come from the proxy's.
    pub max_connections_of_one_address: usize,
    /// For a delivery whose body is there to be verified and stored; then 503. Who delivers waits little longer
    /// (Shopify five seconds in all).
    pub delivery_timeout: Duration,
    /// How long the database may take.
    pub database: Deadlines,
    /// Verified deliveries that wait to be written; when full, 503.
    pub queue_length: usize,
    /// Deliveries written in one commit, at most.
    pub batch_size: usize,
    /// For the answer to an outgoing webhook.
    pub webhook_timeout: Duration,
    /// For requests in flight when the server is told to stop.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1_048_576,
            delivery_bytes: 8 * 1_048_576,
            deliveries_in_flight_bytes: 64 * 1_048_576,
            header_timeout: Duration::from_secs(5),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            max_connections: 1_024,
            max_connections_of_one_address: 896,
            delivery_timeout: Duration::from_secs(5),
            database: Deadlines::default(),
            queue_length: 4_096,
            batch_size: 256,
            webhook_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(20),
        }
    }
}

/// The flags of the command line, as typed.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--database-url`
    pub database_url: Option<String>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--public-url`
    pub public_url: Option<String>,
    /// `--rate-limit`
    pub rate_limit: Option<String>,
    /// `--metrics-listen`
    pub metrics_listen: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
    /// `--log-level`
    pub log_level: Option<String>,
}

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its name as it was given: `--listen`, `TRIBUTARY_LISTEN`, `listen in tributary.toml`.
    pub setting: String,
    /// What to do. Never the value of a secret.
    pub message: String,
}

/// All settings that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigError(pub Vec<Problem>);

impl ConfigError {
    /// The same where the file has another name than [`DEFAULT_FILE`].
    fn in_file(mut self, path: &Path) -> Self {
        for problem in &mut self.0 {
            if let Some(before) = problem.setting.strip_suffix(DEFAULT_FILE) {
                problem.setting = format!("{before}{}", path.display());
            }
        }
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a setting is wrong:")?,
            count => write!(f, "{count} settings are wrong:")?,
        }
        for problem in &self.0 {
            write!(f, "\n  {}: {}", problem.setting, problem.message)?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads all settings from what is given. `processors` are the ids of the processors there are.
    ///
    /// # Errors
    /// Every setting that cannot be used.
    pub fn read(
        flags: Flags,
        environment: &BTreeMap<String, String>,
        file: Option<&str>,
        processors: &[&'static str],
    ) -> Result<Self, ConfigError> {
        let mut reader = Reader::new(environment, file);
        let mut config = Self {
            database_url: reader.setting(
                "database_url",
                flags.database_url,
                values::database_url,
                DatabaseUrl::default(),
            ),
            listen: reader.setting("listen", flags.listen, values::listen, DEFAULT_LISTEN),
            public_url: reader.optional("public_url", flags.public_url, values::public_url),
            api_key: reader.optional("api_key", None, values::api_key),
            secrets: reader.secrets(processors),
            master_key: reader.optional("master_key", None, values::master_key),
            old_master_keys: reader.setting(
                "master_key_old",
                None,
                values::master_keys,
                Vec::new(),
            ),
            rate_limit: reader.setting(
                "rate_limit",
                flags.rate_limit,
                values::rate_limit,
                DEFAULT_RATE_LIMIT,
            ),
            honours_do_not_track: reader.setting("do_not_track", None, values::do_not_track, true),
            retention_bodies_days: reader.retention_bodies_days(),
            audit_every_hours: reader.setting("audit_every_hours", None, values::hours, 24),
            stripe_url: reader.setting(
                "stripe_api_url",
                None,
                values::public_url,
                "https://api.stripe.com".to_owned(),
            ),
            api_urls: reader.api_urls(),
            outgoing: Allowed {
                loopback: reader.setting("webhooks_allow_loopback", None, values::yes_or_no, false),
            },
            mails: reader.mails(),
            metrics_listen: reader.optional("metrics_listen", flags.metrics_listen, values::listen),
            metrics_token: reader.optional("metrics_token", None, values::token),
            log_format: reader.setting(
                "log_format",
                flags.log_format,
                values::log_format,
                LogFormat::Human,
            ),
            log_level: reader.setting(
                "log_level",
                flags.log_level,
                values::log_level,
                LevelFilter::INFO,
            ),
            limits: reader.limits(),
            warnings: Vec::new(),
        };
        config.warnings = reader.warnings();
        reader.finish().map(|()| config)
    }

    /// How the world reaches the server, without a slash at the end.
    pub fn address(&self) -> String {
        let listen = || format!("http://{}", self.listen);
        self.public_url.clone().unwrap_or_else(listen)
    }

    /// Reads the settings of this process: its environment, and the file `path`, or [`DEFAULT_FILE`] when
    /// that exists.
    ///
    /// # Errors
    /// Every setting that cannot be used; a file that cannot be read.
    pub fn from_process(flags: Flags, path: Option<&Path>) -> Result<Self, ConfigError> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let environment = with_files(environment, |path| std::fs::read_to_string(path))?;
        let file = match path {
            Some(path) => Some(read_file(path)?),
            None => Some(PathBuf::from(DEFAULT_FILE))
                .filter(|path| path.exists())
                .map(|path| read_file(&path))
                .transpose()?,
        };
        let processors: Vec<&'static str> = providers::adapters()
            .iter()
            .map(|adapter| adapter.about().id)
            .collect();
        let read = Self::read(flags, &environment, file.as_deref(), &processors);
        match path {
            Some(path) => read.map_err(|error| error.in_file(path)),
            None => read,
        }
    }
}

/// What the name of a variable ends with whose value is the path of a file with the setting, as containers are given secrets.
const FILE: &str = "_FILE";
/// Of these settings, besides webhook secrets.
const FROM_FILES: &[&str] = &[
    "DATABASE_URL",
    "TRIBUTARY_API_KEY",
    "TRIBUTARY_MASTER_KEY",
    "TRIBUTARY_MASTER_KEY_OLD",
    "TRIBUTARY_METRICS_TOKEN",
];

/// The environment with what stands in files in its place.
fn with_files(
    mut environment: BTreeMap<String, String>,
    read: impl Fn(&str) -> std::io::Result<String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let is_known = |name: &str| {
        FROM_FILES.contains(&name) || name.starts_with("TRIBUTARY_") && name.ends_with("_SECRETS")
    };
    let named = environment.keys().filter_map(|name| {
        let setting = name
            .strip_suffix(FILE)
            .filter(|setting| is_known(setting))?;
        Some((name.clone(), setting.to_owned()))
    });
    let mut problems = Vec::new();
    for (variable, setting) in named.collect::<Vec<_>>() {
        let path = environment.remove(&variable).unwrap_or_default();
        if path.trim().is_empty() {
            continue;
        }
        let is_set = environment
            .get(&setting)
            .is_some_and(|value| !value.trim().is_empty());
        let message = match read(path.trim()) {
            _ if is_set => format!("set this or {setting}, not both"),
            Ok(text) => {
                environment.insert(setting, text.trim().to_owned());
                continue;
            }
            Err(error) => format!("the file cannot be read: {error}"),
        };
        problems.push(Problem {
            setting: variable,
            message,
        });
    }
    if problems.is_empty() {
        return Ok(environment);
    }
    Err(ConfigError(problems))
}

fn read_file(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigError(vec![Problem {
            setting: path.display().to_string(),
            message: format!("the file cannot be read: {error}"),
        }])
    })
}

#[cfg(test)]
mod tests;
