//! Commissions: one for each sale that has a partner, and for each lead that has earned. A commission's place in its list, its tail, is what follows
//! the prefix in the id of its sale or lead: unique, and grows with time.
//!
//! Two lists are read and merged. Found by an index: the sale, the partner, the test ledger, sales of which something is held back. Picked: program,
//! currency, status, time, what is not held back, and that there is a partner at all.

use std::collections::BTreeMap;

use providers::{Currency, Micros};

use super::entries::Kind;
use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{currency, opt_text, text, time, word};
use super::sales::{Status, sale_status};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::id;
use crate::store::{Row, Rows, Statement, StoreError};

/// A commission, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commission {
    /// What its id is but for the prefix.
    pub tail: String,
    /// The sale or lead it is for.
    pub subject: Subject,
    /// Live or test ledger.
    pub livemode: bool,
    /// Whose it is.
    pub partner_id: String,
    /// The program that pays.
    pub program_id: String,
    /// What is left after refunds and lost disputes.
    pub amount: i64,
    /// Before anything was taken back.
    pub full: i64,
    /// What open disputes and reviews hold back of `amount`.
    pub held: i64,
    /// The currency.
    pub currency: Currency,
    /// What it is worth by now.
    pub status: Status,
    /// Why it is held for review, or what it waits for.
    pub reason: Option<String>,
    /// When the sale or lead was.
    pub occurred_at: Micros,
    /// When it may be paid.
    pub available_at: Micros,
}

/// What a commission is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A sale, by its id.
    Sale(String),
    /// A lead, by its id.
    Lead(String),
}

/// What a list of commissions may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// The sale it is for.
    Sale(&'a str),
    /// Whose it is.
    Partner(&'a str),
    /// The program that pays.
    Program(&'a str),
    /// Its currency.
    Currency(Currency),
    /// What it is worth by now.
    Status(Status),
    /// Whether open disputes and reviews hold something back of it.
    Held(bool),
    /// For a sale or lead of then or later.
    From(Micros),
    /// For an earlier one.
    To(Micros),
}

/// A condition on the commissions of sales; `None`: there is a partner.
#[derive(Debug, Clone, Copy)]
struct OfSales<'a>(Option<By<'a>>);

impl Condition for OfSales<'_> {
    fn clause(&self) -> Clause {
        let Some(by) = self.0 else {
            return clause(Way::Picked, " and s.partner_id is not null", []);
        };
        match by {
            By::Ledger(true) => clause(Way::Usual, " and s.livemode = 1", []),
            By::Ledger(false) => found(" and s.livemode = 0", []),
            By::Sale(id) => found(" and s.id = ?", [id.into()]),
            By::Partner(id) => found(" and s.partner_id = ?", [id.into()]),
            By::Program(id) => picked(" and s.program_id = ?", id),
            By::Currency(currency) => picked(" and s.commission_currency = ?", currency.code()),
            By::Status(status) => picked(
                concat!(" and ", sale_status!(), " = cast(? as text)"),
                status.word(),
            ),
            By::Held(true) => found(" and s.commission_left <> s.commission_free", []),
            By::Held(false) => clause(
                Way::Picked,
                " and s.commission_left = s.commission_free",
                [],
            ),
            By::From(at) => picked(" and s.occurred_at >= ?", at.0),
            By::To(at) => picked(" and s.occurred_at < ?", at.0),
        }
    }
}

/// SQL for the status of what the lead `l` has earned.
macro_rules! lead_status {
    () => {
        "case
             when coalesce((select sum(x.amount) from entries x
                     where x.organization_id = $1 and x.subject_id = l.id and x.partner_id = l.partner_id
                         and x.kind in ('commission', 'clawback')), 0) <= 0
                 then 'rejected'
             when coalesce((select sum(x.amount) from entries x
                     left join payout_entries q on q.organization_id = $1 and q.entry_id = x.id
                     where x.organization_id = $1 and x.subject_id = l.id and x.partner_id = l.partner_id
                         and x.kind = 'commission' and q.entry_id is null), 0) <= 0
                 then 'paid'
             when coalesce((select sum(case when x.kind = 'hold' then -x.amount
                             when x.available_at > $2 then x.amount else 0 end) from entries x
                     where x.organization_id = $1 and x.subject_id = l.id and x.partner_id = l.partner_id), 0) = 0
                 then 'approved'
             else 'pending'
         end"
    };
}

