//! Notes on refunds: documents (Stripe's credit notes) that name a refund and tell what of it is goods.
//!
//! The refund tells the money and whether it moves, the note the net amount. Where only the note is known it
//! counts by itself; the two never add up.

use std::borrow::Cow;
use std::collections::BTreeMap;

use providers::Name;
use providers::fact::{Bought, Extent, Fact, Reversal, ReversalKind};
use providers::money::share;

use super::{moves, total};
use crate::ledger::facts::FactSet;

/// Single refunds of a neighbourhood that another one names.
#[derive(Debug, Default)]
pub(super) struct Notes<'a> {
    refunds: BTreeMap<Name, &'a Reversal>,
    /// By the refund's id: several where each tells of a part of it.
    of: BTreeMap<&'a str, Vec<&'a Reversal>>,
}

impl<'a> Notes<'a> {
    /// Finds all refunds and the notes that name them.
    pub(super) fn of(facts: &'a FactSet) -> Self {
        let refunds = |(_, kept): (_, &'a crate::ledger::facts::Kept)| match &kept.fact {
            Fact::Reversal(refund) if refund.kind == ReversalKind::Refund => Some(refund),
            _ => None,
        };
        let all: Vec<&Reversal> = facts.beginning("reversal/").filter_map(refunds).collect();
        let named = all.iter().filter_map(|refund| {
            let name = Name::payment(&refund.id)?;
            refund.of.contains(&name).then_some((name, *refund))
        });
        let mut notes = Self {
            refunds: named.collect(),
            of: BTreeMap::new(),
        };
        for note in all {
            if let (Some(refund), Extent::Net { .. }, true) =
                (notes.refund(note), note.extent, moves(note))
            {
                notes.of.entry(&refund.id).or_default().push(note);
            }
        }
        notes
    }

    fn refund(&self, note: &Reversal) -> Option<&'a Reversal> {
        let mut named = note.of.iter().filter_map(|name| self.refunds.get(name));
        named.find(|refund| refund.id != note.id).copied()
    }

    /// Whether this is a note on a refund that is known by itself.
    pub(super) fn is_told_by_refund(&self, note: &Reversal) -> bool {
        note.kind == ReversalKind::Refund && self.refund(note).is_some()
    }

    /// The refund, with its net amount where notes tell it.
    pub(super) fn with_net<'r>(&self, refund: &'r Reversal) -> Cow<'r, Reversal> {
        let notes = self.of.get(refund.id.as_str()).into_iter().flatten();
        // Told of a part alone, it would be taken for what all is for.
        let is_told = notes.clone().all(|note| !note.things.is_empty());
        let things = notes.clone().flat_map(|note| &note.things).cloned();
        let things: Vec<Bought> = things.filter(|_| is_told).collect();
        let mut told: Option<[i64; 3]> = None;
        for note in notes.filter(|note| note.currency == refund.currency) {
            if let Extent::Net { cash, net } = note.extent {
                let [all, goods, cards] = told.unwrap_or_default();
                let cards = cards.saturating_add(note.gift_cards);
                told = Some([all.saturating_add(cash), goods.saturating_add(net), cards]);
            }
        }
        let (Some([of, net, cards]), Some(cash)) = (told, total::cash(refund.extent)) else {
            return Cow::Borrowed(refund);
        };
        let part = |amount| {
            if cash == of {
                Some(amount)
            } else {
                share(amount, cash, of)
            }
        };
        part(net).map_or(Cow::Borrowed(refund), |net| {
            let mut refund = refund.clone();
            refund.extent = Extent::Net { cash, net };
            refund.gift_cards = part(cards).unwrap_or(0);
            if refund.things.is_empty() {
                refund.things = things;
            }
            Cow::Owned(refund)
        })
    }
}
