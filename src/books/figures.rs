//! Statistics of a period for the API: clicks, leads, and for each currency what was sold, taken back and earned; by day, partner, program,
//! processor or currency. Read from the figures that the writer keeps, so that they cost the same at any number of sales.

use std::collections::BTreeMap;

use providers::Currency;

use super::Scope;
use super::row::text;
use super::sums::read;
use crate::args;
use crate::ledger::figures::Sums;
use crate::store::{Statement, StoreError};

macro_rules! by {
    ($name:literal, $by_partner:literal) => {
        Statement::new(concat!(
            "select ",
            $name,
            " as name, d.currency, cast(sum(d.sales) as bigint) as sales, cast(sum(d.gross) as bigint) as gross,
                 cast(sum(d.net) as bigint) as net, cast(sum(d.refunded) as bigint) as refunded,
                 cast(sum(d.disputed) as bigint) as disputed, cast(sum(d.commission) as bigint) as commission,
                 cast(sum(d.taken_back) as bigint) as taken_back, cast(sum(d.leads) as bigint) as leads
             from daily_figures d
             where d.organization_id = $1 and d.livemode = $2 and d.by_partner = ",
            $by_partner,
            " and d.day >= $3 and d.day < $4 group by ",
            $name,
            ", d.currency"
        ))
    };
}

macro_rules! clicks_by {
    ($name:literal) => {
        Statement::new(concat!(
            "select ",
            $name,
            " as name, cast(sum(c.clicks) as bigint) as clicks from daily_clicks c
             where c.organization_id = $1 and c.day >= $2 and c.day < $3 group by ",
            $name
        ))
    };
}

static BY_DAY: Statement = by!("cast(d.day as text)", "0");
static BY_PROCESSOR: Statement = by!("d.processor", "0");
static BY_CURRENCY: Statement = by!("d.currency", "0");
static BY_PARTNER: Statement = by!("d.partner_id", "1");
static BY_PROGRAM: Statement = by!("d.program_id", "1");
static CLICKS_BY_DAY: Statement = clicks_by!("cast(c.day as text)");
static CLICKS_BY_PARTNER: Statement = clicks_by!("c.partner_id");
static CLICKS_BY_PROGRAM: Statement = clicks_by!("c.program_id");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &BY_DAY,
    &BY_PROCESSOR,
    &BY_CURRENCY,
    &BY_PARTNER,
    &BY_PROGRAM,
    &CLICKS_BY_DAY,
    &CLICKS_BY_PARTNER,
    &CLICKS_BY_PROGRAM,
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
        Self::Processor,
        Self::Currency,
    ];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Partner => "partner",
            Self::Program => "program",
            Self::Processor => "processor",
            Self::Currency => "currency",
        }
    }

    const fn statements(self) -> (&'static Statement, Option<&'static Statement>) {
        match self {
            Self::Day => (&BY_DAY, Some(&CLICKS_BY_DAY)),
            Self::Partner => (&BY_PARTNER, Some(&CLICKS_BY_PARTNER)),
            Self::Program => (&BY_PROGRAM, Some(&CLICKS_BY_PROGRAM)),
            Self::Processor => (&BY_PROCESSOR, None),
            Self::Currency => (&BY_CURRENCY, None),
        }
    }
}

/// The figures of one day, partner, program, processor or currency.
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
    let counted = clicks.map(|_| 0);
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let line = |lines: &mut BTreeMap<String, Line>, name: String, change: &dyn Fn(&mut Line)| {
        let line = lines.entry(name).or_insert_with(|| Line {
            clicks: counted,
            leads: counted,
            sums: BTreeMap::new(),
        });
        change(line);
    };
    let args = args![scope.org, livemode, from, to];
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
    let Some(clicks) = clicks else {
        return Ok(lines);
    };
    for row in scope.store.read(clicks, args![scope.org, from, to]).await? {
        let (name, clicks) = (text(&row, "name")?, row.int("clicks")?);
        line(&mut lines, name, &|line| line.clicks = Some(clicks));
    }
    Ok(lines)
}
