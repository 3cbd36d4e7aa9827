//! Requests of privacy law as the owner sees them.

use providers::{Micros, Name};

use super::sql;
use crate::args;
use crate::store::{Row, Store, StoreError};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// Collect all that is known of a customer.
    ExportCustomer,
    /// Erase a customer's personal data.
    EraseCustomer,
    /// Erase the personal data of all customers of a source.
    EraseSource,
}

impl RequestKind {
    /// The word under which it is stored and shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ExportCustomer => "export_customer",
            Self::EraseCustomer => "erase_customer",
            Self::EraseSource => "erase_source",
        }
    }

    /// The kind of a word.
    pub fn read(word: &str) -> Option<Self> {
        let kinds = [Self::ExportCustomer, Self::EraseCustomer, Self::EraseSource];
        kinds.into_iter().find(|kind| kind.word() == word)
    }
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its id: that of the event that brought it.
    pub id: String,
    /// What is asked.
    pub kind: RequestKind,
    /// The source that it came to; empty where the owner has asked.
    pub source_id: String,
    /// The event that brought it.
    pub event_id: String,
    /// The customer's names, where it speaks of one.
    pub customers: Vec<Name>,
    /// The payments meant, where it tells.
    pub payments: Vec<Name>,
    /// When it came.
    pub created_at: Micros,
    /// When it was carried out.
    pub done_at: Option<Micros>,
}

impl Request {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let text = |column| row.text(column).map(str::to_owned);
        let kind = RequestKind::read(row.text("kind")?)
            .ok_or(StoreError::Corrupt("privacy_requests.kind"))?;
        let names = |column| {
            serde_json::from_str(row.text(column)?)
                .map_err(|_damaged| StoreError::Corrupt("privacy_requests.customers"))
        };
        Ok(Self {
            id: text("id")?,
            kind,
            source_id: text("source_id")?,
            event_id: text("event_id")?,
            customers: names("customers")?,
            payments: names("payments")?,
            created_at: Micros(row.int("created_at")?),
            done_at: row.opt_int("done_at")?.map(Micros),
        })
    }
}

/// An organization's requests, newest first: at most `limit`, of those before the one with id `before`.
///
/// # Errors
/// What the database says.
pub async fn requests(
    store: &dyn Store,
    org: &str,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<Request>, StoreError> {
    let rows = store.read(&sql::LIST, args![org, before, limit]).await?;
    rows.iter().map(Request::read).collect()
}

/// One request, and the JSON document that was collected for it: `None` until it is carried out, for
/// other kinds, and after the customer was erased.
///
/// # Errors
/// What the database says.
pub async fn export(
    store: &dyn Store,
    org: &str,
    id: &str,
) -> Result<Option<(Request, Option<String>)>, StoreError> {
    let rows = store.read(&sql::ONE, args![org, id]).await?;
    rows.first()
        .map(|row| {
            let document = row.opt_text("export")?.map(str::to_owned);
            Ok((Request::read(row)?, document))
        })
        .transpose()
}
