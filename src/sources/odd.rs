//! What looks odd about a secret that somebody pastes, before it is saved. Pure; nothing here repeats any of it.

use std::fmt;

use super::Source;

/// Something odd about a pasted secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// What, and what to paste instead.
    pub says: String,
    /// Whether it cannot be a webhook's secret at all; else it may be used all the same.
    pub is_certain: bool,
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.says)
    }
}

fn certain(says: impl Into<String>) -> Oddity {
    let (says, is_certain) = (says.into(), true);
    Oddity { says, is_certain }
}

fn odd(says: impl Into<String>) -> Oddity {
    let (says, is_certain) = (says.into(), false);
    Oddity { says, is_certain }
}

/// What begins so, and what it is; none of them verifies a delivery.
const NO_SECRETS: &[(&str, &str)] = &[
    ("sk_live_", "Stripe's API key"),
    ("sk_test_", "Stripe's API key of test mode"),
    ("rk_live_", "a restricted API key of Stripe"),
    ("rk_test_", "a restricted API key of Stripe's test mode"),
    ("pk_live_", "Stripe's publishable key"),
    ("pk_test_", "Stripe's publishable key of test mode"),
    ("we_", "the id of a webhook endpoint at Stripe"),
    ("shpat_", "an access token of Shopify's API"),
    ("shpca_", "an access token of Shopify's API"),
    ("pdl_live_apikey_", "Paddle's API key"),
    ("pdl_sdbx_apikey_", "Paddle's API key of the sandbox"),
    ("apikey_", "the id of an API key at Paddle"),
    ("ntfset_", "the id of a destination at Paddle"),
    ("polar_oat_", "an access token of Polar's API"),
    ("polar_pat_", "an access token of Polar's API"),
    ("trib_live_", "an API key of Tributary"),
    ("trib_test_", "an API key of Tributary"),
    ("http://", "an address"),
    ("https://", "an address"),
];

/// How secrets of processors begin that have a form of their own.
const FORMS: &[(&str, &[&str])] = &[
    ("stripe", &["whsec_"]),
    ("polar", &["whsec_", "polar_whs_"]),
    ("paddle", &["pdl_ntfset_"]),
    ("revenuecat", &["auth:", "hmac:"]),
];

/// What looks odd about the secrets that a source has, for whoever has set them: some forms are certain to verify nothing, and to refuse
/// them would lock out a processor that changes its own.
pub fn of_source(source: &Source) -> Vec<String> {
    let secrets = source.secrets.iter();
    let odd = secrets.flat_map(|secret| oddities(&source.processor, secret.expose()));
    odd.map(|oddity| oddity.says).collect()
}

/// How to replace a secret, in words. RevenueCat's two prove two things: who ends the one ends the other with it.
pub fn replacing(processor: &str, id: &str) -> String {
    let both = if processor == "revenuecat" {
        format!(
            " It ends every other one too: give back what is still right by `tributary sources rotate {id} --secret -`."
        )
    } else {
        String::new()
    };
    format!(
        "`tributary sources rotate {id} --secret - --drop-old` replaces it: paste the right one there, and end with ctrl-d.{both}"
    )
}

/// Everything odd about a text as the secret of a processor's source.
pub fn oddities(processor: &str, text: &str) -> Vec<Oddity> {
    let plain = text.trim();
    let key = ["auth:", "hmac:"]
        .iter()
        .find_map(|kind| plain.strip_prefix(kind))
        .unwrap_or(plain)
        .trim();
    let is_pem = plain.starts_with("-----BEGIN");
    let mut found = Vec::new();
    if is_quoted(key) {
        found.push(certain(
            "There are quotes around it: paste what is between them.",
        ));
    }
    // A header's value may have words, as `Bearer …`; none has lines.
    let is_value = processor == "revenuecat" && !plain.starts_with("hmac:");
    let is_white = |c: char| c.is_whitespace() && (c != ' ' || !is_value);
    if key.contains(is_white) && !is_pem {
        found.push(certain(
            "There is white space in it: paste the secret alone, on one line.",
        ));
    }
    if key.contains(['…', '•', '*']) {
        found.push(certain(
            "It is covered or cut off: reveal it at the processor and copy all of it.",
        ));
    }
    let bare = key.trim_matches(['"', '\'', '`', '“', '”', '‘', '’']);
    if let Some((_, what)) = NO_SECRETS.iter().find(|(start, _)| bare.starts_with(start)) {
        found.push(certain(format!(
            "This is {what}, not the secret of a webhook. Nobody needs to know it here."
        )));
    } else if is_pem != (processor == "paddle-classic") && (is_pem || !is_key(bare)) {
        found.push(certain(if is_pem {
            "This is a public key: only Paddle Classic signs with one."
        } else {
            "Paddle Classic's secret is its public key: it begins with -----BEGIN PUBLIC KEY-----."
        }));
    } else {
        found.extend(of_another(processor, bare, plain));
    }
    found
}

