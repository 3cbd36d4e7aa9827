//! Sentences of the ledger as pages show them: what a rule says, and how a commission was computed. Pure.

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
