//! What has been taken back of a payment: refunds and disputes, told one by one or as a running total,
//! before tax or after, in the seller's currency or the buyer's.
//!
//! Nothing is ever taken twice and never more than was there. All parts are summed first and rounded once.

use std::collections::BTreeSet;

use providers::fact::{
    Extent, Fact, Payment, Refunded, Reversal, ReversalKind, ReversalState, Version,
};
use providers::money::share;
use providers::{Micros, Name};

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

/// One figure to take from a payment.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    all: bool,
    cash: i64,
    counted: i64,
    net: i64,
}

impl Part {
    fn plus(self, other: Self) -> Self {
        Self {
            all: self.all || other.all,
            cash: self.cash.saturating_add(other.cash),
            counted: self.counted.saturating_add(other.counted),
            net: self.net.saturating_add(other.net),
        }
    }

    /// The net amount that this takes from a payment, at most all of it. Once the buyer has everything
    /// back, so it is, however the single refunds were split.
    fn net_of(self, payment: &Payment) -> i64 {
        let amounts = &payment.amounts;
        if self.all || (amounts.gross > 0 && self.cash >= amounts.gross) {
            return amounts.net;
        }
        let counted = self.counted.clamp(0, amounts.reversible.max(0));
        let by_ratio = share(amounts.net, counted, amounts.reversible).unwrap_or(0);
        by_ratio
            .saturating_add(self.net)
            .clamp(0, amounts.net.max(0))
    }
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

/// All reversals of a neighbourhood, found or waiting.
#[derive(Debug, Default)]
pub struct Reversals {
    /// Those that wait: fact key and why.
    pub waiting: Vec<(String, Waiting)>,
}

impl Reversals {
    /// Finds out which reversals have no payment to act on.
    pub fn of(facts: &FactSet, payments: &Payments<'_>) -> Self {
        let mut waiting = Vec::new();
        for (key, kept) in facts.beginning("re") {
            let (names, extent, moves): (&[Name], _, _) = match &kept.fact {
                Fact::Reversal(reversal) => (&reversal.of, reversal.extent, moves(reversal)),
                Fact::Refunded(refunded) => (
                    std::slice::from_ref(&refunded.object),
                    refunded.extent,
                    true,
                ),
                _ => continue,
            };
            if !moves || is_nothing(extent) {
                continue;
            }
            if let Some(why) = waits(names, payments) {
                waiting.push((key.to_owned(), why));
            }
        }
        Self { waiting }
    }
}

fn moves(reversal: &Reversal) -> bool {
    matches!(reversal.state, ReversalState::Held | ReversalState::Final)
}

fn is_nothing(extent: Extent) -> bool {
    match extent {
        Extent::All => false,
        Extent::Gross { cash, counted } => cash <= 0 && counted <= 0,
        Extent::Net { cash, net } => cash <= 0 && net <= 0,
    }
}

fn waits(names: &[Name], payments: &Payments<'_>) -> Option<Waiting> {
    let known: Vec<&Group<'_>> = names.iter().filter_map(|n| payments.named(n)).collect();
    let usable = |group: &&Group<'_>| group.paid().is_some() || !group.shared_by.is_empty();
    if known.iter().any(usable) {
        None
    } else if known.iter().any(|group| !group.payments.is_empty()) {
        Some(Waiting::Paid)
    } else {
        Some(Waiting::Payment)
    }
}

/// What is gone of one paid payment, and by which facts.
pub fn taken(
    group: &Group<'_>,
    payment: &Payment,
    payments: &Payments<'_>,
    facts: &FactSet,
) -> (Taken, Vec<Applied>) {
    let mut applied = Vec::new();
    let [mut refunds, mut lost, mut held] = [Part::default(); 3];
    for (key, kept) in facts.beginning("reversal/") {
        let Fact::Reversal(reversal) = &kept.fact else {
            continue;
        };
        let Some(weight) = weight(&reversal.of, group, payments) else {
            continue;
        };
        let Some(part) = part_of(reversal, payment).map(|part| weight.apply(part)) else {
            continue;
        };
        match (reversal.kind, reversal.state) {
            (_, ReversalState::Inert | ReversalState::Released) => {}
            (ReversalKind::Refund, _) => refunds = refunds.plus(part),
            (ReversalKind::Dispute, ReversalState::Final) => lost = lost.plus(part),
            (ReversalKind::Dispute, ReversalState::Held) => held = held.plus(part),
        }
        applied.push(Applied {
            key: key.to_owned(),
            kind: reversal.kind,
            state: reversal.state,
            cash: part.cash,
            occurred_at: reversal.occurred_at,
        });
    }
    for (key, occurred_at, part) in running_totals(group, payment, payments, facts) {
        refunds = refunds.plus(part);
        applied.push(Applied {
            key,
            kind: ReversalKind::Refund,
            state: ReversalState::Final,
            cash: part.cash,
            occurred_at,
        });
    }
    let refunded = refunds.net_of(payment);
    let with_lost = refunds.plus(lost).net_of(payment);
    let with_all = refunds.plus(lost).plus(held).net_of(payment);
    let taken = Taken {
        refunded,
        disputed: with_all - refunded,
        lost: with_lost - refunded,
        refunded_gross: if refunds.all {
            payment.amounts.gross
        } else {
            refunds.cash.clamp(0, payment.amounts.gross.max(0))
        },
    };
    (taken, applied)
}

/// The part of a reversal that concerns one payment: all of it, or its share of a shared one.
#[derive(Clone, Copy)]
struct Weight {
    part: i64,
    whole: i64,
    takes_rest: bool,
}

impl Weight {
    const ALL: Self = Self {
        part: 1,
        whole: 1,
        takes_rest: false,
    };

