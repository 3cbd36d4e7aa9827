//! From the inbox: reads every delivery once more, joins and folds what they say, and compares.
//!
//! Two passes. The first finds out which events belong together and keeps their names only; the second
//! takes one part after another, so that facts and bodies of a few hundred events are in memory at once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use providers::{Fact, Micros};

use super::findings::Findings;
use super::sql;
use crate::args;
use crate::ledger::facts::{FactSet, stored_text};
use crate::ledger::sale::Sale;
use crate::ledger::writer::booking::{self, Account};
use crate::ledger::writer::connect::{Connections, Together};
use crate::ledger::writer::events;
use crate::ledger::writer::publish::Folded;
use crate::ledger::writer::record::Record;
use crate::ledger::writer::refold::{self, Neighbourhoods, Refolded, texts};
use crate::ledger::writer::sql::{LOCK, SETTINGS};
use crate::store::{Store, StoreError, Transaction};

/// Events in one read, with their bodies.
const EVENTS_PAGE: i64 = 500;

/// Names in one read.
const NAMES_PAGE: i64 = 5_000;

/// Parts that are compared together: at most about so many events and so many parts.
const CHUNK_EVENTS: usize = 500;
const CHUNK_PARTS: usize = 250;

/// What was done.
#[derive(Default)]
pub(super) struct Done {
    /// Every sale that a neighbourhood has.
    pub(super) seen: HashSet<String>,
    pub(super) events_read: usize,
    /// Events of which only stored facts are left.
    pub(super) bodiless: BTreeSet<String>,
    pub(super) neighbourhoods: usize,
    pub(super) left_out: usize,
}

/// Compares what all deliveries add up to with what is stored.
pub(super) async fn check(
    store: &dyn Store,
    now: Micros,
    org: &str,
    findings: &mut Findings,
) -> Result<Done, StoreError> {
    let mut done = Done::default();
    let connections = connect(store, org, &mut done).await?;
    let mut parts = connections.together();
    parts.sort_by(|a, b| a.neighbourhoods.cmp(&b.neighbourhoods));
    let mut rest = parts.as_slice();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(chunk_length(rest));
        let mut work = Chunk {
            now,
            org,
            connections: &connections,
            findings: &mut *findings,
            done: &mut done,
        };
        work.check(store, chunk).await?;
        rest = after;
    }
    Ok(done)
}

async fn connect(store: &dyn Store, org: &str, done: &mut Done) -> Result<Connections, StoreError> {
    let mut connections = Connections::default();
    let settings = events::settings(store.read(&SETTINGS, args![org]).await?)?;
    let mut after = String::new();
    loop {
        let args = args![org, after.as_str(), EVENTS_PAGE];
        let rows = store.read(&sql::EVENTS, args).await?;
        let Some(last) = rows.last() else { break };
        last.text("id")?.clone_into(&mut after);
        done.events_read += rows.len();
        for row in &rows {
            connections.event(&events::event(row, &settings)?);
        }
    }
    let mut after = (false, String::new());
    loop {
        let args = args![org, after.0, after.1.as_str(), NAMES_PAGE];
        let rows = store.read(&sql::NAMES, args).await?;
        let Some(last) = rows.last() else { break };
        after = (last.flag("livemode")?, last.text("name")?.to_owned());
        for row in &rows {
            let home = row.text("neighbourhood_id")?;
            connections.name(row.flag("livemode")?, row.text("name")?, home);
        }
    }
    Ok(connections)
}

/// How many of the parts are compared together.
fn chunk_length(parts: &[Together]) -> usize {
    let mut events = 0;
    let fits = parts.iter().take(CHUNK_PARTS).take_while(|part| {
        events += part.events.len();
        events <= CHUNK_EVENTS
    });
    fits.count().max(1)
}

/// A few parts on their way through the comparison.
struct Chunk<'a> {
    now: Micros,
    org: &'a str,
    connections: &'a Connections,
    findings: &'a mut Findings,
    done: &'a mut Done,
}

/// Stored facts by neighbourhood and key.
type StoredFacts = BTreeMap<String, BTreeMap<String, Fact>>;

