//! Leads: steps of a customer before a sale. Found by an index: the partner, the customer, the test ledger. Picked: program and time.

use providers::Micros;

use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{opt_text, text, time};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// A lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// Its id.
    pub id: String,
    /// What happened.
    pub event_name: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// The customer's id here.
    pub customer_id: Option<String>,
    /// Who brought it.
    pub partner_id: Option<String>,
    /// The program.
    pub program_id: Option<String>,
    /// The click that brought it.
    pub click_id: Option<String>,
    /// When it happened.
    pub occurred_at: Micros,
    /// When it was recorded here.
    pub created_at: Micros,
}

/// What a list of leads may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Who brought it.
    Partner(&'a str),
    /// The customer's id here.
    Customer(&'a str),
    /// The program.
    Program(&'a str),
    /// Of then or later.
    From(Micros),
    /// Earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and l.livemode = 1", []),
            Self::Ledger(false) => found(" and l.livemode = 0", []),
            Self::Partner(id) => found(" and l.partner_id = ?", [id.into()]),
            // A customer's leads are in the customer's neighbourhood.
            Self::Customer(id) => found(
                " and l.neighbourhood_id in (select k.neighbourhood_id from customers k
                     where k.organization_id = $1 and k.id = ?) and l.customer_id = ?",
                [id.into(), id.into()],
            ),
            Self::Program(id) => picked(" and l.program_id = ?", id),
            Self::From(at) => picked(" and l.occurred_at >= ?", at.0),
            Self::To(at) => picked(" and l.occurred_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::Partner("prt_1"),
    By::Customer("cus_1"),
    By::Program("prog_1"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "leads" as "l",
    "select l.* from leads l where l.organization_id = $1"
);

static GET: Statement =
    Statement::new("select * from leads where organization_id = $1 and id = $2");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("lead_00019000", "lead_00018000");
    LIST.samples("leads", &args!["org"], ends, &[], ALL)
}

/// A part of the leads that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Lead>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Lead::read(&row))
}

/// A lead by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Lead>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Lead::read).transpose()
}

impl Lead {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            event_name: text(row, "event_name")?,
            livemode: row.flag("livemode")?,
            customer_id: opt_text(row, "customer_id")?,
            partner_id: opt_text(row, "partner_id")?,
            program_id: opt_text(row, "program_id")?,
            click_id: opt_text(row, "click_id")?,
            occurred_at: time(row, "occurred_at")?,
            created_at: time(row, "created_at")?,
        })
    }
}
