//! Requests of privacy law, carried out: what is known of a customer is collected for the owner, or erased.
//!
//! The inbox takes a request in like any delivery; the ledger's writer calls [`carry_out`] when it is done
//! with the inbox. A request stays open until its last step is committed, and each step may be done again,
//! so a crash at any point only means that it is done later. Amounts, references, clicks and entries are
//! never touched. Nothing in here may log what it reads.

mod erase;
mod export;
mod person;
mod requests;
mod sql;
mod strays;

use crate::args;
use crate::ledger::writer::Tools;
use crate::store::{Statement, StoreError};

pub use requests::{Request, RequestKind, export, requests};

/// Every statement of privacy requests, to be prepared by a test.
pub fn statements() -> &'static [&'static Statement] {
    sql::STATEMENTS
}

/// Carries out the oldest open request of an organization. Answers whether there was one.
///
/// # Errors
/// What the database says; the request stays open.
pub async fn carry_out(tools: &Tools, org: &str) -> Result<bool, StoreError> {
    let rows = tools.store.read(&sql::OPEN, args![org]).await?;
    let Some(row) = rows.first() else {
        return Ok(false);
    };
    let request = Request::read(row)?;
    match request.kind {
        RequestKind::ExportCustomer => export::carry_out(tools, org, &request).await?,
        RequestKind::EraseCustomer => erase::customer(tools, org, &request).await?,
        RequestKind::EraseSource => erase::source(tools, org, &request).await?,
    }
    tracing::info!(
        organization.id = org,
        request.id,
        kind = request.kind.word(),
        "a privacy request was carried out"
    );
    Ok(true)
}
