//! Outgoing webhooks: what has happened, told to endpoints that an owner has set up, as [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! Whoever changes something writes a [message](News) in the transaction of the change, and only where an endpoint wants it: `organizations.outgoing`
//! says which kinds, so who has no endpoint pays nothing. A message is a number, a kind and an id; what it is about is read when it is sent, so a
//! late message is never an old one, and nothing personal is stored. [`deliver`] sends them, as jobs.
//!
//! Nothing is ever sent within a transaction, and nothing here changes money.

pub mod address;
pub mod deliver;
pub mod endpoints;
pub mod kind;
pub mod sign;

use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::outbox as sql;
use crate::changes::What;
use crate::id::{self, IdSource};
use crate::jobs::{self, NewJob};
use crate::mails;
use crate::store::{Rows, StoreError, Transaction};
use providers::Micros;

pub use kind::{Kind, Wanted};

/// Sends what an endpoint is to be told; the payload is the endpoint's id.
pub const DELIVER: &str = "deliver_webhooks";

/// Where a message is written: whose, when, and what makes ids.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The organization, whose row the transaction has locked.
    pub org: &'a str,
    /// The time.
    pub now: Micros,
    /// Ids.
    pub ids: &'a IdSource,
}

/// What has happened in a transaction that some endpoint wants to be told of, in order.
#[derive(Debug, Default)]
pub struct News {
    wanted: Wanted,
    found: Vec<(Kind, bool, String)>,
    /// What was earned for the first time in the live ledger, each with when it was, where mails are written.
    earned: Vec<(String, Micros)>,
}

impl News {
    /// For the kinds that are wanted.
    pub const fn wanted(wanted: Wanted) -> Self {
        Self {
            wanted,
            found: Vec::new(),
            earned: Vec::new(),
        }
    }

    /// Whether nobody wants anything.
    pub fn is_for_nobody(&self) -> bool {
        self.wanted == Wanted::default()
    }

    /// Notes what has happened to something of a ledger, where somebody wants to be told.
    pub fn note(&mut self, kind: Kind, livemode: bool, subject_id: &str) {
        if self.wanted.has(kind, livemode) {
            self.found.push((kind, livemode, subject_id.to_owned()));
        }
    }

    /// Notes that a sale or lead of then has earned something for the first time.
    pub fn earned(&mut self, livemode: bool, subject_id: &str, at: Micros) {
        self.note(Kind::CommissionCreated, livemode, subject_id);
        if livemode && self.wanted.has_mails() {
            self.earned.push((subject_id.to_owned(), at));
        }
    }

    /// Writes the messages, and has them sent once the transaction is committed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn write(
        self,
        transaction: &mut dyn Transaction,
        desk: Desk<'_>,
    ) -> Result<(), StoreError> {
        mails::of_earnings(transaction, desk, &self.earned).await?;
        if self.found.is_empty() {
            return Ok(());
        }
        let messages: Vec<Message> = self
            .found
            .into_iter()
            .map(|(kind, livemode, subject_id)| Message {
                kind: kind.word(),
                livemode,
                subject_id,
                endpoint_id: None,
            })
            .collect();
        write(transaction, desk, &messages).await.map(drop)
    }
}

/// A message to be written.
struct Message {
    kind: &'static str,
    livemode: bool,
    subject_id: String,
    /// For this endpoint alone.
    endpoint_id: Option<String>,
}

/// Numbers messages in the order of their commits, which the lock on the organization's row makes that of their numbers. Answers their ids.
async fn write(
    transaction: &mut dyn Transaction,
    desk: Desk<'_>,
    messages: &[Message],
) -> Result<Vec<String>, StoreError> {
    let (org, now) = (desk.org, desk.now);
    let rows = transaction.run(&sql::NEWEST, args![org]).await?;
    let Some(row) = rows.first() else {
        return Ok(Vec::new());
    };
    let mut number = row.int("newest")?;
    let mut jobs = Vec::new();
    for row in &rows {
        jobs.push(job_of(row.text("id")?, now));
    }
    let (mut rows, mut ids) = (Rows::new(6), Vec::new());
    for message in messages {
        number += 1;
        let id = desk.ids.make(id::MESSAGE);
        rows.push([
            number.into(),
            id.as_str().into(),
            message.kind.into(),
            message.livemode.into(),
            message.subject_id.as_str().into(),
            message.endpoint_id.clone().into(),
        ]);
        ids.push(id);
    }
    transaction
        .run(&sql::INSERT_MESSAGES, args![org, now.0; rows])
        .await?;
    jobs::poke(transaction, org, now, &jobs).await?;
    Ok(ids)
}

/// The job of an endpoint.
fn job_of(endpoint_id: &str, now: Micros) -> NewJob {
    NewJob {
        id: format!("{DELIVER}_{endpoint_id}"),
        kind: DELIVER,
        payload: serde_json::Value::from(endpoint_id).to_string(),
        run_at: now,
    }
}

/// Writes a message about a change that an endpoint may want to be told of, within the transaction that makes it. All of it is live.
pub(crate) async fn of_change(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (what, subject_id): (What, &str),
) -> Result<(), StoreError> {
    match Kind::of_change(what) {
        Some(kind) => tell(transaction, scope, (kind, true), subject_id).await,
        None => Ok(()),
    }
}

/// Writes a message about something of a ledger, where an endpoint wants it.
pub(crate) async fn tell(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (kind, livemode): (Kind, bool),
    subject_id: &str,
) -> Result<(), StoreError> {
    // Most have no endpoint, and need no lock.
    for statement in [&sql::OUTGOING, &sql::OUTGOING_LOCKED] {
        let rows = transaction.run(statement, args![scope.org]).await?;
        let wanted = rows.first().map_or(Ok(0), |row| row.int("outgoing"))?;
        if !Wanted::read(wanted).has(kind, livemode) {
            return Ok(());
        }
    }
    let desk = Desk {
        org: scope.org,
        now: scope.now,
        ids: scope.ids,
    };
    let message = Message {
        kind: kind.word(),
        livemode,
        subject_id: subject_id.to_owned(),
        endpoint_id: None,
    };
    write(transaction, desk, &[message]).await.map(drop)
}

/// What is wanted, for who writes messages without the lock on the organization's row; takes that where something is.
pub(crate) async fn wanted_locked(
    transaction: &mut dyn Transaction,
    org: &str,
    kind: Kind,
) -> Result<Wanted, StoreError> {
    let mut wanted = Wanted::default();
    for statement in [&sql::OUTGOING, &sql::OUTGOING_LOCKED] {
        let rows = transaction.run(statement, args![org]).await?;
        wanted = Wanted::read(rows.first().map_or(Ok(0), |row| row.int("outgoing"))?);
        if !wanted.has(kind, true) {
            return Ok(Wanted::default());
        }
    }
    Ok(wanted)
}
