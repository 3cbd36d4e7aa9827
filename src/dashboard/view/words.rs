//! Sentences of the ledger as pages show them: what a rule says, and how a commission was computed. Pure.

use maud::{Markup, html};
use providers::Currency;

use super::parts::grouped;

/// How a processor is called, by the word it is stored by.
pub(crate) fn processor(word: &str) -> &str {
    match word {
        "custom" => "Reported",
        "api" => "Your server",
        _ => providers::adapter(word).map_or(word, |adapter| adapter.about().title),
    }
}

/// How pages call what the API's members are called by.
const MEMBERS: [(&str, &str); 16] = [
    ("url", "the address"),
    ("email", "the e-mail address"),
    ("name", "the name"),
    ("partnerId", "the partner"),
    ("programId", "the program"),
    ("companyName", "the name of who pays"),
    ("companyAddress", "the address of who pays"),
    ("companyCountry", "the country of who pays"),
    ("companyVatId", "the VAT id of who pays"),
    ("vatId", "the VAT id"),
    ("iban", "the IBAN"),
    ("bic", "the BIC"),
    ("stripeKey", "the Stripe key"),
    ("windowDays", "the days that a click counts"),
    ("holdDays", "the days until it is payable"),
    ("linkUrl", "the address where new links lead"),
];

/// Phrases of the API's messages, and what pages say instead.
const PHRASES: [(&str, &str); 5] = [
    (
        "must be between 0 and 10000 basis points",
        "must be between 0 and 100 percent",
    ),
    (
        "companyName and iban of the payout settings say who pays and from where: set them first",
        "the name and the IBAN under \u{201c}Who pays\u{201d} say who pays and from where: fill them in first",
    ),
    (
        "stripeKey of the payout settings is not set",
        "the secret key of Stripe under \u{201c}Who pays\u{201d} is not filled in",
    ),
    (
        "see GET /api/payouts?status=approved and the partners' payout details",
        "approve some first, or see on the partners' pages how each is paid",
    ),
    (
        "must be a time as 2026-11-22T10:00:00Z (RFC 3339)",
        "must be a day such as 2026-11-22",
    ),
];

/// A member of the API as a word of a page: `legalName` is the legal name.
pub(crate) fn member(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let known = MEMBERS.iter().find(|(member, _)| *member == last);
    known.map_or_else(
        || format!("the {}", spaced(last)),
        |(_, says)| (*says).to_owned(),
    )
}

/// The words of a name in camel case: `legalName` is `legal name`.
pub(crate) fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(c.to_ascii_lowercase());
    }
    spaced
}

/// Why something was refused, as a page says it: without the names of the API's members. `field` is the member that the message is about.
pub(crate) fn refusal(field: &str, message: &str) -> String {
    let rest = message.strip_prefix(field).filter(|_| !field.is_empty());
    let says = match rest {
        Some(rest) if rest.starts_with(' ') => format!("{}{rest}", member(field)),
        _ => message.to_owned(),
    };
    PHRASES
        .iter()
        .fold(says, |says, (said, instead)| says.replace(said, instead))
}

/// A sentence in which what is written as it is stands between backticks.
pub(crate) fn coded(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A sentence of the ledger with its amounts written as everywhere on pages: grouped, with the currency in capitals.
pub(crate) fn worded(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut written: Vec<String> = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| words.get(before));
        let after = words.get(index + 1);
        if before.is_some_and(|before| is_amount(before)) && currency_at(word).is_some() {
            let (code, rest) = word.split_at(3);
            written.push(format!("{}{rest}", code.to_uppercase()));
        } else if is_amount(word) && after.is_some_and(|after| currency_at(after).is_some()) {
            written.push(grouped_amount(word));
        } else {
            written.push((*word).to_owned());
        }
    }
    written.join(" ")
}

/// The number that a word is, without what stands before it.
fn number_in(word: &str) -> &str {
    word.trim_start_matches(['(', '-', '−', '+'])
}

fn is_amount(word: &str) -> bool {
    let number = number_in(word);
    let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(rest)
}

fn grouped_amount(word: &str) -> String {
    let number = number_in(word);
    let before = word.strip_suffix(number).unwrap_or_default();
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let point = if rest.is_empty() { "" } else { "." };
    format!(
        "{}{}{point}{rest}",
        before.replace('-', "−"),
        grouped(whole)
    )
}

/// The currency that a word begins with, where nothing but punctuation follows.
fn currency_at(word: &str) -> Option<Currency> {
    let (code, rest) = word.split_at_checked(3)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_lowercase());
    let ends = rest.chars().all(|c| c.is_ascii_punctuation());
    let currency = Currency::parse(code).filter(|currency| currency.is_known());
    currency.filter(|_| is_code && ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_in_the_words_of_the_page() {
        for (field, message, says) in [
            ("url", "url is required", "the address is required"),
            (
                "commission",
                "commission must be between 0 and 10000 basis points",
                "the commission must be between 0 and 100 percent",
            ),
            (
                "commission.minimumAmount",
                "commission.minimumAmount must not be negative",
                "the minimum amount must not be negative",
            ),
            (
                "legalName",
                "legalName must not be empty",
                "the legal name must not be empty",
            ),
            ("key", "keys must be unique", "keys must be unique"),
            ("", "the form is too large", "the form is too large"),
        ] {
            assert_eq!(refusal(field, message), says);
        }
    }

    #[test]
    fn amounts_in_sentences_are_written_as_everywhere() {
        for (said, shown) in [
            (
                "10 % of 1234.50 usd (net amount) = 123.45 usd",
                "10 % of 1,234.50 USD (net amount) = 123.45 USD",
            ),
            (
                "taken back: 28.00 usd of 40.00 usd is left; all of it",
                "taken back: 28.00 USD of 40.00 USD is left; all of it",
            ),
            (
                "at most 100000 jpy, -5.00 eur)",
                "at most 100,000 JPY, −5.00 EUR)",
            ),
            (
                "within 12 months and all sales",
                "within 12 months and all sales",
            ),
            ("clk_1 usd", "clk_1 usd"),
            ("", ""),
        ] {
            assert_eq!(worded(said), shown);
        }
    }
}
