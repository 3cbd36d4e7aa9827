//! Sends messages to an endpoint: a job of each endpoint that has something to be told.
//!
//! Messages about one subject go in the order of their numbers; those about different subjects go side by side, so that one which is refused holds up
//! no other. What fails is tried again later and later, for three days. An endpoint that takes nothing for five is disabled. A crash between
//! sending and writing that down sends a message once more, under its own id.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use providers::Micros;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use tokio::task::JoinSet;
use tokio::time::Instant;
use url::Url;

use super::address::{Allowed, Private, Resolver};
use super::endpoints::{Endpoint, EndpointError, Endpoints, Status};
use super::kind::Kind;
use super::{endpoints, sign, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::clock::Clock;
use crate::id::{self, IdSource};
use crate::jobs::{Failure, Job, Outcome};
use crate::metrics;
use crate::seal::Seal;
use crate::store::{Row, Rows, Store, StoreError};

/// How long after each failure in a row a message is tried again; after the last one it is given up.
const TRIES: [Duration; 10] = [
    Duration::from_secs(5),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(18),
    Duration::from_hours(24),
];

/// Messages to one endpoint on their way at the same time.
const TOGETHER: i64 = 16;
/// Rounds before the job makes room for others.
const ROUNDS: usize = 16;
/// Messages that an endpoint is given at once.
const TAKEN_IN: i64 = 1_000;
/// Failures in a row after which an endpoint is left alone for a while.
const PATIENCE: i64 = 8;
/// The longest that it is left alone.
const PAUSE_MAX: Duration = Duration::from_mins(30);
/// For how long an endpoint may take nothing, in days.
const GIVEN_UP_DAYS: i64 = 5;
/// How much of an answer is read, so that the connection can be used again.
const ANSWER_MAX_BYTES: usize = 65_536;

/// For how long what was sent can be seen, in days.
const REMEMBERED_DAYS: i64 = 30;
/// Removes what was sent long ago.
pub const FORGET: &str = "forget_webhooks";
/// How often.
pub const FORGET_EVERY: Duration = Duration::from_hours(6);

/// What a message is about.
#[derive(Debug, Clone)]
pub struct About {
    /// Whose.
    pub org: String,
    /// The time.
    pub now: Micros,
    /// What it tells.
    pub kind: Kind,
    /// Of what.
    pub subject_id: String,
}

/// Shows what a message is about as the API shows it; `None` where it is not there any more.
pub type Show =
    fn(
        Arc<dyn Store>,
        About,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Box<RawValue>>, StoreError>> + Send>>;

/// What sending takes.
#[derive(Clone)]
pub struct Sender {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<IdSource>,
    /// Opens secrets.
    pub seal: Arc<Seal>,
    /// Where messages may go.
    pub allowed: Allowed,
    /// For an answer.
    pub within: Duration,
    /// Shows what messages are about.
    pub show: Show,
    client: Arc<OnceLock<Client>>,
}

/// A message that may be sent now.
struct Due {
    id: String,
    number: i64,
    kind: String,
    subject_id: String,
    attempts: i64,
    created_at: Micros,
}

/// What is posted.
#[derive(Serialize)]
struct Message<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    version: i64,
    livemode: bool,
    data: Box<RawValue>,
}

/// What a message says of what is not there any more.
#[derive(Serialize)]
struct Gone<'a> {
    id: &'a str,
    deleted: bool,
}

/// What a ping says.
#[derive(Serialize)]
struct Nothing {}

/// Why a message was not sent that cannot be made.
const UNMADE: &str =
    "it was not sent: what it is about cannot be read from the database, see the server's log";

/// What became of it.
struct Sent {
    due: Due,
    /// Whether it could be made: what cannot says nothing about the endpoint.
    made: bool,
    at: Micros,
    milliseconds: i64,
    status: Option<u16>,
    /// Why it was not taken.
    error: Option<String>,
}

