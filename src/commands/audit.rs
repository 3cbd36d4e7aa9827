//! `audit`: whether every sale follows from its events, and every balance from its entries. Changes nothing, unless it is
//! told to put the kept figures right.

use anyhow::Result;
use serde_json::json;

use super::{Bench, output};
use crate::audit::{AuditReport, audit};
use crate::cli::{AuditArgs, Exit};
use crate::ledger::writer::figures;

const COLUMNS: &[output::Column] = &[
    ("WHAT", "what"),
    ("ID", "id"),
    ("FIELD", "field"),
    ("STORED", "stored"),
    ("COMPUTED", "computed"),
];

/// Ends with [`Exit::Failed`] when anything differs.
pub(super) async fn run(bench: &Bench, args: &AuditArgs, json: bool) -> Result<Exit> {
    let mut reports = Vec::new();
    for organization in bench.organizations().await? {
        let now = bench.clock.now();
        if args.mend_figures {
            figures::mend(bench.store.as_ref(), &organization.id, now).await?;
        }
        reports.push(audit(bench.store.as_ref(), now, &organization.id).await?);
    }
    if json {
        output::json(&reports)?;
    } else {
        for report in &reports {
            print(report)?;
        }
    }
    Ok(if reports.iter().all(|report| report.clean) {
        Exit::Success
    } else {
        Exit::Failed
    })
}

fn print(report: &AuditReport) -> Result<()> {
    let AuditReport {
        organization_id,
        sales,
        events_read,
        difference_count,
        ..
    } = report;
    if !report.differences.is_empty() {
        let rows: Vec<_> = report
            .differences
            .iter()
            .map(|difference| output::row(json!(difference)))
            .collect();
        output::rows(false, COLUMNS, &rows)?;
    }
    if report.left_out > 0 {
        output::line(&format!(
            "{} neighbourhoods changed meanwhile and were left out",
            report.left_out
        ))?;
    }
    if report.due > 0 {
        output::line(&format!(
            "{} neighbourhoods are due and not folded yet: they were left out, and the server will fold them",
            report.due
        ))?;
    }
    let unread = report.events.get("received").copied().unwrap_or(0);
    if unread > 0 {
        output::line(&format!("{unread} events are not processed yet"))?;
    }
    for shared in &report.shared_ids {
        output::line(&shared.says)?;
    }
    if report.conflicting_deliveries > 0 {
        output::line(&format!(
            "{} deliveries said something else than the first of their event, and do not count: GET /api/events?conflicting=true",
            report.conflicting_deliveries
        ))?;
    }
    output::line(&format!(
        "{organization_id}: {sales} sales from {events_read} events, {difference_count} differences"
    ))
}
