//! `jobs`: what the server does by itself, and what of it has failed.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Bench, Usage, output};
use crate::books::jobs::{self, Job};
use crate::cli::{Exit, JobsCommand};
use crate::jobs::retry;

/// The most that are listed of an organization.
const LISTED: i64 = 500;

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("STATE", "state"),
    ("NEXT", "runAt"),
    ("FAILED", "attempts"),
    ("LAST ERROR", "lastError"),
];

pub(super) async fn run(bench: &Bench, command: JobsCommand, json: bool) -> Result<Exit> {
    match command {
        JobsCommand::List => list(bench, json).await,
        JobsCommand::Retry { id } => again(bench, &id, json).await,
    }
}

async fn list(bench: &Bench, json: bool) -> Result<Exit> {
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        let open = jobs::open(&bench.books(&organization.id), LISTED).await?;
        rows.extend(open.iter().map(|job| row(&organization.id, job)));
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

async fn again(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let (mut found, now) = (0, bench.clock.now());
    for organization in bench.organizations().await? {
        let (store, org) = (bench.store.as_ref(), organization.id.as_str());
        found += usize::from(retry(store, org, id, now).await?);
    }
    if found == 0 {
        let message =
            format!("no job that waits or has stopped has the id {id}: see `tributary jobs list`");
        return Err(Usage(message).into());
    }
    if json {
        output::json(&json!({"id": id, "retried": true}))?;
    } else {
        output::line(&format!(
            "{id} is run within a second by a server that is up"
        ))?;
    }
    Ok(Exit::Success)
}

fn row(org: &str, job: &Job) -> Map<String, Value> {
    output::row(json!({
        "organizationId": org,
        "id": job.id,
        "kind": job.kind,
        "state": job.state.word(),
        "runAt": job.run_at.to_string(),
        "attempts": job.attempts,
        "lastError": job.last_error,
    }))
}
