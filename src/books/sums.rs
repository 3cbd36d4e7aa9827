//! What was sold and earned in a period, by day, processor, partner, program or currency: read from the figures that the writer keeps. Sales,
//! leads, clicks and commissions count on their own day, what was taken back on the day of the refund or dispute.

use providers::Currency;

use super::Scope;
use super::row::{currency, text};
use crate::args;
pub use crate::ledger::figures::{DAY, Sums};
use crate::store::{Args, Row, Statement, StoreError};

macro_rules! sums {
    () => {
        "cast(sum(d.sales) as bigint) as sales, cast(sum(d.gross) as bigint) as gross, cast(sum(d.net) as bigint) as net,
         cast(sum(d.refunded) as bigint) as refunded, cast(sum(d.disputed) as bigint) as disputed,
         cast(sum(d.commission) as bigint) as commission, cast(sum(d.taken_back) as bigint) as taken_back,
         cast(sum(d.leads) as bigint) as leads"
    };
}

macro_rules! of_period {
    ($by_partner:literal) => {
        concat!(
            " from daily_figures d where d.organization_id = $1 and d.livemode = $2 and d.by_partner = ",
            $by_partner,
            " and d.currency = $3 and d.day >= $4 and d.day < $5"
        )
    };
}

static BY_DAY: Statement = Statement::new(concat!(
    "select d.day, ",
    sums!(),
    of_period!("0"),
    " group by d.day order by d.day"
));
static BY_PROCESSOR: Statement = Statement::new(concat!(
    "select d.processor as name, ",
    sums!(),
    of_period!("0"),
    " and d.processor <> '' group by d.processor order by net desc, name limit $6"
));
static BY_PARTNER: Statement = Statement::new(concat!(
    "select d.partner_id as name, ",
    sums!(),
    of_period!("1"),
    " group by d.partner_id order by commission desc, net desc, name limit $6"
));
static CURRENCIES: Statement = Statement::new(
    "select d.currency, cast(sum(d.sales) as bigint) as sales from daily_figures d
     where d.organization_id = $1 and d.livemode = $2 and d.by_partner = 0 and d.currency <> ''
     group by d.currency order by sales desc, d.currency",
);
/// Whole days of all partners together are few rows.
static FUNNEL: Statement = Statement::new(
    "select cast(coalesce(sum(d.leads), 0) as bigint) as leads, cast(coalesce(sum(d.sales), 0) as bigint) as sales
     from daily_figures d
     where d.organization_id = $1 and d.livemode = $2 and d.by_partner = 0 and d.day >= $3 and d.day < $4",
);
static CLICKS: Statement = Statement::new(
    "select cast(coalesce(sum(c.clicks), 0) as bigint) as clicks from daily_clicks c
     where c.organization_id = $1 and c.day >= $2 and c.day < $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &BY_DAY,
    &BY_PROCESSOR,
    &BY_PARTNER,
    &CURRENCIES,
    &FUNNEL,
    &CLICKS,
];

/// Which figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Of {
    /// Live or test ledger.
    pub livemode: bool,
    /// Of sales or of commissions.
    pub currency: Currency,
    /// From this day on, counted from 1970.
    pub from: i64,
    /// Not included.
    pub to: i64,
}

/// How many came how far. Clicks belong to no ledger: the test ledger shows those of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Clicks on links.
    pub clicks: i64,
    /// Leads.
    pub leads: i64,
    /// Sales in all currencies.
    pub sales: i64,
}

impl Of {
    fn args(self, scope: &Scope<'_>) -> Args {
        args![
            scope.org,
            self.livemode,
            self.currency.code(),
            self.from,
            self.to
        ]
    }
}

/// The days of which there is something.
pub async fn by_day(scope: &Scope<'_>, of: Of) -> Result<Vec<(i64, Sums)>, StoreError> {
    let rows = scope.store.read(&BY_DAY, of.args(scope)).await?;
    rows.iter()
        .map(|row| Ok((row.int("day")?, read(row)?)))
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
        .map(|row| Ok((text(row, "name")?, read(row)?)))
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
        .map(|row| {
            let name = text(row, "name")?;
            Ok((Some(name).filter(|name| !name.is_empty()), read(row)?))
        })
        .collect()
}

/// The currencies of sales, the most frequent first.
pub async fn currencies(scope: &Scope<'_>, livemode: bool) -> Result<Vec<Currency>, StoreError> {
    let args = args![scope.org, livemode];
    let rows = scope.store.read(&CURRENCIES, args).await?;
    rows.iter().map(|row| currency(row, "currency")).collect()
}

/// Clicks, leads and sales of a period.
pub async fn funnel(
    scope: &Scope<'_>,
    livemode: bool,
    (from, to): (i64, i64),
) -> Result<Funnel, StoreError> {
    let args = args![scope.org, from, to];
    let clicks = scope.store.read(&CLICKS, args).await?;
    let mut funnel = Funnel {
        clicks: clicks.first().map_or(Ok(0), |row| row.int("clicks"))?,
        ..Funnel::default()
    };
    let args = args![scope.org, livemode, from, to];
    for row in scope.store.read(&FUNNEL, args).await? {
        funnel.leads = funnel.leads.saturating_add(row.int("leads")?);
        funnel.sales = funnel.sales.saturating_add(row.int("sales")?);
    }
    Ok(funnel)
}

pub(super) fn read(row: &Row) -> Result<Sums, StoreError> {
    let mut values = [0; Sums::COLUMNS.len()];
    for (value, column) in values.iter_mut().zip(Sums::COLUMNS) {
        *value = row.int(column)?;
    }
    Ok(Sums::of(values))
}
