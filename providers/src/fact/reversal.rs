//! Money that goes back, one by one and in one figure. What it takes of a sale is never said here.

use serde::{Deserialize, Serialize};

use super::{Bought, Version};
use crate::{Currency, Micros, Name};

/// What takes money back, or gives back what was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalKind {
    /// The seller gives money back.
    Refund,
    /// The buyer's bank takes it (dispute, chargeback).
    Dispute,
    /// Lessens what a document asks for. Counts where it was made before the document was paid, and
    /// then for what the payment's own amounts do not leave out already.
    Credit,
    /// Gives back what refunds of the payment took by then, without naming one of them.
    RefundReturn,
    /// Gives back what disputes of the payment took by then, without naming one of them.
    DisputeReturn,
    /// Says how much of the document's credits the payment's own amounts leave out already.
    CreditReturn,
}

impl ReversalKind {
    /// Whether it takes money by itself; the others only weigh on those that do.
    pub const fn takes(self) -> bool {
        matches!(self, Self::Refund | Self::Dispute)
    }

    /// The word for it in a stored key. Never changed.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Refund => "Refund",
            Self::Dispute => "Dispute",
            Self::Credit => "Credit",
            Self::RefundReturn => "RefundReturn",
            Self::DisputeReturn => "DisputeReturn",
            Self::CreditReturn => "CreditReturn",
        }
    }
}

/// What a reversal does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalState {
    /// Moves nothing: an inquiry, a warning, a refund that waits for approval.
    Inert,
    /// Counts, and may still be given back: a pending refund, an open dispute.
    Held,
    /// Counts for good: a refund that succeeded, a lost dispute.
    Final,
    /// Counts no longer: a failed refund, a won dispute.
    Released,
}

/// How much of a payment is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// All that is left.
    All,
    /// An amount the buyer gets back. `counted` is the part of it that is compared with
    /// [`Amounts::reversible`](super::Amounts::reversible) (without shipping where the processor tells it
    /// apart).
    Gross {
        /// What the buyer gets back.
        cash: i64,
        /// The part that counts against the goods.
        counted: i64,
    },
    /// An amount told net of tax, to be taken from [`Amounts::net`](super::Amounts::net) as it is.
    Net {
        /// What the buyer gets back, tax included.
        cash: i64,
        /// The part that is taken from the net amount.
        net: i64,
    },
    /// An amount of which a part is told net, and the rest counts by its share.
    Both {
        /// What the buyer gets back in all, tax included.
        cash: i64,
        /// The part that is compared with [`Amounts::reversible`](super::Amounts::reversible).
        counted: i64,
        /// The part that is taken from the net amount.
        net: i64,
    },
}

/// Money taken back, held or returned, by its own id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// The processor's id (`re_…`, `dp_…`, `adj_…`), unique over all reversals of the processor.
    pub id: String,
    /// Names of the payment it belongs to; any of them will do.
    pub of: Vec<Name>,
    /// What it is.
    pub kind: ReversalKind,
    /// What it does.
    pub state: ReversalState,
    /// How much.
    pub extent: Extent,
    /// The currency of `extent`.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
    /// When it was made, the same in every snapshot: a running total told later has counted it.
    pub occurred_at: Micros,
    /// Why, as the processor says; for the owner to read.
    pub reason: Option<String>,
    /// How much of a told net amount each thing is that went back, where that is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub things: Vec<Bought>,
    /// The part of what the buyer gets back that is for gift cards, in the same currency.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gift_cards: i64,
}

/// How much of an object has been refunded so far. The fold takes care that this and single refunds of
/// the same object never add up twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The object.
    pub object: Name,
    /// How much, cumulative; can fall again when a refund fails.
    pub extent: Extent,
    /// The currency of `extent`.
    pub currency: Currency,
    /// Which snapshot.
    pub version: Version,
    /// When the snapshot was made.
    pub occurred_at: Micros,
    /// What of an authorisation was let go, in the same currency: not in `extent`, though a refund may tell of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub let_go: i64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
const fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
