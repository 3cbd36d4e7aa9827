//! `audit`: whether every sale follows from its events, and every balance from its entries. Changes nothing, unless it is
//! told to put the kept figures right.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Bench, output};
use crate::audit::{AuditReport, audit};
use crate::books::events::{self, By, State};
use crate::cli::{AuditArgs, Exit};
use crate::ledger::writer::figures;

const COLUMNS: &[output::Column] = &[
    ("WHAT", "what"),
    ("ID", "id"),
    ("FIELD", "field"),
    ("STORED", "stored"),
    ("COMPUTED", "computed"),
];

/// As many parked and failed events of an organization are named.
const OPEN_NAMED: i64 = 50;

const OPEN: &[output::Column] = &[
    ("ID", "id"),
    ("PROCESSOR", "processor"),
    ("TYPE", "type"),
    ("STATE", "state"),
    ("RECEIVED", "receivedAt"),
    ("WHY", "reason"),
];

/// Ends with [`Exit::Failed`] when anything differs.
pub(super) async fn run(bench: &Bench, args: &AuditArgs, json: bool) -> Result<Exit> {
    let mut reports = Vec::new();
    let mut open = Vec::new();
    for organization in bench.organizations().await? {
        let now = bench.clock.now();
        if args.mend_figures {
            figures::mend(bench.store.as_ref(), &organization.id, now).await?;
        }
        reports.push(audit(bench.store.as_ref(), now, &organization.id).await?);
        open.push(open_events(bench, &organization.id).await?);
    }
    if json {
        let all = reports.iter().zip(open).map(|(report, open)| {
            let mut shown = output::row(json!(report));
            shown.insert("openEvents".to_owned(), json!(open));
            shown
        });
        output::json(&all.collect::<Vec<_>>())?;
    } else {
        for (report, open) in reports.iter().zip(&open) {
            print(report)?;
            print_open(report, open)?;
        }
    }
    Ok(if reports.iter().all(|report| report.clean) {
        Exit::Success
    } else {
        Exit::Failed
    })
}

/// The newest events that are parked or failed, with what they wait for.
async fn open_events(bench: &Bench, org: &str) -> Result<Vec<Map<String, Value>>> {
    let mut rows = Vec::new();
    for state in [State::Failed, State::Parked] {
        let found = events::newest(&bench.books(org), &[By::State(state)], OPEN_NAMED).await?;
        rows.extend(found.into_iter().map(|event| {
            output::row(json!({
                "id": event.id,
                "processor": event.processor,
                "type": event.event_type,
                "externalId": event.external_id,
                "livemode": event.livemode,
                "state": event.state.word(),
                "reason": event.reason,
                "receivedAt": event.received_at.to_string(),
            }))
        }));
    }
    Ok(rows)
}

fn print_open(report: &AuditReport, open: &[Map<String, Value>]) -> Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let of = |state: &str| report.events.get(state).copied().unwrap_or(0);
    output::line(&format!(
        "\n{} events are parked and {} failed; the newest of them:",
        of("parked"),
        of("failed")
    ))?;
    output::rows(false, OPEN, open)
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
