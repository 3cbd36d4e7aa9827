//! What each program may pay a partner now, and what is too little for its program: a run pays program by program, and none less than its minimum.

use providers::Currency;

use super::Scope;
use super::row::{currency, text};
use super::standing::args;
use crate::store::{Row, Statement, StoreError};

/// What each program may pay each partner, with the least that it pays out: what is due without what payouts have claimed that are not sent yet.
macro_rules! by_program {
    ($of_entries:literal, $of_payouts:literal) => {
        concat!(
            "select b.partner_id, b.currency, g.name as program, g.payout_minimum as minimum,
             cast(b.earned - b.paid - coalesce((select sum(m.amount) from maturing m
                 where m.organization_id = $1 and m.partner_id = b.partner_id and m.currency = b.currency
                     and m.livemode = b.livemode and m.program_id = b.program_id and m.day > $3), 0)
                 - coalesce(y.amount, 0) - coalesce(c.amount, 0) as bigint) as due
         from balances b
         join programs g on g.organization_id = $1 and g.id = b.program_id
         left join (select e.partner_id, e.currency, e.program_id, cast(sum(e.amount) as bigint) as amount from entries e
             where e.organization_id = $1 and e.livemode = $2 and e.available_at > $4 and e.available_at < $5
                 and e.kind not in ('payout', 'payout_reversal')",
            $of_entries,
            " group by e.partner_id, e.currency, e.program_id) y
             on y.partner_id = b.partner_id and y.currency = b.currency and y.program_id = b.program_id
         left join (select p.partner_id, p.currency, p.program_id, cast(sum(p.amount) as bigint) as amount from payouts p
             where p.organization_id = $1 and cast($2 as bigint) = 1 and p.status in ('draft', 'approved', 'sent') and p.status <> 'sent'",
            $of_payouts,
            " group by p.partner_id, p.currency, p.program_id) c
             on c.partner_id = b.partner_id and c.currency = b.currency and c.program_id = b.program_id
         where b.organization_id = $1 and b.livemode = $2"
        )
    };
}

static BY_PROGRAM: Statement = Statement::new(concat!(
    by_program!(" and e.partner_id = $6", " and p.partner_id = $6"),
    " and b.partner_id = $6 order by b.currency, g.id"
));
static STAYING: Statement = Statement::new(concat!(
    "select d.* from (",
    by_program!("", ""),
    " and g.payout_minimum > 0) d where d.due > 0 and d.due < d.minimum
     order by d.due desc, d.partner_id, d.currency, d.program limit $6"
));
/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&BY_PROGRAM, &STAYING];

/// What a program may pay a partner in one currency now, and the least that it pays out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfProgram {
    /// To whom.
    pub partner_id: String,
    /// What the program is called.
    pub program: String,
    /// How much, without what payouts have claimed that are not sent yet.
    pub amount: i64,
    /// The least that a run pays.
    pub minimum: i64,
    /// The currency.
    pub currency: Currency,
}

impl OfProgram {
    /// Whether a run leaves it, because it is not enough yet.
    pub const fn stays(&self) -> bool {
        self.amount > 0 && self.amount < self.minimum
    }
}

/// What a partner may be paid of the live ledger now, by program.
pub async fn of_partner(scope: &Scope<'_>, partner: &str) -> Result<Vec<OfProgram>, StoreError> {
    let args = args(scope, true).add(partner);
    let rows = scope.store.read(&BY_PROGRAM, args).await?;
    rows.iter().map(OfProgram::read).collect()
}

/// What a run leaves because it is below the minimum of its program, the largest first.
pub async fn staying(scope: &Scope<'_>, rows: i64) -> Result<Vec<OfProgram>, StoreError> {
    let args = args(scope, true).add(rows);
    let rows = scope.store.read(&STAYING, args).await?;
    rows.iter().map(OfProgram::read).collect()
}

impl OfProgram {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            partner_id: text(row, "partner_id")?,
            program: text(row, "program")?,
            amount: row.int("due")?,
            minimum: row.int("minimum")?,
            currency: currency(row, "currency")?,
        })
    }
}
