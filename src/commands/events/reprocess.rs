//! `events reprocess`: makes facts of stored events once more, and says what that changes.

use anyhow::Result;
use serde_json::json;

use crate::actor::Actor;
use crate::cli::{EventFilter, Exit};
use crate::commands::{Bench, output};
use crate::ledger::writer::Tools;
use crate::reprocess::{Filter, ReprocessReport, reprocess};

const SALES: &[output::Column] = &[
    ("SALE", "saleId"),
    ("INVOICE", "invoiceId"),
    ("CHANGE", "change"),
    ("FIELDS", "shownFields"),
];

const COMMISSIONS: &[output::Column] = &[
    ("PARTNER", "partnerId"),
    ("LIVE", "livemode"),
    ("CURRENCY", "currency"),
    ("BEFORE", "before"),
    ("AFTER", "after"),
];

pub(super) async fn run(
    bench: &Bench,
    filter: &EventFilter,
    dry_run: bool,
    json: bool,
) -> Result<Exit> {
    super::check(bench, filter).await?;
    let tools = Tools {
        store: bench.store.clone(),
        clock: bench.clock.clone(),
        ids: bench.ids.clone(),
    };
    let now = bench.clock.now();
    let filter = Filter {
        processor: filter.processor.clone(),
        source_id: filter.source.clone(),
        event_type: filter.event_type.clone(),
        state: filter.state.map(|state| state.as_str().to_owned()),
        since: filter.since.map(|since| since.at(now)),
        until: filter.until.map(|until| until.at(now)),
        ..Filter::default()
    };
    let mut reports = Vec::new();
    for organization in bench.organizations().await? {
        reports.push(reprocess(&tools, &organization.id, &Actor::Command, &filter, dry_run).await?);
    }
    if json {
        output::json(&reports)?;
    } else {
        for report in &reports {
            print(report)?;
        }
    }
    Ok(Exit::Success)
}

fn print(report: &ReprocessReport) -> Result<()> {
    if !report.sales.is_empty() {
        let sales = report.sales.iter().map(|sale| {
            let fields = sale.fields.iter();
            let fields = fields.map(|f| format!("{}: {} -> {}", f.field, f.before, f.after));
            let mut row = output::row(json!(sale));
            row.insert(
                "shownFields".to_owned(),
                fields.collect::<Vec<_>>().join(", ").into(),
            );
            row
        });
        output::rows(false, SALES, &sales.collect::<Vec<_>>())?;
    }
    if !report.commissions.is_empty() {
        let rows = report
            .commissions
            .iter()
            .map(|change| output::row(json!(change)));
        output::rows(false, COMMISSIONS, &rows.collect::<Vec<_>>())?;
    }
    let done = if report.dry_run {
        "would change; nothing was written"
    } else {
        "changed"
    };
    output::line(&format!(
        "{} events found, {} read again, {} sales {done}",
        report.events_found,
        report.events_read,
        report.sales.len()
    ))
}
