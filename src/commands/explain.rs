//! `explain`: why a sale is what it is, found by its id, by any name of its payment, by a refund or dispute of it, or by an event that speaks of it: by
//! the event's id here or the processor's. Of an event that counts nowhere it says why, and what it waits for.

use anyhow::Result;
use serde_json::{Value, json};

use super::{Bench, Usage, output};
use crate::books::events::{self, Event, State};
use crate::cli::Exit;
use crate::explain::{Explanation, explain, reversals_meant, sales_meant};

/// What was found.
#[derive(Default)]
struct Found {
    sales: Vec<Explanation>,
    /// Those that lead to no sale.
    events: Vec<Event>,
}

pub(super) async fn run(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let mut found = Found::default();
    for organization in bench.organizations().await? {
        find(bench, &organization.id, id, &mut found).await?;
    }
    if found.sales.is_empty() && found.events.is_empty() {
        let message = format!(
            "nothing is known as {id}: give the id of a sale, commission, refund, dispute or event, or any name of a payment"
        );
        return Err(Usage(message).into());
    }
    if json {
        let events = found.events.iter().map(as_json);
        let all = found.sales.iter().map(|sale| json!(sale)).chain(events);
        output::json(&all.collect::<Vec<_>>())?;
        return Ok(Exit::Success);
    }
    for explanation in &found.sales {
        output::line(explanation.text.trim_end())?;
    }
    for event in &found.events {
        output::paragraph("", &in_words(event))?;
    }
    Ok(Exit::Success)
}

async fn find(bench: &Bench, org: &str, id: &str, found: &mut Found) -> Result<()> {
    let store = bench.store.as_ref();
    let mut sales = sales_meant(store, org, id, None).await?;
    let mut told = Vec::new();
    if sales.is_empty() {
        told = events::meant(&bench.books(org), id).await?;
    }
    if sales.is_empty() && told.is_empty() {
        (sales, told) = reversals_meant(store, org, id).await?;
    }
    for sale_id in &sales {
        found
            .sales
            .extend(explain(store, bench.clock.now(), org, sale_id).await?);
    }
    if sales.is_empty() {
        found.events.extend(told);
    }
    Ok(())
}

fn as_json(event: &Event) -> Value {
    json!({
        "event": {
            "id": event.id,
            "processor": event.processor,
            "externalId": event.external_id,
            "type": event.event_type,
            "livemode": event.livemode,
            "state": event.state.word(),
            "reason": event.reason,
            "receivedAt": event.received_at.to_string(),
        },
        "text": in_words(event),
    })
}

fn in_words(event: &Event) -> String {
    let reason = event.reason.as_deref();
    let because = reason
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let state = match event.state {
        State::Received => "is stored and not read yet".to_owned(),
        State::Parked => format!("is parked, it waits for another event{because}"),
        State::Failed => format!("could not be processed{because}"),
        State::Ignored => format!("does not count{because}"),
        State::Processed => format!("is processed and leads to no sale{because}"),
    };
    let Event {
        id,
        processor,
        event_type,
        external_id,
        received_at,
        ..
    } = event;
    format!("{id} ({processor} {event_type} {external_id}, received {received_at}) {state}.")
}
