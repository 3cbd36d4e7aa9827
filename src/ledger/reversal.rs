//! What has been taken back of a payment: refunds and disputes, told one by one or as a running total,
//! before tax or after, in the seller's currency or the buyer's.
//!
//! Nothing is ever taken twice and never more than was there. All parts are summed first and rounded once.

mod find;
mod movements;
mod notes;
mod part;
mod total;

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{
    Bought, Extent, Fact, Payment, Rank, Refunded, Reversal, ReversalKind, ReversalState,
};
use providers::{Micros, Name};

use self::find::{is_copied, is_document, is_seen, other_names, targets};
use self::movements::Movements;
use self::notes::Notes;
use self::part::{Part, Weight, in_currency, part_of};
use self::total::{Failed, Total};
use super::calls::PROCESSOR;
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
    /// Of what the buyer paid without gift cards: gone by refunds and disputes, open ones too.
    pub gross: i64,
    /// The part of `gross` that is gone for good.
    pub gross_final: i64,
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

/// What is gone of one payment, by which facts, and of which things as far as refunds name them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// How much.
    pub taken: Taken,
    /// By what.
    pub applied: Vec<Applied>,
    /// The net amounts of things that refunds name.
    pub things: Vec<Bought>,
}

/// Why what an event says cannot be counted yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waiting {
    /// Its payment is not known.
    Payment,
    /// Its payment is known and not paid.
    Paid,
    /// It is told in a currency that the payment says nothing about.
    Currency,
    /// It is about a customer of so many payments that these are added up by themselves.
    Fold,
}

impl Waiting {
    /// For the owner to read.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Payment => "waits for its payment: no delivery has named it yet",
            Self::Paid => "waits for its payment to be paid",
            Self::Currency => "is told in another currency than its payment",
            Self::Fold => "waits until its customer's many payments are added up",
        }
    }

    /// The reason of an event that waits: after what was remarked of it, where there is something.
    pub fn after(self, remark: Option<&str>) -> String {
        match remark {
            Some(remark) => format!("{remark}; {}", self.reason()),
            None => self.reason().to_owned(),
        }
    }

    /// What was remarked of an event besides that it waits.
    pub fn remark(reason: &str) -> Option<&str> {
        let waits = [Self::Payment, Self::Paid, Self::Currency, Self::Fold];
        if waits.iter().any(|waiting| waiting.reason() == reason) {
            return None;
        }
        let remark = waits.iter().find_map(|waiting| {
            let before = reason.strip_suffix(waiting.reason())?;
            before.strip_suffix("; ")
        });
        Some(remark.unwrap_or(reason))
    }
}

/// Whether a processor tells of the payment that the merchant tells a refund of: then it tells of the refunds too, and
/// each would count twice.
fn is_told_by_processor(refund: &Reversal, payments: &Payments<'_>) -> bool {
    let groups = refund.of.iter().filter_map(|name| payments.named(name));
    let mut paid = groups.filter_map(Group::paid);
    paid.any(|payment| payment.rank != Rank::Manual)
}

/// The processor that repeats what Stripe and Paddle tell of their payments, refunds included.
const COPIES: &str = "revenuecat";

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
    totals: BTreeMap<usize, Vec<Total<'a>>>,
    /// Single refunds by every name of what they give back.
    refunds_of: BTreeMap<&'a Name, Vec<&'a Reversal>>,
    /// Other names of a charge or an intent: a refund may name the one, a running total the other.
    other_names: BTreeMap<&'a Name, BTreeSet<&'a Name>>,
    notes: Notes<'a>,
}