impl Sender {
    /// A sender that has sent nothing yet.
    pub fn new(
        (store, clock, ids): (Arc<dyn Store>, Arc<dyn Clock>, Arc<IdSource>),
        seal: Seal,
        (allowed, within): (Allowed, Duration),
        show: Show,
    ) -> Self {
        Self {
            store,
            clock,
            ids,
            seal: Arc::new(seal),
            allowed,
            within,
            show,
            client: Arc::default(),
        }
    }

    /// Made when it is first needed: a machine without certificates can serve all the same.
    fn client(&self) -> Result<Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = client(self.allowed, self.within)
            .map_err(|error| Failure::new(format!("no connection can be made: {error}")))?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    async fn endpoint(&self, org: &str, id: &str) -> Result<Option<Endpoint>, Failure> {
        let mut view = self.store.snapshot().await?;
        Ok(endpoints::read(view.as_mut(), &self.seal, (org, id)).await?)
    }

    /// Gives the endpoint its own of what has happened since. Answers whether there is more.
    async fn take_in(&self, org: &str, endpoint: &Endpoint) -> Result<bool, StoreError> {
        let rows = self.store.read(&sql::NEWEST_NUMBER, args![org]).await?;
        let newest = rows.first().map_or(Ok(0), |row| row.int("newest"))?;
        let until = newest.min(endpoint.position.saturating_add(TAKEN_IN));
        if until <= endpoint.position {
            return Ok(false);
        }
        let mut kinds = Rows::new(1);
        for kind in Kind::meant(endpoint.events.iter().map(String::as_str)) {
            kinds.push([kind.word().into()]);
        }
        let id = endpoint.id.as_str();
        let now = self.clock.now().0;
        let mut transaction = self.store.begin().await?;
        let args = args![org, id, endpoint.position, until, now, endpoint.livemode; kinds];
        transaction.run(&sql::TAKE_IN, args).await?;
        let args = args![org, id, until];
        transaction.run(&sql::SET_POSITION, args).await?;
        transaction.commit().await?;
        Ok(until < newest)
    }

    async fn due(&self, org: &str, endpoint: &Endpoint) -> Result<Vec<Due>, StoreError> {
        let args = args![org, endpoint.id.as_str(), self.clock.now().0, TOGETHER];
        let rows = self.store.read(&sql::DUE, args).await?;
        rows.iter().map(Due::read).collect()
    }

    /// Sends messages side by side. Answers what became of them, and what has kept others from being sent.
    async fn send(
        &self,
        org: &str,
        endpoint: &Endpoint,
        due: Vec<Due>,
    ) -> Result<(Vec<Sent>, Option<Failure>), Failure> {
        let client = self.client()?;
        let mut under_way = JoinSet::new();
        for due in due {
            let (sender, endpoint) = (self.clone(), endpoint.clone());
            let (client, org) = (client.clone(), org.to_owned());
            under_way.spawn(async move { sender.send_one(&client, &org, &endpoint, due).await });
        }
        let (mut all, mut failure) = (Vec::new(), None);
        while let Some(sent) = under_way.join_next().await {
            match sent {
                Ok(Ok(sent)) => all.push(sent),
                Ok(Err(error)) => failure = Some(error.into()),
                Err(_broken) => failure = Some(Failure::new("it broke off")),
            }
        }
        Ok((all, failure))
    }

    async fn send_one(
        &self,
        client: &Client,
        org: &str,
        endpoint: &Endpoint,
        due: Due,
    ) -> Result<Sent, StoreError> {
        let (at, began) = (self.clock.now(), Instant::now());
        let body = match self.body(org, endpoint, &due).await {
            Err(error) if !error.is_outage() => {
                tracing::error!(%error, organization.id = org, endpoint = endpoint.id, id = due.id, "a webhook message cannot be made");
                return Ok(Sent::unmade(due, at));
            }
            body => body?,
        };
        let answer = self.post(client, endpoint, &due.id, (at, body)).await;
        let milliseconds = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (status, error) = match answer {
            Ok(status) => (Some(status), problem(status)),
            Err(error) => (None, Some(error)),
        };
        metrics::webhook_sent(error.is_none());
        Ok(Sent {
            due,
            made: true,
            at,
            milliseconds,
            status,
            error,
        })
    }

