//! Erasing: personal data go out of facts, customers, bodies, kept answers and exports; names that are
//! personal themselves are replaced everywhere. What was erased is noted, so that it is not taken in again.
//!
//! Amounts, references, claims and entries are not touched: the ledger is folded again and stays the same.

mod clear;

use std::collections::BTreeSet;

use providers::{Micros, Name};

use super::person::{self, Part};
use super::{Request, sql, strays};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger as ledger_sql;
use crate::books::{Scope, deliveries};
use crate::changes::{self, What};
use crate::ledger::erased::Erased;
use crate::ledger::writer::{Tools, erased, events, refold};
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

/// Neighbourhoods of a source that are erased in one transaction.
const CHUNK_NEIGHBOURHOODS: usize = 100;
/// Bodies that are dropped by one statement.
const PAGE_BODIES: i64 = 1_000;

/// Erases one customer, in one transaction.
pub async fn customer(tools: &Tools, org: &str, request: &Request) -> Result<(), StoreError> {
    // Outside the lock, since it goes through all that was ignored; it is only read here.
    let strays = strays::find(tools.store.as_ref(), org, request).await?;
    let mut step = Step::begin(tools, org).await?;
    let parts = person::of_customer(step.transaction.as_mut(), org, request).await?;
    let asked = person::asked(org, request);
    let keys = asked.iter().map(|name| Erased::key(org, name));
    let both = keys.flat_map(|key| [(false, key.clone()), (true, key)]);
    step.note(&parts, both.collect()).await?;
    let mut bodies = step.spoken_events(&parts).await?;
    bodies.extend(strays);
    step.erase(&parts, bodies, &asked).await?;
    step.finish(request).await
}

/// Erases all customers of a source, some in each transaction, until there is nothing left to erase.
pub async fn source(tools: &Tools, org: &str, request: &Request) -> Result<(), StoreError> {
    let mut step = Step::begin(tools, org).await?;
    let key = (false, Erased::source_key(&request.source_id));
    step.note(&[], BTreeSet::from([key])).await?;
    step.transaction.commit().await?;
    loop {
        let scope = Scope {
            store: tools.store.as_ref(),
            org,
            now: tools.clock.now(),
        };
        let ids = deliveries::neighbourhoods_of_source(&scope, &request.source_id).await?;
        let ids: Vec<String> = ids.into_iter().collect();
        let mut changed = false;
        for some in ids.chunks(CHUNK_NEIGHBOURHOODS) {
            let some: BTreeSet<String> = some.iter().cloned().collect();
            let mut step = Step::begin(tools, org).await?;
            let parts = person::of_all(step.transaction.as_mut(), org, &some).await?;
            step.note(&parts, BTreeSet::new()).await?;
            let bodies = step.events_of(&parts).await?;
            changed |= step.erase(&parts, bodies, &BTreeSet::new()).await?;
            step.transaction.commit().await?;
        }
        if !changed {
            break;
        }
    }
    let mut step = Step::begin(tools, org).await?;
    step.drop_bodies_of(&request.source_id).await?;
    step.clear_requests(|other| other.source_id == request.source_id)
        .await?;
    step.finish(request).await
}

/// One transaction under the organization's lock.
struct Step<'a> {
    tools: &'a Tools,
    org: &'a str,
    now: Micros,
    transaction: Box<dyn Transaction>,
}

impl<'a> Step<'a> {
    async fn begin(tools: &'a Tools, org: &'a str) -> Result<Self, StoreError> {
        let mut transaction = tools.store.begin().await?;
        let now = tools.clock.now();
        transaction.run(&ledger_sql::LOCK, args![org]).await?;
        Ok(Self {
            tools,
            org,
            now,
            transaction,
        })
    }

