//! Statistics of a period for the API: clicks, leads, and for each currency what was sold, taken back and earned; by day, partner, program,
//! link, processor or currency. Read from the figures that the writer keeps, so that they cost the same at any number of sales.

use std::collections::{BTreeMap, BTreeSet};

use providers::Currency;

use super::Scope;
use super::row::text;
use super::sums::{Sample, read, sums, whole_spans};
use crate::args;
use crate::ledger::figures::Sums;
use crate::store::{Args, Rows, Statement, StoreError};

macro_rules! by {
    ($name:literal) => {
        Statement::new(concat!(
            "select ",
            $name,
            " as name, d.currency, ",
            sums!(),
            " from daily_figures d
             where d.organization_id = $1 and d.livemode = $2 and d.by_partner = 0 and d.day >= $3 and d.day < $4 group by ",
            $name,
            ", d.currency"
        ))
    };
}

macro_rules! currencies {
    () => {
        "(select a.currency from daily_figures a where a.organization_id = $1 and a.livemode = $2 and a.by_partner = 0)"
    };
}

/// Of partners: of the whole spans of the period, `$5` to `$6`, and of the days before and after those. The currencies are named, so that each is
/// looked up with its days.
macro_rules! of_partners {
    ($name:literal) => {
        concat!(
            "select ",
            $name,
            " as name, d.currency, ",
            sums!(),
            " from (select f.* from daily_figures f where f.organization_id = $1 and f.livemode = $2 and f.by_partner = 1
                     and f.currency in ",
            currencies!(),
            " and f.day >= $3 and f.day < $5
                 union all select f.* from daily_figures f where f.organization_id = $1 and f.livemode = $2 and f.by_partner = 2
                     and f.currency in ",
            currencies!(),
            " and f.day >= $5 and f.day < $6
                 union all select f.* from daily_figures f where f.organization_id = $1 and f.livemode = $2 and f.by_partner = 1
                     and f.currency in ",
            currencies!(),
            " and f.day >= $6 and f.day < $4) d group by ",
            $name,
            ", d.currency"
        )
    };
}

macro_rules! clicks_by {
    ($name:literal, $by_partner:literal) => {
        Statement::new(concat!(
            "select ",
            $name,
            " as name, cast(sum(c.clicks) as bigint) as clicks from daily_clicks c
             where c.organization_id = $1 and c.by_partner = ",
            $by_partner,
            " and c.day >= $2 and c.day < $3 group by ",
            $name
        ))
    };
}

static BY_DAY: Statement = by!("cast(d.day as text)");
static BY_PROCESSOR: Statement = by!("d.processor");
static BY_CURRENCY: Statement = by!("d.currency");
static BY_PARTNER: Statement = Statement::new(of_partners!("d.partner_id"));
static BY_PROGRAM: Statement = Statement::new(of_partners!("d.program_id"));
static BY_LINK: Statement = Statement::new(of_partners!("d.link_id"));
static CLICKS_BY_DAY: Statement = clicks_by!("cast(c.day as text)", "0");
static CLICKS_BY_PARTNER: Statement = clicks_by!("c.partner_id", "1");
static CLICKS_BY_PROGRAM: Statement = clicks_by!("c.program_id", "1");
static CLICKS_BY_LINK: Statement = clicks_by!("c.link_id", "1");

static OF_PARTNER: Statement = Statement::new(concat!(
    "select d.link_id as name, d.currency, ",
    sums!(),
    " from daily_figures d
     where d.organization_id = $1 and d.partner_id = $2 and d.livemode = $3 and d.by_partner = 1
         and d.day >= $4 and d.day < $5 group by d.link_id, d.currency"
));
static CLICKS_OF_PARTNER: Statement = Statement::new(
    "select c.link_id as name, cast(sum(c.clicks) as bigint) as clicks from daily_clicks c
     where c.organization_id = $1 and c.partner_id = $2 and c.day >= $3 and c.day < $4 group by c.link_id",
);

macro_rules! of_some {
    ($indexed:literal) => {
        concat!(
            "select d.partner_id as name, d.currency, ",
            sums!(),
            " from {rows r: id text} cross join daily_figures d",
            $indexed,
            " where d.organization_id = $1 and d.partner_id = r.id and d.livemode = $2 and d.by_partner = 1
                 and d.currency = $3 and d.day >= $4 and d.day < $5 group by d.partner_id, d.currency"
        )
    };
}

// SQLite would go through the days of all partners again for each of some: the order of the join and the index are said.
static OF_SOME: Statement =
    Statement::per_dialect(of_some!(" indexed by daily_figures_partner"), of_some!(""));
static CLICKS_OF_SOME: Statement = Statement::new(
    "select c.partner_id as name, cast(sum(c.clicks) as bigint) as clicks
     from {rows r: id text} cross join daily_clicks c
     where c.organization_id = $1 and c.partner_id = r.id and c.day >= $2 and c.day < $3 group by c.partner_id",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &OF_SOME,
    &CLICKS_OF_SOME,
    &OF_PARTNER,
    &CLICKS_OF_PARTNER,
    &BY_DAY,
    &BY_PROCESSOR,
    &BY_CURRENCY,
    &BY_PARTNER,
    &BY_PROGRAM,
    &BY_LINK,
    &CLICKS_BY_DAY,
    &CLICKS_BY_PARTNER,
    &CLICKS_BY_PROGRAM,
    &CLICKS_BY_LINK,
];

/// What figures are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The day.
    Day,
    /// Who brought it.
    Partner,
    /// The program.
    Program,
    /// The link that brought it.
    Link,
    /// The processor.
    Processor,
    /// The currency.
    Currency,
}

