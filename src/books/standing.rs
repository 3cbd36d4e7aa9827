//! What some partners have, what is due to whom now, and what all have together: from the kept balances. What drafted and approved payouts have claimed
//! is told apart: it is owed until they are sent, and no other payout may take it.

use std::collections::{BTreeMap, BTreeSet};

use providers::Currency;

use super::row::{currency, text};
use super::{Scope, balances};
use crate::args;
use crate::ledger::figures::{DAY, day};
use crate::store::{Args, Row, Rows, Statement, StoreError};

/// What each partner has in a ledger, as `balances` computes it, put together by the database: what is owed, and what of it becomes available after
/// today, `$3`, or in the rest of it, `$4` to `$5`.
macro_rules! each {
    () => {
        concat!(
            "(select t.partner_id, t.currency, t.owed, t.held, t.paid, t.owed - t.later - coalesce(y.amount, 0) as due
         from (select b.partner_id, b.currency, ",
            total!("(b.earned - b.paid)"),
            " as owed, ",
            total!("b.held"),
            " as held, ",
            total!("b.paid"),
            " as paid, cast(sum(coalesce((select ",
            total!("m.amount"),
            " from maturing m
                     where m.organization_id = $1 and m.partner_id = b.partner_id and m.currency = b.currency
                         and m.livemode = b.livemode and m.program_id = b.program_id and m.day > $3), 0)) as bigint) as later
             from balances b where b.organization_id = $1 and b.livemode = $2 group by b.partner_id, b.currency) t
         left join (select e.partner_id, e.currency, ",
            total!("e.amount"),
            " as amount from entries e
             where e.organization_id = $1 and e.livemode = $2 and e.available_at > $4 and e.available_at < $5
                 and e.kind not in ('payout', 'payout_reversal')
             group by e.partner_id, e.currency) y on y.partner_id = t.partner_id and y.currency = t.currency)"
        )
    };
}

/// What payouts that are not sent yet have claimed of each partner; there are none of the test ledger. Few are neither paid nor taken back, and an index knows them.
macro_rules! claims {
    () => {
        "(select p.partner_id, p.currency, cast(sum(p.amount) as bigint) as amount from payouts p
             where p.organization_id = $1 and cast($2 as bigint) = 1 and p.status in ('draft', 'approved', 'sent') and p.status <> 'sent'
             group by p.partner_id, p.currency)"
    };
}

pub(super) use {claims, each};

static DUE: Statement = Statement::new(concat!(
    "select d.partner_id, d.currency, d.due - coalesce(c.amount, 0) as due from ",
    each!(),
    " d left join ",
    claims!(),
    " c on c.partner_id = d.partner_id and c.currency = d.currency
     where d.due - coalesce(c.amount, 0) > 0
     order by d.due - coalesce(c.amount, 0) desc, d.partner_id, d.currency limit $6"
));
static CLAIMED: Statement = Statement::new(
    "select p.partner_id, p.currency, p.status, p.amount from {rows r: id text}
     join payouts p on p.organization_id = $1 and p.partner_id = r.id and p.status in ('draft', 'approved')",
);
static SOME: Statement = Statement::new(concat!(
    "select d.partner_id, d.currency, d.due from ",
    each!(),
    " d where d.due <> 0 order by d.partner_id, d.currency"
));
static NEGATIVE: Statement = Statement::new(concat!(
    "select d.partner_id, d.currency, d.due from ",
    each!(),
    " d where d.due < 0 order by d.due, d.partner_id, d.currency limit 100"
));
static TOTALS: Statement = Statement::new(concat!(
    "select d.currency, ",
    total!("(case when d.owed > 0 then d.owed else 0 end)"),
    " as owed, ",
    total!("(case when d.due > 0 then d.due else 0 end)"),
    " as due, cast(sum(case when d.due > 0 then 1 else 0 end) as bigint) as partners_due, ",
    total!(
        "(case when d.due > coalesce(c.amount, 0) then d.due - coalesce(c.amount, 0) else 0 end)"
    ),
    " as payable, cast(sum(case when d.due > coalesce(c.amount, 0) then 1 else 0 end) as bigint) as partners_payable, ",
    total!("coalesce(c.amount, 0)"),
    " as claimed, ",
    total!("d.held"),
    " as held, ",
    total!("d.paid"),
    " as paid
     from ",
    each!(),
    " d left join ",
    claims!(),
    " c on c.partner_id = d.partner_id and c.currency = d.currency group by d.currency"
));

