//! `keys`: create, list and revoke API keys. A key is printed once, when it is made, and never again.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::cli::{Exit, KeysCommand};
use crate::keys::{self, NewKey, Scopes};

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("KEY", "shown"),
    ("LIVE", "livemode"),
    ("MAY", "scopes"),
    ("CREATED", "createdAt"),
    ("LAST USED", "lastUsedAt"),
    ("EXPIRES", "expiresAt"),
    ("REVOKED", "revokedAt"),
];

const SECONDS_OF_DAY: i64 = 86_400;

pub(super) async fn run(bench: &Bench, command: KeysCommand, json: bool) -> Result<Exit> {
    match command {
        KeysCommand::Create {
            name,
            mode,
            test,
            scope,
            expires_in_days,
        } => {
            let now = bench.clock.now();
            let days = expires_in_days.map(|days| i64::from(days) * SECONDS_OF_DAY);
            let new = NewKey {
                name: &name,
                livemode: mode.livemode() && !test,
                scopes: Scopes::new(scope).unwrap_or_else(Scopes::admin),
                expires_at: days.map(|seconds| now.plus_seconds(seconds)),
            };
            create(bench, &new, json).await
        }
        KeysCommand::List => list(bench, json).await,
        KeysCommand::Revoke { id } => revoke(bench, &id, json).await,
    }
}

async fn create(bench: &Bench, new: &NewKey<'_>, json: bool) -> Result<Exit> {
    let organization = bench.organization().await?;
    let (id, key) = keys::create(&bench.scope(&organization.id), new).await?;
    if json {
        let value = json!({
            "id": id, "name": new.name, "livemode": new.livemode, "scopes": new.scopes,
            "expiresAt": new.expires_at.map(|at| at.to_string()), "key": key.expose(),
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
                "scopes": key.scopes.text(),
                "createdAt": key.created_at.to_string(),
                "expiresAt": key.expires_at.map(|at| at.to_string()),
                "lastUsedAt": key.last_used_at.map(|at| at.to_string()),
                "revokedAt": key.revoked_at.map(|at| at.to_string()),
            })));
        }
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

async fn revoke(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    for organization in bench.organizations().await? {
        let scope = bench.scope(&organization.id);
        if keys::revoke(&scope, id).await? {
            if json {
                output::json(&json!({"id": id, "revokedAt": scope.now.to_string()}))?;
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
