//! What endpoints of outgoing webhooks are told of what a batch publishes. It writes nothing itself, and does nothing where nobody wants to be told.

use std::collections::{BTreeMap, BTreeSet};

use super::booking::{Account, Booking};
use super::record::Record;
use crate::outbox::{Kind, News};

/// A sale whose row is written: as it was, where it was there, and as it is.
pub fn sale(news: &mut News, before: Option<&Record>, after: &Record) {
    if news.is_for_nobody() || before == Some(after) {
        return;
    }
    let kind = match before {
        None => Kind::SaleCreated,
        Some(_) => Kind::SaleUpdated,
    };
    news.note(kind, after.livemode, &after.id);
    if before.map_or(0, Record::refunded) != after.refunded() {
        news.note(Kind::SaleRefunded, after.livemode, &after.id);
    }
}

/// What sales and leads earn, where that is another sum than the ledger has.
pub fn commissions(
    news: &mut News,
    [targets, sums]: [&BTreeMap<Account, i64>; 2],
    bookings: &BTreeMap<String, Booking>,
) {
    if news.is_for_nobody() {
        return;
    }
    let (mut known, mut moved) = (BTreeSet::new(), BTreeSet::new());
    for (account, sum) in sums {
        known.insert(account.0.as_str());
        if targets.get(account).copied().unwrap_or(0) != *sum {
            moved.insert(account.0.as_str());
        }
    }
    let new = targets
        .keys()
        .filter(|account| !sums.contains_key(*account));
    moved.extend(new.map(|account| account.0.as_str()));
    for subject in moved {
        let Some(booking) = bookings.get(subject) else {
            continue;
        };
        if known.contains(subject) {
            news.note(Kind::CommissionUpdated, booking.livemode, subject);
        } else {
            news.earned(booking.livemode, subject, booking.occurred_at);
        }
    }
}
