//! A run: drafts a payout for each partner, program and currency of whatever may be paid and is enough. Each draft is a transaction of its own, and
//! claims its entries: a run that breaks off is gone on with by the next, and two at once draft nothing twice.

use std::collections::BTreeMap;

use providers::{Currency, Micros, Money};

use super::{PayoutError, sql};
use crate::actor::WriteScope;
use crate::args;
use crate::books::standing;
use crate::books::statements::ledger::LOCK;
use crate::changes::{self, Change, Details, What};
use crate::id;
use crate::store::{Rows, StoreError, Transaction};

/// What a run is for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run<'a> {
    /// Only what was earned in this program.
    pub program_id: Option<&'a str>,
    /// Only this currency.
    pub currency: Option<Currency>,
    /// Only what was available by then; now where absent.
    pub until: Option<Micros>,
    /// The owner's remark, on each payout.
    pub note: Option<&'a str>,
    /// Only says what it would do.
    pub dry_run: bool,
}

/// What a run has found for one partner, program and currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub partner_id: String,
    /// The program that pays.
    pub program_id: String,
    /// How much is there.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What becomes of it.
    pub outcome: Outcome,
}

/// What becomes of what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A draft of this id; none where it was only asked what would be done.
    Drafted(Option<String>),
    /// Less than the program's minimum, which is told: it stays for the next run.
    BelowMinimum(i64),
    /// More was taken back than earned: it is netted from what is earned later.
    Negative,
}

impl Outcome {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Drafted(_) => "drafted",
            Self::BelowMinimum(_) => "below_minimum",
            Self::Negative => "negative",
        }
    }
}

/// Drafts payouts.
///
/// # Errors
/// What the database says, or that a sum is too large.
pub async fn run(scope: &WriteScope<'_>, run: Run<'_>) -> Result<Vec<Line>, PayoutError> {
    let rows = scope.store.read(&sql::MINIMUMS, args![scope.org]).await?;
    let mut minimums = BTreeMap::new();
    for row in &rows {
        minimums.insert(row.text("id")?.to_owned(), row.int("payout_minimum")?);
    }
    let mut lines = Vec::new();
    for (partner_id, currency) in standing::with_balance(&scope.books()).await? {
        if run.currency.is_some_and(|only| only != currency) {
            continue;
        }
        lines.extend(of_partner(scope, &run, &minimums, (&partner_id, currency)).await?);
    }
    Ok(lines)
}

/// What may be paid to a partner in a currency, by program.
type Payable = BTreeMap<String, (i64, Rows)>;

async fn payable(
    transaction: &mut dyn Transaction,
    scope: &WriteScope<'_>,
    run: &Run<'_>,
    (partner_id, currency): (&str, Currency),
) -> Result<Payable, PayoutError> {
    let until = run.until.map_or(scope.now, |until| until.min(scope.now));
    let program = run.program_id.unwrap_or_default();
    let args = args![scope.org, partner_id, currency.code(), until.0, program];
    let mut payable = Payable::new();
    for row in transaction.run(&sql::PAYABLE, args).await? {
        let program_id = row.text("program_id")?.to_owned();
        let (sum, entries) = payable
            .entry(program_id)
            .or_insert_with(|| (0, Rows::new(1)));
        *sum = sum
            .checked_add(row.int("amount")?)
            .ok_or(PayoutError::Overflow)?;
        entries.push([row.text("id")?.into()]);
    }
    Ok(payable)
}

async fn of_partner(
    scope: &WriteScope<'_>,
    run: &Run<'_>,
    minimums: &BTreeMap<String, i64>,
    (partner_id, currency): (&str, Currency),
) -> Result<Vec<Line>, PayoutError> {
    let mut transaction = scope.store.begin().await?;
    transaction.run(&LOCK, args![scope.org]).await?;
    let mut lines = Vec::new();
    let of = (partner_id, currency);
    for (program_id, (amount, entries)) in payable(transaction.as_mut(), scope, run, of).await? {
        let minimum = minimums.get(&program_id).copied().unwrap_or(0);
        let outcome = match amount {
            0 => continue,
            ..0 => Outcome::Negative,
            _ if amount < minimum => Outcome::BelowMinimum(minimum),
            _ if run.dry_run => Outcome::Drafted(None),
            _ => {
                let draft = Draft {
                    program_id: &program_id,
                    partner_id,
                    amount: Money::new(amount, currency),
                    note: run.note,
                };
                let id = draft.write(transaction.as_mut(), scope, entries).await?;
                Outcome::Drafted(Some(id))
            }
        };
        lines.push(Line {
            partner_id: partner_id.to_owned(),
            program_id,
            amount,
            currency,
            outcome,
        });
    }
    transaction.commit().await?;
    Ok(lines)
}

/// A payout to be.
struct Draft<'a> {
    program_id: &'a str,
    partner_id: &'a str,
    amount: Money,
    note: Option<&'a str>,
}

impl Draft<'_> {
    async fn write(
        &self,
        transaction: &mut dyn Transaction,
        scope: &WriteScope<'_>,
        entries: Rows,
    ) -> Result<String, StoreError> {
        let id = scope.ids.make(id::PAYOUT);
        let args = args![
            scope.org,
            id.as_str(),
            self.program_id,
            self.partner_id,
            self.amount.minor,
            self.amount.currency.code(),
            self.note,
            scope.now.0
        ];
        transaction.run(&sql::INSERT_DRAFT, args).await?;
        let args = args![scope.org, id.as_str(); entries];
        transaction.run(&sql::CLAIM, args).await?;
        let details = Details::default()
            .set("partnerId", self.partner_id)
            .set("programId", self.program_id)
            .set("amount", self.amount.minor)
            .set("currency", self.amount.currency.code());
        let change = Change::of(What::PayoutDrafted, &id).with(details);
        let change = change.because(self.note);
        changes::record(transaction, scope, change).await?;
        Ok(id)
    }
}
