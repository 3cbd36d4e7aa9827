//! A copy of a shipped delivery: another time, other ids, another buyer, another amount. Pure.
//!
//! All deliveries of one story are copied with the same [`Copy`], so that what was one id is one id again. Knows the shapes of ids and times, not
//! the processors' formats.

use std::collections::BTreeSet;

use providers::Micros;
use serde_json::{Map, Number, Value};
use sha2::{Digest as _, Sha256};

use super::cast::Person;

/// What a copy is to be.
#[derive(Debug, Clone)]
pub(super) struct Copy<'a> {
    /// Copies of another seed share nothing with it.
    pub(super) seed: &'a str,
    /// Ids that are taken from another seed: those of the customer and the subscription of a renewal.
    pub(super) kept: Option<(&'a BTreeSet<String>, &'a str)>,
    /// Microseconds by which everything is later.
    pub(super) later: i64,
    /// How many times the amount.
    pub(super) times: i64,
    /// Another currency, with as many places.
    pub(super) currency: Option<&'a str>,
    /// Who buys.
    pub(super) buyer: &'a Person,
    /// Words that stand for others; a value with a word that stands for nothing is left out.
    pub(super) words: &'a [(String, Option<String>)],
    /// Live or test.
    pub(super) livemode: bool,
}

/// Members whose value says how a buyer is called.
const NAMES: &[&str] = &["customer_name", "cardholder_name"];

/// Members that hold amounts.
const AMOUNTS: &[&str] = &[
    "amount", "total", "price", "tax", "discount", "fee", "earnings", "balance",
];

/// Members that sound as if they did.
const NO_AMOUNTS: &[&str] = &[
    "rate",
    "percent",
    "_at",
    "_id",
    "balance_transaction",
    "basis_points",
];

/// Seconds and milliseconds that are times of these years.
const SECONDS: std::ops::Range<i64> = 1_600_000_000..2_000_000_000;
const MILLIS: std::ops::Range<i64> = 1_600_000_000_000..2_000_000_000_000;

/// Numbers from here on are ids.
const ID_FROM: u64 = 3_000_000_000;

impl Copy<'_> {
    /// The body, as JSON again.
    pub(super) fn body(&self, body: &str) -> Option<String> {
        let mut value: Value = serde_json::from_str(body).ok()?;
        self.walk("", "", &mut value);
        Some(value.to_string())
    }

    /// The value of a header.
    pub(super) fn header(&self, value: &str) -> String {
        self.text(value)
    }

    fn walk(&self, above: &str, key: &str, value: &mut Value) {
        match value {
            Value::Object(members) => self.object(key, members),
            Value::Array(items) => {
                items.retain(|item| !self.has_left_out(item));
                for item in items {
                    self.walk(above, key, item);
                }
            }
            Value::String(text) => {
                if let ("currency", Some(currency)) = (key, self.currency) {
                    currency.clone_into(text);
                } else if self.is_left_out(text) {
                    *value = Value::Null;
                } else if NAMES.contains(&key) || above == "$displayName" && key == "value" {
                    text.clone_from(&self.buyer.name);
                } else if is_amount(key) && is_decimal(text) {
                    *text = multiplied(text, self.times);
                } else {
                    *text = self.text(text);
                }
            }
            Value::Number(number) => {
                if let Some(other) = self.number(key, number) {
                    *number = other;
                }
            }
            Value::Bool(flag) if key == "livemode" => *flag = self.livemode,
            Value::Bool(_) | Value::Null => {}
        }
    }

    fn object(&self, key: &str, members: &mut Map<String, Value>) {
        let is_person = members.contains_key("email");
        for (name, member) in members.iter_mut() {
            match (name.as_str(), is_person, &member) {
                ("name", true, Value::String(_)) => *member = Value::from(self.buyer.name.clone()),
                ("first_name", _, Value::String(_)) => *member = Value::from(self.buyer.first()),
                ("last_name", _, Value::String(_)) => *member = Value::from(self.buyer.last()),
                _ => self.walk(key, name, member),
            }
        }
    }

    fn is_left_out(&self, text: &str) -> bool {
        let mut out = self.words.iter().filter(|(_, other)| other.is_none());
        out.any(|(word, _)| text.contains(word))
    }

    fn has_left_out(&self, item: &Value) -> bool {
        match item {
            Value::Object(members) => members
                .values()
                .any(|member| member.as_str().is_some_and(|text| self.is_left_out(text))),
            _ => false,
        }
    }

    fn number(&self, key: &str, number: &Number) -> Option<Number> {
        if is_amount(key) {
            let text = number.to_string();
            return is_decimal(&text)
                .then(|| serde_json::from_str(&multiplied(&text, self.times)).ok())?;
        }
        let whole = number.as_i64()?;
        if SECONDS.contains(&whole) {
            return Some(Number::from(whole + self.later / 1_000_000));
        }
        if MILLIS.contains(&whole) {
            return Some(Number::from(whole + self.later / 1_000));
        }
        let id = number.as_u64().filter(|id| *id >= ID_FROM)?;
        self.word(&id.to_string()).parse().ok()
    }

    fn text(&self, text: &str) -> String {
        if text.contains('@') && !text.contains(' ') {
            return self.buyer.email.clone();
        }
        if text.get(10..11) == Some("T")
            && let Some(at) = Micros::parse_rfc3339(text)
        {
            let shifted = Micros(at.0 + self.later);
            // Fractions of a millisecond tell which of two came last.
            let fraction = shifted.0.rem_euclid(1_000);
            let millis = shifted.to_string();
            return millis.replace('Z', &format!("{fraction:03}Z"));
        }
        for (word, other) in self.words {
            if let Some(other) = other
                && text.contains(word)
            {
                return text.replace(word, other);
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut word = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
                word.push(c);
            } else {
                out.push_str(&self.word(&word));
                word.clear();
                out.push(c);
            }
        }
        out + &self.word(&word)
    }

    /// A word as it is in the copy: an id becomes another of its shape.
    fn word(&self, word: &str) -> String {
        let Some(from) = id_begins(word) else {
            return word.to_owned();
        };
        let seed = match self.kept {
            Some((kept, seed)) if kept.contains(word) => seed,
            _ => self.seed,
        };
        let (begin, rest) = word.split_at(from);
        let mut random = Stream::of(seed, word);
        let rest = rest.chars().map(|c| random.like(c));
        begin.chars().chain(rest).collect()
    }
}

