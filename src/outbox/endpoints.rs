//! Endpoints: where outgoing webhooks go, what each wants to be told, and what it is signed with. A secret is shown once, when it is made.

use providers::Micros;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use super::address::Allowed;
use super::kind::{Kind, Wanted};
use super::{Desk, Message, job_of, sign, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger::LOCK;
use crate::catalog::{CatalogError, check};
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::jobs;
use crate::seal::{Seal, SealError};
use crate::store::{Row, StoreError, Transaction};

/// How long the secret before goes on signing after another has come, in seconds.
const OVERLAP_SECONDS: i64 = 86_400;

/// The most endpoints of an organization.
const ENDPOINTS_MAX: usize = 50;

/// An endpoint, with what it is signed with.
#[derive(Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Where messages are posted.
    pub url: String,
    /// Which ledger it is told of.
    pub livemode: bool,
    /// What it wants to be told, as its owner wrote it.
    pub events: Vec<String>,
    /// How it stands.
    pub status: Status,
    /// Newest first.
    secrets: Vec<Signing>,
    /// Up to which message it has been given its own.
    pub(super) position: i64,
    /// Failures in a row.
    pub(super) failures: i64,
    pub(super) failing_since: Option<Micros>,
    pub(super) paused_until: Option<Micros>,
    /// Why it was disabled, where nobody did it.
    pub(super) disabled_reason: Option<String>,
}

/// How an endpoint stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Messages are sent.
    Active,
    /// Nothing is sent, and what happens meanwhile is passed over.
    Disabled,
}

impl Status {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Active, Self::Disabled];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }
}

/// A secret, and until when it signs.
#[derive(Clone, Serialize, Deserialize)]
struct Signing {
    secret: String,
    until: Option<i64>,
}

/// Why an endpoint cannot be added or changed.
#[derive(Debug, Error)]
pub enum EndpointError {
    /// One member is wrong.
    #[error(transparent)]
    Invalid(#[from] CatalogError),
    /// The stored secrets cannot be read.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<StoreError> for EndpointError {
    fn from(error: StoreError) -> Self {
        Self::Invalid(error.into())
    }
}

/// What endpoints are changed with, besides a [`WriteScope`].
#[derive(Clone, Copy)]
pub struct Endpoints<'a> {
    /// Who changes them, where and when.
    pub scope: WriteScope<'a>,
    /// Seals secrets.
    pub seal: &'a Seal,
    /// Where they may lead.
    pub allowed: Allowed,
}

/// What is changed of an endpoint. What is absent stays.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange<'a> {
    /// Where messages are posted.
    pub url: Option<&'a str>,
    /// What it wants to be told.
    pub events: Option<&'a [String]>,
    /// Whether anything is sent.
    pub status: Option<Status>,
}

const NOT_FOUND: CatalogError = CatalogError::NotFound("webhook endpoint");

