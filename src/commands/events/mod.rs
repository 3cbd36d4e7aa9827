//! `events`: the inbox on the command line. Bodies are written only where they are asked for: by `show
//! --payload` and `export`.

mod reprocess;
mod sql;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use providers::Micros;
use serde_json::{Map, Value, json};

pub use sql::STATEMENTS;

use super::{Bench, Usage, output};
use crate::args;
use crate::cli::{EventFilter, EventsCommand, Exit};
use crate::explain::mentioned;
use crate::inbox::unpack;
use crate::ledger::calls;
use crate::store::{Args, Row, StoreError};

/// Events read at once by an export.
const EXPORT_ROWS: i64 = 500;

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("RECEIVED", "receivedAt"),
    ("PROCESSOR", "processor"),
    ("TYPE", "type"),
    ("STATE", "state"),
    ("DELIVERIES", "deliveries"),
    ("REASON", "reason"),
];

pub(super) async fn run(bench: &Bench, command: EventsCommand, json: bool) -> Result<Exit> {
    match command {
        EventsCommand::List { filter, limit } => list(bench, &filter, limit, json).await,
        EventsCommand::Show { id, payload } => show(bench, &id, payload, json).await,
        EventsCommand::Reprocess { filter, dry_run } => {
            reprocess::run(bench, &filter, dry_run, json).await
        }
        EventsCommand::Export { filter } => export(bench, &filter).await,
    }
}

async fn list(bench: &Bench, filter: &EventFilter, limit: u32, json: bool) -> Result<Exit> {
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        let args = filtered(&organization.id, filter).add(i64::from(limit));
        for row in bench.store.read(&sql::LIST, args).await? {
            rows.push(event(&row)?);
        }
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

/// The arguments that the lists share.
fn filtered(organization_id: &str, filter: &EventFilter) -> Args {
    args![
        organization_id,
        filter.processor.as_deref().unwrap_or_default(),
        filter.source.as_deref().unwrap_or_default(),
        filter.event_type.as_deref().unwrap_or_default(),
        filter.state.map_or("", |state| state.as_str()),
        filter.since.map_or(i64::MIN, |since| since.0),
        filter.until.map_or(i64::MAX, |until| until.0),
    ]
}

async fn show(bench: &Bench, id: &str, payload: bool, json: bool) -> Result<Exit> {
    let mut found = Vec::new();
    for organization in bench.organizations().await? {
        let args = args![organization.id.as_str(), id];
        for row in bench.store.read(&sql::GET, args).await? {
            found.push((organization.id.clone(), row));
        }
    }
    let (org, row) = match found.as_slice() {
        [(org, row)] => (org.as_str(), row),
        [] => {
            let message = format!("no event has the id {id}: see `tributary events list`");
            return Err(Usage(message).into());
        }
        several => {
            let ids = several.iter().map(|(_, row)| row.text("id"));
            let ids = ids.collect::<Result<Vec<_>, StoreError>>()?.join(", ");
            let message = format!("several events have the id {id}, show one of {ids}");
            return Err(Usage(message).into());
        }
    };
    if payload {
        let args = args![org, row.text("id")?];
        let bodies = bench.store.read(&sql::BODY, args).await?;
        let Some(body) = bodies.first() else {
            anyhow::bail!("the event's body is no longer kept");
        };
        output::bytes(&unpack(body.bytes("body")?)?)?;
    } else {
        let mut shown = event(row)?;
        let store = bench.store.as_ref();
        let sales = mentioned(store, org, std::slice::from_ref(row)).await?;
        shown.insert("saleIds".to_owned(), json!(sales));
        print_one(&shown, json)?;
    }
    Ok(Exit::Success)
}

fn print_one(shown: &Map<String, Value>, json: bool) -> Result<()> {
    if json {
        return output::json(shown);
    }
    let mut table = output::plain_table();
    for (member, value) in shown {
        table.add_row([member.clone(), output::cell(Some(value))]);
    }
    output::line(&table.trim_fmt())
}

async fn export(bench: &Bench, filter: &EventFilter) -> Result<Exit> {
    for organization in bench.organizations().await? {
        let mut last = String::new();
        loop {
            let args = filtered(&organization.id, filter);
            // Calls of the API came by no webhook, so they cannot be delivered again.
            let args = args
                .add(last.as_str())
                .add(EXPORT_ROWS)
                .add(calls::PROCESSOR);
            let rows = bench.store.read(&sql::EXPORT, args).await?;
            let Some(row) = rows.last() else { break };
            row.text("id")?.clone_into(&mut last);
            for row in &rows {
                output::line(&exported(row)?.to_string())?;
            }
        }
    }
    Ok(Exit::Success)
}

/// One line of the export. `replay` reads processor, headers and body; the rest is for people.
fn exported(row: &Row) -> Result<Value> {
    let headers: Value = serde_json::from_str(row.text("headers")?)?;
    let mut line = json!({
        "id": row.text("id")?,
        "sourceId": row.text("source_id")?,
        "processor": row.text("processor")?,
        "externalId": row.text("external_id")?,
        "type": row.text("type")?,
        "livemode": row.flag("livemode")?,
        "state": row.text("state")?,
        "receivedAt": Micros(row.int("received_at")?).to_string(),
        "headers": headers,
    });
    let (member, body) = match String::from_utf8(unpack(row.bytes("body")?)?) {
        Ok(text) => ("body", text),
        Err(no_text) => ("bodyBase64", STANDARD.encode(no_text.as_bytes())),
    };
    if let Some(members) = line.as_object_mut() {
        members.insert(member.to_owned(), body.into());
    }
    Ok(line)
}

fn event(row: &Row) -> Result<Map<String, Value>> {
    let processed_at = row.opt_int("processed_at")?;
    Ok(output::row(json!({
        "id": row.text("id")?,
        "sourceId": row.text("source_id")?,
        "processor": row.text("processor")?,
        "externalId": row.text("external_id")?,
        "type": row.text("type")?,
        "apiVersion": row.text("api_version")?,
        "livemode": row.flag("livemode")?,
        "state": row.text("state")?,
        "reason": row.opt_text("reason")?,
        "receivedAt": Micros(row.int("received_at")?).to_string(),
        "processedAt": processed_at.map(|at| Micros(at).to_string()),
        "deliveries": row.int("deliveries")?,
        "conflictingDeliveries": row.int("conflicts")?,
        "conflictingAt": row.opt_int("conflict_at")?.map(|at| Micros(at).to_string()),
    })))
}
