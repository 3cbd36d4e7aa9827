//! What of an answer is missing here: what would change the set of facts. Reads, and writes nothing.
//!
//! An event that is in the inbox is known. One that is not is missing only if one of its facts is: what later events have overtaken would change
//! nothing, since the ledger follows from the facts that are kept. Of an object that is shown as it stands, what it says decides and not when it was
//! asked.

use std::collections::BTreeSet;

use providers::{Adapter, Fact, Verified};
use serde_json::Value;

use super::Reconciler;
use crate::books::reconciliations as books;
use crate::inbox::Arrival;
use crate::ledger::facts::{FactSet, supersedes};
use crate::sources::Source;
use crate::store::StoreError;

/// The beginning of ids that are no event's at the processor.
const OF_STATE: &str = "api_";

impl Reconciler {
    /// Those of what was found that would change what is known, in their order.
    pub(super) async fn missing(
        &self,
        adapter: &dyn Adapter,
        source: &Source,
        found: Vec<Verified>,
    ) -> Result<Vec<Arrival>, StoreError> {
        let mut arrivals = Vec::with_capacity(found.len());
        let mut seen = BTreeSet::new();
        for verified in found {
            let arrival = Arrival::of(adapter, source, verified, self.clock.now());
            if seen.insert(arrival.envelope.event_id.clone()) {
                arrivals.push(arrival);
            }
        }
        let org = source.organization_id.as_str();
        let mut missing = Vec::new();
        for livemode in [true, false] {
            let of_mode = arrivals
                .iter()
                .filter(|arrival| arrival.livemode == livemode);
            let ids: BTreeSet<&str> = of_mode
                .map(|arrival| arrival.envelope.event_id.as_str())
                .collect();
            let ledger = (source.processor.as_str(), livemode);
            let known = books::known(&self.books(org), ledger, &ids).await?;
            let (of_mode, others): (Vec<Arrival>, Vec<Arrival>) = arrivals
                .into_iter()
                .partition(|arrival| arrival.livemode == livemode);
            arrivals = others;
            let unknown = of_mode
                .into_iter()
                .filter(|arrival| !known.contains(&arrival.envelope.event_id));
            missing.extend(
                self.telling(adapter, source, livemode, unknown.collect())
                    .await?,
            );
        }
        Ok(missing)
    }

    /// Those that say something which is not kept.
    async fn telling(
        &self,
        adapter: &dyn Adapter,
        source: &Source,
        livemode: bool,
        unknown: Vec<Arrival>,
    ) -> Result<Vec<Arrival>, StoreError> {
        let read: Vec<(Arrival, bool, Vec<Fact>)> = unknown
            .into_iter()
            .map(|arrival| {
                let reading = adapter.normalize(&arrival.verified, &source.settings);
                let facts = reading.facts.into_iter().flat_map(Fact::split).collect();
                (arrival, reading.unreadable, facts)
            })
            .collect();
        let facts = read.iter().flat_map(|(_, _, facts)| facts);
        let org = source.organization_id.as_str();
        let kept = books::kept(&self.books(org), livemode, facts).await?;
        let telling = read.into_iter().filter(|(arrival, unreadable, facts)| {
            let is_state = arrival.envelope.event_id.starts_with(OF_STATE);
            *unreadable || facts.iter().any(|fact| is_news(fact, &kept, is_state))
        });
        Ok(telling.map(|(arrival, ..)| arrival).collect())
    }
}

/// Whether a fact would take its place among those that are kept. One without a name is told by its event alone.
fn is_news(fact: &Fact, kept: &FactSet, is_state: bool) -> bool {
    let Some(old) = kept.get(&fact.key()).map(|kept| &kept.fact) else {
        return true;
    };
    if !supersedes(fact, old) {
        return false;
    }
    if !is_state {
        return true;
    }
    // Who somebody is can be shown with more or less by the same object; a key of its own it has already.
    !matches!(fact, Fact::Identity(_)) && substance(fact) != substance(old)
}

/// What a fact says, without when it was said.
fn substance(fact: &Fact) -> Value {
    let mut value = serde_json::to_value(fact).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove("version");
        if matches!(fact, Fact::Refunded(_)) {
            members.remove("occurred_at");
        }
    }
    value
}
