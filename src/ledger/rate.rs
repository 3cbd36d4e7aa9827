//! Exchange rates that the owner has imported, and conversion at an exact one.
//!
//! Nothing is fetched and nothing is guessed: where a rate is missing, the commission waits.

use std::collections::BTreeMap;

use providers::money::share;
use providers::{Currency, Micros};
use serde::{Deserialize, Serialize};

/// One rate: `numerator / denominator` units of `quote` for one of `base`, both as written on paper
/// (dollars, not cents).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// The currency converted from.
    pub base: Currency,
    /// The currency converted to.
    pub quote: Currency,
    /// The day it is of, as the start of that day in UTC.
    pub day: Micros,
    /// The rate as a whole number of `1 / 10^places`.
    pub digits: i64,
    /// Decimal places of `digits`.
    pub places: u32,
    /// Where it comes from, as the owner named it.
    pub source: String,
}

impl Rate {
    /// An amount in smallest units of `base` as smallest units of `quote`, rounded half away from zero.
    pub fn convert(&self, minor: i64) -> Option<i64> {
        let (times, over) = self.factor()?;
        share(minor, times, over)
    }

    /// So many basis points of an amount, converted: rounded once, at the end.
    pub fn convert_part(&self, minor: i64, basis_points: i64) -> Option<i64> {
        let (times, over) = self.factor()?;
        let times = times.checked_mul(basis_points)?;
        share(minor, times, over.checked_mul(10_000)?)
    }

    /// By how much smallest units are multiplied, and by how much they are divided.
    fn factor(&self) -> Option<(i64, i64)> {
        let (from, to) = (self.base.exponent(), self.quote.exponent());
        let over = 10_i64.checked_pow(self.places.checked_add(from)?)?;
        let up = 10_i64.checked_pow(to)?;
        Some((self.digits.checked_mul(up)?, over))
    }

    /// The rate as text: `0.9215 on 2026-11-01 (ecb)`.
    pub fn words(&self) -> String {
        let text = format!("{:0>width$}", self.digits, width = self.places as usize + 1);
        let (whole, fraction) = text.split_at(text.len().saturating_sub(self.places as usize));
        let point = if fraction.is_empty() { "" } else { "." };
        let day = self.day.to_string();
        let day = day.get(..10).unwrap_or(&day);
        format!("{whole}{point}{fraction} on {day} ({})", self.source)
    }
}

/// All rates, by pair and day.
#[derive(Debug, Clone, Default)]
pub struct RateBook(BTreeMap<(Currency, Currency, Micros), Option<Rate>>);

/// There is a rate of this day, and it cannot be read. An older one is none in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub Micros);

impl RateBook {
    /// Adds a rate; of two for one pair and day the last added stays.
    pub fn add(&mut self, rate: Rate) {
        self.0.insert((rate.base, rate.quote, rate.day), Some(rate));
    }

    /// Adds that there is a rate which cannot be read.
    pub fn add_unreadable(&mut self, base: Currency, quote: Currency, day: Micros) {
        self.0.insert((base, quote, day), None);
    }

    /// The newest rate that is not younger than `at`.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn at(
        &self,
        base: Currency,
        quote: Currency,
        at: Micros,
    ) -> Result<Option<&Rate>, Unreadable> {
        let known = (base, quote, Micros(i64::MIN))..=(base, quote, at);
        match self.0.range(known).next_back() {
            Some((_, Some(rate))) => Ok(Some(rate)),
            Some(((_, _, day), None)) => Err(Unreadable(*day)),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
