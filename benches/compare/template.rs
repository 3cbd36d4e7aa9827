//! Texts that are sent again and again with ids of their own.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use providers::Micros;
use rand::RngExt as _;

/// The shortest word that is taken for an id, and the shortest number.
const WORD: usize = 8;
const NUMBER: usize = 12;

/// A text with places for ids and times.
pub struct Template(Vec<Piece>);

enum Piece {
    Text(String),
    /// An id like the pattern with this number in the list.
    Id(usize),
    /// Seconds.
    Now,
}

/// Ids that some templates have in common: one that stands twice is the same in both places.
#[derive(Default)]
pub struct Patterns(Vec<String>);

impl Patterns {
    fn place(&mut self, pattern: &str) -> usize {
        let known = self.0.iter().position(|known| known == pattern);
        known.unwrap_or_else(|| {
            self.0.push(pattern.to_owned());
            self.0.len() - 1
        })
    }

    /// New ids for all of them.
    pub fn fill(&self) -> Vec<String> {
        self.0.iter().map(|pattern| random_like(pattern)).collect()
    }
}

impl Template {
    /// Of a text that says `{prefix}` where an id of Stripe's stands, `{number}` for that of a document, `{at}`
    /// for the time in seconds, and `{click}`.
    pub fn named(mut rest: &str, click: &str, patterns: &mut Patterns) -> Self {
        let mut pieces = Vec::new();
        while let Some((before, name, after)) = next_name(rest) {
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(match name {
                "at" => Piece::Now,
                "click" => Piece::Text(click.to_owned()),
                "number" => Piece::Id(patterns.place("Z0Z0Z0Z0")),
                // As many and such signs as Stripe's ids have, after their prefix.
                _ => Piece::Id(patterns.place(&format!("{name}_zZ0zZ0zZ0zZ0zZ0zZ0zZ0zZ0"))),
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self(pieces)
    }

    /// Of a processor's own text: what looks like an id becomes a place for one. What stands in `kept` does not.
    pub fn like(text: &str, kept: &[&str], patterns: &mut Patterns) -> Self {
        let is_word = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(start) = rest.find(is_word) {
            let (before, from) = rest.split_at(start);
            let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(if is_id(word) && !kept.contains(&word) {
                Piece::Id(patterns.place(word))
            } else {
                Piece::Text(word.to_owned())
            });
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self(pieces)
    }

    /// The text with these ids.
    pub fn render(&self, ids: &[String], now: Micros) -> Result<String> {
        let mut text = String::with_capacity(4_096);
        for piece in &self.0 {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Now => write!(text, "{}", now.0 / 1_000_000)?,
                Piece::Id(place) => text.push_str(ids.get(*place).context("no id")?),
            }
        }
        Ok(text)
    }
}

/// A brace that begins a name is followed by a letter, one of JSON by white space.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let begins = |(at, _): &(usize, &str)| {
        let after = text.as_bytes().get(at + 1);
        after.is_some_and(u8::is_ascii_lowercase)
    };
    let (at, _) = text.match_indices('{').find(begins)?;
    let (before, rest) = text.split_at(at);
    let (name, after) = rest.get(1..)?.split_once('}')?;
    Some((before, name, after))
}

/// Long words with digits, and longer numbers; no dates and no milliseconds of these years.
fn is_id(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == word.len() {
        let is_millis = word.len() == 13 && (word.starts_with("17") || word.starts_with("18"));
        return word.len() >= NUMBER && !is_millis;
    }
    let is_date = word.as_bytes().get(4) == Some(&b'-')
        && word.bytes().take(4).all(|b| b.is_ascii_digit())
        && word.bytes().skip(5).take(2).all(|b| b.is_ascii_digit())
        && word.as_bytes().get(7) == Some(&b'-');
    let is_fraction = digits + 1 == word.len() && word.ends_with('Z');
    word.len() >= WORD && digits > 0 && !is_date && !is_fraction
}

/// Random signs of the same kinds in the same places; a prefix stays.
fn random_like(pattern: &str) -> String {
    let (prefix, id) = match pattern.split_once('_') {
        Some((prefix, id)) if prefix.bytes().all(|b| b.is_ascii_alphabetic()) => (prefix, id),
        _ => ("", pattern),
    };
    let is_hex = id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let letters = if is_hex { 6 } else { 26 };
    let mut random = rand::rng();
    let like = |(at, sign): (usize, u8)| match sign {
        // No number begins with nought.
        b'1'..=b'9' if at == 0 => random.random_range(b'1'..=b'9'),
        b'0'..=b'9' => random.random_range(b'0'..=b'9'),
        b'a'..=b'z' => b'a' + random.random_range(0..letters),
        b'A'..=b'Z' => b'A' + random.random_range(0..letters),
        _ => sign,
    };
    let id = id.bytes().enumerate().map(like).map(char::from);
    let mut text = prefix.to_owned();
    if !prefix.is_empty() {
        text.push('_');
    }
    text.extend(id);
    text
}
