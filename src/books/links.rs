//! Links that lead on, without those that were deleted.
//!
//! Found by an index: the partner, the key. Picked: program and domain.

use providers::Micros;

use super::list::{Clause, Condition, List, found, newest_first, picked};
use super::row::{text, time};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// Its domain; empty for the server's own.
    pub domain: String,
    /// The path after the domain.
    pub key: String,
    /// Where it leads.
    pub url: String,
    /// Whose it is.
    pub partner_id: String,
    /// Its program.
    pub program_id: String,
    /// When it was made.
    pub created_at: Micros,
}

/// What a list of links may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// Whose they are.
    Partner(&'a str),
    /// The path after the domain.
    Key(&'a str),
    /// Their program.
    Program(&'a str),
    /// Their domain.
    Domain(&'a str),
    /// Made then or later.
    From(Micros),
    /// Made earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Partner(id) => found(" and l.partner_id = ?", [id.into()]),
            Self::Key(key) => found(" and l.key = ?", [key.into()]),
            Self::Program(id) => picked(" and l.program_id = ?", id),
            Self::Domain(domain) => picked(" and l.domain = ?", domain),
            Self::From(at) => picked(" and l.created_at >= ?", at.0),
            Self::To(at) => picked(" and l.created_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Partner("prt_1"),
    By::Key("k1"),
    By::Program("prog_1"),
    By::Domain("go.example.com"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = newest_first!(
    "links" as "l",
    "select l.* from links l where l.organization_id = $1 and l.deleted_at is null"
);

static GET: Statement = Statement::new(
    "select * from links where organization_id = $1 and id = $2 and deleted_at is null",
);
static BY_KEY: Statement = Statement::new(
    "select * from links where organization_id = $1 and domain = $2 and key = $3
         and deleted_at is null",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET, &BY_KEY];

pub(super) fn samples() -> Vec<Sample> {
    LIST.samples("links", &args!["org"], ("lnk_9", "lnk_8"), &[], ALL)
}

/// A part of the links that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Link>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Link::read(&row))
}

/// A link by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Link>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Link::read).transpose()
}

/// A link by its short address.
pub async fn at(scope: &Scope<'_>, domain: &str, key: &str) -> Result<Option<Link>, StoreError> {
    let rows = scope
        .store
        .read(&BY_KEY, args![scope.org, domain, key])
        .await?;
    rows.first().map(Link::read).transpose()
}

impl Link {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            domain: text(row, "domain")?,
            key: text(row, "key")?,
            url: text(row, "url")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            created_at: time(row, "created_at")?,
        })
    }
}
