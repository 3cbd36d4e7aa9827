//! The steps of one payout: approved, sent, confirmed as paid, failed; or a draft that is discarded. A step that was taken already is answered the
//! same, so that who repeats a call does no harm.

use providers::{Currency, Money};
use thiserror::Error;

use super::{Entry, PAYOUT, number, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::statements::ledger::LOCK;
use crate::changes::{self, Change, Details, What};
use crate::store::{Row, StoreError, Transaction};

/// Why a step was not taken.
#[derive(Debug, Error)]
pub enum StepError {
    /// There is no such payout.
    #[error("no payout has this id")]
    Unknown,
    /// It is not where this step begins.
    #[error("the payout is {is}: only one that is {must} can be {to}")]
    Misplaced {
        /// Its status.
        is: String,
        /// Which it must have.
        must: &'static str,
        /// What it was to be.
        to: &'static str,
    },
    /// Something was taken back since it was drafted.
    #[error(
        "{0} was taken back from the partner since the draft was made: discard it and run again, so that it is netted"
    )]
    TakenBack(Money),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a payout is sent.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// `paypal`, `wise`, `sepa`, `stripe` or any other word.
    pub method: &'a str,
    /// The batch that it is sent with.
    pub batch_id: Option<&'a str>,
    /// What the one who pays calls it.
    pub reference: Option<&'a str>,
}

/// Approves a draft.
pub async fn approve(scope: &WriteScope<'_>, id: &str) -> Result<(), StepError> {
    let (mut transaction, payout) = begin(scope, id).await?;
    match payout.text("status")? {
        "approved" => return Ok(()),
        "draft" => {}
        is => return Err(misplaced(is, "a draft", "approved")),
    }
    let taken = taken_back(transaction.as_mut(), scope, &payout).await?;
    if let Some(taken) = taken {
        return Err(StepError::TakenBack(taken));
    }
    let args = args![scope.org, id, scope.now.0, scope.actor.name()];
    transaction.run(&sql::APPROVE, args).await?;
    let edits = Details::default().edit("status", "draft", "approved");
    let change = Change::of(What::PayoutApproved, id).with(edits);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(())
}

/// What of a partner's other entries is negative now: refunds since the draft was made.
async fn taken_back(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    payout: &Row,
) -> Result<Option<Money>, StoreError> {
    let code = payout.text("currency")?;
    let currency = Currency::parse(code).ok_or(StoreError::Corrupt("payouts.currency"))?;
    let args = args![
        scope.org,
        payout.text("partner_id")?,
        code,
        scope.now.0,
        payout.text("program_id")?
    ];
    let mut sum: i64 = 0;
    for row in transaction.run(&sql::PAYABLE, args).await? {
        sum = sum.saturating_add(row.int("amount")?);
    }
    Ok((sum < 0).then(|| Money::new(sum.saturating_neg(), currency)))
}

/// Sends one that is approved: from here on the ledger has it as paid.
pub async fn send(scope: &WriteScope<'_>, id: &str, sending: Sending<'_>) -> Result<(), StepError> {
    let (mut transaction, payout) = begin(scope, id).await?;
    match payout.text("status")? {
        "sent" => return Ok(()),
        "approved" => {}
        is => return Err(misplaced(is, "approved", "sent")),
    }
    send_within(transaction.as_mut(), scope, &payout, sending).await?;
    transaction.commit().await?;
    Ok(())
}

/// The same within a transaction that has found it approved.
pub(super) async fn send_within(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    payout: &Row,
    sending: Sending<'_>,
) -> Result<(), StoreError> {
    let (org, id) = (scope.org, payout.text("id")?);
    let entry = Entry {
        payout_id: id,
        program_id: payout.text("program_id")?,
        partner_id: payout.text("partner_id")?,
        currency: payout.text("currency")?,
        kind: PAYOUT,
        amount: payout.int("amount")?.saturating_neg(),
        reason: "paid out",
    };
    entry.add(transaction, scope).await?;
    transaction.run(&sql::PAY_CLAIMED, args![org, id]).await?;
    transaction.run(&sql::UNCLAIM, args![org, id]).await?;
    let args = args![
        org,
        id,
        scope.now.0,
        scope.actor.name(),
        sending.method,
        sending.batch_id,
        sending.reference
    ];
    transaction.run(&sql::SEND, args).await?;
    number(transaction, org, id).await?;
    let details = Details::default()
        .edit("status", "approved", "sent")
        .set("method", sending.method)
        .set("batchId", sending.batch_id);
    let change = Change::of(What::PayoutSent, id).with(details);
    changes::record(transaction, scope, change).await
}

/// Confirms that one which was sent has arrived.
pub async fn confirm(
    scope: &WriteScope<'_>,
    id: &str,
    reference: Option<&str>,
) -> Result<(), StepError> {
    let (mut transaction, payout) = begin(scope, id).await?;
    match payout.text("status")? {
        "paid" => return Ok(()),
        "sent" => {}
        is => return Err(misplaced(is, "sent", "confirmed")),
    }
    confirm_within(transaction.as_mut(), scope, (id, reference)).await?;
    transaction.commit().await?;
    Ok(())
}

/// The same within a transaction that has found it sent.
pub(super) async fn confirm_within(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    (id, reference): (&str, Option<&str>),
) -> Result<(), StoreError> {
    let args = args![scope.org, id, scope.now.0, scope.actor.name(), reference];
    transaction.run(&sql::CONFIRM, args).await?;
    let details = Details::default()
        .edit("status", "sent", "paid")
        .set("reference", reference);
    let change = Change::of(What::PayoutPaid, id).with(details);
    changes::record(transaction, scope, change).await
}

/// Discards one of which nothing was sent: what it has claimed may be paid by another.
pub async fn discard(scope: &WriteScope<'_>, id: &str) -> Result<(), StepError> {
    let (mut transaction, payout) = begin(scope, id).await?;
    let status = payout.text("status")?;
    if !["draft", "approved"].contains(&status) {
        return Err(misplaced(status, "a draft or approved", "discarded"));
    }
    for statement in [&sql::UNCLAIM, &sql::DISCARD] {
        transaction.run(statement, args![scope.org, id]).await?;
    }
    let details = Details::default()
        .set("partnerId", payout.text("partner_id")?)
        .set("amount", payout.int("amount")?)
        .set("currency", payout.text("currency")?);
    let change = Change::of(What::PayoutDiscarded, id).with(details);
    changes::record(transaction.as_mut(), scope, change).await?;
    transaction.commit().await?;
    Ok(())
}

/// Begins a transaction that the ledger's writer does not work beside, and finds a payout.
async fn begin(scope: &WriteScope<'_>, id: &str) -> Result<(Box<dyn Transaction>, Row), StepError> {
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let rows = transaction.run(&sql::FIND, args![scope.org, id]).await?;
    let payout = rows.into_iter().next().ok_or(StepError::Unknown)?;
    Ok((transaction, payout))
}

fn misplaced(is: &str, must: &'static str, to: &'static str) -> StepError {
    StepError::Misplaced {
        is: is.to_owned(),
        must,
        to,
    }
}
