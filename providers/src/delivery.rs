//! What arrives from a processor, and what it becomes once it is verified.
//!
//! [`Verified`] is the only thing that [`crate::Adapter::normalize`] takes, and an adapter's `verify` is
//! the only place that makes one from a socket's bytes; a [`crate::History`] makes one of what the processor's own API has answered.
//! [`Verified::from_inbox`] restores one that was
//! verified before it was stored; nothing else may call it.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::fact::Fact;
use crate::time::Micros;

/// The headers of one request: names in lower case, values as received, repeats kept in order.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// Collects headers; names are lowered.
    pub fn new(pairs: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
        )
    }

    /// The one value of a header as text without white space around it. `Ok(None)` when it is absent.
    ///
    /// # Errors
    /// [`Rejection::Malformed`] when it is there twice or is not ASCII: which of two signatures counts
    /// must never be a matter of opinion.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Rejection> {
        let mut values = self.0.iter().filter(|(n, _)| n == name);
        let Some((_, value)) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() || !value.is_ascii() {
            return Err(Rejection::Malformed);
        }
        let text = std::str::from_utf8(value).map_err(|_| Rejection::Malformed)?;
        Ok(Some(text.trim_matches([' ', '\t'])))
    }

    /// The value of a header that must be there and say something.
    ///
    /// # Errors
    /// [`Rejection::Missing`] when it is absent or empty, [`Rejection::Malformed`] as in [`Headers::one`].
    pub fn required(&self, name: &str) -> Result<&str, Rejection> {
        match self.one(name)? {
            Some(value) if !value.is_empty() => Ok(value),
            _ => Err(Rejection::Missing),
        }
    }

    /// The named headers that are present once and readable, in the order of `names`.
    pub fn keep(&self, names: &[&str]) -> Vec<(String, String)> {
        names
            .iter()
            .filter_map(|name| {
                let value = self.one(name).ok()??;
                Some(((*name).to_owned(), value.to_owned()))
            })
            .collect()
    }
}

impl fmt::Debug for Headers {
    /// Names only: values can be credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// One request as received: nothing about it is trusted yet.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// All headers.
    pub headers: &'a Headers,
    /// The exact body.
    pub body: &'a [u8],
}

/// Why a delivery is not trusted. The answer is 401 for all of them; only the log and the counters say which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Rejection {
    /// The source has no secret (or public key) to verify with.
    #[error("no secret configured")]
    NoSecret,
    /// The signature header (or the Authorization header) is absent or empty.
    #[error("signature missing")]
    Missing,
    /// The signature header cannot be read, or stands there twice.
    #[error("signature malformed")]
    Malformed,
    /// The header has no signature of the scheme that counts.
    #[error("no signature of the right scheme")]
    NoSignature,
    /// Well-formed, but made with another secret or over another body.
    #[error("signature does not match")]
    Mismatch,
    /// Rightly signed, too long ago.
    #[error("signature too old")]
    Stale,
    /// Rightly signed, for a time in the future: a clock is wrong.
    #[error("signature from the future: clock skew")]
    Future,
    /// Rightly signed, but of another account, shop or organization than the source's.
    #[error("delivery of another account")]
    WrongAccount,
    /// Rightly signed, but an unsigned header contradicts the body.
    #[error("headers contradict the body")]
    Contradiction,
    /// There is no body.
    #[error("empty body")]
    EmptyBody,
}

impl Rejection {
    /// A short stable code for counters and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoSecret => "no_secret",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::NoSignature => "no_signature",
            Self::Mismatch => "mismatch",
            Self::Stale => "stale",
            Self::Future => "future",
            Self::WrongAccount => "wrong_account",
            Self::Contradiction => "contradiction",
            Self::EmptyBody => "empty_body",
        }
    }
}

