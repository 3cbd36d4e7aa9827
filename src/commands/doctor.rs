//! `doctor`: what is wrong, and what to do about it. Looks only: it brings no schema up to date and makes no database. Of processors' APIs it asks what
//! reconciling would ask, and keeps nothing of the answers.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Bench, must_exist, output};
use crate::cli::{DoctorArgs, Exit};
use crate::config::Config;
use crate::doctor::gather::{self, Ground};
use crate::doctor::{Facts, Finding, Level, Server, SourceFacts, judge, judge_unreachable};
use crate::organization;
use crate::reconcile::Reconciler;
use crate::store;

const COLUMNS: &[output::Column] = &[
    ("SOURCE", "id"),
    ("PROCESSOR", "processor"),
    ("LIVE", "livemode"),
    ("STATUS", "status"),
    ("LAST VERIFIED", "lastVerifiedAt"),
    ("LAST REFUSED", "lastRefusedAt"),
    ("UNREAD", "unread"),
    ("PARKED", "parked"),
    ("FAILED", "failed"),
];

pub(super) async fn run(
    (args, organization): (DoctorArgs, Option<String>),
    config: &Config,
    json: bool,
) -> Result<Exit> {
    let (all, findings) = match examine(organization, config, args.offline).await {
        Ok(all) => {
            let findings = together(&all);
            (all, findings)
        }
        Err(error) if error.is::<super::Usage>() => return Err(error),
        Err(error) => (Vec::new(), vec![judge_unreachable(&format!("{error:#}"))]),
    };
    if json {
        output::json(&as_json(&all, &findings))?;
    } else {
        print(&all, &findings)?;
    }
    let worst = findings.iter().map(|finding| finding.level).min();
    Ok(match worst {
        Some(Level::Wrong) => Exit::Failed,
        Some(Level::Look) if args.strict => Exit::Failed,
        _ => Exit::Success,
    })
}

async fn examine(
    organization: Option<String>,
    config: &Config,
    offline: bool,
) -> Result<Vec<Facts>> {
    must_exist(config)?;
    let bench = Bench::look(config).await?.of(organization);
    let parts = (bench.store.clone(), bench.clock.clone(), bench.ids.clone());
    let reconciler = (!offline).then(|| Reconciler::new(config, parts, None));
    let facts = of_organizations(&bench, config, reconciler.as_ref()).await;
    bench.store.close().await;
    facts
}

async fn of_organizations(
    bench: &Bench,
    config: &Config,
    asks: Option<&Reconciler>,
) -> Result<Vec<Facts>> {
    let file: Option<PathBuf> = store::file(config.database_url.expose());
    let ground = Ground {
        desk: bench.desk(),
        public_url: &bench.public_url,
        file: file.as_deref(),
        asks,
    };
    let (found, expected) = store::schema(bench.store.as_ref()).await?;
    let mut all = Vec::new();
    if found == Some(expected) {
        let organizations = organization::list(bench.store.as_ref()).await?;
        for organization in bench.meant(organizations)? {
            all.push(gather::facts(ground, &organization.id).await?);
        }
    }
    if all.is_empty() {
        all.push(gather::facts(ground, "").await?);
    }
    Ok(all)
}

/// What is wrong anywhere; what is wrong with the installation is said once.
fn together(all: &[Facts]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in all.iter().flat_map(judge) {
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings.sort_by_key(|finding| finding.level);
    findings
}

fn print(all: &[Facts], findings: &[Finding]) -> Result<()> {
    let sources: Vec<&SourceFacts> = all.iter().flat_map(|facts| &facts.sources).collect();
    if !sources.is_empty() {
        let rows: Vec<_> = sources.iter().map(|source| source_row(source)).collect();
        output::rows(false, COLUMNS, &rows)?;
        output::line("")?;
    }
    for finding in findings {
        let of = finding.source_id.as_ref();
        let of = of.and_then(|id| sources.iter().find(|source| source.id == *id));
        let place = of.map(|source| format!("{} {}: ", source.title, source.id));
        let (level, place) = (
            finding.level.word().to_uppercase(),
            place.unwrap_or_default(),
        );
        output::paragraph(&format!("{level:<6} "), &format!("{place}{}", finding.what))?;
        output::paragraph("       ", &finding.then)?;
    }
    let wrong = findings
        .iter()
        .filter(|one| one.level == Level::Wrong)
        .count();
    let look = findings
        .iter()
        .filter(|one| one.level == Level::Look)
        .count();
    output::line(&match (wrong, look) {
        (0, 0) => "All is well.".to_owned(),
        (wrong, look) => format!("\n{wrong} wrong, {look} to look at."),
    })
}

fn as_json(all: &[Facts], findings: &[Finding]) -> Value {
    let healthy = findings.iter().all(|one| one.level != Level::Wrong);
    let sources: Vec<_> = all
        .iter()
        .flat_map(|facts| &facts.sources)
        .map(source_row)
        .collect();
    json!({
        "healthy": healthy,
        "findings": findings,
        "sources": sources,
        "server": all.first().map(|facts| server_row(&facts.server)),
    })
}

fn server_row(server: &Server) -> Value {
    json!({
        "schema": server.schema.found,
        "schemaExpected": server.schema.expected,
        "databaseBytes": server.database_bytes,
        "diskFreeBytes": server.disk.map(|disk| disk.free),
        "publicUrl": server.public_url,
    })
}

fn source_row(source: &SourceFacts) -> Map<String, Value> {
    let events = |open: Option<crate::books::health::Open>| open.map_or(0, |open| open.events);
    let reasons = source.refused.iter();
    let reasons = reasons.map(|one| json!({"reason": one.reason, "refused": one.refused, "lastAt": one.last_at.to_string()}));
    output::row(json!({
        "id": source.id,
        "processor": source.processor,
        "livemode": source.livemode,
        "status": source.status,
        "lastVerifiedAt": source.last_verified().map(|at| at.to_string()),
        "lastRefusedAt": source.last_refused().map(|at| at.to_string()),
        "refused": reasons.collect::<Vec<_>>(),
        "unread": events(source.received),
        "parked": events(source.parked),
        "failed": events(source.failed),
        "neverSeen": source.never_seen(),
    }))
}
