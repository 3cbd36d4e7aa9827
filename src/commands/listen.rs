//! `listen`: hands stored and arriving deliveries on, byte for byte, for example to a server under development.
//!
//! It reads the inbox and changes nothing in it. How far it has come stands in a file, so that the next run goes on there. A receiver that is away is
//! waited for; whatever it answers, the next delivery follows.

mod cursor;

use std::time::Duration;

use anyhow::{Context as _, Result};
use providers::Secret;
use providers::adapter::SignedDelivery;
use serde_json::json;

use super::events::must_be_a_source;
use super::replay::{Client, Posted};
use super::{Bench, given, output};
use crate::books::events::{self, By, Event, Stored};
use crate::cli::{Exit, ListenArgs};
use crate::fixtures::{self, Deliverable};
use crate::id;
use crate::inbox::unpack;
use crate::ledger::calls;
use cursor::Cursor;

/// Deliveries read at once.
const ROWS: i64 = 100;
const CONTENT_TYPE: &str = "content-type";
/// The pause between two looks at the inbox.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The pause before a receiver that is away is tried again.
const AWAY: Duration = Duration::from_secs(1);
/// An event can appear so much later than its id was made: what is younger is looked at again.
const SETTLED_SECONDS: i64 = 60;

pub(super) async fn run(bench: &Bench, args: &ListenArgs, json: bool) -> Result<Exit> {
    let organization = bench.organization().await?;
    must_be_a_source(bench, args.source.as_deref()).await?;
    let secret = args.sign_with.as_deref();
    let secret = secret
        .map(|text| given::secret("--sign-with", text))
        .transpose()?;
    let mut cursor = Cursor::open(&args.cursor, &name(bench, args, &organization.id))?;
    let now = bench.clock.now();
    match args.since {
        Some(since) => cursor.begin_at(since.at(now)),
        None => cursor.begin_at_unless_known(now),
    }
    let ear = Ear {
        bench,
        args,
        org: &organization.id,
        secret,
        client: Client::new()?,
        json,
    };
    tracing::info!(to = %args.to, since = %cursor.at(), "listening");
    let mut all_taken = true;
    let stopped = tokio::signal::ctrl_c();
    tokio::pin!(stopped);
    loop {
        let (forwarded, taken) = tokio::select! {
            done = ear.forward_next(&mut cursor) => done?,
            _ = &mut stopped => return Ok(Exit::Success),
        };
        all_taken &= taken;
        if forwarded > 0 {
            continue;
        }
        if args.once {
            return Ok(if all_taken {
                Exit::Success
            } else {
                Exit::Failed
            });
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            _ = &mut stopped => return Ok(Exit::Success),
        }
    }
}

/// What a place in the cursor's file is for.
fn name(bench: &Bench, args: &ListenArgs, org: &str) -> String {
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    [
        bench.database.clone(),
        org.to_owned(),
        part(&args.source),
        part(&args.processor),
        part(&args.event_type),
        args.to.to_string(),
    ]
    .join(" ")
}

/// With the headers that were kept. What a body is goes with it in any case.
fn as_kept(delivery: &Deliverable) -> SignedDelivery {
    let mut headers = delivery.headers.clone();
    let names_type = headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE));
    if !names_type {
        let is_json = delivery.body.trim_ascii_start().starts_with(b"{");
        let kind = if is_json {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        headers.push((CONTENT_TYPE.to_owned(), kind.to_owned()));
    }
    SignedDelivery {
        headers,
        body: delivery.body.clone(),
    }
}

struct Ear<'a> {
    bench: &'a Bench,
    args: &'a ListenArgs,
    org: &'a str,
    secret: Option<Secret>,
    client: Client,
    json: bool,
}

impl Ear<'_> {
    /// Forwards what is next; answers how many, and whether all were taken.
    async fn forward_next(&self, cursor: &mut Cursor) -> Result<(usize, bool)> {
        let mut by = vec![By::NotOf(calls::PROCESSOR)];
        by.extend(self.args.source.as_deref().map(By::Source));
        by.extend(self.args.processor.as_deref().map(By::Processor));
        by.extend(self.args.event_type.as_deref().map(By::Type));
        let books = self.bench.books(self.org);
        let mut after = id::floor(id::EVENT, cursor.at().plus_seconds(-SETTLED_SECONDS));
        let (mut forwarded, mut all_taken) = (0, true);
        loop {
            let next = events::export(&books, &by, &after, ROWS).await?;
            let Some((last, _)) = next.last() else { break };
            after.clone_from(&last.id);
            for (event, stored) in &next {
                if cursor.is_new(&event.id, event.received_at) {
                    all_taken &= self.forward(event, stored).await?;
                    cursor.passed(&event.id, event.received_at)?;
                    forwarded += 1;
                }
            }
        }
        Ok((forwarded, all_taken))
    }

    /// Posts one; waits for the receiver as long as it is away.
    async fn forward(&self, event: &Event, stored: &Stored) -> Result<bool> {
        let delivery = Deliverable {
            processor: event.processor.clone(),
            headers: serde_json::from_str(&stored.headers)?,
            body: unpack(&stored.packed)?,
            settings: self.settings(&event.source_id).await?,
        };
        let mut has_said = false;
        loop {
            let signed = match &self.secret {
                Some(secret) => fixtures::signed(&delivery, secret, self.bench.clock.now())
                    .with_context(|| {
                        format!("this secret cannot sign for {}", delivery.processor)
                    })?,
                None => as_kept(&delivery),
            };
            let posted = self
                .client
                .post(&delivery, signed, self.args.to.clone())
                .await;
            if posted.status.is_some() {
                self.report(event, &posted)?;
                return Ok(posted
                    .status
                    .is_some_and(|status| (200..300).contains(&status)));
            }
            if !has_said {
                tracing::warn!(to = %self.args.to, error = posted.error, "nobody answers: trying again until somebody does");
                has_said = true;
            }
            tokio::time::sleep(AWAY).await;
        }
    }

    async fn settings(&self, source_id: &str) -> Result<providers::Settings> {
        let source = self.bench.desk().by_route(source_id).await;
        Ok(source
            .ok()
            .flatten()
            .map(|source| source.settings)
            .unwrap_or_default())
    }

    fn report(&self, event: &Event, posted: &Posted) -> Result<()> {
        if self.json {
            let line = json!({
                "status": posted.status, "id": event.id, "processor": event.processor,
                "type": event.event_type, "externalId": event.external_id, "receivedAt": event.received_at.to_string(),
            });
            return output::line(&line.to_string());
        }
        let status = posted
            .status
            .map_or_else(String::new, |status| status.to_string());
        let words = [
            status.as_str(),
            &event.processor,
            &event.event_type,
            &event.external_id,
            &event.id,
        ];
        output::line(&words.join("  "))
    }
}
