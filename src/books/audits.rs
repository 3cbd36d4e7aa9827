//! When the ledger was last computed once more and compared, and what came of it. Numbers alone: what differs, `tributary audit` names.

use std::collections::BTreeMap;

use providers::Micros;

use super::Scope;
use super::row::time;
use crate::args;
use crate::store::{Statement, Store, StoreError};

static LAST: Statement = Statement::new(
    "select begun_at, ended_at, sales, left_out, differences, kinds from audits where organization_id = $1",
);
static SAVE: Statement = Statement::new(
    "insert into audits (organization_id, begun_at, ended_at, sales, left_out, differences, kinds)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (organization_id) do update set begun_at = excluded.begun_at, ended_at = excluded.ended_at,
         sales = excluded.sales, left_out = excluded.left_out, differences = excluded.differences, kinds = excluded.kinds",
);
static OF_ALL: Statement = Statement::new(
    "select cast(coalesce(sum(differences), 0) as bigint) as differences, min(ended_at) as oldest_at from audits",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&LAST, &SAVE, &OF_ALL];

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// When it began: what came later is not in it.
    pub begun_at: Micros,
    /// When it had ended.
    pub ended_at: Micros,
    /// Sales that were compared.
    pub sales: i64,
    /// Groups of payments that changed meanwhile, and are compared the next time.
    pub left_out: i64,
    /// What differs.
    pub differences: i64,
    /// The same by what it is: `sale`, `entries`, `figure`, …
    pub kinds: BTreeMap<String, i64>,
}

impl Audited {
    /// What differs, in words: `2 of sale, 1 of figure`.
    pub fn words(&self) -> String {
        let kinds = self.kinds.iter();
        let words: Vec<String> = kinds.map(|(kind, n)| format!("{n} of {kind}")).collect();
        words.join(", ")
    }
}

/// The last one of an organization.
///
/// # Errors
/// What the database says.
pub async fn last(scope: &Scope<'_>) -> Result<Option<Audited>, StoreError> {
    let rows = scope.store.read(&LAST, args![scope.org]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let kinds = serde_json::from_str(row.text("kinds")?);
    Ok(Some(Audited {
        begun_at: time(row, "begun_at")?,
        ended_at: time(row, "ended_at")?,
        sales: row.int("sales")?,
        left_out: row.int("left_out")?,
        differences: row.int("differences")?,
        kinds: kinds.map_err(|_| StoreError::Corrupt("audits.kinds"))?,
    }))
}

/// Keeps one in place of the one before.
///
/// # Errors
/// What the database says.
pub async fn save(scope: &Scope<'_>, audited: &Audited) -> Result<(), StoreError> {
    let kinds = serde_json::to_string(&audited.kinds);
    let kinds = kinds.map_err(|_| StoreError::Corrupt("audits.kinds"))?;
    let mut transaction = scope.store.begin().await?;
    let args = args![
        scope.org,
        audited.begun_at.0,
        audited.ended_at.0,
        audited.sales,
        audited.left_out,
        audited.differences,
        kinds
    ];
    transaction.run(&SAVE, args).await?;
    transaction.commit().await
}

/// Differences of all organizations together, and the oldest of their comparisons.
///
/// # Errors
/// What the database says.
pub async fn of_all(store: &dyn Store) -> Result<(i64, Option<Micros>), StoreError> {
    let rows = store.read(&OF_ALL, args![]).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("audits"))?;
    let oldest = row.opt_int("oldest_at")?.map(Micros);
    Ok((row.int("differences")?, oldest))
}