/// A delivery that its processor has signed: exact body, and the few headers that its adapter reads.
#[derive(Clone)]
pub struct Verified {
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Verified {
    /// For adapters, after the signature has been checked; keeps only the named headers.
    pub(crate) fn new(delivery: Delivery<'_>, kept_headers: &[&str]) -> Self {
        Self {
            body: delivery.body.to_vec(),
            headers: delivery.headers.keep(kept_headers),
        }
    }

    /// For histories: what the processor's own API has answered to a request with the owner's key.
    pub(crate) fn told_by_api(body: Vec<u8>, headers: Vec<(String, String)>) -> Self {
        Self { body, headers }
    }

    /// Restores what was verified before it was stored. For the inbox alone.
    pub fn from_inbox(body: Vec<u8>, headers: Vec<(String, String)>) -> Self {
        Self { body, headers }
    }

    /// The exact body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The kept headers.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// One kept header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Verified {
    /// Bodies hold personal data: only their length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({} bytes)", self.body.len())
    }
}

/// What the outside of an event says, read without understanding its content. Always available: an
/// authentic body that cannot be read has an id made from its bytes and the type `unreadable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The processor's id of the event, the key of the inbox.
    pub event_id: String,
    /// The processor's name of what happened.
    pub event_type: String,
    /// The version that shaped the body. Two shapes of one event are both kept: each may name what the
    /// other does not.
    pub api_version: Option<String>,
    /// The account within the source (a connected Stripe account, a shop), where one is named.
    pub account: Option<String>,
    /// Live or test, where the body says so; else the source's mode decides.
    pub livemode: Option<bool>,
    /// When it happened.
    pub occurred_at: Option<Micros>,
}

impl Envelope {
    /// The envelope of a body that cannot be read.
    pub fn unreadable(body: &[u8]) -> Self {
        Self {
            event_id: crate::signature::digest_id(body),
            event_type: "unreadable".to_owned(),
            api_version: None,
            account: None,
            livemode: None,
            occurred_at: None,
        }
    }
}

/// What an adapter makes of one verified delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The facts in it; empty when it says nothing about money, customers or privacy.
    pub facts: Vec<Fact>,
    /// Why there are no facts, or what is remarkable about them; for the owner to read, without personal data.
    pub note: Option<Cow<'static, str>>,
    /// Whether the body should have had facts but could not be understood: shown as failed, and read
    /// again by `events reprocess` after an upgrade.
    pub unreadable: bool,
}

/// What the note of a reading begins with that met a value it does not know.
pub const UNKNOWN: &str = "unknown ";

/// What the note of a reading begins with whose processor tells more than the delivery shows.
pub const CUT: &str = "cut short: ";

/// How many characters of an unknown value are shown.
const UNKNOWN_LENGTH: usize = 64;

impl Reading {
    /// Facts were found.
    pub fn facts(facts: Vec<Fact>) -> Self {
        Self {
            facts,
            note: None,
            unreadable: false,
        }
    }

    /// Understood, and nothing in it counts.
    pub fn ignored(note: impl Into<Cow<'static, str>>) -> Self {
        Self {
            facts: Vec::new(),
            note: Some(note.into()),
            unreadable: false,
        }
    }

    /// Not understood.
    pub fn unreadable(note: impl Into<Cow<'static, str>>) -> Self {
        Self {
            facts: Vec::new(),
            note: Some(note.into()),
            unreadable: true,
        }
    }

    /// The same reading with a remark.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// The same reading, with the remark that a value is not known here which may decide about money
    /// (`what`: `store`, `status`, `reason`). Such events are counted for the owner; the note begins with
    /// [`UNKNOWN`].
    #[must_use]
    pub fn with_unknown(self, what: &str, value: &str) -> Self {
        let shown: String = (value.chars().filter(|c| !c.is_control()))
            .take(UNKNOWN_LENGTH)
            .collect();
        self.with_note(format!("{UNKNOWN}{what}: {shown}"))
    }
}

#[cfg(test)]
mod tests;
