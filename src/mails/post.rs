//! Hands a letter to the server for mails, and says what became of it. What a server answers may hold an address: its code is kept, never its words.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, AsyncSmtpTransport};
use lettre::{AsyncTransport as _, Tokio1Executor};
use providers::Micros;

use super::letter::Letter;
use super::server::{Safety, Server};

/// For each step of a conversation.
const WITHIN: Duration = Duration::from_secs(20);

/// Answers that say that who sends may not: no fault of the mail.
const NOT_LET_IN: [u16; 5] = [530, 534, 535, 538, 454];

/// Why a mail was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Not now.
    Later(String),
    /// This one never.
    Never(String),
    /// The server takes none at all.
    Away(String),
}

/// The way to the server.
pub(super) type Way = AsyncSmtpTransport<Tokio1Executor>;

/// A way to a server, on which nothing was sent yet. `name`: who greets.
pub(super) fn way(server: &Server, name: &str) -> Result<Way, String> {
    // Fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let parameters = || {
        TlsParameters::new(server.host.clone())
            .map_err(|error| format!("no safe connection can be made: {error}"))
    };
    let tls = match server.safety {
        Safety::Tls => Tls::Wrapper(parameters()?),
        Safety::StartTls => Tls::Required(parameters()?),
        Safety::Plain => Tls::None,
    };
    let mut builder = Way::builder_dangerous(server.host.clone())
        .port(server.port)
        .tls(tls)
        .timeout(Some(WITHIN))
        .hello_name(ClientId::Domain(name.to_owned()));
    if let Some((user, password)) = &server.login {
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        builder = builder.credentials(credentials);
    }
    Ok(builder.build())
}

/// Sends a letter. The id is the same each time, so that who gets it twice can tell.
pub(super) async fn send(
    way: &Way,
    (from, to): (&Mailbox, Mailbox),
    (id, at): (&str, Micros),
    letter: Letter,
) -> Result<(), Refusal> {
    let message = message((from, to), (id, at), letter);
    let message =
        message.map_err(|error| Refusal::Never(format!("it cannot be written: {error}")))?;
    way.send(message)
        .await
        .map(drop)
        .map_err(|error| refusal(&error))
}

fn message(
    (from, to): (&Mailbox, Mailbox),
    (id, at): (&str, Micros),
    letter: Letter,
) -> Result<Message, lettre::error::Error> {
    let seconds = u64::try_from(at.0 / 1_000_000).unwrap_or(0);
    let mut builder = Message::builder()
        .from(from.clone())
        .to(to)
        .subject(letter.subject)
        .date(UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(format!("<{id}@{}>", from.email.domain())))
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()));
    if let Some(stop) = letter.stop {
        let one_click = "List-Unsubscribe=One-Click".to_owned();
        builder = builder
            .raw_header(header("List-Unsubscribe", format!("<{stop}>")))
            .raw_header(header("List-Unsubscribe-Post", one_click));
    }
    builder.multipart(MultiPart::alternative_plain_html(letter.text, letter.html))
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn refusal(error: &smtp::Error) -> Refusal {
    if let Some(code) = error.status().map(u16::from) {
        let said = format!("the server for mails answered {code}");
        if NOT_LET_IN.contains(&code) {
            return Refusal::Away(format!("{said}: it does not let us in"));
        }
        if error.is_permanent() {
            return Refusal::Never(said);
        }
        return Refusal::Later(said);
    }
    let why = if error.is_timeout() {
        "gives no answer in time"
    } else if error.is_tls() {
        "cannot be spoken to safely: look at its certificate, and whether smtp:// or smtps:// is right"
    } else if error.is_client() {
        "cannot be spoken to: it may offer no STARTTLS, or no way to sign in that is known"
    } else {
        "cannot be reached"
    };
    Refusal::Away(format!("the server for mails {why}"))
}
