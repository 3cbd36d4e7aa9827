//! What has been taken back of a payment: refunds and disputes, told one by one or as a running total,
//! before tax or after, in the seller's currency or the buyer's.
//!
//! Nothing is ever taken twice and never more than was there. All parts are summed first and rounded once.

mod movements;
mod part;

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{
    Alias, Extent, Fact, Payment, Rank, Refunded, Reversal, ReversalKind, ReversalState, Strength,
};
use providers::{Micros, Name, NameKind};

use self::movements::Movements;
use self::part::{Part, Weight, in_currency, part_of};
use super::facts::FactSet;
use super::unite::{Group, Payments};

/// What is gone of one payment, in the terms of its net amount, and what the buyer got back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Net amount refunded.
    pub refunded: i64,
    /// Net amount disputed: held by open disputes or lost, beyond what is refunded.
    pub disputed: i64,
    /// The part of `disputed` that is lost for good.
    pub lost: i64,
    /// What the buyer got back by refunds, tax and shipping included.
    pub refunded_gross: i64,
}

/// A reversal that found its payment, for the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The fact's key.
    pub key: String,
    /// What it is.
    pub kind: ReversalKind,
    /// What it does.
    pub state: ReversalState,
    /// What the buyer gets back, in the payment's currency.
    pub cash: i64,
    /// When it happened.
    pub occurred_at: Micros,
}

/// Why a reversal cannot be counted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Its payment is not known.
    Payment,
    /// Its payment is known and not paid.
    Paid,
    /// It is told in a currency that the payment says nothing about.
    Currency,
}

impl Waiting {
    /// For the owner to read.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Payment => "waits for its payment: no delivery has named it yet",
            Self::Paid => "waits for its payment to be paid",
            Self::Currency => "is told in another currency than its payment",
        }
    }
}

/// A fact that takes from one payment, and how much of it concerns that payment.
#[derive(Debug, Clone, Copy)]
struct Found<'a, T> {
    key: &'a str,
    fact: &'a T,
    weight: Weight,
}

/// All reversals of a neighbourhood, found or waiting.
#[derive(Debug, Default)]
pub struct Reversals<'a> {
    /// Those that wait: fact key and why.
    pub waiting: Vec<(String, Waiting)>,
    /// By the payment's place in [`Payments::groups`].
    singles: BTreeMap<usize, Vec<Found<'a, Reversal>>>,
    totals: BTreeMap<usize, Vec<Found<'a, Refunded>>>,
    /// Single refunds by every name of what they give back.
    refunds_of: BTreeMap<&'a Name, Vec<&'a Reversal>>,
    /// Other names of a charge or an intent: a refund may name the one, a running total the other.
    other_names: BTreeMap<&'a Name, BTreeSet<&'a Name>>,
}

impl<'a> Reversals<'a> {
    /// Finds each reversal's payment.
    pub fn of(facts: &'a FactSet, payments: &Payments<'_>) -> Self {
        let mut reversals = Self {
            other_names: other_names(facts, payments),
            ..Self::default()
        };
        for (key, kept) in facts.beginning("re") {
            match &kept.fact {
                Fact::Reversal(reversal) => reversals.find_single(key, reversal, payments),
                Fact::Refunded(refunded) => reversals.find_total(key, refunded, payments),
                _ => {}
            }
        }
        reversals
    }

    fn find_single(&mut self, key: &'a str, fact: &'a Reversal, payments: &Payments<'_>) {
        if fact.kind == ReversalKind::Refund {
            let others = fact.of.iter().filter_map(|name| self.other_names.get(name));
            let others = others.flatten().copied();
            for name in fact.of.iter().chain(others).collect::<BTreeSet<_>>() {
                self.refunds_of.entry(name).or_default().push(fact);
            }
        }
        let targets = targets(&fact.of, payments);
        if fact.kind.takes() && moves(fact) && !is_nothing(fact.extent) {
            let readable = |payment: &Payment| part_of(fact, payment).is_some();
            self.note_waiting(key, targets.as_ref(), payments, readable);
        }
        for (at, weight) in targets.unwrap_or_default() {
            let found = Found { key, fact, weight };
            self.singles.entry(at).or_default().push(found);
        }
    }

    fn find_total(&mut self, key: &'a str, fact: &'a Refunded, payments: &Payments<'_>) {
        let targets = targets(std::slice::from_ref(&fact.object), payments);
        if !is_nothing(fact.extent) {
            let readable =
                |payment: &Payment| in_currency(fact.extent, fact.currency, payment).is_some();
            self.note_waiting(key, targets.as_ref(), payments, readable);
        }
        for (at, weight) in targets.unwrap_or_default() {
            let found = Found { key, fact, weight };
            self.totals.entry(at).or_default().push(found);
        }
    }

    fn note_waiting(
        &mut self,
        key: &str,
        targets: Result<&Vec<(usize, Weight)>, &Waiting>,
        payments: &Payments<'_>,
        readable: impl Fn(&Payment) -> bool,
    ) {
        let why = match targets {
            Err(why) => *why,
            Ok(targets) => {
                let groups = targets
                    .iter()
                    .filter_map(|(at, _)| payments.groups.get(*at));
                let mut paid = groups.filter_map(Group::paid);
                if paid.all(readable) {
                    return;
                }
                Waiting::Currency
            }
        };
        self.waiting.push((key.to_owned(), why));
    }