macro_rules! coming {
    ($of:literal) => {
        concat!(
            "select m.day, m.currency, ",
            total!("m.amount"),
            " as amount from maturing m
             where m.organization_id = $1 and m.livemode = $2 and m.day > $3",
            $of,
            " group by m.day, m.currency having ",
            total!("m.amount"),
            " <> 0 order by m.day, m.currency limit $4"
        )
    };
}

static COMING: Statement = Statement::new(coming!(""));
static COMING_TO: Statement = Statement::new(coming!(" and m.partner_id = $5"));

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &DUE, &SOME, &NEGATIVE, &TOTALS, &COMING, &COMING_TO, &CLAIMED,
];

/// What a partner has in one currency, in its smallest unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Earned, and not to be paid out yet.
    pub pending: i64,
    /// To be paid out now; negative where more was paid than is left.
    pub approved: i64,
    /// What of that drafted payouts have claimed.
    pub drafted: i64,
    /// What of that approved payouts have claimed.
    pub to_be_sent: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out.
    pub paid: i64,
}

impl Balance {
    /// What of it payouts have claimed that are not sent yet.
    pub const fn claimed(&self) -> i64 {
        self.drafted.saturating_add(self.to_be_sent)
    }

    /// What a payout made now would take.
    pub const fn payable(&self) -> i64 {
        self.approved.saturating_sub(self.claimed())
    }
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

/// What all partners have in one currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Owed, due or not yet: what partners have above nothing.
    pub owed: i64,
    /// To be paid out now.
    pub due: i64,
    /// To how many partners.
    pub partners_due: i64,
    /// What of it stands in no payout: what a payout made now would take.
    pub payable: i64,
    /// To how many partners.
    pub partners_payable: i64,
    /// What payouts have claimed that are not sent yet.
    pub claimed: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out.
    pub paid: i64,
}

/// Balances by partner.
pub type Balances = BTreeMap<String, Vec<Balance>>;

/// What some partners have in a ledger.
pub async fn of<'i>(
    scope: &Scope<'_>,
    livemode: bool,
    partners: impl IntoIterator<Item = &'i str>,
) -> Result<Balances, StoreError> {
    let ids: BTreeSet<&str> = partners.into_iter().collect();
    let mut all = Balances::new();
    if ids.is_empty() {
        return Ok(all);
    }
    let claimed = claimed(scope, livemode, &ids).await?;
    for balance in balances::of(scope, livemode, rows_of(&ids)).await? {
        let whose = (balance.partner_id.clone(), balance.currency);
        let (drafted, to_be_sent) = claimed.get(&whose).copied().unwrap_or_default();
        let of = all.entry(balance.partner_id).or_default();
        of.push(Balance {
            currency: balance.currency,
            pending: balance.pending,
            approved: balance.approved,
            drafted,
            to_be_sent,
            held: balance.held,
            paid: balance.paid,
        });
    }
    Ok(all)
}

fn rows_of(ids: &BTreeSet<&str>) -> Rows {
    let mut rows = Rows::new(1);
    for id in ids {
        rows.push([(*id).into()]);
    }
    rows
}

/// What drafted and what approved payouts have claimed, by partner and currency. There are none of the test ledger.
type Claimed = BTreeMap<(String, Currency), (i64, i64)>;

async fn claimed(
    scope: &Scope<'_>,
    livemode: bool,
    partners: &BTreeSet<&str>,
) -> Result<Claimed, StoreError> {
    let mut claimed = Claimed::new();
    if !livemode {
        return Ok(claimed);
    }
    let args = args![scope.org; rows_of(partners)];
    for row in scope.store.read(&CLAIMED, args).await? {
        let whose = (text(&row, "partner_id")?, currency(&row, "currency")?);
        let (drafted, to_be_sent): &mut (i64, i64) = claimed.entry(whose).or_default();
        let of = if row.text("status")? == "draft" {
            drafted
        } else {
            to_be_sent
        };
        *of = of.saturating_add(row.int("amount")?);
    }
    Ok(claimed)
}

