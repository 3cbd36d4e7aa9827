//! Bonuses and corrections: what was given to a partner, or taken, beside sales and leads. Each is a row and one entry; neither is ever changed. Written
//! within the transaction of the call that makes them. Listed newest first. Found by an index: the partner, the test ledger. Picked: program, kind,
//! currency and time.

use providers::{Currency, Micros};

use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{currency, text, time, word};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError, Transaction};

static OF_KEY: Statement = Statement::new(
    "select a.* from adjustments a where a.organization_id = $1 and a.livemode = $2 and a.key = $3",
);
static FIND: Statement =
    Statement::new("select a.* from adjustments a where a.organization_id = $1 and a.id = $2");
static INSERT: Statement = Statement::new(
    "insert into adjustments (organization_id, id, livemode, program_id, partner_id, kind, amount, currency, reason, key,
         created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
);
static ENROLLED: Statement = Statement::new(
    "select id from enrollments where organization_id = $1 and program_id = $2 and partner_id = $3",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&OF_KEY, &FIND, &INSERT, &ENROLLED];

/// What an adjustment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Given beyond what was earned.
    Bonus,
    /// Puts right what was earned, up or down.
    Correction,
}

impl Kind {
    /// Both.
    pub const ALL: &[Self] = &[Self::Bonus, Self::Correction];

    /// The word for it, which its entry has too.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bonus => "bonus",
            Self::Correction => "correction",
        }
    }
}

/// An adjustment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Its id.
    pub id: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// The program that pays.
    pub program_id: String,
    /// Whose it is.
    pub partner_id: String,
    /// What it is.
    pub kind: Kind,
    /// In the smallest unit of the currency; negative where it takes.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
    /// Why.
    pub reason: String,
    /// The caller's key: the same under the same key is one.
    pub key: String,
    /// When it was made, and may be paid.
    pub created_at: Micros,
}

/// What a list of adjustments may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Live or test.
    Ledger(bool),
    /// Whose they are.
    Partner(&'a str),
    /// The program that pays.
    Program(&'a str),
    /// Bonus or correction.
    Kind(Kind),
    /// Their currency.
    Currency(Currency),
    /// Booked then or later.
    From(Micros),
    /// Booked earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Ledger(true) => clause(Way::Usual, " and a.livemode = 1", []),
            Self::Ledger(false) => found(" and a.livemode = 0", []),
            Self::Partner(id) => found(" and a.partner_id = ?", [id.into()]),
            Self::Program(id) => picked(" and a.program_id = ?", id),
            Self::Kind(kind) => picked(" and a.kind = ?", kind.word()),
            Self::Currency(currency) => picked(" and a.currency = ?", currency.code()),
            Self::From(at) => picked(" and a.created_at >= ?", at.0),
            Self::To(at) => picked(" and a.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Ledger(true),
    By::Ledger(false),
    By::Partner("prt_1"),
    By::Program("prog_1"),
    By::Kind(Kind::Bonus),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "adjustments" as "a",
    "select a.* from adjustments a where a.organization_id = $1"
);

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("adj_00019000", "adj_00018000");
    LIST.samples("adjustments", &args!["org"], ends, &[], ALL)
}

/// A part of the adjustments that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Adjustment>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Adjustment::read(&row))
}

/// The adjustment that was made under a key.
pub async fn of_key(
    from: &mut dyn Transaction,
    (org, livemode): (&str, bool),
    key: &str,
) -> Result<Option<Adjustment>, StoreError> {
    let rows = from.run(&OF_KEY, args![org, livemode, key]).await?;
    rows.first().map(Adjustment::read).transpose()
}

/// One by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Adjustment>, StoreError> {
    let rows = scope.store.read(&FIND, args![scope.org, id]).await?;
    rows.first().map(Adjustment::read).transpose()
}

/// Adds one.
pub async fn add(
    transaction: &mut dyn Transaction,
    org: &str,
    new: &Adjustment,
) -> Result<(), StoreError> {
    let args = args![
        org,
        new.id.as_str(),
        new.livemode,
        new.program_id.as_str(),
        new.partner_id.as_str(),
        new.kind.word(),
        new.amount,
        new.currency.code(),
        new.reason.as_str(),
        new.key.as_str(),
        new.created_at.0
    ];
    transaction.run(&INSERT, args).await.map(drop)
}

/// Whether a partner is enrolled in a program.
pub async fn is_enrolled(
    from: &mut dyn Transaction,
    org: &str,
    (program_id, partner_id): (&str, &str),
) -> Result<bool, StoreError> {
    let args = args![org, program_id, partner_id];
    Ok(!from.run(&ENROLLED, args).await?.is_empty())
}

impl Adjustment {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            livemode: row.flag("livemode")?,
            program_id: text(row, "program_id")?,
            partner_id: text(row, "partner_id")?,
            kind: word(row, "kind", Kind::ALL, Kind::word)?,
            amount: row.int("amount")?,
            currency: currency(row, "currency")?,
            reason: text(row, "reason")?,
            key: text(row, "key")?,
            created_at: time(row, "created_at")?,
        })
    }
}
