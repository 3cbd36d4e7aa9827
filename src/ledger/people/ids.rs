//! Which customer ids mean one person. Words that mean nobody do not, and neither do ids that more
//! customers of one processor share than a person can have: a shop's name, one account for all guests.
//!
//! A rule on the whole set of facts, free of order. What it refuses joins nobody; each of those who share
//! it stays a customer of its own.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::Fact;
use providers::nobody::means_nobody;
use providers::{Name, NameKind};

use crate::ledger::facts::FactSet;

/// How many customers of one processor one of the merchant's own ids may stand for: a person has an account
/// or two, and some for each time one was lost. With more, the id means no person.
pub const MOST_CUSTOMERS_OF_ONE_ID: usize = 10;

/// What stands before names of customers that were made here and not by a processor.
const MADE_HERE: [&str; 2] = ["api/", "guest/"];

/// What stands before names of customers that were made of the merchant's own id.
const MADE_OF_IDS: [&str; 2] = ["api/", "rc/"];

/// RevenueCat gives each installation of an app such a name: one person may have many.
const OF_AN_INSTALLATION: &str = "$RCAnonymousID:";

/// An id that too many customers share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedId {
    /// The id.
    pub id: Name,
    /// The processor whose customers share it; the one with the most of them.
    pub processor: String,
    /// How many of its customers do.
    pub customers: usize,
}

impl SharedId {
    /// Why it is no id, for the owner to read.
    pub fn says(&self, shown: &str) -> String {
        format!(
            "customerExternalId {shown} is shared by {} customers of {}, so it is not taken for an id",
            self.customers, self.processor
        )
    }
}

/// The ids of a neighbourhood that too many share.
#[derive(Debug, Default)]
pub struct Ids {
    shared: BTreeMap<Name, SharedId>,
}

impl Ids {
    /// Counts whom each id is told together with.
    pub fn of(facts: &FactSet) -> Self {
        let mut sharers: BTreeMap<&Name, BTreeMap<&str, BTreeSet<&Name>>> = BTreeMap::new();
        for (_, kept) in facts.iter() {
            let told = told_together(&kept.fact);
            for id in told.iter().filter(|name| name.kind() == NameKind::External) {
                let customers = told.iter().copied().filter(|name| is_processors(name));
                let of_processor = sharers.entry(id).or_default();
                let of_processor = of_processor.entry(&kept.processor).or_default();
                of_processor.extend(customers);
            }
        }
        let mut ids = Self::default();
        for (id, by_processor) in sharers {
            let counted = by_processor.into_iter();
            let most = counted.map(|(processor, who)| (who.len(), processor)).max();
            let Some((customers, processor)) = most else {
                continue;
            };
            if customers > MOST_CUSTOMERS_OF_ONE_ID {
                let shared = SharedId {
                    id: id.clone(),
                    processor: processor.to_owned(),
                    customers,
                };
                ids.shared.insert(id.clone(), shared);
            }
        }
        ids
    }

    /// Whether a customer's name means one person.
    pub fn means_one(&self, name: &Name) -> bool {
        let id = match name.kind() {
            NameKind::External => Some(name.clone()),
            NameKind::Customer => of_merchants_id(name),
            _ => None,
        };
        id.is_none_or(|id| !means_nobody(id.value()) && !self.shared.contains_key(&id))
    }

    /// What is shared, by id.
    pub fn shared(&self) -> impl Iterator<Item = &SharedId> {
        self.shared.values()
    }

    /// Whether, and by how many, this id is shared.
    pub fn sharers(&self, id: &Name) -> Option<&SharedId> {
        self.shared.get(id)
    }
}

/// The merchant's own id that a customer's name was made of: it means no more than the id.
fn of_merchants_id(name: &Name) -> Option<Name> {
    let value = name.value();
    let mut starts = MADE_OF_IDS.iter();
    let id = starts.find_map(|start| value.strip_prefix(start))?;
    Name::new(NameKind::External, id)
}

/// Names of customers that one fact tells together.
fn told_together(fact: &Fact) -> Vec<&Name> {
    match fact {
        Fact::Identity(one) => std::iter::once(&one.subject)
            .chain(&one.customers)
            .collect(),
        Fact::Lead(one) => one.customers.iter().collect(),
        Fact::Alias(one) => vec![&one.a, &one.b],
        _ => Vec::new(),
    }
}

/// Whether a processor gave this name to a customer of its own.
fn is_processors(name: &Name) -> bool {
    let value = name.value();
    name.kind() == NameKind::Customer
        && !value.starts_with(OF_AN_INSTALLATION)
        && !MADE_HERE.iter().any(|start| value.starts_with(start))
}
