//! `keys`: create, list and revoke API keys. A key is printed once, when it is made, and never again.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::cli::{Exit, KeysCommand, Mode};
use crate::keys;

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("KEY", "shown"),
    ("LIVE", "livemode"),
    ("CREATED", "createdAt"),
    ("REVOKED", "revokedAt"),
];

pub(super) async fn run(bench: &Bench, command: KeysCommand, json: bool) -> Result<Exit> {
    match command {
        KeysCommand::Create {
            name,
            mode,
            organization,
        } => create(bench, (&name, mode), organization.as_deref(), json).await,
        KeysCommand::List => list(bench, json).await,
        KeysCommand::Revoke { id } => revoke(bench, &id, json).await,
    }
}

async fn create(
    bench: &Bench,
    (name, mode): (&str, Mode),
    organization: Option<&str>,
    json: bool,
) -> Result<Exit> {
    let organization = bench.organization(organization).await?;
    let named = (organization.id.as_str(), name, mode.livemode());
    let store = bench.store.as_ref();
    let (id, key) = keys::create(store, &bench.ids, named, bench.clock.now()).await?;
    if json {
        let value = json!({
            "id": id, "name": name, "livemode": mode.livemode(), "key": key.expose(),
        });
        output::json(&value)?;
    } else {
        output::line(key.expose())?;
    }
    Ok(Exit::Success)
}

async fn list(bench: &Bench, json: bool) -> Result<Exit> {
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        for key in keys::list(bench.store.as_ref(), &organization.id).await? {
            rows.push(output::row(json!({
                "id": key.id, "name": key.name, "shown": key.shown, "livemode": key.livemode,
                "organizationId": organization.id,
                "createdAt": key.created_at.to_string(),
                "revokedAt": key.revoked_at.map(|at| at.to_string()),
            })));
        }
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

async fn revoke(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    for organization in bench.organizations().await? {
        let now = bench.clock.now();
        if keys::revoke(bench.store.as_ref(), &organization.id, id, now).await? {
            if json {
                output::json(&json!({"id": id, "revokedAt": now.to_string()}))?;
            } else {
                output::line(&format!("{id} is revoked"))?;
            }
            return Ok(Exit::Success);
        }
    }
    Err(Usage(format!(
        "no key in use has the id {id}: see `tributary keys list`"
    ))
    .into())
}
