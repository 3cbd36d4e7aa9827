//! Earnings: the entries of a sale or lead, added up for each partner and currency, as they are exported.

use providers::{Currency, Micros};

use super::Scope;
use super::row::{currency, text, time};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// What a partner has earned by a sale or lead, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earning {
    /// The sale or lead.
    pub subject_id: String,
    /// Whose it is.
    pub partner_id: String,
    /// The program that pays.
    pub program_id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// The currency.
    pub currency: Currency,
    /// The sum of the entries.
    pub amount: i64,
    /// The sum of those that stand in payouts.
    pub paid: i64,
    /// When the sale or lead was.
    pub occurred_at: Micros,
    /// From when on all of it may be paid.
    pub available_at: Micros,
}

static NEXT: Statement = Statement::new(
    "select e.subject_id, e.partner_id, e.program_id, e.livemode, e.currency,
         cast(sum(e.amount) as bigint) as amount,
         cast(sum(case when o.payout_id is null then 0 else e.amount end) as bigint) as paid,
         min(e.occurred_at) as occurred_at, max(coalesce((select s.available_at from sales s where s.organization_id = $1 and s.id = e.subject_id),
             e.available_at)) as available_at
     from entries e
     left join payout_entries o on o.organization_id = $1 and o.entry_id = e.id
     where e.organization_id = $1 and e.kind not in ('payout', 'payout_reversal')
         and e.subject_id > $2 and e.subject_id <= (
         select max(n.subject_id) from (
             select distinct x.subject_id from entries x
             where x.organization_id = $1 and x.kind not in ('payout', 'payout_reversal')
                 and x.subject_id > $2
             order by x.subject_id limit $3) n)
     group by e.subject_id, e.partner_id, e.program_id, e.livemode, e.currency
     order by e.subject_id, e.partner_id, e.currency",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NEXT];

/// The earnings by the next sales and leads after an id.
pub async fn next(scope: &Scope<'_>, after: &str, limit: i64) -> Result<Vec<Earning>, StoreError> {
    let args = args![scope.org, after, limit];
    let rows = scope.store.read(&NEXT, args).await?;
    rows.iter().map(Earning::read).collect()
}

impl Earning {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            subject_id: text(row, "subject_id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            livemode: row.flag("livemode")?,
            currency: currency(row, "currency")?,
            amount: row.int("amount")?,
            paid: row.int("paid")?,
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
        })
    }
}
