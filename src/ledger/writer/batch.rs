//! One batch: one organization, one transaction, from new events and reports to entries.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::accept::Accepted;
use super::before::Before;
use super::context::{self, Ground, Lookups};
use super::large::LARGE_FACTS;
use super::neighbours::{NewNames, Placed, place};
use super::publish::{Folded, Publisher};
use super::record::Record;
use super::refold::{self, Neighbourhoods};
use super::stored::{self, NewRows};
use super::{Answer, BATCH_SIZE, Published, Report, Tools, answers, erased, events, sql};
use crate::args;
use crate::inbox::{Arrived, Receipt, Waiting};
use crate::ledger::calls::PROCESSOR;
use crate::ledger::facts::{FactSet, Kept};
use crate::ledger::fold::Outcome;
use crate::ledger::reversal;
use crate::metrics;
use crate::outbox::Wanted;
use crate::store::{Flushing, Row, Rows, StoreError, Transaction, Value};

/// What somebody waits for, to be done by a batch.
#[derive(Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Deliveries that are stored by it.
    pub deliveries: &'a [&'a Waiting],
    /// Merchants' reports.
    pub reports: &'a [&'a Report],
}

/// What a batch has done.
pub struct Done {
    /// What each delivery is told, in order.
    pub receipts: Vec<Receipt>,
    /// The answer to each report, in order; `None` for one that has to go into the next batch.
    pub answers: Vec<Option<Answer>>,
    /// Whether there is more than fitted into the batch.
    pub more: bool,
    /// Nobody is told of it before it lasts.
    pub flushing: Flushing,
}

/// How much of what waits a batch takes at most.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// New events of the inbox.
    pub events: i64,
    /// Neighbourhoods whose time has come.
    pub due: i64,
}

impl Limits {
    /// What an ordinary batch takes. Of what is due not much: who comes meanwhile waits until it is folded.
    pub const FULL: Self = Self {
        events: BATCH_SIZE,
        due: 64,
    };
    /// What a batch takes beside what somebody waits for.
    pub const BESIDE: Self = Self {
        events: BATCH_SIZE,
        due: 16,
    };
    /// Nothing that waits: for reports alone.
    pub const NOTHING: Self = Self { events: 0, due: 0 };
}

/// Runs one batch for one organization.
///
/// # Errors
/// [`StoreError::Busy`] where it brings deliveries and another replica writes the ledger: they can be stored alone.
pub async fn run(
    tools: &Tools,
    org: &str,
    asked: Asked<'_>,
    limits: Limits,
) -> Result<Done, StoreError> {
    let mut transaction = tools.store.begin().await?;
    let now = tools.clock.now();
    let outgoing = lock(transaction.as_mut(), org, asked).await?;
    let mut batch = Batch {
        tools,
        org,
        now,
        transaction: transaction.as_mut(),
        answers: vec![None; asked.reports.len()],
        large: Large::Later,
        outgoing,
    };
    let (receipts, more, done) = batch.work(asked, limits).await?;
    let answers = batch.answers;
    let flushing = transaction.commit_ahead().await?;
    let ids = done.iter().map(|event| event.id.as_str());
    metrics::recorded(ids, tools.clock.now());
    metrics::committed(receipts.len());
    Ok(Done {
        receipts,
        answers,
        more,
        flushing,
    })
}

async fn lock(
    transaction: &mut dyn Transaction,
    org: &str,
    asked: Asked<'_>,
) -> Result<Wanted, StoreError> {
    if asked.deliveries.is_empty() {
        return Wanted::of_lock(&transaction.run(&sql::LOCK, args![org]).await?);
    }
    let locked = transaction.run(&sql::LOCK_IF_FREE, args![org]).await?;
    if locked.is_empty() {
        return Err(StoreError::Busy);
    }
    Wanted::of_lock(&locked)
}