/// A condition on the commissions of leads; `None`: there is a partner.
#[derive(Debug, Clone, Copy)]
struct OfLeads<'a>(Option<By<'a>>);

impl Condition for OfLeads<'_> {
    fn clause(&self) -> Clause {
        let Some(by) = self.0 else {
            return clause(Way::Picked, " and l.partner_id is not null", []);
        };
        match by {
            By::Ledger(true) => clause(Way::Usual, " and l.livemode = 1", []),
            By::Ledger(false) => found(" and l.livemode = 0", []),
            // A lead is no sale.
            By::Sale(id) => found(" and l.id = ?", [id.into()]),
            By::Partner(id) => found(" and l.partner_id = ?", [id.into()]),
            By::Program(id) => picked(" and l.program_id = ?", id),
            By::Currency(currency) => picked(
                " and (select sum(z.amount) from entries z where z.organization_id = $1 and z.subject_id = l.id
                     and z.partner_id = l.partner_id and z.kind = 'commission' and z.currency = ?) > 0",
                currency.code(),
            ),
            By::Status(status) => picked(
                concat!(" and ", lead_status!(), " = cast(? as text)"),
                status.word(),
            ),
            By::Held(is_held) => picked(
                " and (coalesce((select sum(z.amount) from entries z where z.organization_id = $1 and z.subject_id = l.id
                     and z.partner_id = l.partner_id and z.kind = 'hold'), 0) <> 0) = (cast(? as bigint) = 1)",
                is_held,
            ),
            By::From(at) => picked(" and l.occurred_at >= ?", at.0),
            By::To(at) => picked(" and l.occurred_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::Sale("sale_1"),
    By::Partner("prt_1"),
    By::Program("prog_1"),
    By::Status(Status::Paid),
    By::Held(true),
    By::Held(false),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

macro_rules! of_sales {
    () => {
        concat!(
            "select s.id, s.livemode, s.partner_id, s.program_id, s.commission_left as amount,
                 s.commission_full as full_amount, s.commission_left - s.commission_free as held,
                 s.commission_currency as currency, s.review, s.waits_for, s.occurred_at, s.available_at, ",
            sale_status!(),
            " as status from sales s where s.organization_id = $1 and s.state = 'live'"
        )
    };
}

// What leads have earned is asked for once they are known: together, PostgreSQL would rather go through all entries.
macro_rules! of_leads {
    () => {
        concat!(
            "select l.*, ",
            lead_status!(),
            " as status from leads l
             where l.organization_id = $1 and (select max(t.amount) from (
                 select sum(z.amount) as amount from entries z
                 where z.organization_id = $1 and z.subject_id = l.id and z.partner_id = l.partner_id
                     and z.kind = 'commission'
                 group by z.currency) t) > 0"
        )
    };
}

const SALES: List = newest_first!("sales" as "s", of_sales!());
const LEADS: List = newest_first!("leads" as "l", of_leads!());

static OF_SALE: Statement = Statement::new(concat!(
    of_sales!(),
    " and s.partner_id is not null and s.id = $3"
));
static OF_LEAD: Statement = Statement::new(concat!(of_leads!(), " and l.id = $3"));
static EARNED: Statement = Statement::new(
    "select e.subject_id, e.partner_id, e.currency, e.kind, e.available_at, cast(sum(e.amount) as bigint) as amount
     from {rows r: id text}
     join entries e on e.organization_id = $1 and e.subject_id = r.id
     group by e.subject_id, e.partner_id, e.currency, e.kind, e.available_at
     order by e.subject_id desc, e.currency, e.available_at",
);

/// What of it stands in payouts.
static PAID: Statement = Statement::new(
    "select e.subject_id, e.partner_id, e.currency, cast(sum(e.amount) as bigint) as amount
     from {rows r: id text}
     join entries e on e.organization_id = $1 and e.subject_id = r.id
     join payout_entries o on o.organization_id = $1 and o.entry_id = e.id
     group by e.subject_id, e.partner_id, e.currency",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF_SALE, &OF_LEAD, &EARNED, &PAID];

pub(super) fn samples() -> Vec<Sample> {
    let args = args!["org", 0];
    let sales: Vec<OfSales<'_>> = ALL.iter().map(|by| OfSales(Some(*by))).collect();
    let leads: Vec<OfLeads<'_>> = ALL.iter().map(|by| OfLeads(Some(*by))).collect();
    let mut samples = SALES.samples(
        "commissions",
        &args,
        ("sale_00019000", "sale_00018000"),
        &[OfSales(None)],
        &sales,
    );
    samples.extend(LEADS.samples(
        "commissions",
        &args,
        ("lead_00019000", "lead_00018000"),
        &[OfLeads(None)],
        &leads,
    ));
    samples
}

/// A part of the commissions that meet all of `by`. Positions are tails.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Commission>, StoreError> {
    let args = args![scope.org, scope.now.0];
    let conditions = || std::iter::once(None).chain(by.iter().copied().map(Some));
    let of_sales: Vec<OfSales<'_>> = conditions().map(OfSales).collect();
    let of_leads: Vec<OfLeads<'_>> = conditions().map(OfLeads).collect();
    let (after_sale, after_lead) = (id_of(id::SALE, part.after), id_of(id::LEAD, part.after));
    let (in_sales, in_leads) = (part.from(&after_sale), part.from(&after_lead));
    let sales = SALES.read(scope, args.clone(), &of_sales, in_sales).await?;
    let leads = LEADS.read(scope, args, &of_leads, in_leads).await?;
    // Both lists have been looked at as far as the one that ended sooner.
    let go_on = sales
        .go_on
        .iter()
        .chain(&leads.go_on)
        .map(|id| tail(id))
        .max();
    let go_on = go_on.map(str::to_owned);
    let mut rows = earned(scope, &leads.rows).await?;
    for row in &sales.rows {
        rows.push(Commission::of_sale(row)?);
    }
    // A lead may have earned in two currencies.
    rows.retain(|row| {
        let is_other = |by: &By<'_>| matches!(by, By::Currency(only) if *only != row.currency);
        !by.iter().any(is_other)
    });
    rows.retain(|row| go_on.as_ref().is_none_or(|end| row.tail >= *end));
    rows.sort_by(|a, b| b.tail.cmp(&a.tail));
    rows.truncate(usize::try_from(part.rows).unwrap_or(usize::MAX));
    Ok(Found { rows, go_on })
}

/// A commission by its tail.
pub async fn find(scope: &Scope<'_>, tail: &str) -> Result<Option<Commission>, StoreError> {
    let args = args![scope.org, scope.now.0, id_of(id::SALE, tail)];
    let rows = scope.store.read(&OF_SALE, args).await?;
    if let Some(row) = rows.first() {
        return Commission::of_sale(row).map(Some);
    }
    let args = args![scope.org, scope.now.0, id_of(id::LEAD, tail)];
    let rows = scope.store.read(&OF_LEAD, args).await?;
    Ok(earned(scope, &rows).await?.into_iter().next())
}

/// What of each of these commissions has been paid out, in their order and in the smallest unit of their currency.
pub async fn paid(scope: &Scope<'_>, of: &[Commission]) -> Result<Vec<i64>, StoreError> {
    let mut ids = Rows::new(1);
    for one in of {
        ids.push([one.subject_id().into()]);
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut paid: BTreeMap<(String, String, Currency), i64> = BTreeMap::new();
    for row in scope.store.read(&PAID, args![scope.org; ids]).await? {
        let whose = (text(&row, "subject_id")?, text(&row, "partner_id")?);
        paid.insert(
            (whose.0, whose.1, currency(&row, "currency")?),
            row.int("amount")?,
        );
    }
    let of = of.iter().map(|one| {
        let key = (
            one.subject_id().to_owned(),
            one.partner_id.clone(),
            one.currency,
        );
        paid.get(&key).copied().unwrap_or_default()
    });
    Ok(of.collect())
}

/// What leads have earned their partners, in each currency.
async fn earned(scope: &Scope<'_>, leads: &[Row]) -> Result<Vec<Commission>, StoreError> {
    let mut ids = Rows::new(1);
    let mut known: BTreeMap<&str, &Row> = BTreeMap::new();
    for lead in leads {
        ids.push([lead.text("id")?.into()]);
        known.insert(lead.text("id")?, lead);
    }
    let mut commissions: Vec<Commission> = Vec::new();
    if ids.is_empty() {
        return Ok(commissions);
    }
    for row in scope.store.read(&EARNED, args![scope.org; ids]).await? {
        let lead = known.get(row.text("subject_id")?);
        let lead = lead.ok_or(StoreError::Corrupt("entries.subject_id"))?;
        // What an earlier partner still has is that one's business.
        if lead.opt_text("partner_id")? != Some(row.text("partner_id")?) {
            continue;
        }
        let booked = Commission::of_lead(lead, &row)?;
        match commissions.last_mut() {
            Some(last) if (&last.subject, last.currency) == (&booked.subject, booked.currency) => {
                last.add(&booked);
            }
            _ => commissions.push(booked),
        }
    }
    commissions.retain(|one| one.full > 0);
    Ok(commissions)
}

fn id_of(prefix: &str, tail: &str) -> String {
    if tail.is_empty() {
        return String::new();
    }
    format!("{prefix}_{tail}")
}

fn tail(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, tail)| tail)
}

