//! Which names are one payment.
//!
//! Names are united by what processors prove, then by hints that nothing contradicts, then by documents
//! that can only be each other's receipt. Two documents of rank [`Rank::Canonical`] are never united,
//! whatever links them: a payment that covers both is shared between them. Every choice is made from the
//! facts in a fixed order, so the outcome does not depend on arrival.

mod likeness;
mod links;

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Amounts, Payment, PaymentState, Presentment, Rank};
use providers::{Currency, Micros, Name};

use self::links::Links;
use super::facts::FactSet;
use super::people::People;

/// Names that are one payment, with every snapshot of it.
#[derive(Debug, Clone, Default)]
pub struct Group<'a> {
    /// All names, sorted.
    pub names: BTreeSet<Name>,
    /// All snapshots, best rank first, then oldest.
    pub payments: Vec<&'a Payment>,
    /// For a payment that covers several documents: each document with its part of the money.
    pub shared_by: BTreeMap<Name, i64>,
    /// For a document: the money that is said to have come for it, also beyond its amount.
    pub allocated: i64,
    /// The paid snapshot with the amounts that came, where they differ from its own.
    told: Option<Payment>,
}

impl<'a> Group<'a> {
    /// The snapshot whose amounts count: the best-ranked paid one. A document that is void, and is not
    /// paid under another name, voids the payment. Where no document is paid, attempts tell how much has come,
    /// and what they were made for tells tax, shipping and discount.
    pub fn paid(&self) -> Option<&Payment> {
        self.told.as_ref().or_else(|| self.paid_as_told())
    }

    fn paid_as_told(&self) -> Option<&'a Payment> {
        let void = |p: &&&Payment| p.rank == Rank::Canonical && p.state == PaymentState::Void;
        let paid = self
            .payments
            .iter()
            .find(|payment| payment.state == PaymentState::Paid)?;
        let voided = paid.rank != Rank::Canonical && self.payments.iter().any(|p| void(&p));
        (!voided).then_some(paid)
    }

    /// What was paid beyond the amount of the payment's document, and became a credit.
    pub fn overpaid(&self) -> i64 {
        let Some(document) = self.paid().filter(|p| p.rank == Rank::Canonical) else {
            return 0;
        };
        let paid = |p: &&&Payment| {
            let counts = p.rank == Rank::Intent && p.state == PaymentState::Paid;
            counts && p.currency == document.currency
        };
        let attempts = self.payments.iter().filter(paid);
        let attempts = attempts.fold(0_i64, |sum, p| sum.saturating_add(p.amounts.gross));
        let came = attempts.max(self.allocated);
        came.saturating_sub(document.amounts.gross).max(0)
    }

    /// The last time at which a checkout of this payment was told.
    pub fn checked_out_at(&self) -> Option<Micros> {
        let checkouts = self.payments.iter().filter(|p| p.rank == Rank::Checkout);
        checkouts.map(|p| p.occurred_at).max()
    }

    fn tell(mut self) -> Self {
        self.told = self.paid_as_told().and_then(|paid| self.as_it_came(paid));
        self
    }

    /// Where no document is paid, attempts tell how much has come: of a checkout a part may be captured, of an
    /// invoice a part be paid. What of it is tax, shipping and discount, the checkout or the open document tells.
    fn as_it_came(&self, paid: &Payment) -> Option<Payment> {
        let came = self.came(paid.currency)?;
        let mut told = paid.clone();
        if paid.rank == Rank::Checkout {
            told.amounts = paid.amounts.part(came.gross.min(paid.amounts.gross))?;
        } else if !paid.rank.settles() {
            return None;
        } else if let Some(whole) = self.made_for(paid.currency, came.gross) {
            told.amounts = whole.amounts.part(came.gross)?;
            if whole.rank == Rank::Canonical {
                told.amounts.subtotal = whole.amounts.subtotal;
                told.amounts.discount = whole.amounts.discount;
            }
            told.billing = whole.billing;
            told.products.clone_from(&whole.products);
            told.bought.clone_from(&whole.bought);
        } else {
            told.amounts = came;
        }
        let of_all = |seen: Presentment| seen.part(told.amounts.gross, paid.amounts.gross);
        told.presentment = paid.presentment.and_then(of_all);
        (told != *paid).then_some(told)
    }

    /// What all attempts have brought; charges stand for intents that were not told.
    fn came(&self, currency: Currency) -> Option<Amounts> {
        let of_rank = |rank| {
            let mut paid = self.payments.iter().filter(move |p| {
                p.rank == rank && p.state == PaymentState::Paid && p.currency == currency
            });
            let first = paid.next()?.amounts;
            paid.try_fold(first, |sum, payment| sum.plus(payment.amounts))
        };
        of_rank(Rank::Intent).or_else(|| of_rank(Rank::Charge))
    }

    /// The open document, or the checkout, that attempts over `came` were made for. A checkout is of one payment,
    /// and says nothing of a larger one.
    fn made_for(&self, currency: Currency, came: i64) -> Option<&'a Payment> {
        let mut told = self.payments.iter().copied();
        told.find(|p| {
            let fits = match p.rank {
                Rank::Canonical => p.amounts.gross > 0,
                Rank::Checkout => p.amounts.gross >= came,
                _ => false,
            };
            fits && p.currency == currency
        })
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
        let mut links = Links::of(facts);
        links.apply_proven();
        links.apply_hints(people);
        links.apply_twins(people);
        let groups = links.groups();
        let index = groups.iter().enumerate();
        let index = index
            .flat_map(|(at, group)| group.names.iter().map(move |name| (name.clone(), at)))
            .collect();
        Self {
            groups,
            joins: links.into_joins(),
            index,
        }
    }

    /// The payment that has this name.
    pub fn named(&self, name: &Name) -> Option<&Group<'a>> {
        self.groups.get(self.position(name)?)
    }

    /// The place in [`Payments::groups`] of the payment that has this name.
    pub fn position(&self, name: &Name) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// What united each payment, by its place in [`Payments::groups`].
    pub fn joins_by_group(&self) -> BTreeMap<usize, Vec<Join>> {
        let mut by_group: BTreeMap<usize, Vec<Join>> = BTreeMap::new();
        for join in &self.joins {
            if let Some(at) = self.position(&join.a) {
                by_group.entry(at).or_default().push(join.clone());
            }
        }
        by_group
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
