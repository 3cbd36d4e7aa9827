//! Finds each setting in its three places and collects what is wrong with any of them.
//!
//! Whatever is taken from the file is removed from it; what remains at the end is unknown, and an error.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use providers::Secret;
use providers::nearest::{nearest, shown};
use toml::{Table, Value};

use super::values::{self, Reason};
use crate::mails;
use crate::store::Deadlines;

use super::{ConfigError, DEFAULT_FILE, Limits, Problem};

/// What the names of our variables begin with.
const PREFIX: &str = "TRIBUTARY_";
/// What those of webhook secrets end with; one of no processor is an error.
const SECRETS: &str = "_SECRETS";

/// Collects settings and what is wrong with them.
pub(super) struct Reader<'a> {
    environment: &'a BTreeMap<String, String>,
    file: Table,
    problems: Vec<Problem>,
    /// The variables that there are.
    variables: BTreeSet<String>,
}

/// A setting's text and the name under which it was given.
struct Given {
    setting: String,
    text: String,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a BTreeMap<String, String>, file: Option<&str>) -> Self {
        let mut reader = Self {
            environment,
            file: Table::new(),
            problems: Vec::new(),
            variables: BTreeSet::new(),
        };
        if let Some(text) = file {
            match text.parse::<Table>() {
                Ok(table) => reader.file = table,
                Err(error) => reader.report(DEFAULT_FILE, not_toml(text, &error)),
            }
        }
        reader
    }

    /// A setting with a default.
    pub(super) fn setting<T>(
        &mut self,
        key: &str,
        flag: Option<String>,
        read: fn(&str) -> Result<T, Reason>,
        default: T,
    ) -> T {
        self.optional(key, flag, read).unwrap_or(default)
    }

    /// Where processors' APIs are, for trying out and tests.
    pub(super) fn api_urls(&mut self) -> BTreeMap<String, String> {
        // Stripe's serves payouts too, and is a setting of its own.
        let known = providers::history::with_history().filter(|id| *id != "stripe");
        let mut urls = BTreeMap::new();
        for id in known {
            let url = self.optional(&format!("{id}_api_url"), None, values::public_url);
            urls.extend(url.map(|url| (id.to_owned(), url)));
        }
        urls
    }

    /// A setting that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        flag: Option<String>,
        read: fn(&str) -> Result<T, Reason>,
    ) -> Option<T> {
        let variable = match key {
            "database_url" => "DATABASE_URL".to_owned(),
            _ => format!("TRIBUTARY_{}", key.to_ascii_uppercase()),
        };
        self.variables.insert(variable.clone());
        // The file's value is taken out even when another place wins: it is known.
        let in_file = self.file.remove(key);
        let given = match flag {
            Some(text) => Some(Given {
                setting: format!("--{}", key.replace('_', "-")),
                text,
            }),
            None => self.in_environment(&variable),
        };
        let given = given.or_else(|| self.scalar(key, in_file?));
        self.checked(&given?, read)
    }

    /// The webhook secrets of each processor: `TRIBUTARY_STRIPE_SECRETS`, or `stripe` under `[secrets]`.
    pub(super) fn secrets(
        &mut self,
        processors: &[&'static str],
    ) -> BTreeMap<&'static str, Vec<Secret>> {
        let mut table = self.table("secrets");
        let mut secrets = BTreeMap::new();
        let mut variables = Vec::new();
        for processor in processors {
            let variable = secrets_variable(processor);
            let in_file = table.remove(*processor);
            let given = self.in_environment(&variable);
            let given = given.or_else(|| self.list(processor, in_file?));
            if let Some(list) = given.and_then(|given| self.checked(&given, values::secrets)) {
                secrets.insert(*processor, list);
            }
            self.variables.insert(variable.clone());
            variables.push(variable);
        }
        self.report_unknown("secrets.", &table);
        let known = variables.join(", ");
        for name in self.environment.keys() {
            if name.starts_with(PREFIX) && name.ends_with(SECRETS) && !variables.contains(name) {
                self.problems.push(Problem {
                    setting: name.clone(),
                    message: format!("there is no such processor: use one of {known}"),
                });
            }
        }
        secrets
    }

    /// The table `[limits]`, and `TRIBUTARY_LIMIT_BODY_BYTES` and so on.
    pub(super) fn limits(&mut self) -> Limits {
        let mut table = self.table("limits");
        let default = Limits::default();
        let mut count = |key: &str, default: usize| {
            self.limit(&mut table, key)
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or(default)
        };
        let body_bytes = count("body_bytes", default.body_bytes);
        let delivery_bytes = count("delivery_bytes", default.delivery_bytes);
        let in_flight = default.deliveries_in_flight_bytes;
        let deliveries_in_flight_bytes = count("deliveries_in_flight_bytes", in_flight);
        let max_connections = count("max_connections", default.max_connections);
        let of_one = default.max_connections_of_one_address;
        let max_connections_of_one_address = count("max_connections_of_one_address", of_one);
        let queue_length = count("queue_length", default.queue_length);
        let batch_size = count("batch_size", default.batch_size);
        let mut time = |key: &str, default: Duration| {
            self.limit(&mut table, key)
                .map_or(default, |seconds| Duration::from_secs(u64::from(seconds)))
        };
        let limits = Limits {
            body_bytes,
            delivery_bytes,
            // The largest must fit.
            deliveries_in_flight_bytes: deliveries_in_flight_bytes.max(delivery_bytes),
            header_timeout: time("header_timeout_seconds", default.header_timeout),
            body_timeout: time("body_timeout_seconds", default.body_timeout),
            idle_timeout: time("idle_timeout_seconds", default.idle_timeout),
            max_connections,
            max_connections_of_one_address,
            delivery_timeout: time("delivery_timeout_seconds", default.delivery_timeout),
            database: Deadlines {
                begin: time("database_begin_timeout_seconds", default.database.begin),
                statement: time(
                    "database_statement_timeout_seconds",
                    default.database.statement,
                ),
                commit: time("database_commit_timeout_seconds", default.database.commit),
            },
            queue_length,
            batch_size,
            webhook_timeout: time("webhook_timeout_seconds", default.webhook_timeout),
            shutdown_grace: time("shutdown_grace_seconds", default.shutdown_grace),
        };
        self.report_unknown("limits.", &table);
        limits
    }

    /// The server for mails, and who they are from: both or neither.
    pub(super) fn mails(&mut self) -> Option<mails::Settings> {
        let server = self.optional("smtp_url", None, mails::Server::parse);
        let known = self.problems.len();
        let from = self.optional("mail_from", None, mails::server::mailbox);
        let is_missing = from.is_none() && known == self.problems.len();
        let owner = self.optional("mail_owner", None, mails::server::mailbox);
        match (server, from) {
            (Some(server), Some(from)) => Some(mails::Settings {
                server,
                from,
                owner,
            }),
            (Some(_), None) if is_missing => {
                let message = "is needed where TRIBUTARY_SMTP_URL is set: whom mails are from, for example Acme <partners@example.com>";
                self.report("TRIBUTARY_MAIL_FROM", message.to_owned());
                None
            }
            _ => None,
        }
    }

    /// What a start should warn of: variables that look like settings and are none. Asked for after all settings.
    pub(super) fn warnings(&self) -> Vec<String> {
        let unknown = self.environment.keys().filter(|name| {
            name.starts_with(PREFIX) && !name.ends_with(SECRETS) && !self.variables.contains(*name)
        });
        let warning = |name: &String| {
            let without = |variable: &'_ String| variable.strip_prefix(PREFIX).map(str::to_owned);
            let known: Vec<String> = self.variables.iter().filter_map(without).collect();
            let given = name.strip_prefix(PREFIX).unwrap_or(name);
            let meant = nearest(given, known.iter().map(String::as_str));
            let meant = meant.map(|meant| format!("; did you mean {PREFIX}{meant}?"));
            let name = shown(name);
            format!("there is no setting {name}{}", meant.unwrap_or_default())
        };
        unknown.map(warning).collect()
    }

    /// What is wrong, if anything is.
    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        let rest = std::mem::take(&mut self.file);
        self.report_unknown("", &rest);
        if self.problems.is_empty() {
            return Ok(());
        }
        Err(ConfigError(self.problems))
    }

    /// `bodies_days` under `[retention]`, or `TRIBUTARY_RETENTION_BODIES_DAYS`.
    pub(super) fn retention_bodies_days(&mut self) -> Option<u32> {
        let mut table = self.table("retention");
        let days = self.number(&mut table, ("retention", "RETENTION"), "bodies_days");
        self.report_unknown("retention.", &table);
        days
    }

    fn limit(&mut self, table: &mut Table, key: &str) -> Option<u32> {
        self.number(table, ("limits", "LIMIT"), key)
    }

    /// A whole number of a table, which is called by another word in the environment.
    fn number(&mut self, table: &mut Table, (name, word): (&str, &str), key: &str) -> Option<u32> {
        let variable = format!("{PREFIX}{word}_{}", key.to_ascii_uppercase());
        self.variables.insert(variable.clone());
        let in_file = table.remove(key);
        let given = self.in_environment(&variable);
        let given = given.or_else(|| self.scalar(&format!("{name}.{key}"), in_file?));
        self.checked(&given?, values::limit)
    }

    fn checked<T>(&mut self, given: &Given, read: fn(&str) -> Result<T, Reason>) -> Option<T> {
        read(given.text.trim())
            .map_err(|reason| self.report(&given.setting, reason))
            .ok()
    }

    /// A variable that is set to something: an empty one is how many tools write "not set".
    fn in_environment(&self, variable: &str) -> Option<Given> {
        let text = self.environment.get(variable)?;
        (!text.trim().is_empty()).then(|| Given {
            setting: variable.to_owned(),
            text: text.clone(),
        })
    }

    fn scalar(&mut self, key: &str, value: Value) -> Option<Given> {
        let setting = in_file(key);
        match value {
            Value::String(text) => Some(Given { setting, text }),
            Value::Boolean(value) => Some(Given {
                setting,
                text: value.to_string(),
            }),
            Value::Integer(number) => Some(Given {
                setting,
                text: number.to_string(),
            }),
            _ => {
                self.report(&setting, "must be a text or a whole number".to_owned());
                None
            }
        }
    }

    /// A list of texts, as the comma-separated text that the environment would have.
    fn list(&mut self, key: &str, value: Value) -> Option<Given> {
        let setting = in_file(&format!("secrets.{key}"));
        let texts = match value {
            Value::String(text) => Some(text),
            Value::Array(items) => items
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
                .map(|texts| texts.join(",")),
            _ => None,
        };
        if texts.is_none() {
            self.report(&setting, "must be a list of texts".to_owned());
        }
        texts.map(|text| Given { setting, text })
    }

    fn table(&mut self, key: &str) -> Table {
        match self.file.remove(key) {
            Some(Value::Table(table)) => table,
            Some(_) => {
                self.report(&in_file(key), format!("must be a table: write [{key}]"));
                Table::new()
            }
            None => Table::new(),
        }
    }

    fn report(&mut self, setting: &str, message: Reason) {
        self.problems.push(Problem {
            setting: setting.to_owned(),
            message,
        });
    }

    fn report_unknown(&mut self, prefix: &str, table: &Table) {
        for key in table.keys() {
            let message = "there is no such setting: correct its name or remove it";
            self.report(&in_file(&format!("{prefix}{key}")), message.to_owned());
        }
    }
}

fn in_file(key: &str) -> String {
    format!("{key} in {DEFAULT_FILE}")
}

fn secrets_variable(processor: &str) -> String {
    let name = processor.replace('-', "_").to_ascii_uppercase();
    format!("TRIBUTARY_{name}_SECRETS")
}

/// Where the file is no TOML. The parser's own message would quote the line, and with it a secret.
fn not_toml(text: &str, error: &toml::de::Error) -> Reason {
    let before = error
        .span()
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line} is not valid TOML: texts need quotes, and each name stands once")
}
