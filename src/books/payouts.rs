//! Payouts: what has been paid to partners. Found by an index: the partner. Picked: program, currency, status and time.

use providers::{Currency, Micros};

use super::list::{Clause, Condition, List, found, newest_first, picked};
use super::row::{currency, opt_text, opt_time, text, time, word};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// A payout, in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// Its id.
    pub id: String,
    /// To whom.
    pub partner_id: String,
    /// The program that it was earned in.
    pub program_id: String,
    /// How much.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// What became of it.
    pub status: Status,
    /// The owner's remark.
    pub note: Option<String>,
    /// When it was recorded.
    pub created_at: Micros,
    /// When it was taken back.
    pub reversed_at: Option<Micros>,
    /// Why.
    pub reversed_reason: Option<String>,
}

/// What became of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Recorded.
    Paid,
    /// Never reached its partner, and was taken back.
    Reversed,
}

impl Status {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Paid, Self::Reversed];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Reversed => "reversed",
        }
    }
}

/// What a list of payouts may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// To whom.
    Partner(&'a str),
    /// The program that they were earned in.
    Program(&'a str),
    /// Their currency.
    Currency(Currency),
    /// What became of them.
    Status(Status),
    /// Recorded then or later.
    From(Micros),
    /// Recorded earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Partner(id) => found(" and y.partner_id = ?", [id.into()]),
            Self::Program(id) => picked(" and y.program_id = ?", id),
            Self::Currency(currency) => picked(" and y.currency = ?", currency.code()),
            Self::Status(status) => picked(" and y.status = ?", status.word()),
            Self::From(at) => picked(" and y.created_at >= ?", at.0),
            Self::To(at) => picked(" and y.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Partner("prt_1"),
    By::Program("prog_1"),
    By::Status(Status::Reversed),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "payouts" as "y",
    "select y.* from payouts y where y.organization_id = $1"
);

static GET: Statement =
    Statement::new("select * from payouts where organization_id = $1 and id = $2");
static NEXT: Statement = Statement::new(
    "select * from payouts where organization_id = $1 and id > $2 order by id limit $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET, &NEXT];

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("pay_00004000", "pay_00003000");
    LIST.samples("payouts", &args!["org"], ends, &[], ALL)
}

/// A part of the payouts that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Payout>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Payout::read(&row))
}

/// A payout by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Payout>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Payout::read).transpose()
}

/// The next payouts after an id, oldest first.
pub async fn next(scope: &Scope<'_>, after: &str, limit: i64) -> Result<Vec<Payout>, StoreError> {
    let args = args![scope.org, after, limit];
    let rows = scope.store.read(&NEXT, args).await?;
    rows.iter().map(Payout::read).collect()
}

impl Payout {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            status: word(row, "status", Status::ALL, Status::word)?,
            note: opt_text(row, "note")?,
            created_at: time(row, "created_at")?,
            reversed_at: opt_time(row, "reversed_at")?,
            reversed_reason: opt_text(row, "reversed_reason")?,
        })
    }
}
