//! Why a delivery did not verify, as far as that can be known: for the owner, never for who sent it.
//!
//! Pure. It tries what usually goes wrong: the secret of another source, white space that a proxy has changed, a clock. Whatever it finds, the
//! delivery stays refused: a [`Verified`](providers::Verified) that is made here is dropped here. Nothing of a body, a header or a secret leaves it.

use std::borrow::Cow;

use providers::delivery::{Delivery, Headers, Rejection};
use providers::{Adapter, Micros, Secret};
use serde_json::Value;

use crate::sources::Source;

/// The body is larger than deliveries may be.
pub const TOO_LARGE: &str = "too_large";
/// The body is compressed.
pub const COMPRESSED: &str = "compressed";
/// The source is paused.
pub const PAUSED: &str = "paused";
/// Signed with the secret of another source of the organization.
pub const OTHER_SOURCE: &str = "other_source";
/// Signed with the secret of a test source, and this one is live.
pub const TEST_SECRET: &str = "test_secret";
/// Signed with the secret of a live source, and this one is for tests.
pub const LIVE_SECRET: &str = "live_secret";
/// Not signed with a known secret, and it says of itself that it is a test.
pub const SAYS_TEST: &str = "says_test";
/// Not signed with a known secret, and it says of itself that it is live.
pub const SAYS_LIVE: &str = "says_live";
/// Signed with the source's own secret, which was pasted in another form: with quotes, or with another beginning.
pub const OTHER_FORM: &str = "other_form";
/// Without a signature of this source's processor, and with one of another's.
pub const OTHER_PROCESSOR: &str = "other_processor";
/// Rightly signed, before something on the way changed the body's white space.
pub const REFORMATTED: &str = "reformatted";

/// Larger bodies are not looked into.
const LOOKED_INTO_BYTES: usize = 256 * 1_024;

/// Makes another secret of one: four letters, so that base64 stays readable.
const ANYTHING: &str = "else";

/// Headers that hold the signed time, beside those that hold the signature.
const TIME_HEADERS: &[&str] = &["webhook-timestamp"];

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// A short stable word; see [`words`](super::words).
    pub reason: &'static str,
    /// How far the signed time was from ours, in seconds; positive: theirs is ahead.
    pub seconds: Option<i64>,
}

impl Finding {
    /// A reason alone.
    pub const fn plain(reason: &'static str) -> Self {
        Self {
            reason,
            seconds: None,
        }
    }

    /// What the verifier said.
    pub const fn of(rejection: Rejection) -> Self {
        Self::plain(rejection.code())
    }
}

/// What can be known of a delivery to `source` that was rejected. `others` are all sources of its organization.
pub fn find(
    adapter: &dyn Adapter,
    source: &Source,
    others: &[Source],
    delivery: Delivery<'_>,
    rejection: Rejection,
    now: Micros,
) -> Finding {
    match rejection {
        Rejection::Stale | Rejection::Future => Finding {
            seconds: signed_at(adapter, delivery).map(|at| at.saturating_sub(now.seconds())),
            ..Finding::of(rejection)
        },
        Rejection::Mismatch if delivery.body.len() <= LOOKED_INTO_BYTES => {
            let look = Look {
                adapter,
                source,
                delivery,
                now,
            };
            look.why(others)
                .map_or(Finding::of(rejection), Finding::plain)
        }
        Rejection::Missing => unsigned(adapter, delivery.headers),
        _ => Finding::of(rejection),
    }
}

struct Look<'a> {
    adapter: &'a dyn Adapter,
    source: &'a Source,
    delivery: Delivery<'a>,
    now: Micros,
}

