//! `explain`: why a sale is what it is, found by its id, by any name of its payment, or by an event that
//! speaks of it: by the event's id here or the processor's.

use anyhow::Result;
use providers::Name;
use serde_json::json;

use super::{Bench, Usage, events, output};
use crate::args;
use crate::cli::Exit;
use crate::explain::explain;
use crate::store::Statement;

static NAMED: Statement = Statement::new(
    "select distinct sale_id from sale_references where organization_id = $1 and name = $2",
);

static DELIVERED: Statement =
    Statement::new("select id from events where organization_id = $1 and external_id = $2");

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&NAMED, &DELIVERED];

pub(super) async fn run(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let mut found = Vec::new();
    for organization in bench.organizations().await? {
        let org = organization.id.as_str();
        for sale_id in sale_ids(bench, org, id).await? {
            let store = bench.store.as_ref();
            found.extend(explain(store, bench.clock.now(), org, &sale_id).await?);
        }
    }
    if found.is_empty() {
        let message = format!(
            "nothing that counts is known as {id}: give the id of a sale or event, or any name of a payment"
        );
        return Err(Usage(message).into());
    }
    if json {
        output::json(&json!(found))?;
    } else {
        for explanation in &found {
            output::line(explanation.text.trim_end())?;
        }
    }
    Ok(Exit::Success)
}

/// The sales that an id may mean.
async fn sale_ids(bench: &Bench, org: &str, id: &str) -> Result<Vec<String>> {
    let mut ids = vec![id.to_owned()];
    ids.extend(events::sales_of(bench, org, id).await?);
    // The explanation itself names deliveries by the processor's ids.
    for row in bench.store.read(&DELIVERED, args![org, id]).await? {
        ids.extend(events::sales_of(bench, org, row.text("id")?).await?);
    }
    if let Some(name) = Name::payment(id) {
        let rows = bench.store.read(&NAMED, args![org, name.as_str()]).await?;
        for row in rows {
            ids.push(row.text("sale_id")?.to_owned());
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}
