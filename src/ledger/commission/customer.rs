//! What is remembered of one customer of one program while its sales are gone through, oldest first.
//!
//! A sale that was taken back in full is passed over as if it had not been.

use std::collections::BTreeMap;

use providers::{Currency, Micros};

use crate::ledger::rule::Period;
use crate::ledger::sale::{Earning, Sale};

/// A customer's sales so far.
#[derive(Default)]
pub(super) struct CustomerLedger {
    first_sale_at: Option<Micros>,
    used: BTreeMap<(Currency, Span), i64>,
}

/// One span of time over which a cap counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Span {
    Month(i16, i8),
    Year(i16),
    Lifetime,
}

impl Span {
    fn of(period: Period, at: Micros) -> Self {
        let date = jiff::Timestamp::from_microsecond(at.0)
            .unwrap_or_default()
            .to_zoned(jiff::tz::TimeZone::UTC);
        match period {
            Period::Month => Self::Month(date.year(), date.month()),
            Period::Year => Self::Year(date.year()),
            Period::Lifetime => Self::Lifetime,
        }
    }
}

impl CustomerLedger {
    /// When the customer's first sale was, of those noted that have not been taken back.
    pub(super) fn first_sale_at(&self) -> Option<Micros> {
        self.first_sale_at
    }

    /// Takes over when a subscription was first sold, to another customer as it may be.
    pub(super) fn take_over(&mut self, sold_at: Option<Micros>) {
        let known = self.first_sale_at.into_iter();
        self.first_sale_at = known.chain(sold_at).min();
    }

    /// Remembers a sale and what is left of what it earned.
    pub(super) fn note(&mut self, sale: &Sale, earning: &Earning) {
        if sale.net_left_final() > 0 {
            self.first_sale_at.get_or_insert(sale.occurred_at);
        }
        for period in [Period::Month, Period::Year, Period::Lifetime] {
            let span = Span::of(period, sale.occurred_at);
            let used = self.used.entry((earning.currency, span)).or_default();
            *used = used.saturating_add(earning.left);
        }
    }

    /// What sales of the same period have earned, and kept, so far.
    pub(super) fn used_in(&self, at: Micros, currency: Currency, period: Period) -> i64 {
        let key = (currency, Span::of(period, at));
        self.used.get(&key).copied().unwrap_or(0)
    }
}
