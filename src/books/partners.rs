//! Partners: who is paid. One for each e-mail address.
//!
//! Found by an index: the e-mail address, the merchant's own id, the state. Picked: a part of the name or address, and the time.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::list::{Clause, Condition, List, Way, clause, found, newest_first, picked};
use super::row::{personal, text, time};
use super::statements::partners::{BY_EMAIL, GET};
use super::{Found, Part, Personal, Sample, Scope};
use crate::args;
use crate::store::{Row, Rows, Statement, StoreError, Transaction};

/// A partner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: Personal,
    /// Its e-mail address, in lower case.
    pub email: Personal,
    /// The merchant's own id of it.
    pub tenant_id: Option<Personal>,
    /// Its state, as [`crate::catalog::PARTNER_STATES`] has them.
    pub status: String,
    /// When it was made.
    pub created_at: Micros,
}

/// What a list of partners may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// The e-mail address, in lower case.
    Email(&'a str),
    /// The merchant's own id.
    Tenant(&'a str),
    /// Its state.
    Status(&'a str),
    /// Its name or e-mail address has this in it, as [`pattern`] makes it.
    Called(&'a str),
    /// Added then or later.
    From(Micros),
    /// Added earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Email(email) => found(" and p.email = ?", [email.into()]),
            Self::Tenant(id) => found(" and p.tenant_id = ?", [id.into()]),
            Self::Status(status) => found(" and p.status = ?", [status.into()]),
            Self::Called(pattern) => clause(
                Way::Picked,
                " and (lower(p.name) like ? escape '!' or p.email like ? escape '!')",
                [pattern.into(), pattern.into()],
            ),
            Self::From(at) => picked(" and p.created_at >= ?", at.0),
            Self::To(at) => picked(" and p.created_at < ?", at.0),
        }
    }
}

/// What finds a text within another, whatever stands around it and however it is written.
pub fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Email("p1@example.com"),
    By::Tenant("t_1"),
    By::Status("applied"),
    By::Called("%alice%"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "partners" as "p",
    "select p.* from partners p where p.organization_id = $1"
);

static NAMED: Statement = Statement::new(
    "select p.* from {rows r: id text} join partners p on p.organization_id = $1 and p.id = r.id",
);
static PROGRAMS: Statement = Statement::new(
    "select program_id from enrollments where organization_id = $1 and partner_id = $2
     order by program_id",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&NAMED, &PROGRAMS];

pub(super) fn samples() -> Vec<Sample> {
    LIST.samples("partners", &args!["org"], ("prt_97", "prt_95"), &[], ALL)
}

/// A part of the partners that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Partner>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Partner::read(&row))
}

/// A partner by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Partner>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Partner::read).transpose()
}

/// The same within a transaction.
pub async fn find_within(
    transaction: &mut dyn Transaction,
    org: &str,
    id: &str,
) -> Result<Option<Partner>, StoreError> {
    let rows = transaction.run(&GET, args![org, id]).await?;
    rows.first().map(Partner::read).transpose()
}

/// A partner by its e-mail address, in lower case, within a transaction.
pub async fn of_email_within(
    transaction: &mut dyn Transaction,
    org: &str,
    email: &str,
) -> Result<Option<Partner>, StoreError> {
    let rows = transaction.run(&BY_EMAIL, args![org, email]).await?;
    rows.first().map(Partner::read).transpose()
}

/// Some partners by their ids.
pub async fn of_ids<'i>(
    scope: &Scope<'_>,
    ids: impl Iterator<Item = &'i str>,
) -> Result<BTreeMap<String, Partner>, StoreError> {
    let wanted = named(ids);
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    by_id(&scope.store.read(&NAMED, args![scope.org; wanted]).await?)
}

/// The same within a transaction.
pub async fn of_ids_within<'i>(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: impl Iterator<Item = &'i str>,
) -> Result<BTreeMap<String, Partner>, StoreError> {
    let wanted = named(ids);
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    by_id(&transaction.run(&NAMED, args![org; wanted]).await?)
}

fn named<'i>(ids: impl Iterator<Item = &'i str>) -> Rows {
    let ids: BTreeSet<&str> = ids.collect();
    let mut wanted = Rows::new(1);
    for id in ids {
        wanted.push([id.into()]);
    }
    wanted
}

fn by_id(rows: &[Row]) -> Result<BTreeMap<String, Partner>, StoreError> {
    let partners = rows
        .iter()
        .map(|row| Ok((text(row, "id")?, Partner::read(row)?)));
    partners.collect()
}

/// The ids of the programs that a partner is enrolled in.
pub async fn programs_of(scope: &Scope<'_>, id: &str) -> Result<Vec<String>, StoreError> {
    let rows = scope.store.read(&PROGRAMS, args![scope.org, id]).await?;
    rows.iter().map(|row| text(row, "program_id")).collect()
}

impl Partner {
    /// Reads a row of all columns.
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            name: row.text("name")?.into(),
            email: row.text("email")?.into(),
            tenant_id: personal(row, "tenant_id")?,
            status: text(row, "status")?,
            created_at: time(row, "created_at")?,
        })
    }
}
