//! Requests of privacy law, and the end of a source. They are carried out elsewhere, and not kept as facts.

use serde::{Deserialize, Serialize};

use crate::{Micros, Name};

/// What a notice asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Collect all that is known of the customer for the owner.
    ExportCustomer,
    /// Erase the customer's personal data; amounts stay.
    EraseCustomer,
    /// Erase the personal data of all of the source's customers; amounts stay.
    EraseSource,
    /// The processor has disconnected the source.
    CloseSource,
}

/// A request of privacy law, or the end of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Unique over all notices: the request's or the event's id.
    pub id: String,
    /// What is asked.
    pub kind: NoticeKind,
    /// The customer's names, for the kinds that speak of one.
    pub customers: Vec<Name>,
    /// Names of the payments meant, where told.
    pub payments: Vec<Name>,
    /// When it was asked.
    pub occurred_at: Micros,
}
