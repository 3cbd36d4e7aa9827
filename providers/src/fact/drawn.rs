//! What a document was paid with that did not come for it. Whether that is money that has earned nothing yet is for the fold.

use serde::{Deserialize, Serialize};

use super::{Amounts, Version};
use crate::{Currency, Name};

/// A part of a document that was paid from the customer's balance at the processor: it came before, if it ever did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The document.
    pub object: Name,
    /// The part.
    pub amount: i64,
    /// The document's amounts as if that part had come for it.
    pub whole: Amounts,
    /// The currency of both.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
}

impl Drawn {
    /// The key of what is told of a document.
    pub fn key_of(object: &Name) -> String {
        format!("drawn/{}", object.as_str())
    }
}
