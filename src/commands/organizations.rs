//! `organizations`: each has its own program, partners, sources and ledger, and sees no other's.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::actor::Actor;
use crate::catalog::{self, CatalogError, check};
use crate::cli::{Exit, OrganizationsCommand};
use crate::mails;
use crate::organization::{self, Organization};

const COLUMNS: &[output::Column] = &[("ID", "id"), ("NAME", "name"), ("CREATED", "createdAt")];

pub(super) async fn run(bench: &Bench, command: OrganizationsCommand, json: bool) -> Result<Exit> {
    let store = bench.store.as_ref();
    match command {
        OrganizationsCommand::Create { name } => {
            let name = check::text("name", &name).map_err(|error| Usage(error.to_string()))?;
            let now = bench.clock.now();
            let made = organization::create(store, &bench.ids, &Actor::Command, &name, now).await?;
            if bench.mails {
                mails::switch(store, true).await?;
            }
            if json {
                output::json(&row(&made))?;
            } else {
                output::line(&made.id)?;
            }
        }
        OrganizationsCommand::Rename { name } => {
            let organization = bench.organization().await?;
            let scope = bench.scope(&organization.id);
            let renamed = catalog::organization::rename(&scope, &name);
            let renamed = renamed.await.map_err(|error| match error {
                CatalogError::Invalid { message, .. } => Usage(message).into(),
                other => anyhow::Error::from(other),
            })?;
            if json {
                output::json(&row(&renamed))?;
            } else {
                output::line(&format!("{} is called {} now", renamed.id, renamed.name))?;
            }
        }
        OrganizationsCommand::List => {
            let all = organization::list(store).await?;
            let rows: Vec<_> = all.iter().map(row).collect();
            output::rows(json, COLUMNS, &rows)?;
        }
    }
    Ok(Exit::Success)
}

fn row(organization: &Organization) -> serde_json::Map<String, serde_json::Value> {
    output::row(json!({
        "id": organization.id,
        "name": organization.name,
        "createdAt": organization.created_at.to_string(),
    }))
}
