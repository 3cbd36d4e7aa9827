//! The links between payment names that processors prove, and what they make one.
//!
//! Never makes one payment of two documents: see [`Links::join`].

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Alias, Fact, Payment, Rank, Strength};
use providers::{Name, NameKind};

use super::{Group, Join};
use crate::ledger::facts::FactSet;
use crate::ledger::sets::DisjointNames;

/// For a payment's name, the documents that it pays and how much of each.
type Parts<'a> = BTreeMap<&'a Name, i64>;

/// Payment names on their way to becoming groups.
pub(super) struct Links<'a> {
    pub(super) sets: DisjointNames,
    pub(super) snapshots: BTreeMap<&'a Name, Vec<&'a Payment>>,
    pub(super) hints: BTreeSet<(&'a Name, &'a Name)>,
    proven: BTreeSet<(&'a Name, &'a Name, &'static str)>,
    allocations: BTreeMap<&'a Name, Parts<'a>>,
    /// Names that are linked to several documents at once: they are shared, not united with any.
    shared: BTreeMap<&'a Name, Parts<'a>>,
    /// The document or the shared payment of each set that has one, by the set's smallest name.
    documents: BTreeMap<Name, Name>,
    joins: Vec<Join>,
}

impl<'a> Links<'a> {
    /// Reads all links of a neighbourhood; nothing is united yet.
    pub(super) fn of(facts: &'a FactSet) -> Self {
        let mut links = Self {
            sets: DisjointNames::default(),
            snapshots: BTreeMap::new(),
            hints: BTreeSet::new(),
            proven: BTreeSet::new(),
            allocations: BTreeMap::new(),
            shared: BTreeMap::new(),
            documents: BTreeMap::new(),
            joins: Vec::new(),
        };
        for fact in facts.facts() {
            links.read(fact);
        }
        links.shared = links.find_shared();
        let documents = links.snapshots.keys();
        let documents = documents.filter(|name| links.is_canonical(name));
        // A shared payment is kept apart like a document: it is part of several, and so of none.
        let apart = documents.chain(links.shared.keys());
        links.documents = apart
            .map(|name| ((*name).clone(), (*name).clone()))
            .collect();
        links
    }

    fn read(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Payment(payment) => {
                self.sets.add(&payment.object);
                let known = self.snapshots.entry(&payment.object).or_default();
                // Of one that has forgotten something and one that has not, the newer tells the money.
                match known.iter_mut().find(|told| told.rank == payment.rank) {
                    Some(told) if told.version > payment.version => {}
                    Some(told) => *told = payment,
                    None => known.push(payment),
                }
            }
            Fact::Alias(Alias { a, b, strength })
                if a.kind() == NameKind::Payment && b.kind() == NameKind::Payment =>
            {
                if *strength == Strength::Proven {
                    self.sets.add(a);
                    self.sets.add(b);
                    self.proven.insert((a.min(b), a.max(b), "proven"));
                } else {
                    self.hints.insert((a, b));
                }
            }
            Fact::Allocation(allocation) => {
                self.sets.add(&allocation.invoice);
                self.sets.add(&allocation.payment);
                self.allocations
                    .entry(&allocation.payment)
                    .or_default()
                    .insert(&allocation.invoice, allocation.amount);
            }
            Fact::Identity(identity) if identity.subject.kind() == NameKind::Payment => {
                self.sets.add(&identity.subject);
            }
            Fact::Refunded(refunded) => self.sets.add(&refunded.object),
            _ => {}
        }
    }

    fn is_canonical(&self, name: &Name) -> bool {
        self.snapshots
            .get(name)
            .is_some_and(|all| all.iter().any(|p| p.rank == Rank::Canonical))
    }

    fn find_shared(&self) -> BTreeMap<&'a Name, Parts<'a>> {
        let mut links = self.allocations.clone();
        links.retain(|payment, invoices| !invoices.contains_key(payment));
        for (a, b, _) in &self.proven {
            for (one, other) in [(*a, *b), (*b, *a)] {
                if let Some(gross) = self.document_gross(other) {
                    let parts = links.entry(one).or_default();
                    parts.entry(other).or_insert(gross);
                }
            }
        }
        links.retain(|name, parts| parts.len() > 1 && !self.is_canonical(name));
        links
    }

    fn document_gross(&self, name: &Name) -> Option<i64> {
        let mut snapshots = self.snapshots.get(name)?.iter();
        snapshots
            .find(|payment| payment.rank == Rank::Canonical)
            .map(|payment| payment.amounts.gross)
    }

    /// Unites what processors say is one.
    pub(super) fn apply_proven(&mut self) {
        let mut edges = std::mem::take(&mut self.proven);
        for (payment, invoices) in &self.allocations {
            // A document's own line says how much came for it, and ties nothing.
            if invoices.contains_key(payment) {
                continue;
            }
            if let (Some(invoice), 1) = (invoices.keys().next(), invoices.len()) {
                edges.insert((payment, invoice, "allocation"));
            }
        }
        for (a, b, why) in edges {
            let split = |one, other| {
                let parts: Option<&Parts<'a>> = self.shared.get(one);
                parts.is_some_and(|parts| parts.contains_key(other))
            };
            if !split(a, b) && !split(b, a) {
                self.join(a, b, why);
            }
        }
    }

    /// Unites two names unless that would make one payment of two documents, or of a document and a
    /// payment that it shares with others.
    pub(super) fn join(&mut self, a: &Name, b: &Name, why: &'static str) -> bool {
        let documents = [a, b].map(|name| self.documents.get(self.sets.find(name)));
        if let [Some(one), Some(other)] = documents
            && one != other
        {
            return false;
        }
        let [one, other] = documents;
        let document = one.or(other).cloned();
        self.sets.unite(a, b);
        if let Some(document) = document {
            self.documents.insert(self.sets.find(a).clone(), document);
        }
        let (a, b) = (a.clone(), b.clone());
        self.joins.push(Join { a, b, why });
        true
    }

    /// What is one payment with this name by now; `None` when nothing has made the name known.
    pub(super) fn group(&self, name: &Name) -> Option<Group<'a>> {
        let names = self.sets.members(name);
        (!names.is_empty()).then(|| self.group_of(names.iter().cloned().collect()))
    }

    /// All payments by now, by their smallest names.
    pub(super) fn groups(&self) -> Vec<Group<'a>> {
        let sets = self.sets.sets().into_values();
        sets.map(|names| self.group_of(names)).collect()
    }

    fn group_of(&self, names: BTreeSet<Name>) -> Group<'a> {
        let mut payments: Vec<&'a Payment> = names
            .iter()
            .filter_map(|name| self.snapshots.get(name))
            .flatten()
            .copied()
            .collect();
        payments.sort_by(|a, b| {
            (a.rank, a.occurred_at, &a.object).cmp(&(b.rank, b.occurred_at, &b.object))
        });
        let shared_by = names
            .iter()
            .filter_map(|name| self.shared.get(name))
            .flatten()
            .map(|(document, amount)| ((*document).clone(), *amount))
            .collect();
        let own = |name| self.allocations.get(name)?.get(name).copied();
        let allocated = names.iter().filter_map(own).max().unwrap_or(0);
        let group = Group {
            names,
            payments,
            shared_by,
            allocated,
            told: None,
        };
        group.tell()
    }

    /// What has united names, in the order in which it was done.
    pub(super) fn into_joins(self) -> Vec<Join> {
        self.joins
    }
}
