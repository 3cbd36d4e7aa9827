//! `webhooks`: where outgoing webhooks go. A secret is printed once, when it is made, alone on stdout.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::{Bench, Usage, output};
use crate::books::webhooks::{self, By, Endpoint};
use crate::books::{Part, Scope};
use crate::cli::{Exit, WebhooksCommand};
use crate::outbox::endpoints::{EndpointError, Endpoints};

/// What has failed and is sent once more by one command.
const AGAIN_MAX: i64 = 500;

const COLUMNS: &[output::Column] = &[
    ("ID", "id"),
    ("ADDRESS", "url"),
    ("LEDGER", "ledger"),
    ("IS TOLD", "events"),
    ("STATE", "state"),
];

pub(super) async fn run(bench: &Bench, command: WebhooksCommand, json: bool) -> Result<Exit> {
    let organization = bench.organization().await?;
    let org = organization.id.as_str();
    let endpoints = Endpoints {
        scope: bench.scope(org),
        seal: &bench.seal,
        allowed: bench.outgoing,
    };
    match command {
        WebhooksCommand::List => list(&bench.books(org), json).await?,
        WebhooksCommand::Add { url, events, test } => {
            let made = endpoints.add(&url, &events, !test).await;
            let (id, secret) = made.map_err(asked_wrongly)?;
            if json {
                output::json(&json!({"id": id, "secret": secret}))?;
            } else {
                output::line(&secret)?;
            }
        }
        WebhooksCommand::Remove { id } => {
            endpoints.remove(&id).await.map_err(asked_wrongly)?;
            say(
                json,
                &json!({"id": id, "removed": true}),
                &format!("{id} is removed"),
            )?;
        }
        WebhooksCommand::Redeliver { id, message } => {
            if webhooks::endpoint(&bench.books(org), &id).await?.is_none() {
                let message = format!("no endpoint has the id {id}: see `tributary webhooks list`");
                return Err(Usage(message).into());
            }
            let messages = match message {
                Some(message) => vec![message],
                None => failed(&bench.books(org), &id).await?,
            };
            for message in &messages {
                let sent = endpoints.resend(&id, message).await;
                sent.map_err(asked_wrongly)?;
            }
            let many = messages.len();
            let words = format!("{many} sent once more, within a second by a server that is up");
            say(json, &json!({"id": id, "resent": many}), &words)?;
        }
    }
    Ok(Exit::Success)
}

fn say(json: bool, value: &Value, words: &str) -> Result<()> {
    if json {
        return output::json(value);
    }
    output::line(words)
}

async fn list(scope: &Scope<'_>, json: bool) -> Result<()> {
    let all = webhooks::endpoints(scope, None).await?;
    let rows: Vec<_> = all.iter().map(row).collect();
    output::rows(json, COLUMNS, &rows)
}

/// The messages that an endpoint has not taken and that are not tried any more.
async fn failed(scope: &Scope<'_>, id: &str) -> Result<Vec<String>> {
    let by = [By::Endpoint(id), By::State("failed")];
    let found = webhooks::deliveries(scope, &by, Part::first(AGAIN_MAX)).await?;
    Ok(found.rows.into_iter().map(|one| one.message_id).collect())
}

fn row(endpoint: &Endpoint) -> Map<String, Value> {
    let state = match endpoint.failing_since {
        Some(_) if endpoint.status == "active" => "failing",
        _ => &endpoint.status,
    };
    output::row(json!({
        "id": endpoint.id,
        "url": endpoint.url,
        "ledger": if endpoint.livemode { "live" } else { "test" },
        "events": endpoint.events.join(","),
        "state": state,
        "reason": endpoint.disabled_reason,
    }))
}

/// What the command line can mend is its fault; the database is not.
fn asked_wrongly(error: EndpointError) -> anyhow::Error {
    use crate::catalog::CatalogError;
    match error {
        EndpointError::Invalid(CatalogError::Store(error)) => error.into(),
        error => Usage(error.to_string()).into(),
    }
}
