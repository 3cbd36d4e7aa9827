//! Click ids and discount codes as they are found. Whether one counts is never said here.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::{Name, Place, Settings};

/// A click id or code found in a delivery, with the place it was found in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    value: String,
    place: String,
    /// See [`Label::is_buyers`].
    #[serde(default, skip_serializing_if = "super::payment::is_false")]
    by_buyer: bool,
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
            by_buyer: false,
        })
    }

    /// The same label as it stands in a place: the buyer's, unless the place is to be trusted.
    #[must_use]
    pub fn standing_in(mut self, place: &Place, settings: &Settings) -> Self {
        self.by_buyer = !place.is_trusted(settings);
        self
    }

    /// Adds it to others, each value once, in its best place. What somebody else has written as well is not the
    /// buyer's alone.
    pub fn add_to(self, labels: &mut Vec<Self>) {
        match labels.iter_mut().find(|known| known.value == self.value) {
            Some(known) => known.by_buyer &= self.by_buyer,
            None => labels.push(self),
        }
    }

    /// What was found.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Where it was found.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether only a buyer is known to have written it, with one payment: it says something of that payment, and of
    /// its customer no more than the payment proves.
    pub const fn is_buyers(&self) -> bool {
        self.by_buyer
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
    use crate::{Holds, Writer};

    #[test]
    fn a_label_is_kept_without_the_white_space_around_it() {
        let label = Label::new(" clk_1 ", "metadata.refp_id").unwrap();
        assert_eq!(
            (label.value(), label.place()),
            ("clk_1", "metadata.refp_id")
        );
    }

    #[test]
    fn what_somebody_else_has_written_as_well_is_not_the_buyers_alone() {
        let settings = Settings::default();
        let label = |writer| {
            let place = Place::new("custom_data", Holds::Labels, writer);
            let label = Label::new("clk_1", "custom_data.refp_id").unwrap();
            label.standing_in(&place, &settings)
        };
        for (writers, is_buyers) in [
            ([Writer::Buyer, Writer::Buyer], true),
            ([Writer::Buyer, Writer::Merchant], false),
            ([Writer::Merchant, Writer::Buyer], false),
        ] {
            let mut labels = Vec::new();
            for writer in writers {
                label(writer).add_to(&mut labels);
            }
            assert_eq!(labels.len(), 1);
            assert_eq!(labels[0].is_buyers(), is_buyers, "{writers:?}");
        }
    }

    #[test]
    fn what_no_database_could_keep_is_no_label() {
        let long = "x".repeat(Label::MAX_LENGTH + 1);
        for value in ["", "  ", "a\u{0}b", "a\nb", long.as_str()] {
            assert_eq!(Label::new(value, "note_attributes.refp_id"), None);
        }
    }
}
