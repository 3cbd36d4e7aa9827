//! Credit notes: which refunds belong to an invoice, and what of them is goods and what is tax.
//!
//! The money itself is told by the refund that a note names, and what a note credits to a balance shrinks a
//! later invoice, as what it credits before payment shrinks its own. Only what was handed back outside
//! Stripe is told by nothing else: in one figure, or as refunds of payments that Stripe has a record of.
//! Source: <https://docs.stripe.com/api/credit_notes/object>.

use crate::fact::{Extent, Fact, Reversal, ReversalKind, ReversalState};
use crate::lenient::Raw;
use crate::money::share;
use crate::{Name, Reading};

use super::amounts::{self, Unit, amount};
use super::facts::{self, Context, Outcome, Unreadable};
use super::identity::clean;
use super::lines;
use super::objects::{CreditNote, NotedRefund, RecordRefund, Refund};
use super::reversals::gross;

/// Reads `credit_note.*`.
pub(super) fn credit_note(context: &Context<'_>, object: Raw<'_>) -> Outcome {
    let note: CreditNote<'_> = object
        .object()
        .ok_or(Unreadable("credit note is no object"))?;
    let id = clean(note.id).ok_or(Unreadable("credit note without id"))?;
    let invoice = facts::payment(note.invoice).ok_or(Unreadable("credit note without invoice"))?;
    let mut facts = Vec::new();
    for (refund, cash) in refunds(&note) {
        facts::same(&mut facts, Some(&invoice), Some(&refund));
        if let (Some(cash), Some(net)) = (cash, amounts::of_note(context, &note)) {
            let part = (cash, share(net, cash, amount(note.total)));
            let id = format!("{id}/{}", refund.value());
            let of = vec![invoice.clone(), refund];
            facts.push(part_of(context, &note, (id, of), part)?);
        }
    }
    for (id, cash) in outside(context, &note, id) {
        let net = amounts::of_note(context, &note);
        let net = net.and_then(|net| share(net, cash, amount(note.total)));
        let of = vec![invoice.clone()];
        facts.push(part_of(context, &note, (id, of), (cash, net))?);
    }
    if facts.is_empty() {
        return Ok(Reading::ignored(
            "credit note that moves no money by itself",
        ));
    }
    Ok(Reading::facts(facts))
}

/// What was handed back outside Stripe, each part with an id of its own: no event tells of it. Where payments outside
/// Stripe are no sales, refunds of them take nothing. Whether the figure of all counts them too is not said: then
/// more would be handed back than the note is over.
fn outside(context: &Context<'_>, note: &CreditNote<'_>, id: String) -> Vec<(String, i64)> {
    let (mut parts, mut listed) = (Vec::new(), 0_i64);
    for noted in note.refunds.objects::<NotedRefund<'_>>() {
        let cash = amount(noted.amount_refunded);
        listed = listed.saturating_add(cash);
        let Some(of) = noted.payment_record_refund.object::<RecordRefund<'_>>() else {
            continue;
        };
        if let Some(record) = clean(of.payment_record) {
            let group = clean(of.refund_group).unwrap_or_default();
            parts.push((format!("{id}/{record}/{group}"), cash));
        }
    }
    let mut untold = amount(note.out_of_band_amount);
    if !parts.is_empty() {
        let all = note.post_payment_amount.int().or(note.total.int());
        untold = untold.min(all.unwrap_or(0).saturating_sub(listed).max(0));
    }
    if context.excludes_out_of_band() {
        parts.clear();
    }
    parts.push((id, untold));
    parts.retain(|(_, cash)| *cash > 0);
    parts
}

/// A part of a note that was handed back, with its net amount where it is told.
fn part_of(
    context: &Context<'_>,
    note: &CreditNote<'_>,
    (id, of): (String, Vec<Name>),
    (cash, net): (i64, Option<i64>),
) -> Result<Fact, Unreadable> {
    let unit = Unit::of(note.currency)?;
    let void = context.event_type == "credit_note.voided"
        || note.status.string().is_some_and(|status| status == "void");
    let (state, step) = if void {
        (ReversalState::Released, 2)
    } else {
        (ReversalState::Final, 1)
    };
    let cash = unit.iso(cash)?;
    let extent = match net {
        Some(net) => Extent::Net {
            cash,
            net: unit.iso(net)?,
        },
        None => gross(cash),
    };
    Ok(Fact::Reversal(Reversal {
        id,
        of,
        kind: ReversalKind::Refund,
        state,
        extent,
        currency: unit.currency,
        version: context.version(step),
        occurred_at: note.created.unix_seconds().unwrap_or(context.at),
        reason: clean(note.reason),
        things: lines::credited(note),
        gift_cards: 0,
    }))
}

/// The refunds that a note names, each with its amount where that is told.
fn refunds(note: &CreditNote<'_>) -> Vec<(Name, Option<i64>)> {
    let mut refunds: Vec<(Name, Option<i64>)> = Vec::new();
    let listed = note.refunds.objects::<NotedRefund<'_>>();
    let listed = listed
        .iter()
        .map(|noted| (noted.refund, noted.amount_refunded.int()));
    for (refund, cash) in listed.chain([(note.refund, None)]) {
        let own = |refund: Raw<'_>| refund.object::<Refund<'_>>()?.amount.int();
        let name = facts::payment(refund);
        if let Some(name) = name.filter(|name| refunds.iter().all(|(known, _)| known != name)) {
            refunds.push((name, cash.or_else(|| own(refund))));
        }
    }
    if let [(_, cash @ None)] = refunds.as_mut_slice() {
        *cash = refunded_alone(note);
    }
    refunds
}

/// What went back by a note's only refund, where nothing of it became a balance.
fn refunded_alone(note: &CreditNote<'_>) -> Option<i64> {
    if note.customer_balance_transaction.is_present() {
        return None;
    }
    let after_payment = note.post_payment_amount.int().or(note.total.int())?;
    let cash = after_payment.saturating_sub(amount(note.out_of_band_amount));
    (cash > 0).then_some(cash)
}