impl Group {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Day,
        Self::Partner,
        Self::Program,
        Self::Link,
        Self::Processor,
        Self::Currency,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Partner => "partner",
            Self::Program => "program",
            Self::Link => "link",
            Self::Processor => "processor",
            Self::Currency => "currency",
        }
    }

    fn args(self, org: &str, livemode: bool, (from, to): (i64, i64)) -> Args {
        let args = args![org, livemode, from, to];
        if !matches!(self, Self::Partner | Self::Program | Self::Link) {
            return args;
        }
        let (begin, end) = whole_spans(from, to);
        args.add(begin).add(end)
    }

    const fn statements(self) -> (&'static Statement, Option<&'static Statement>) {
        match self {
            Self::Day => (&BY_DAY, Some(&CLICKS_BY_DAY)),
            Self::Partner => (&BY_PARTNER, Some(&CLICKS_BY_PARTNER)),
            Self::Program => (&BY_PROGRAM, Some(&CLICKS_BY_PROGRAM)),
            Self::Link => (&BY_LINK, Some(&CLICKS_BY_LINK)),
            Self::Processor => (&BY_PROCESSOR, None),
            Self::Currency => (&BY_CURRENCY, None),
        }
    }
}

/// The figures of one day, partner, program, link, processor or currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Clicks on links; `None` where they cannot be told apart so.
    pub clicks: Option<i64>,
    /// Leads; `None` where they cannot be told apart so.
    pub leads: Option<i64>,
    /// Money, by currency.
    pub sums: BTreeMap<Currency, Sums>,
}

/// The figures of the days `from` to `to`, the last not included, by name: a day's number, an id, a word; empty where nobody is known.
pub async fn by(
    scope: &Scope<'_>,
    group: Group,
    livemode: bool,
    (from, to): (i64, i64),
) -> Result<BTreeMap<String, Line>, StoreError> {
    let (figures, clicks) = group.statements();
    let figures = (figures, group.args(scope.org, livemode, (from, to)));
    let clicks = clicks.map(|statement| (statement, args![scope.org, from, to]));
    lines(scope, figures, clicks).await
}

/// What one partner has brought on the days `from` to `to`, the last not included, by link. No link is named for what came without one: by a code,
/// by hand, and for what bonuses and corrections are worth.
pub async fn of_partner(
    scope: &Scope<'_>,
    partner_id: &str,
    livemode: bool,
    (from, to): (i64, i64),
) -> Result<BTreeMap<String, Line>, StoreError> {
    let figures = args![scope.org, partner_id, livemode, from, to];
    let clicks = args![scope.org, partner_id, from, to];
    lines(
        scope,
        (&OF_PARTNER, figures),
        Some((&CLICKS_OF_PARTNER, clicks)),
    )
    .await
}

/// What some partners have brought on the days `from` to `to`, the last not included: clicks, and what was sold in a currency.
pub async fn of_some<'i>(
    scope: &Scope<'_>,
    partners: impl IntoIterator<Item = &'i str>,
    (livemode, currency): (bool, Currency),
    (from, to): (i64, i64),
) -> Result<BTreeMap<String, Line>, StoreError> {
    let ids: BTreeSet<&str> = partners.into_iter().collect();
    let (mut sold, mut clicked) = (Rows::new(1), Rows::new(1));
    for id in ids {
        sold.push([id.into()]);
        clicked.push([id.into()]);
    }
    if sold.is_empty() {
        return Ok(BTreeMap::new());
    }
    let figures = args![scope.org, livemode, currency.code(), from, to; sold];
    let clicks = args![scope.org, from, to; clicked];
    let clicks = Some((&CLICKS_OF_SOME, clicks));
    lines(scope, (&OF_SOME, figures), clicks).await
}

async fn lines(
    scope: &Scope<'_>,
    (figures, args): (&'static Statement, Args),
    clicks: Option<(&'static Statement, Args)>,
) -> Result<BTreeMap<String, Line>, StoreError> {
    let counted = clicks.as_ref().map(|_| 0);
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let line = |lines: &mut BTreeMap<String, Line>, name: String, change: &dyn Fn(&mut Line)| {
        let line = lines.entry(name).or_insert_with(|| Line {
            clicks: counted,
            leads: counted,
            sums: BTreeMap::new(),
        });
        change(line);
    };
    for row in scope.store.read(figures, args).await? {
        let (name, sums) = (text(&row, "name")?, read(&row)?);
        let currency = Currency::parse(row.text("currency")?);
        if counted.is_none() && name.is_empty() && currency.is_none() {
            continue;
        }
        line(&mut lines, name, &|line| {
            line.leads = line.leads.map(|leads| leads.saturating_add(sums.leads));
            if let Some(currency) = currency {
                line.sums.insert(currency, sums);
            }
        });
    }
    let Some((clicks, args)) = clicks else {
        return Ok(lines);
    };
    for row in scope.store.read(clicks, args).await? {
        let (name, clicks) = (text(&row, "name")?, row.int("clicks")?);
        line(&mut lines, name, &|line| line.clicks = Some(clicks));
    }
    Ok(lines)
}

/// Every statement, asked about some days, to be tried by a test.
pub(super) fn samples(org: &str, (from, to): (i64, i64)) -> Vec<Sample> {
    let mut samples = vec![
        Sample {
            statement: &OF_PARTNER,
            args: args![org, "prt_1", true, from, to],
        },
        Sample {
            statement: &CLICKS_OF_PARTNER,
            args: args![org, "prt_1", from, to],
        },
    ];
    for group in Group::ALL {
        let (statement, clicks) = group.statements();
        let args = group.args(org, true, (from, to));
        samples.push(Sample { statement, args });
        let args = args![org, from, to];
        samples.extend(clicks.map(|statement| Sample { statement, args }));
    }
    samples
}
