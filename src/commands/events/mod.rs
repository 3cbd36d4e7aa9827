//! `events`: the inbox on the command line. Bodies are written only where they are asked for: by `show
//! --payload` and `export`.

mod reprocess;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use providers::Micros;
use serde_json::{Map, Value, json};

use super::{Bench, Usage, output};
use crate::books::events::{self, By, Event, Sales, State, Stored};
use crate::cli::{EventFilter, EventState, EventsCommand, Exit, in_order};
use crate::inbox::unpack;
use crate::ledger::calls;

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
    check(bench, filter).await?;
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        let books = bench.books(&organization.id);
        let found = events::newest(
            &books,
            &conditions(filter, bench.clock.now()),
            i64::from(limit),
        )
        .await?;
        rows.extend(found.iter().map(event));
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

/// Refuses what no event can be: an empty list would say that all is well.
async fn check(bench: &Bench, filter: &EventFilter) -> Result<()> {
    in_order(filter.since, filter.until, bench.clock.now())
        .map_err(|message| Usage(message.to_owned()))?;
    must_be_a_source(bench, filter.source.as_deref()).await
}

/// Refuses the id of a source that there never was. Where the sources cannot be read, for want of the master key, it is taken as it is.
pub(super) async fn must_be_a_source(bench: &Bench, id: Option<&str>) -> Result<()> {
    let Some(id) = id else { return Ok(()) };
    for organization in bench.organizations().await? {
        match bench.desk().list(&organization.id).await {
            Ok(sources) if sources.iter().all(|source| source.id != id) => {}
            _ => return Ok(()),
        }
    }
    let message = format!("no source has the id {id}: see `tributary sources list`");
    Err(Usage(message).into())
}

fn conditions(filter: &EventFilter, now: Micros) -> Vec<By<'_>> {
    let state = filter.state.map(EventState::as_str);
    let mut states = State::ALL.iter();
    let mut by = Vec::new();
    by.extend(
        states
            .find(|one| Some(one.word()) == state)
            .map(|state| By::State(*state)),
    );
    by.extend(filter.processor.as_deref().map(By::Processor));
    by.extend(filter.event_type.as_deref().map(By::Type));
    by.extend(filter.source.as_deref().map(By::Source));
    by.extend(filter.since.map(|since| By::From(since.at(now))));
    by.extend(filter.until.map(|until| By::To(until.at(now))));
    by
}

async fn show(bench: &Bench, id: &str, payload: bool, json: bool) -> Result<Exit> {
    let mut found = Vec::new();
    for organization in bench.organizations().await? {
        let events = events::meant(&bench.books(&organization.id), id).await?;
        found.extend(
            events
                .into_iter()
                .map(|event| (organization.id.clone(), event)),
        );
    }
    let (org, one) = match found.as_slice() {
        [(org, one)] => (org.as_str(), one),
        [] => {
            let message = format!("no event has the id {id}: see `tributary events list`");
            return Err(Usage(message).into());
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, event)| event.id.as_str()).collect();
            let ids = ids.join(", ");
            let message = format!("several events have the id {id}, show one of {ids}");
            return Err(Usage(message).into());
        }
    };
    let books = bench.books(org);
    if payload {
        let Some(body) = events::body(&books, &one.id).await? else {
            anyhow::bail!("{}", one.why_without_body());
        };
        output::bytes(&unpack(&body.packed)?)?;
    } else {
        let mut shown = event(one);
        let sales = Sales::of(&books, std::slice::from_ref(one)).await?;
        shown.insert("saleIds".to_owned(), json!(sales.ids()));
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
    check(bench, filter).await?;
    let mut by = conditions(filter, bench.clock.now());
    // Calls of the API came by no webhook, so they cannot be delivered again.
    by.push(By::NotOf(calls::PROCESSOR));
    for organization in bench.organizations().await? {
        let books = bench.books(&organization.id);
        let mut last = String::new();
        loop {
            let next = events::export(&books, &by, &last, EXPORT_ROWS).await?;
            let Some((event, _)) = next.last() else { break };
            last.clone_from(&event.id);
            for (event, stored) in &next {
                output::line(&exported(event, stored)?.to_string())?;
            }
        }
    }
    Ok(Exit::Success)
}

/// One line of the export. `replay` reads processor, headers and body; the rest is for people.
fn exported(event: &Event, stored: &Stored) -> Result<Value> {
    let headers: Value = serde_json::from_str(&stored.headers)?;
    let mut line = json!({
        "id": event.id,
        "sourceId": event.source_id,
        "processor": event.processor,
        "externalId": event.external_id,
        "type": event.event_type,
        "livemode": event.livemode,
        "state": event.state.word(),
        "receivedAt": event.received_at.to_string(),
        "headers": headers,
    });
    let (member, body) = match String::from_utf8(unpack(&stored.packed)?) {
        Ok(text) => ("body", text),
        Err(no_text) => ("bodyBase64", STANDARD.encode(no_text.as_bytes())),
    };
    if let Some(members) = line.as_object_mut() {
        members.insert(member.to_owned(), body.into());
    }
    Ok(line)
}

fn event(event: &Event) -> Map<String, Value> {
    output::row(json!({
        "id": event.id,
        "sourceId": event.source_id,
        "processor": event.processor,
        "externalId": event.external_id,
        "type": event.event_type,
        "apiVersion": event.api_version,
        "livemode": event.livemode,
        "state": event.state.word(),
        "reason": event.reason,
        "receivedAt": event.received_at.to_string(),
        "processedAt": event.processed_at.map(|at| at.to_string()),
        "deliveries": event.deliveries,
        "conflictingDeliveries": event.conflicts,
        "conflictingAt": event.conflict_at.map(|at| at.to_string()),
        "payloadRemovedAt": event.body_removed_at.map(|at| at.to_string()),
    }))
}
