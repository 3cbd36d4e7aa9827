//! Reading processors' JSON without being surprised by it.
//!
//! A processor's documents differ by API version, by account and by sender. A struct of [`Raw`] fields
//! parses whatever is there: a field that is missing, null or of another type than expected is noticed
//! only where it is used, and never makes the whole document unreadable. Fields borrow from the body, so
//! nothing is copied that is not asked for, and numbers are read from their exact text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::decimal::{self, DecimalError, Excess};
use crate::time::Micros;

/// One field of a document: its exact JSON text, or nothing (missing or null).
///
/// Use it as `#[serde(borrow, default)] field: Raw<'a>`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Raw<'a>(Option<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'a RawValue>::deserialize(deserializer)?;
        Ok(Self((raw.get() != "null").then_some(raw)))
    }
}

impl<'a> Raw<'a> {
    /// The exact JSON text; `None` when the field is missing or null.
    pub fn json(self) -> Option<&'a str> {
        self.0.map(RawValue::get)
    }

    /// Whether there is a value that is not null.
    pub fn is_present(self) -> bool {
        self.0.is_some()
    }

    /// A string's content; `None` for other types. An empty string is `Some("")`.
    pub fn string(self) -> Option<Cow<'a, str>> {
        let json = self.json()?;
        let inner = json.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            return serde_json::from_str::<String>(json).ok().map(Cow::Owned);
        }
        Some(Cow::Borrowed(inner))
    }

    /// A string that says something: trimmed, not empty.
    pub fn text(self) -> Option<String> {
        let string = self.string()?;
        let trimmed = string.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// A string, number or boolean as text; `None` for objects, lists, null and the empty string.
    /// Numbers keep their exact digits, so 64-bit ids survive.
    pub fn scalar(self) -> Option<String> {
        let json = self.json()?;
        match json.as_bytes().first()? {
            b'"' => self.text(),
            b'{' | b'[' => None,
            _ => Some(json.to_owned()),
        }
    }

    /// An id that is either a string, a number, or an object expanded in its place with an `id` member.
    pub fn id(self) -> Option<String> {
        #[derive(Deserialize)]
        struct Expanded<'a> {
            #[serde(borrow, default)]
            id: Raw<'a>,
        }
        if self.json()?.starts_with('{') {
            return self.object::<Expanded<'a>>()?.id.scalar();
        }
        self.scalar()
    }

    /// A whole number written as `1000`, `1000.0`, `1e3` or `"1000"`; `None` for fractions and other types.
    pub fn int(self) -> Option<i64> {
        let text = self.scalar()?;
        decimal::to_minor(&text, 0, Excess::Refuse).ok()
    }

    /// A decimal number, as JSON number or string, in units of `10^-exponent`. `None` when missing.
    pub fn decimal(self, exponent: u32, excess: Excess) -> Option<Result<i64, DecimalError>> {
        self.scalar()
            .map(|text| decimal::to_minor(&text, exponent, excess))
    }

    /// `true` or `false`, also as the strings "true", "false", "1", "0" and the numbers 1 and 0.
    pub fn bool(self) -> Option<bool> {
        match self.scalar()?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Unix seconds as a number; negative and absurd values are no time.
    pub fn unix_seconds(self) -> Option<Micros> {
        let seconds = self.int()?;
        (0..=253_402_300_799)
            .contains(&seconds)
            .then(|| Micros::from_seconds(seconds))
    }

    /// Unix milliseconds as a number.
    pub fn unix_millis(self) -> Option<Micros> {
        let millis = self.int()?;
        (0..=253_402_300_799_999)
            .contains(&millis)
            .then(|| Micros::from_millis(millis))
    }

    /// An RFC 3339 time as a string.
    pub fn rfc3339(self) -> Option<Micros> {
        Micros::parse_rfc3339(&self.string()?)
    }

    /// The value as a struct of further [`Raw`] fields; `None` when it is no object of that shape.
    pub fn object<T: Deserialize<'a>>(self) -> Option<T> {
        let json = self.json()?;
        json.starts_with('{')
            .then(|| serde_json::from_str(json).ok())
            .flatten()
    }

    /// The items of a list; empty when the value is no list.
    pub fn items(self) -> Vec<Raw<'a>> {
        self.json()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// The items of a list that are objects of the shape `T`; others are passed over.
    pub fn objects<T: Deserialize<'a>>(self) -> Vec<T> {
        self.items()
            .into_iter()
            .filter_map(Raw::object::<T>)
            .collect()
    }

    /// An object's members, unread.
    pub fn members(self) -> BTreeMap<String, Raw<'a>> {
        self.json()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// An object's scalar members as texts (metadata): numbers and booleans become text, empty strings,
    /// lists and objects are passed over.
    pub fn texts(self) -> BTreeMap<String, String> {
        self.members()
            .into_iter()
            .filter_map(|(key, value)| Some((key, value.scalar()?)))
            .collect()
    }
}

