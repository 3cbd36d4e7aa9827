//! Reads what the doctor judges. Changes nothing, not even a schema that is old. Processors are asked only where a way to their APIs is given.

use std::collections::BTreeMap;
use std::path::Path;

use providers::Micros;

use super::{Facts, KeyState, Schema, Server, SourceFacts, StoppedJobs, disk};
use crate::books::health::{self, AllOpen};
use crate::books::jobs::{self, State};
use crate::books::reconciliations;
use crate::books::refusals::{self, KEPT_DAYS, Refused};
use crate::books::{Scope, audits, condition};
use crate::reconcile::{Access, Reconciler};
use crate::seal::SealError;
use crate::sources::{Desk, REMOVED, Source, SourceError, adapter, odd};
use crate::store::{self, StoreError};

/// The most jobs that are looked at.
const JOBS: i64 = 500;

/// What is needed to look.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// Finds sources.
    pub desk: Desk<'a>,
    /// How the world reaches the server.
    pub public_url: &'a str,
    /// The file that the database is, if it is one.
    pub file: Option<&'a Path>,
    /// Tries the keys to processors' APIs; without it, what the last try has said counts.
    pub asks: Option<&'a Reconciler>,
}

/// Everything that can be known of the installation and one organization's sources.
///
/// # Errors
/// What the database says.
pub async fn facts(ground: Ground<'_>, org: &str) -> Result<Facts, SourceError> {
    let mut server = server(ground).await?;
    let can_read = matches!(server.master_key, KeyState::Fits | KeyState::Absent);
    if server.schema.found != Some(server.schema.expected) || !can_read {
        return Ok(Facts {
            now: ground.desk.now,
            server,
            sources: Vec::new(),
        });
    }
    let scope = Scope {
        store: ground.desk.store,
        org,
        now: ground.desk.now,
    };
    server.stopped_jobs = stopped_jobs(&scope).await?;
    server.audited = audits::last(&scope).await?;
    Ok(Facts {
        now: scope.now,
        server,
        sources: sources(ground, &scope).await?,
    })
}

/// What there is to know of the installation before anything of it is read.
async fn server(ground: Ground<'_>) -> Result<Server, SourceError> {
    let Desk { store, .. } = ground.desk;
    let (found, expected) = store::schema(store).await?;
    let schema = Schema { found, expected };
    let condition = condition::of(store).await?;
    let master_key = match found {
        Some(version) if version == expected => master_key(ground.desk).await?,
        _ => KeyState::Absent,
    };
    Ok(Server {
        schema,
        database_clock: condition.clock,
        unsafe_settings: condition.unsafe_settings,
        database_bytes: condition.bytes,
        disk: match ground.file {
            Some(file) => disk::around(file).await,
            None => None,
        },
        master_key,
        public_url: ground.public_url.to_owned(),
        stopped_jobs: Vec::new(),
        audited: None,
    })
}

async fn master_key(desk: Desk<'_>) -> Result<KeyState, SourceError> {
    match desk.check_master_key().await {
        Ok(()) if desk.seal.is_active() => Ok(KeyState::Fits),
        Ok(()) => Ok(KeyState::Absent),
        Err(SourceError::Seal(cause) | SourceError::Sealed { cause, .. }) => Ok(match cause {
            SealError::NoKey => KeyState::Missing,
            SealError::WrongKey | SealError::Damaged => KeyState::Wrong,
        }),
        Err(other) => Err(other),
    }
}

async fn stopped_jobs(scope: &Scope<'_>) -> Result<Vec<StoppedJobs>, StoreError> {
    let mut found: Vec<StoppedJobs> = Vec::new();
    let open = jobs::open(scope, JOBS).await?;
    for job in open.into_iter().filter(|job| job.state == State::Stopped) {
        match found.iter_mut().find(|known| known.kind == job.kind) {
            Some(known) => {
                known.jobs += 1;
                known.last_error = job.last_error;
            }
            None => found.push(StoppedJobs {
                kind: job.kind,
                jobs: 1,
                last_error: job.last_error,
            }),
        }
    }
    Ok(found)
}

async fn sources(ground: Ground<'_>, scope: &Scope<'_>) -> Result<Vec<SourceFacts>, SourceError> {
    let since = Micros(scope.now.0).plus_days(-KEPT_DAYS);
    let refused = refusals::since(scope, since).await?;
    let live = health::open(scope, true).await?;
    let test = health::open(scope, false).await?;
    let mut found = Vec::new();
    let asked = reconciliations::list(scope).await?;
    for source in ground.desk.list(scope.org).await? {
        if source.status != REMOVED {
            let open = if source.livemode { &live } else { &test };
            let access = match ground.asks {
                Some(reconciler) if source.is_open() => reconciler.access(&source).await?,
                _ => last_access(&asked, &source.id),
            };
            let facts = facts_of(scope, source, open, &refused).await?;
            found.push(SourceFacts {
                access,
                refused_since_verified: since_verified(scope, &facts).await?,
                ..facts
            });
        }
    }
    Ok(found)
}

/// What the last try to ask a source's processor has said.
fn last_access(asked: &[reconciliations::Reconciliation], source_id: &str) -> Access {
    let one = asked.iter().find(|one| one.source_id == source_id);
    match one {
        Some(one) if one.credential.is_some() => match &one.error {
            Some(error) => Access::Away(error.clone()),
            None => Access::Open,
        },
        _ => Access::None,
    }
}

/// How often a source has refused for each reason since it was heard; refusals are kept by the hour.
async fn since_verified(
    scope: &Scope<'_>,
    source: &SourceFacts,
) -> Result<BTreeMap<String, i64>, StoreError> {
    const HOUR_US: i64 = 3_600_000_000;
    let (Some(verified), Some(refused)) = (source.last_verified(), source.last_refused()) else {
        return Ok(BTreeMap::new());
    };
    if refused < verified {
        return Ok(BTreeMap::new());
    }
    let hour = Micros(verified.0 - verified.0.rem_euclid(HOUR_US));
    let all = refusals::since(scope, hour).await?;
    let own = all.into_iter().filter(|one| one.source_id == source.id);
    Ok(own.map(|one| (one.reason, one.refused)).collect())
}

async fn facts_of(
    scope: &Scope<'_>,
    source: Source,
    open: &AllOpen,
    refused: &[Refused],
) -> Result<SourceFacts, SourceError> {
    let about = adapter(&source.processor)?.about();
    let in_state = |state: &str| open.get(&(source.id.clone(), state.to_owned())).copied();
    let of_source = refused.iter().filter(|one| one.source_id == source.id);
    let secrets = source.secrets.iter();
    let odd = secrets.flat_map(|secret| odd::oddities(about.id, secret.expose()));
    let needed = about.events.iter().filter(|event| event.required);
    Ok(SourceFacts {
        title: about.title,
        livemode: source.livemode,
        added_at: source.created_at,
        odd_secrets: odd.map(|odd| odd.says).collect(),
        needed: needed.map(|event| event.name).collect(),
        seen: health::types(scope, &source.id).await?,
        arrivals: health::arrivals(scope, &source.id).await?,
        cut: health::cut(scope, &source.id).await?,
        refused: of_source.cloned().collect(),
        refused_since_verified: BTreeMap::new(),
        received: in_state("received"),
        parked: in_state("parked"),
        failed: in_state("failed"),
        access: Access::None,
        id: source.id,
        processor: source.processor,
        status: source.status,
    })
}