impl Endpoints<'_> {
    /// Adds an endpoint; answers its id and its secret.
    pub async fn add(
        &self,
        url: &str,
        events: &[String],
        livemode: bool,
    ) -> Result<(String, String), EndpointError> {
        let url = self.checked_url(url)?;
        checked_events(events)?;
        let (org, now) = (self.scope.org, self.scope.now);
        let id = self.scope.ids.make(id::ENDPOINT);
        let secret = sign::new_secret(self.scope.ids);
        let secrets = [Signing {
            secret: secret.clone(),
            until: None,
        }];
        let sealed = self.sealed(&id, &secrets)?;
        let mut transaction = self.begin().await?;
        let known = transaction.run(&sql::ACTIVE, args![org]).await?;
        if known.len() >= ENDPOINTS_MAX {
            let message = format!("there are {ENDPOINTS_MAX} endpoints already: remove one");
            return Err(CatalogError::invalid("url", &message).into());
        }
        let position = newest(transaction.as_mut(), org).await?;
        let args = args![
            org,
            id.as_str(),
            url.as_str(),
            livemode,
            events.join(","),
            sealed,
            position,
            now.0
        ];
        transaction.run(&sql::INSERT_ENDPOINT, args).await?;
        let details = Details::default()
            .set("url", host_of(&url))
            .set("events", events)
            .set("livemode", livemode);
        let change = Change::of(What::EndpointCreated, &id).with(details);
        self.finish(transaction, change).await?;
        Ok((id, secret))
    }

    /// Changes an endpoint. One that is enabled again goes on with what happens from then on, and with what it had not taken.
    pub async fn change(&self, id: &str, change: EndpointChange<'_>) -> Result<(), EndpointError> {
        let url = change.url.map(|url| self.checked_url(url)).transpose()?;
        if let Some(events) = change.events {
            checked_events(events)?;
        }
        let mut transaction = self.begin().await?;
        let before = self.get(transaction.as_mut(), id).await?;
        let mut after = before.clone();
        if let Some(url) = url {
            after.url = url;
        }
        if let Some(events) = change.events {
            after.events = events.to_vec();
        }
        if let Some(status) = change.status {
            after.status = status;
        }
        if after.status == Status::Active && before.status == Status::Disabled {
            after.position = newest(transaction.as_mut(), self.scope.org).await?;
            after.started_anew();
        }
        self.write(transaction.as_mut(), &after).await?;
        let details = Details::default()
            .edit("url", &host_of(&before.url), &host_of(&after.url))
            .edit("events", &before.events, &after.events)
            .edit("status", before.status.word(), after.status.word());
        self.wake(transaction.as_mut(), &after).await?;
        let change = Change::of(What::EndpointChanged, id).with(details);
        self.finish(transaction, change).await
    }

    /// Gives an endpoint another secret; answers it. The one before signs beside it for a day.
    pub async fn rotate(&self, id: &str) -> Result<String, EndpointError> {
        let mut transaction = self.begin().await?;
        let mut endpoint = self.get(transaction.as_mut(), id).await?;
        let now = self.scope.now;
        let until = now.plus_seconds(OVERLAP_SECONDS).0;
        endpoint.secrets.retain(|one| one.signs_at(now));
        for one in &mut endpoint.secrets {
            one.until = one.until.or(Some(until));
        }
        let secret = sign::new_secret(self.scope.ids);
        let new = Signing {
            secret: secret.clone(),
            until: None,
        };
        endpoint.secrets.insert(0, new);
        self.write(transaction.as_mut(), &endpoint).await?;
        let change = Change::of(What::EndpointSecretRotated, id);
        self.finish(transaction, change).await?;
        Ok(secret)
    }

    /// Removes an endpoint, with what it was sent.
    pub async fn remove(&self, id: &str) -> Result<(), EndpointError> {
        let mut transaction = self.begin().await?;
        self.get(transaction.as_mut(), id).await?;
        for statement in [
            &sql::DELETE_ATTEMPTS,
            &sql::DELETE_DELIVERIES,
            &sql::DELETE_ENDPOINT,
        ] {
            let args = args![self.scope.org, id];
            transaction.run(statement, args).await?;
        }
        let change = Change::of(What::EndpointRemoved, id);
        self.finish(transaction, change).await
    }

    /// Sends a message once more, as what it is about stands now.
    pub async fn resend(&self, id: &str, message_id: &str) -> Result<(), EndpointError> {
        let mut transaction = self.begin().await?;
        let endpoint = self.in_use(transaction.as_mut(), id).await?;
        let args = args![self.scope.org, id, message_id, self.scope.now.0];
        if transaction.run(&sql::REDELIVER, args).await?.is_empty() {
            return Err(CatalogError::NotFound("message to this endpoint").into());
        }
        let details = Details::default().set("messageId", message_id);
        self.wake(transaction.as_mut(), &endpoint).await?;
        let change = Change::of(What::MessageResent, id).with(details);
        self.finish(transaction, change).await
    }

    /// Sends a message that says nothing, to try the endpoint out; answers its id.
    pub async fn ping(&self, id: &str) -> Result<String, EndpointError> {
        let mut transaction = self.begin().await?;
        let endpoint = self.in_use(transaction.as_mut(), id).await?;
        let desk = Desk {
            org: self.scope.org,
            now: self.scope.now,
            ids: self.scope.ids,
        };
        let message = Message {
            kind: Kind::Ping.word(),
            livemode: endpoint.livemode,
            subject_id: id.to_owned(),
            endpoint_id: Some(id.to_owned()),
        };
        let ids = super::write(transaction.as_mut(), desk, &[message]).await?;
        let message_id = ids.into_iter().next().unwrap_or_default();
        let details = Details::default().set("messageId", &message_id);
        let change = Change::of(What::MessageResent, id).with(details);
        self.finish(transaction, change).await?;
        Ok(message_id)
    }

    /// Disables an endpoint that takes nothing, and says so.
    pub(super) async fn give_up(&self, id: &str, reason: &str) -> Result<(), EndpointError> {
        let mut transaction = self.begin().await?;
        let mut endpoint = self.get(transaction.as_mut(), id).await?;
        if endpoint.status == Status::Disabled {
            return Ok(());
        }
        endpoint.status = Status::Disabled;
        endpoint.disabled_reason = Some(reason.to_owned());
        self.write(transaction.as_mut(), &endpoint).await?;
        let details =
            Details::default().edit("status", Status::Active.word(), Status::Disabled.word());
        let change = Change::of(What::EndpointChanged, id).with(details);
        let change = change.because(Some(reason));
        self.finish(transaction, change).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let mut transaction = self.scope.store.begin().await?;
        transaction.run(&LOCK, args![self.scope.org]).await?;
        Ok(transaction)
    }

    /// An endpoint of a ledger that may be seen.
    async fn get(
        &self,
        transaction: &mut dyn Transaction,
        id: &str,
    ) -> Result<Endpoint, EndpointError> {
        let found = read(transaction, self.seal, (self.scope.org, id)).await?;
        let found = found.filter(|endpoint| self.scope.sees(endpoint.livemode));
        Ok(found.ok_or(NOT_FOUND)?)
    }

    async fn in_use(
        &self,
        transaction: &mut dyn Transaction,
        id: &str,
    ) -> Result<Endpoint, EndpointError> {
        let endpoint = self.get(transaction, id).await?;
        if endpoint.status == Status::Disabled {
            let message = "is disabled: enable the endpoint first";
            return Err(CatalogError::invalid("status", message).into());
        }
        Ok(endpoint)
    }

    async fn write(
        &self,
        transaction: &mut dyn Transaction,
        endpoint: &Endpoint,
    ) -> Result<(), EndpointError> {
        let sealed = self.sealed(&endpoint.id, &endpoint.secrets)?;
        let args = args![
            self.scope.org,
            endpoint.id.as_str(),
            endpoint.url.as_str(),
            endpoint.events.join(","),
            endpoint.status.word(),
            sealed,
            endpoint.position,
            endpoint.failures,
            endpoint.failing_since.map(|at| at.0),
            endpoint.paused_until.map(|at| at.0),
            endpoint.disabled_reason.as_deref()
        ];
        transaction.run(&sql::UPDATE_ENDPOINT, args).await?;
        Ok(())
    }

    async fn wake(
        &self,
        transaction: &mut dyn Transaction,
        endpoint: &Endpoint,
    ) -> Result<(), StoreError> {
        let (org, now) = (self.scope.org, self.scope.now);
        jobs::poke(transaction, org, now, &[job_of(&endpoint.id, now)]).await
    }

    /// Writes down what is wanted now and who has changed it, and makes it last.
    async fn finish(
        &self,
        mut transaction: Box<dyn Transaction>,
        change: Change<'_>,
    ) -> Result<(), EndpointError> {
        let org = self.scope.org;
        let mut wanted = Wanted::default();
        for row in transaction.run(&sql::ACTIVE, args![org]).await? {
            let livemode = row.flag("livemode")?;
            for kind in Kind::meant(row.text("events")?.split(',')) {
                wanted = wanted.with(kind, livemode);
            }
        }
        let args = args![org, wanted.stored()];
        transaction.run(&sql::SET_OUTGOING, args).await?;
        changes::record(transaction.as_mut(), &self.scope, change).await?;
        transaction.commit().await?;
        Ok(())
    }

    fn sealed(&self, id: &str, secrets: &[Signing]) -> Result<Vec<u8>, EndpointError> {
        let plain = serde_json::to_vec(secrets).unwrap_or_default();
        Ok(self.seal.seal(&plain, id, self.scope.ids)?)
    }

    fn checked_url(&self, given: &str) -> Result<String, CatalogError> {
        let text = check::url("url", given)?;
        let url = Url::parse(&text)
            .map_err(|_none| CatalogError::invalid("url", "must be a whole address"))?;
        match self.allowed.problem(&url) {
            Some(problem) => Err(CatalogError::invalid("url", problem)),
            None => Ok(text),
        }
    }
}

