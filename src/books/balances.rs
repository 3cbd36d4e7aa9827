//! Balances: what each partner has, by currency and ledger. They are read from figures that the writer keeps: a handful of rows for each partner,
//! however many entries there are. What becomes available today is summed from its entries, so that what is due is exact to the microsecond.

use std::collections::BTreeMap;

use providers::Currency;

use super::row::{currency, text};
use super::{Part, Sample, Scope};
use crate::args;
use crate::ledger::figures::{DAY, day};
use crate::store::{Args, Row, Rows, Select, Statement, StoreError, Transaction};

/// What a partner has in one currency of one ledger, in its smallest unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Whose it is.
    pub partner_id: String,
    /// The currency.
    pub currency: Currency,
    /// Live or test ledger.
    pub livemode: bool,
    /// Earned, and not to be paid out yet.
    pub pending: i64,
    /// To be paid out now; negative when more was paid than is left.
    pub approved: i64,
    /// Held back by open disputes and reviews.
    pub held: i64,
    /// Paid out, without payouts that were reversed.
    pub paid: i64,
    /// Still owed: pending and approved. The sum of all entries.
    pub owed: i64,
}

/// What a list of balances may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Whose they are.
    Partner(&'a str),
    /// Earned in this program.
    Program(&'a str),
    /// The currency.
    Currency(Currency),
}

/// What is in a balance, and what of it becomes available after today.
macro_rules! sums {
    ($later:literal) => {
        concat!(
            "b.partner_id, b.currency, b.livemode, ",
            total!("b.earned"),
            " as earned, ",
            total!("b.held"),
            " as held, ",
            total!("b.paid"),
            " as paid, cast(sum(coalesce((select ",
            total!("m.amount"),
            " from maturing m
                 where m.organization_id = $1 and m.partner_id = b.partner_id and m.currency = b.currency
                     and m.livemode = b.livemode and m.program_id = b.program_id and m.day > ",
            $later,
            "), 0)) as bigint) as later"
        )
    };
}

const HEAD: &str = concat!(
    "select ",
    sums!("$2"),
    " from balances b where b.organization_id = $1"
);

const PARTNERS: &str = "select distinct b.partner_id from balances b where b.organization_id = $1";

static OF: Statement = Statement::new(concat!(
    "select ",
    sums!("$2"),
    " from {rows r: id text}
     join balances b on b.organization_id = $1 and b.partner_id = r.id and b.livemode = $3
     group by b.partner_id, b.currency, b.livemode order by b.partner_id, b.currency"
));
/// What of the entries becomes available later today.
const TODAY_TEXT: &str = concat!(
    "select e.partner_id, e.currency, e.livemode, e.program_id, ",
    total!("e.amount"),
    " as amount from entries e
     where e.organization_id = $1 and e.available_at > $2 and e.available_at < $3
         and e.kind not in ('payout', 'payout_reversal')
     group by e.partner_id, e.currency, e.livemode, e.program_id"
);
static TODAY: Statement = Statement::new(TODAY_TEXT);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF, &TODAY];

/// Lists with each condition, to be tried by a test.
pub(super) fn samples() -> Vec<Sample> {
    let mut samples = vec![Sample {
        name: "what becomes available today".to_owned(),
        found: true,
        select: (Statement::new(TODAY_TEXT), args!["org", 19_000, 19_100]),
    }];
    for by in [
        &[By::Ledger(true)][..],
        &[By::Ledger(false)],
        &[By::Ledger(true), By::Program("prog_1")],
        &[By::Ledger(true), By::Partner("prt_1")],
    ] {
        for after in ["", "prt_500.usd.live"] {
            let part = Part {
                after,
                rows: 51,
                looks: 0,
            };
            let name = format!("balances {by:?} after {after:?}");
            let horizon = horizon("org", by, part);
            let last = horizon.is_some().then_some("prt_400");
            let found = select(args!["org", 0], by, part, last);
            samples.extend(horizon.into_iter().map(|select| Sample {
                name: format!("{name}: horizon"),
                found: false,
                select: select.build(),
            }));
            samples.push(Sample {
                name,
                found: true,
                select: found.build(),
            });
        }
    }
    samples
}

/// A part of the balances that meet all of `by`: partners newest first, then currencies, then live before test.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Vec<Balance>, StoreError> {
    let mut view = scope.store.snapshot().await?;
    let program = by.iter().find_map(|by| match by {
        By::Program(id) => Some(*id),
        _ => None,
    });
    let today = Today::read(view.as_mut(), scope, program).await?;
    let mut last = None;
    if let Some(horizon) = horizon(scope.org, by, part) {
        let (statement, args) = horizon.build();
        let rows = view.run(&statement, args).await?;
        last = rows
            .first()
            .map(|row| text(row, "partner_id"))
            .transpose()?;
    }
    let args = args![scope.org, day(scope.now)];
    let (statement, args) = select(args, by, part, last.as_deref()).build();
    let rows = view.run(&statement, args).await?;
    today.balances(&rows)
}

