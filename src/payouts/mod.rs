//! Payouts: what has been paid to a partner, recorded in the ledger; and payouts that are taken back.
//!
//! A payout takes all entries of a partner that may be paid and are in no payout that stands, negative ones
//! too: what was paid and refunded later is netted from what is earned later. One that is reversed keeps its
//! row and its entry, gets a second entry that gives back what the first took, and lets go of what it had paid,
//! which is owed again at once. Entries stay as they are. No statement here can take an entry of the test ledger.
//!
//! A payout is recorded as paid at once ([`pay`]), or goes from step to step: a [`run`] drafts one for each partner, program and currency; a draft
//! claims its entries, so that nothing else pays them, and is nothing in the ledger yet. Once it is [sent](batch) the ledger has it as paid; what
//! has failed is given back.

pub mod batch;
pub mod details;
pub mod file;
pub mod imported;
pub mod run;
pub mod settings;
pub mod steps;
pub mod stripe;

use std::collections::BTreeSet;

use providers::{Currency, Micros, Money};
use thiserror::Error;

use crate::actor::WriteScope;
use crate::args;
use crate::books::entries::Kind;
use crate::books::statements::ledger::LOCK;
use crate::books::statements::payouts as sql;
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::ledger::figures::{Account, Booked};
use crate::ledger::writer::figures::Figures;
use crate::store::{Rows, StoreError, Transaction};

/// The kind of the entry that takes what a payout has paid.
pub const PAYOUT: &str = Kind::Payout.word();
/// The kind of the entry that gives back what a reversed payout has taken.
pub const REVERSAL: &str = Kind::Reversal.word();

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// To whom.
    pub partner_id: &'a str,
    /// What was earned in this currency.
    pub currency: Currency,
    /// Only what was earned in this program.
    pub program_id: Option<&'a str>,
    /// What the owner takes to be due, in the smallest unit; `None` for whatever is.
    pub amount: Option<i64>,
    /// The owner's remark.
    pub note: Option<&'a str>,
}

/// Why nothing was paid.
#[derive(Debug, Error)]
pub enum PayoutError {
    /// Nothing is owed.
    #[error("there is nothing to pay: the approved balance of live sales is {0}")]
    Nothing(Money),
    /// Something else is due than the owner takes to be.
    #[error("{}", mismatch(*given, *due))]
    Amount {
        /// What the owner said.
        given: Money,
        /// What is due.
        due: Money,
    },
    /// Earned in several programs.
    #[error("the partner has earned in several programs: name one")]
    SeveralPrograms,
    /// More than 64 bits hold.
    #[error("the amount is too large")]
    Overflow,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records a payout of everything that may be paid now. Answers its id. Two at once cannot take the same
/// entry: the organization's ledger is locked.
pub async fn pay(scope: &WriteScope<'_>, due: Due<'_>) -> Result<String, PayoutError> {
    let (org, now) = (scope.org, scope.now);
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![org]).await?;
    let payable = payable(transaction.as_mut(), org, due, now).await?;
    let id = scope.ids.make(id::PAYOUT);
    let args = args![
        org,
        id.as_str(),
        payable.program_id.as_str(),
        due.partner_id,
        payable.amount,
        due.currency.code(),
        due.note,
        now.0,
        scope.actor.name()
    ];
    transaction.run(&sql::INSERT, args).await?;
    number(transaction.as_mut(), org, &id).await?;
    let entry = Entry {
        payout_id: &id,
        program_id: &payable.program_id,
        partner_id: due.partner_id,
        currency: due.currency.code(),
        kind: PAYOUT,
        amount: negative(payable.amount)?,
        reason: "paid out",
    };
    entry.add(transaction.as_mut(), scope).await?;
    let args = args![org, id.as_str(); payable.entries];
    transaction.run(&sql::INSERT_PAID, args).await?;
    let details = Details::default()
        .set("partnerId", due.partner_id)
        .set("programId", &payable.program_id)
        .set("amount", payable.amount)
        .set("currency", due.currency.code());
    let change = Change::of(What::PayoutRecorded, &id).with(details);
    let change = change.because(due.note);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(id)
}

/// What came of taking a payout back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is taken back, now or before.
    Back,
    /// Nothing of it was sent yet.
    NotSent,
    /// There is no such payout.
    Unknown,
}

/// Takes a payout back: what it has paid is owed again and due at once. One that is reversed already stays as it
/// is.
pub async fn reverse(scope: &WriteScope<'_>, id: &str, reason: &str) -> Result<Taken, StoreError> {
    let reversed = ("reversed", What::PayoutReversed);
    take_back(scope, (id, reason), reversed).await
}

/// The same of one that was sent and never arrived.
pub async fn fail(scope: &WriteScope<'_>, id: &str, reason: &str) -> Result<Taken, StoreError> {
    take_back(scope, (id, reason), ("failed", What::PayoutFailed)).await
}