    async fn body(&self, org: &str, endpoint: &Endpoint, due: &Due) -> Result<Vec<u8>, StoreError> {
        let kind = Kind::of(&due.kind).ok_or(StoreError::Corrupt("webhook_deliveries.kind"))?;
        let about = About {
            org: org.to_owned(),
            now: self.clock.now(),
            kind,
            subject_id: due.subject_id.clone(),
        };
        let unwritable = |_| StoreError::Corrupt("webhook_messages.subject_id");
        let shown = match kind {
            Kind::Ping => Some(to_raw_value(&Nothing {}).map_err(unwritable)?),
            _ => (self.show)(self.store.clone(), about).await?,
        };
        let data = if let Some(data) = shown {
            data
        } else {
            let id = due.subject_id.as_str();
            to_raw_value(&Gone { id, deleted: true }).map_err(unwritable)?
        };
        let message = Message {
            id: &due.id,
            kind: &due.kind,
            timestamp: due.created_at.to_string(),
            version: due.number,
            livemode: endpoint.livemode,
            data,
        };
        serde_json::to_vec(&message).map_err(unwritable)
    }

    /// Posts a message; answers the status of the answer, or why there was none.
    async fn post(
        &self,
        client: &Client,
        endpoint: &Endpoint,
        message_id: &str,
        (at, body): (Micros, Vec<u8>),
    ) -> Result<u16, String> {
        let url = Url::parse(&endpoint.url).map_err(|_none| "its address is none".to_owned())?;
        if let Some(problem) = self.allowed.problem(&url) {
            return Err(format!("its address {problem}"));
        }
        let secrets = endpoint.secrets(at);
        let signature = sign::signature(secrets, message_id, at, &body);
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("Tributary/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", message_id)
            .header("webhook-timestamp", sign::seconds(at))
            .header("webhook-signature", signature)
            .body(body);
        let mut answer = request.send().await.map_err(|error| words(&error))?;
        let status = answer.status().as_u16();
        let mut read = 0;
        while let Ok(Some(part)) = answer.chunk().await {
            read += part.len();
            if read > ANSWER_MAX_BYTES {
                break;
            }
        }
        Ok(status)
    }

    /// Writes down what was sent.
    async fn record(
        &self,
        org: &str,
        endpoint: &Endpoint,
        sent: &[Sent],
    ) -> Result<(), StoreError> {
        let (mut rows, mut attempts) = (Rows::new(7), Rows::new(6));
        for one in sent {
            let (state, next_at) = one.next(u64::from_le_bytes(self.ids.random()));
            let status = one.status.map(i64::from);
            rows.push([
                one.due.id.as_str().into(),
                state.into(),
                (one.due.attempts + 1).into(),
                next_at.0.into(),
                one.at.0.into(),
                status.into(),
                one.error.clone().into(),
            ]);
            attempts.push([
                self.ids.make(id::ATTEMPT).into(),
                one.due.id.as_str().into(),
                one.at.0.into(),
                one.milliseconds.into(),
                status.into(),
                one.error.clone().into(),
            ]);
        }
        let id = endpoint.id.as_str();
        let mut transaction = self.store.begin().await?;
        transaction.run(&sql::SENT, args![org, id; rows]).await?;
        let args = args![org, id; attempts];
        transaction.run(&sql::INSERT_ATTEMPTS, args).await?;
        let args = args![
            org,
            id,
            endpoint.failures,
            endpoint.failing_since.map(|at| at.0),
            endpoint.paused_until.map(|at| at.0)
        ];
        transaction.run(&sql::SET_FAILING, args).await?;
        transaction.commit().await
    }

