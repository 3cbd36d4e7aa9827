//! Click ids and discount codes as they are found. Whether one counts is never said here.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::Name;

/// A click id or code found in a delivery, with the place it was found in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    value: String,
    place: String,
}

impl Label {
    /// The longest value kept, in bytes: longer ones are no click id, code or customer id of anybody, and
    /// no database would take them as a key.
    pub const MAX_LENGTH: usize = 512;

    /// A label as found, without white space around it; `None` when it is empty, too long or has control
    /// characters. Who meets such a one passes it over: it never costs the payment that carries it.
    ///
    /// `place` says where it was found, for the owner to read: `client_reference_id`, `metadata.refp_id`.
    pub fn new(value: &str, place: impl Into<String>) -> Option<Self> {
        let value = value.trim();
        let fits = !value.is_empty()
            && value.len() <= Self::MAX_LENGTH
            && !value.chars().any(char::is_control);
        fits.then(|| Self {
            value: value.to_owned(),
            place: place.into(),
        })
    }

    /// What was found.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where it was found.
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// What a claim names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A click id.
    Click,
    /// A discount code.
    Code,
}

impl ClaimKind {
    /// The word for it in a stored key. Never changed.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Click => "Click",
            Self::Code => "Code",
        }
    }
}

/// A click id or code that a subject carries, and since when. Of several tellings the first stays: what
/// is edited later must not move what has been earned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The payment, subscription or customer that carries it.
    pub subject: Name,
    /// What it names.
    pub kind: ClaimKind,
    /// The value and where it was found.
    pub label: Label,
    /// Its place among the subject's claims of one telling: 0 is the best place.
    pub order: u32,
    /// When it was told.
    pub version: Version,
}

/// What the buyer types for a discount that payments know by its id alone (Paddle's `dsc_…`). A
/// [`Label`] among an [`Identity`](super::Identity)'s codes whose value is `id` means `code` as well. It
/// has no names: one coupon on many payments does not make them one neighbourhood, so it is looked up,
/// not joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The processor's id of the discount.
    pub id: String,
    /// The code as the buyer types it.
    pub code: String,
    /// Which snapshot.
    pub version: Version,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_kept_without_the_white_space_around_it() {
        let label = Label::new(" clk_1 ", "metadata.refp_id").unwrap();
        assert_eq!(
            (label.value(), label.place()),
            ("clk_1", "metadata.refp_id")
        );
    }

    #[test]
    fn what_no_database_could_keep_is_no_label() {
        let long = "x".repeat(Label::MAX_LENGTH + 1);
        for value in ["", "  ", "a\u{0}b", "a\nb", long.as_str()] {
            assert_eq!(Label::new(value, "note_attributes.refp_id"), None);
        }
    }
}