/// What some partners have in a ledger, by partner and currency.
pub(super) async fn of(
    scope: &Scope<'_>,
    livemode: bool,
    partners: Rows,
) -> Result<Vec<Balance>, StoreError> {
    let args = args![scope.org, day(scope.now), livemode; partners];
    let mut view = scope.store.snapshot().await?;
    let today = Today::read(view.as_mut(), scope, None).await?;
    let rows = view.run(&OF, args).await?;
    today.balances(&rows)
}

/// The partner with whom a part ends at the latest: what is sorted is of few. `None` where one partner is asked for.
fn horizon(org: &str, by: &[By<'_>], part: Part<'_>) -> Option<Select> {
    if by.iter().any(|by| matches!(by, By::Partner(_))) {
        return None;
    }
    let mut horizon = conditions(Select::new(PARTNERS, args![org]), by);
    if let Some((partner, ..)) = position(part.after) {
        horizon = horizon.and(" and b.partner_id <= ?", [partner]);
    }
    Some(horizon.and(" order by b.partner_id desc limit 1 offset ?", [part.rows]))
}

fn select(args: Args, by: &[By<'_>], part: Part<'_>, last: Option<&str>) -> Select {
    let mut select = conditions(Select::new(HEAD, args), by);
    if let Some(last) = last {
        select = select.and(" and b.partner_id >= ?", [last]);
    }
    select = match position(part.after) {
        None => select.then(" group by b.partner_id, b.currency, b.livemode"),
        Some((partner, currency, livemode)) => select
            .and(" and b.partner_id <= ?", [partner])
            .then(" group by b.partner_id, b.currency, b.livemode having b.partner_id < ")
            .and("? or b.partner_id = ?", [partner, partner])
            .and(
                " and (b.currency > ? or b.currency = ?",
                [currency, currency],
            )
            .and(" and b.livemode < ?)", [livemode]),
    };
    let end = " order by b.partner_id desc, b.currency, b.livemode desc limit ?";
    select.and(end, [part.rows])
}

fn conditions(select: Select, by: &[By<'_>]) -> Select {
    by.iter()
        .fold(select, |select, condition| match *condition {
            By::Ledger(true) => select.then(" and b.livemode = 1"),
            By::Ledger(false) => select.then(" and b.livemode = 0"),
            By::Partner(id) => select.and(" and b.partner_id = ?", [id]),
            By::Program(id) => select.and(" and b.program_id = ?", [id]),
            By::Currency(currency) => select.and(" and b.currency = ?", [currency.code()]),
        })
}

fn position(after: &str) -> Option<(&str, &str, bool)> {
    let mut parts = after.split('.');
    let partner = parts.next().filter(|partner| !partner.is_empty())?;
    let currency = parts.next().unwrap_or_default();
    Some((partner, currency, parts.next() == Some("live")))
}

/// What becomes available in the rest of today, by partner, currency and ledger.
struct Today(BTreeMap<(String, String, bool), i64>);

impl Today {
    async fn read(
        view: &mut dyn Transaction,
        scope: &Scope<'_>,
        program: Option<&str>,
    ) -> Result<Self, StoreError> {
        let tomorrow = (day(scope.now) + 1).saturating_mul(DAY);
        let mut today = BTreeMap::new();
        let args = args![scope.org, scope.now.0, tomorrow];
        for row in view.run(&TODAY, args).await? {
            if program.is_some_and(|id| row.text("program_id").ok() != Some(id)) {
                continue;
            }
            let key = (
                text(&row, "partner_id")?,
                text(&row, "currency")?,
                row.flag("livemode")?,
            );
            let sum: &mut i64 = today.entry(key).or_default();
            *sum = sum.saturating_add(row.int("amount")?);
        }
        Ok(Self(today))
    }

    fn balances(&self, rows: &[Row]) -> Result<Vec<Balance>, StoreError> {
        rows.iter().map(|row| self.balance(row)).collect()
    }

    fn balance(&self, row: &Row) -> Result<Balance, StoreError> {
        let key = (
            text(row, "partner_id")?,
            text(row, "currency")?,
            row.flag("livemode")?,
        );
        let today = self.0.get(&key).copied().unwrap_or(0);
        let pending = row.int("later")?.saturating_add(today);
        let paid = row.int("paid")?;
        let owed = row.int("earned")?.saturating_sub(paid);
        let (partner_id, _, livemode) = key;
        Ok(Balance {
            partner_id,
            currency: currency(row, "currency")?,
            livemode,
            pending,
            approved: owed.saturating_sub(pending),
            held: row.int("held")?,
            paid,
            owed,
        })
    }
}

impl Balance {
    /// Where a list goes on after it.
    pub fn position(&self) -> String {
        let mode = if self.livemode { "live" } else { "test" };
        format!("{}.{}.{mode}", self.partner_id, self.currency)
    }

    /// Earned so far: pending, approved, held and paid.
    pub const fn total(&self) -> i64 {
        let total = self.owed.saturating_add(self.held);
        total.saturating_add(self.paid)
    }
}