impl Chunk<'_> {
    async fn check(&mut self, store: &dyn Store, parts: &[Together]) -> Result<(), StoreError> {
        let homes: BTreeMap<usize, String> = parts.iter().map(|p| (p.part, home(p))).collect();
        let mut neighbourhoods: Neighbourhoods = parts
            .iter()
            .map(|part| (home(part), (part.livemode, FactSet::new())))
            .collect();
        let stored_ids: BTreeSet<String> = parts
            .iter()
            .flat_map(|part| part.neighbourhoods.iter().cloned())
            .collect();
        // Under the ledger's lock, so that a batch between two reads is no difference.
        let mut transaction = store.begin().await?;
        transaction.run(&LOCK, args![self.org]).await?;
        let left_out = self.left_out(transaction.as_mut(), &stored_ids).await?;
        self.read_events(transaction.as_mut(), parts, &homes, &mut neighbourhoods)
            .await?;
        let stored = self
            .read_facts(transaction.as_mut(), &stored_ids, &mut neighbourhoods)
            .await?;
        let refolded =
            refold::refold(transaction.as_mut(), self.org, &neighbourhoods, self.now).await?;
        drop(transaction);
        self.done.seen.extend(refolded.before.sales.keys().cloned());
        let none = BTreeMap::new();
        for (folded, part) in refolded.folded.iter().zip(by_home(parts)) {
            if part.neighbourhoods.iter().any(|id| left_out.contains(id)) {
                self.done.left_out += 1;
                continue;
            }
            self.done.neighbourhoods += 1;
            self.check_home(part);
            let facts = neighbourhoods.get(&folded.id).map(|(_, facts)| facts);
            self.compare_facts(facts, stored.get(&folded.id).unwrap_or(&none));
            self.compare_sales(folded, &refolded);
            self.compare_entries(folded, &refolded);
        }
        Ok(())
    }

    /// Neighbourhoods that the ledger has worked on or united with others meanwhile, or has to look at
    /// again by now.
    async fn left_out(
        &self,
        transaction: &mut dyn Transaction,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut left_out = ids.clone();
        if ids.is_empty() {
            return Ok(left_out);
        }
        let args = args![self.org; texts(ids)];
        for row in transaction.run(&sql::TIMES, args).await? {
            let due = row.opt_int("due_at")?.is_some_and(|at| at <= self.now.0);
            let worked = row.opt_int("processed_at")?;
            if !due && worked.is_none_or(|at| at <= self.now.0) {
                left_out.remove(row.text("id")?);
            }
        }
        Ok(left_out)
    }

    async fn read_events(
        &mut self,
        transaction: &mut dyn Transaction,
        parts: &[Together],
        homes: &BTreeMap<usize, String>,
        neighbourhoods: &mut Neighbourhoods,
    ) -> Result<(), StoreError> {
        let ids: BTreeSet<String> = parts
            .iter()
            .flat_map(|part| part.events.iter().cloned())
            .collect();
        for mut event in events::again(transaction, self.org, &ids).await? {
            for incoming in event.take_facts() {
                let fact = &incoming.kept.fact;
                let part = self.connections.part(incoming.livemode, fact);
                // An event may speak of two things; each belongs to its own part.
                let home = part.and_then(|part| homes.get(&part));
                if let Some((_, facts)) = home.and_then(|home| neighbourhoods.get_mut(home)) {
                    facts.absorb(incoming.kept);
                }
            }
        }
        Ok(())
    }

    /// Reads what is stored, and takes over what came from deliveries whose body is gone.
    async fn read_facts(
        &mut self,
        transaction: &mut dyn Transaction,
        ids: &BTreeSet<String>,
        neighbourhoods: &mut Neighbourhoods,
    ) -> Result<StoredFacts, StoreError> {
        let mut stored = StoredFacts::new();
        if ids.is_empty() {
            return Ok(stored);
        }
        let args = args![self.org; texts(ids)];
        for row in transaction.run(&sql::FACTS, args).await? {
            let home = row.text("neighbourhood_id")?;
            let kept = refold::kept(&row)?;
            stored
                .entry(home.to_owned())
                .or_default()
                .insert(row.text("key")?.to_owned(), kept.fact.clone());
            if row.opt_text("body_of")?.is_none() {
                self.done.bodiless.insert(kept.event_id.clone());
                if let Some((_, facts)) = neighbourhoods.get_mut(home) {
                    facts.absorb(kept);
                }
            }
        }
        Ok(stored)
    }

    /// What is connected must be in one neighbourhood.
    fn check_home(&mut self, part: &Together) {
        if let [first, rest @ ..] = part.neighbourhoods.as_slice() {
            for other in rest {
                let (stored, computed) = (Some(other.clone()), Some(first.clone()));
                let what = ("neighbourhood", other.as_str());
                self.findings.add(what, "is one with", stored, computed);
            }
        }
    }

    fn compare_facts(&mut self, computed: Option<&FactSet>, stored: &BTreeMap<String, Fact>) {
        // The content is not shown: it may be personal.
        let shown = |there: bool| there.then(|| "(not shown)".to_owned());
        for (key, kept) in computed.into_iter().flat_map(FactSet::iter) {
            let is = stored.get(key);
            if is.is_none_or(|fact| stored_text(fact) != stored_text(&kept.fact)) {
                let what = ("fact", key);
                self.findings
                    .add(what, "content", shown(is.is_some()), shown(true));
            }
        }
        for key in stored.keys() {
            if computed.is_none_or(|facts| facts.get(key).is_none()) {
                self.findings
                    .add(("fact", key), "content", shown(true), None);
            }
        }
    }

    fn compare_sales(&mut self, folded: &Folded, refolded: &Refolded) {
        let before = &refolded.before;
        let matched = before.matched(folded);
        for (sale, id) in folded.outcome.sales.iter().zip(&matched) {
            let record = id.as_ref().and_then(|id| before.sales.get(id));
            let Some(record) = record else {
                let computed = Some(format!("{} {}", sale.amounts.net, sale.currency));
                self.findings
                    .add(("sale", sale.object.value()), "row", None, computed);
                continue;
            };
            let computed = computed_record(sale, folded, record, refolded);
            for (field, is, should_be) in record.differences(&computed) {
                let (is, should_be) = (Some(is), Some(should_be));
                self.findings
                    .add(("sale", &record.id), field, is, should_be);
            }
            for name in &sale.references {
                let of = before.reference(&folded.id, name);
                if of != Some(&record.id) {
                    let what = ("reference", name.value());
                    let should_be = Some(record.id.clone());
                    self.findings.add(what, "sale_id", of.cloned(), should_be);
                }
            }
        }
        let own = before.sales.values();
        for record in own.filter(|record| record.neighbourhood_id == folded.id) {
            if record.is_live() && !matched.iter().flatten().any(|id| *id == record.id) {
                let is = Some("live".to_owned());
                self.findings.add(("sale", &record.id), "state", is, None);
            }
        }
    }

    /// What entries must add up to, for the neighbourhood's sales and leads.
    fn compare_entries(&mut self, folded: &Folded, refolded: &Refolded) {
        let before = &refolded.before;
        let mut computed: BTreeMap<Account, i64> = BTreeMap::new();
        let mut subjects: BTreeSet<&String> = before
            .sales
            .values()
            .filter(|record| record.neighbourhood_id == folded.id)
            .map(|record| &record.id)
            .collect();
        let matched = before.matched(folded);
        for (sale, id) in folded.outcome.sales.iter().zip(&matched) {
            if let Some(id) = id {
                booking::book(&mut computed, id, sale.earning.as_ref());
            }
        }
        for lead in &folded.outcome.leads {
            match before.lead(&folded.id, &lead.id) {
                Some(id) => {
                    booking::book(&mut computed, id, lead.earning.as_ref());
                    subjects.insert(id);
                }
                None => {
                    let should_be = Some(lead.event_name.clone());
                    self.findings
                        .add(("lead", &lead.id), "row", None, should_be);
                }
            }
        }
        let stored: BTreeMap<Account, i64> = before
            .sums
            .iter()
            .filter(|((subject, ..), _)| subjects.contains(subject))
            .map(|(account, amount)| (account.clone(), *amount))
            .collect();
        self.findings.accounts(&stored, &computed);
    }
}

/// The row that a sale must have. Its customer's id is made once and cannot be computed: it is taken over.
fn computed_record(sale: &Sale, folded: &Folded, stored: &Record, refolded: &Refolded) -> Record {
    let hold_days = &refolded.lookups.hold_days;
    let available_at = booking::available_at(hold_days, sale.earning.as_ref(), sale.occurred_at);
    let customer_id = sale.customer.as_ref().and_then(|_| stored.customer_id());
    let own = (stored.id.as_str(), folded.id.as_str());
    let customer_id = customer_id.map(str::to_owned);
    Record::of(sale, own, folded.livemode, customer_id, available_at)
}

/// The neighbourhood under which a part is folded.
fn home(part: &Together) -> String {
    let own = || format!("not stored: {}", part.part);
    part.neighbourhoods.first().cloned().unwrap_or_else(own)
}

/// Parts in the order in which their neighbourhoods are folded.
fn by_home(parts: &[Together]) -> Vec<&Together> {
    let mut sorted: Vec<&Together> = parts.iter().collect();
    sorted.sort_by_key(|part| home(part));
    sorted
}
