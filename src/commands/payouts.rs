//! `payouts`: runs, approvals and batches on the command line, for who pays by a script. Files go to stdout, alone.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::books::Part;
use crate::books::payouts::{self, By, Status};
use crate::cli::{Exit, PayoutsCommand};
use crate::payouts::batch::{self, BatchError};
use crate::payouts::run::{self, Outcome, Run};
use crate::payouts::steps::{self, StepError};

/// The most that are listed or approved at once.
const MOST: i64 = 5_000;

const LINES: &[output::Column] = &[
    ("PARTNER", "partnerId"),
    ("PROGRAM", "programId"),
    ("AMOUNT", "amount"),
    ("CURRENCY", "currency"),
    ("OUTCOME", "outcome"),
    ("PAYOUT", "payoutId"),
];

pub(super) async fn run(bench: &Bench, command: PayoutsCommand, json: bool) -> Result<Exit> {
    match command {
        PayoutsCommand::Run { dry_run, currency } => {
            let organization = bench.organization().await?;
            let asked = Run {
                currency,
                dry_run,
                ..Run::default()
            };
            draft(bench, &organization.id, asked, json).await
        }
        PayoutsCommand::Approve => {
            let organization = bench.organization().await?;
            approve(bench, &organization.id, json).await
        }
        PayoutsCommand::Send { method, currency } => {
            let organization = bench.organization().await?;
            let scope = bench.scope(&organization.id);
            let made = batch::make(&scope, &bench.seal, (method, currency), &[]).await;
            let id = made.map_err(usage)?;
            file(bench, &organization.id, &id).await
        }
        PayoutsCommand::File { id } => {
            let organization = bench.organization().await?;
            must_be_a_batch(bench, &organization.id, &id).await?;
            file(bench, &organization.id, &id).await
        }
        PayoutsCommand::Confirm { id } => {
            let organization = bench.organization().await?;
            must_be_a_batch(bench, &organization.id, &id).await?;
            let confirmed = batch::confirm(&bench.scope(&organization.id), &id).await?;
            said(json, "confirmed", confirmed)
        }
    }
}

/// What nobody has sent is no batch without payouts.
async fn must_be_a_batch(bench: &Bench, org: &str, id: &str) -> Result<()> {
    if payouts::batch(&bench.books(org), id).await?.is_some() {
        return Ok(());
    }
    let message = format!(
        "no batch has the id {id}: `tributary payouts send` names it, and so do GET /api/payout-batches and the dashboard's Payouts"
    );
    Err(Usage(message).into())
}

fn said(json: bool, what: &str, count: usize) -> Result<Exit> {
    if json {
        output::json(&json!({ what: count }))?;
    } else {
        output::line(&format!("{count} {what}"))?;
    }
    Ok(Exit::Success)
}

async fn draft(bench: &Bench, org: &str, asked: Run<'_>, json: bool) -> Result<Exit> {
    let lines = run::run(&bench.scope(org), asked).await?;
    let rows: Vec<_> = lines
        .into_iter()
        .map(|line| {
            let id = match &line.outcome {
                Outcome::Drafted(id) => id.clone(),
                _ => None,
            };
            output::row(json!({
                "partnerId": line.partner_id,
                "programId": line.program_id,
                "amount": line.amount,
                "currency": line.currency.code(),
                "outcome": line.outcome.word(),
                "payoutId": id,
            }))
        })
        .collect();
    output::rows(json, LINES, &rows)?;
    Ok(Exit::Success)
}

async fn approve(bench: &Bench, org: &str, json: bool) -> Result<Exit> {
    let part = Part {
        after: "",
        rows: MOST,
        looks: MOST,
    };
    let drafts = payouts::list(&bench.books(org), &[By::Status(Status::Draft)], part).await?;
    let (mut approved, mut refused) = (0, false);
    for draft in drafts.rows {
        match steps::approve(&bench.scope(org), &draft.id).await {
            Ok(()) => approved += 1,
            Err(StepError::Store(error)) => return Err(error.into()),
            Err(error) => {
                refused = true;
                tracing::warn!(%error, id = draft.id, "not approved");
            }
        }
    }
    let exit = said(json, "approved", approved)?;
    Ok(if refused { Exit::Failed } else { exit })
}

/// Writes the file of a batch; of one that the server sends its id.
async fn file(bench: &Bench, org: &str, id: &str) -> Result<Exit> {
    let file = batch::file(&bench.books(org), &bench.seal, id).await;
    match file.map_err(usage)? {
        Some(bytes) => output::bytes(&bytes)?,
        None => output::line(id)?,
    }
    tracing::info!(
        id,
        "payouts were sent with this batch; `tributary payouts file` writes its file again"
    );
    Ok(Exit::Success)
}

fn usage(error: BatchError) -> anyhow::Error {
    match error {
        BatchError::Store(error) => error.into(),
        BatchError::Seal(error) => error.into(),
        error => Usage(error.to_string()).into(),
    }
}
