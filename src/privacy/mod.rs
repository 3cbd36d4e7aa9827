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
use crate::changes::{Change, Details, What};
use crate::ledger::writer::Tools;
use crate::store::{Row, Statement, StoreError};

pub use requests::{Request, RequestKind, export, requests};

/// Every statement of privacy requests, to be prepared by a test.
pub fn statements() -> &'static [&'static Statement] {
    sql::STATEMENTS
}

/// Carries out the oldest open request of an organization that can be. Answers whether there was one. A
/// request that fails is logged, stays open and does not hold up those after it.
///
/// # Errors
/// What the database says when it cannot be used at all.
pub async fn carry_out(tools: &Tools, org: &str) -> Result<bool, StoreError> {
    let mut after = String::new();
    loop {
        let args = args![org, after.as_str()];
        let rows = tools.store.read(&sql::OPEN, args).await?;
        let Some(row) = rows.first() else {
            return Ok(false);
        };
        row.text("id")?.clone_into(&mut after);
        match one(tools, org, row).await {
            Ok(()) => return Ok(true),
            Err(error) if error.is_outage() => return Err(error),
            Err(error) => {
                tracing::error!(
                    %error,
                    organization.id = org,
                    request.id = after,
                    "a privacy request failed and waits"
                );
            }
        }
    }
}

/// What is told of a request that was carried out: never whom it is about.
fn change(what: What, request: &Request) -> Change<'_> {
    let details = Details::default()
        .set("kind", request.kind.word())
        .set("sourceId", &request.source_id);
    Change::of(what, &request.id).with(details)
}

async fn one(tools: &Tools, org: &str, row: &Row) -> Result<(), StoreError> {
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
    Ok(())
}