async fn take_back(
    scope: &WriteScope<'_>,
    (id, reason): (&str, &str),
    (status, what): (&'static str, What),
) -> Result<Taken, StoreError> {
    let (org, now) = (scope.org, scope.now);
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![org]).await?;
    let rows = transaction.run(&sql::FIND, args![org, id]).await?;
    let Some(payout) = rows.first() else {
        return Ok(Taken::Unknown);
    };
    if payout.opt_int("reversed_at")?.is_some() {
        return Ok(Taken::Back);
    }
    let before = payout.text("status")?.to_owned();
    if !["sent", "paid"].contains(&before.as_str()) {
        return Ok(Taken::NotSent);
    }
    let entry = Entry {
        payout_id: id,
        program_id: payout.text("program_id")?,
        partner_id: payout.text("partner_id")?,
        currency: payout.text("currency")?,
        kind: REVERSAL,
        amount: payout.int("amount")?,
        reason: "payout reversed",
    };
    entry.add(transaction.as_mut(), scope).await?;
    let details = Details::default()
        .edit("status", before.as_str(), status)
        .set("partnerId", entry.partner_id)
        .set("amount", entry.amount)
        .set("currency", entry.currency);
    transaction.run(&sql::KEEP_PAID, args![org, id]).await?;
    transaction.run(&sql::LET_GO, args![org, id]).await?;
    let args = args![org, id, now.0, reason, status];
    transaction.run(&sql::REVERSE, args).await?;
    let change = Change::of(what, id).with(details);
    let change = change.because(Some(reason));
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(Taken::Back)
}

/// Gives a payout the next number of its partner's statements.
async fn number(transaction: &mut dyn Transaction, org: &str, id: &str) -> Result<(), StoreError> {
    let rows = transaction.run(&sql::NEXT_NUMBER, args![org, id]).await?;
    let next = rows.first().map_or(Ok(1), |row| row.int("next"))?;
    let args = args![org, id, next];
    transaction.run(&sql::SET_NUMBER, args).await.map(drop)
}

/// An entry of a payout itself.
struct Entry<'a> {
    payout_id: &'a str,
    program_id: &'a str,
    partner_id: &'a str,
    currency: &'a str,
    kind: &'static str,
    amount: i64,
    reason: &'static str,
}

impl Entry<'_> {
    async fn add(
        &self,
        transaction: &mut dyn Transaction,
        scope: &WriteScope<'_>,
    ) -> Result<(), StoreError> {
        let args = args![
            scope.org,
            scope.ids.make(id::LEDGER_ENTRY),
            self.payout_id,
            self.program_id,
            self.partner_id,
            self.kind,
            self.amount,
            self.currency,
            self.reason,
            scope.now.0
        ];
        transaction.run(&sql::INSERT_ENTRY, args).await?;
        let account = Account {
            partner_id: self.partner_id.to_owned(),
            currency: self.currency.to_owned(),
            livemode: true,
            program_id: self.program_id.to_owned(),
        };
        let mut figures = Figures::default();
        figures.entry(account, Booked::Payout, self.amount, scope.now);
        figures.write(transaction, scope.org, scope.now).await
    }
}

fn negative(amount: i64) -> Result<i64, PayoutError> {
    amount.checked_neg().ok_or(PayoutError::Overflow)
}

fn mismatch(given: Money, due: Money) -> String {
    if due.minor <= 0 {
        return format!(
            "amount is {given}, but the approved balance of live sales is {due}: nothing can be paid now"
        );
    }
    let minor = due.minor;
    format!(
        "amount is {given}, but {due} is due: send {minor}, or leave amount out to pay whatever is due"
    )
}

struct Payable {
    program_id: String,
    amount: i64,
    entries: Rows,
}

async fn payable(
    transaction: &mut dyn Transaction,
    org: &str,
    due: Due<'_>,
    now: Micros,
) -> Result<Payable, PayoutError> {
    let program = due.program_id.unwrap_or_default();
    let args = args![org, due.partner_id, due.currency.code(), now.0, program];
    let mut programs = BTreeSet::new();
    let mut entries = Rows::new(1);
    let mut amount: i64 = 0;
    for row in transaction.run(&sql::PAYABLE, args).await? {
        entries.push([row.text("id")?.into()]);
        programs.insert(row.text("program_id")?.to_owned());
        amount = amount
            .checked_add(row.int("amount")?)
            .ok_or(PayoutError::Overflow)?;
    }
    let payable = Money::new(amount, due.currency);
    let nothing = PayoutError::Nothing(payable);
    if amount > 0 && programs.len() > 1 {
        return Err(PayoutError::SeveralPrograms);
    }
    if let Some(given) = due.amount.filter(|given| *given != amount) {
        return Err(PayoutError::Amount {
            given: Money::new(given, due.currency),
            due: payable,
        });
    }
    if amount <= 0 {
        return Err(nothing);
    }
    Ok(Payable {
        program_id: programs.pop_first().ok_or(nothing)?,
        amount,
        entries,
    })
}