    async fn give_up(&self, org: &str, id: &str, reason: &str) -> Result<Outcome, Failure> {
        let endpoints = Endpoints {
            scope: WriteScope::of_server(self.store.as_ref(), &self.ids, org, self.clock.now()),
            seal: &self.seal,
            allowed: self.allowed,
        };
        endpoints.give_up(id, reason).await?;
        tracing::warn!(
            organization.id = org,
            id,
            reason,
            "a webhook endpoint was disabled"
        );
        Ok(Outcome::Done)
    }

    /// When there is something to be done again.
    async fn next(&self, org: &str, endpoint: &Endpoint) -> Result<Outcome, Failure> {
        let args = args![org, endpoint.id.as_str()];
        let rows = self.store.read(&sql::NEXT, args).await?;
        let next = rows
            .first()
            .map_or(Ok(None), |row| row.opt_int("next_at"))?;
        let Some(next) = next else {
            return Ok(Outcome::Done);
        };
        let paused = endpoint.paused_until.map_or(next, |at| at.0.max(next));
        Ok(Outcome::Again(wait(paused, self.clock.now())))
    }
}

/// Sends what the job's endpoint is to be told.
///
/// # Errors
/// What the database says, or that no request can be made at all. What an endpoint answers is no error of the job.
pub async fn deliver(sender: Sender, job: Job) -> Result<Outcome, Failure> {
    let org = job.organization_id.as_str();
    let id: String = serde_json::from_str(&job.payload).unwrap_or_default();
    let found = sender.endpoint(org, &id).await?;
    let Some(mut endpoint) = found.filter(|one| one.status == Status::Active) else {
        return Ok(Outcome::Done);
    };
    let more = sender.take_in(org, &endpoint).await?;
    let now = sender.clock.now();
    if let Some(until) = endpoint.paused_until.filter(|until| now < *until) {
        return Ok(Outcome::Again(wait(until.0, now)));
    }
    for _ in 0..ROUNDS {
        let due = sender.due(org, &endpoint).await?;
        if due.is_empty() {
            if more {
                return Ok(Outcome::Again(Duration::ZERO));
            }
            return sender.next(org, &endpoint).await;
        }
        let (sent, failure) = sender.send(org, &endpoint, due).await?;
        let chance = u64::from_le_bytes(sender.ids.random());
        endpoint.heard(&sent, sender.clock.now(), chance);
        sender.record(org, &endpoint, &sent).await?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Some(reason) = reason_to_give_up(&endpoint, &sent, sender.clock.now()) {
            return sender.give_up(org, &endpoint.id, &reason).await;
        }
        if endpoint.paused_until.is_some() {
            return sender.next(org, &endpoint).await;
        }
    }
    Ok(Outcome::Again(Duration::ZERO))
}

/// Removes what was sent long ago.
///
/// # Errors
/// What the database says.
pub async fn forget(sender: Sender, job: Job) -> Result<Outcome, Failure> {
    let org = job.organization_id.as_str();
    let before = sender.clock.now().plus_days(-REMEMBERED_DAYS);
    for statement in [
        &sql::FORGET_ATTEMPTS,
        &sql::FORGET_DELIVERIES,
        &sql::FORGET_MESSAGES,
    ] {
        let mut transaction = sender.store.begin().await?;
        transaction.run(statement, args![org, before.0]).await?;
        transaction.commit().await?;
    }
    Ok(Outcome::Done)
}

/// A client that goes nowhere but where it may, follows nobody, and waits no longer than it should.
pub(crate) fn client(allowed: Allowed, within: Duration) -> Result<Client, reqwest::Error> {
    // Fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .timeout(within)
        .no_proxy()
        .dns_resolver(Arc::new(Resolver(allowed)))
        .build()
}

/// Why a status does not say that the message was taken.
fn problem(status: u16) -> Option<String> {
    match status {
        200..300 => None,
        300..400 => Some(format!("it answered {status}: redirects are not followed")),
        _ => Some(format!("it answered {status}")),
    }
}

