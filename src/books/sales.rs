//! Sales: every payment that became one, with its commission and what was taken back.
//!
//! Found by an index: a name of the payment, its customer, its partner, the test ledger. Picked: status, processor, kind, program, currency, click
//! and time. A sale's status is made of its entries and payouts when it is read.

mod status;

use std::collections::{BTreeMap, BTreeSet};

use providers::{Currency, Micros, Name};

pub use status::Status;
pub(super) use status::sale_status;

use super::list::{Clause, Condition, List, Way, clause, found, lookup, newest_first, picked};
use super::row::{currency, opt_text, personal, text, time, word};
use super::{Found, Part, Personal, Sample, Scope};
use crate::args;
use crate::ledger::fold::OWN_PREFIX;
use crate::ledger::sale::Kind;
use crate::store::{Row, Rows, Statement, StoreError};

/// A sale. Amounts are in the smallest unit of `currency`, those of the commission in that of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Its id.
    pub id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// What it is worth to its partner by now.
    pub status: Status,
    /// Its main name: the invoice, order or transaction.
    pub invoice_id: Option<String>,
    /// Every name it is known by, sorted.
    pub references: Vec<String>,
    /// What happened.
    pub event_name: String,
    /// Who processed the payment.
    pub payment_processor: String,
    /// What the merchant has sent along, as JSON text.
    pub metadata: Option<Personal>,
    /// The currency.
    pub currency: Currency,
    /// What was paid, and what is gone of it.
    pub amounts: Amounts,
    /// Its place in the customer's history.
    pub kind: Kind,
    /// Who bought.
    pub customer: Option<Buyer>,
    /// Who is paid for it; `None` for an organic sale.
    pub partner_id: Option<String>,
    /// The program that pays.
    pub program_id: Option<String>,
    /// The click that brought it.
    pub click_id: Option<String>,
    /// The click's link.
    pub link_id: Option<String>,
    /// How its partner was found: `click`, `customer`, `subscription`, `code`, `assignment`.
    pub via: Option<String>,
    /// What it earns.
    pub commission: Earned,
    /// Why the commission is held for review.
    pub review: Option<String>,
    /// What the commission waits for.
    pub waits_for: Option<String>,
    /// When it was paid.
    pub occurred_at: Micros,
    /// When the commission may be paid.
    pub available_at: Micros,
    /// When it was recorded.
    pub created_at: Micros,
    /// When the record last changed.
    pub updated_at: Micros,
}

/// The amounts of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// Before discount, tax and shipping.
    pub subtotal: i64,
    /// Taken off.
    pub discount: i64,
    /// Tax.
    pub tax: i64,
    /// Shipping.
    pub shipping: i64,
    /// What the buyer paid.
    pub gross: i64,
    /// Without tax and shipping: what a commission is taken of.
    pub net: i64,
    /// What refunds have taken of `net`.
    pub refunded: i64,
    /// What open and lost disputes have taken of `net`.
    pub disputed: i64,
    /// What refunds have given back of `gross`.
    pub refunded_gross: i64,
}

impl Amounts {
    /// What is left of `net`.
    pub const fn left(&self) -> i64 {
        let left = self.net.saturating_sub(self.refunded);
        left.saturating_sub(self.disputed)
    }
}

/// What a sale earns its partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earned {
    /// When sold.
    pub full: i64,
    /// After refunds and lost disputes.
    pub left: i64,
    /// After open disputes and reviews too.
    pub free: i64,
    /// Their currency.
    pub currency: Currency,
}

/// The customer of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// Its id here.
    pub id: String,
    /// The merchant's own id.
    pub external_id: Option<Personal>,
    /// The newest e-mail address known.
    pub email: Option<Personal>,
    /// The newest name known.
    pub name: Option<Personal>,
    /// The newest picture known.
    pub avatar: Option<Personal>,
}

