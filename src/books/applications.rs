//! What somebody said who wants to be a partner, or was asked to be one, and what was decided. Found by an index: the partner.

use providers::Micros;

use super::Scope;
use super::row::{opt_text, opt_time, text, time};
use crate::args;
use crate::store::{Row, Statement, StoreError, Transaction};

/// An application, or an invitation that waits for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: String,
    /// The program.
    pub program_id: String,
    /// The partner that it is about.
    pub partner_id: String,
    /// Where the partner reaches people.
    pub website: Option<String>,
    /// What else was said.
    pub message: Option<String>,
    /// When.
    pub applied_at: Micros,
    /// When it was decided.
    pub decided_at: Option<Micros>,
    /// `accepted` or `declined`.
    pub decision: Option<String>,
}

static NEWEST: Statement = Statement::new(
    "select * from applications where organization_id = $1 and partner_id = $2 order by id desc limit 1",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NEWEST];

/// The newest that is about a partner.
pub async fn newest(
    scope: &Scope<'_>,
    partner_id: &str,
) -> Result<Option<Application>, StoreError> {
    let args = args![scope.org, partner_id];
    let rows = scope.store.read(&NEWEST, args).await?;
    rows.first().map(Application::read).transpose()
}

/// The same within a transaction that decides about it.
pub async fn newest_within(
    transaction: &mut dyn Transaction,
    org: &str,
    partner_id: &str,
) -> Result<Option<Application>, StoreError> {
    let rows = transaction.run(&NEWEST, args![org, partner_id]).await?;
    rows.first().map(Application::read).transpose()
}

impl Application {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            program_id: text(row, "program_id")?,
            partner_id: text(row, "partner_id")?,
            website: opt_text(row, "website")?,
            message: opt_text(row, "message")?,
            applied_at: time(row, "applied_at")?,
            decided_at: opt_time(row, "decided_at")?,
            decision: opt_text(row, "decision")?,
        })
    }
}