/// The whole body as a struct of [`Raw`] fields; `None` when it is not UTF-8 JSON of an object.
pub fn document<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Doc<'a> {
        #[serde(borrow, default)]
        a: Raw<'a>,
    }

    fn a(json: &str) -> Raw<'_> {
        let doc: Doc<'_> = document(json.as_bytes()).unwrap();
        doc.a
    }

    #[test]
    fn whole_numbers_are_read_in_every_spelling_and_fractions_are_not() {
        for json in [
            r#"{"a":1000}"#,
            r#"{"a":1000.0}"#,
            r#"{"a":"1000"}"#,
            r#"{"a":1e3}"#,
        ] {
            assert_eq!(a(json).int(), Some(1_000), "{json}");
        }
        for json in [
            r#"{"a":10.5}"#,
            r#"{"a":null}"#,
            r#"{"a":{}}"#,
            r#"{"a":true}"#,
            r#"{}"#,
        ] {
            assert_eq!(a(json).int(), None, "{json}");
        }
    }

    #[test]
    fn ids_are_found_in_strings_numbers_and_expanded_objects() {
        assert_eq!(a(r#"{"a":"in_1"}"#).id().as_deref(), Some("in_1"));
        assert_eq!(
            a(r#"{"a":{"id":"in_1","x":[1]}}"#).id().as_deref(),
            Some("in_1")
        );
        assert_eq!(
            a(r#"{"a":820982911946154508}"#).id().as_deref(),
            Some("820982911946154508")
        );
        assert_eq!(a(r#"{"a":""}"#).id(), None);
        assert_eq!(a(r#"{"a":[]}"#).id(), None);
    }

    #[test]
    fn a_wrong_type_never_spoils_the_document() {
        assert_eq!(a(r#"{"a":[{"id":1}]}"#).string(), None);
        assert!(a(r#"{"a":"x"}"#).members().is_empty());
        assert!(a(r#"{"a":["k"]}"#).members().is_empty());
        assert!(a(r#"{"a":[["k",1]]}"#).members().is_empty());
        assert!(a(r#"{"a":{"k":1}}"#).items().is_empty());
        assert!(a(r#"{"a":"x"}"#).items().is_empty());
    }

    #[test]
    fn metadata_values_become_texts() {
        let texts = a(r#"{"a":{"s":"x","n":12345,"b":true,"e":"","o":{}}}"#).texts();
        assert_eq!(texts.len(), 3);
        assert_eq!(texts["n"], "12345");
        assert_eq!(texts["b"], "true");
    }

    #[test]
    fn escapes_in_strings_are_decoded() {
        assert_eq!(a(r#"{"a":"\u00e9\"x"}"#).string().as_deref(), Some("é\"x"));
    }

    #[test]
    fn unix_times_reach_from_1970_to_the_last_second_of_the_year_9999() {
        let seconds = |text: &str| a(&format!(r#"{{"a":{text}}}"#)).unix_seconds();
        let millis = |text: &str| a(&format!(r#"{{"a":{text}}}"#)).unix_millis();
        assert_eq!(seconds("0"), Some(Micros(0)));
        assert_eq!(millis("0"), Some(Micros(0)));
        let last = Micros::from_seconds(253_402_300_799);
        assert_eq!(seconds("253402300799"), Some(last));
        assert_eq!(millis("253402300799999"), Some(Micros(last.0 + 999_000)));
        for text in ["-1", "253402300800"] {
            assert_eq!(seconds(text), None, "{text}");
        }
        for text in ["-1", "253402300800000"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }
}
