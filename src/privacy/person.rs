//! Who a request means: the neighbourhoods in which a customer stands, and every name in them that is the
//! customer's. Decides nothing by e-mail addresses: people share them.

use std::collections::BTreeSet;

use providers::fact::{Fact, Strength};
use providers::{Micros, Name, NameKind};

use super::Request;
use crate::args;
use crate::books::statements::ledger as sql;
use crate::ledger::erased::impersonal;
use crate::ledger::facts::FactSet;
use crate::ledger::people::People;
use crate::ledger::sets::DisjointNames;
use crate::ledger::writer::{refold, stored};
use crate::store::{Rows, StoreError, Transaction};

/// One neighbourhood and who is meant in it.
pub struct Part {
    /// Its id.
    pub id: String,
    /// Its ledger.
    pub livemode: bool,
    /// All its facts.
    pub facts: FactSet,
    /// The names that are meant: of customers, and of payments and subscriptions that are theirs.
    pub names: BTreeSet<Name>,
}

impl Part {
    /// The facts that speak of those who are meant.
    pub fn spoken(&self) -> impl Iterator<Item = &Fact> {
        let means = |fact: &&Fact| fact.names().iter().any(|name| self.names.contains(*name));
        self.facts.facts().filter(means)
    }

    /// The newest time at which anything was told of them.
    pub fn told_at(&self) -> Micros {
        let times = self.spoken().map(|fact| fact.version().at);
        times.max().unwrap_or_default()
    }

    /// E-mail addresses ever told of them, lower case.
    pub fn emails(&self) -> BTreeSet<String> {
        let told = self.spoken().filter_map(|fact| match fact {
            Fact::Identity(identity) => Some(identity),
            _ => None,
        });
        let emails = told.flat_map(|identity| {
            let former = self.facts.former_addresses(&identity.subject);
            former.chain(&identity.email)
        });
        emails.map(|email| email.trim().to_lowercase()).collect()
    }
}

/// The names that a request gives, also in the form that erased ones have.
pub fn asked(org: &str, request: &Request) -> BTreeSet<Name> {
    let given = request.customers.iter().chain(&request.payments);
    given
        .flat_map(|name| [name.clone(), impersonal(org, name)])
        .collect()
}

/// The neighbourhoods of the customer that a request means.
pub async fn of_customer(
    transaction: &mut dyn Transaction,
    org: &str,
    request: &Request,
) -> Result<Vec<Part>, StoreError> {
    let asked = asked(org, request);
    let mut rows = Rows::new(2);
    for name in &asked {
        rows.push([false.into(), name.as_str().into()]);
        rows.push([true.into(), name.as_str().into()]);
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = BTreeSet::new();
    for row in transaction.run(&sql::NAMES, args![org; rows]).await? {
        ids.insert(row.text("neighbourhood_id")?.to_owned());
    }
    let mut parts = read(transaction, org, &ids).await?;
    for part in &mut parts {
        part.names = names_of(&part.facts, &asked);
    }
    Ok(parts)
}

/// Neighbourhoods in which everybody is meant.
pub async fn of_all(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<Part>, StoreError> {
    let mut parts = read(transaction, org, ids).await?;
    for part in &mut parts {
        let names = part.facts.facts().flat_map(Fact::names);
        part.names = names.cloned().collect();
    }
    Ok(parts)
}

async fn read(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<Part>, StoreError> {
    let modes = refold::existing(transaction, org, ids).await?;
    let mut parts: Vec<Part> = Vec::new();
    if modes.is_empty() {
        return Ok(parts);
    }
    for (id, livemode) in modes {
        parts.push(Part {
            id,
            livemode,
            facts: FactSet::new(),
            names: BTreeSet::new(),
        });
    }
    let args = args![org; refold::texts(parts.iter().map(|part| &part.id))];
    for row in transaction.run(&sql::FACTS, args).await? {
        let id = row.text("neighbourhood_id")?;
        if let Some(part) = parts.iter_mut().find(|part| part.id == id) {
            stored::absorb(&row, &mut part.facts)?;
        }
    }
    Ok(parts)
}

/// Everything that belongs to the customers and payments asked for.
fn names_of(facts: &FactSet, asked: &BTreeSet<Name>) -> BTreeSet<Name> {
    let people = People::of(facts);
    let is_person = |name: &Name| matches!(name.kind(), NameKind::Customer | NameKind::External);
    let keys: BTreeSet<Name> = asked
        .iter()
        .filter(|name| is_person(name))
        .map(|name| people.key(name))
        .collect();
    // An id that means no one person must not stand for everybody who has it.
    let meant = |name: &&Name| people.ids().means_one(name);
    let mut names: BTreeSet<Name> = asked.iter().filter(meant).cloned().collect();
    for key in &keys {
        if let Some(customer) = people.customers.get(key) {
            names.extend(customer.names.iter().cloned());
        }
    }
    let mut payments = DisjointNames::default();
    for fact in facts.facts() {
        match fact {
            Fact::Identity(identity) => {
                let owner = people.customer_of(&identity.subject);
                if owner.is_some_and(|owner| keys.contains(&owner)) {
                    names.insert(identity.subject.clone());
                }
            }
            Fact::Alias(alias) if alias.strength == Strength::Proven => {
                payments.unite(&alias.a, &alias.b);
            }
            _ => {}
        }
    }
    let meant: BTreeSet<Name> = names
        .iter()
        .map(|name| payments.find(name).clone())
        .collect();
    for (first, set) in payments.sets() {
        if meant.contains(first) {
            names.extend(set);
        }
    }
    names
}
