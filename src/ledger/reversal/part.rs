//! The arithmetic of what is taken from one payment: figures in the payment's currency and in the
//! buyer's.
//!
//! Parts are only added up; they are converted and rounded once, over their sum.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use providers::fact::{Extent, Payment, Reversal, ReversalKind};
use providers::money::{share, share_floor};
use providers::{Currency, Name};

use super::total::cash;

/// Figures in one currency; none is negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Figures {
    cash: i64,
    counted: i64,
    net: i64,
    /// What of the cash is for gift cards.
    gift_cards: i64,
}

impl Figures {
    fn new(cash: i64, counted: i64, net: i64) -> Self {
        let [cash, counted, net] = [cash, counted, net].map(|figure| figure.max(0));
        Self {
            cash,
            counted,
            net,
            gift_cards: 0,
        }
    }

    fn for_gift_cards(self, gift_cards: i64) -> Self {
        Self {
            gift_cards: gift_cards.max(0),
            ..self
        }
    }

    fn with(self, other: Self, combine: impl Fn(i64, i64) -> i64) -> Self {
        Self::new(
            combine(self.cash, other.cash),
            combine(self.counted, other.counted),
            combine(self.net, other.net),
        )
        .for_gift_cards(combine(self.gift_cards, other.gift_cards))
    }

    fn each(self, change: impl Fn(i64) -> i64) -> Self {
        Self::new(change(self.cash), change(self.counted), change(self.net))
            .for_gift_cards(change(self.gift_cards))
    }
}

/// What is to be taken from a payment.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    all: bool,
    own: Figures,
    /// In the currency of [`Payment::presentment`].
    foreign: Figures,
}

impl Part {
    /// The same, so much of whose cash is for gift cards, in the currency in which it is told.
    fn for_gift_cards(self, gift_cards: i64) -> Self {
        let told = |figures: Figures| {
            let gift_cards = gift_cards.min(figures.cash);
            figures.for_gift_cards(gift_cards)
        };
        Self {
            all: self.all,
            own: told(self.own),
            foreign: told(self.foreign),
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all || other.all,
            own: self.own.with(other.own, i64::saturating_add),
            foreign: self.foreign.with(other.foreign, i64::saturating_add),
        }
    }

    /// Without the cash that has failed after all, and the same share of its goods; `extent` is what this
    /// was made of.
    pub(super) fn without_failed(self, failed: Option<i64>, extent: Extent) -> Self {
        let (Some(failed), Some(cash)) = (failed, cash(extent)) else {
            return self;
        };
        let left = cash.saturating_sub(failed).max(0);
        let cut = |figure| share(figure, left, cash).unwrap_or(0);
        Self {
            all: self.all,
            own: self.own.each(cut),
            foreign: self.foreign.each(cut),
        }
    }

    /// Without what was paid beyond the payment's amount, in the payment's currency.
    pub(super) fn beyond_overpaid(self, overpaid: i64) -> Self {
        let spare = Figures::new(overpaid, overpaid, 0);
        Self {
            own: self.own.with(spare, i64::saturating_sub),
            ..self
        }
    }

    /// What this is more than `covered`; `None` when it is nothing.
    pub(super) fn beyond(self, covered: Self, payment: &Payment) -> Option<Self> {
        let nothing = Figures::default();
        let rest = if self.foreign != nothing && self.own == nothing && covered.own == nothing {
            Self {
                foreign: self.foreign.with(covered.foreign, i64::saturating_sub),
                ..self
            }
        } else {
            let (whole, covered) = (self.converted(payment), covered.converted(payment));
            Self {
                all: self.all,
                own: whole.with(covered, i64::saturating_sub),
                foreign: nothing,
            }
        };
        (rest.all || rest.own != nothing || rest.foreign != nothing).then_some(rest)
    }

    /// This less `other`, in the payment's currency. Nothing is left once the buyer's cash is gone: the
    /// other figures are shares of it, and may differ by a rounding.
    pub(super) fn without(self, other: Self, payment: &Payment) -> Self {
        if other.all {
            return Self::default();
        }
        let rest = self
            .converted(payment)
            .with(other.converted(payment), i64::saturating_sub);
        if rest.cash == 0 {
            return Self::default();
        }
        Self {
            own: rest,
            ..Self::default()
        }
    }

    /// The same in the payment's currency, and no more than was paid.
    pub(super) fn capped(self, payment: &Payment) -> Self {
        let Amounts { gross, reversible } = Amounts::of(payment);
        let net = payment.amounts.net.max(0);
        let gift_cards = payment.amounts.gift_cards;
        let figures = if self.all {
            Figures::new(gross, reversible, 0).for_gift_cards(gift_cards)
        } else {
            let told = self.converted(payment);
            Figures::new(
                told.cash.min(gross),
                told.counted.min(reversible),
                told.net.min(net),
            )
            .for_gift_cards(told.gift_cards.min(gift_cards))
        };
        Self {
            own: figures,
            ..Self::default()
        }
    }

    /// All figures in the payment's currency.
    fn converted(self, payment: &Payment) -> Figures {
        let Some(buyer) = payment.presentment else {
            return self.own;
        };
        let Amounts { gross, reversible } = Amounts::of(payment);
        let scale = |figure, own, theirs| share(own, figure, theirs).unwrap_or(0);
        let foreign = Figures::new(
            scale(self.foreign.cash, gross, buyer.gross),
            scale(self.foreign.counted, reversible, buyer.reversible),
            scale(self.foreign.net, gross, buyer.gross),
        )
        .for_gift_cards(scale(self.foreign.gift_cards, gross, buyer.gross));
        self.own.with(foreign, i64::saturating_add)
    }

