//! Facts as they are stored: what one delivery says of a neighbourhood is one packed row; each fact of a merchant's call is a row of its own, which
//! is found by its key.
//!
//! A row is what was said when it came, superseded or not: which version of a fact counts is for [`FactSet`](crate::ledger::facts::FactSet) to tell,
//! in whatever order the rows are read. Rows are added and never changed, except where personal data are erased.

use providers::Fact;
use sha2::{Digest as _, Sha256};

use crate::inbox;
use crate::ledger::calls::PROCESSOR;
use crate::ledger::facts::{FactSet, Kept};
use crate::store::{Row, Rows, StoreError, Value};

/// The dictionary that facts are packed with.
const DICTIONARY: &str = "facts";

/// How much of the digest of a fact's key tells the rows of one delivery apart that are in one neighbourhood since two became one.
const TELLING_BYTES: usize = 5;

/// Rows on their way into the database.
pub(crate) struct NewRows(Rows);

impl NewRows {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self(Rows::new(6))
    }

    /// Adds what one event says of a neighbourhood.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when there is no memory to pack it.
    pub(crate) fn add(
        &mut self,
        (livemode, home): (bool, &str),
        said: &[Kept],
    ) -> Result<(), StoreError> {
        let is_call = said.first().is_some_and(|kept| kept.processor == PROCESSOR);
        for row in said.chunks(if is_call { 1 } else { said.len().max(1) }) {
            let Some(first) = row.first() else { continue };
            let facts: Vec<&Fact> = row.iter().map(|kept| &kept.fact).collect();
            // Facts are plain data; serializing one cannot fail.
            let text = serde_json::to_vec(&facts).unwrap_or_default();
            let body = inbox::pack(DICTIONARY, &text);
            let key = first.fact.key();
            self.0.push([
                livemode.into(),
                if is_call { key } else { telling(&key) }.into(),
                home.into(),
                first.event_id.as_str().into(),
                first.processor.as_str().into(),
                Value::Bytes(body.map_err(|_no_memory| StoreError::Corrupt("facts.body"))?),
            ]);
        }
        Ok(())
    }

    /// Whether there is nothing to store.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As the statement takes them.
    pub(crate) fn into_rows(self) -> Rows {
        self.0
    }
}

fn telling(key: &str) -> String {
    let digest = Sha256::digest(key);
    hex::encode(digest.get(..TELLING_BYTES).unwrap_or_default())
}

/// The facts of a stored row.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is not what [`NewRows::add`] has made.
pub(crate) fn kept(row: &Row) -> Result<Vec<Kept>, StoreError> {
    let damaged = || StoreError::Corrupt("facts.body");
    let text = inbox::unpack(row.bytes("body")?).map_err(|_damaged| damaged())?;
    let facts: Vec<Fact> = serde_json::from_slice(&text).map_err(|_damaged| damaged())?;
    let (event_id, processor) = (row.text("event_id")?, row.text("processor")?);
    let kept = facts.into_iter().map(|fact| Kept {
        fact,
        event_id: event_id.to_owned(),
        processor: processor.to_owned(),
    });
    Ok(kept.collect())
}

/// Takes the facts of a stored row into a set.
///
/// # Errors
/// As [`kept`].
pub(crate) fn absorb(row: &Row, into: &mut FactSet) -> Result<(), StoreError> {
    for kept in kept(row)? {
        into.absorb(kept);
    }
    Ok(())
}

/// What came together, by the event that brought it, in the order of the events.
pub(crate) fn by_event(facts: Vec<Kept>) -> Vec<Vec<Kept>> {
    let mut groups: Vec<Vec<Kept>> = Vec::new();
    for kept in facts {
        let is_of = |group: &&mut Vec<Kept>| {
            let first = group.first();
            first.is_some_and(|first| first.event_id == kept.event_id)
        };
        match groups.iter_mut().rev().find(is_of) {
            Some(group) => group.push(kept),
            None => groups.push(vec![kept]),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use providers::{Settings, Verified};

    use super::*;
    use crate::fixtures::shipped;
    use crate::ledger::writer::events;
    use providers::Micros;

    /// What each delivery of the fixtures says.
    fn said() -> Vec<Vec<Fact>> {
        let mut all = Vec::new();
        for fixture in shipped().unwrap() {
            for sent in &fixture.deliveries {
                let body = sent.body.clone().into_bytes();
                let verified = Verified::from_inbox(body, sent.headers.clone());
                let stored = events::Stored {
                    event_id: "evt_1",
                    processor: &fixture.processor,
                    received_at: Micros(0),
                    verified: &verified,
                };
                all.push(events::read(&stored, &Settings::default()).facts);
            }
        }
        all.retain(|facts| !facts.is_empty());
        all
    }

    #[test]
    fn the_facts_of_each_delivery_come_back_and_take_a_quarter() {
        let (mut plain, mut packed) = (0, 0);
        for facts in said() {
            let text = serde_json::to_vec(&facts).unwrap();
            let row = inbox::pack(DICTIONARY, &text).unwrap();
            assert_eq!(inbox::unpack(&row).unwrap(), text);
            let again: Vec<Fact> = serde_json::from_slice(&text).unwrap();
            assert_eq!(again, facts);
            plain += text.len();
            packed += row.len();
        }
        assert!(packed * 4 < plain, "{packed} of {plain} bytes");
    }

    /// What `scripts/train-dictionaries.py` trains their dictionary with: a line for each delivery.
    #[test]
    #[ignore = "prints, and judges nothing"]
    fn what_facts_are_trained_with() {
        for facts in said() {
            println!("facts: {}", serde_json::to_string(&facts).unwrap());
        }
    }
}
