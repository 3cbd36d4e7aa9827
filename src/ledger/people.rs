//! Who is who: which names are one customer, and which subscription belongs to whom.
//!
//! E-mail addresses are remembered and never used to unite: people share them and mistype them. Neither is
//! what a buyer can have written ([`Identity::said`]), nor an id that means no one person ([`Ids`]).

mod ids;

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Fact, Identity, Lead, Version};
use providers::{Name, NameKind};

use super::erased::marked;
use super::facts::FactSet;
use super::sets::DisjointNames;

pub use ids::{Ids, MOST_CUSTOMERS_OF_ONE_ID, SharedId};

/// A customer as all identities together describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Customer {
    /// All names, sorted.
    pub names: BTreeSet<Name>,
    /// Every e-mail address ever told.
    pub emails: BTreeSet<String>,
    /// The newest e-mail address told.
    pub email: Option<String>,
    /// The newest name told.
    pub name: Option<String>,
    /// The newest picture told.
    pub avatar: Option<String>,
    /// Partners whose e-mail address the customer had before it was erased.
    pub was_partner: BTreeSet<String>,
    told_at: [Version; 3],
}

impl Customer {
    /// The merchant's own id of the customer: the smallest of its external names.
    pub fn external_id(&self) -> Option<&str> {
        self.names
            .iter()
            .find(|name| name.kind() == NameKind::External)
            .map(Name::value)
    }

    /// A buyer known only by what came with one payment; `None` when nothing did.
    pub fn guest(name: Name, identities: &[&Identity], people: &People<'_>) -> Option<Self> {
        let mut guest = Self {
            names: BTreeSet::from([name]),
            ..Self::default()
        };
        for identity in identities {
            guest.learn(identity, people.facts);
        }
        let is_told = !guest.emails.is_empty() || !guest.was_partner.is_empty();
        (is_told || guest.name.is_some()).then_some(guest)
    }

    fn learn(&mut self, identity: &Identity, facts: &FactSet) {
        let former = facts.former_addresses(&identity.subject);
        for email in former.chain(&identity.email) {
            if let Some(partners) = marked(email) {
                self.was_partner.extend(partners.map(str::to_owned));
            } else if !self.emails.contains(email) {
                self.emails.insert(email.clone());
            }
        }
        let is_erased = |email: &String| marked(email).is_some();
        let email = identity.email.clone().filter(|email| !is_erased(email));
        let told = [&email, &identity.name, &identity.avatar];
        let known = [&mut self.email, &mut self.name, &mut self.avatar];
        for ((told, known), at) in told.into_iter().zip(known).zip(&mut self.told_at) {
            let newer = (identity.version, told.as_deref()) > (*at, known.as_deref());
            if told.is_some() && (known.is_none() || newer) {
                known.clone_from(told);
                *at = identity.version;
            }
        }
    }
}

/// All customers of a neighbourhood, and the identities by what they speak of.
#[derive(Debug)]
pub struct People<'a> {
    facts: &'a FactSet,
    names: DisjointNames,
    ids: Ids,
    /// Customers by their smallest name.
    pub customers: BTreeMap<Name, Customer>,
    identities: BTreeMap<&'a Name, &'a Identity>,
}

impl<'a> People<'a> {
    /// Reads all identities, leads and customer aliases of a neighbourhood.
    pub fn of(facts: &'a FactSet) -> Self {
        let mut people = Self {
            facts,
            names: DisjointNames::default(),
            ids: Ids::of(facts),
            customers: BTreeMap::new(),
            identities: BTreeMap::new(),
        };
        for fact in facts.facts() {
            people.unite(fact);
        }
        for (first, names) in people.names.sets() {
            let customer = Customer {
                names,
                ..Customer::default()
            };
            people.customers.insert(first.clone(), customer);
        }
        people.describe();
        people
    }

    fn unite(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Identity(identity) => {
                self.identities.insert(&identity.subject, identity);
                let own = is_customer(&identity.subject).then_some(&identity.subject);
                self.unite_all(own.into_iter().chain(&identity.customers));
            }
            Fact::Lead(lead) => self.unite_all(&lead.customers),
            Fact::Alias(alias) if is_customer(&alias.a) && is_customer(&alias.b) => {
                self.unite_all([&alias.a, &alias.b]);
            }
            _ => {}
        }
    }

    fn unite_all<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        let ids = &self.ids;
        let mut names = names.into_iter().filter(|name| ids.means_one(name));
        let Some(first) = names.next() else { return };
        self.names.add(first);
        for name in names {
            self.names.unite(first, name);
        }
    }

    /// Personal data and clicks, from the identities of the customer itself and of what it owns.
    fn describe(&mut self) {
        let identities: Vec<&Identity> = self.identities.values().copied().collect();
        for identity in identities {
            let Some(key) = self.customer_of(&identity.subject) else {
                continue;
            };
            if let Some(customer) = self.customers.get_mut(&key) {
                customer.learn(identity, self.facts);
            }
        }
    }

    /// The identity that speaks of exactly this name.
    pub fn identity(&self, subject: &Name) -> Option<&'a Identity> {
        self.identities.get(subject).copied()
    }

    /// The customer key of a customer's name, or of the subject of an identity.
    pub fn customer_of(&self, subject: &Name) -> Option<Name> {
        if is_customer(subject) {
            return self.first_of([subject]);
        }
        let identity = self.identity(subject)?;
        if let Some(key) = self.first_of(&identity.customers) {
            return Some(key);
        }
        let subscription = identity.subscription.as_ref()?;
        if subscription == subject {
            return None;
        }
        self.first_of(&self.identity(subscription)?.customers)
    }

    /// The customer key of a lead; `None` where its names mean nobody.
    pub fn customer_of_lead(&self, lead: &Lead) -> Option<Name> {
        self.first_of(&lead.customers)
    }

    fn first_of<'n>(&self, names: impl IntoIterator<Item = &'n Name>) -> Option<Name> {
        let mut names = names.into_iter();
        let name = names.find(|name| self.ids.means_one(name))?;
        Some(self.names.find(name).clone())
    }

    /// Which of the merchant's own ids mean a person.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The customer key of a customer's own name.
    pub fn key(&self, customer: &Name) -> Name {
        self.names.find(customer).clone()
    }
}

fn is_customer(name: &Name) -> bool {
    matches!(name.kind(), NameKind::Customer | NameKind::External)
}
