//! Requests of privacy law, carried out: what is known of a customer is collected for the owner, or erased.
//!
//! The inbox takes a request in like any delivery, and the ledger's writer adds a job for it when all that came before it is in the ledger;
//! [`carry_out`] is that job's work. A request stays open until its last step is committed, and each step may be done again, so a crash at any
//! point only means that it is done later. Amounts, references, clicks and entries are
//! never touched. Nothing in here may log what it reads.

mod ask;
mod erase;
mod export;
mod person;
mod requests;
mod strays;

use std::time::Duration;

use crate::args;
use crate::books::statements::ledger as ledger_sql;
use crate::books::statements::privacy as sql;
use crate::changes::{Change, Details, What};
use crate::jobs::{Failure, Job, Outcome};
use crate::ledger::writer::Ledger;

pub use ask::{ask, customers_meant};
pub use requests::{Request, RequestKind, export, requests};

/// How long a request waits for deliveries that came before it and are not in the ledger yet.
const UNREAD_WAIT: Duration = Duration::from_secs(1);

/// Carries out a request, unless that has been done. The ledger folds what has changed at once.
///
/// # Errors
/// Why it stays open.
pub async fn carry_out(ledger: Ledger, job: Job) -> Result<Outcome, Failure> {
    let (tools, org) = (ledger.tools(), job.organization_id.as_str());
    let rows = tools.store.read(&sql::ONE, args![org, job.id.as_str()]);
    let Some(row) = rows.await?.pop() else {
        return Ok(Outcome::Done);
    };
    let request = Request::read(&row)?;
    if request.done_at.is_some() {
        return Ok(Outcome::Done);
    }
    // What came before the request belongs to what it asks for.
    let unread = tools
        .store
        .read(&ledger_sql::OLDEST_EVENT, args![org])
        .await?;
    if let Some(row) = unread.first()
        && row.text("id")? < request.event_id.as_str()
    {
        return Ok(Outcome::Again(UNREAD_WAIT));
    }
    match request.kind {
        RequestKind::ExportCustomer => export::carry_out(tools, org, &request).await?,
        RequestKind::EraseCustomer => erase::customer(tools, org, &request).await?,
        RequestKind::EraseSource => erase::source(tools, org, &request).await?,
    }
    ledger.wake(org);
    tracing::info!(
        organization.id = org,
        request.id,
        kind = request.kind.word(),
        "a privacy request was carried out"
    );
    Ok(Outcome::Done)
}

/// What is told of a request that was carried out: never whom it is about.
fn change(what: What, request: &Request) -> Change<'_> {
    let details = Details::default()
        .set("kind", request.kind.word())
        .set("sourceId", &request.source_id);
    Change::of(what, &request.id).with(details)
}
