//! Click ids and discount codes as they are found. Whether one counts is never said here.

use serde::{Deserialize, Serialize};

use super::Version;
use crate::Name;

/// A click id or code found in a delivery, with the place it was found in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Label {
    /// The value as found.
    pub value: String,
    /// Where, for the owner to read: `client_reference_id`, `metadata.refp_id`.
    pub place: String,
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
