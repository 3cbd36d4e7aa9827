//! Half a character in a JSON text: what is left of an emoji where a shop has cut a text in its middle, which JavaScript writes as `\ud83d`. No reader of
//! JSON that keeps texts as Unicode takes it, and no sale is to be lost by it.
//!
//! Pure. It changes nothing else of a text.

use axum::body::Bytes;

/// The bytes of an escape: `\ud83d`.
const ESCAPE: usize = 6;
/// What stands for half a character: U+FFFD, of the same length.
const REPLACEMENT: &[u8; 4] = b"fffd";

/// The text with U+FFFD for each half of a character that stands alone.
pub fn mended(json: Bytes) -> Bytes {
    let alone = alone(&json);
    if alone.is_empty() {
        return json;
    }
    let mut mended = json.to_vec();
    for at in alone {
        if let Some(digits) = mended.get_mut(at + 2..at + ESCAPE) {
            digits.copy_from_slice(REPLACEMENT);
        }
    }
    mended.into()
}

/// Where such a half begins.
fn alone(json: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(step) = json.get(at..).and_then(next_escape) {
        at += step;
        let Some(unit) = unit(json, at) else {
            // Another escape: what it escapes begins none.
            at += 2;
            continue;
        };
        let is_pair = is_first(unit) && unit_after(json, at).is_some_and(is_second);
        if is_pair {
            at += ESCAPE;
        } else if is_first(unit) || is_second(unit) {
            found.push(at);
        }
        at += ESCAPE;
    }
    found
}

fn next_escape(json: &[u8]) -> Option<usize> {
    json.iter().position(|byte| *byte == b'\\')
}

fn unit_after(json: &[u8], at: usize) -> Option<u16> {
    unit(json, at + ESCAPE)
}

/// The unit that an escape at a place stands for.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u16::from_str_radix(digits, 16).ok())?
}

fn is_first(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_second(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_the_replacement_and_nothing_else_changes() {
        for (given, kept) in [
            (r#"{"a":"x"}"#, r#"{"a":"x"}"#),
            (r#"{"a":"\ud83d"}"#, r#"{"a":"\ufffd"}"#),
            (r#"{"\uDE00":"\ud83d "}"#, r#"{"\ufffd":"\ufffd "}"#),
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"\ud83d\ude00"}"#),
            (
                r#"{"a":"\ud83d\ud83d\ude00"}"#,
                r#"{"a":"\ufffd\ud83d\ude00"}"#,
            ),
            (r#"{"a":"\\ud83d"}"#, r#"{"a":"\\ud83d"}"#),
            (r#"{"a":"\u00e4\n\ud8"}"#, r#"{"a":"\u00e4\n\ud8"}"#),
            (r#"{"a":"\"#, r#"{"a":"\"#),
        ] {
            let mended = mended(Bytes::copy_from_slice(given.as_bytes()));
            assert_eq!(std::str::from_utf8(&mended).unwrap(), kept, "{given}");
        }
    }
}
