//! Entries: what the ledger must hold of each sale and lead, and the entries that make up the difference
//! to what it holds. Nothing is ever changed or removed; a wrong sum is put right by one more entry.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::figures::{Brought, Figures};
use super::publish::Publisher;
use super::reason::Reason;
use super::refold::texts;
use super::sql;
use crate::args;
use crate::attribution::Directory;
use crate::id;
use crate::ledger::figures::{self, Booked};
use crate::ledger::sale::{Earning, Sale};
use crate::store::{Row, Rows, StoreError, Transaction};

/// What an amount is booked on: subject, partner, program, kind, currency.
pub type Account = (String, String, String, &'static str, String);

/// What a partner earned by a sale or lead.
pub const COMMISSION: &str = "commission";
/// What refunds and lost disputes took back.
pub const CLAWBACK: &str = "clawback";
/// What open disputes and reviews hold back.
pub const HOLD: &str = "hold";

const KINDS: [&str; 3] = [COMMISSION, CLAWBACK, HOLD];

/// How entries of one subject are written.
pub struct Booking {
    /// Its ledger.
    pub livemode: bool,
    /// Why they are written.
    pub reason: Reason,
    /// When the sale or lead happened.
    pub occurred_at: Micros,
    /// When the newest change to it happened.
    pub reversed_at: Micros,
    /// When it may be paid.
    pub available_at: Micros,
    /// Why what is booked already may have to be paid at another time.
    pub moves: Option<&'static str>,
    /// Who brought a lead: what it earns counts for a link. What a sale earns counts with its row.
    pub brought: Brought,
}

/// What the entries of some sales and leads add up to.
pub async fn read_sums(
    transaction: &mut dyn Transaction,
    org: &str,
    subjects: impl IntoIterator<Item = &String> + Send,
) -> Result<BTreeMap<Account, i64>, StoreError> {
    let mut sums = BTreeMap::new();
    let subjects = texts(subjects);
    if subjects.is_empty() {
        return Ok(sums);
    }
    for row in transaction.run(&sql::SUMS, args![org; subjects]).await? {
        if let Some(account) = account(&row)? {
            sums.insert(account, row.int("amount")?);
        }
    }
    Ok(sums)
}

/// The account of a row of sums; `None` for one that the fold has nothing to say of.
fn account(row: &Row) -> Result<Option<Account>, StoreError> {
    let told = row.text("kind")?;
    let Some(kind) = KINDS.into_iter().find(|kind| *kind == told) else {
        return Ok(None);
    };
    Ok(Some((
        row.text("subject_id")?.to_owned(),
        row.text("partner_id")?.to_owned(),
        row.text("program_id")?.to_owned(),
        kind,
        row.text("currency")?.to_owned(),
    )))
}

/// Adds an entry wherever the ledger's sum is not what it must be.
pub async fn book_differences(
    publisher: &Publisher<'_>,
    transaction: &mut dyn Transaction,
    [targets, sums]: [&BTreeMap<Account, i64>; 2],
    bookings: &BTreeMap<String, Booking>,
    figures: &mut Figures,
) -> Result<(), StoreError> {
    let mut rows = rebooked(publisher, transaction, bookings, figures).await?;
    let accounts: BTreeSet<&Account> = targets.keys().chain(sums.keys()).collect();
    let mut accounts: Vec<&Account> = accounts.into_iter().collect();
    // In the order in which they are told: what was earned before what was taken back of it.
    accounts
        .sort_by_key(|(subject, _, _, kind, _)| (subject, KINDS.iter().position(|k| k == kind)));
    for account in accounts {
        let target = targets.get(account).copied().unwrap_or(0);
        let sum = sums.get(account).copied().unwrap_or(0);
        let difference = target.saturating_sub(sum);
        let (subject, _, _, kind, _) = account;
        let Some(booking) = bookings.get(subject).filter(|_| difference != 0) else {
            continue;
        };
        let occurred_at = if *kind == COMMISSION && sum == 0 {
            booking.occurred_at
        } else {
            booking.reversed_at
        };
        let entry = Added {
            booking,
            amount: difference,
            occurred_at,
            available_at: booking.available_at,
        };
        let reason = booking.reason.says(account, sum, target);
        entry.push(publisher, account, reason, (&mut rows, figures));
    }
    publisher
        .write(transaction, &sql::INSERT_ENTRIES, rows)
        .await
}

/// By how much the time must differ at which something may be paid: snapshots of one payment differ by seconds, which nobody has
/// decided. An hour.
const MOVES_FROM_MICROS: i64 = 3_600 * 1_000_000;

/// Moves what is booked of what the owner has decided about, or was paid later, to the time at which it may be paid: an entry takes it from
/// the one time, another gives it to the other, and their sum is nothing.
async fn rebooked(
    publisher: &Publisher<'_>,
    transaction: &mut dyn Transaction,
    bookings: &BTreeMap<String, Booking>,
    figures: &mut Figures,
) -> Result<Rows, StoreError> {
    let mut rows = Rows::new(11);
    let moved = bookings
        .iter()
        .filter(|(_, booking)| booking.moves.is_some());
    let subjects = texts(moved.map(|(subject, _)| subject));
    if subjects.is_empty() {
        return Ok(rows);
    }
    let args = args![publisher.org; subjects];
    for row in transaction.run(&sql::SUMS_BY_TIME, args).await? {
        let (account, amount) = (account(&row)?, row.int("amount")?);
        let booking = bookings.get(row.text("subject_id")?);
        let why = booking.and_then(|booking| booking.moves);
        let (Some(account), Some(booking), Some(why)) = (account, booking, why) else {
            continue;
        };
        let booked_at = Micros(row.int("available_at")?);
        let moved_by = booked_at.0.saturating_sub(booking.available_at.0);
        if amount == 0 || moved_by.saturating_abs() < MOVES_FROM_MICROS {
            continue;
        }
        let reason = Reason::paid_at(booked_at, booking.available_at, why);
        for (amount, available_at) in [
            (amount.saturating_neg(), booked_at),
            (amount, booking.available_at),
        ] {
            let entry = Added {
                booking,
                amount,
                occurred_at: booking.reversed_at,
                available_at,
            };
            entry.push(publisher, &account, reason.clone(), (&mut rows, figures));
        }
    }
    Ok(rows)
}

/// An entry that is added.
struct Added<'a> {
    booking: &'a Booking,
    amount: i64,
    occurred_at: Micros,
    available_at: Micros,
}