/// What a list of sales may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Any name of the payment, as its processor or merchant writes it.
    Named(&'a str),
    /// The customer's id here.
    Customer(&'a str),
    /// The merchant's id of the customer.
    CustomerExternal(&'a str),
    /// Who is paid for it.
    Partner(&'a str),
    /// The program that pays.
    Program(&'a str),
    /// Who processed the payment.
    Processor(&'a str),
    /// Its place in the customer's history.
    Kind(Kind),
    /// What it is worth to its partner by now.
    Status(Status),
    /// Its currency.
    Currency(Currency),
    /// The click that brought it.
    Click(&'a str),
    /// Something of it was refunded or disputed on one of these days since 1970; the second is not included.
    Taken(i64, i64),
    /// Paid then or later.
    From(Micros),
    /// Paid earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and s.livemode = 1", []),
            Self::Ledger(false) => found(" and s.livemode = 0", []),
            // Both ledgers are named, so that the key of references is used as far as it goes.
            Self::Named(name) => found(
                " and s.id in (select n.sale_id from sale_references n
                     where n.organization_id = $1 and n.livemode in (0, 1) and n.name = ?)",
                [format!("p:{name}").into()],
            ),
            // A customer's sales are in the customer's neighbourhood.
            Self::Customer(id) => found(
                " and s.neighbourhood_id in (select k.neighbourhood_id from customers k
                     where k.organization_id = $1 and k.id = ?) and s.customer_id = ?",
                [id.into(), id.into()],
            ),
            Self::CustomerExternal(id) => found(
                " and s.neighbourhood_id in (select n.neighbourhood_id from name_homes n
                     where n.organization_id = $1 and n.livemode in (0, 1) and n.name = ?)
                 and exists (select 1 from customers x
                     where x.organization_id = $1 and x.id = s.customer_id and x.external_id = ?)",
                [format!("x:{id}").into(), id.into()],
            ),
            Self::Partner(id) => found(" and s.partner_id = ?", [id.into()]),
            Self::Program(id) => picked(" and s.program_id = ?", id),
            Self::Processor(name) => picked(" and s.payment_processor = ?", name),
            Self::Kind(kind) => picked(" and s.kind = ?", kind.word()),
            Self::Status(status) => picked(
                concat!(" and ", sale_status!(), " = cast(? as text)"),
                status.word(),
            ),
            Self::Currency(currency) => picked(" and s.currency = ?", currency.code()),
            Self::Click(id) => picked(" and s.click_id = ?", id),
            Self::Taken(from, to) => clause(
                Way::Picked,
                " and exists (select 1 from sale_takings t
                     where t.organization_id = $1 and t.sale_id = s.id and t.day >= ? and t.day < ?
                         and (t.refunded <> 0 or t.disputed <> 0))",
                [from.into(), to.into()],
            ),
            Self::From(at) => picked(" and s.occurred_at >= ?", at.0),
            Self::To(at) => picked(" and s.occurred_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::Named("in_1"),
    By::Customer("cus_1"),
    By::CustomerExternal("u_1"),
    By::Partner("prt_1"),
    By::Program("prog_1"),
    By::Processor("stripe"),
    By::Kind(Kind::First),
    By::Status(Status::Paid),
    By::Click("clk_1"),
    By::Taken(0, 1),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

macro_rules! select_sales {
    () => {
        concat!(
            "select s.*, c.external_id, c.email, c.name as customer_name, c.avatar, ",
            sale_status!(),
            " as status from sales s
             left join customers c on c.organization_id = $1 and c.id = s.customer_id
             where s.organization_id = $1 and s.state = 'live'"
        )
    };
}

const LIST: List = newest_first!("sales" as "s", select_sales!());

static GET: Statement = Statement::new(concat!(select_sales!(), " and s.id = $3"));
static NEXT: Statement = Statement::new(concat!(
    select_sales!(),
    " and s.id > $3 order by s.id limit $4"
));
/// Where a sale that is no more has gone: its main name is another's now, or its neighbourhood has but
/// one sale left.
static SUCCESSOR: Statement = Statement::new(
    "select t.id, case when n.sale_id is null then 0 else 1 end as named
     from sales s
     join sales t on t.organization_id = $1 and t.neighbourhood_id = s.neighbourhood_id
         and t.livemode = s.livemode and t.state = 'live'
     left join sale_references n on n.organization_id = $1 and n.livemode = s.livemode
         and n.name = 'p:' || s.invoice_id and n.sale_id = t.id
     where s.organization_id = $1 and s.id = $2 and s.state = 'merged'
     order by named desc, t.id limit 2",
);
static REFERENCES: Statement = Statement::new(
    "select n.sale_id, n.name from {rows r: id text}
     join sale_references n on n.organization_id = $1 and n.sale_id = r.id",
);

static RECORDED: Statement = Statement::new(
    "select s.id, s.livemode from sales s where s.organization_id = $1 and s.id = $2",
);
// Both ledgers are named, so that the key of references is used as far as it goes.
const NAMED_TEXT: &str = "select n.sale_id as id, n.livemode from sale_references n
     where n.organization_id = $1 and n.livemode in (0, 1) and n.name = $2";
static NAMED: Statement = Statement::new(NAMED_TEXT);
static OF_LEDGER: Statement = Statement::new(
    "select s.id from sales s where s.organization_id = $1
         and s.id in (select r.id from {rows r: id text}) and s.livemode = $2",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[
    &GET,
    &NEXT,
    &SUCCESSOR,
    &REFERENCES,
    &RECORDED,
    &NAMED,
    &OF_LEDGER,
];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("sale_00019000", "sale_00018000");
    let mut samples = LIST.samples("sales", &args!["org", 0], ends, &[], ALL);
    samples.push(lookup("named sales", NAMED_TEXT, args!["org", "p:in_1"]));
    samples
}

/// A part of the sales that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Sale>, StoreError> {
    let args = args![scope.org, scope.now.0];
    let rows = LIST.read(scope, args, by, part).await?;
    Ok(Found {
        rows: named(scope, rows.rows).await?,
        go_on: rows.go_on,
    })
}

/// The next sales after an id, oldest first.
pub async fn next(scope: &Scope<'_>, after: &str, limit: i64) -> Result<Vec<Sale>, StoreError> {
    let args = args![scope.org, scope.now.0, after, limit];
    let rows = scope.store.read(&NEXT, args).await?;
    named(scope, rows).await
}

/// A sale by its id, or the sale that it turned out to be part of.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Sale>, StoreError> {
    if let Some(sale) = get(scope, id).await? {
        return Ok(Some(sale));
    }
    match successor(scope, id).await? {
        Some(id) => get(scope, &id).await,
        None => Ok(None),
    }
}

async fn get(scope: &Scope<'_>, id: &str) -> Result<Option<Sale>, StoreError> {
    let args = args![scope.org, scope.now.0, id];
    let rows = scope.store.read(&GET, args).await?;
    Ok(named(scope, rows).await?.pop())
}

async fn successor(scope: &Scope<'_>, id: &str) -> Result<Option<String>, StoreError> {
    let rows = scope.store.read(&SUCCESSOR, args![scope.org, id]).await?;
    match rows.as_slice() {
        [first, ..] if rows.len() == 1 || first.flag("named")? => Ok(Some(text(first, "id")?)),
        _ => Ok(None),
    }
}

/// The ids of the sales that an id of ours or any name of a payment may mean, whatever became of them.
pub async fn meant(scope: &Scope<'_>, id: &str) -> Result<BTreeSet<String>, StoreError> {
    let rows = scope.store.read(&RECORDED, args![scope.org, id]).await?;
    if !rows.is_empty() {
        return ids(&rows);
    }
    let Some(name) = Name::payment(id) else {
        return Ok(BTreeSet::new());
    };
    let args = args![scope.org, name.as_str()];
    ids(&scope.store.read(&NAMED, args).await?)
}

/// Which of some sales are in a ledger.
pub async fn of_ledger(
    scope: &Scope<'_>,
    sales: BTreeSet<String>,
    livemode: bool,
) -> Result<BTreeSet<String>, StoreError> {
    let mut wanted = Rows::new(1);
    for id in sales {
        wanted.push([id.into()]);
    }
    if wanted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let args = args![scope.org, livemode; wanted];
    ids(&scope.store.read(&OF_LEDGER, args).await?)
}

fn ids(rows: &[Row]) -> Result<BTreeSet<String>, StoreError> {
    rows.iter().map(|row| text(row, "id")).collect()
}

/// The sales of these rows, with all the names they are known by.
async fn named(scope: &Scope<'_>, rows: Vec<Row>) -> Result<Vec<Sale>, StoreError> {
    let mut ids = Rows::new(1);
    for row in &rows {
        ids.push([row.text("id")?.into()]);
    }
    let mut references = references(scope, ids).await?;
    let sale = |row: &Row| {
        let names = references.remove(row.text("id")?).unwrap_or_default();
        Sale::read(row, names.into_iter().collect())
    };
    rows.iter().map(sale).collect()
}

/// The names of sales, without those that were given here.
async fn references(
    scope: &Scope<'_>,
    ids: Rows,
) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
    let mut references: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(references);
    }
    for row in scope.store.read(&REFERENCES, args![scope.org; ids]).await? {
        let name = row.text("name")?.strip_prefix("p:").unwrap_or_default();
        if !name.is_empty() && !name.starts_with(OWN_PREFIX) {
            let names = references.entry(text(&row, "sale_id")?);
            names.or_default().insert(name.to_owned());
        }
    }
    Ok(references)
}

