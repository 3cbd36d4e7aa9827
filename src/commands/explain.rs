//! `explain`: why a sale is what it is, found by its id, by any name of its payment, or by an event that
//! speaks of it: by the event's id here or the processor's.

use anyhow::Result;
use serde_json::json;

use super::{Bench, Usage, output};
use crate::cli::Exit;
use crate::explain::{explain, sales_meant};

pub(super) async fn run(bench: &Bench, id: &str, json: bool) -> Result<Exit> {
    let mut found = Vec::new();
    for organization in bench.organizations().await? {
        let org = organization.id.as_str();
        let store = bench.store.as_ref();
        for sale_id in sales_meant(store, org, id, None).await? {
            found.extend(explain(store, bench.clock.now(), org, &sale_id).await?);
        }
    }
    if found.is_empty() {
        let message = format!(
            "nothing that counts is known as {id}: give the id of a sale, commission or event, or any name of a payment"
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
