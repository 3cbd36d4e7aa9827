//! The states of events: what became of them, and of those that waited for more. It changes no event's
//! content, and nothing in the ledger.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::Event;
use crate::args;
use crate::inbox;
use crate::ledger::reversal::Waiting;
use crate::ledger::writer::refold::texts;
use crate::ledger::writer::sql;
use crate::store::{Rows, StoreError, Transaction};

/// Marks events with what became of them: ignored, failed, parked or processed. Those without a row get one.
///
/// # Errors
/// [`StoreError::Busy`] where another replica has stored a delivery of one of them meanwhile.
pub async fn finish(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    events: &mut [Event],
    homes: &BTreeMap<String, String>,
    waiting: &BTreeMap<String, Waiting>,
) -> Result<(), StoreError> {
    let (mut rows, mut new) = (Rows::new(5), inbox::event_rows());
    let mut made: BTreeSet<&str> = BTreeSet::new();
    for event in events {
        let home = homes.get(&event.id);
        let is_heeded = !event.reading.facts.is_empty();
        let note = event.reading.note.as_deref().map(str::to_owned);
        let (state, reason) = match waiting.get(&event.id) {
            Some(waiting) => ("parked", Some(waiting.after(note.as_deref()))),
            None if event.reading.unreadable => ("failed", note),
            None if home.is_none() && !is_heeded => (
                "ignored",
                note.or_else(|| Some("contains no payment or customer data".to_owned())),
            ),
            None => ("processed", note),
        };
        let mentions = serde_json::to_string(&event.mentions).unwrap_or_default();
        if let Some(outside) = event.unwritten.take() {
            let standing = inbox::Standing {
                state,
                reason,
                mentions,
                neighbourhood_id: home.cloned(),
                processed_at: Some(now.0),
            };
            inbox::push_event(&mut new, outside, standing);
            made.insert(&event.id);
            continue;
        }
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
    if new.is_empty() {
        return Ok(());
    }
    for row in transaction
        .run(&inbox::INSERT_EVENTS, args![org; new])
        .await?
    {
        if !made.contains(row.text("id")?) {
            return Err(StoreError::Busy);
        }
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
            Some(waiting) => {
                let reason = waiting.after(state.reason.as_deref());
                rows.push([id.into(), "parked".into(), reason.into()]);
            }
            None if !state.is_parked => {}
            // A remark made when it was processed stays; the reason for waiting does not.
            None => rows.push([
                id.into(),
                "processed".into(),
                state.reason.as_deref().and_then(Waiting::remark).into(),
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
