//! Mails as an owner sees them, and which of them a partner wants.

use providers::Micros;

use super::Scope;
use super::row::{opt_text, opt_time, text, time};
use crate::args;
use crate::store::{Row, Statement, Store, StoreError};

/// A mail that was, or is to be, sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: String,
    /// What it tells.
    pub kind: String,
    /// Of what.
    pub subject_id: String,
    /// `pending`, `sent`, `failed` or `dropped`.
    pub state: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next, where it is pending.
    pub next_at: Micros,
    /// When it was written.
    pub created_at: Micros,
    /// When it was sent or given up.
    pub ended_at: Option<Micros>,
    /// Why it was not taken the last time.
    pub last_error: Option<String>,
}

/// How many mails need to be looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stuck {
    /// Given up.
    pub failed: i64,
    /// Waiting for longer than they should.
    pub late: i64,
}

static NEWEST: Statement =
    Statement::new("select * from mails where organization_id = $1 order by id desc limit $2");
static STUCK: Statement = Statement::new(
    "select (select cast(count(*) as bigint) from mails where organization_id = $1 and state = 'failed') as failed,
         (select cast(count(*) as bigint) from mails where organization_id = $1 and state = 'pending' and created_at < $2) as late",
);
/// Of all organizations at once, for figures that name none. Each state has a small index of its own.
static OF_ALL: Statement = Statement::new(
    "select state, cast(count(*) as bigint) as mails from mails where state = 'pending' group by state
     union all
     select state, cast(count(*) as bigint) from mails where state = 'failed' group by state",
);
static CHOICE: Statement = Statement::new(
    "select earnings from mail_choices where organization_id = $1 and partner_id = $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NEWEST, &STUCK, &OF_ALL, &CHOICE];

/// The newest mails.
pub async fn newest(scope: &Scope<'_>, rows: i64) -> Result<Vec<Mail>, StoreError> {
    let rows = scope.store.read(&NEWEST, args![scope.org, rows]).await?;
    rows.iter().map(Mail::read).collect()
}

/// How many were given up, and how many of before a time still wait.
pub async fn stuck(scope: &Scope<'_>, before: Micros) -> Result<Stuck, StoreError> {
    let rows = scope.store.read(&STUCK, args![scope.org, before.0]).await?;
    rows.first().map_or(Ok(Stuck::default()), |row| {
        Ok(Stuck {
            failed: row.int("failed")?,
            late: row.int("late")?,
        })
    })
}

/// Mails of all organizations together that are not sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unsent {
    /// To be sent, or tried again.
    pub waiting: i64,
    /// Given up.
    pub failed: i64,
}

/// How many mails of all organizations together wait or were given up.
pub async fn of_all(store: &dyn Store) -> Result<Unsent, StoreError> {
    let mut unsent = Unsent::default();
    for row in store.read(&OF_ALL, args![]).await? {
        match row.text("state")? {
            "pending" => unsent.waiting = row.int("mails")?,
            _ => unsent.failed = row.int("mails")?,
        }
    }
    Ok(unsent)
}

/// Whether a partner wants mails about what it earns: unless it has said no.
pub async fn wants_earnings(scope: &Scope<'_>, partner_id: &str) -> Result<bool, StoreError> {
    let args = args![scope.org, partner_id];
    let rows = scope.store.read(&CHOICE, args).await?;
    rows.first().map_or(Ok(true), |row| row.flag("earnings"))
}

impl Mail {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            kind: text(row, "kind")?,
            subject_id: text(row, "subject_id")?,
            state: text(row, "state")?,
            attempts: row.int("attempts")?,
            next_at: time(row, "next_at")?,
            created_at: time(row, "created_at")?,
            ended_at: opt_time(row, "ended_at")?,
            last_error: opt_text(row, "last_error")?,
        })
    }
}
