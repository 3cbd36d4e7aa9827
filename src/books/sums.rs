//! What was sold and earned in a period, by day, processor, partner, program or currency: read from the figures that the writer keeps. Sales,
//! leads, clicks and commissions count on their own day, what was taken back on the day of the refund or dispute.

use std::collections::BTreeMap;

use providers::Currency;

use super::Scope;
use super::row::{currency, text};
use crate::args;
pub use crate::ledger::figures::{DAY, Sums};
use crate::ledger::figures::{SPAN_DAYS, span};
use crate::store::{Args, Row, Statement, StoreError};

/// All figures of `daily_figures d`, summed up.
macro_rules! sums {
    () => {
        concat!(
            total!("d.sales"),
            " as sales, ",
            total!("d.gross"),
            " as gross, ",
            total!("d.net"),
            " as net, ",
            total!("d.refunded"),
            " as refunded, ",
            total!("d.disputed"),
            " as disputed, ",
            total!("d.commission"),
            " as commission, ",
            total!("d.taken_back"),
            " as taken_back, ",
            total!("d.leads"),
            " as leads"
        )
    };
}

pub(super) use sums;

macro_rules! of_period {
    () => {
        " from daily_figures d where d.organization_id = $1 and d.livemode = $2 and d.by_partner = 0 and d.currency = $3
             and d.day >= $4 and d.day < $5"
    };
}

/// The figures of partners in a period: of the whole spans in it, `$6` to `$7`, and of the days before and after those.
macro_rules! of_partners {
    ($columns:literal) => {
        concat!(
            " from (select ",
            $columns,
            " from daily_figures f where f.organization_id = $1 and f.livemode = $2
                 and f.by_partner = 1 and f.currency = $3 and f.day >= $4 and f.day < $6
             union all select ",
            $columns,
            " from daily_figures f where f.organization_id = $1 and f.livemode = $2
                 and f.by_partner = 2 and f.currency = $3 and f.day >= $6 and f.day < $7
             union all select ",
            $columns,
            " from daily_figures f where f.organization_id = $1 and f.livemode = $2
                 and f.by_partner = 1 and f.currency = $3 and f.day >= $7 and f.day < $5) d"
        )
    };
}

static BY_DAY: Statement = Statement::new(concat!(
    "select d.day, ",
    sums!(),
    of_period!(),
    " group by d.day order by d.day"
));
static BY_PROCESSOR: Statement = Statement::new(concat!(
    "select d.processor as name, ",
    sums!(),
    of_period!(),
    " and d.processor <> '' group by d.processor order by net desc, name limit $6"
));
/// Who stands at the top is found by two sums; all of them are added up for those alone.
static TOP_PARTNERS: Statement = Statement::new(concat!(
    "select d.partner_id as name, ",
    total!("d.commission"),
    " as commission, ",
    total!("d.net"),
    " as net",
    of_partners!("f.partner_id, f.commission, f.net"),
    " group by d.partner_id order by commission desc, net desc, name limit $8"
));
static OF_PARTNERS: Statement = Statement::new(concat!(
    "select d.partner_id as name, ",
    sums!(),
    of_partners!("f.*"),
    " where d.partner_id in ($8, $9, $10, $11, $12, $13, $14, $15) group by d.partner_id"
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
     where c.organization_id = $1 and c.by_partner = 0 and c.day >= $2 and c.day < $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &BY_DAY,
    &BY_PROCESSOR,
    &TOP_PARTNERS,
    &OF_PARTNERS,
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

/// How many partners stand at the top.
pub const TOP: usize = 8;

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

    /// The same, with where the whole spans begin and end.
    fn args_of_partners(self, scope: &Scope<'_>) -> Args {
        let (begin, end) = whole_spans(self.from, self.to);
        self.args(scope).add(begin).add(end)
    }
}

/// Where the spans that lie wholly within some days begin and end. Where there is none, all of the days stand before it.
pub(super) const fn whole_spans(from: i64, to: i64) -> (i64, i64) {
    let (begin, end) = (span(from + SPAN_DAYS - 1), span(to));
    if begin < end { (begin, end) } else { (to, to) }
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

/// The partners who have earned most, at most [`TOP`], the first first; an empty name stands for what nobody has brought.
pub async fn top_partners(scope: &Scope<'_>, of: Of) -> Result<Vec<String>, StoreError> {
    let most = i64::try_from(TOP).unwrap_or(i64::MAX);
    let args = of.args_of_partners(scope).add(most);
    let rows = scope.store.read(&TOP_PARTNERS, args).await?;
    rows.iter().map(|row| text(row, "name")).collect()
}

/// What some partners, at most [`TOP`], have brought and earned.
pub async fn of_partners(
    scope: &Scope<'_>,
    of: Of,
    partners: &[String],
) -> Result<BTreeMap<String, Sums>, StoreError> {
    let Some(first) = partners.first() else {
        return Ok(BTreeMap::new());
    };
    let asked = partners.iter().chain(std::iter::repeat(first)).take(TOP);
    let args = asked.fold(of.args_of_partners(scope), |args, id| args.add(id.as_str()));
    let rows = scope.store.read(&OF_PARTNERS, args).await?;
    rows.iter()
        .map(|row| Ok((text(row, "name")?, read(row)?)))
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

/// A statement about a year that ends on a day, to be tried by a test.
pub struct Sample {
    /// The statement.
    pub statement: &'static Statement,
    /// What it is asked for.
    pub args: Args,
}

/// Every statement about a period, and those of the API's statistics.
pub fn samples(org: &str, today: i64) -> Vec<Sample> {
    let (from, to) = (today - 364, today + 1);
    let (begin, end) = whole_spans(from, to);
    let of = || args![org, true, Currency::USD.code(), from, to];
    let of_partners = || of().add(begin).add(end);
    let ids = (0..TOP).fold(of_partners(), |args, _| args.add("prt_1"));
    let own = [
        (&BY_DAY, of()),
        (&BY_PROCESSOR, of().add(8)),
        (&TOP_PARTNERS, of_partners().add(8)),
        (&OF_PARTNERS, ids),
        (&FUNNEL, args![org, true, from, to]),
        (&CLICKS, args![org, from, to]),
    ];
    let own = own.map(|(statement, args)| Sample { statement, args });
    own.into_iter()
        .chain(super::figures::samples(org, (from, to)))
        .collect()
}
