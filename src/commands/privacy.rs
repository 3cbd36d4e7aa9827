//! `privacy`: has what is known of a person collected or erased. A server that is up carries it out; what was collected is printed only where it is
//! asked for by its id.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{Bench, Usage, output};
use crate::cli::{Exit, PrivacyCommand};
use crate::privacy::{self, RequestKind};

/// The most that are listed.
const LISTED: i64 = 500;

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("KIND", "kind"),
    ("SOURCE", "sourceId"),
    ("ASKED", "createdAt"),
    ("DONE", "doneAt"),
];

pub(super) async fn run(bench: &Bench, command: PrivacyCommand, json: bool) -> Result<Exit> {
    match command {
        PrivacyCommand::Export { customer } => {
            ask(bench, RequestKind::ExportCustomer, &customer, json).await
        }
        PrivacyCommand::Erase { customer, yes } => {
            if !yes {
                let message = "this erases name, addresses and ids of the customer for good, in every delivery too: say --yes";
                return Err(Usage(message.to_owned()).into());
            }
            ask(bench, RequestKind::EraseCustomer, &customer, json).await
        }
        PrivacyCommand::List => list(bench, json).await,
        PrivacyCommand::Show { id } => show(bench, &id).await,
    }
}

async fn ask(bench: &Bench, kind: RequestKind, customer: &str, json: bool) -> Result<Exit> {
    let mut meant = Vec::new();
    for organization in bench.organizations().await? {
        let found = privacy::customers_meant(&bench.books(&organization.id), customer).await?;
        meant.extend(found.into_iter().map(|id| (organization.id.clone(), id)));
    }
    let (org, id) = match meant.as_slice() {
        [one] => one,
        [] => return Err(Usage("no customer has this id or e-mail address".to_owned()).into()),
        several => {
            let ids: Vec<&str> = several.iter().map(|(_, id)| id.as_str()).collect();
            let message = format!(
                "several customers are meant, give one of {}",
                ids.join(", ")
            );
            return Err(Usage(message).into());
        }
    };
    let request = privacy::ask(&bench.scope(org), kind, id).await?;
    let Some(request) = request else {
        bail!("{id} is gone");
    };
    if json {
        output::json(&json!({"id": request, "kind": kind.word(), "customerId": id}))?;
    } else {
        output::line(&request)?;
        tracing::info!(
            "a server that is up carries it out: `tributary privacy list`, `tributary privacy show {request}`"
        );
    }
    Ok(Exit::Success)
}

async fn list(bench: &Bench, json: bool) -> Result<Exit> {
    let mut rows = Vec::new();
    for organization in bench.organizations().await? {
        let (store, org) = (bench.store.as_ref(), organization.id.as_str());
        let found = privacy::requests(store, org, None, LISTED).await?;
        rows.extend(found.into_iter().map(|request| {
            output::row(json!({
                "organizationId": org,
                "id": request.id,
                "kind": request.kind.word(),
                "sourceId": request.source_id,
                "createdAt": request.created_at.to_string(),
                "doneAt": request.done_at.map(|at| at.to_string()),
            }))
        }));
    }
    output::rows(json, COLUMNS, &rows)?;
    Ok(Exit::Success)
}

async fn show(bench: &Bench, id: &str) -> Result<Exit> {
    for organization in bench.organizations().await? {
        let found = privacy::export(bench.store.as_ref(), &organization.id, id).await?;
        let Some((request, document)) = found else {
            continue;
        };
        let Some(document) = document else {
            let why = match request.done_at {
                None => "it is not carried out yet: a server that is up does that",
                Some(_) => {
                    "nothing is kept of it: it was no export, or the customer has been erased since"
                }
            };
            bail!("{why}");
        };
        let document: Value = serde_json::from_str(&document)?;
        output::json(&document)?;
        return Ok(Exit::Success);
    }
    Err(Usage(format!(
        "no request has the id {id}: see `tributary privacy list`"
    ))
    .into())
}
