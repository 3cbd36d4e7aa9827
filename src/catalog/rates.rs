//! Exchange rates that the owner imports. Nothing is fetched: where one is missing, a commission waits.

use std::fmt;

use providers::decimal::{Excess, to_minor};
use providers::{Currency, Micros};
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Item, Listed, Page, check, due, text, time};
use crate::args;
use crate::books::statements::rates as sql;
use crate::changes::{Change, Details, What};
use crate::store::{Row, Rows, StoreError};

/// The most rates that a line about their import shows, before and after.
const SHOWN_MAX: usize = 20;

/// The most decimal places of a rate.
const PLACES_MAX: usize = 10;

/// The most rates in one call.
const RATES_MAX: usize = 1_000;

/// A rate as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RateRow {
    /// The currency converted from.
    pub base: String,
    /// The currency converted to.
    pub quote: String,
    /// The day it holds from, `2026-11-22`.
    pub day: String,
    /// Units of `quote` for one of `base`, as a decimal text: never a float.
    pub rate: String,
    /// Where it comes from.
    pub source: String,
    /// When it was imported.
    pub created_at: String,
}

/// A rate to be imported.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewRate {
    /// The currency converted from.
    pub base: String,
    /// The currency converted to.
    pub quote: String,
    /// The day it holds from, `2026-11-22`.
    pub day: String,
    /// Units of `quote` for one of `base`, as a decimal text.
    #[serde(deserialize_with = "decimal_text")]
    pub rate: String,
    /// Where it comes from.
    pub source: String,
}

struct Checked {
    base: Currency,
    quote: Currency,
    day: Micros,
    digits: i64,
    places: i64,
    source: String,
}

impl NewRate {
    fn check(&self, index: usize) -> Result<Checked, CatalogError> {
        let field = |name: &str| format!("rates[{index}].{name}");
        let base = check::currency(&field("base"), &self.base)?;
        let quote = check::currency(&field("quote"), &self.quote)?;
        if base == quote {
            let field = field("quote");
            return Err(CatalogError::invalid(&field, "must differ from base"));
        }
        let day = Micros::parse_rfc3339(&format!("{}T00:00:00Z", self.day.trim()));
        let day =
            day.ok_or_else(|| CatalogError::invalid(&field("day"), "must be a day as 2026-11-22"))?;
        let (digits, places) = decimal(&self.rate).ok_or_else(|| {
            let message =
                "must be a positive decimal number as text, at most 10 places: \"0.9215\"";
            CatalogError::invalid(&field("rate"), message)
        })?;
        Ok(Checked {
            base,
            quote,
            day,
            digits,
            places,
            source: check::text(&field("source"), &self.source)?,
        })
    }
}

/// A text; a JSON number is refused with an example, since readers of JSON make floats of numbers.
fn decimal_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    struct DecimalText;

    impl Visitor<'_> for DecimalText {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a decimal number as text, for example \"0.9215\"")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }
    }

    deserializer.deserialize_str(DecimalText)
}

/// `0.9215` as 9215 and 4 places.
fn decimal(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let places = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    if places > PLACES_MAX {
        return None;
    }
    let exponent = u32::try_from(places).ok()?;
    let digits = to_minor(text, exponent, Excess::Refuse).ok()?;
    (digits > 0).then_some((digits, i64::from(exponent)))
}

impl Catalog<'_> {
    /// Rates, newest day first. Empty filters do not filter.
    pub async fn rates(
        &self,
        page: &Page,
        (base, quote): (&str, &str),
    ) -> Result<Listed<RateRow>, CatalogError> {
        let (day, after_base, after_quote) = cursor(&page.after);
        let args = args![
            self.org,
            day,
            after_base,
            after_quote,
            base.to_lowercase(),
            quote.to_lowercase(),
            page.rows()
        ];
        Ok(Listed::read(self.store, &sql::LIST, args, page).await?)
    }

    /// Imports rates, all or none; of two for one pair and day the last stays. Commissions that waited for
    /// one are computed. What has been converted stays as it is.
    pub async fn import_rates(&self, new: &[NewRate]) -> Result<usize, CatalogError> {
        if new.len() > RATES_MAX {
            return Err(CatalogError::invalid("rates", "must be at most 1000"));
        }
        let mut kept = std::collections::BTreeMap::new();
        for (index, rate) in new.iter().enumerate() {
            let checked = rate.check(index)?;
            kept.insert((checked.base, checked.quote, checked.day), checked);
        }
        let (mut rows, mut keys) = (Rows::new(6), Rows::new(3));
        for rate in kept.values() {
            keys.push([
                rate.base.code().into(),
                rate.quote.code().into(),
                rate.day.0.into(),
            ]);
            rows.push([
                rate.base.code().into(),
                rate.quote.code().into(),
                rate.day.0.into(),
                rate.digits.into(),
                rate.places.into(),
                rate.source.as_str().into(),
            ]);
        }
        if rows.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.begin_alone().await?;
        let known = transaction.run(&sql::KNOWN, args![self.org; keys]).await?;
        // One that cannot be read is what is being mended.
        let readable = known.iter().filter_map(|row| RateRow::read(row).ok());
        let replaced: Vec<RateRow> = readable.collect();
        let args = args![self.org, self.now.0; rows];
        transaction.run(&sql::UPSERT, args).await?;
        let details = Details::default()
            .set("imported", kept.len())
            .set("rates", new.iter().take(SHOWN_MAX).collect::<Vec<_>>())
            .set("replaced", known.len())
            .set(
                "before",
                replaced.iter().take(SHOWN_MAX).collect::<Vec<_>>(),
            );
        let change = Change::of(What::RatesImported, self.org).with(details);
        self.record(transaction.as_mut(), change).await?;
        due::waiting_for_rates(transaction.as_mut(), self.org).await?;
        self.commit_and_wake(transaction).await?;
        Ok(kept.len())
    }
}

/// A cursor's day, base and quote; -1 for the start of the list.
fn cursor(text: &str) -> (i64, String, String) {
    let mut parts = text.split('.');
    let day = parts
        .next()
        .and_then(|day| Micros::parse_rfc3339(&format!("{day}T00:00:00Z")));
    let mut next = || parts.next().unwrap_or_default().to_owned();
    (day.map_or(-1, |day| day.0), next(), next())
}

impl Item for RateRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let places = usize::try_from(row.int("places")?)
            .map_err(|_negative| StoreError::Corrupt("rates.places"))?;
        let digits = format!("{:0>width$}", row.int("digits")?, width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let point = if fraction.is_empty() { "" } else { "." };
        let day = time(row, "day")?;
        Ok(Self {
            base: text(row, "base")?,
            quote: text(row, "quote")?,
            day: day.get(..10).unwrap_or(&day).to_owned(),
            rate: format!("{whole}{point}{fraction}"),
            source: text(row, "source")?,
            created_at: time(row, "created_at")?,
        })
    }

    fn position(&self) -> String {
        format!("{}.{}.{}", self.day, self.base, self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_positive_decimal_text() {
        assert_eq!(decimal("0.9215"), Some((9_215, 4)));
        assert_eq!(decimal(" 150 "), Some((150, 0)));
        for text in [
            "0",
            "0.00",
            "-1",
            "1e3",
            "1,5",
            "",
            ".",
            "1.",
            "0.12345678901",
        ] {
            assert_eq!(decimal(text), None, "{text}");
        }
    }
}
