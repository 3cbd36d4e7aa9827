//! Clicks, last recorded first: they bring their ids along, so these say nothing about when.
//!
//! Found by an index: the partner. A link's clicks are picked among those of its partner. Picked: the time.

use providers::Micros;

use super::list::{Clause, Condition, List, found, picked};
use super::row::{opt_text, text, time};
use super::{Found, Part, Sample, Scope};
use crate::args;
use crate::store::{Row, Statement, StoreError};

/// A click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Click {
    /// Its id, the value of `refp_id`.
    pub id: String,
    /// The link that was clicked.
    pub link_id: String,
    /// The link's partner.
    pub partner_id: String,
    /// The link's program.
    pub program_id: String,
    /// When.
    pub clicked_at: Micros,
    /// The page that was visited.
    pub url: Option<String>,
    /// Where the visitor came from.
    pub referrer: Option<String>,
    /// When it was recorded here.
    pub created_at: Micros,
}

/// What a list of clicks may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// The link's partner.
    Partner(&'a str),
    /// The link.
    Link(&'a str),
    /// Clicked then or later.
    From(Micros),
    /// Clicked earlier.
    To(Micros),
}

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Partner(id) => found(" and k.partner_id = ?", [id.into()]),
            // A link stays with its partner.
            Self::Link(id) => found(
                " and k.partner_id = (select l.partner_id from links l
                     where l.organization_id = $1 and l.id = ?) and k.link_id = ?",
                [id.into(), id.into()],
            ),
            Self::From(at) => picked(" and k.clicked_at >= ?", at.0),
            Self::To(at) => picked(" and k.clicked_at < ?", at.0),
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Partner("prt_1"),
    By::Link("lnk_1"),
    By::From(Micros(0)),
    By::To(Micros(0)),
];

const LIST: List = List {
    head: "select k.* from clicks k where k.organization_id = $1",
    positions: "select k.id as position from clicks k where k.organization_id = $1",
    after: " and (k.created_at, k.id) < (
             select c.created_at, c.id from clicks c where c.organization_id = $1 and c.id = ?)",
    until: " and (k.created_at, k.id) >= (
             select u.created_at, u.id from clicks u where u.organization_id = $1 and u.id = ?)",
    end: " order by k.created_at desc, k.id desc limit ?",
    skip: " order by k.created_at desc, k.id desc limit 1 offset ?",
    oldest: None,
};

static GET: Statement =
    Statement::new("select * from clicks where organization_id = $1 and id = $2");

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&GET];

pub(super) fn samples() -> Vec<Sample> {
    // The ids of clicks 19,000 and 18,000 of the test.
    let ends = ("clk_19000", "clk_18000");
    LIST.samples("clicks", &args!["org"], ends, &[], ALL)
}

/// A part of the clicks that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Click>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Click::read(&row))
}

/// A click by its id.
pub async fn find(scope: &Scope<'_>, id: &str) -> Result<Option<Click>, StoreError> {
    let rows = scope.store.read(&GET, args![scope.org, id]).await?;
    rows.first().map(Click::read).transpose()
}

impl Click {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            link_id: text(row, "link_id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            clicked_at: time(row, "clicked_at")?,
            url: opt_text(row, "url")?,
            referrer: opt_text(row, "referrer")?,
            created_at: time(row, "created_at")?,
        })
    }
}
