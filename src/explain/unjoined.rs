//! Customer ids that stand with a sale and join nobody, and why. Shows no text that may be personal.

use std::collections::BTreeSet;

use providers::fact::{Fact, Identity};
use providers::{Name, NameKind};

use super::{Unjoined, say};
use crate::ledger::facts::FactSet;
use crate::ledger::people::Ids;

/// What is said of the customer of a sale, under any of its names, and is not believed.
pub(super) fn of(
    references: &BTreeSet<Name>,
    subscription: Option<&Name>,
    facts: &FactSet,
) -> Vec<Unjoined> {
    let ids = Ids::of(facts);
    let mut unjoined = Vec::new();
    for fact in facts.facts() {
        let Fact::Identity(identity) = fact else {
            continue;
        };
        let subject = &identity.subject;
        if references.contains(subject) || subscription == Some(subject) {
            unjoined.extend(said(identity));
            unjoined.extend(refused(identity, &ids));
        }
    }
    let mut seen = BTreeSet::new();
    unjoined.retain(|one| seen.insert(one.says.clone()));
    unjoined
}

fn said(identity: &Identity) -> impl Iterator<Item = Unjoined> {
    identity.said.iter().map(|label| {
        let (id, place) = (say::claimed(label.value()), label.place());
        Unjoined {
            says: format!("{place} says customer {id}; a buyer can write this, so it joins nobody"),
            id,
            place: Some(place.to_owned()),
        }
    })
}

fn refused(identity: &Identity, ids: &Ids) -> impl Iterator<Item = Unjoined> {
    let refused = identity.customers.iter();
    let refused = refused.filter(|name| name.kind() == NameKind::External && !ids.means_one(name));
    refused.map(|name| {
        let id = say::claimed(name.value());
        let says = ids.sharers(name).map_or_else(
            || format!("customerExternalId {id} is a word that means nobody, so it joins nobody"),
            |shared| shared.says(&id),
        );
        Unjoined {
            id,
            place: None,
            says,
        }
    })
}
