//! What was changed, by whom and why: the lines that [`crate::changes`] writes, newest first. Found by an index: what was changed, who did it, what
//! was done, and when, since lines sort by time.

use providers::Micros;
use serde_json::Value as Json;

use super::list::{Clause, Condition, List, found, newest_first};
use super::row::{opt_text, text, time, word};
use super::{Found, Part, Personal, Sample, Scope};
use crate::args;
use crate::changes::What;
use crate::id;
use crate::store::{Row, StoreError};

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its id.
    pub id: String,
    /// When.
    pub at: Micros,
    /// What did it: `key`, `member`, `command` …
    pub actor_kind: String,
    /// Who did it.
    pub actor_id: String,
    /// As people call it.
    pub actor_name: Personal,
    /// What was done.
    pub what: What,
    /// To what.
    pub subject_id: String,
    /// Why, as it was given.
    pub reason: Option<String>,
    /// What has become different.
    pub details: Json,
}

/// What a list of changes may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// What was changed.
    Subject(&'a str),
    /// Who did it.
    Actor(&'a str),
    /// What was done.
    What(What),
    /// At this time or later.
    From(Micros),
    /// Before this time.
    To(Micros),
}

/// How much later than its change a line's id may be, in seconds.
const LATER_SECONDS: i64 = 60;

impl Condition for By<'_> {
    fn clause(&self) -> Clause {
        match *self {
            Self::Subject(id) => found(" and c.subject_id = ?", [id.into()]),
            Self::Actor(id) => found(" and c.actor_id = ?", [id.into()]),
            Self::What(what) => found(" and c.type = ?", [what.word().into()]),
            Self::From(at) => {
                let first = id::floor(id::CHANGE, at.plus_seconds(-LATER_SECONDS));
                found(
                    " and c.id >= ? and c.changed_at >= ?",
                    [first.into(), at.0.into()],
                )
            }
            Self::To(at) => {
                let last = id::floor(id::CHANGE, at.plus_seconds(LATER_SECONDS));
                found(
                    " and c.id < ? and c.changed_at < ?",
                    [last.into(), at.0.into()],
                )
            }
        }
    }
}

/// One of each, to be tried by a test.
const ALL: &[By<'_>] = &[
    By::Subject("prt_1"),
    By::Actor("key_1"),
    By::What(What::PartnerCreated),
    By::From(Micros(1_000_000_000_000_000)),
    By::To(Micros(2_000_000_000_000_000)),
];

const LIST: List = newest_first!(
    "changes" as "c",
    "select c.* from changes c where c.organization_id = $1"
);

pub(super) fn samples() -> Vec<Sample> {
    let ends = ("chg_00004000", "chg_00003000");
    LIST.samples("changes", &args!["org"], ends, &[], ALL)
}

/// A part of the changes that meet all of `by`.
pub async fn list(
    scope: &Scope<'_>,
    by: &[By<'_>],
    part: Part<'_>,
) -> Result<Found<Change>, StoreError> {
    let rows = LIST.read(scope, args![scope.org], by, part).await?;
    rows.map(|row| Change::read(&row))
}

impl Change {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let details = serde_json::from_str(row.text("details")?);
        Ok(Self {
            id: text(row, "id")?,
            at: time(row, "changed_at")?,
            actor_kind: text(row, "actor_kind")?,
            actor_id: text(row, "actor_id")?,
            actor_name: row.text("actor_name")?.into(),
            what: word(row, "type", What::ALL, What::word)?,
            subject_id: text(row, "subject_id")?,
            reason: opt_text(row, "reason")?,
            details: details.map_err(|_damaged| StoreError::Corrupt("changes.details"))?,
        })
    }
}