impl Look<'_> {
    fn why(&self, others: &[Source]) -> Option<&'static str> {
        self.other_secret(others)
            .or_else(|| self.is_in_other_form().then_some(OTHER_FORM))
            .or_else(|| self.is_reformatted().then_some(REFORMATTED))
            .or_else(|| self.says())
    }

    fn other_secret(&self, others: &[Source]) -> Option<&'static str> {
        let own = &self.source.secrets;
        let is_own = |secret: &Secret| own.iter().any(|known| known.expose() == secret.expose());
        let mut others = others.iter().filter(|other| {
            // Where both share all that the other has, that it fits proves nothing.
            other.processor == self.source.processor
                && other.id != self.source.id
                && !other.secrets.iter().all(is_own)
        });
        let owner = others.find(|other| self.is_signed(&other.secrets, self.delivery.body))?;
        Some(match (owner.livemode, self.source.livemode) {
            (false, true) => TEST_SECRET,
            (true, false) => LIVE_SECRET,
            _ => OTHER_SOURCE,
        })
    }

    /// Whether the signature is right for these bytes; that it is too old or of another account says so too.
    fn is_signed(&self, secrets: &[Secret], body: &[u8]) -> bool {
        let delivery = Delivery {
            headers: self.delivery.headers,
            body,
        };
        let settings = &self.source.settings;
        let verified = self.adapter.verify(delivery, secrets, settings, self.now);
        matches!(
            verified,
            Ok(_)
                | Err(Rejection::Stale
                    | Rejection::Future
                    | Rejection::WrongAccount
                    | Rejection::Contradiction)
        )
    }

    /// Whether one of the source's own secrets would fit if it had been pasted in another form, beside the others as they are.
    fn is_in_other_form(&self) -> bool {
        let own = &self.source.secrets;
        let mut each = own.iter().enumerate();
        each.any(|(at, secret)| {
            let mut forms = forms(secret.expose()).into_iter();
            // A form that proves something else only drops a proof that is asked for now: then any text in its place would do as well.
            forms.any(|form| {
                self.fits_with(at, &form) && !self.fits_with(at, &format!("{form}{ANYTHING}"))
            })
        })
    }

    /// Whether the signature is right with another text in place of one of the source's secrets.
    fn fits_with(&self, at: usize, text: &str) -> bool {
        let Ok(secret) = Secret::new(text) else {
            return false;
        };
        let mut secrets = self.source.secrets.clone();
        if let Some(place) = secrets.get_mut(at) {
            *place = secret;
        }
        self.is_signed(&secrets, self.delivery.body)
    }

    /// Whether it was signed with the source's own secret in another layout: what a proxy makes that reads JSON and writes it again.
    fn is_reformatted(&self) -> bool {
        let body = self.delivery.body;
        let trimmed = body.trim_ascii();
        let mut layouts = vec![Cow::Borrowed(trimmed)];
        layouts.push(Cow::Owned([trimmed, b"\n"].concat()));
        if serde_json::from_slice::<&serde_json::value::RawValue>(trimmed).is_ok() {
            layouts.extend([
                Cow::Owned(laid_out(trimmed, 0)),
                Cow::Owned(laid_out(trimmed, 2)),
            ]);
        }
        layouts
            .iter()
            .filter(|layout| layout.as_ref() != body)
            .any(|layout| self.is_signed(&self.source.secrets, layout))
    }

    /// What the body says of itself, where that is not what the source is for. Nobody vouches for it: a hint, no more.
    fn says(&self) -> Option<&'static str> {
        let body: Value = serde_json::from_slice(self.delivery.body).ok()?;
        let environment = body.pointer("/event/environment").and_then(Value::as_str);
        let live = body
            .get("livemode")
            .and_then(Value::as_bool)
            .or_else(|| Some(environment? != "SANDBOX"))?;
        match (live, self.source.livemode) {
            (false, true) => Some(SAYS_TEST),
            (true, false) => Some(SAYS_LIVE),
            _ => None,
        }
    }
}

/// What is without the signature of its source's processor: with that of another, or with none. `Authorization` says nothing: everybody has it.
pub fn unsigned(adapter: &dyn Adapter, headers: &Headers) -> Finding {
    let own = adapter.about();
    let all = providers::adapters().iter().map(|one| one.about());
    let others = all.filter(|other| other.id != own.id);
    let mut names = others.flat_map(|other| other.signature_headers.iter().copied());
    let is_signed = names.any(|name| {
        let is_telling = name != "authorization" && !own.signature_headers.contains(&name);
        is_telling && headers.required(name).is_ok()
    });
    if is_signed {
        Finding::plain(OTHER_PROCESSOR)
    } else {
        Finding::of(Rejection::Missing)
    }
}

/// How else a secret may have been meant: without quotes, and with each of the beginnings that processors and we give secrets, or none.
fn forms(text: &str) -> Vec<String> {
    const BEGINNINGS: &[&str] = &["", "whsec_", "polar_whs_", "pdl_ntfset_", "hmac:", "auth:"];
    let plain = text.trim_matches(['"', '\'', '`']);
    let mut begun = BEGINNINGS.iter().filter(|begin| !begin.is_empty());
    let bare = begun
        .find_map(|begin| plain.strip_prefix(begin))
        .unwrap_or(plain)
        .trim_matches(['"', '\'', '`']);
    let forms = BEGINNINGS.iter().map(|begin| format!("{begin}{bare}"));
    let forms = forms.chain([plain.to_owned()]);
    forms.filter(|form| form != text).collect()
}

/// The signed time in Unix seconds. To be believed only where the signature is right.
fn signed_at(adapter: &dyn Adapter, delivery: Delivery<'_>) -> Option<i64> {
    let names = adapter.about().signature_headers.iter().chain(TIME_HEADERS);
    let values = names.filter_map(|name| delivery.headers.one(name).ok()?);
    let mut numbers = values.flat_map(|value| value.split(|c: char| !c.is_ascii_digit()));
    let ten_digits = numbers.find(|number| number.len() == 10)?;
    ten_digits.parse().ok()
}

/// JSON with other white space: `indent` spaces a level, or none at all. Strings stay as they are.
fn laid_out(json: &[u8], indent: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let (mut depth, mut in_string, mut escaped, mut opened) = (0_usize, false, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        if indent > 0 {
            out.push(b'\n');
            out.resize(out.len() + depth * indent, b' ');
        }
    };
    for &byte in json {
        if in_string {
            out.push(byte);
            in_string = byte != b'"' || escaped;
            escaped = byte == b'\\' && !escaped;
            continue;
        }
        if byte.is_ascii_whitespace() {
            continue;
        }
        let closes = matches!(byte, b'}' | b']');
        if closes {
            depth = depth.saturating_sub(1);
        }
        // An empty list stays on its line.
        if opened != closes {
            line(&mut out, depth);
        }
        out.push(byte);
        opened = matches!(byte, b'{' | b'[');
        match byte {
            b'{' | b'[' => depth += 1,
            b',' => line(&mut out, depth),
            b':' if indent > 0 => out.push(b' '),
            b'"' => in_string = true,
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_as_processors_do() {
        let dense = br#"{"a":[1,{"b":"x, \" {y} "}],"c":{},"d":[]}"#;
        let value: Value = serde_json::from_slice(dense).unwrap();
        let wide = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(laid_out(dense, 2), wide.as_bytes());
        assert_eq!(laid_out(wide.as_bytes(), 0), dense);
    }
}
