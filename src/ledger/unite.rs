//! Which names are one payment.
//!
//! Names are united by what processors prove, then by hints that nothing contradicts, then by documents
//! that can only be each other's receipt. Two documents of rank [`Rank::Canonical`] are never united,
//! whatever links them: a payment that covers both is shared between them. Every choice is made from the
//! facts in a fixed order, so the outcome does not depend on arrival.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Alias, Fact, Payment, PaymentState, Rank, Strength};
use providers::{Name, NameKind};

use super::facts::FactSet;
use super::people::People;
use super::sets::DisjointNames;

/// Names that are one payment, with every snapshot of it.
#[derive(Debug, Clone, Default)]
pub struct Group<'a> {
    /// All names, sorted.
    pub names: BTreeSet<Name>,
    /// All snapshots, best rank first, then oldest.
    pub payments: Vec<&'a Payment>,
    /// For a payment that covers several documents: each document with its part of the money.
    pub shared_by: BTreeMap<Name, i64>,
}

impl<'a> Group<'a> {
    /// The snapshot whose amounts count: the best-ranked paid one. A document that is void, and is not
    /// paid under another name, voids the payment.
    pub fn paid(&self) -> Option<&'a Payment> {
        let void = |p: &&&Payment| p.rank == Rank::Canonical && p.state == PaymentState::Void;
        let paid = self
            .payments
            .iter()
            .find(|payment| payment.state == PaymentState::Paid)?;
        let voided = paid.rank != Rank::Canonical && self.payments.iter().any(|p| void(&p));
        (!voided).then_some(paid)
    }

    fn canonical(&self) -> Option<&Name> {
        let first = self.payments.first()?;
        (first.rank == Rank::Canonical).then_some(&first.object)
    }
}

/// Why two names are one payment, for the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// One name.
    pub a: Name,
    /// The other.
    pub b: Name,
    /// `proven`, `allocation`, `hint` or `twin`.
    pub why: &'static str,
}

/// All payments of a neighbourhood.
#[derive(Debug, Default)]
pub struct Payments<'a> {
    /// The payments, by their smallest name.
    pub groups: Vec<Group<'a>>,
    /// What united them.
    pub joins: Vec<Join>,
    index: BTreeMap<Name, usize>,
}

impl<'a> Payments<'a> {
    /// Unites the payment names of a neighbourhood.
    pub fn of(facts: &'a FactSet, people: &People<'a>) -> Self {
        let mut work = Work::new(facts);
        work.apply_proven();
        work.apply_hints(people);
        work.apply_twins(people);
        let groups = work.groups();
        let index = groups.iter().enumerate();
        let index = index
            .flat_map(|(at, group)| group.names.iter().map(move |name| (name.clone(), at)))
            .collect();
        Self {
            groups,
            joins: work.joins,
            index,
        }
    }

    /// The payment that has this name.
    pub fn named(&self, name: &Name) -> Option<&Group<'a>> {
        self.groups.get(*self.index.get(name)?)
    }
}

struct Work<'a> {
    sets: DisjointNames,
    snapshots: BTreeMap<&'a Name, Vec<&'a Payment>>,
    proven: BTreeSet<(&'a Name, &'a Name, &'static str)>,
    hints: BTreeSet<(&'a Name, &'a Name)>,
    /// For each payment name, the documents it pays and how much of each.
    allocations: BTreeMap<&'a Name, BTreeMap<&'a Name, i64>>,
    /// The document of each set that has one, by the set's smallest name.
    documents: BTreeMap<Name, Name>,
    joins: Vec<Join>,
}

impl<'a> Work<'a> {
    fn new(facts: &'a FactSet) -> Self {
        let mut work = Self {
            sets: DisjointNames::default(),
            snapshots: BTreeMap::new(),
            proven: BTreeSet::new(),
            hints: BTreeSet::new(),
            allocations: BTreeMap::new(),
            documents: BTreeMap::new(),
            joins: Vec::new(),
        };
        for fact in facts.facts() {
            work.read(fact);
        }
        let documents = work.snapshots.keys().filter(|name| work.is_canonical(name));
        work.documents = documents
            .map(|name| ((*name).clone(), (*name).clone()))
            .collect();
        work
    }