impl Sale {
    fn read(row: &Row, references: Vec<String>) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            livemode: row.flag("livemode")?,
            status: word(row, "status", Status::ALL, Status::word)?,
            invoice_id: opt_text(row, "invoice_id")?,
            references,
            event_name: text(row, "event_name")?,
            payment_processor: text(row, "payment_processor")?,
            metadata: personal(row, "metadata")?,
            currency: currency(row, "currency")?,
            amounts: Amounts::read(row)?,
            kind: word(row, "kind", Kind::ALL, Kind::word)?,
            customer: Buyer::read(row)?,
            partner_id: opt_text(row, "partner_id")?,
            program_id: opt_text(row, "program_id")?,
            click_id: opt_text(row, "click_id")?,
            link_id: opt_text(row, "link_id")?,
            via: opt_text(row, "via")?,
            commission: Earned {
                full: row.int("commission_full")?,
                left: row.int("commission_left")?,
                free: row.int("commission_free")?,
                currency: currency(row, "commission_currency")?,
            },
            review: opt_text(row, "review")?,
            waits_for: opt_text(row, "waits_for")?,
            occurred_at: time(row, "occurred_at")?,
            available_at: time(row, "available_at")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }
}

impl Amounts {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            subtotal: row.int("subtotal")?,
            discount: row.int("discount")?,
            tax: row.int("tax")?,
            shipping: row.int("shipping")?,
            gross: row.int("gross")?,
            net: row.int("net")?,
            refunded: row.int("refunded")?,
            disputed: row.int("disputed")?,
            refunded_gross: row.int("refunded_gross")?,
        })
    }
}

impl Buyer {
    fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        let Some(id) = opt_text(row, "customer_id")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id,
            external_id: personal(row, "external_id")?,
            email: personal(row, "email")?,
            name: personal(row, "customer_name")?,
            avatar: personal(row, "avatar")?,
        }))
    }
}
