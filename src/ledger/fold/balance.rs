//! Money that came beyond the amount of one document, and pays a later one: it earns there, since it did not where it came.
//!
//! A processor says that a document was paid from the customer's balance, and not what had filled that. Of all that can be in a balance only what was
//! overpaid is money that has earned nothing: goods that were credited have earned where they were sold, and a gift is no money. So no more counts than
//! the customer has overpaid before, less what of it has gone back: whatever came, counts once.

use std::collections::BTreeMap;

use providers::fact::{Drawn, Payment, Presentment, Rank};
use providers::{Currency, Fact, Name};

use super::moments::Moment;
use crate::ledger::facts::FactSet;
use crate::ledger::reversal::Reversals;

/// The documents that money pays which was overpaid before, with their amounts as if it had come for them; by [`Moment::group_at`].
pub(super) fn raised(
    facts: &FactSet,
    moments: &[Moment<'_>],
    reversals: &Reversals<'_>,
) -> BTreeMap<usize, Payment> {
    let mut balances: BTreeMap<(&Name, Currency), i64> = BTreeMap::new();
    let mut raised = BTreeMap::new();
    for moment in moments {
        let (Some(customer), Some(paid)) = (&moment.customer, moment.paid) else {
            continue;
        };
        if paid.rank != Rank::Canonical {
            continue;
        }
        let balance = balances.entry((customer, paid.currency)).or_default();
        if let Some(payment) = with_balance(facts, paid, *balance) {
            *balance -= payment.amounts.gross - paid.amounts.gross;
            raised.insert(moment.group_at, payment);
        }
        *balance = balance.saturating_add(overpaid(moment, paid, reversals));
    }
    raised
}

/// A document as if what was drawn for it from a balance of so much had come for it.
fn with_balance(facts: &FactSet, paid: &Payment, balance: i64) -> Option<Payment> {
    let kept = facts.get(&Drawn::key_of(&paid.object))?;
    let Fact::Drawn(drawn) = &kept.fact else {
        return None;
    };
    let came = drawn.amount.min(balance);
    if came <= 0 || drawn.currency != paid.currency {
        return None;
    }
    let gross = paid.amounts.gross.checked_add(came)?;
    let mut payment = paid.clone();
    payment.amounts = drawn.whole.part(gross)?;
    payment.amounts.subtotal = paid.amounts.subtotal;
    payment.amounts.discount = paid.amounts.discount;
    let of_all = |seen: Presentment| seen.part(gross, paid.amounts.gross);
    payment.presentment = paid.presentment.and_then(of_all);
    Some(payment)
}

/// What came beyond a document's amount and is still there. It is the first that goes back.
fn overpaid(moment: &Moment<'_>, paid: &Payment, reversals: &Reversals<'_>) -> i64 {
    let beyond = moment.group.overpaid();
    if beyond <= 0 {
        return 0;
    }
    let mut all = paid.clone();
    all.amounts.gross = all.amounts.gross.saturating_add(beyond);
    all.amounts.reversible = all.amounts.reversible.saturating_add(beyond);
    let gone = reversals.taken(moment.group_at, &all, 0).taken.gross;
    beyond.saturating_sub(gone).max(0)
}