impl Added<'_> {
    fn push(
        &self,
        publisher: &Publisher<'_>,
        account: &Account,
        reason: String,
        (rows, figures): (&mut Rows, &mut Figures),
    ) {
        self.count(account, figures);
        let (subject, partner, program, kind, currency) = account;
        rows.push([
            publisher.ids.make(id::LEDGER_ENTRY).into(),
            self.booking.livemode.into(),
            subject.as_str().into(),
            program.as_str().into(),
            partner.as_str().into(),
            (*kind).into(),
            self.amount.into(),
            currency.as_str().into(),
            reason.into(),
            self.occurred_at.0.into(),
            self.available_at.0.into(),
        ]);
    }

    fn count(&self, (subject, partner, program, kind, currency): &Account, figures: &mut Figures) {
        let account = figures::Account {
            partner_id: partner.clone(),
            currency: currency.clone(),
            livemode: self.booking.livemode,
            program_id: program.clone(),
        };
        // What a sale earns counts with its row.
        if subject.starts_with(id::LEAD) {
            let link = self.booking.brought.link_of(partner);
            let by = (&account, link);
            figures.earned_beside_sales(by, kind, self.occurred_at, self.amount);
        }
        let booked = Booked::of(kind);
        figures.entry(account, booked, self.amount, self.available_at);
    }
}

/// How the entries of a sale are written.
pub fn booking(sale: &Sale, livemode: bool, available_at: Micros) -> Booking {
    let reversals = sale.why.reversals.iter();
    let newest = reversals.map(|applied| applied.occurred_at).max();
    Booking {
        livemode,
        reason: Reason::of(sale.earning.as_ref(), sale.why.arithmetic.clone()),
        occurred_at: sale.occurred_at,
        reversed_at: newest.unwrap_or(sale.occurred_at),
        available_at,
        moves: moves(sale.earning.as_ref()).or_else(|| {
            let is_later = sale.held_from > sale.occurred_at;
            is_later.then_some("since it was sold on terms and paid later")
        }),
        brought: Brought::default(),
    }
}

/// Why what is earned may be paid at another time: the owner has decided about it.
pub fn moves(earning: Option<&Earning>) -> Option<&'static str> {
    let is_decided = earning.is_some_and(|earning| earning.decided.is_some());
    is_decided.then_some("as the owner has decided")
}

/// When a commission may be paid: after the hold that its program has at the time of the sale or lead, counted from when
/// its money came; or before its end, once the owner has approved it.
pub fn available_at(
    directory: &Directory,
    earning: Option<&Earning>,
    occurred_at: Micros,
    held_from: Micros,
) -> Micros {
    let hold_days = earning.map_or(0, |earning| {
        let policy = directory.policy(&earning.program_id, occurred_at);
        policy.hold_days
    });
    let held_until = held_from.plus_days(hold_days);
    let approved_at = earning.and_then(Earning::approved_at);
    approved_at.map_or(held_until, |at| held_until.min(at.max(occurred_at)))
}

/// Puts what a sale or lead earns on its accounts.
pub fn book(targets: &mut BTreeMap<Account, i64>, subject: &str, earning: Option<&Earning>) {
    let Some(earning) = earning else { return };
    let parts = [
        (COMMISSION, earning.full),
        (CLAWBACK, earning.left - earning.full),
        (HOLD, earning.free - earning.left),
    ];
    for (kind, amount) in parts.into_iter().filter(|(_, amount)| *amount != 0) {
        let account = (
            subject.to_owned(),
            earning.partner_id.clone(),
            earning.program_id.clone(),
            kind,
            earning.currency.to_string(),
        );
        targets.insert(account, amount);
    }
}