    fn read(&mut self, fact: &'a Fact) {
        match fact {
            Fact::Payment(payment) => {
                self.sets.add(&payment.object);
                self.snapshots
                    .entry(&payment.object)
                    .or_default()
                    .push(payment);
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

    /// Names that are linked to several documents at once, with each document's part of the money: they
    /// are shared, not united with any.
    fn shared(&self) -> BTreeMap<&'a Name, BTreeMap<&'a Name, i64>> {
        let mut links = self.allocations.clone();
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

    fn apply_proven(&mut self) {
        let shared = self.shared();
        let mut edges = self.proven.clone();
        for (payment, invoices) in &self.allocations {
            if let (Some(invoice), 1) = (invoices.keys().next(), invoices.len()) {
                edges.insert((payment, invoice, "allocation"));
            }
        }
        for (a, b, why) in edges {
            let split = |one, other| {
                let parts: Option<&BTreeMap<&Name, i64>> = shared.get(one);
                parts.is_some_and(|parts| parts.contains_key(other))
            };
            if !split(a, b) && !split(b, a) {
                self.join(a, b, why);
            }
        }
    }

    /// Unites two names unless that would make one payment of two documents.
    fn join(&mut self, a: &Name, b: &Name, why: &'static str) -> bool {
        let (root_a, root_b) = (self.sets.find(a), self.sets.find(b));
        let documents = (self.documents.get(&root_a), self.documents.get(&root_b));
        if let (Some(one), Some(other)) = documents
            && one != other
        {
            return false;
        }
        let document = documents.0.or(documents.1).cloned();
        self.sets.unite(a, b);
        if let Some(document) = document {
            self.documents.insert(self.sets.find(a), document);
        }
        let (a, b) = (a.clone(), b.clone());
        self.joins.push(Join { a, b, why });
        true
    }

    /// A hint counts where its target is known, the customers do not differ and the money fits in.
    fn apply_hints(&mut self, people: &People<'a>) {
        for (from, target) in self.hints.clone() {
            let Some(target) = self.hinted(target) else {
                continue;
            };
            if self.sets.same(from, target) {
                continue;
            }
            let groups = self.groups();
            let named = |name: &Name| groups.iter().find(|group| group.names.contains(name));
            let (Some(a), Some(b)) = (named(from), named(target)) else {
                continue;
            };
            let fits = match (a.payments.first(), b.payments.first()) {
                (Some(part), Some(whole)) => {
                    part.currency == whole.currency && part.amounts.gross <= whole.amounts.gross
                }
                _ => false,
            };
            let (whose_a, whose_b) = (customers(a, people), customers(b, people));
            let strangers =
                !whose_a.is_empty() && !whose_b.is_empty() && whose_a.is_disjoint(&whose_b);
            if fits && !strangers {
                self.join(from, target, "hint");
            }
        }
    }

    /// The known object that a hint means: itself, or the only one that begins like it.
    fn hinted(&self, target: &'a Name) -> Option<&'a Name> {
        let Some(beginning) = target.as_str().strip_suffix('…') else {
            return self.snapshots.get_key_value(target).map(|(name, _)| *name);
        };
        let mut found = self
            .snapshots
            .keys()
            .copied()
            .filter(|name| name.as_str().starts_with(beginning));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// Documents without any payment, and payments without a document, that can only be each other's.
    fn apply_twins(&mut self, people: &People<'a>) {
        let groups = self.groups();
        let mut pairs: BTreeSet<(u64, Name, Name)> = BTreeSet::new();
        let (documents, payments): (Vec<_>, Vec<_>) = groups
            .iter()
            .filter(|group| group.shared_by.is_empty())
            .partition(|group| group.canonical().is_some());
        for document in documents.iter().filter(|group| group.names.len() == 1) {
            for payment in &payments {
                if let Some((apart, a, b)) = twins(document, payment, people) {
                    pairs.insert((apart, a, b));
                }
            }
        }
        let mut taken: BTreeSet<Name> = BTreeSet::new();
        for (_, a, b) in pairs {
            if taken.contains(&a) || taken.contains(&b) {
                continue;
            }
            if self.join(&a, &b, "twin") {
                taken.extend([a, b]);
            }
        }
    }

    fn groups(&self) -> Vec<Group<'a>> {
        let shared = self.shared();
        self.sets
            .sets()
            .into_values()
            .map(|names| {
                let mut payments: Vec<&'a Payment> = names
                    .iter()
                    .filter_map(|name| self.snapshots.get(name))
                    .flatten()
                    .copied()
                    .collect();
                payments.sort_by_key(|p| (p.rank, p.occurred_at, p.object.clone()));
                let shared_by = names
                    .iter()
                    .filter_map(|name| shared.get(name))
                    .flatten()
                    .map(|(document, amount)| ((*document).clone(), *amount))
                    .collect();
                Group {
                    names: names.into_iter().collect(),
                    payments,
                    shared_by,
                }
            })
            .collect()
    }
}

/// The customers of a payment, by their keys.
pub fn customers(group: &Group<'_>, people: &People<'_>) -> BTreeSet<Name> {
    group
        .names
        .iter()
        .filter_map(|name| people.customer_of(name))
        .collect()
}

/// How many seconds apart two payments are that may be one, and their names.
fn twins(
    document: &Group<'_>,
    payment: &Group<'_>,
    people: &People<'_>,
) -> Option<(u64, Name, Name)> {
    let (a, b) = (document.paid()?, payment.paid()?);
    let window = a.twin_window_seconds.max(b.twin_window_seconds)?;
    let apart = a.occurred_at.seconds().abs_diff(b.occurred_at.seconds());
    let alike = a.currency == b.currency
        && a.amounts.gross == b.amounts.gross
        && a.amounts.gross > 0
        && apart <= window.unsigned_abs();
    let same_customer = !customers(document, people).is_disjoint(&customers(payment, people));
    let manual = b.rank == Rank::Manual;
    (alike && same_customer && !manual).then(|| (apart, a.object.clone(), b.object.clone()))
}