/// The ids in a delivery.
pub(super) fn ids(body: &str, found: &mut BTreeSet<String>) {
    let words = body.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-'));
    found.extend(
        words
            .filter(|word| id_begins(word).is_some())
            .map(str::to_owned),
    );
}

/// Where the random part of an id begins; `None` for a word that is none.
fn id_begins(word: &str) -> Option<usize> {
    if !word.is_ascii() || ["acct_", "app"].iter().any(|own| word.starts_with(own)) {
        return None;
    }
    if word.starts_with("user_") {
        return Some(5);
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == word.len() {
        return (digits >= 9).then_some(2);
    }
    if let Some(end) = word.rfind('_') {
        let rest = word.get(end + 1..).unwrap_or_default();
        let is_id = rest.len() >= 9 && rest.bytes().any(|c| c.is_ascii_digit());
        return is_id.then_some(end + 3);
    }
    let is_long = word.len() >= 12 && digits >= 4;
    (is_long || is_confirmation(word, digits)).then_some(0)
}

/// What Shopify shows a buyer as the confirmation's number: nine capitals and digits.
fn is_confirmation(word: &str, digits: usize) -> bool {
    let capitals = word.bytes().filter(u8::is_ascii_uppercase).count();
    word.len() == 9 && capitals > 0 && digits >= 4 && capitals + digits == word.len()
}

fn is_amount(key: &str) -> bool {
    AMOUNTS.iter().any(|part| key.contains(part)) && !NO_AMOUNTS.iter().any(|p| key.contains(p))
}

fn is_decimal(text: &str) -> bool {
    let digits = text.trim_start_matches('-');
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.')
}

/// A decimal number so many times, with as many places.
fn multiplied(text: &str, times: i64) -> String {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let Ok(number) = format!("{whole}{fraction}").parse::<i64>() else {
        return text.to_owned();
    };
    let number = number * times;
    let (sign, digits) = (if number < 0 { "-" } else { "" }, number.abs().to_string());
    if fraction.is_empty() {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = fraction.len() + 1);
    let (whole, fraction) = digits.split_at(digits.len() - fraction.len());
    format!("{sign}{whole}.{fraction}")
}

/// Characters that follow from a seed and a word.
struct Stream {
    bytes: Vec<u8>,
    at: usize,
}

impl Stream {
    fn of(seed: &str, word: &str) -> Self {
        let mut bytes = Vec::new();
        for part in [0_u8, 1] {
            let hash = Sha256::new()
                .chain_update(seed)
                .chain_update([part])
                .chain_update(word)
                .finalize();
            bytes.extend_from_slice(&hash);
        }
        Self { bytes, at: 0 }
    }

    /// A character of the same kind.
    fn like(&mut self, c: char) -> char {
        let kind: &[u8] = match c {
            '0'..='9' => b"0123456789",
            'a'..='f' => b"abcdef",
            'A'..='F' => b"ABCDEF",
            'a'..='z' => b"ghjkmnpqrstvwxyz",
            'A'..='Z' => b"GHJKMNPQRSTVWXYZ",
            _ => return c,
        };
        let byte = self.bytes.get(self.at % self.bytes.len()).copied();
        self.at += 1;
        let index = usize::from(byte.unwrap_or_default()) % kind.len();
        kind.get(index).copied().map_or(c, char::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(body: &str, times: i64, words: &[(String, Option<String>)]) -> Value {
        let buyer = Person::new("Ada Quist", "ada@example.org");
        let copy = Copy {
            seed: "1",
            kept: None,
            later: 86_400_000_000,
            times,
            currency: None,
            buyer: &buyer,
            words,
            livemode: false,
        };
        serde_json::from_str(&copy.body(body).unwrap()).unwrap()
    }

    #[test]
    fn ids_are_others_of_their_shape_and_one_stays_one() {
        let body = r#"{"id":"in_1TM5gTZXwWuLfP7G6h5tMHcx","again":"in_1TM5gTZXwWuLfP7G6h5tMHcx","n":6104010007274,
            "gid":"gid://shopify/Order/6104010007274","uuid":"6104a77e-0f02-40f3-adb7-f1d5cbf15150","plan":"subscription_create","v":"2026-10-28.endive"}"#;
        let copy = copied(body, 1, &[]);
        let id = copy["id"].as_str().unwrap();
        assert!(id.starts_with("in_1T") && id.len() == 27 && id != "in_1TM5gTZXwWuLfP7G6h5tMHcx");
        assert_eq!(copy["again"], copy["id"]);
        let gid = copy["gid"].as_str().unwrap();
        assert_eq!(gid, format!("gid://shopify/Order/{}", copy["n"]));
        assert_ne!(copy["n"], 6_104_010_007_274_u64);
        assert_eq!(copy["uuid"].as_str().unwrap().len(), 36);
        assert_eq!(copy["plan"], "subscription_create");
        assert_eq!(copy["v"], "2026-10-28.endive");
    }

    #[test]
    fn times_move_and_amounts_are_multiplied() {
        let body = r#"{"created":1792573200,"ms":1789978204211,"at":"2026-09-03T10:00:00.000123Z","amount":1190,
            "total_price":"58.17","price":9.99,"tax_rate":"0.2","livemode":true,"trial_end":null}"#;
        let copy = copied(body, 3, &[]);
        assert_eq!(copy["created"], 1_792_659_600);
        assert_eq!(copy["ms"], 1_790_064_604_211_i64);
        assert_eq!(copy["at"], "2026-09-04T10:00:00.000123Z");
        assert_eq!(copy["amount"], 3_570);
        assert_eq!(copy["total_price"], "174.51");
        assert_eq!(copy["price"].to_string(), "29.97");
        assert_eq!(
            (&copy["tax_rate"], &copy["livemode"]),
            (&Value::from("0.2"), &Value::from(false))
        );
    }

    #[test]
    fn the_buyer_is_another_and_a_click_is_replaced_or_left_out() {
        let body = r#"{"email":"mona.beck@example.com","name":"Mona Beck","ref":"refp_id_clk_a1",
            "attributes":[{"name":"refp_id","value":"clk_a1"},{"name":"size","value":"M"}]}"#;
        let word = |other: Option<&str>| [("clk_a1".to_owned(), other.map(str::to_owned))];
        let copy = copied(body, 1, &word(Some("clk_b2")));
        assert_eq!(
            (&copy["email"], &copy["name"]),
            (&Value::from("ada@example.org"), &Value::from("Ada Quist"))
        );
        assert_eq!(
            (&copy["ref"], &copy["attributes"][0]["value"]),
            (&Value::from("refp_id_clk_b2"), &Value::from("clk_b2"))
        );
        let copy = copied(body, 1, &word(None));
        assert_eq!(copy["ref"], Value::Null);
        assert_eq!(copy["attributes"].as_array().unwrap().len(), 1);
    }
}