/// Brings what is due up to date within a transaction of the caller, who has locked the organization and
/// decides whether it lasts. New events wait.
pub async fn rework(
    tools: &Tools,
    org: &str,
    transaction: &mut dyn Transaction,
) -> Result<(), StoreError> {
    let locked = transaction.run(&sql::LOCK, args![org]).await?;
    let mut batch = Batch::whole(tools, org, transaction, &locked)?;
    let limits = Limits {
        events: 0,
        due: BATCH_SIZE,
    };
    batch.work(Asked::default(), limits).await.map(drop)
}

/// Takes one event in, which has its body but no row yet, within a transaction of the caller, who has locked the
/// organization and decides whether it lasts.
pub async fn take_in(
    tools: &Tools,
    org: &str,
    transaction: &mut dyn Transaction,
    event: events::Event,
) -> Result<(), StoreError> {
    let locked = transaction.run(&sql::LOCK, args![org]).await?;
    let mut batch = Batch::whole(tools, org, transaction, &locked)?;
    let none = BTreeSet::new();
    let ground = Ground::read(batch.transaction, org).await?;
    let only = Which::These(&none);
    batch.process(&ground, vec![event], only).await?;
    Ok(())
}

pub(super) struct Batch<'a> {
    pub(super) tools: &'a Tools,
    pub(super) org: &'a str,
    pub(super) now: Micros,
    pub(super) transaction: &'a mut dyn Transaction,
    pub(super) answers: Vec<Option<Answer>>,
    pub(super) large: Large,
    /// What endpoints of outgoing webhooks want to be told.
    pub(super) outgoing: Wanted,
}

/// Which large neighbourhoods a batch folds; the others wait for [`super::large`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Large {
    /// None: others would have to wait.
    Later,
    /// All.
    Folded,
}

impl<'a> Batch<'a> {
    /// One that answers nobody and folds large neighbourhoods too, of an organization that has been locked, with what the lock has answered.
    pub(super) fn whole(
        tools: &'a Tools,
        org: &'a str,
        transaction: &'a mut dyn Transaction,
        locked: &[Row],
    ) -> Result<Self, StoreError> {
        Ok(Self {
            tools,
            org,
            now: tools.clock.now(),
            transaction,
            answers: Vec::new(),
            large: Large::Folded,
            outgoing: Wanted::of_lock(locked)?,
        })
    }

    /// Answers what each delivery is told, whether there is more than fitted, and the events that are done.
    async fn work(
        &mut self,
        asked: Asked<'_>,
        limits: Limits,
    ) -> Result<(Vec<Receipt>, bool, Vec<events::Event>), StoreError> {
        let arrived = Arrived::of(asked.deliveries, &self.tools.ids);
        let (ground, known) = Ground::ahead(self.transaction, self.org, &arrived).await?;
        let settings = &ground.settings;
        let mut events =
            events::pending(self.transaction, self.org, settings, limits.events).await?;
        let full = is_full(events.len(), limits.events);
        let new = arrived.new_ones(&known);
        events.extend(events::delivered(settings, new)?);
        arrived
            .insert_bodies(self.transaction, self.org, &known)
            .await?;
        let accepted = self.accept(asked.reports).await?;
        events.extend(accepted.iter().map(Accepted::event));
        let due = Which::Due(limits.due);
        let done = self.process(&ground, events, due).await?;
        events::heed_notices(self.transaction, self.org, self.now, &done.events).await?;
        self.answer(&accepted, &done);
        let (transaction, org) = (&mut *self.transaction, self.org);
        answers::remember(transaction, org, self.now, asked.reports, &self.answers).await?;
        arrived.count(transaction, org, &known).await?;
        let receipts = arrived.receipts(transaction, org, &known).await?;
        Ok((receipts, full || done.many_due, done.events))
    }

