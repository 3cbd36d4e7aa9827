//! Erasing: personal data go out of facts, customers, bodies, kept answers and exports; names that are
//! personal themselves are replaced everywhere. What was erased is noted, so that it is not taken in again.
//!
//! Amounts, references, claims and entries are not touched: the ledger is folded again and stays the same.

use std::collections::BTreeSet;

use providers::{Micros, Name, NameKind};

use super::person::{self, Part};
use super::{Request, sql, strays};
use crate::args;
use crate::ledger::erased::{Erased, impersonal, is_personal};
use crate::ledger::facts::stored_text;
use crate::ledger::writer::sql as ledger_sql;
use crate::ledger::writer::{Answer, Tools, erased, events, refold};
use crate::store::{Row, Rows, StoreError, Transaction};

/// Neighbourhoods of a source that are erased in one transaction.
const CHUNK_NEIGHBOURHOODS: usize = 100;

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
        let args = args![org, request.source_id.as_str()];
        let rows = tools.store.read(&sql::SOURCE_NEIGHBOURHOODS, args).await?;
        let ids: Vec<String> = rows
            .iter()
            .map(|row| row.text("id").map(str::to_owned))
            .collect::<Result<_, _>>()?;
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
    let args = args![org, request.source_id.as_str()];
    step.transaction
        .run(&sql::DELETE_SOURCE_BODIES, args)
        .await?;
    step.clear_requests(|other| other.source_id == request.source_id)
        .await?;
    step.finish(request).await
}

/// One transaction under the organization's lock.
struct Step<'a> {
    org: &'a str,
    now: Micros,
    transaction: Box<dyn Transaction>,
}

impl<'a> Step<'a> {
    async fn begin(tools: &Tools, org: &'a str) -> Result<Self, StoreError> {
        let mut transaction = tools.store.begin().await?;
        let now = tools.clock.now();
        transaction.run(&ledger_sql::LOCK, args![org]).await?;
        Ok(Self {
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
        let mut due = Rows::new(2);
        for part in parts {
            due.push([part.id.as_str().into(), 0.into()]);
        }
        self.run(&ledger_sql::SET_DUE, due).await?;
        Ok(changed)
    }

    async fn strip_facts(&mut self, part: &Part) -> Result<bool, StoreError> {
        let facts = part.facts.facts().map(|fact| (part.livemode, fact));
        let none = std::iter::empty();
        let erased = erased::load(self.transaction.as_mut(), self.org, facts, none).await?;
        let (mut gone, mut rows) = (Rows::new(2), Rows::new(6));
        for (key, kept) in part.facts.iter() {
            let mut fact = kept.fact.clone();
            if erased.strip(part.livemode, "", &mut fact) {
                gone.push([part.livemode.into(), key.into()]);
                rows.push([
                    part.livemode.into(),
                    fact.key().into(),
                    part.id.as_str().into(),
                    kept.event_id.as_str().into(),
                    kept.processor.as_str().into(),
                    stored_text(&fact).into(),
                ]);
            }
        }
        let changed = !rows.is_empty();
        self.run(&sql::DELETE_FACTS, gone).await?;
        self.run(&ledger_sql::UPSERT_FACTS, rows).await?;
        Ok(changed)
    }

    async fn clear_customers(&mut self, part: &Part) -> Result<(), StoreError> {
        let mut rows = Rows::new(3);
        let home = refold::texts([&part.id]);
        for row in self.run(&ledger_sql::CUSTOMERS, home).await? {
            let names = names_in(row.text("names")?)?;
            let is_guest = |name: &Name| {
                let of = name.value().strip_prefix("guest/").and_then(Name::payment);
                of.is_some_and(|payment| part.names.contains(&payment))
            };
            if names.iter().any(|n| part.names.contains(n) || is_guest(n)) {
                let names = self.impersonal(&names);
                let external = names.iter().find(|n| n.kind() == NameKind::External);
                rows.push([
                    row.text("id")?.into(),
                    names_text(&names).into(),
                    external.map(Name::value).into(),
                ]);
            }
        }
        self.run(&sql::CLEAR_CUSTOMERS, rows).await?;
        Ok(())
    }

    /// Replaces names that are personal themselves where they stand alone.
    async fn rename(&mut self, part: &Part) -> Result<(), StoreError> {
        let mut rows = Rows::new(3);
        for name in part.names.iter().filter(|name| is_personal(name)) {
            let new = impersonal(self.org, name);
            let livemode = part.livemode.into();
            rows.push([livemode, name.as_str().into(), new.as_str().into()]);
        }
        self.run(&sql::RENAME_NAMES, rows.clone()).await?;
        self.run(&sql::RENAME_ASSIGNMENTS, rows).await?;
        Ok(())
    }

    async fn clear_answers(&mut self, part: &Part) -> Result<(), StoreError> {
        let names = part.names.iter().map(|name| name.as_str().to_owned());
        let names: Vec<String> = names.collect();
        let mut rows = Rows::new(3);
        for row in self.run(&sql::ANSWERS, refold::texts(&names)).await? {
            let mut answer: Answer = serde_json::from_str(row.text("answer")?)
                .map_err(|_damaged| StoreError::Corrupt("idempotency.answer"))?;
            let customer = Name::from_stored(row.text("customer")?);
            let customer = customer.map(|name| impersonal(self.org, &name));
            if let (Some(told), Some(customer)) = (answer.told_mut(), &customer) {
                customer.value().clone_into(&mut told.external_id);
                (told.email, told.name, told.avatar) = (None, None, None);
            }
            rows.push([
                row.text("key")?.into(),
                serde_json::to_string(&answer).unwrap_or_default().into(),
                customer.as_ref().map(Name::as_str).into(),
            ]);
        }
        self.run(&sql::CLEAR_ANSWERS, rows).await?;
        Ok(())
    }

    /// Clears what was collected for other requests that mean the same, and the requests' own bodies.
    async fn clear_requests(
        &mut self,
        is_same: impl Fn(&Request) -> bool,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(2);
        let mut bodies = BTreeSet::new();
        let stored = self.transaction.run(&sql::REQUESTS, args![self.org]);
        for row in stored.await? {
            let other = Request::read(&row)?;
            if is_same(&other) {
                let names = self.impersonal(&other.customers.iter().cloned().collect());
                rows.push([other.id.as_str().into(), names_text(&names).into()]);
                bodies.insert(other.event_id);
            }
        }
        self.run(&sql::CLEAR_REQUESTS, rows).await?;
        erased::drop_bodies(self.transaction.as_mut(), self.org, &bodies).await
    }

    async fn finish(mut self, request: &Request) -> Result<(), StoreError> {
        let args = args![self.org, request.id.as_str(), self.now.0];
        self.transaction.run(&sql::SET_DONE, args).await?;
        self.transaction.commit().await
    }

    fn impersonal(&self, names: &BTreeSet<Name>) -> BTreeSet<Name> {
        names
            .iter()
            .map(|name| impersonal(self.org, name))
            .collect()
    }

    /// Runs a statement on a batch, if there is anything in it.
    async fn run(
        &mut self,
        statement: &'static crate::store::Statement,
        rows: Rows,
    ) -> Result<Vec<Row>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.transaction.run(statement, args![self.org; rows]).await
    }
}

fn names_in(stored: &str) -> Result<BTreeSet<Name>, StoreError> {
    serde_json::from_str(stored).map_err(|_damaged| StoreError::Corrupt("customers.names"))
}

fn names_text(names: &BTreeSet<Name>) -> String {
    serde_json::to_string(names).unwrap_or_default()
}
