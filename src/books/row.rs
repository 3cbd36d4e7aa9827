//! Values of rows as their own types. A value that cannot be is damage, and said to be.

use providers::{Currency, Micros};

use super::Personal;
use crate::store::{Row, StoreError};

/// A text.
pub(super) fn text(row: &Row, column: &'static str) -> Result<String, StoreError> {
    row.text(column).map(str::to_owned)
}

/// A text that may be null.
pub(super) fn opt_text(row: &Row, column: &'static str) -> Result<Option<String>, StoreError> {
    Ok(row.opt_text(column)?.map(str::to_owned))
}

/// Something personal that may be null.
pub(super) fn personal(row: &Row, column: &'static str) -> Result<Option<Personal>, StoreError> {
    Ok(row.opt_text(column)?.map(Personal::from))
}

/// A time.
pub(super) fn time(row: &Row, column: &'static str) -> Result<Micros, StoreError> {
    row.int(column).map(Micros)
}

/// A currency.
pub(super) fn currency(row: &Row, column: &'static str) -> Result<Currency, StoreError> {
    Currency::parse(row.text(column)?).ok_or(StoreError::Corrupt(column))
}

/// One of some words.
pub(super) fn word<T: Copy>(
    row: &Row,
    column: &'static str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, StoreError> {
    let text = row.text(column)?;
    let found = all.iter().copied().find(|one| word(*one) == text);
    found.ok_or(StoreError::Corrupt(column))
}

/// A time that may be null.
pub(super) fn opt_time(row: &Row, column: &'static str) -> Result<Option<Micros>, StoreError> {
    Ok(row.opt_int(column)?.map(Micros))
}
