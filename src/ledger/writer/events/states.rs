//! The states of events: what became of them, and of those that waited for more. It changes no event's
//! content, and nothing in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::Event;
use crate::args;
use crate::ledger::reversal::Waiting;
use crate::ledger::writer::refold::texts;
use crate::ledger::writer::sql;
use crate::store::{Rows, StoreError, Transaction};

/// Marks events with what became of them: ignored, failed, parked or processed.
pub async fn finish(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    events: &[Event],
    homes: &BTreeMap<String, String>,
    waiting: &BTreeMap<String, Waiting>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(5);
    for event in events {
        let home = homes.get(&event.id);
        let is_heeded = !event.reading.facts.is_empty();
        let (state, reason) = match (waiting.get(&event.id), &event.reading) {
            (Some(waiting), _) => ("parked", Some(waiting.reason())),
            (_, reading) if reading.unreadable => ("failed", reading.note.as_deref()),
            (_, reading) if home.is_none() && !is_heeded => (
                "ignored",
                (reading.note.as_deref()).or(Some("contains no payment or customer data")),
            ),
            (_, reading) => ("processed", reading.note.as_deref()),
        };
        let mentions = serde_json::to_string(&event.mentions).unwrap_or_default();
        rows.push([
            event.id.as_str().into(),
            state.into(),
            reason.into(),
            mentions.into(),
            home.map(String::as_str).into(),
        ]);
    }
    if !rows.is_empty() {
        let args = args![org, now.0; rows];
        transaction.run(&sql::FINISH_EVENTS, args).await?;
    }
    Ok(())
}

/// Brings older events of the touched neighbourhoods up to date: what waited and waits no more, and what
/// now waits again.
pub async fn refresh_parked(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    neighbourhoods: &BTreeSet<String>,
    waiting: &BTreeMap<String, Waiting>,
) -> Result<(), StoreError> {
    let states = states_of(transaction, org, neighbourhoods).await?;
    set_states(transaction, org, now, changed_states(&states, waiting)).await
}

/// An event that counts or waits.
pub struct State {
    id: String,
    is_parked: bool,
    reason: Option<String>,
}

/// The events of neighbourhoods that count or wait.
pub async fn states_of(
    transaction: &mut dyn Transaction,
    org: &str,
    neighbourhoods: &BTreeSet<String>,
) -> Result<Vec<State>, StoreError> {
    if neighbourhoods.is_empty() {
        return Ok(Vec::new());
    }
    let args = args![org; texts(neighbourhoods)];
    let rows = transaction.run(&sql::PARKED, args).await?;
    rows.iter()
        .map(|row| {
            Ok(State {
                id: row.text("id")?.to_owned(),
                is_parked: row.text("state")? == "parked",
                reason: row.opt_text("reason")?.map(str::to_owned),
            })
        })
        .collect()
}

/// Those that are something else now, for [`set_states`].
pub fn changed_states(states: &[State], waiting: &BTreeMap<String, Waiting>) -> Rows {
    let mut rows = Rows::new(3);
    for state in states {
        let id = state.id.as_str();
        match waiting.get(id) {
            Some(_) if state.is_parked => {}
            Some(waiting) => rows.push([id.into(), "parked".into(), waiting.reason().into()]),
            None if !state.is_parked => {}
            // A remark made when it was processed stays; the reason for waiting does not.
            None => rows.push([
                id.into(),
                "processed".into(),
                (state.reason)
                    .as_deref()
                    .filter(|reason| !Waiting::is_reason(reason))
                    .into(),
            ]),
        }
    }
    rows
}

/// Writes states that differ.
pub async fn set_states(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    states: Rows,
) -> Result<(), StoreError> {
    if !states.is_empty() {
        let args = args![org, now.0; states];
        transaction.run(&sql::SET_STATE, args).await?;
    }
    Ok(())
}
