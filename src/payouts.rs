//! Payouts: what has been paid to a partner, recorded in the ledger.
//!
//! A payout takes all entries of a partner that may be paid and are in no payout yet, negative ones too:
//! what was paid and refunded later is netted from what is earned later. Entries stay as they are. No
//! statement here can take an entry of the test ledger.

use std::collections::BTreeSet;

use providers::{Currency, Micros, Money};
use thiserror::Error;

use crate::args;
use crate::id::{self, IdSource};
use crate::ledger::writer::sql::LOCK;
use crate::store::{Rows, Statement, Store, StoreError, Transaction};

static PAYABLE: Statement = Statement::new(
    "select e.id, e.program_id, e.amount from entries e
     left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
     where e.organization_id = $1 and e.livemode = 1 and e.kind <> 'payout' and p.entry_id is null
         and e.partner_id = $2 and e.currency = $3 and e.available_at <= $4
         and (cast($5 as text) = '' or e.program_id = $5)",
);
static INSERT: Statement = Statement::new(
    "insert into payouts (organization_id, id, program_id, partner_id, amount, currency, status, note,
         created_at)
     values ($1, $2, $3, $4, $5, $6, 'paid', $7, $8)",
);
static INSERT_ENTRY: Statement = Statement::new(
    "insert into entries (organization_id, id, livemode, subject_id, program_id, partner_id, kind,
         amount, currency, reason, occurred_at, available_at, created_at)
     values ($1, $2, 1, $3, $4, $5, 'payout', $6, $7, 'paid out', $8, $8, $8)",
);
static INSERT_PAID: Statement = Statement::new(
    "insert into payout_entries (organization_id, entry_id, payout_id)
     select $1, e.id, $2 from {rows r: id text}
     join entries e on e.organization_id = $1 and e.id = r.id and e.livemode = 1",
);

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&PAYABLE, &INSERT, &INSERT_ENTRY, &INSERT_PAID];

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Due<'a> {
    /// To whom.
    pub partner_id: &'a str,
    /// What was earned in this currency.
    pub currency: Currency,
    /// Only what was earned in this program.
    pub program_id: Option<&'a str>,
    /// The owner's remark.
    pub note: Option<&'a str>,
}

/// Why nothing was paid.
#[derive(Debug, Error)]
pub enum PayoutError {
    /// Nothing is owed.
    #[error("there is nothing to pay: the approved balance of live sales is {0}")]
    Nothing(Money),
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
pub async fn pay(
    store: &dyn Store,
    ids: &IdSource,
    org: &str,
    due: Due<'_>,
    now: Micros,
) -> Result<String, PayoutError> {
    let mut transaction = store.begin().await?;
    transaction.run(&LOCK, args![org]).await?;
    let payable = payable(transaction.as_mut(), org, due, now).await?;
    let id = ids.make(id::PAYOUT);
    let (program_id, amount) = (payable.program_id.as_str(), payable.amount);
    let args = args![
        org,
        id.as_str(),
        program_id,
        due.partner_id,
        amount,
        due.currency.code(),
        due.note,
        now.0
    ];
    transaction.run(&INSERT, args).await?;
    let args = args![
        org,
        ids.make(id::LEDGER_ENTRY),
        id.as_str(),
        program_id,
        due.partner_id,
        amount.checked_neg().ok_or(PayoutError::Overflow)?,
        due.currency.code(),
        now.0
    ];
    transaction.run(&INSERT_ENTRY, args).await?;
    let args = args![org, id.as_str(); payable.entries];
    transaction.run(&INSERT_PAID, args).await?;
    transaction.commit().await?;
    Ok(id)
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
    for row in transaction.run(&PAYABLE, args).await? {
        entries.push([row.text("id")?.into()]);
        programs.insert(row.text("program_id")?.to_owned());
        amount = amount
            .checked_add(row.int("amount")?)
            .ok_or(PayoutError::Overflow)?;
    }
    let nothing = PayoutError::Nothing(Money::new(amount, due.currency));
    if amount <= 0 {
        return Err(nothing);
    }
    if programs.len() > 1 {
        return Err(PayoutError::SeveralPrograms);
    }
    Ok(Payable {
        program_id: programs.pop_first().ok_or(nothing)?,
        amount,
        entries,
    })
}
