//! What processors' APIs were asked, source by source, and what only they have told.

use std::collections::{BTreeMap, BTreeSet};

use providers::{Fact, Micros};

use super::Scope;
use super::row::{opt_text, opt_time, text, time};
use crate::args;
use crate::ledger::facts::FactSet;
use crate::ledger::writer::stored;
use crate::store::{Row, Rows, Statement, Store, StoreError, Transaction};

static LIST: Statement = Statement::new(
    "select source_id, credential, asked_until, walk, finished_at, pause_until, failures, error, told, missing
     from reconciliations where organization_id = $1 order by source_id",
);
static SET_CREDENTIAL: Statement = Statement::new(
    "insert into reconciliations (organization_id, source_id, credential, failures, told, missing)
     values ($1, $2, $3, 0, 0, 0)
     on conflict (organization_id, source_id) do update
         set credential = excluded.credential, error = null, failures = 0, pause_until = null, finished_at = null",
);
static SAVE: Statement = Statement::new(
    "update reconciliations set asked_until = $3, walk = $4, finished_at = $5, pause_until = $6, failures = $7,
         error = $8, told = $9, missing = $10
     where organization_id = $1 and source_id = $2",
);
static NOTE: Statement = Statement::new(
    "insert into findings (organization_id, source_id, external_id, found_at)
     select $1, r.source_id, r.external_id, r.found_at from {rows r: source_id text, external_id text, found_at int}
     where true
     on conflict (organization_id, source_id, external_id) do nothing",
);
/// A thin event of Stripe's names what happened, and does not say it.
static KNOWN: Statement = Statement::new(
    "select e.external_id from {rows r: external_id text}
     join events e on e.organization_id = $1 and e.external_id = r.external_id and e.processor = $2 and e.livemode = $3
         and e.api_version <> 'thin'",
);
static HOMES: Statement = Statement::new(
    "select distinct n.neighbourhood_id from {rows r: livemode int, name text}
     join name_homes n on n.organization_id = $1 and n.livemode = r.livemode and n.name = r.name",
);
static KEPT: Statement = Statement::new(
    "select f.event_id, f.processor, f.body from {rows r: id text}
     join facts f on f.organization_id = $1 and f.neighbourhood_id = r.id",
);
/// What no delivery has told to this day, and one should have: the rest of what one has cut short is none's to tell.
static ONLY_FOUND: Statement = Statement::new(
    "select f.source_id, cast(count(*) as bigint) as events, max(f.found_at) as last_at
     from findings f join events e on e.organization_id = $1 and e.external_id = f.external_id
         and e.source_id = f.source_id and e.deliveries = 1 and e.api_version not in ('thin', 'part')
     where f.organization_id = $1 and f.found_at >= $2 and e.livemode = $3
     group by f.source_id order by f.source_id",
);
static FOUND_AT: Statement = Statement::new(
    "select r.source_id, r.external_id, f.found_at from {rows r: source_id text, external_id text}
     join findings f on f.organization_id = $1 and f.source_id = r.source_id and f.external_id = r.external_id",
);
static BROUGHT: Statement = Statement::new(
    "select s.partner_id, p.name as partner, s.currency, cast(count(*) as bigint) as sales,
         cast(sum(s.net) as bigint) as net, cast(sum(s.commission_left) as bigint) as commission
     from sales s left join partners p on p.organization_id = $1 and p.id = s.partner_id
     where s.organization_id = $1 and s.state = 'live' and s.livemode = 1
     group by s.partner_id, p.name, s.currency",
);
static OF_ALL: Statement = Statement::new(
    "select cast((select count(*) from findings where found_at >= $1) as bigint) as found,
         cast((select count(*) from reconciliations where error is not null) as bigint) as failing,
         (select min(finished_at) from reconciliations where credential is not null) as oldest_at",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &LIST,
    &SET_CREDENTIAL,
    &SAVE,
    &NOTE,
    &KNOWN,
    &HOMES,
    &KEPT,
    &ONLY_FOUND,
    &FOUND_AT,
    &BROUGHT,
    &OF_ALL,
];

