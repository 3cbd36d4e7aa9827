//! The kinds of messages, and which of them are wanted. Pure.
//!
//! A kind's bit is stored with the organization, and its word is told to others: neither is ever changed.

use crate::changes::What;
use crate::store::Row;
use crate::store::StoreError;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $bit:literal $word:literal,)*) => {
        /// What a message tells.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word for it, as endpoints are told.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// Its bit, from 0.
            const fn bit(self) -> u32 {
                match self {
                    $(Self::$name => $bit,)*
                }
            }
        }
    };
}

kinds! {
    /// A click was recorded. Many: an endpoint gets them only where it names them.
    ClickCreated = 0 "click.created",
    /// A lead is new.
    LeadCreated = 1 "lead.created",
    /// A sale is new.
    SaleCreated = 2 "sale.created",
    /// A sale is another one, in whatever.
    SaleUpdated = 3 "sale.updated",
    /// What has gone back of a sale is another amount.
    SaleRefunded = 4 "sale.refunded",
    /// A sale or lead has earned something for the first time.
    CommissionCreated = 5 "commission.created",
    /// What a sale or lead earns, or whom, is another amount.
    CommissionUpdated = 6 "commission.updated",
    /// A partner is new.
    PartnerCreated = 7 "partner.created",
    /// A partner was changed or enrolled.
    PartnerUpdated = 8 "partner.updated",
    /// A payout is new: a draft, or recorded as paid.
    PayoutCreated = 9 "payout.created",
    /// A payout was approved.
    PayoutApproved = 10 "payout.approved",
    /// A payout is on its way.
    PayoutSent = 11 "payout.sent",
    /// A payout has arrived.
    PayoutPaid = 12 "payout.paid",
    /// A payout has failed.
    PayoutFailed = 13 "payout.failed",
    /// A payout was taken back.
    PayoutReversed = 14 "payout.reversed",
    /// The owner tries an endpoint out. Asked for by nobody and sent to one alone.
    Ping = 15 "endpoint.ping",
    /// A bonus or a correction was booked.
    AdjustmentCreated = 16 "adjustment.created",
}

/// Bits of the live ledger; those of the test ledger follow.
const LEDGER_BITS: u32 = 31;
/// The bit after both, which says that mails are written.
const MAILS: i64 = 1 << 62;

impl Kind {
    /// The kind of a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// What a change is told as, if at all.
    pub(super) const fn of_change(what: What) -> Option<Self> {
        Some(match what {
            What::ClickImported => Self::ClickCreated,
            What::PartnerApplied | What::PartnerCreated | What::PartnerInvited => {
                Self::PartnerCreated
            }
            What::PartnerChanged | What::PartnerEnrolled => Self::PartnerUpdated,
            What::PayoutDrafted | What::PayoutImported | What::PayoutRecorded => {
                Self::PayoutCreated
            }
            What::PayoutApproved => Self::PayoutApproved,
            What::PayoutSent => Self::PayoutSent,
            What::PayoutPaid => Self::PayoutPaid,
            What::PayoutFailed => Self::PayoutFailed,
            What::PayoutReversed => Self::PayoutReversed,
            _ => return None,
        })
    }

    /// Whether a name in an endpoint's list means it: itself, `sale.*`, or `*`, which leaves out what is too much for most.
    fn is_meant(self, name: &str) -> bool {
        if self == Self::Ping {
            return false;
        }
        match name.strip_suffix('*') {
            Some("") => self != Self::ClickCreated,
            Some(begin) => self.word().starts_with(begin),
            None => self.word() == name,
        }
    }

    /// The kinds that a list of names means.
    pub fn meant<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<Self> {
        let names: Vec<&str> = names.into_iter().collect();
        let all = Self::ALL.iter().copied();
        all.filter(|kind| names.iter().any(|name| kind.is_meant(name)))
            .collect()
    }
}

/// Which kinds some endpoint wants, by ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted(i64);

impl Wanted {
    /// As it is stored.
    pub const fn read(stored: i64) -> Self {
        Self(stored)
    }

    /// From the row that locks an organization.
    pub(crate) fn of_lock(rows: &[Row]) -> Result<Self, StoreError> {
        rows.first().map_or(Ok(Self::default()), |row| {
            row.int("outgoing").map(Self::read)
        })
    }

    /// How it is stored.
    pub const fn stored(self) -> i64 {
        self.0
    }

    /// Whether mails are written.
    pub const fn has_mails(self) -> bool {
        self.0 & MAILS != 0
    }

    /// Whether somebody wants it.
    pub const fn has(self, kind: Kind, livemode: bool) -> bool {
        self.0 & Self::bit(kind, livemode) != 0
    }

    /// With a kind more.
    #[must_use]
    pub const fn with(self, kind: Kind, livemode: bool) -> Self {
        Self(self.0 | Self::bit(kind, livemode))
    }

    const fn bit(kind: Kind, livemode: bool) -> i64 {
        let ledger = if livemode { 0 } else { LEDGER_BITS };
        1 << (kind.bit() + ledger)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_words_are_those_that_are_stored() {
        let all: Vec<(u32, &str)> = Kind::ALL.iter().map(|k| (k.bit(), k.word())).collect();
        assert_eq!(all[0], (0, "click.created"));
        assert_eq!(all[6], (6, "commission.updated"));
        assert_eq!(all[15], (15, "endpoint.ping"));
        for (at, (bit, word)) in all.iter().enumerate() {
            assert_eq!(usize::try_from(*bit).unwrap(), at, "{word}");
            assert_eq!(Kind::of(word), Some(Kind::ALL[at]));
        }
    }

    #[test]
    fn clicks_are_meant_only_where_they_are_named() {
        let words = |names: &[&str]| -> Vec<&str> {
            let kinds = Kind::meant(names.iter().copied());
            kinds.into_iter().map(Kind::word).collect()
        };
        assert_eq!(words(&["*"]).len(), Kind::ALL.len() - 2);
        assert_eq!(words(&["*", "click.created"]).len(), Kind::ALL.len() - 1);
        assert_eq!(
            words(&["sale.*"]),
            ["sale.created", "sale.updated", "sale.refunded"]
        );
        assert_eq!(words(&["click.*"]), ["click.created"]);
        assert!(words(&["sale", "endpoint.ping", "endpoint.*"]).is_empty());
    }

    #[test]
    fn the_ledgers_are_apart() {
        let wanted = Wanted::default().with(Kind::SaleCreated, false);
        assert!(wanted.has(Kind::SaleCreated, false));
        assert!(!wanted.has(Kind::SaleCreated, true));
        assert!(!wanted.has(Kind::SaleUpdated, false));
        assert!(Wanted::read(wanted.stored()).has(Kind::SaleCreated, false));
    }
}
