//! Figures that are kept beside the ledger, so that reading them costs the same at any size: what was sold, taken back and earned, by day; and
//! what each partner has. Here is what a sale, a lead and an entry count for, and what a change moves. Pure.
//!
//! A figure is never more than a sum over rows that are stored: whoever adds those up again must find the same, and the audit does.

mod moves;
mod taken;

use providers::Micros;

pub use moves::Moves;
pub use taken::{Taking, takings};

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;

/// The day of UTC, counted from 1970, as the databases compute it.
pub const fn day(at: Micros) -> i64 {
    at.0 / DAY
}

/// How many days a row of a span has: long enough that a year is a dozen of them, short enough that what a period has beside whole ones is little.
pub const SPAN_DAYS: i64 = 32;

/// The first day of the span that a day is in.
pub const fn span(day: i64) -> i64 {
    day - day.rem_euclid(SPAN_DAYS)
}

/// Whose figures a row has, and of how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// All partners together, one day.
    All,
    /// A partner, one day.
    Partner,
    /// A partner, all processors together, a span.
    Span,
}

impl Reach {
    /// The value of `by_partner`.
    pub const fn number(self) -> i64 {
        match self {
            Self::All => 0,
            Self::Partner => 1,
            Self::Span => 2,
        }
    }
}

/// What counts of a sale's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Live or test ledger.
    pub livemode: bool,
    /// When it was paid.
    pub occurred_at: Micros,
    /// The value of `paymentProcessor`.
    pub processor: String,
    /// The currency of its amounts.
    pub currency: String,
    /// The partner who brought it; empty where nobody did.
    pub partner_id: String,
    /// The program; empty where nobody brought it.
    pub program_id: String,
    /// The link that brought it; empty where none did, or it is gone.
    pub link_id: String,
    /// What the buyer paid.
    pub gross: i64,
    /// Without tax and shipping.
    pub net: i64,
    /// The commission when sold.
    pub commission: i64,
    /// Its currency.
    pub commission_currency: String,
}

/// What figures of a day are told apart by. What nobody brought, and leads, have empty texts where something is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Live or test ledger.
    pub livemode: bool,
    /// The day.
    pub day: i64,
    /// The currency; empty for leads.
    pub currency: String,
    /// The value of `paymentProcessor`; empty for leads and what they earn.
    pub processor: String,
    /// The partner; empty where nobody brought it.
    pub partner_id: String,
    /// The program; empty where nobody brought it.
    pub program_id: String,
    /// The link; empty where none brought it, and for what bonuses and corrections are worth.
    pub link_id: String,
}

/// The figures of a day, in the smallest unit of the currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Sales of that day.
    pub sales: i64,
    /// What buyers paid for them.
    pub gross: i64,
    /// The same without tax and shipping.
    pub net: i64,
    /// What was refunded on that day, of whatever sale.
    pub refunded: i64,
    /// What was disputed on that day.
    pub disputed: i64,
    /// Commission of that day's sales and leads.
    pub commission: i64,
    /// What of commissions was taken back on that day.
    pub taken_back: i64,
    /// Leads of that day.
    pub leads: i64,
}

impl Sums {
    /// All of them, in the order of [`Sums::COLUMNS`].
    pub const fn all(self) -> [i64; 8] {
        [
            self.sales,
            self.gross,
            self.net,
            self.refunded,
            self.disputed,
            self.commission,
            self.taken_back,
            self.leads,
        ]
    }

    /// Their names.
    pub const COLUMNS: [&'static str; 8] = [
        "sales",
        "gross",
        "net",
        "refunded",
        "disputed",
        "commission",
        "taken_back",
        "leads",
    ];

    /// From their values, in the same order.
    pub const fn of(values: [i64; 8]) -> Self {
        let [
            sales,
            gross,
            net,
            refunded,
            disputed,
            commission,
            taken_back,
            leads,
        ] = values;
        Self {
            sales,
            gross,
            net,
            refunded,
            disputed,
            commission,
            taken_back,
            leads,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let mut sums = self.all();
        for (sum, more) in sums.iter_mut().zip(other.all()) {
            *sum = sum.saturating_add(more);
        }
        Self::of(sums)
    }

    /// What refunds and disputes have taken.
    pub const fn back(self) -> i64 {
        self.refunded.saturating_add(self.disputed)
    }

    /// Revenue after that.
    pub const fn left(self) -> i64 {
        self.net.saturating_sub(self.back())
    }

    /// What partners have earned, without what was taken back.
    pub const fn earned(self) -> i64 {
        self.commission.saturating_sub(self.taken_back)
    }

    fn times(self, sign: i64) -> Self {
        Self::of(self.all().map(|value| value.saturating_mul(sign)))
    }
}

/// Whose balance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// The partner.
    pub partner_id: String,
    /// The currency.
    pub currency: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// The program.
    pub program_id: String,
}

/// A balance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// All that was earned, and is not held back or taken back; paid or not.
    pub earned: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out, without payouts that were reversed.
    pub paid: i64,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Booked {
    /// Something earned or taken back.
    Earning,
    /// Something held back or let go.
    Hold,
    /// A payout or its reversal.
    Payout,
}

impl Booked {
    /// By the word in an entry's `kind`.
    pub fn of(kind: &str) -> Self {
        match kind {
            "hold" => Self::Hold,
            "payout" | "payout_reversal" => Self::Payout,
            _ => Self::Earning,
        }
    }
}

#[cfg(test)]
mod tests;
