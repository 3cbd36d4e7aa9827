//! Refunds and disputes: what takes money back, holds it, or gives it to the seller again.
//!
//! Each has an id of its own and a state; the newest snapshot wins, and within one second the one that
//! cannot be undone. Sources: <https://docs.stripe.com/refunds>,
//! <https://docs.stripe.com/disputes/how-disputes-work>.

use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{Unit, needed};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::clean;
use super::objects::{BalanceTransaction, Dispute, DisputeCard, DisputeMethod, Refund};

/// The refund reason of an authorisation that ran out or was let go: no money moved.
const EXPIRED_AUTHORISATION: &str = "expired_uncaptured_charge";

const TRANSFER_TAKEN_BACK: &str =
    "a transfer that its platform took back: the refund is the platform's";

const REFUND_STATUSES: &[&str] = &[
    "pending",
    "requires_action",
    "succeeded",
    "failed",
    "canceled",
];

const DISPUTE_STATUSES: &[&str] = &[
    "lost",
    "won",
    "prevented",
    "charge_refunded",
    "needs_response",
    "under_review",
];

/// Reads `refund.*` and `charge.refund.updated`. What a connected account gives back to its platform is no
/// refund of a buyer's.
pub(super) fn refund(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let refund: Refund<'_> = object.object().ok_or(Unreadable("refund is no object"))?;
    if refund.source_transfer_reversal.is_present() {
        return Ok(Reading::ignored(TRANSFER_TAKEN_BACK));
    }
    let links = Links::of(refund.charge, refund.payment_intent);
    let Some(mut facts) = links.facts() else {
        return Ok(Reading::ignored("refund that names no payment"));
    };
    facts.push(row(context, &refund, &links, false)?.ok_or(Unreadable("refund without id"))?);
    let status = refund.status.string().unwrap_or_default();
    let reading = Reading::facts(facts);
    Ok(
        if status.is_empty() || REFUND_STATUSES.contains(&&*status) {
            reading
        } else {
            reading.with_unknown("refund status", &status)
        },
    )
}

/// One refund as a fact; `lets_go` of one that merely frees an authorisation. `None` without an id.
pub(super) fn row(
    context: &Context<'_>,
    refund: &Refund<'_>,
    links: &Links,
    lets_go: bool,
) -> Result<Option<Fact>, Unreadable> {
    let Some(id) = clean(refund.id) else {
        return Ok(None);
    };
    let unit = Unit::of(refund.currency)?;
    let cash = unit.iso(needed(refund.amount, "refund without amount")?)?;
    let reason = clean(refund.reason);
    let state = if lets_go || reason.as_deref() == Some(EXPIRED_AUTHORISATION) {
        ReversalState::Inert
    } else {
        refund_state(refund.status)
    };
    let step = match state {
        ReversalState::Inert | ReversalState::Held => 0,
        ReversalState::Final => 1,
        ReversalState::Released => 2,
    };
    let own_name = Name::payment(&id);
    Ok(Some(Fact::Reversal(Reversal {
        of: links.names().chain(own_name).collect(),
        id,
        kind: ReversalKind::Refund,
        state,
        extent: gross(cash),
        currency: unit.currency,
        version: context.version(step),
        occurred_at: refund.created.unix_seconds().unwrap_or(context.at),
        reason: clean(refund.failure_reason).or(reason),
        things: Vec::new(),
        gift_cards: 0,
    })))
}

/// A refund that waits counts already, and is given back if it fails. Refunds had no status once.
fn refund_state(status: Raw<'_>) -> ReversalState {
    match status.string().as_deref() {
        Some("pending" | "requires_action") => ReversalState::Held,
        Some("failed" | "canceled") => ReversalState::Released,
        _ => ReversalState::Final,
    }
}

