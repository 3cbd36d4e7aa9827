//! The leads of a neighbourhood, each with who brought it.
//!
//! A lead is credited by its own click alone: nothing has been sold yet.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Fact, Lead};
use providers::{Name, NameKind};

use crate::attribution::{self, Directory, Memory, Question, Touches};
use crate::ledger::facts::FactSet;
use crate::ledger::people::People;
use crate::ledger::sale::{LeadOutcome, Words};

/// All leads, oldest first.
pub(super) fn of(facts: &FactSet, people: &People<'_>, directory: &Directory) -> Vec<LeadOutcome> {
    let leads = facts.beginning("lead/");
    let mut leads: Vec<&Lead> = leads
        .filter_map(|(_, kept)| match &kept.fact {
            Fact::Lead(lead) => Some(lead),
            _ => None,
        })
        .collect();
    leads.sort_by(|a, b| (a.occurred_at, &a.id).cmp(&(b.occurred_at, &b.id)));
    let meetings = meetings(facts, people);
    let outcomes = leads.into_iter();
    outcomes
        .map(|lead| {
            let mut outcome = outcome(lead, people, directory);
            let meets = outcome.customer.as_ref();
            let meets = meets.and_then(|customer| meetings.get(customer));
            outcome.meets = meets.cloned().unwrap_or_default();
            outcome
        })
        .collect()
}

/// Where customers meet others without being one with them, by the customer's key.
fn meetings(facts: &FactSet, people: &People<'_>) -> BTreeMap<Name, BTreeSet<Name>> {
    let mut meetings: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    for (_, kept) in facts.beginning("alias/Hint/") {
        let Fact::Alias(alias) = &kept.fact else {
            continue;
        };
        let is_customer = matches!(alias.a.kind(), NameKind::Customer | NameKind::External);
        if is_customer
            && alias.b.kind() == NameKind::Hint
            && let Some(customer) = people.customer_of(&alias.a)
        {
            let places = meetings.entry(customer).or_default();
            places.insert(alias.b.clone());
        }
    }
    meetings
}

fn outcome(lead: &Lead, people: &People<'_>, directory: &Directory) -> LeadOutcome {
    let mut own = Touches::default();
    own.add_lead(lead);
    own.sort();
    let customer = people.customer_of_lead(lead);
    let nobody = BTreeSet::new();
    let names = customer
        .as_ref()
        .and_then(|key| people.customers.get(key))
        .map_or(&nobody, |customer| &customer.names);
    let answer = attribution::attribute(
        Question {
            at: lead.occurred_at,
            told_at: lead.occurred_at,
            customer: names,
            subscription: None,
            begun: None,
            own: &own,
            memory: &Memory::default(),
            coded: None,
        },
        directory,
    );
    LeadOutcome {
        id: lead.id.clone(),
        event_name: lead.event_name.clone(),
        customer,
        meets: BTreeSet::new(),
        occurred_at: lead.occurred_at,
        credit: answer.credit,
        earning: None,
        arithmetic: Words::default(),
    }
}
