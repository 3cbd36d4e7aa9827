//! What the owner has decided about a commission. Pure.
//!
//! A decision stands beside the facts, under every name of the payment, and the fold obeys it each time: so whatever
//! is told later, processed again or repaired, it holds until the owner decides otherwise. It moves no fact, and it
//! gives nobody more than the rule does.

use providers::Micros;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Decision {
    /// It counts, whoever the buyer is, and may be paid when its hold is over.
    Cleared,
    /// It counts, whoever the buyer is, and may be paid at once.
    Approved,
    /// It is kept back until something else is decided.
    Held,
    /// Nothing is paid for it.
    Void,
    /// Nothing is paid for it: it was fraud.
    Fraud,
    /// As if nothing had been decided.
    Reinstated,
}

impl Decision {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Cleared,
        Self::Approved,
        Self::Held,
        Self::Void,
        Self::Fraud,
        Self::Reinstated,
    ];

    /// The word under which it is stored and shown; never changed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cleared => "cleared",
            Self::Approved => "approved",
            Self::Held => "held",
            Self::Void => "void",
            Self::Fraud => "fraud",
            Self::Reinstated => "reinstated",
        }
    }

    /// The word by which it is asked for.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Cleared => "clear",
            Self::Approved => "approve",
            Self::Held => "hold",
            Self::Void => "void",
            Self::Fraud => "fraud",
            Self::Reinstated => "reinstate",
        }
    }

    /// The decision that is stored under a word.
    pub fn stored(word: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|decision| decision.word() == word)
    }

    /// Whether the commission is paid, where that has been decided.
    pub const fn pays(self) -> Option<bool> {
        match self {
            Self::Cleared | Self::Approved => Some(true),
            Self::Void | Self::Fraud => Some(false),
            Self::Held | Self::Reinstated => None,
        }
    }
}

/// A decision, and when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// When.
    pub at: Micros,
    /// What.
    pub decision: Decision,
}

/// The one that counts of several, given with the names that they stand under: the newest; of one instant, that of
/// the smallest name.
pub fn newest<'n>(all: impl Iterator<Item = (&'n str, Decided)>) -> Option<Decided> {
    let newest = all.min_by_key(|(name, decided)| (std::cmp::Reverse(decided.at), *name));
    newest.map(|(_, decided)| decided)
}

/// The name under which a decision about a lead stands: no payment's name begins so.
pub fn name_of_lead(key: &str) -> String {
    format!("lead/{}", key.replace('\0', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_decisions_the_newest_counts_and_of_one_instant_that_of_the_smallest_name() {
        let at = |at, decision| Decided {
            at: Micros(at),
            decision,
        };
        let all = [
            ("p:b", at(1, Decision::Void)),
            ("p:c", at(2, Decision::Held)),
            ("p:a", at(2, Decision::Fraud)),
        ];
        assert_eq!(newest(all.into_iter()), Some(at(2, Decision::Fraud)));
        assert_eq!(newest(all.into_iter().rev()), Some(at(2, Decision::Fraud)));
        assert_eq!(newest(std::iter::empty()), None);
    }

    #[test]
    fn words_and_verbs_are_told_apart() {
        for one in Decision::ALL {
            assert_eq!(Decision::stored(one.word()), Some(*one));
            let same = |other: &&Decision| other.verb() == one.verb();
            assert_eq!(Decision::ALL.iter().filter(same).count(), 1);
        }
    }
}
