//! The join: a set of facts in which, of each key, the newest version stays; and every e-mail address that was ever told of
//! somebody, since who buys can change his own at the processor.
//!
//! Absorbing is commutative, associative and idempotent, so a set does not depend on the order or the
//! number of deliveries. Nothing here interprets a fact.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{Payment, Rank};
use providers::{Fact, Name};

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
pub struct FactSet {
    facts: BTreeMap<String, Kept>,
    former: Addresses,
}

/// E-mail addresses by the subject of the identities that told them, without those that the identities which stay tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Addresses(BTreeMap<Name, BTreeSet<String>>);

impl Addresses {
    /// Whether what does not stay tells an address that is not known otherwise.
    fn lacks(&self, gone: &Fact, stays: &Fact) -> bool {
        let (Fact::Identity(gone), Fact::Identity(stays)) = (gone, stays) else {
            return false;
        };
        let known = self.0.get(&gone.subject);
        let is_known = |email: &String| known.is_some_and(|known| known.contains(email));
        gone.email != stays.email && gone.email.as_ref().is_some_and(|email| !is_known(email))
    }

    /// Remembers the address of what does not stay. Answers whether anything has changed.
    fn note(&mut self, gone: Fact, stays: &Fact) -> bool {
        let lacks = self.lacks(&gone, stays);
        let (Fact::Identity(gone), Fact::Identity(stays)) = (gone, stays) else {
            return false;
        };
        if let (Some(email), true) = (gone.email, lacks) {
            let known = self.0.entry(gone.subject).or_default();
            known.insert(email);
        }
        if let (Some(email), Some(known)) = (&stays.email, self.0.get_mut(&stays.subject)) {
            known.remove(email);
            if known.is_empty() {
                self.0.remove(&stays.subject);
            }
        }
        lacks
    }
}

impl FactSet {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a fact in unless a better version of it is there. Answers whether the set has changed.
    pub fn absorb(&mut self, new: Kept) -> bool {
        match self.facts.entry(new.fact.key()) {
            Entry::Vacant(place) => {
                place.insert(new);
                true
            }
            Entry::Occupied(mut place) => {
                let takes = supersedes(&new.fact, &place.get().fact);
                let gone = if takes { place.insert(new) } else { new };
                self.former.note(gone.fact, &place.get().fact) || takes
            }
        }
    }

    /// Whether a fact would change the set.
    pub fn takes(&self, new: &Fact) -> bool {
        let known = self.facts.get(&new.key());
        known.is_none_or(|kept| supersedes(new, &kept.fact) || self.former.lacks(new, &kept.fact))
    }

    /// Takes in all that another set knows.
    pub fn join(&mut self, other: Self) {
        for kept in other.facts.into_values() {
            self.absorb(kept);
        }
        for (subject, emails) in other.former.0 {
            let key = Fact::key_of_identity(&subject);
            let stays = self.facts.get(&key).map(|kept| &kept.fact);
            let told = match stays {
                Some(Fact::Identity(identity)) => identity.email.as_ref(),
                _ => None,
            };
            let more = emails.into_iter().filter(|email| Some(email) != told);
            let more: BTreeSet<String> = more.collect();
            if !more.is_empty() {
                self.former.0.entry(subject).or_default().extend(more);
            }
        }
    }

    /// The e-mail addresses that were told of a subject, and are not what its identity says now.
    pub fn former_addresses(&self, subject: &Name) -> impl Iterator<Item = &String> {
        self.former.0.get(subject).into_iter().flatten()
    }

    /// All facts, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Kept)> {
        self.facts.iter().map(|(key, kept)| (key.as_str(), kept))
    }

    /// The facts whose key begins with `start`: those of one kind, by key.
    pub fn beginning<'s>(&'s self, start: &'s str) -> impl Iterator<Item = (&'s str, &'s Kept)> {
        self.facts
            .range(start.to_owned()..)
            .take_while(move |(key, _)| key.starts_with(start))
            .map(|(key, kept)| (key.as_str(), kept))
    }

    /// The snapshots of one object by one rank, whose keys begin so: one, and others where they have forgotten something.
    /// Of those that are newest the last one counts.
    pub fn snapshots<'f>(&'f self, start: &str) -> impl Iterator<Item = &'f Payment> {
        let from = self.facts.range(start.to_owned()..);
        let payments = from.take_while(move |(key, _)| key.starts_with(start));
        payments.filter_map(move |(_, kept)| match &kept.fact {
            Fact::Payment(payment) if payment.start_of_key() == start => Some(payment),
            _ => None,
        })
    }

    /// All facts.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values().map(|kept| &kept.fact)
    }

    /// The fact with this key.
    pub fn get(&self, key: &str) -> Option<&Kept> {
        self.facts.get(key)
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
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
