//! The leads of a neighbourhood, each with who brought it.
//!
//! A lead is credited by its own click alone: nothing has been sold yet.

use std::collections::BTreeSet;

use providers::fact::{Fact, Lead};

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
    let outcomes = leads.into_iter();
    outcomes
        .map(|lead| outcome(lead, people, directory))
        .collect()
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
        occurred_at: lead.occurred_at,
        credit: answer.credit,
        earning: None,
        arithmetic: Words::default(),
    }
}