    /// Notes who is erased, and until when: now, or the newest that a skewed clock has told.
    async fn note(
        &mut self,
        parts: &[Part],
        more: BTreeSet<(bool, String)>,
    ) -> Result<(), StoreError> {
        let told_at = parts.iter().map(Part::told_at).max().unwrap_or_default();
        let until = self.now.max(told_at);
        let mut keys = more;
        for part in parts {
            let names = part.names.iter();
            keys.extend(names.map(|name| (part.livemode, Erased::key(self.org, name))));
        }
        let mut rows = Rows::new(3);
        for (livemode, key) in keys {
            rows.push([livemode.into(), key.into(), until.0.into()]);
        }
        self.run(&sql::ERASE_NAMES, rows).await?;
        Ok(())
    }

    /// All events whose facts are or were in these neighbourhoods.
    async fn events_of(&mut self, parts: &[Part]) -> Result<BTreeSet<String>, StoreError> {
        let mut ids = BTreeSet::new();
        for statement in [&ledger_sql::EVENTS_OF, &ledger_sql::FACTS_EVENTS] {
            let homes = refold::texts(parts.iter().map(|part| &part.id));
            for row in self.run(statement, homes).await? {
                ids.insert(row.text("id")?.to_owned());
            }
        }
        Ok(ids)
    }

    /// Of those, the events that speak of who is meant.
    async fn spoken_events(&mut self, parts: &[Part]) -> Result<BTreeSet<String>, StoreError> {
        let ids = self.events_of(parts).await?;
        let names: BTreeSet<&Name> = parts.iter().flat_map(|part| &part.names).collect();
        let events = events::again(self.transaction.as_mut(), self.org, &ids).await?;
        let speaks = |event: &events::Event| {
            let mut told = event.reading.facts.iter().flat_map(|fact| fact.names());
            told.any(|name| names.contains(name))
        };
        Ok(events
            .into_iter()
            .filter(speaks)
            .map(|event| event.id)
            .collect())
    }

    /// Erases in neighbourhoods. Answers whether anything was left to erase in their facts.
    async fn erase(
        &mut self,
        parts: &[Part],
        bodies: BTreeSet<String>,
        asked: &BTreeSet<Name>,
    ) -> Result<bool, StoreError> {
        let mut changed = false;
        for part in parts {
            changed |= self.strip_facts(part).await?;
            self.clear_customers(part).await?;
            self.rename(part).await?;
            self.clear_answers(part).await?;
        }
        let mut names: BTreeSet<&Name> = parts.iter().flat_map(|part| &part.names).collect();
        names.extend(asked);
        self.clear_requests(|other| other.customers.iter().any(|name| names.contains(name)))
            .await?;
        erased::drop_bodies(self.transaction.as_mut(), self.org, &bodies).await?;
        // The next batch folds them again: customers and metadata of sales follow the facts.
        let due = refold::texts(parts.iter().map(|part| &part.id));
        self.run(&sql::DUE_NOW, due).await?;
        Ok(changed)
    }

    /// Drops what is left of a source's bodies.
    async fn drop_bodies_of(&mut self, source_id: &str) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let page = (source_id, after.as_str(), PAGE_BODIES);
            let ids = deliveries::of_source(self.transaction.as_mut(), self.org, page).await?;
            let Some(last) = ids.last() else {
                return Ok(());
            };
            after.clone_from(last);
            let ids = ids.into_iter().collect();
            erased::drop_bodies(self.transaction.as_mut(), self.org, &ids).await?;
        }
    }

    async fn finish(mut self, request: &Request) -> Result<(), StoreError> {
        let args = args![self.org, request.id.as_str(), self.now.0];
        self.transaction.run(&sql::SET_DONE, args).await?;
        let change = super::change(What::PrivacyErased, request);
        let (store, ids) = (self.tools.store.as_ref(), &self.tools.ids);
        let scope = WriteScope::of_server(store, ids, self.org, self.now);
        changes::record(self.transaction.as_mut(), &scope, change).await?;
        self.transaction.commit().await
    }

    /// Runs a statement on a batch, if there is anything in it.
    async fn run(
        &mut self,
        statement: &'static Statement,
        rows: Rows,
    ) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.transaction.run(statement, args![self.org; rows]).await
    }
}
