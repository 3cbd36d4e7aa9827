//! The form that an alert is: decoded fields, and the text over which Paddle signs them.
//!
//! It must never change a byte between decoding and serializing, and never choose between two values of
//! one field.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode, percent_encode};

/// The field that holds the signature.
pub(super) const SIGNATURE: &str = "p_signature";

/// An alert's fields, sorted by the bytes of their names, as Paddle sorts them before it signs.
pub(super) struct Form(BTreeMap<Vec<u8>, Vec<u8>>);

impl Form {
    /// Decodes `application/x-www-form-urlencoded` bytes: `+` is a blank, `%XX` a byte. `None` when a
    /// field stands there twice.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut fields = BTreeMap::new();
        for pair in body
            .split(|byte| *byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            if fields.insert(name, value).is_some() {
                return None;
            }
        }
        Some(Self(fields))
    }

    /// Takes the signature out, as it must be before the rest is serialized.
    pub fn take_signature(&mut self) -> Option<Vec<u8>> {
        self.0.remove(SIGNATURE.as_bytes())
    }

    /// PHP's `serialize` of the fields as an array of strings. Lengths count bytes, and nothing is escaped.
    /// <https://developer.paddle.com/webhook-reference/verifying-webhooks>
    pub fn php_serialized(&self) -> Vec<u8> {
        let mut text = format!("a:{}:{{", self.0.len()).into_bytes();
        for part in self.0.iter().flat_map(|(name, value)| [name, value]) {
            text.extend_from_slice(format!("s:{}:\"", part.len()).as_bytes());
            text.extend_from_slice(part);
            text.extend_from_slice(b"\";");
        }
        text.push(b'}');
        text
    }

    /// The fields as a form again, with a signature.
    pub fn encoded_with(&self, signature: &str) -> Vec<u8> {
        let signed = (SIGNATURE.as_bytes(), signature.as_bytes());
        let fields = self.0.iter().map(|(name, value)| (&**name, &**value));
        fields
            .chain([signed])
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect::<Vec<_>>()
            .join("&")
            .into_bytes()
    }

    /// A field that says something, trimmed; `None` when it is absent, empty or not UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        let text = std::str::from_utf8(self.0.get(name.as_bytes())?).ok()?;
        let text = text.trim();
        (!text.is_empty()).then_some(text)
    }
}

fn decode(encoded: &[u8]) -> Vec<u8> {
    let blanks: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    percent_decode(&blanks).collect()
}

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, NON_ALPHANUMERIC).to_string()
}
