//! The join: a set of facts in which, of each key, the newest version stays.
//!
//! Absorbing is commutative, associative and idempotent, so a set does not depend on the order or the
//! number of deliveries. Nothing here interprets a fact.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use providers::Fact;
use providers::fact::{Payment, Rank};

/// A fact with the inbox event it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The fact.
    pub fact: Fact,
    /// The inbox event that brought this version.
    pub event_id: String,
    /// The processor that the event came from; `api` for a merchant's call.
    pub processor: String,
}

/// Facts by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactSet(BTreeMap<String, Kept>);

impl FactSet {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a fact in unless a better version of it is there. Answers whether the set has changed.
    pub fn absorb(&mut self, new: Kept) -> bool {
        match self.0.entry(new.fact.key()) {
            Entry::Vacant(place) => {
                place.insert(new);
                true
            }
            Entry::Occupied(mut place) => {
                let takes = supersedes(&new.fact, &place.get().fact);
                if takes {
                    place.insert(new);
                }
                takes
            }
        }
    }

    /// Whether a fact would change the set.
    pub fn takes(&self, new: &Fact) -> bool {
        let known = self.0.get(&new.key());
        known.is_none_or(|kept| supersedes(new, &kept.fact))
    }

    /// All facts, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Kept)> {
        self.0.iter().map(|(key, kept)| (key.as_str(), kept))
    }

    /// The facts whose key begins with `start`: those of one kind, by key.
    pub fn beginning<'s>(&'s self, start: &'s str) -> impl Iterator<Item = (&'s str, &'s Kept)> {
        self.0
            .range(start.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(start))
            .map(|(key, kept)| (key.as_str(), kept))
    }

    /// The snapshots of one object by one rank, whose keys begin so: one, and others where they have forgotten something.
    /// Of those that are newest the last one counts.
    pub fn snapshots<'f>(&'f self, start: &str) -> impl Iterator<Item = &'f Payment> {
        let from = self.0.range(start.to_owned()..);
        let payments = from.take_while(move |(key, _)| key.starts_with(start));
        payments.filter_map(move |(_, kept)| match &kept.fact {
            Fact::Payment(payment) if payment.start_of_key() == start => Some(payment),
            _ => None,
        })
    }

    /// All facts.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.0.values().map(|kept| &kept.fact)
    }

    /// The fact with this key.
    pub fn get(&self, key: &str) -> Option<&Kept> {
        self.0.get(key)
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether `new` replaces `old` of the same key: a newer version does; of two with the same version, the
/// one whose stored text sorts last, which is arbitrary and the same everywhere. Of two kinds the first
/// stays instead: a merchant's own report, because the answer to it has been given, and a claim, because
/// what counts is since when it was made.
pub fn supersedes(new: &Fact, old: &Fact) -> bool {
    let first_stays = match old {
        Fact::Payment(payment) => payment.rank == Rank::Manual,
        Fact::Claim(_) | Fact::Report(_) => true,
        _ => false,
    };
    if first_stays {
        return (new.version(), stored_text(new)) < (old.version(), stored_text(old));
    }
    match new.version().cmp(&old.version()) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => stored_text(new) > stored_text(old),
    }
}

/// The form in which a fact is stored and compared.
pub fn stored_text(fact: &Fact) -> String {
    // Facts are plain data; serializing one cannot fail.
    serde_json::to_string(fact).unwrap_or_default()
}