    /// The net amount that this takes from a payment, at most all of it. Once the buyer has everything
    /// back, so it is, however the single refunds were split.
    pub(super) fn net_of(self, payment: &Payment) -> i64 {
        let net = payment.amounts.net.max(0);
        let Amounts { gross, reversible } = Amounts::of(payment);
        let figures = self.converted(payment);
        if self.all || (gross > 0 && figures.cash >= gross) {
            return net;
        }
        let counted = figures.counted.min(reversible);
        let by_ratio = share(net, counted, reversible).unwrap_or(0);
        by_ratio.saturating_add(figures.net).clamp(0, net)
    }

    /// The part of the net amount that was told as such, in the payment's currency.
    pub(super) fn told_net(self, payment: &Payment) -> i64 {
        self.converted(payment).net
    }

    /// What the buyer gets back, at most what was paid.
    pub(super) fn cash_of(self, payment: &Payment) -> i64 {
        let Amounts { gross, .. } = Amounts::of(payment);
        if self.all {
            gross
        } else {
            self.converted(payment).cash.min(gross)
        }
    }

    /// What this takes of what the buyer paid without gift cards: the money that goes back for anything else and, where
    /// goods go back without any (an exchange), what had been paid for them.
    pub(super) fn gross_of(self, payment: &Payment) -> i64 {
        let Amounts { gross, .. } = Amounts::of(payment);
        let counts = payment.amounts.gross_without_gift_cards();
        let all_cash = self.cash_of(payment);
        if gross > 0 && all_cash >= gross {
            return counts;
        }
        let told = self.converted(payment).gift_cards;
        let for_cards = told.min(payment.amounts.gift_cards);
        let cash = all_cash.saturating_sub(for_cards).max(0);
        let beyond = self.net_of(payment).saturating_sub(cash).max(0);
        let paid = share(counts, beyond, payment.amounts.net).unwrap_or(0);
        cash.saturating_add(paid).min(counts)
    }
}

/// A payment's amounts that reversals are measured against; never negative.
struct Amounts {
    gross: i64,
    reversible: i64,
}

impl Amounts {
    fn of(payment: &Payment) -> Self {
        Self {
            gross: payment.amounts.gross.max(0),
            reversible: payment.amounts.reversible.max(0),
        }
    }
}

/// The part of a reversal that concerns one payment: all of it, or its share of a shared one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    before: i64,
    upto: i64,
    whole: i64,
}

impl Weight {
    pub(super) const ALL: Self = Self {
        before: 0,
        upto: 1,
        whole: 1,
    };

    /// The weights of the documents that share a payment. Nothing is lost in rounding: the largest takes
    /// what is left over.
    pub(super) fn shares(parts: &BTreeMap<Name, i64>) -> Vec<(&Name, Self)> {
        let mut by_size: Vec<(i64, Reverse<&Name>)> = parts
            .iter()
            .map(|(name, part)| ((*part).max(0), Reverse(name)))
            .collect();
        by_size.sort_unstable();
        let whole = by_size
            .iter()
            .fold(0_i64, |sum, (part, _)| sum.saturating_add(*part));
        let mut before = 0_i64;
        let mut weights = Vec::new();
        for (part, Reverse(name)) in by_size {
            let upto = before.saturating_add(part);
            let weight = Self {
                before,
                upto,
                whole,
            };
            weights.push((name, weight));
            before = upto;
        }
        weights
    }

    pub(super) fn apply(self, part: Part) -> Part {
        let upto = |point, amount| share_floor(amount, point, self.whole).unwrap_or(0);
        let cut = |amount| upto(self.upto, amount) - upto(self.before, amount);
        Part {
            all: part.all,
            own: part.own.each(cut),
            foreign: part.foreign.each(cut),
        }
    }
}

/// A reversal's extent as a part of a payment; `None` when it is told in a currency that the payment says
/// nothing about. A bank may tell a dispute in its own: without a rate, all of the payment is at stake.
pub(super) fn part_of(reversal: &Reversal, payment: &Payment) -> Option<Part> {
    let part = in_currency(reversal.extent, reversal.currency, payment);
    let part = part.map(|part| part.for_gift_cards(reversal.gift_cards));
    let all = in_currency(Extent::All, reversal.currency, payment);
    part.or(all.filter(|_| reversal.kind == ReversalKind::Dispute))
}

/// An extent as a part of a payment; `None` as in [`part_of`].
pub(super) fn in_currency(extent: Extent, currency: Currency, payment: &Payment) -> Option<Part> {
    let figures = match extent {
        Extent::All => {
            return Some(Part {
                all: true,
                own: Figures::new(payment.amounts.gross, 0, 0),
                foreign: Figures::default(),
            });
        }
        Extent::Gross { cash, counted } => Figures::new(cash, counted, 0),
        Extent::Net { cash, net } => Figures::new(cash, 0, net),
        Extent::Both { cash, counted, net } => Figures::new(cash, counted, net),
    };
    let mut part = Part::default();
    if currency == payment.currency {
        part.own = figures;
    } else {
        payment
            .presentment
            .filter(|buyer| buyer.currency == currency && buyer.gross > 0)?;
        part.foreign = figures;
    }
    Some(part)
}
