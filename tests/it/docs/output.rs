//! What a command has printed against what its page shows: `…`, ids and times stand for any.

use serde_json::Value;

use super::forms;
use super::page::Block;

/// What differs.
pub(super) fn differs(block: &Block, printed: &str) -> Option<String> {
    if block.language == "json" {
        let shown = forms::json(&block.text).ok()?;
        let Ok(printed) = serde_json::from_str(printed) else {
            return Some(format!("no JSON was printed: {printed}"));
        };
        return unlike(&shown, &printed, "");
    }
    let mut lines = printed.lines();
    for shown in block.text.lines().filter(|line| !line.trim().is_empty()) {
        let shown = pieces(shown);
        if !lines.by_ref().any(|line| holds(line, &shown)) {
            return Some(format!(
                "no line has {shown:?}, after those before it, in\n{printed}"
            ));
        }
    }
    None
}

/// What of a line is always the same, blanks aside.
fn pieces(line: &str) -> Vec<String> {
    let words = line.split_whitespace().map(|word| {
        let word = word.trim_matches(|c: char| "(),.:;".contains(c));
        if is_made(word) {
            "…".to_owned()
        } else {
            word.to_owned()
        }
    });
    words
        .flat_map(|word| word.split('…').map(str::to_owned).collect::<Vec<_>>())
        .filter(|piece| !piece.is_empty())
        .collect()
}

fn holds(line: &str, pieces: &[String]) -> bool {
    let mut rest = line;
    pieces
        .iter()
        .all(|piece| match rest.split_once(piece.as_str()) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
}

/// Whether a word is an id or time that is another one each time.
fn is_made(word: &str) -> bool {
    let is_id = word.split_once("_01").is_some_and(|(kind, rest)| {
        kind.len() <= 4
            && kind.chars().all(|c| c.is_ascii_lowercase())
            && rest.chars().all(|c| c.is_alphanumeric() || c == '…')
    });
    let is_time = word.len() >= 20 && word.ends_with('Z') && word.as_bytes().get(10) == Some(&b'T');
    is_id || is_time
}

/// What is shown and not there: members that are not shown do not matter.
fn unlike(shown: &Value, there: &Value, place: &str) -> Option<String> {
    match (shown, there) {
        (Value::Object(shown), Value::Object(there)) => shown.iter().find_map(|(name, value)| {
            let other = there.get(name).unwrap_or(&Value::Null);
            unlike(value, other, &format!("{place}/{name}"))
        }),
        (Value::Array(shown), Value::Array(there)) if shown.len() == there.len() => shown
            .iter()
            .zip(there)
            .find_map(|(shown, there)| unlike(shown, there, &format!("{place}/…"))),
        (Value::String(shown), Value::String(there)) => {
            let is_alike = (is_made(shown) && is_made(there))
                || shown == there
                || shown
                    .split_once('…')
                    .is_some_and(|(before, _)| there.starts_with(before));
            (!is_alike).then(|| format!("{place}: {shown:?}, but there is {there:?}"))
        }
        _ => (shown != there).then(|| format!("{place}: {shown}, but there is {there}")),
    }
}