/// The highest number of a message.
async fn newest(transaction: &mut dyn Transaction, org: &str) -> Result<i64, StoreError> {
    let rows = transaction.run(&sql::NEWEST_NUMBER, args![org]).await?;
    rows.first().map_or(Ok(0), |row| row.int("newest"))
}

/// Refuses a list that asks for nothing that there is.
fn checked_events(events: &[String]) -> Result<(), CatalogError> {
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    if events.is_empty() {
        return Err(CatalogError::invalid(
            "events",
            "must name at least one kind, sale.* for example, or * for all but clicks",
        ));
    }
    for given in events {
        if Kind::meant([given.as_str()]).is_empty() {
            let shown = providers::nearest::shown(given);
            let hint = providers::nearest::hint(given, &words);
            let message = format!("holds `{shown}`, which means nothing{hint}");
            return Err(CatalogError::invalid("events", &message));
        }
    }
    Ok(())
}

/// What may stand in the history of changes: paths of such addresses are often secrets.
fn host_of(url: &str) -> String {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or_default().to_owned()
}

/// An endpoint by its id.
pub(super) async fn read(
    transaction: &mut dyn Transaction,
    seal: &Seal,
    (org, id): (&str, &str),
) -> Result<Option<Endpoint>, EndpointError> {
    let rows = transaction.run(&sql::GET_ENDPOINT, args![org, id]).await?;
    rows.first().map(|row| Endpoint::of(row, seal)).transpose()
}