impl Commission {
    /// The id of the sale or lead it is for.
    pub fn subject_id(&self) -> &str {
        match &self.subject {
            Subject::Sale(id) | Subject::Lead(id) => id,
        }
    }

    fn of_sale(row: &Row) -> Result<Self, StoreError> {
        let id = text(row, "id")?;
        Ok(Self {
            tail: tail(&id).to_owned(),
            subject: Subject::Sale(id),
            livemode: row.flag("livemode")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            amount: row.int("amount")?,
            full: row.int("full_amount")?,
            held: row.int("held")?,
            currency: currency(row, "currency")?,
            status: word(row, "status", Status::ALL, Status::word)?,
            reason: opt_text(row, "review")?.or(opt_text(row, "waits_for")?),
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
        })
    }

    /// More entries of the same commission. It may be paid when the last of what is not cancelled may.
    fn add(&mut self, more: &Self) {
        self.amount = self.amount.saturating_add(more.amount);
        self.full = self.full.saturating_add(more.full);
        self.held = self.held.saturating_add(more.held);
        if more.amount != 0 && self.available_at < more.available_at {
            self.available_at = more.available_at;
        }
    }

    fn of_lead(lead: &Row, earned: &Row) -> Result<Self, StoreError> {
        let id = text(lead, "id")?;
        let kind = word(earned, "kind", Kind::ALL, Kind::word)?;
        let booked = earned.int("amount")?;
        Ok(Self {
            tail: tail(&id).to_owned(),
            subject: Subject::Lead(id),
            livemode: lead.flag("livemode")?,
            partner_id: text(lead, "partner_id")?,
            program_id: text(lead, "program_id")?,
            amount: if kind == Kind::Hold { 0 } else { booked },
            full: if kind == Kind::Commission { booked } else { 0 },
            held: if kind == Kind::Hold {
                booked.saturating_neg()
            } else {
                0
            },
            currency: currency(earned, "currency")?,
            status: word(lead, "status", Status::ALL, Status::word)?,
            reason: None,
            occurred_at: time(lead, "occurred_at")?,
            available_at: time(earned, "available_at")?,
        })
    }
}
