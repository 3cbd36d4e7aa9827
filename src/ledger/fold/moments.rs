//! Payments at their points in their customers' lives, oldest first.
//!
//! Decides whose a payment is; never whether it is a sale.

use std::collections::BTreeMap;

use providers::fact::{Identity, Payment};
use providers::{Micros, Name};

use crate::attribution::Answer;
use crate::ledger::people::{Customer, People};
use crate::ledger::unite::{self, Group, Payments};

/// A payment at its point in its customer's life.
pub(super) struct Moment<'a> {
    pub(super) group: &'a Group<'a>,
    /// The group's place in [`Payments::groups`].
    pub(super) group_at: usize,
    pub(super) paid: Option<&'a Payment>,
    pub(super) object: Name,
    pub(super) at: Micros,
    /// When what came with the payment was there: at its checkout, which with a test clock that stands in
    /// the past is later than the payment.
    pub(super) told_at: Micros,
    pub(super) customer: Option<Name>,
    pub(super) subscription: Option<Name>,
    /// Since when the subscription has been paid for at the latest, as the processor tells.
    pub(super) paid_since: Option<Micros>,
    pub(super) answer: Answer,
    /// Whether it is remembered of its customer who brought it.
    pub(super) is_remembered: bool,
}

impl Moment<'_> {
    /// The payment as it is told: the paid one, else one that has not come to that.
    pub(super) fn shown(&self) -> Option<&Payment> {
        self.paid.or(self.group.payments.first().copied())
    }
}

/// All payments that are not shared by several documents. Buyers who are known by one payment alone join
/// the known customers.
pub(super) fn moments<'a>(
    payments: &'a Payments<'a>,
    people: &People<'a>,
    known: &mut BTreeMap<Name, Customer>,
) -> Vec<Moment<'a>> {
    let mut moments = Vec::new();
    for (group_at, group) in payments.groups.iter().enumerate() {
        let (Some(first), true) = (group.payments.first(), group.shared_by.is_empty()) else {
            continue;
        };
        let paid = group.paid();
        let shown = paid.unwrap_or(first);
        let customer = unite::customers(group, people)
            .into_iter()
            .next()
            .or_else(|| guest(&shown.object, group, people, known));
        let subscription = group
            .names
            .iter()
            .find_map(|name| people.identity(name)?.subscription.clone());
        let told = group.names.iter().chain(&subscription);
        let told = told.filter_map(|name| people.identity(name)?.paid_since);
        let paid_since = told.max();
        moments.push(Moment {
            group,
            group_at,
            paid,
            object: shown.object.clone(),
            at: shown.occurred_at,
            told_at: group
                .checked_out_at()
                .map_or(shown.occurred_at, |at| at.max(shown.occurred_at)),
            customer,
            subscription,
            paid_since,
            answer: Answer::default(),
            is_remembered: true,
        });
    }
    moments.sort_by(|a, b| (a.at, &a.object).cmp(&(b.at, &b.object)));
    moments
}

/// Stands before the name of a payment in the name of a buyer whom nothing else is known of.
const GUEST: &str = "guest/";

/// Whether a name is that of a buyer who is known by one payment, or one lead, alone.
pub fn is_guest(name: &Name) -> bool {
    name.value().starts_with(GUEST)
}

/// A buyer who is no customer of the processor, known by this one payment only.
fn guest(
    object: &Name,
    group: &Group<'_>,
    people: &People<'_>,
    known: &mut BTreeMap<Name, Customer>,
) -> Option<Name> {
    let identities: Vec<&Identity> = group
        .names
        .iter()
        .filter_map(|name| people.identity(name))
        .collect();
    let name = Name::customer(&format!("{GUEST}{}", object.value()))?;
    let guest = Customer::guest(name.clone(), &identities, people)?;
    known.insert(name.clone(), guest);
    Some(name)
}
