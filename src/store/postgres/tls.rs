//! Whether what goes to PostgreSQL is encrypted, where its address does not say so: to another machine always, within this
//! one if the server can. Nothing falls back to plain text by itself.

use std::net::IpAddr;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::store::error::StoreError;

/// How the database is reached.
pub(super) struct Way {
    pub(super) connect: PgConnectOptions,
    /// Whether encryption is asked for by us, and not by the address.
    is_assumed: bool,
}

impl Way {
    /// Reads an address. `from_environment` is libpq's `PGSSLMODE`, which counts where the address names no `sslmode`.
    ///
    /// # Errors
    /// [`StoreError::Url`].
    pub(super) fn to(url: &str, from_environment: Option<&str>) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse().map_err(|_: sqlx::Error| {
            StoreError::Url("must look like `postgres://user:password@host:5432/database`")
        })?;
        let by_environment = from_environment.and_then(|mode| mode.parse::<PgSslMode>().ok());
        if names_mode(url) || by_environment.is_some() || is_local(&connect) {
            return Ok(Self {
                connect,
                is_assumed: false,
            });
        }
        Ok(Self {
            connect: connect.ssl_mode(PgSslMode::Require),
            is_assumed: true,
        })
    }

    /// What is said of a connection that could not be made.
    pub(super) fn explain(&self, error: sqlx::Error) -> StoreError {
        if self.is_assumed && matches!(error, sqlx::Error::Tls(_)) {
            return StoreError::Url(
                "names no `sslmode`, and the server does not encrypt (TLS): turn `ssl` on there, or allow plain text by adding \
                 `?sslmode=disable` to the address",
            );
        }
        error.into()
    }
}

/// libpq's `PGSSLMODE`.
#[expect(
    clippy::disallowed_methods,
    reason = "no setting of ours: the driver reads it too, and does not say whether it was there"
)]
pub(super) fn from_environment() -> Option<String> {
    std::env::var("PGSSLMODE").ok()
}

fn names_mode(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    names.any(|name| name == "sslmode" || name == "ssl-mode")
}

/// Whether the address leads no further than this machine.
fn is_local(connect: &PgConnectOptions) -> bool {
    let host = connect.get_host().trim_matches(['[', ']']);
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    connect.get_socket().is_some()
        || host.starts_with('/')
        || host.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str, from_environment: Option<&str>) -> PgSslMode {
        Way::to(url, from_environment)
            .unwrap()
            .connect
            .get_ssl_mode()
    }

    #[test]
    fn another_machine_is_spoken_to_encrypted_unless_the_address_says_otherwise() {
        for url in [
            "postgres://me:pw@db.internal/tributary",
            "postgres://me:pw@10.0.0.5:5432/tributary",
            "postgres://me:pw@[2001:db8::5]/tributary?application_name=sslmode",
            "postgres://localhost/tributary?host=db.internal",
            "postgres://me@localhost.example.com/tributary",
        ] {
            assert!(matches!(mode(url, None), PgSslMode::Require), "{url}");
            assert!(
                matches!(mode(url, Some("nonsense")), PgSslMode::Require),
                "{url}"
            );
        }
        let disabled = "postgres://db.internal/tributary?sslmode=disable";
        assert!(matches!(mode(disabled, None), PgSslMode::Disable));
        let full = "postgres://db.internal/tributary?sslmode=verify-full";
        assert!(matches!(mode(full, None), PgSslMode::VerifyFull));
        assert!(Way::to(full, None).is_ok_and(|way| !way.is_assumed));
    }

    #[test]
    fn this_machine_is_spoken_to_as_the_server_can() {
        for url in [
            "postgres://me:pw@localhost/tributary",
            "postgres://me:pw@127.0.0.1:5432/tributary",
            "postgres://me:pw@[::1]/tributary",
            "postgres://me@%2Fvar%2Frun%2Fpostgresql/tributary",
            "postgres://db.internal/tributary?host=/var/run/postgresql",
        ] {
            assert!(matches!(mode(url, None), PgSslMode::Prefer), "{url}");
        }
    }

    #[test]
    fn what_libpq_is_told_counts_where_the_address_says_nothing() {
        let way = Way::to("postgres://db.internal/tributary", Some("disable")).unwrap();
        assert!(!way.is_assumed);
    }
}