/// Partners and currencies in which something may be paid, or is owed back, now.
pub async fn with_balance(scope: &Scope<'_>) -> Result<Vec<(String, Currency)>, StoreError> {
    let rows = scope.store.read(&SOME, args(scope, true)).await?;
    let some = rows.iter().map(Due::read);
    some.map(|due| due.map(|due| (due.partner_id, due.currency)))
        .collect()
}

/// Partners of whom more was taken back than they have: it is netted from what they earn later.
pub async fn negative(scope: &Scope<'_>) -> Result<Vec<Due>, StoreError> {
    let rows = scope.store.read(&NEGATIVE, args(scope, true)).await?;
    rows.iter().map(Due::read).collect()
}

/// What is due now, the largest first: what a payout made now would take, without what those have claimed that are not sent yet.
pub async fn due(scope: &Scope<'_>, rows: usize) -> Result<Vec<Due>, StoreError> {
    let most = i64::try_from(rows).unwrap_or(i64::MAX);
    let rows = scope.store.read(&DUE, args(scope, true).add(most)).await?;
    rows.iter().map(Due::read).collect()
}

impl Due {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            partner_id: text(row, "partner_id")?,
            amount: row.int("due")?,
            currency: currency(row, "currency")?,
        })
    }
}

/// What becomes available on a day in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// The day, counted from 1970.
    pub day: i64,
    /// The currency.
    pub currency: Currency,
    /// How much: less than nothing where more is taken back than was earned.
    pub amount: i64,
}

/// What of a partner's balance becomes available on the next days on which something does, after today.
pub async fn coming_to(
    scope: &Scope<'_>,
    livemode: bool,
    partner: &str,
    rows: i64,
) -> Result<Vec<Coming>, StoreError> {
    let args = args![scope.org, livemode, day(scope.now), rows, partner];
    coming_of(scope, &COMING_TO, args).await
}

/// The same of all partners together.
pub async fn coming(
    scope: &Scope<'_>,
    livemode: bool,
    rows: i64,
) -> Result<Vec<Coming>, StoreError> {
    let args = args![scope.org, livemode, day(scope.now), rows];
    coming_of(scope, &COMING, args).await
}

async fn coming_of(
    scope: &Scope<'_>,
    statement: &'static Statement,
    args: Args,
) -> Result<Vec<Coming>, StoreError> {
    let rows = scope.store.read(statement, args).await?;
    rows.iter()
        .map(|row| {
            Ok(Coming {
                day: row.int("day")?,
                currency: currency(row, "currency")?,
                amount: row.int("amount")?,
            })
        })
        .collect()
}

/// What all partners of a ledger have together, by currency.
pub async fn totals(
    scope: &Scope<'_>,
    livemode: bool,
) -> Result<BTreeMap<Currency, Total>, StoreError> {
    let rows = scope.store.read(&TOTALS, args(scope, livemode)).await?;
    rows.iter()
        .map(|row| {
            let (due, partners_due) = (row.int("due")?, row.int("partners_due")?);
            // Payouts are of the live ledger alone.
            let (payable, partners_payable, claimed) = if livemode {
                (
                    row.int("payable")?,
                    row.int("partners_payable")?,
                    row.int("claimed")?,
                )
            } else {
                (due, partners_due, 0)
            };
            let total = Total {
                owed: row.int("owed")?,
                due,
                partners_due,
                payable,
                partners_payable,
                claimed,
                held: row.int("held")?,
                paid: row.int("paid")?,
            };
            Ok((currency(row, "currency")?, total))
        })
        .collect()
}

/// The organization, the ledger, today, now, and when tomorrow begins.
pub(super) fn args(scope: &Scope<'_>, livemode: bool) -> Args {
    let today = day(scope.now);
    let tomorrow = (today + 1).saturating_mul(DAY);
    args![scope.org, livemode, today, scope.now.0, tomorrow]
}
