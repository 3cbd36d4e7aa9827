//! Parameters of a page's address, and fields of its forms. Pure.

use providers::Micros;

use super::problem::Problem;
use crate::store::without_nul;

/// The longest value, in characters; more is cut off.
const VALUE_MAX_CHARS: usize = 4_096;

/// Names and values, in order. A field that was left empty counts as not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads them from the part of an address after `?`, or from the body of a form.
    pub fn read(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text).into_owned();
        let pairs = pairs.map(|(name, value)| {
            let value = without_nul(value.trim());
            (name, value.chars().take(VALUE_MAX_CHARS).collect())
        });
        Self(pairs.collect())
    }

    /// These.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    /// These, and of `others` what these do not name.
    #[must_use]
    pub fn over(mut self, others: Self) -> Self {
        let (named, others) = (self.0.clone(), others.0.into_iter());
        let is_named = |name: &str| named.iter().any(|(known, _)| known == name);
        self.0.extend(others.filter(|(name, _)| !is_named(name)));
        self
    }

    /// A value; empty when it is not given.
    pub fn get(&self, name: &str) -> &str {
        let mut pairs = self.0.iter();
        pairs
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    /// All values of a name, as given.
    pub fn all(&self, name: &str) -> Vec<String> {
        let pairs = self.0.iter().filter(|(known, _)| known == name);
        pairs.map(|(_, value)| value.clone()).collect()
    }

    /// A value, where it is given.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// One of some words, where it is given.
    pub fn word<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        word: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, Problem> {
        let Some(given) = self.given(name) else {
            return Ok(None);
        };
        let found = all.iter().copied().find(|one| word(*one) == given);
        let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
        found
            .map(Some)
            .ok_or_else(|| Problem::Refused(format!("{name} must be one of {}", words.join(", "))))
    }

    /// A day, `2026-11-22`, or a time; `None` when it is not given.
    pub fn time(&self, name: &str) -> Result<Option<Micros>, Problem> {
        let Some(given) = self.given(name) else {
            return Ok(None);
        };
        let time = Micros::parse_rfc3339(given)
            .or_else(|| Micros::parse_rfc3339(&format!("{given}T00:00:00Z")));
        time.map(Some)
            .ok_or_else(|| Problem::Refused(format!("{name} must be a day, such as 2026-11-22")))
    }

    /// From the day `from` on, and before the day after `to`; each where it is given.
    pub fn days(&self) -> Result<(Option<Micros>, Option<Micros>), Problem> {
        let (from, to) = (self.time("from")?, self.time("to")?);
        Ok((from, to.map(|day| day.plus_seconds(86_400))))
    }

    /// Names and values that are given.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