    /// Parts are rounded down; the largest document takes what is left over.
    fn apply(self, part: Part) -> Part {
        let cut = |amount: i64| {
            if self.takes_rest {
                let others = self.whole - self.part;
                amount - providers::money::share_floor(amount, others, self.whole).unwrap_or(0)
            } else {
                providers::money::share_floor(amount, self.part, self.whole).unwrap_or(0)
            }
        };
        Part {
            all: part.all,
            cash: cut(part.cash),
            counted: cut(part.counted),
            net: cut(part.net),
        }
    }
}

fn weight(names: &[Name], group: &Group<'_>, payments: &Payments<'_>) -> Option<Weight> {
    if names.iter().any(|name| group.names.contains(name)) {
        return Some(Weight::ALL);
    }
    let shared = names
        .iter()
        .filter_map(|name| payments.named(name))
        .find(|other| !other.shared_by.is_empty())?;
    let (document, part) = shared
        .shared_by
        .iter()
        .find(|(document, _)| group.names.contains(document))?;
    let whole = shared.shared_by.values().sum();
    let largest = shared
        .shared_by
        .iter()
        .max_by_key(|(name, amount)| (**amount, std::cmp::Reverse((*name).clone())))?;
    Some(Weight {
        part: *part,
        whole,
        takes_rest: largest.0 == document,
    })
}

/// A reversal's extent in the payment's own currency; `None` when it cannot be told.
fn part_of(reversal: &Reversal, payment: &Payment) -> Option<Part> {
    if let Some(part) = in_currency(reversal.extent, reversal.currency, payment) {
        return Some(part);
    }
    // A bank may tell a dispute in its own currency: without a rate, all of the payment is at stake.
    (reversal.kind == ReversalKind::Dispute).then_some(Part {
        all: true,
        cash: payment.amounts.gross,
        ..Part::default()
    })
}

fn in_currency(extent: Extent, currency: providers::Currency, payment: &Payment) -> Option<Part> {
    let amounts = &payment.amounts;
    let scale = |amount, own, theirs| share(own, amount, theirs);
    let mut part = Part::default();
    let foreign = payment
        .presentment
        .filter(|p| currency != payment.currency && p.currency == currency);
    match extent {
        Extent::All => {
            part.all = true;
            part.cash = amounts.gross;
        }
        Extent::Gross { cash, counted } if currency == payment.currency => {
            part.cash = cash;
            part.counted = counted;
        }
        Extent::Net { cash, net } if currency == payment.currency => {
            part.cash = cash;
            part.net = net;
        }
        Extent::Gross { cash, counted } => {
            let foreign = foreign?;
            part.cash = scale(cash, amounts.gross, foreign.gross)?;
            part.counted = scale(counted, amounts.reversible, foreign.reversible)?;
        }
        Extent::Net { cash, net } => {
            let foreign = foreign?;
            part.cash = scale(cash, amounts.gross, foreign.gross)?;
            part.net = scale(net, amounts.gross, foreign.gross)?;
        }
    }
    Some(part)
}

/// What running totals say beyond the single refunds of the same object: a total counts only where it is
/// newer than every single refund known, and then only for what those do not cover.
fn running_totals(
    group: &Group<'_>,
    payment: &Payment,
    payments: &Payments<'_>,
    facts: &FactSet,
) -> Vec<(String, Micros, Part)> {
    let mut parts = Vec::new();
    for (key, kept) in facts.beginning("refunded/") {
        let Fact::Refunded(total) = &kept.fact else {
            continue;
        };
        let names = BTreeSet::from([total.object.clone()]);
        let object = std::slice::from_ref(&total.object);
        let Some(weight) = weight(object, group, payments) else {
            continue;
        };
        let Some(whole) = in_currency(total.extent, total.currency, payment) else {
            continue;
        };
        let rows = single_refunds(&names, total, payment, facts);
        if let Some(rest) = rows.uncovered(whole) {
            parts.push((key.to_owned(), total.occurred_at, weight.apply(rest)));
        }
    }
    parts
}

/// The single refunds of one object.
struct Singles {
    newer_than_total: bool,
    sum: Part,
}

impl Singles {
    fn uncovered(&self, total: Part) -> Option<Part> {
        if self.newer_than_total {
            return None;
        }
        let rest = Part {
            all: total.all,
            cash: (total.cash - self.sum.cash).max(0),
            counted: (total.counted - self.sum.counted).max(0),
            net: (total.net - self.sum.net).max(0),
        };
        (rest.cash > 0 || rest.counted > 0 || rest.net > 0 || rest.all).then_some(rest)
    }
}

fn single_refunds(
    object: &BTreeSet<Name>,
    total: &Refunded,
    payment: &Payment,
    facts: &FactSet,
) -> Singles {
    let mut sum = Part::default();
    let mut newest: Option<Version> = None;
    for (_, kept) in facts.beginning("reversal/") {
        let Fact::Reversal(refund) = &kept.fact else {
            continue;
        };
        let same_object = refund.of.iter().any(|name| object.contains(name));
        if refund.kind != ReversalKind::Refund || !same_object {
            continue;
        }
        newest = newest.max(Some(refund.version));
        if moves(refund)
            && let Some(part) = part_of(refund, payment)
        {
            sum = sum.plus(part);
        }
    }
    Singles {
        newer_than_total: newest.is_some_and(|newest| newest >= total.version),
        sum,
    }
}
