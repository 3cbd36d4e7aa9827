//! What facts name and a batch has to look up: ids only, nothing is read here.

use std::collections::BTreeSet;

use providers::fact::{ClaimKind, Fact, Label};
use providers::{Currency, Micros, Name, NameKind};

use crate::ledger::decision::name_of_lead;
use crate::ledger::facts::FactSet;
use crate::store::Rows;

/// What has to be looked up.
#[derive(Debug, Default)]
pub struct Wanted {
    pub(super) clicks: BTreeSet<String>,
    pub(super) codes: BTreeSet<String>,
    pub(super) people: BTreeSet<(bool, Name)>,
    pub(super) payments: BTreeSet<(bool, Name)>,
    /// Leads, by the names under which decisions about them stand.
    pub(super) leads: BTreeSet<(bool, String)>,
    /// What is paid in.
    pub(super) currencies: BTreeSet<Currency>,
    /// The first and the last time at which something was paid.
    pub(super) paid: Option<(Micros, Micros)>,
}

impl Wanted {
    /// Wants everything that a set of facts names.
    pub fn facts(&mut self, livemode: bool, facts: &FactSet) {
        for fact in facts.facts() {
            self.clicks.extend(clicks_of(fact).map(str::to_owned));
            match fact {
                Fact::Claim(claim) if claim.kind != ClaimKind::Click => {
                    self.codes.insert(claim.label.value().trim().to_lowercase());
                }
                Fact::Payment(payment) => {
                    self.currencies.insert(payment.currency);
                    let at = payment.occurred_at;
                    let (first, last) = self.paid.unwrap_or((at, at));
                    self.paid = Some((first.min(at), last.max(at)));
                }
                Fact::Lead(lead) => {
                    self.leads.insert((livemode, name_of_lead(&lead.id)));
                }
                _ => {}
            }
            for name in fact.names() {
                let place = (livemode, name.clone());
                match name.kind() {
                    NameKind::Customer | NameKind::External => {
                        self.people.insert(place);
                    }
                    NameKind::Payment => {
                        self.payments.insert(place);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The clicks that a fact names.
pub(super) fn clicks_of(fact: &Fact) -> impl Iterator<Item = &str> {
    let claimed = match fact {
        Fact::Claim(claim) if claim.kind == ClaimKind::Click => Some(&claim.label),
        _ => None,
    };
    let of_lead = match fact {
        Fact::Lead(lead) => lead.clicks.as_slice(),
        _ => &[],
    };
    claimed.into_iter().chain(of_lead).map(Label::value)
}

/// Texts as a batch; PostgreSQL has no NUL, so that nothing is stored under one.
pub(super) fn texts(values: &BTreeSet<String>) -> Rows {
    let mut rows = Rows::new(1);
    for value in values.iter().filter(|value| !value.contains('\0')) {
        rows.push([value.as_str().into()]);
    }
    rows
}

/// Names of one ledger or the other as a batch.
pub(super) fn places<'n>(values: impl IntoIterator<Item = &'n (bool, Name)>) -> Rows {
    let mut rows = Rows::new(2);
    for (livemode, name) in values {
        rows.push([(*livemode).into(), name.as_str().into()]);
    }
    rows
}