/// A key without its PEM lines, as some copy it.
fn is_key(text: &str) -> bool {
    text.starts_with("MII")
}

fn of_another(processor: &str, bare: &str, plain: &str) -> Option<Oddity> {
    let begins = |(_, starts): &&(&str, &[&str])| {
        starts
            .iter()
            .any(|start| bare.starts_with(start) || plain.starts_with(start))
    };
    let own = FORMS.iter().find(|(id, _)| *id == processor);
    if own.is_some_and(|own| begins(&own)) {
        return None;
    }
    let other = FORMS.iter().find(begins);
    if let Some((other, _)) = other {
        let title = providers::adapter(other).map_or(*other, |adapter| adapter.about().title);
        return Some(odd(format!("This looks like a secret of {title}.")));
    }
    let (_, starts) = own?;
    if processor == "revenuecat" {
        return Some(odd(
            "Write hmac: before a signing secret, or auth: before the value of the Authorization header.",
        ));
    }
    Some(odd(format!(
        "Secrets of this processor begin with {}.",
        starts.join(" or ")
    )))
}

fn is_quoted(text: &str) -> bool {
    let quotes = ['"', '\'', '`', '“', '”', '‘', '’'];
    text.starts_with(quotes) || text.ends_with(quotes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(processor: &str, text: &str) -> (String, bool) {
        let all = oddities(processor, text);
        let first = all.first().unwrap_or_else(|| panic!("{text} passes"));
        assert!(
            !first.says.contains(&text[text.len() - 6..]),
            "it repeats the secret"
        );
        (first.says.clone(), first.is_certain)
    }

    #[test]
    fn secrets_as_processors_make_them_pass() {
        for (processor, text) in [
            ("stripe", "whsec_3f8a9c2b1d4e5f60718293a4b5c6d7e8"),
            ("stripe", "  whsec_3f8a9c2b1d4e5f60718293a4b5c6d7e8\n"),
            ("polar", "polar_whs_4fT9qLkz81mNvbXc"),
            ("polar", "whsec_4fT9qLkz81mNvbXc"),
            ("paddle", "pdl_ntfset_01hq_4fT9qLkz81mNvbXc"),
            ("shopify", "8f1e4c5a9b7d3e2f1a0b9c8d7e6f5a4b"),
            ("shopify", "shpss_8f1e4c5a9b7d3e2f1a0b9c8d7e"),
            ("revenuecat", "auth:Bearer-of-good-news-1234"),
            ("revenuecat", "auth:Bearer 4fT9qLkz81mNvbXc"),
            ("revenuecat", "hmac:4fT9qLkz81mNvbXc"),
            (
                "paddle-classic",
                "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            ),
        ] {
            assert_eq!(oddities(processor, text), [], "{processor}");
        }
    }

    #[test]
    fn what_cannot_be_a_webhook_secret_is_certain() {
        for (processor, text, says) in [
            ("stripe", "sk_live_51H8xAbCdEfGhIjK", "API key"),
            ("stripe", "pk_test_51H8xAbCdEfGhIjK", "test mode"),
            ("paddle", "pdl_sdbx_apikey_01hq4fT9qL", "sandbox"),
            ("shopify", "shpat_8f1e4c5a9b7d3e2f", "access token"),
            ("stripe", "\"whsec_3f8a9c2b1d4e5f60\"", "quotes"),
            ("stripe", "whsec_3f8a 9c2b1d4e5f60", "white space"),
            ("revenuecat", "hmac:4fT9 qLkz81mNvbXc", "white space"),
            ("revenuecat", "auth:4fT9\nqLkz81mNvbXc", "white space"),
            ("stripe", "whsec_3f8a••••••••••", "covered"),
            ("stripe", "trib_live_4fT9qLkz81mNvbXc", "Tributary"),
            ("paddle", "-----BEGIN PUBLIC KEY-----", "Paddle Classic"),
        ] {
            let (told, is_certain) = first(processor, text);
            assert!(is_certain && told.contains(says), "{processor}: {told}");
        }
    }

    #[test]
    fn the_form_of_another_processor_is_noticed() {
        for (processor, text, says) in [
            ("stripe", "pdl_ntfset_01hq4fT9qLkz81", "secret of Paddle"),
            ("paddle", "whsec_3f8a9c2b1d4e5f60", "secret of Stripe"),
            ("shopify", "whsec_3f8a9c2b1d4e5f60", "secret of Stripe"),
            ("stripe", "3f8a9c2b1d4e5f607182", "begin with whsec_"),
            ("revenuecat", "3f8a9c2b1d4e5f607182", "hmac:"),
        ] {
            let (told, is_certain) = first(processor, text);
            assert!(!is_certain && told.contains(says), "{processor}: {told}");
        }
    }
}