/// How asking about one source stands.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// The source.
    pub source_id: String,
    /// The key to its processor's API, sealed.
    pub credential: Option<Vec<u8>>,
    /// Up to when all has been asked.
    pub asked_until: Option<Micros>,
    /// The walk that is not at its end, as its maker writes it.
    pub walk: Option<String>,
    /// When the last walk came to its end, or was given up.
    pub finished_at: Option<Micros>,
    /// Until when the API is left alone.
    pub pause_until: Option<Micros>,
    /// Failures in a row.
    pub failures: i64,
    /// Why the last request failed.
    pub error: Option<String>,
    /// How much the processor had, in the last walk that came to its end.
    pub told: i64,
    /// How much of that was missing here.
    pub missing: i64,
}

impl Reconciliation {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            source_id: text(row, "source_id")?,
            credential: row.opt_bytes("credential")?.map(<[u8]>::to_vec),
            asked_until: opt_time(row, "asked_until")?,
            walk: opt_text(row, "walk")?,
            finished_at: opt_time(row, "finished_at")?,
            pause_until: opt_time(row, "pause_until")?,
            failures: row.int("failures")?,
            error: opt_text(row, "error")?,
            told: row.int("told")?,
            missing: row.int("missing")?,
        })
    }
}

/// All of an organization, by source.
pub async fn list(scope: &Scope<'_>) -> Result<Vec<Reconciliation>, StoreError> {
    let rows = scope.store.read(&LIST, args![scope.org]).await?;
    rows.iter().map(Reconciliation::read).collect()
}

/// That of one source.
pub async fn of(scope: &Scope<'_>, source_id: &str) -> Result<Option<Reconciliation>, StoreError> {
    let all = list(scope).await?;
    Ok(all.into_iter().find(|one| one.source_id == source_id))
}

/// Keeps the key to a source's API, sealed; without one it is not asked.
pub async fn set_credential(
    transaction: &mut dyn Transaction,
    org: &str,
    source_id: &str,
    sealed: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let args = args![org, source_id, sealed];
    transaction.run(&SET_CREDENTIAL, args).await.map(drop)
}

/// Writes down how a source stands.
pub async fn save(store: &dyn Store, org: &str, one: &Reconciliation) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    let at = |time: Option<Micros>| time.map(|at| at.0);
    let args = args![
        org,
        one.source_id.as_str(),
        at(one.asked_until),
        one.walk.clone(),
        at(one.finished_at),
        at(one.pause_until),
        one.failures,
        one.error.clone(),
        one.told,
        one.missing
    ];
    transaction.run(&SAVE, args).await?;
    transaction.commit().await
}

