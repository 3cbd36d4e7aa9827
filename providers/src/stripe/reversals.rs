//! Refunds, disputes and credit notes: what takes money back, holds it, or gives it to the seller again.
//!
//! Each has an id of its own and a state; the newest snapshot wins, and within one second the one that
//! cannot be undone. Sources: <https://docs.stripe.com/refunds>,
//! <https://docs.stripe.com/disputes/how-disputes-work>, <https://docs.stripe.com/api/credit_notes/object>.

use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState};
use crate::lenient::Raw;
use crate::{Name, Reading};

use super::amounts::{Unit, amount, needed};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::clean;
use super::objects::{CreditNote, Dispute, NotedRefund, Refund};

/// The refund reason of an authorisation that ran out or was let go: no money moved.
const EXPIRED_AUTHORISATION: &str = "expired_uncaptured_charge";

/// Reads `refund.*` and `charge.refund.updated`.
pub(super) fn refund(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let refund: Refund<'_> = object.object().ok_or(Unreadable("refund is no object"))?;
    let id = clean(refund.id).ok_or(Unreadable("refund without id"))?;
    let unit = Unit::of(refund.currency)?;
    let cash = unit.iso(needed(refund.amount, "refund without amount")?)?;
    let reason = clean(refund.reason);
    let state = if reason.as_deref() == Some(EXPIRED_AUTHORISATION) {
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
    let links = Links::of(refund.charge, refund.payment_intent);
    let Some(mut facts) = links.facts() else {
        return Ok(Reading::ignored("refund that names no payment"));
    };
    facts.push(Fact::Reversal(Reversal {
        id,
        of: links.names().chain(own_name).collect(),
        kind: ReversalKind::Refund,
        state,
        extent: gross(cash),
        currency: unit.currency,
        version: context.version(step),
        occurred_at: context.at,
        reason: clean(refund.failure_reason).or(reason),
    }));
    Ok(Reading::facts(facts))
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
    let state = dispute_state(context, dispute.status);
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
        occurred_at: context.at,
        reason: clean(dispute.reason),
    }));
    Ok(Reading::facts(facts))
}

/// Inquiries (`warning_*`) move nothing. An unknown status is one that is still open, unless the event
/// says that the money came back.
fn dispute_state(context: &Context<'_>, status: Raw<'_>) -> ReversalState {
    let status = status.string().unwrap_or_default();
    match status.as_ref() {
        "lost" => ReversalState::Final,
        "won" | "prevented" | "charge_refunded" => ReversalState::Released,
        _ if context.event_type == "charge.dispute.funds_reinstated" => ReversalState::Released,
        _ if context.event_type == "charge.dispute.funds_withdrawn" => ReversalState::Held,
        inquiry if inquiry.starts_with("warning_") => ReversalState::Inert,
        _ => ReversalState::Held,
    }
}

/// Reads `credit_note.*`. What it gives back through Stripe comes as a refund of its own, and what it
/// credits shrinks a later invoice; only what was handed back outside Stripe is told by nothing else.
pub(super) fn credit_note(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let note: CreditNote<'_> = object
        .object()
        .ok_or(Unreadable("credit note is no object"))?;
    let id = clean(note.id).ok_or(Unreadable("credit note without id"))?;
    let invoice = facts::payment(note.invoice).ok_or(Unreadable("credit note without invoice"))?;
    let mut facts = Vec::new();
    let listed = note.refunds.objects::<NotedRefund<'_>>();
    for refund in listed
        .into_iter()
        .map(|noted| noted.refund)
        .chain([note.refund])
    {
        facts::same(&mut facts, Some(&invoice), facts::payment(refund).as_ref());
    }
    let outside = amount(note.out_of_band_amount);
    if outside > 0 {
        let unit = Unit::of(note.currency)?;
        let void = context.event_type == "credit_note.voided"
            || note.status.string().is_some_and(|status| status == "void");
        let (state, step) = if void {
            (ReversalState::Released, 2)
        } else {
            (ReversalState::Final, 1)
        };
        facts.push(Fact::Reversal(Reversal {
            id,
            of: vec![invoice],
            kind: ReversalKind::Refund,
            state,
            extent: gross(unit.iso(outside)?),
            currency: unit.currency,
            version: context.version(step),
            occurred_at: context.at,
            reason: clean(note.reason),
        }));
    }
    if facts.is_empty() {
        return Ok(Reading::ignored(
            "credit note that moves no money by itself",
        ));
    }
    Ok(Reading::facts(facts))
}

const fn gross(cash: i64) -> Extent {
    Extent::Gross {
        cash,
        counted: cash,
    }
}

/// The charge and the intent that a reversal names.
struct Links {
    charge: Option<Name>,
    intent: Option<Name>,
}

impl Links {
    fn of(charge: Raw<'_>, intent: Raw<'_>) -> Self {
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
