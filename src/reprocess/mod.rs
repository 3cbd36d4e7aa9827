//! Reprocessing: makes of stored deliveries what the program and its settings make of them today.
//!
//! Sales keep their ids and entries are never edited: what has become different is booked as new entries.
//! The dry run does the same work and undoes it, so that it shows exactly what the real run would do.

mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use providers::Micros;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use crate::actor::{Actor, WriteScope};
use crate::args;
use crate::books::Scope;
use crate::books::deliveries::{self, Wanted};
use crate::books::statements::ledger::NAMES;
use crate::changes::{self as audit_log, Details, What};
use crate::ledger::writer::connect::{Connections, Together};
use crate::ledger::writer::rebuild::{belonging, rebuild};
use crate::ledger::writer::{Tools, events};
use crate::store::{Rows, StoreError};

pub use changes::{Change, CommissionChange, FieldChange, SaleChange};

/// Which events; all that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// These events; empty: all.
    pub event_ids: BTreeSet<String>,
    /// Of this processor (`api` for calls).
    pub processor: Option<String>,
    /// Delivered to this source.
    pub source_id: Option<String>,
    /// Of this type.
    pub event_type: Option<String>,
    /// In this state: `processed`, `ignored`, `parked`, `failed`. Those that are `received` have their
    /// turn anyway.
    pub state: Option<String>,
    /// Of the live or of the test ledger alone.
    pub livemode: Option<bool>,
    /// Received at this time or later.
    pub since: Option<Micros>,
    /// Received before this time.
    pub until: Option<Micros>,
}

/// What reprocessing did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReprocessReport {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Events that the filter found.
    pub events_found: usize,
    /// Events read again: those found, and all that are connected with them.
    pub events_read: usize,
    /// Sales that appear, change or vanish.
    pub sales: Vec<SaleChange>,
    /// What that changes for partners.
    pub commissions: Vec<CommissionChange>,
}

/// Events made anew in one transaction: at most about so many, and at least all that belong together. Few: on SQLite
/// deliveries wait meanwhile.
const CHUNK_EVENTS: usize = 64;

/// The least time between two transactions, so that whoever waits for the lock finds it free: SQLite tells nobody, it
/// is asked again and again.
const PAUSE: Duration = Duration::from_millis(25);

/// Events in one read.
const PAGE: i64 = 1_000;

/// Reads stored deliveries again and brings the ledger to what they add up to today. Everything connected
/// with the events found is made anew; deliveries whose body is gone keep the facts they left.
///
/// Each part is one short transaction under the organization's lock, in the dry run too, and at least as much time as it
/// took is left to others before the next. A run that was broken off can be made again.
///
/// # Errors
/// What the database said. Parts that were done before it stay done; doing all again changes nothing.
pub async fn reprocess(
    tools: &Tools,
    organization_id: &str,
    actor: &Actor,
    filter: &Filter,
    dry_run: bool,
) -> Result<ReprocessReport, StoreError> {
    let found = find(tools, organization_id, filter, usize::MAX).await?;
    make_anew(tools, organization_id, (actor, filter), found, dry_run).await
}

/// The same for at most so many events: for who waits for it. `None` where the filter finds more, and nothing is done.
///
/// # Errors
/// What the database said.
pub async fn reprocess_some(
    tools: &Tools,
    organization_id: &str,
    actor: &Actor,
    filter: &Filter,
    most: usize,
    dry_run: bool,
) -> Result<Option<ReprocessReport>, StoreError> {
    let found = find(tools, organization_id, filter, most).await?;
    if found.len() > most {
        return Ok(None);
    }
    let asked = (actor, filter);
    let report = make_anew(tools, organization_id, asked, found, dry_run).await?;
    Ok(Some(report))
}

async fn make_anew(
    tools: &Tools,
    organization_id: &str,
    (actor, filter): (&Actor, &Filter),
    found: BTreeMap<String, Option<String>>,
    dry_run: bool,
) -> Result<ReprocessReport, StoreError> {
    let mut report = ReprocessReport {
        dry_run,
        ..ReprocessReport::default()
    };
    report.events_found = found.len();
    if !dry_run && !found.is_empty() {
        tell(tools, organization_id, actor, filter, found.len()).await?;
    }
    let parts = connect(tools, organization_id, found).await?;
    let mut commissions = BTreeMap::new();
    let mut chunk: BTreeSet<String> = BTreeSet::new();
    let mut rest = parts.into_iter().peekable();
    while let Some(part) = rest.next() {
        chunk.extend(part.events);
        let room = CHUNK_EVENTS.saturating_sub(chunk.len());
        if rest.peek().is_some_and(|next| next.events.len() <= room) {
            continue;
        }
        let events = std::mem::take(&mut chunk);
        let began = Instant::now();
        let rebuilt = rebuild(tools, organization_id, &events, !dry_run).await?;
        if rest.peek().is_some() {
            sleep(began.elapsed().max(PAUSE)).await;
        }
        report.events_read += rebuilt.events;
        let sales = changes::sales(&rebuilt, dry_run);
        report.sales.extend(sales);
        changes::add_commissions(&rebuilt, &mut commissions);
    }
    report.commissions = changes::commissions(commissions);
    Ok(report)
}

