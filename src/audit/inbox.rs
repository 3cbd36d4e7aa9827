//! From the inbox: reads every delivery once more, joins and folds what they say, and has it compared.
//! Nothing is written.
//!
//! Two passes. The first finds out which events belong together and keeps their names only; the second
//! takes one part after another, so that facts and bodies of a few hundred events are in memory at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use providers::Micros;

use super::findings::Findings;
use super::pace::Pace;
use super::{SharedId, compare, sql};
use crate::args;
use crate::books::statements::ledger::SETTINGS;
use crate::ledger::facts::FactSet;
use crate::ledger::writer::connect::{Connections, Together};
use crate::ledger::writer::figures::read_takings;
use crate::ledger::writer::refold::{self, Neighbourhoods, texts};
use crate::ledger::writer::{events, stored};
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
    pub(super) due: usize,
    /// How often each neighbourhood had been folded when the audit began.
    pub(super) revisions: HashMap<String, i64>,
    pub(super) shared_ids: Vec<SharedId>,
}

/// Compares what all deliveries add up to with what is stored.
pub(super) async fn check(
    pace: Pace,
    store: &dyn Store,
    now: Micros,
    org: &str,
    findings: &mut Findings,
) -> Result<Done, StoreError> {
    // First of all: whatever is folded from here on is noticed.
    let mut done = Done {
        revisions: revisions(store, org).await?,
        ..Done::default()
    };
    let connections = connect(pace, store, org, &mut done).await?;
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
        let step = pace.begin();
        work.check(store, chunk).await?;
        step.rest().await;
        rest = after;
    }
    Ok(done)
}

async fn revisions(store: &dyn Store, org: &str) -> Result<HashMap<String, i64>, StoreError> {
    let mut revisions = HashMap::new();
    let mut after = String::new();
    loop {
        let args = args![org, after.as_str(), NAMES_PAGE];
        let rows = store.read(&sql::REVISIONS, args).await?;
        let Some(last) = rows.last() else {
            return Ok(revisions);
        };
        last.text("id")?.clone_into(&mut after);
        for row in &rows {
            revisions.insert(row.text("id")?.to_owned(), row.int("revision")?);
        }
    }
}

async fn connect(
    pace: Pace,
    store: &dyn Store,
    org: &str,
    done: &mut Done,
) -> Result<Connections, StoreError> {
    let mut connections = Connections::default();
    let settings = events::settings(store.read(&SETTINGS, args![org]).await?)?;
    let mut after = String::new();
    loop {
        let step = pace.begin();
        let args = args![org, after.as_str(), EVENTS_PAGE];
        let rows = store.read(&sql::EVENTS, args).await?;
        let Some(last) = rows.last() else { break };
        last.text("id")?.clone_into(&mut after);
        done.events_read += rows.len();
        for row in &rows {
            connections.event(&events::event(row, &settings)?);
        }
        step.rest().await;
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

/// Stored facts by neighbourhood.
type StoredFacts = BTreeMap<String, FactSet>;

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
        // One view, so that a batch between two reads is no difference; and in nobody's way.
        let mut transaction = store.snapshot().await?;
        let (changed, due) = self.left_out(transaction.as_mut(), &stored_ids).await?;
        self.read_events(transaction.as_mut(), parts, &homes, &mut neighbourhoods)
            .await?;
        let stored = self
            .read_facts(transaction.as_mut(), &stored_ids, &mut neighbourhoods)
            .await?;
        let refolded =
            refold::refold(transaction.as_mut(), self.org, &neighbourhoods, self.now).await?;
        let ids = texts(refolded.before.sales.keys());
        let takings = read_takings(transaction.as_mut(), self.org, ids).await?;
        drop(transaction);
        self.done.seen.extend(refolded.before.sales.keys().cloned());
        let none = FactSet::new();
        for (folded, part) in refolded.folded.iter().zip(by_home(parts)) {
            let any_of =
                |ids: &BTreeSet<String>| part.neighbourhoods.iter().any(|id| ids.contains(id));
            if any_of(&changed) {
                self.done.left_out += 1;
                continue;
            }
            if any_of(&due) {
                self.done.due += 1;
                continue;
            }
            self.done.neighbourhoods += 1;
            let shared = folded.outcome.shared_ids.iter();
            let shared = shared.map(|shared| SharedId {
                id: shared.id.value().to_owned(),
                processor: shared.processor.clone(),
                customers: shared.customers,
                livemode: part.livemode,
                says: shared.says(shared.id.value()),
            });
            self.done.shared_ids.extend(shared);
            compare::home(self.findings, part);
            let facts = neighbourhoods.get(&folded.id).map(|(_, facts)| facts);
            let stored = stored.get(&folded.id).unwrap_or(&none);
            compare::facts(self.findings, facts, stored);
            compare::sales(self.findings, folded, &refolded);
            compare::entries(self.findings, folded, &refolded);
            compare::takings(self.findings, folded, &refolded, &takings);
        }
        Ok(())
    }

    /// Neighbourhoods that the ledger has folded or united with others since the audit began; and those that it has
    /// to fold again by now.
    async fn left_out(
        &self,
        transaction: &mut dyn Transaction,
        ids: &BTreeSet<String>,
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), StoreError> {
        let (mut changed, mut due) = (ids.clone(), BTreeSet::new());
        if ids.is_empty() {
            return Ok((changed, due));
        }
        let args = args![self.org; texts(ids)];
        for row in transaction.run(&sql::TIMES, args).await? {
            let id = row.text("id")?;
            if self.done.revisions.get(id) == Some(&row.int("revision")?) {
                changed.remove(id);
            }
            if row.opt_int("due_at")?.is_some_and(|at| at <= self.now.0) {
                due.insert(id.to_owned());
            }
        }
        Ok((changed, due))
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
            let own = stored.entry(home.to_owned()).or_default();
            let is_bodiless = row.opt_text("body_of")?.is_none();
            if is_bodiless {
                self.done.bodiless.insert(row.text("event_id")?.to_owned());
            }
            for kept in stored::kept(&row)? {
                own.absorb(kept.clone());
                if let Some((_, facts)) = neighbourhoods.get_mut(home).filter(|_| is_bodiless) {
                    facts.absorb(kept);
                }
            }
        }
        Ok(stored)
    }
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