/// Why there was no answer, without the address.
fn words(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(private) = error.downcast_ref::<Private>() {
            return private.to_string();
        }
        cause = error.source();
    }
    let words = if error.is_timeout() {
        "no answer came in time"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke off"
    };
    words.to_owned()
}

fn reason_to_give_up(endpoint: &Endpoint, sent: &[Sent], now: Micros) -> Option<String> {
    if sent.iter().any(|one| one.status == Some(410)) {
        return Some("it answered 410: it is gone".to_owned());
    }
    let since = endpoint.failing_since?;
    if now < since.plus_days(GIVEN_UP_DAYS) {
        return None;
    }
    let mut posted = sent.iter().rev().filter(|one| one.made);
    let last = posted.find_map(|one| one.error.as_deref());
    let last = last.unwrap_or_default();
    Some(format!(
        "it has taken nothing for {GIVEN_UP_DAYS} days; the last time {last}"
    ))
}

fn wait(until: i64, now: Micros) -> Duration {
    let micros = u64::try_from(until.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_micros(micros)
}

/// Up to a fifth less by chance, so that what has failed together does not come back together.
fn jittered(whole: Duration, chance: u64) -> Duration {
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    whole.saturating_sub(Duration::from_millis(chance % (millis / 5 + 1)))
}

fn after(at: Micros, wait: Duration) -> Micros {
    let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
    Micros(at.0.saturating_add(micros))
}

impl Due {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.text("message_id")?.to_owned(),
            number: row.int("number")?,
            kind: row.text("kind")?.to_owned(),
            subject_id: row.text("subject_id")?.to_owned(),
            attempts: row.int("attempts")?,
            created_at: Micros(row.int("created_at")?),
        })
    }
}

impl Sent {
    /// One that cannot be made: it fails alone, and is tried again as one that was refused.
    fn unmade(due: Due, at: Micros) -> Self {
        Self {
            due,
            made: false,
            at,
            milliseconds: 0,
            status: None,
            error: Some(UNMADE.to_owned()),
        }
    }

    /// Its state from now on, and when it is sent next.
    fn next(&self, chance: u64) -> (&'static str, Micros) {
        if self.error.is_none() {
            return ("delivered", self.at);
        }
        let failed = usize::try_from(self.due.attempts).unwrap_or(usize::MAX);
        match TRIES.get(failed) {
            Some(wait) => ("pending", after(self.at, jittered(*wait, chance))),
            None => ("failed", self.at),
        }
    }
}

impl Endpoint {
    /// Takes note of what became of some messages: whoever takes one is well.
    fn heard(&mut self, sent: &[Sent], now: Micros, chance: u64) {
        let sent: Vec<&Sent> = sent.iter().filter(|one| one.made).collect();
        if sent.is_empty() {
            return;
        }
        self.paused_until = None;
        if sent.iter().any(|one| one.error.is_none()) {
            (self.failures, self.failing_since) = (0, None);
            return;
        }
        let failed = i64::try_from(sent.len()).unwrap_or(i64::MAX);
        self.failures = self.failures.saturating_add(failed);
        self.failing_since = self.failing_since.or(Some(now));
        if self.failures >= PATIENCE {
            let times = (self.failures - PATIENCE).min(12);
            let pause = Duration::from_secs(5 << times).min(PAUSE_MAX);
            self.paused_until = Some(after(now, jittered(pause, chance)));
        }
    }
}

impl From<EndpointError> for Failure {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Invalid(crate::catalog::CatalogError::Store(error)) => error.into(),
            error => Self::new(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_for_three_days() {
        let all: Duration = TRIES.iter().sum();
        assert!(all > Duration::from_hours(72) && all < Duration::from_hours(96));
        assert!(TRIES.is_sorted());
        for wait in TRIES {
            assert!(jittered(wait, u64::MAX) >= wait * 4 / 5);
            assert_eq!(jittered(wait, 0), wait);
        }
    }
}
