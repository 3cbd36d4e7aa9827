//! What an owner sets up: programs, partners, links, codes, clicks from elsewhere, rates and decisions.
//!
//! Used by the API and by commands alike. Nothing here writes a sale or an entry: a change that can move
//! figures marks the neighbourhoods concerned as due, in the same transaction, and the ledger's writer
//! does the rest.

mod assignment;
pub mod check;
mod clicks;
mod codes;
mod due;
mod links;
mod partners;
mod programs;
mod rates;
mod review;
mod rules;

use providers::Micros;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

pub use assignment::{BalanceChange, Earned, Reassigned, SaleChange};
pub use clicks::{Click, NewClick};
pub use codes::{Code, NewCode};
pub use links::{Link, LinkFilter, NewLink};
pub use partners::{NewPartner, Partner, PartnerChange, PartnerFilter};
pub use programs::{Program, ProgramChange};
pub use rates::{NewRate, RateRow};
pub use review::{NewReview, Review};

use crate::args;
use crate::id::IdSource;
use crate::ledger::writer::Ledger;
use crate::ledger::writer::sql::LOCK;
use crate::store::{Row, Statement, Store, StoreError, Transaction};

/// What changing and finding takes, for one organization.
#[derive(Clone, Copy)]
pub struct Catalog<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// Ids.
    pub ids: &'a IdSource,
    /// Told of changes that move figures.
    pub ledger: &'a Ledger,
    /// The time.
    pub now: Micros,
    /// How the world reaches the server, without a slash at the end.
    pub public_url: &'a str,
    /// Whose it is.
    pub org: &'a str,
}

/// Why something cannot be found or changed.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// One member is wrong; the message names it and says what to change.
    #[error("{message}")]
    Invalid {
        /// The member as the client writes it.
        field: String,
        /// What to change.
        message: String,
    },
    /// Nothing has this id. Names the kind of thing: "link".
    #[error("no {0} has this id")]
    NotFound(&'static str),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CatalogError {
    /// One member is wrong: `message` goes on after its name.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            message: format!("{field} {message}"),
        }
    }
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// How many rows at most.
    pub limit: i64,
    /// Where the part before ended; empty for the first.
    pub cursor: String,
}

impl Page {
    /// Rows to ask the database for: one more than are shown tells whether there is more.
    pub fn rows(&self) -> i64 {
        self.limit.saturating_add(1)
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
    /// Cuts what [`Page::rows`] has answered.
    pub fn of(mut rows: Vec<T>, page: &Page, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(cursor);
        Self {
            data: rows,
            next_cursor,
        }
    }
}

/// All statements, to be prepared by a test.
pub fn statements() -> Vec<&'static Statement> {
    [
        assignment::STATEMENTS,
        clicks::STATEMENTS,
        codes::STATEMENTS,
        due::STATEMENTS,
        links::STATEMENTS,
        partners::STATEMENTS,
        programs::STATEMENTS,
        rates::STATEMENTS,
        review::STATEMENTS,
        rules::STATEMENTS,
    ]
    .concat()
}

impl Catalog<'_> {
    /// Begins a transaction that the ledger's writer does not work beside: what it must look at again can
    /// be marked without missing anything.
    async fn begin_alone(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let mut transaction = self.store.begin().await?;
        transaction.run(&LOCK, args![self.org]).await?;
        Ok(transaction)
    }

    /// Makes a change last, and tells the ledger's writer.
    async fn commit_and_wake(&self, transaction: Box<dyn Transaction>) -> Result<(), StoreError> {
        transaction.commit().await?;
        self.ledger.wake(self.org);
        Ok(())
    }
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

/// A member that may be absent, `null` or given. For members of structs that have defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// Not said: what there is stays.
    #[default]
    Absent,
    /// To be nothing.
    Null,
    /// To be this.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