/// Writes the line about a run before its first part: a run that is broken off has changed something too.
async fn tell(
    tools: &Tools,
    org: &str,
    actor: &Actor,
    filter: &Filter,
    found: usize,
) -> Result<(), StoreError> {
    let scope = WriteScope {
        actor,
        ..WriteScope::of_server(tools.store.as_ref(), &tools.ids, org, tools.clock.now())
    };
    let details = Details::default()
        .set("events", found)
        .set("processor", &filter.processor)
        .set("sourceId", &filter.source_id)
        .set("type", &filter.event_type)
        .set("state", &filter.state)
        .set("since", filter.since.map(|at| at.to_string()))
        .set("until", filter.until.map(|at| at.to_string()));
    let mut ids = filter.event_ids.iter();
    let subject = match (ids.next(), ids.next()) {
        (Some(id), None) => id.as_str(),
        _ => org,
    };
    let mut transaction = scope.store.begin().await?;
    let change = audit_log::Change::of(What::EventsReprocessed, subject).with(details);
    audit_log::record(transaction.as_mut(), &scope, change).await?;
    transaction.commit().await
}

/// The events that a filter finds, each with its neighbourhood; where there are more than `most`, some of them and more than that.
async fn find(
    tools: &Tools,
    org: &str,
    filter: &Filter,
    most: usize,
) -> Result<BTreeMap<String, Option<String>>, StoreError> {
    let scope = Scope {
        store: tools.store.as_ref(),
        org,
        now: tools.clock.now(),
    };
    let wanted = Wanted {
        processor: filter.processor.as_deref(),
        source_id: filter.source_id.as_deref(),
        event_type: filter.event_type.as_deref(),
        state: filter.state.as_deref(),
        since: filter.since,
        until: filter.until,
        livemode: filter.livemode,
    };
    let mut found = BTreeMap::new();
    let ids: Vec<&String> = filter.event_ids.iter().collect();
    for some in ids.chunks(CHUNK_EVENTS) {
        found.extend(deliveries::readable_of(&scope, wanted, some).await?);
    }
    let mut after = String::new();
    while ids.is_empty() && found.len() <= most {
        let page = deliveries::readable(&scope, wanted, &after, PAGE).await?;
        let Some((last, _)) = page.last() else {
            return Ok(found);
        };
        after.clone_from(last);
        found.extend(page);
    }
    Ok(found)
}

/// Puts together what is connected, by the stored names and by those that the events say today: what
/// becomes one must be made anew at once.
async fn connect(
    tools: &Tools,
    org: &str,
    found: BTreeMap<String, Option<String>>,
) -> Result<Vec<Together>, StoreError> {
    let mut connections = Connections::default();
    let ids: Vec<&String> = found.keys().collect();
    let mut done: BTreeSet<String> = BTreeSet::new();
    for some in ids.chunks(CHUNK_EVENTS) {
        let some = some.iter().map(|id| (*id).clone());
        let some: BTreeSet<String> = some.filter(|id| !done.contains(id)).collect();
        let mut transaction = tools.store.snapshot().await?;
        let (_, ids) = belonging(transaction.as_mut(), org, &some).await?;
        let events = events::again(transaction.as_mut(), org, &ids).await?;
        drop(transaction);
        for event in events.iter().filter(|event| !done.contains(&event.id)) {
            connections.event(event);
        }
        done.extend(ids);
    }
    for (id, home) in &found {
        match home {
            Some(home) => connections.event_of(id, home),
            None => connections.event_alone(id),
        }
    }
    name_neighbourhoods(tools, org, &mut connections).await?;
    let mut parts = connections.together();
    parts.retain(|part| !part.events.is_empty());
    Ok(parts)
}

async fn name_neighbourhoods(
    tools: &Tools,
    org: &str,
    connections: &mut Connections,
) -> Result<(), StoreError> {
    let names: Vec<(bool, String)> = connections
        .names()
        .map(|(livemode, name)| (livemode, name.to_owned()))
        .collect();
    for some in names.chunks(CHUNK_EVENTS) {
        let mut rows = Rows::new(2);
        for (livemode, name) in some {
            rows.push([(*livemode).into(), name.as_str().into()]);
        }
        for row in tools.store.read(&NAMES, args![org; rows]).await? {
            let home = row.text("neighbourhood_id")?;
            connections.name(row.flag("livemode")?, row.text("name")?, home);
        }
    }
    Ok(())
}
