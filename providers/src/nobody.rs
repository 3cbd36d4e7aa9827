//! Words that stand where an id should and mean nobody: what programs print for a missing value, and what
//! shops call all guests.
//!
//! Never an id of a processor: those are made by the processor and mean somebody.

/// What is refused as a merchant's own customer id, lower case. The first are those that RevenueCat refuses
/// as app user ids (<https://www.revenuecat.com/docs/customers/identifying-customers>).
const WORDS: &[&str] = &[
    "no_user",
    "null",
    "none",
    "nil",
    "(null)",
    "nan",
    "unidentified",
    "undefined",
    "unknown",
    "anonymous",
    "guest",
    "-1",
    "0",
    "[]",
    "{}",
    "[object object]",
    "object",
    "\\x00",
    "anon",
    "guest_user",
    "guest-user",
    "guestuser",
    "nobody",
    "no user",
    "nouser",
    "not set",
    "(not set)",
    "not_set",
    "n/a",
    "na",
    "<null>",
    "<nil>",
    "false",
    "true",
    "-",
    "''",
    "\"\"",
    "00000000-0000-0000-0000-000000000000",
];

/// What a template that was never filled in begins and ends with.
const TEMPLATES: &[(&str, &str)] = &[("{{", "}}"), ("${", "}"), ("<%", "%>"), ("%", "%")];

/// Whether a text means nobody: a word for "no value", a number that is zero, a template that was not
/// filled in. Case and white space around it do not matter.
pub fn means_nobody(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let is_zero = || text.bytes().all(|b| matches!(b, b'0' | b'.'));
    let is_template = || {
        let mut forms = TEMPLATES.iter();
        forms.any(|(begin, end)| text.starts_with(begin) && text.ends_with(end))
    };
    text.is_empty() || WORDS.contains(&text.as_str()) || is_zero() || is_template()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print_for_a_missing_id_means_nobody() {
        for word in [
            "undefined",
            "null",
            " None ",
            "NaN",
            "[object Object]",
            "0",
            "0.0",
            "",
            "GUEST",
            "{{customer.id}}",
            "${userId}",
        ] {
            assert!(means_nobody(word), "{word}");
        }
    }

    #[test]
    fn an_id_that_only_holds_such_a_word_means_somebody() {
        for id in [
            "guest_17",
            "1",
            "10",
            "user_undefined_7",
            "nullified",
            "0x1",
        ] {
            assert!(!means_nobody(id), "{id}");
        }
    }
}
