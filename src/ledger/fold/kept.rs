//! Which payments have brought money that was kept, so that what a buyer wrote with one of them is remembered of its
//! customer.
//!
//! Whoever types another's address into a checkout is that customer to its processor. So a cart that was left, an order
//! of nothing and one that was given back prove nothing about who sits there. Never says whose a payment is itself.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Billing, ClaimKind, Fact};
use providers::{Name, NameKind};

use super::moments::Moment;
use crate::ledger::facts::FactSet;
use crate::ledger::people::People;
use crate::ledger::reversal::Reversals;
use crate::ledger::unite::Payments;

/// Payments and subscriptions that have brought money which was not wholly given back.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// By the payment's place in [`Payments::groups`]. What costs nothing and began a subscription is paid by it.
    payments: BTreeSet<usize>,
    subscriptions: BTreeSet<Name>,
}

impl Kept {
    /// Those among the moments, oldest first. Nothing is looked up where no buyer has written anything.
    pub(super) fn of(
        facts: &FactSet,
        (moments, payments): (&[Moment<'_>], &Payments<'_>),
        reversals: &Reversals<'_>,
    ) -> Self {
        let mut kept = Self::default();
        if !facts.beginning("claim/").any(|(_, f)| is_buyers(&f.fact)) {
            return kept;
        }
        for moment in moments.iter().filter(|moment| stays(moment, reversals)) {
            kept.payments.insert(moment.group_at);
            kept.subscriptions.extend(moment.subscription.clone());
        }
        kept.add_parts(payments);
        kept.add_beginnings(moments);
        for moment in moments {
            let subscription = moment.subscription.as_ref();
            if subscription.is_some_and(|name| kept.subscriptions.contains(name)) {
                kept.payments.insert(moment.group_at);
            }
        }
        kept
    }

    /// Payments that several documents share, one of which is kept.
    fn add_parts(&mut self, payments: &Payments<'_>) {
        for (at, group) in payments.groups.iter().enumerate() {
            let mut documents = group.shared_by.keys();
            let is_kept = |name: &Name| self.has(payments.position(name));
            if documents.any(is_kept) {
                self.payments.insert(at);
            }
        }
    }

    /// Orders of nothing that began what is paid for since. Where renewals name no subscription (Shopify's), they go
    /// on with an order of the same thing by the same customer: the only one that there was.
    fn add_beginnings(&mut self, moments: &[Moment<'_>]) {
        let mut begun: BTreeMap<(&Name, &str), Option<usize>> = BTreeMap::new();
        for moment in moments.iter().filter(|m| m.subscription.is_none()) {
            let (Some(customer), Some(paid)) = (&moment.customer, moment.paid) else {
                continue;
            };
            let renews = paid.billing == Billing::SubscriptionRenewal;
            for thing in &paid.products {
                let thing = (customer, thing.as_str());
                let known = begun.get(&thing).copied();
                if !renews {
                    let is_first = known.is_none() && paid.amounts.gross == 0;
                    begun.insert(thing, is_first.then_some(moment.group_at));
                } else if self.payments.contains(&moment.group_at) {
                    self.payments.extend(known.flatten());
                }
            }
        }
    }

    /// Whether the payment at this place is one of them.
    pub(super) fn has(&self, payment_at: Option<usize>) -> bool {
        payment_at.is_some_and(|at| self.payments.contains(&at))
    }

    /// Whether the payment or the subscription that carries a claim is one of them, or belongs to one.
    pub(super) fn carries(
        &self,
        subject: &Name,
        people: &People<'_>,
        payments: &Payments<'_>,
    ) -> bool {
        let told = people.identity(subject);
        let subscription = match subject.kind() {
            NameKind::Subscription => Some(subject),
            _ => told.and_then(|identity| identity.subscription.as_ref()),
        };
        self.has(payments.position(subject))
            || subscription.is_some_and(|name| self.subscriptions.contains(name))
    }
}

/// Whether a claim is one that a buyer can have written. Codes always are.
fn is_buyers(fact: &Fact) -> bool {
    matches!(fact, Fact::Claim(claim) if claim.kind == ClaimKind::Code || claim.label.is_buyers())
}

/// Whether a payment was made, of something, and not all of it has gone back.
fn stays(moment: &Moment<'_>, reversals: &Reversals<'_>) -> bool {
    let Some(paid) = moment.paid else {
        return false;
    };
    let gone = reversals.taken(moment.group_at, paid, moment.group.overpaid());
    let left = paid.amounts.net.saturating_sub(gone.taken.refunded);
    left > gone.taken.lost
}
