//! Notes on refunds: documents (Stripe's credit notes) that name a refund and tell what of it is goods.
//!
//! The refund tells the money and whether it moves, the note the net amount. Where only the note is known it
//! counts by itself; the two never add up.

use std::borrow::Cow;
use std::collections::BTreeMap;

use providers::Name;
use providers::fact::{Extent, Fact, Reversal, ReversalKind};
use providers::money::share;

use super::{moves, total};
use crate::ledger::facts::FactSet;

/// Single refunds of a neighbourhood that another one names.
#[derive(Debug, Default)]
pub(super) struct Notes<'a> {
    refunds: BTreeMap<Name, &'a Reversal>,
    /// By the refund's id.
    of: BTreeMap<&'a str, &'a Reversal>,
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
                notes.of.insert(&refund.id, note);
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

    /// The refund, with its net amount where a note tells it.
    pub(super) fn with_net<'r>(&self, refund: &'r Reversal) -> Cow<'r, Reversal> {
        let note = self.of.get(refund.id.as_str());
        let same_currency = |note: &&&Reversal| note.currency == refund.currency;
        let told = note.filter(same_currency).map(|note| note.extent);
        let (Some(Extent::Net { cash: noted, net }), Some(cash)) =
            (told, total::cash(refund.extent))
        else {
            return Cow::Borrowed(refund);
        };
        let net = if cash == noted {
            Some(net)
        } else {
            share(net, cash, noted)
        };
        net.map_or(Cow::Borrowed(refund), |net| {
            let mut refund = refund.clone();
            refund.extent = Extent::Net { cash, net };
            Cow::Owned(refund)
        })
    }
}