impl<'a> Reversals<'a> {
    /// Finds each reversal's payment.
    pub fn of(facts: &'a FactSet, payments: &Payments<'_>) -> Self {
        let mut reversals = Self {
            other_names: other_names(facts, payments),
            notes: Notes::of(facts),
            ..Self::default()
        };
        for (key, kept) in facts.beginning("reversal/") {
            if let Fact::Reversal(reversal) = &kept.fact
                && !reversals.notes.is_told_by_refund(reversal)
                && !(kept.processor == PROCESSOR && is_told_by_processor(reversal, payments))
                && !(kept.processor == COPIES && is_copied(&reversal.of, payments))
            {
                reversals.find_single(key, reversal, payments);
            }
        }
        for (key, kept) in facts.beginning("refunded/") {
            if let Fact::Refunded(refunded) = &kept.fact {
                reversals.find_total(key, refunded, payments);
            }
        }
        reversals.find_totals_of_the_nameless(payments);
        reversals.waiting.sort();
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

    /// A refund that names neither its charge nor its intent (a credit note knows it by its own name alone)
    /// belongs to the total of its payment that has room for it.
    fn find_totals_of_the_nameless(&mut self, payments: &Payments<'_>) {
        for (at, totals) in &mut self.totals {
            let known: BTreeSet<&str> = totals
                .iter()
                .flat_map(|total| total.refunds.iter().map(|refund| refund.id.as_str()))
                .collect();
            for Found { fact, .. } in self.singles.get(at).into_iter().flatten() {
                let own = |name: &&Name| !is_document(name, payments);
                let mut names = fact.of.iter().filter(own).peekable();
                let nameless = names.peek().is_some() && names.all(|n| !is_seen(n, payments));
                if fact.kind == ReversalKind::Refund
                    && nameless
                    && !known.contains(&*fact.id)
                    && let Some(total) = totals.iter_mut().find(|total| total.has_room_for(fact))
                {
                    total.refunds.push(fact);
                }
            }
        }
    }

    fn find_total(&mut self, key: &'a str, fact: &'a Refunded, payments: &Payments<'_>) {
        let targets = targets(std::slice::from_ref(&fact.object), payments);
        if !is_nothing(fact.extent) {
            let readable =
                |payment: &Payment| in_currency(fact.extent, fact.currency, payment).is_some();
            self.note_waiting(key, targets.as_ref(), payments, readable);
        }
        let refunds = self.refunds_of.get(&fact.object);
        for (at, weight) in targets.unwrap_or_default() {
            self.totals.entry(at).or_default().push(Total {
                found: Found { key, fact, weight },
                refunds: refunds.cloned().unwrap_or_default(),
                corrects: !is_document(&fact.object, payments),
            });
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

    /// What is gone of one paid payment, and by which facts; `at` is its place in [`Payments::groups`], and
    /// `overpaid` what came in beyond its amount, which goes back first and takes nothing.
    pub fn taken(&self, at: usize, payment: &Payment, overpaid: i64) -> Gone {
        let (mut applied, mut things) = (Vec::new(), Vec::new());
        let mut movements = Movements::default();
        let (rests, failed) = self.differences(at, payment);
        for Found { key, fact, weight } in self.singles.get(&at).into_iter().flatten() {
            let told = self.notes.with_net(fact);
            let Some(part) = part_of(&told, payment) else {
                continue;
            };
            let part = part.without_failed(failed.get(&*fact.id).copied(), told.extent);
            let part = weight.apply(part);
            movements.note(fact, part, payment);
            if fact.kind == ReversalKind::Refund && moves(fact) {
                let named = Bought::shares(&told.things, part.told_net(payment));
                things.extend(named.map(|thing| (thing.ids, thing.amount)));
            }
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
        for (Found { key, fact, weight }, rest) in rests {
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
        let parts = [refunds, lost, held];
        Gone {
            taken: sum_up(parts, overpaid, payment),
            applied,
            things: Bought::sums(things),
        }
    }

    /// What the running totals of a payment say beyond its single refunds, and which of those have failed.
    fn differences(&self, at: usize, payment: &Payment) -> (Rests<'_, 'a>, Failed<'a>) {
        let (mut rests, mut failed) = (Vec::new(), BTreeMap::new());
        for total in self.totals.get(&at).into_iter().flatten() {
            if let Some(difference) = total.difference(payment) {
                rests.extend(difference.rest.map(|rest| (&total.found, rest)));
                failed.extend(difference.failed);
            }
        }
        (rests, failed)
    }
}

/// What running totals tell of and no single refund does.
type Rests<'t, 'a> = Vec<(&'t Found<'a, Refunded>, Part)>;

/// Of what goes back, the overpaid goes first; then refunds, lost disputes and open ones.
fn sum_up(parts: [Part; 3], overpaid: i64, payment: &Payment) -> Taken {
    let [refunds, lost, held] = parts;
    let net = |part: Part| part.beyond_overpaid(overpaid).net_of(payment);
    let refunded = net(refunds);
    let with_lost = net(refunds.plus(lost));
    let with_all = net(refunds.plus(lost).plus(held));
    let gross = |part: Part| part.beyond_overpaid(overpaid).gross_of(payment);
    let gross_final = gross(refunds.plus(lost));
    Taken {
        refunded,
        disputed: with_all - refunded,
        lost: with_lost - refunded,
        refunded_gross: refunds.beyond_overpaid(overpaid).cash_of(payment),
        // Goods taken back without money count with their tax, money that follows without goods as it is: a dispute of
        // money alone may pay for some of these goods, and gives nothing back for it.
        gross: gross(refunds.plus(lost).plus(held)).max(gross_final),
        gross_final,
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
        Extent::Both { cash, counted, net } => cash <= 0 && counted <= 0 && net <= 0,
    }
}
