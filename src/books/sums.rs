//! What was sold and earned in a period, by day, processor and partner. A sale counts on the day on which it was paid, with what has been taken back
//! of it by now.

use providers::{Currency, Micros};

use super::Scope;
use super::row::{currency, opt_text, text};
use crate::args;
use crate::store::{Args, Row, Statement, StoreError};

/// Microseconds in a day.
pub const DAY: i64 = 86_400_000_000;

/// How many of the newest sales tell which currencies there are.
const NEWEST: i64 = 20_000;

macro_rules! sums {
    () => {
        "cast(sum(case when s.currency = $3 then 1 else 0 end) as bigint) as sales,
         cast(sum(case when s.currency = $3 then s.net else 0 end) as bigint) as net,
         cast(sum(case when s.currency = $3 then s.refunded + s.disputed else 0 end) as bigint) as back,
         cast(sum(case when s.commission_currency = $3 then s.commission_left else 0 end) as bigint) as commission"
    };
}

macro_rules! of_period {
    () => {
        " from sales s where s.organization_id = $1 and s.livemode = $2 and s.state = 'live'
              and s.occurred_at >= $4 and s.occurred_at < $5
              and (s.currency = $3 or s.commission_currency = $3)"
    };
}

static BY_DAY: Statement = Statement::new(concat!(
    "select s.occurred_at / 86400000000 as day, ",
    sums!(),
    of_period!(),
    " group by s.occurred_at / 86400000000 order by 1"
));
static BY_PROCESSOR: Statement = Statement::new(concat!(
    "select s.payment_processor as name, ",
    sums!(),
    of_period!(),
    " group by s.payment_processor order by net desc, name limit $6"
));
static BY_PARTNER: Statement = Statement::new(concat!(
    "select s.partner_id as name, ",
    sums!(),
    of_period!(),
    " group by s.partner_id order by commission desc, net desc, name limit $6"
));
static CURRENCIES: Statement = Statement::new(
    "select t.currency, cast(count(*) as bigint) as sales
     from (select currency from sales where organization_id = $1 and livemode = $2 and state = 'live'
         order by id desc limit $3) t
     group by t.currency order by sales desc, t.currency",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&BY_DAY, &BY_PROCESSOR, &BY_PARTNER, &CURRENCIES];

/// What was sold and earned, in the smallest unit of a currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub sales: i64,
    /// Without tax and shipping.
    pub net: i64,
    /// What refunds and disputes have taken of it.
    pub back: i64,
    /// What partners have earned, after what was taken back.
    pub commission: i64,
}

impl Sums {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            sales: self.sales.saturating_add(other.sales),
            net: self.net.saturating_add(other.net),
            back: self.back.saturating_add(other.back),
            commission: self.commission.saturating_add(other.commission),
        }
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            sales: row.int("sales")?,
            net: row.int("net")?,
            back: row.int("back")?,
            commission: row.int("commission")?,
        })
    }
}

/// Which sales.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Of {
    /// Live or test ledger.
    pub livemode: bool,
    /// Of sales or of commissions.
    pub currency: Currency,
    /// Paid then or later.
    pub from: Micros,
    /// Not included.
    pub to: Micros,
}

impl Of {
    fn args(self, scope: &Scope<'_>) -> Args {
        args![
            scope.org,
            self.livemode,
            self.currency.code(),
            self.from.0,
            self.to.0
        ]
    }
}

/// The days of which there is something, as whole days since 1970.
pub async fn by_day(scope: &Scope<'_>, of: Of) -> Result<Vec<(i64, Sums)>, StoreError> {
    let rows = scope.store.read(&BY_DAY, of.args(scope)).await?;
    rows.iter()
        .map(|row| Ok((row.int("day")?, Sums::read(row)?)))
        .collect()
}

/// The processors with the most revenue.
pub async fn by_processor(
    scope: &Scope<'_>,
    of: Of,
    rows: i64,
) -> Result<Vec<(String, Sums)>, StoreError> {
    let args = of.args(scope).add(rows);
    let rows = scope.store.read(&BY_PROCESSOR, args).await?;
    rows.iter()
        .map(|row| Ok((text(row, "name")?, Sums::read(row)?)))
        .collect()
}

/// The partners who have earned most; `None` stands for what nobody has brought.
pub async fn by_partner(
    scope: &Scope<'_>,
    of: Of,
    rows: i64,
) -> Result<Vec<(Option<String>, Sums)>, StoreError> {
    let args = of.args(scope).add(rows);
    let rows = scope.store.read(&BY_PARTNER, args).await?;
    rows.iter()
        .map(|row| Ok((opt_text(row, "name")?, Sums::read(row)?)))
        .collect()
}

/// The currencies of the newest sales, the most frequent first.
pub async fn currencies(scope: &Scope<'_>, livemode: bool) -> Result<Vec<Currency>, StoreError> {
    let args = args![scope.org, livemode, NEWEST];
    let rows = scope.store.read(&CURRENCIES, args).await?;
    rows.iter().map(|row| currency(row, "currency")).collect()
}
