//! What makes a commission wait for the owner's word: a partner who buys by their own link, a customer of whom an earlier
//! commission was marked as fraud, and a mailbox that signs up more than once.
//!
//! Pure. Looks at who bought, at times and at what was decided; never at what anything earns.

use std::collections::BTreeMap;

use providers::{Micros, Name, NameKind};

use super::Terms;
use crate::attribution::Credit;
use crate::ledger::decision::{Decided, Decision};
use crate::ledger::fold::{Outcome, is_guest};
use crate::ledger::mailbox::mailbox;
use crate::ledger::people::Customer;
use crate::ledger::sale::Sale;

/// Why a commission is not paid before the owner has looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The customer is the partner.
    SelfReferral,
    /// The owner has marked as fraud what the same customer brought the same partner before.
    AfterFraud,
    /// A lead of the same click and the same mailbox, under another customer's id, has earned.
    SameMailbox,
}

impl Doubt {
    /// What there is to doubt in what a customer brings a partner.
    pub(super) fn of(
        person: Option<&Customer>,
        is_after_fraud: bool,
        (partner_id, terms): (&str, &Terms),
    ) -> Option<Self> {
        if is_after_fraud {
            return Some(Self::AfterFraud);
        }
        let same = person.is_some_and(|person| is_partner(person, partner_id, terms));
        same.then_some(Self::SelfReferral)
    }

    /// Why the commission is held.
    pub(super) const fn held(self) -> &'static str {
        match self {
            Self::SelfReferral => "held for review: the customer is the partner (self-referral)",
            Self::AfterFraud => {
                "held for review: an earlier commission of this customer was marked as fraud"
            }
            Self::SameMailbox => {
                "held for review: an earlier lead of the same click and e-mail address has earned"
            }
        }
    }
}

/// Whether a customer is the partner: by any address that was ever told, since who buys can change his own.
fn is_partner(person: &Customer, partner_id: &str, terms: &Terms) -> bool {
    let is_theirs = |email: &String| {
        terms.emails.get(partner_id) == Some(&mailbox(email)) || terms.paid_at.is(partner_id, email)
    };
    let same_email = person.emails.iter().any(is_theirs);
    let tenant = terms.tenants.get(partner_id).map(String::as_str);
    let same_id = tenant.is_some()
        && person
            .names
            .iter()
            .any(|n| n.kind() == NameKind::External && Some(n.value()) == tenant);
    same_email || same_id || person.was_partner.contains(partner_id)
}

/// From when on a customer, or a subscription, brings a partner what the owner has to look at: the time of the first
/// commission that is marked as fraud.
#[derive(Debug, Default)]
pub(super) struct Frauds(BTreeMap<(Name, String), Micros>);

impl Frauds {
    /// Those of a neighbourhood.
    pub(super) fn of(outcome: &Outcome, terms: &Terms) -> Self {
        let mut frauds = Self::default();
        if !terms.decided.values().any(|one| is_fraud(Some(*one))) {
            return frauds;
        }
        for sale in &outcome.sales {
            let credit = sale.credit.as_ref();
            for name in bringers(sale).filter(|_| is_fraud(terms.about_sale(sale))) {
                frauds.note(name, credit, sale.occurred_at);
            }
        }
        for lead in &outcome.leads {
            let credit = lead.credit.as_ref();
            for name in lead
                .customer
                .iter()
                .filter(|_| is_fraud(terms.about_lead(lead)))
            {
                frauds.note(name, credit, lead.occurred_at);
            }
        }
        frauds
    }

    fn note(&mut self, name: &Name, credit: Option<&Credit>, at: Micros) {
        let Some(credit) = credit else { return };
        let place = (name.clone(), credit.partner_id.clone());
        let first = self.0.entry(place).or_insert(at);
        *first = at.min(*first);
    }

    /// Whether one of these names brings a partner something at this time, after what was marked as fraud, or with it.
    pub(super) fn precede<'n>(
        &self,
        names: impl Iterator<Item = &'n Name>,
        (partner_id, at): (&str, Micros),
    ) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let mut first = names.filter_map(|name| {
            let place = (name.clone(), partner_id.to_owned());
            self.0.get(&place)
        });
        first.any(|first| *first <= at)
    }
}

/// Who brings a sale: its customer, unless it is known by this payment alone, and its subscription.
pub(super) fn bringers(sale: &Sale) -> impl Iterator<Item = &Name> {
    let customer = sale.customer.iter().filter(|name| !is_guest(name));
    customer.chain(&sale.subscription)
}

fn is_fraud(decided: Option<Decided>) -> bool {
    decided.is_some_and(|decided| decided.decision == Decision::Fraud)
}
