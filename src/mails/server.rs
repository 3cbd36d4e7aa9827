//! Which server takes mails, and who they are from: settings, checked. A password is never shown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lettre::message::Mailbox;
use percent_encoding::percent_decode_str;
use providers::Secret;
use url::{Host, Url};

/// All that sending takes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who takes mails.
    pub server: Server,
    /// Who they are from.
    pub from: Mailbox,
    /// Who is told of broken sources besides the owners among members.
    pub owner: Option<Mailbox>,
}

/// A server for mails.
#[derive(Debug, Clone)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) safety: Safety,
    pub(super) login: Option<(String, Secret)>,
}

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting, and nothing without it.
    StartTls,
    /// None.
    Plain,
}

const FORM: &str = "must be smtps://user:password@host:465, or smtp://user:password@host:587 (which begins with STARTTLS); \
                    signs like @ and / in the password are written as %40 and %2F";

impl Server {
    /// Reads an address.
    ///
    /// # Errors
    /// What to write instead, without repeating the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_none| FORM.to_owned())?;
        let (safety, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Safety::Tls, 465),
            ("smtp", None | Some("tls=required")) => (Safety::StartTls, 587),
            ("smtp", Some("tls=none")) => (Safety::Plain, 25),
            _ => return Err(FORM.to_owned()),
        };
        let bare = matches!(url.path(), "" | "/") && url.fragment().is_none();
        let host = url.host_str().filter(|host| bare && !host.is_empty());
        let host = host.ok_or_else(|| FORM.to_owned())?;
        let login = login(&url)?;
        if safety == Safety::Plain && login.is_some() && !is_near(&url) {
            return Err(
                "must not have tls=none: the password would go to another machine in plain text"
                    .to_owned(),
            );
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(port),
            safety,
            login,
        })
    }
}

fn login(url: &Url) -> Result<Option<(String, Secret)>, String> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8().map(String::from);
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (user, Some(password)) if !user.is_empty() => {
            let user = decoded(user).map_err(|_wrong| FORM.to_owned())?;
            let password = decoded(password).map_err(|_wrong| FORM.to_owned())?;
            let password = Secret::new(&password).map_err(|error| error.to_string())?;
            Ok(Some((user, password)))
        }
        _ => Err("must have both a user name and a password, or neither".to_owned()),
    }
}

/// Whether it is this machine.
fn is_near(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        _ => host.parse().ok(),
    };
    host == "localhost"
        || address == Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        || address == Some(IpAddr::V6(Ipv6Addr::LOCALHOST))
}

/// Reads who mails are from or to.
///
/// # Errors
/// What to write instead.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_none| {
        "must be an e-mail address, for example Acme <partners@example.com>".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_with_its_port_and_password() {
        let server = Server::parse("smtps://me%40x:long%2Fword@mail.example.com").unwrap();
        assert_eq!(
            (server.host.as_str(), server.port, server.safety),
            ("mail.example.com", 465, Safety::Tls)
        );
        let (user, password) = server.login.as_ref().unwrap();
        assert_eq!((user.as_str(), password.expose()), ("me@x", "long/word"));
        assert!(!format!("{server:?}").contains("long/word"));
        for text in [
            "smtp://mail.example.com",
            "smtp://u:longword@mail.example.com:587?tls=required",
        ] {
            let server = Server::parse(text).unwrap();
            assert_eq!(
                (server.port, server.safety),
                (587, Safety::StartTls),
                "{text}"
            );
        }
        assert_eq!(
            Server::parse("smtp://127.0.0.1:2525?tls=none")
                .unwrap()
                .safety,
            Safety::Plain
        );
    }

    #[test]
    fn what_cannot_be_a_server_says_why_and_never_the_password() {
        for wrong in [
            "",
            "mail.example.com",
            "https://u:topsecret@mail.example.com",
            "smtp://u:topsecret@mail.example.com?tls=none",
            "smtps://u:topsecret@mail.example.com/inbox",
            "smtp://u:topsecret@mail.example.com?tls=opportunistic",
            "smtps://topsecret@mail.example.com",
        ] {
            let said = Server::parse(wrong).unwrap_err();
            assert!(
                said.starts_with("must") && !said.contains("topsecret"),
                "{wrong}: {said}"
            );
        }
        assert!(Server::parse("smtp://u:longword@localhost:25?tls=none").is_ok());
    }
}