/// Marks events, by their ids at the processor, as found when it was asked.
pub async fn note(
    scope: &Scope<'_>,
    source_id: &str,
    external_ids: &BTreeSet<&str>,
) -> Result<(), StoreError> {
    let mut rows = Rows::new(3);
    for id in external_ids {
        rows.push([source_id.into(), (*id).into(), scope.now.0.into()]);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let mut transaction = scope.store.begin().await?;
    transaction.run(&NOTE, args![scope.org; rows]).await?;
    transaction.commit().await
}

/// Which of a processor's events are in the inbox.
pub async fn known(
    scope: &Scope<'_>,
    (processor, livemode): (&str, bool),
    external_ids: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, StoreError> {
    let mut rows = Rows::new(1);
    for id in external_ids {
        rows.push([(*id).into()]);
    }
    if rows.is_empty() {
        return Ok(BTreeSet::new());
    }
    let args = args![scope.org, processor, livemode; rows];
    let rows = scope.store.read(&KNOWN, args).await?;
    rows.iter().map(|row| text(row, "external_id")).collect()
}

/// The facts that are kept of all that these speak of.
pub async fn kept(
    scope: &Scope<'_>,
    livemode: bool,
    facts: impl Iterator<Item = &Fact>,
) -> Result<FactSet, StoreError> {
    let names: BTreeSet<&str> = facts
        .filter_map(|fact| Some(fact.names().first()?.as_str()))
        .collect();
    let mut rows = Rows::new(2);
    for name in names {
        rows.push([livemode.into(), name.into()]);
    }
    let mut kept = FactSet::new();
    if rows.is_empty() {
        return Ok(kept);
    }
    let homes = scope.store.read(&HOMES, args![scope.org; rows]).await?;
    let mut rows = Rows::new(1);
    for home in &homes {
        rows.push([home.text("neighbourhood_id")?.into()]);
    }
    if rows.is_empty() {
        return Ok(kept);
    }
    for row in scope.store.read(&KEPT, args![scope.org; rows]).await? {
        for one in stored::kept(&row)? {
            kept.absorb(one);
        }
    }
    Ok(kept)
}

/// What only asking has told, of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnlyFound {
    /// The source.
    pub source_id: String,
    /// How many events.
    pub events: i64,
    /// When the last was found.
    pub last_at: Micros,
}

/// What only asking has told since a time, by source.
pub async fn only_found(
    scope: &Scope<'_>,
    livemode: bool,
    since: Micros,
) -> Result<Vec<OnlyFound>, StoreError> {
    let args = args![scope.org, since.0, livemode];
    let rows = scope.store.read(&ONLY_FOUND, args).await?;
    rows.iter()
        .map(|row| {
            Ok(OnlyFound {
                source_id: text(row, "source_id")?,
                events: row.int("events")?,
                last_at: time(row, "last_at")?,
            })
        })
        .collect()
}

/// When asking has found events, by source and id at the processor.
pub type FoundAt = BTreeMap<(String, String), Micros>;

/// When asking has found events, by source and id at the processor; those that it has not are left out.
pub async fn found_at(
    scope: &Scope<'_>,
    events: impl Iterator<Item = (&str, &str)>,
) -> Result<FoundAt, StoreError> {
    let mut rows = Rows::new(2);
    for (source_id, external_id) in events {
        rows.push([source_id.into(), external_id.into()]);
    }
    if rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = scope.store.read(&FOUND_AT, args![scope.org; rows]).await?;
    rows.iter()
        .map(|row| {
            let event = (text(row, "source_id")?, text(row, "external_id")?);
            Ok((event, time(row, "found_at")?))
        })
        .collect()
}

/// What a partner has brought in one currency, refunds not taken off its net amount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The partner's name.
    pub partner: Option<String>,
    /// How many sales.
    pub sales: i64,
    /// What they came to, without tax.
    pub net: i64,
    /// What of them was earned and is left.
    pub commission: i64,
}

/// What the live ledger has by partner and currency; without a partner: of nobody.
pub async fn brought(
    scope: &Scope<'_>,
) -> Result<BTreeMap<(Option<String>, String), Brought>, StoreError> {
    let rows = scope.store.read(&BROUGHT, args![scope.org]).await?;
    rows.iter()
        .map(|row| {
            let brought = Brought {
                partner: opt_text(row, "partner")?,
                sales: row.int("sales")?,
                net: row.int("net")?,
                commission: row.int("commission")?,
            };
            let key = (opt_text(row, "partner_id")?, text(row, "currency")?);
            Ok((key, brought))
        })
        .collect()
}

/// Figures of all organizations together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfAll {
    /// Events that asking has found since a time.
    pub found: i64,
    /// Sources whose processor could not be asked.
    pub failing: i64,
    /// When the source was asked whose last time is longest ago.
    pub oldest_at: Option<Micros>,
}

/// The figures of all organizations together.
pub async fn of_all(store: &dyn Store, since: Micros) -> Result<OfAll, StoreError> {
    let rows = store.read(&OF_ALL, args![since.0]).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("reconciliations"))?;
    Ok(OfAll {
        found: row.int("found")?,
        failing: row.int("failing")?,
        oldest_at: opt_time(row, "oldest_at")?,
    })
}