    /// Places what events say, folds what has changed, and publishes it. `also` names neighbourhoods that
    /// are folded even if nothing in them has changed.
    pub(super) async fn process(
        &mut self,
        ground: &Ground,
        mut events: Vec<events::Event>,
        also: Which<'_>,
    ) -> Result<Processed, StoreError> {
        let mut incoming: Vec<_> = events
            .iter_mut()
            .flat_map(events::Event::take_facts)
            .collect();
        if ground.erased {
            erased::strip(self.transaction, self.org, &mut incoming, &events).await?;
        }
        let incoming = (incoming, &ground.names);
        let mut placed = place(self.transaction, self.org, incoming, &self.tools.ids).await?;
        events::heed_codes(self.transaction, self.org, &events).await?;
        let (due, many_due) = match also {
            Which::These(ids) => {
                let these = refold::existing(self.transaction, self.org, ids).await?;
                (these, false)
            }
            Which::Due(limit) => {
                let due = self.due(limit).await?;
                let full = is_full(due.len(), limit);
                (due, full)
            }
        };
        let homes = placed.of_event.clone();
        let new = placed.new.clone();
        let names = std::mem::take(&mut placed.names);
        let (neighbourhoods, later, told) = self.absorb(placed, due).await?;
        let wanted = refold::wanted(&neighbourhoods);
        let lookups =
            context::load(self.transaction, self.org, (&wanted, ground), self.now).await?;
        let mut results = self
            .fold_and_publish(&neighbourhoods, (&new, names, told), &lookups)
            .await?;
        let calls = events.iter().filter(|event| event.processor == PROCESSOR);
        let unfolded: BTreeSet<String> = calls
            .filter(|call| homes.get(&call.id).is_some_and(|home| later.contains(home)))
            .map(|call| call.id.clone())
            .collect();
        let unfolded_calls = unfolded
            .iter()
            .map(|id| (id.clone(), reversal::Waiting::Fold));
        results.waiting.extend(unfolded_calls);
        let (transaction, org) = (&mut *self.transaction, self.org);
        let waiting = &results.waiting;
        events::finish(transaction, org, self.now, &mut events, &homes, waiting).await?;
        let touched: BTreeSet<String> = neighbourhoods.into_keys().collect();
        // Of a new one all events have just been marked.
        let older = touched.difference(&new).cloned().collect();
        events::refresh_parked(transaction, org, self.now, &older, waiting).await?;
        Ok(Processed {
            events,
            results,
            touched,
            unfolded,
            lookups,
            many_due,
        })
    }

    async fn due(&mut self, limit: i64) -> Result<BTreeMap<String, bool>, StoreError> {
        let most = match self.large {
            Large::Folded => i64::MAX,
            Large::Later => LARGE_FACTS,
        };
        let args = args![self.org, self.now.0, limit, most];
        if limit == 0 {
            return Ok(BTreeMap::new());
        }
        let rows = self.transaction.run(&sql::DUE, args).await?;
        rows.iter()
            .map(|row| Ok((row.text("id")?.to_owned(), row.flag("livemode")?)))
            .collect()
    }

