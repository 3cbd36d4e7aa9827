//! Discount codes that belong to a partner, in their own order. Found by an index: the partner.

use providers::Micros;

use super::list::{Clause, Condition, List, found, picked};
use super::row::{text, time};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// A discount code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code, lower case: buyers write it as they like.
    pub code: String,
    /// Whose it is.
    pub partner_id: String,
    /// Its program.
    pub program_id: String,
    /// When it was made.
    pub created_at: Micros,
}

/// What a list of codes may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Whose they are.
    Partner(&'a str),
    /// Made then or later.
    From(Micros),
    /// Made earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Partner(id) => found(" and o.partner_id = ?", [id.into()]),
            Self::From(at) => picked(" and o.created_at >= ?", at.0),
            Self::To(at) => picked(" and o.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[By::Partner("prt_1"), By::From(Micros(0)), By::To(Micros(0))];

const LIST: List = List {
    head: "select o.* from codes o where o.organization_id = $1",
    positions: "select o.code as position from codes o where o.organization_id = $1",
    after: " and o.code > ?",
    until: " and o.code <= ?",
    end: " order by o.code limit ?",
    skip: " order by o.code limit 1 offset ?",
    oldest: None,
};

static GET: Statement =
    Statement::new("select * from codes where organization_id = $1 and code = $2");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET];

pub(super) fn samples() -> Vec<Sample> {
    LIST.samples("codes", &args!["org"], ("code1", "code2"), &[], ALL)
}

/// A part of the codes that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Code>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Code::read(&row))
}

/// A code, in lower case.
pub async fn find(scope: &Scope<'_>, code: &str) -> Result<Option<Code>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, code]).await?;
    rows.first().map(Code::read).transpose()
}

impl Code {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            code: text(row, "code")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            created_at: time(row, "created_at")?,
        })
    }
}
