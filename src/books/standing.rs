//! What some partners have, and what is due to whom now. Every figure is a sum over entries.

use std::collections::BTreeMap;

use providers::Currency;

use super::Scope;
use super::row::{currency, text};
use crate::args;
use crate::store::{Row, Rows, Statement, StoreError};

static OF: Statement = Statement::new(
    "select e.partner_id, e.currency,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then e.amount else 0 end) as bigint) as pending,
         cast(sum(case when e.available_at > $2 and e.kind not in ('payout', 'payout_reversal') then 0 else e.amount end) as bigint) as approved,
         cast(sum(case when e.kind = 'hold' then -e.amount else 0 end) as bigint) as held,
         cast(sum(case when e.kind in ('payout', 'payout_reversal') then -e.amount else 0 end) as bigint) as paid
     from {rows r: id text}
     join entries e on e.organization_id = $1 and e.partner_id = r.id and e.livemode = $3
     group by e.partner_id, e.currency order by e.partner_id, e.currency",
);

/// What a payout made now would take: all that may be paid and is in no payout yet.
static DUE: Statement = Statement::new(
    "select e.partner_id, e.currency, cast(sum(e.amount) as bigint) as amount
     from entries e
     left join payout_entries p on p.organization_id = $1 and p.entry_id = e.id
     where e.organization_id = $1 and e.livemode = 1 and e.kind not in ('payout', 'payout_reversal') and p.entry_id is null
         and e.available_at <= $2
     group by e.partner_id, e.currency having sum(e.amount) > 0
     order by sum(e.amount) desc, e.partner_id limit $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF, &DUE];

/// What a partner has in one currency, in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Earned, and not to be paid out yet.
    pub pending: i64,
    /// To be paid out now; negative where more was paid than is left.
    pub approved: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out.
    pub paid: i64,
}

/// What is due to a partner in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// To whom.
    pub partner_id: String,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

/// Balances by partner.
pub type Balances = BTreeMap<String, Vec<Balance>>;

/// What some partners have in a ledger.
pub async fn of<'i>(
    scope: &Scope<'_>,
    livemode: bool,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Balances, StoreError> {
    let mut rows = Rows::new(1);
    for id in partners {
        rows.push([id.into()]);
    }
    let mut balances = Balances::new();
    if rows.is_empty() {
        return Ok(balances);
    }
    let args = args![scope.org, scope.now.0, livemode; rows];
    for row in scope.store.read(&OF, args).await? {
        let of = balances.entry(text(&row, "partner_id")?).or_default();
        of.push(Balance::read(&row)?);
    }
    Ok(balances)
}

/// What is due now, the largest first.
pub async fn due(scope: &Scope<'_>, rows: i64) -> Result<Vec<Due>, StoreError> {
    let args = args![scope.org, scope.now.0, rows];
    let rows = scope.store.read(&DUE, args).await?;
    rows.iter().map(Due::read).collect()
}

impl Balance {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            currency: currency(row, "currency")?,
            pending: row.int("pending")?,
            approved: row.int("approved")?,
            held: row.int("held")?,
            paid: row.int("paid")?,
        })
    }
}

impl Due {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            partner_id: text(row, "partner_id")?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
        })
    }
}