    /// Joins the new facts with those that are there. Answers the neighbourhoods that have to be folded, changed or due; those that are folded
    /// later, whose facts are stored; and what of the new facts is still to be stored.
    async fn absorb(
        &mut self,
        mut placed: Placed,
        due: BTreeMap<String, bool>,
    ) -> Result<(Neighbourhoods, BTreeSet<String>, NewRows), StoreError> {
        let later = self.later(&placed).await?;
        let (later, now): (BTreeMap<_, _>, _) = std::mem::take(&mut placed.by_neighbourhood)
            .into_iter()
            .partition(|(id, _)| later.contains(id) && !due.contains_key(id));
        placed.by_neighbourhood = now;
        let later_ids = later.keys().cloned().collect();
        self.take_in(later).await?;
        let mut neighbourhoods: Neighbourhoods = BTreeMap::new();
        for (id, livemode) in &due {
            neighbourhoods.insert(id.clone(), (*livemode, FactSet::new()));
        }
        for (id, (livemode, _)) in &placed.by_neighbourhood {
            neighbourhoods
                .entry(id.clone())
                .or_insert_with(|| (*livemode, FactSet::new()));
        }
        let stored = neighbourhoods.keys();
        let stored = refold::texts(stored.filter(|id| !placed.new.contains(*id)));
        refold::read_facts_of(self.transaction, self.org, stored, &mut neighbourhoods).await?;
        let mut changed = NewRows::new();
        let mut untouched: BTreeSet<String> = BTreeSet::new();
        for (id, (livemode, facts)) in placed.by_neighbourhood {
            let Some((_, set)) = neighbourhoods.get_mut(&id) else {
                continue;
            };
            let mut is_touched = false;
            for said in stored::by_event(facts) {
                // All of it, so that what a row holds does not depend on what was known when it came.
                if said.iter().any(|kept| set.takes(&kept.fact)) {
                    changed.add((livemode, &id), &said)?;
                    is_touched = true;
                }
                for kept in said {
                    set.absorb(kept);
                }
            }
            if !is_touched && !due.contains_key(&id) {
                untouched.insert(id);
            }
        }
        neighbourhoods.retain(|id, _| !untouched.contains(id));
        Ok((neighbourhoods, later_ids, changed))
    }

    /// The neighbourhoods that new facts belong to and that are not folded here, being large.
    async fn later(&mut self, placed: &Placed) -> Result<BTreeSet<String>, StoreError> {
        let known = placed.by_neighbourhood.keys();
        let ids = refold::texts(known.filter(|id| !placed.new.contains(*id)));
        if self.large != Large::Later || ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let args = args![self.org, LARGE_FACTS; ids];
        let rows = self.transaction.run(&sql::LARGE, args).await?;
        rows.iter()
            .map(|row| Ok(row.text("id")?.to_owned()))
            .collect()
    }

    /// Takes in facts without a look at what is there, and leaves their neighbourhoods due.
    async fn take_in(
        &mut self,
        later: BTreeMap<String, (bool, Vec<Kept>)>,
    ) -> Result<(), StoreError> {
        let (mut rows, mut touched) = (NewRows::new(), Rows::new(2));
        for (id, (livemode, facts)) in later {
            touched.push([id.as_str().into(), count(facts.len()).into()]);
            for said in stored::by_event(facts) {
                rows.add((livemode, &id), &said)?;
            }
        }
        self.store_facts(rows).await?;
        if !touched.is_empty() {
            let args = args![self.org, self.now.0; touched];
            self.transaction.post(&sql::LATER, args).await?;
        }
        Ok(())
    }

    async fn store_facts(&mut self, rows: NewRows) -> Result<(), StoreError> {
        if !rows.is_empty() {
            let args = args![self.org; rows.into_rows()];
            self.transaction.post(&sql::STORE_FACTS, args).await?;
        }
        Ok(())
    }

    async fn fold_and_publish(
        &mut self,
        neighbourhoods: &Neighbourhoods,
        (new, names, told): (&BTreeSet<String>, NewNames, NewRows),
        lookups: &Lookups,
    ) -> Result<Results, StoreError> {
        if neighbourhoods.is_empty() {
            let sales = BTreeMap::new();
            self.store_facts(told).await?;
            names.write(self.transaction, self.org, sales).await?;
            return Ok(Results::default());
        }
        let ids = neighbourhoods.keys().filter(|id| !new.contains(*id));
        let ids: BTreeSet<String> = ids.cloned().collect();
        let mut before = Before::read(self.transaction, self.org, &ids).await?;
        let folded = refold::fold_all(neighbourhoods, lookups, &before)?;
        let waiting = waiting(neighbourhoods, &folded);
        // Only now, when all is read: what is written without a look at anything is said to the database together.
        self.store_facts(told).await?;
        let writer = Publisher {
            org: self.org,
            now: self.now,
            ids: &self.tools.ids,
            lookups,
            outgoing: self.outgoing,
        };
        let published = writer
            .publish(self.transaction, &folded, &mut before, names)
            .await?;
        self.note_claims_and_due(&folded, new, neighbourhoods)
            .await?;
        Ok(Results {
            published,
            waiting,
            outcomes: folded.into_iter().map(|folded| folded.outcome).collect(),
            sales_before: before.sales,
        })
    }

