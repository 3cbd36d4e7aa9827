//! Names that belong together, and how sure that is. Whether they are one is for the fold.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::{Currency, Micros, Name};

/// How sure an alias is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// The processor says so.
    Proven,
    /// It looks so: counts only where the other object is known, its customer and amount agree, and
    /// nothing proven speaks against it. A value that ends with `…` is a beginning, to be matched as one.
    Hint,
}

impl Strength {
    /// The word for it in a stored key. Never changed.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Proven => "Proven",
            Self::Hint => "Hint",
        }
    }
}

/// Two names of one thing (both of payments, or both of customers).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// One name.
    pub a: Name,
    /// The other.
    pub b: Name,
    /// How sure it is.
    pub strength: Strength,
}

/// When a document was paid that was sold on terms, where snapshots of it need not say that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidLater {
    /// The document.
    pub object: Name,
    /// When the last of its money came.
    pub paid_at: Micros,
    /// Which snapshot.
    pub version: Version,
}

/// A part of one payment's money that belongs to one invoice. With the invoice itself as the payment: all
/// the money that came for it, also what is beyond its amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// The invoice.
    pub invoice: Name,
    /// The payment (intent or charge).
    pub payment: Name,
    /// The part, in `currency`.
    pub amount: i64,
    /// Its currency.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
}
