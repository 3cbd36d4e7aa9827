//! Lists and what stands in them: which part is asked for, and what is shown of a row.
//!
//! It knows no table and makes no filter: statement and arguments are the caller's, who names the
//! organization in both.

use providers::Micros;
use serde::Serialize;

use super::{CatalogError, Series};
use crate::books::list::LOOKS;
use crate::books::{Found, Part};
use crate::store::{Args, Row, Statement, Store, StoreError};

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many rows at most.
    pub limit: i64,
    /// Where the part before ended; empty for the first.
    pub after: String,
    /// What the list's cursors are sealed with.
    pub series: Series,
}

impl Page {
    /// Rows to ask the database for: one more than are shown tells whether there is more.
    pub fn rows(&self) -> i64 {
        self.limit.saturating_add(1)
    }

    /// The part of a list in the books.
    pub fn part(&self) -> Part<'_> {
        Part {
            after: &self.after,
            rows: self.rows(),
            looks: LOOKS,
        }
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What the next part is asked for with; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// Cuts what [`Page::rows`] has answered; `position` says where the list goes on after a row.
    pub fn of(mut rows: Vec<T>, page: &Page, position: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(position);
        let next_cursor = last.map(|position| page.series.cursor(&position));
        Self {
            data: rows,
            next_cursor,
        }
    }
}

impl<T> Listed<T> {
    /// Cuts a part of a list in the books, and shows each row. Where it has fewer rows than were asked for and there are more to look at, the next
    /// cursor says so.
    pub fn found<R>(
        found: Found<R>,
        page: &Page,
        position: impl Fn(&R) -> &str,
        show: impl Fn(R) -> T,
    ) -> Self {
        let listed = Listed::of(found.rows, page, |row| position(row).to_owned());
        let go_on = found.go_on.map(|position| page.series.cursor(&position));
        let shown = listed.map(show);
        Self {
            next_cursor: shown.next_cursor.or(go_on),
            data: shown.data,
        }
    }

    /// The same part with each row shown as something else.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Listed<U> {
        Listed {
            data: self.data.into_iter().map(show).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

/// What the API shows of a row.
pub trait Item: Sized {
    /// Reads a row.
    fn read(row: &Row) -> Result<Self, StoreError>;

    /// Where the list goes on, if this is the last row of a part.
    fn position(&self) -> String;
}

impl<T: Item> Listed<T> {
    /// Reads the part that `args` ask for: they end the list at [`Page::rows`].
    pub async fn read(
        store: &dyn Store,
        statement: &'static Statement,
        args: Args,
        page: &Page,
    ) -> Result<Self, StoreError> {
        let rows = store.read(statement, args).await?;
        let items: Result<Vec<T>, _> = rows.iter().map(T::read).collect();
        Ok(Self::of(items?, page, T::position))
    }
}

/// Reads the one row that `args` ask for; `name` is what such a thing is called when there is none.
pub async fn item<T: Item>(
    store: &dyn Store,
    statement: &'static Statement,
    args: Args,
    name: &'static str,
) -> Result<T, CatalogError> {
    let rows = store.read(statement, args).await?;
    let row = rows.first().ok_or(CatalogError::NotFound(name))?;
    Ok(T::read(row)?)
}

/// A time as the API shows it.
pub fn time(row: &Row, column: &'static str) -> Result<String, StoreError> {
    Ok(Micros(row.int(column)?).to_string())
}

/// A time that may be absent, as the API shows it.
pub fn opt_time(row: &Row, column: &'static str) -> Result<Option<String>, StoreError> {
    Ok(row.opt_int(column)?.map(|at| Micros(at).to_string()))
}

/// A text of a row as a value of its own.
pub fn text(row: &Row, column: &'static str) -> Result<String, StoreError> {
    row.text(column).map(str::to_owned)
}

/// A text that may be null, as a value of its own.
pub fn opt_text(row: &Row, column: &'static str) -> Result<Option<String>, StoreError> {
    Ok(row.opt_text(column)?.map(str::to_owned))
}