    /// Remembers what each neighbourhood still waits for: clicks and codes, and a time. Those that are new get their row.
    async fn note_claims_and_due(
        &mut self,
        folded: &[Folded],
        new: &BTreeSet<String>,
        neighbourhoods: &Neighbourhoods,
    ) -> Result<(), StoreError> {
        let (mut cleared, mut claims) = (Rows::new(1), Rows::new(2));
        let (mut made, mut due) = (Rows::new(5), Rows::new(4));
        for neighbourhood in folded {
            let id = neighbourhood.id.as_str();
            let standing: [Value; 3] = [
                neighbourhood.outcome.due_at.map(|at| at.0).into(),
                count(neighbourhoods.get(id).map_or(0, |(_, facts)| facts.len())).into(),
                count(neighbourhood.outcome.shared_ids.len()).into(),
            ];
            if new.contains(id) {
                let own = [id.into(), neighbourhood.livemode.into()];
                made.push(own.into_iter().chain(standing));
            } else {
                cleared.push([id.into()]);
                due.push([id.into()].into_iter().chain(standing));
            }
            for (kind, value) in &neighbourhood.outcome.unknown_claims {
                claims.push([super::claim_text(*kind, value).into(), id.into()]);
            }
        }
        for (statement, rows) in [
            (&sql::DELETE_CLAIMS, cleared),
            (&sql::INSERT_CLAIMS, claims),
            (&sql::INSERT_NEIGHBOURHOODS, made),
            (&sql::SET_DUE, due),
        ] {
            if !rows.is_empty() {
                self.transaction
                    .post(statement, args![self.org; rows])
                    .await?;
            }
        }
        Ok(())
    }
}

/// Which neighbourhoods are folded besides those that have changed.
pub(super) enum Which<'a> {
    /// At most so many of those whose time has come.
    Due(i64),
    /// These.
    These(&'a BTreeSet<String>),
}

/// The events whose facts wait for something, and for what.
pub(super) fn waiting(
    neighbourhoods: &Neighbourhoods,
    folded: &[Folded],
) -> BTreeMap<String, reversal::Waiting> {
    let mut waiting: BTreeMap<String, reversal::Waiting> = BTreeMap::new();
    for neighbourhood in folded {
        let facts = neighbourhoods
            .get(&neighbourhood.id)
            .map(|(_, facts)| facts);
        for (key, why) in &neighbourhood.outcome.waiting {
            if let Some(kept) = facts.and_then(|facts| facts.get(key)) {
                waiting.insert(kept.event_id.clone(), *why);
            }
        }
    }
    waiting
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Whether there may be more than was taken.
fn is_full(taken: usize, limit: i64) -> bool {
    limit > 0 && i64::try_from(taken) == Ok(limit)
}

/// What the folds of a batch have led to.
#[derive(Default)]
pub(super) struct Results {
    pub(super) published: Published,
    waiting: BTreeMap<String, reversal::Waiting>,
    pub(super) outcomes: Vec<Outcome>,
    /// The sales of the folded neighbourhoods as they were before.
    pub(super) sales_before: BTreeMap<String, Record>,
}

/// What came of events and reports.
pub(super) struct Processed {
    pub(super) events: Vec<events::Event>,
    pub(super) results: Results,
    /// Neighbourhoods that were folded.
    pub(super) touched: BTreeSet<String>,
    /// Calls about large neighbourhoods that are folded later.
    pub(super) unfolded: BTreeSet<String>,
    pub(super) lookups: Lookups,
    many_due: bool,
}
