//! Large neighbourhoods: a customer with thousands of payments, folded while nobody waits.
//!
//! A batch stores what is new of such a one and leaves it due. Here it is read in a snapshot, folded
//! outside of any transaction, and published in a short one, which writes the differences alone. What is published
//! follows from the facts of the snapshot; where more have come since, it stays due. Of two that fold the same one
//! publishes: the other finds that it has been folded and begins again. Nothing of it is kept where this ends
//! half-way, and whoever looks next goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::awaited::Callers;
use super::batch::waiting;
use super::before::Before;
use super::context::{self, Ground, Lookups};
use super::failure::defer;
use super::neighbours::NewNames;
use super::publish::{Folded, Publisher};
use super::refold::{self, Neighbourhoods};
use super::{Tools, claim_text, events, sql};
use crate::args;
use crate::ledger::facts::FactSet;
use crate::outbox::Wanted;
use crate::store::{Row, Rows, StoreError};

/// A neighbourhood with more facts is large: some hundred payments.
pub(super) const LARGE_FACTS: i64 = 1_000;

/// How often somebody looks for those that are due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often one is folded again because another has published it meanwhile.
const TRIES: usize = 5;

/// Folds what is large and due, and answers those who wait for it. Ends when nobody can come any more.
pub(super) async fn run(tools: Tools, mut callers: Callers) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut open = true;
    while open {
        tokio::select! {
            biased;
            more = callers.come() => open = more,
            _ = look.tick() => {}
        }
        if !open && callers.is_empty() {
            return;
        }
        if let Err(error) = serve(&tools, &mut callers).await {
            tracing::warn!(%error, "large neighbourhoods wait");
        }
    }
}

async fn serve(tools: &Tools, callers: &mut Callers) -> Result<(), StoreError> {
    for row in due(tools).await? {
        fold_one(tools, &row).await?;
        callers.settle(tools).await;
    }
    callers.settle(tools).await;
    Ok(())
}

/// Folds all that are large and due.
pub(super) async fn fold_due(tools: &Tools) -> Result<(), StoreError> {
    for row in due(tools).await? {
        fold_one(tools, &row).await?;
    }
    Ok(())
}

async fn due(tools: &Tools) -> Result<Vec<Row>, StoreError> {
    let args = args![tools.clock.now().0, LARGE_FACTS];
    tools.store.read(&sql::LARGE_DUE, args).await
}

async fn fold_one(tools: &Tools, row: &Row) -> Result<(), StoreError> {
    let (org, id) = (row.text("organization_id")?, row.text("id")?);
    match fold(tools, org, id).await {
        Err(error) if !error.is_outage() => {
            tracing::error!(%error, organization.id = org, id, "put aside: it cannot be processed");
            defer(tools, org, id).await
        }
        outcome => outcome,
    }
}

async fn fold(tools: &Tools, org: &str, id: &str) -> Result<(), StoreError> {
    for _ in 0..TRIES {
        let Some(seen) = look(tools, org, id).await? else {
            return Ok(());
        };
        let work = spawn_blocking(move || seen.fold()).await;
        let work = work.map_err(|_broken| StoreError::Corrupt("neighbourhoods"))??;
        if publish(tools, org, work).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// A neighbourhood as one snapshot shows it.
struct Seen {
    id: String,
    revision: i64,
    changes: i64,
    neighbourhoods: Neighbourhoods,
    lookups: Lookups,
    before: Before,
    /// The states of its events.
    states: Vec<events::State>,
}

/// What it adds up to.
struct Work {
    seen: Seen,
    folded: Vec<Folded>,
}

impl Seen {
    fn fold(self) -> Result<Work, StoreError> {
        let folded = refold::fold_all(&self.neighbourhoods, &self.lookups, &self.before)?;
        Ok(Work { seen: self, folded })
    }
}

/// Reads it; `None` where it is not due any more, or gone.
async fn look(tools: &Tools, org: &str, id: &str) -> Result<Option<Seen>, StoreError> {
    let now = tools.clock.now();
    let mut view = tools.store.snapshot().await?;
    let rows = view.run(&sql::STANDING, args![org, id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    if row.opt_int("due_at")?.is_none_or(|at| at > now.0) {
        return Ok(None);
    }
    let mut neighbourhoods = Neighbourhoods::new();
    neighbourhoods.insert(id.to_owned(), (row.flag("livemode")?, FactSet::new()));
    refold::read_facts(view.as_mut(), org, &mut neighbourhoods).await?;
    let wanted = refold::wanted(&neighbourhoods);
    let ground = Ground::read(view.as_mut(), org).await?;
    let ids = BTreeSet::from([id.to_owned()]);
    Ok(Some(Seen {
        id: id.to_owned(),
        revision: row.int("revision")?,
        changes: row.int("changes")?,
        lookups: context::load(view.as_mut(), org, (&wanted, &ground), now).await?,
        before: Before::read(view.as_mut(), org, &ids).await?,
        states: events::states_of(view.as_mut(), org, &ids).await?,
        neighbourhoods,
    }))
}

/// Writes the differences; `false` where somebody else has folded it meanwhile.
async fn publish(tools: &Tools, org: &str, work: Work) -> Result<bool, StoreError> {
    let Work { mut seen, folded } = work;
    let waits = waiting(&seen.neighbourhoods, &folded);
    let states = events::changed_states(&seen.states, &waits);
    let facts = seen
        .neighbourhoods
        .values()
        .map(|(_, facts)| facts.len())
        .sum::<usize>();
    let facts = i64::try_from(facts).unwrap_or(i64::MAX);
    let shared: usize = folded.iter().map(|one| one.outcome.shared_ids.len()).sum();
    let shared = i64::try_from(shared).unwrap_or(i64::MAX);
    let mut claims: BTreeMap<String, Rows> = BTreeMap::new();
    for folded in &folded {
        let rows = claims
            .entry(folded.id.clone())
            .or_insert_with(|| Rows::new(2));
        for (kind, value) in &folded.outcome.unknown_claims {
            rows.push([claim_text(*kind, value).into(), folded.id.as_str().into()]);
        }
    }
    let due_at = folded
        .iter()
        .filter_map(|folded| folded.outcome.due_at)
        .min();
    let now = tools.clock.now();
    let mut transaction = tools.store.begin().await?;
    let locked = transaction.run(&sql::LOCK, args![org]).await?;
    let publisher = Publisher {
        org,
        now,
        ids: &tools.ids,
        lookups: &seen.lookups,
        outgoing: Wanted::of_lock(&locked)?,
    };
    let args = args![
        org,
        seen.id.as_str(),
        seen.revision,
        seen.changes,
        due_at.map(|at| at.0),
        facts,
        shared
    ];
    if transaction.run(&sql::FOLDED, args).await?.is_empty() {
        return Ok(false);
    }
    publisher
        .publish(
            transaction.as_mut(),
            &folded,
            &mut seen.before,
            NewNames::default(),
        )
        .await?;
    let mut ids = Rows::new(1);
    ids.push([seen.id.as_str().into()]);
    transaction
        .run(&sql::DELETE_CLAIMS, args![org; ids])
        .await?;
    for rows in claims.into_values().filter(|rows| !rows.is_empty()) {
        transaction
            .run(&sql::INSERT_CLAIMS, args![org; rows])
            .await?;
    }
    events::set_states(transaction.as_mut(), org, now, states).await?;
    transaction.commit().await?;
    Ok(true)
}
