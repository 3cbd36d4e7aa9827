//! What is said beside money: a merchant's words on a sale, and steps before one. Never an amount.

use serde::{Deserialize, Serialize};

use super::{Label, Version};
use crate::{Micros, Name};

/// What a merchant says of a sale besides its money, in a call to the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The payment.
    pub object: Name,
    /// The merchant's name of the event.
    pub event_name: String,
    /// The processor that the merchant says it was paid with.
    pub payment_processor: String,
    /// The merchant's own data, as JSON text.
    pub metadata: Option<String>,
    /// When it was said.
    pub version: Version,
}

/// A step before a sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Unique over all leads: the event's id, or the merchant's call.
    pub id: String,
    /// What happened (`Sign Up`, `Started trial`).
    pub event_name: String,
    /// The customer's names.
    pub customers: Vec<Name>,
    /// The click that brought the customer, where known.
    pub clicks: Vec<Label>,
    /// When.
    pub occurred_at: Micros,
}
