//! The books: the one home of what is read of the ledger and of what an owner has set up. A file for each aggregate, with its typed rows, the
//! conditions a list of it takes, and its statements. Whoever shows something (JSON, CSV, a table, an explanation) renders these rows.
//!
//! [`statements`] has those of all who keep something in the database themselves, first of all the ledger's writer: no other module says SQL.
//!
//! Nothing here writes but the owner's own decisions, within their caller's transaction, and nothing here knows a route, a parameter's name or how a value is shown. Every statement names the organization for
//! every table it reads: what another has is not there. Personal data are [`Personal`], which no log can show.
//!
//! What a list costs does not grow with the organization: see [`list`].

/// A sum as the databases can compute it however large it is: one that would not fit into 64 bits is the largest number that does. In two halves, since
/// SQLite's `sum` and PostgreSQL's cast fail beyond that.
macro_rules! total {
    ($column:literal) => {
        concat!(
            "case when sum(",
            $column,
            " >> 20) > 8796000000000 then 9223372036854775807 when sum(",
            $column,
            " >> 20) < -8796000000000 then -9223372036854775807 else cast(sum(",
            $column,
            " >> 20) * 1048576 + sum(",
            $column,
            " & 1048575) as bigint) end"
        )
    };
}

pub mod access;
pub mod adjustments;
pub mod applications;
pub mod audits;
pub mod balances;
pub mod by_program;
pub mod changes;
pub mod clicks;
pub mod codes;
pub mod commissions;
pub mod condition;
pub mod consequences;
pub mod customers;
pub mod decisions;
pub mod deliveries;
pub mod domains;
pub mod entries;
pub mod events;
pub mod figures;
pub mod groups;
pub mod health;
pub mod jobs;
pub mod leads;
pub mod links;
pub mod list;
pub mod mails;
pub mod names;
pub mod partners;
pub mod payouts;
pub mod portal;
pub mod programs;
pub mod ranking;
pub mod reconciliations;
pub mod refunds;
pub mod refusals;
pub mod reversals;
pub mod reviews;
mod row;
pub mod sales;
pub mod sealed;
pub mod standing;
pub(crate) mod statements;
pub mod story;
pub mod sums;
pub mod webhooks;

use std::fmt;

use providers::Micros;
use serde::{Serialize, Serializer};

pub use list::{Found, Part};

use crate::store::{Args, Statement, Store};

/// Whose books are read, where, and at what time.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// The organization.
    pub org: &'a str,
    /// The time: what is pending now is approved later.
    pub now: Micros,
}

/// A value that says who somebody is. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Personal(String);

impl Personal {
    /// The value itself, for showing it to the one who asked; never for logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal")
    }
}

impl Serialize for Personal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A list with some conditions, as a test asks the databases how they would answer it.
pub struct Sample {
    /// The list and its conditions.
    pub name: String,
    /// Whether an index finds the rows; else they are looked for among the next ones.
    pub found: bool,
    /// The select.
    pub select: (Statement, Args),
}

/// Every list with no condition, with each, and with each two.
pub fn samples() -> Vec<Sample> {
    let samples = [
        adjustments::samples(),
        balances::samples(),
        changes::samples(),
        clicks::samples(),
        codes::samples(),
        commissions::samples(),
        customers::samples(),
        entries::samples(),
        events::samples(),
        leads::samples(),
        links::samples(),
        names::samples(),
        partners::samples(),
        payouts::samples(),
        ranking::samples(),
        reviews::samples(),
        sales::samples(),
        webhooks::samples(),
    ];
    samples.into_iter().flatten().collect()
}

/// All fixed statements, to be prepared by a test.
pub fn all_statements() -> Vec<&'static Statement> {
    let read = [
        access::STATEMENTS,
        applications::STATEMENTS,
        adjustments::STATEMENTS,
        balances::STATEMENTS,
        clicks::STATEMENTS,
        codes::STATEMENTS,
        commissions::STATEMENTS,
        condition::STATEMENTS,
        consequences::STATEMENTS,
        customers::STATEMENTS,
        decisions::STATEMENTS,
        deliveries::STATEMENTS,
        domains::STATEMENTS,
        entries::STATEMENTS,
        events::STATEMENTS,
        figures::STATEMENTS,
        groups::STATEMENTS,
        health::STATEMENTS,
        leads::STATEMENTS,
        jobs::STATEMENTS,
        links::STATEMENTS,
        mails::STATEMENTS,
        names::STATEMENTS,
        partners::STATEMENTS,
        payouts::STATEMENTS,
        portal::STATEMENTS,
        programs::STATEMENTS,
        audits::STATEMENTS,
        reconciliations::STATEMENTS,
        refunds::STATEMENTS,
        reversals::STATEMENTS,
        refusals::STATEMENTS,
        sales::STATEMENTS,
        sealed::STATEMENTS,
        standing::STATEMENTS,
        by_program::STATEMENTS,
        story::STATEMENTS,
        sums::STATEMENTS,
        webhooks::STATEMENTS,
    ];
    [read.concat(), statements::all()].concat()
}
