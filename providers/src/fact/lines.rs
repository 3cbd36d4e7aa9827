//! The lines of a document of which snapshots show no more than the first. Which of them count is for the fold.

use serde::{Deserialize, Serialize};

use super::{Bought, Version};
use crate::Name;

/// A page of a document's lines. All pages together, each after the last line of the one before, are what was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The document.
    pub object: Name,
    /// The line that the page comes after; `None` on the first.
    pub after: Option<String>,
    /// Which telling.
    pub version: Version,
    /// The lines in their order, each by itself: the ids of its price and product, and its own last.
    pub lines: Vec<Bought>,
    /// The line after which the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Lines {
    /// The key of a page.
    pub fn key_of(object: &Name, after: Option<&str>) -> String {
        format!("lines/{}/{}", object.as_str(), after.unwrap_or_default())
    }
}
