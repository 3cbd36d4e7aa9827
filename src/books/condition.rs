//! The condition of the database itself: its clock, its size, and whether it keeps what it confirms.

use providers::Micros;

use crate::args;
use crate::store::{Statement, Store, StoreError};

// A file has this machine's clock, and its durability is set and read back when it is opened.
static CONDITION: Statement = Statement::per_dialect(
    "select 'on' as fsync, 'on' as full_page_writes, cast(null as integer) as clock,
         (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as size",
    "select current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
         cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) as clock, pg_database_size(current_database()) as size",
);

/// To be prepared by a test.
pub(super) static STATEMENTS: &[&Statement] = &[&CONDITION];

/// The condition of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Its clock, where it is another machine's.
    pub clock: Option<Micros>,
    /// What it takes, in bytes.
    pub bytes: Option<i64>,
    /// Settings that are off and give up what was confirmed.
    pub unsafe_settings: Vec<String>,
}

/// The condition of a database, now.
///
/// # Errors
/// What the database says.
pub async fn of(store: &dyn Store) -> Result<Condition, StoreError> {
    let rows = store.read(&CONDITION, args![]).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("settings"))?;
    let mut unsafe_settings = Vec::new();
    for name in ["fsync", "full_page_writes"] {
        if row.text(name)? == "off" {
            unsafe_settings.push(name.to_owned());
        }
    }
    Ok(Condition {
        clock: row.opt_int("clock")?.map(Micros),
        bytes: row.opt_int("size")?,
        unsafe_settings,
    })
}