/// Reads `charge.dispute.*`.
pub(super) fn dispute(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let dispute: Dispute<'_> = object.object().ok_or(Unreadable("dispute is no object"))?;
    let id = clean(dispute.id).ok_or(Unreadable("dispute without id"))?;
    let unit = Unit::of(dispute.currency)?;
    let cash = unit.iso(needed(dispute.amount, "dispute without amount")?)?;
    let state = dispute_state(context, &dispute);
    let step = match state {
        ReversalState::Inert => 0,
        ReversalState::Held => 1,
        ReversalState::Final => 2,
        ReversalState::Released => 3,
    };
    let links = Links::of(dispute.charge, dispute.payment_intent);
    let Some(mut facts) = links.facts() else {
        return Ok(Reading::ignored("dispute that names no payment"));
    };
    facts.push(Fact::Reversal(Reversal {
        id,
        of: links.names().collect(),
        kind: ReversalKind::Dispute,
        state,
        extent: gross(cash),
        currency: unit.currency,
        version: context.version(step),
        occurred_at: dispute.created.unix_seconds().unwrap_or(context.at),
        reason: clean(dispute.reason),
        things: Vec::new(),
        gift_cards: 0,
    }));
    let status = dispute.status.string().unwrap_or_default();
    let known = |beginning| status.starts_with(beginning);
    let is_known = DISPUTE_STATUSES.contains(&&*status) || known("warning_") || known("appeal_");
    let reading = Reading::facts(facts);
    Ok(if is_known {
        reading
    } else {
        reading.with_unknown("dispute status", &status)
    })
}

/// Inquiries (`warning_*`) move nothing. An unknown status is one that is still open, unless the event
/// says that the money came back.
fn dispute_state(context: &Context<'_>, dispute: &Dispute<'_>) -> ReversalState {
    let status = dispute.status.string().unwrap_or_default();
    match status.as_ref() {
        "lost" => ReversalState::Final,
        "prevented" if is_given_back(dispute) => ReversalState::Final,
        "won" | "prevented" | "charge_refunded" => ReversalState::Released,
        _ if context.event_type == "charge.dispute.funds_reinstated" => ReversalState::Released,
        _ if context.event_type == "charge.dispute.funds_withdrawn" => ReversalState::Held,
        inquiry if inquiry.starts_with("warning_") => ReversalState::Inert,
        _ => ReversalState::Held,
    }
}

/// Whether a dispute that was prevented has given the buyer his money all the same. A block has not; a
/// resolution (Visa's Rapid Dispute Resolution) does so through the bank, and no refund tells of it. What the
/// dispute itself has moved on the balance says it best.
/// <https://docs.stripe.com/changelog/basil/2025-08-27/add-preventions-to-dispute>; that such disputes
/// withdraw the money: <https://github.com/polarsource/polar/pull/11414>.
fn is_given_back(dispute: &Dispute<'_>) -> bool {
    if dispute.balance_transactions.is_present() {
        let moved = dispute.balance_transactions;
        let moved = moved.objects::<BalanceTransaction<'_>>();
        let amounts = moved
            .iter()
            .filter_map(|transaction| transaction.amount.int());
        return amounts.fold(0, i64::saturating_add) < 0;
    }
    let method: DisputeMethod<'_> = dispute.payment_method_details.object().unwrap_or_default();
    let card: DisputeCard<'_> = method.card.object().unwrap_or_default();
    let case_type = card.case_type.string();
    case_type.as_deref() == Some("resolution")
}

pub(super) const fn gross(cash: i64) -> Extent {
    Extent::Gross {
        cash,
        counted: cash,
    }
}

/// The charge and the intent that a reversal names.
pub(super) struct Links {
    charge: Option<Name>,
    intent: Option<Name>,
}

impl Links {
    pub(super) fn of(charge: Raw<'_>, intent: Raw<'_>) -> Self {
        Self {
            charge: facts::payment(charge),
            intent: facts::payment(intent),
        }
    }

    fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.intent.iter().chain(&self.charge).cloned()
    }

    /// The alias of both; `None` where there is neither.
    fn facts(&self) -> Option<Vec<Fact>> {
        let mut facts = Vec::new();
        facts::same(&mut facts, self.charge.as_ref(), self.intent.as_ref());
        (self.charge.is_some() || self.intent.is_some()).then_some(facts)
    }
}