impl Signing {
    fn signs_at(&self, now: Micros) -> bool {
        self.until.is_none_or(|until| now.0 < until)
    }
}

impl Endpoint {
    /// What a message to it is signed with now.
    pub(super) fn secrets(&self, now: Micros) -> impl Iterator<Item = &str> {
        let signing = self.secrets.iter().filter(move |one| one.signs_at(now));
        signing.map(|one| one.secret.as_str())
    }

    /// Forgets its failures.
    fn started_anew(&mut self) {
        self.failures = 0;
        self.failing_since = None;
        self.paused_until = None;
        self.disabled_reason = None;
    }

    fn of(row: &Row, seal: &Seal) -> Result<Self, EndpointError> {
        let id = row.text("id")?.to_owned();
        let plain = seal.open(row.bytes("secrets")?, &id)?;
        let secrets = serde_json::from_slice(&plain).map_err(|_damaged| SealError::Damaged)?;
        let status = row.text("status")?;
        let status = Status::ALL.iter().find(|one| one.word() == status);
        Ok(Self {
            url: row.text("url")?.to_owned(),
            livemode: row.flag("livemode")?,
            events: row.text("events")?.split(',').map(str::to_owned).collect(),
            status: *status.ok_or(StoreError::Corrupt("webhook_endpoints.status"))?,
            secrets,
            position: row.int("position")?,
            failures: row.int("failures")?,
            failing_since: row.opt_int("failing_since")?.map(Micros),
            paused_until: row.opt_int("paused_until")?.map(Micros),
            disabled_reason: row.opt_text("disabled_reason")?.map(str::to_owned),
            id,
        })
    }
}