    /// What is gone of one paid payment, and by which facts; `at` is its place in [`Payments::groups`].
    pub fn taken(&self, at: usize, payment: &Payment) -> (Taken, Vec<Applied>) {
        let mut applied = Vec::new();
        let mut movements = Movements::default();
        for Found { key, fact, weight } in self.singles.get(&at).into_iter().flatten() {
            let Some(part) = part_of(fact, payment).map(|part| weight.apply(part)) else {
                continue;
            };
            movements.note(fact, part, payment);
            if fact.kind == ReversalKind::CreditReturn {
                continue;
            }
            applied.push(Applied {
                key: (*key).to_owned(),
                kind: fact.kind,
                state: fact.state,
                cash: part.cash_of(payment),
                occurred_at: fact.occurred_at,
            });
        }
        let [mut refunds, lost, held] = movements.sums(payment);
        for Found { key, fact, weight } in self.totals.get(&at).into_iter().flatten() {
            let Some(rest) = self.beyond_singles(fact, payment) else {
                continue;
            };
            let part = weight.apply(rest);
            refunds = refunds.plus(part);
            applied.push(Applied {
                key: (*key).to_owned(),
                kind: ReversalKind::Refund,
                state: ReversalState::Final,
                cash: part.cash_of(payment),
                occurred_at: fact.occurred_at,
            });
        }
        (sum_up([refunds, lost, held], payment), applied)
    }

    /// What a running total says beyond the single refunds of the same object: it counts only where it is
    /// newer than every single refund known, and then only for what those do not cover.
    fn beyond_singles(&self, total: &Refunded, payment: &Payment) -> Option<Part> {
        let whole = in_currency(total.extent, total.currency, payment)?;
        let mut sum = Part::default();
        for refund in self.refunds_of.get(&total.object).into_iter().flatten() {
            if refund.version >= total.version {
                return None;
            }
            if moves(refund)
                && let Some(part) = part_of(refund, payment)
            {
                sum = sum.plus(part);
            }
        }
        whole.beyond(sum, payment)
    }
}

fn sum_up([refunds, lost, held]: [Part; 3], payment: &Payment) -> Taken {
    let refunded = refunds.net_of(payment);
    let with_lost = refunds.plus(lost).net_of(payment);
    let with_all = refunds.plus(lost).plus(held).net_of(payment);
    Taken {
        refunded,
        disputed: with_all - refunded,
        lost: with_lost - refunded,
        refunded_gross: refunds.cash_of(payment),
    }
}

/// Names that are proven to be one payment, short of documents: several charges may pay one of those.
fn other_names<'a>(
    facts: &'a FactSet,
    payments: &Payments<'_>,
) -> BTreeMap<&'a Name, BTreeSet<&'a Name>> {
    let is_document = |name: &Name| {
        let group = payments.named(name);
        group.is_some_and(|group| {
            let mut snapshots = group.payments.iter();
            snapshots.any(|p| p.rank == Rank::Canonical && p.object == *name)
        })
    };
    let mut names: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for fact in facts.facts() {
        if let Fact::Alias(Alias { a, b, strength }) = fact
            && *strength == Strength::Proven
            && a.kind() == NameKind::Payment
            && !is_document(a)
            && !is_document(b)
        {
            names.entry(a).or_default().insert(b);
            names.entry(b).or_default().insert(a);
        }
    }
    names
}

fn moves(reversal: &Reversal) -> bool {
    matches!(reversal.state, ReversalState::Held | ReversalState::Final)
}

fn is_nothing(extent: Extent) -> bool {
    match extent {
        Extent::All => false,
        Extent::Gross { cash, counted } => cash <= 0 && counted <= 0,
        Extent::Net { cash, net } => cash <= 0 && net <= 0,
        Extent::Both { cash, counted, net } => cash <= 0 && counted <= 0 && net <= 0,
    }
}

/// The payments that a reversal takes from: one, the first that its names lead to; or the documents that
/// share a payment, each with its part.
fn targets(names: &[Name], payments: &Payments<'_>) -> Result<Vec<(usize, Weight)>, Waiting> {
    let known: Vec<usize> = names.iter().filter_map(|n| payments.position(n)).collect();
    let group = |at: &usize| payments.groups.get(*at);
    let is_paid = |at: &usize| group(at).is_some_and(|group| group.paid().is_some());
    let is_shared = |at: &usize| group(at).is_some_and(|group| !group.shared_by.is_empty());
    if let Some(at) = known.iter().find(|at| is_paid(at) && !is_shared(at)) {
        return Ok(vec![(*at, Weight::ALL)]);
    }
    let shared = known.iter().filter(|at| is_shared(at)).find_map(group);
    if let Some(shared) = shared {
        let weights = Weight::shares(&shared.shared_by).into_iter();
        let of_documents = weights
            .filter_map(|(document, weight)| Some((payments.position(document)?, weight)))
            .filter(|(at, _)| is_paid(at))
            .collect::<Vec<_>>();
        if !of_documents.is_empty() {
            return Ok(of_documents);
        }
    }
    let seen = |at: &usize| group(at).is_some_and(|group| !group.payments.is_empty());
    Err(if known.iter().any(seen) {
        Waiting::Paid
    } else {
        Waiting::Payment
    })
}
