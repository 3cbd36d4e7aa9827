//! One connection to the file: its settings, its prepared statements, and the deadline of each call on it.
//!
//! What it is asked it does at once, on the caller's thread. It never waits without a bound: SQLite gives up a lock it does not get, and a
//! statement that takes too long is interrupted.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::OpenFlags;
use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;

use super::rows::{self, Answer};
use crate::store::Dialect;
use crate::store::error::StoreError;
use crate::store::statement::{Expanded, Statement};
use crate::store::value::{Args, Row, Value};

/// What the writer keeps of the file in memory, in KiB: enough for the pages that a batch touches, many of them anywhere in the file. Not far more,
/// since SQLite goes through all that it keeps at many a commit.
const WRITER_CACHE_KIB: i64 = 16_384;
/// How long writing the log back may take.
const WRITE_BACK: Duration = Duration::from_mins(1);
const STATEMENTS_CACHED: usize = 512;
/// Steps of a statement after which it looks at the clock: less than a millisecond.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Writes, and reads what it writes.
    Writer,
    /// Only reads.
    Reader,
}

/// A connection.
pub(super) struct Connection {
    inner: rusqlite::Connection,
    deadline: Arc<Deadline>,
}

impl Connection {
    /// Opens a file that is there. What another process has locked is waited for, for as long as `busy`.
    pub(super) fn open(file: &Path, role: Role, busy: Duration) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut inner = rusqlite::Connection::open_with_flags(file, flags)?;
        inner.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
        inner.busy_timeout(busy)?;
        if role == Role::Writer {
            inner.pragma_update(None, "journal_mode", "wal")?;
            inner.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
            // What undoes a statement of many rows is no file to be made and deleted.
            inner.pragma_update(None, "temp_store", "memory")?;
            // A value never decides about a plan. Else a condition on a column that a partial index names (`livemode = ?`) has the statement prepared
            // again whenever another value is bound.
            inner.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        }
        // The disk's flush of a commit is ours: see `flush`. What makes a file whole again after a loss of power, SQLite flushes itself.
        inner.pragma_update(None, "synchronous", "normal")?;
        inner.pragma_update(None, "foreign_keys", true)?;
        if role == Role::Writer {
            check_settings(&inner)?;
        } else {
            inner.pragma_update(None, "query_only", true)?;
        }
        let deadline = Arc::new(Deadline::default());
        let looks_at = Arc::clone(&deadline);
        let late = move || looks_at.is_past();
        inner.progress_handler(STEPS_BETWEEN_LOOKS, Some(late))?;
        Ok(Self { inner, deadline })
    }

    /// Has something done after each commit, given how many pages are in the log.
    pub(super) fn after_commit(
        &mut self,
        act: impl FnMut(&mut Wal, i32) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), StoreError> {
        Ok(self.inner.wal_hook(Some(act))?)
    }

    /// Writes back into the file what is in the log, as far as nobody reads an older state.
    pub(super) fn write_log_back(&mut self) -> Result<(), StoreError> {
        self.command("pragma wal_checkpoint(passive)", WRITE_BACK)
    }

    /// Writes all that is in the log back into the file and flushes it there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the disk fails, and where somebody reads an older state for too long.
    pub(super) fn write_all_back(&mut self) -> Result<(), StoreError> {
        self.deadline.set(WRITE_BACK);
        let left: i64 = self
            .inner
            .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        if left != 0 {
            return Err(StoreError::unavailable(
                "the log cannot be written back while an older state is read".to_owned(),
            ));
        }
        Ok(())
    }

    /// How long a lock is waited for that another process holds.
    pub(super) fn wait_for_locks(&self, within: Duration) -> Result<(), StoreError> {
        Ok(self.inner.busy_timeout(within)?)
    }

    /// Whether a transaction has begun and is neither committed nor undone.
    pub(super) fn in_transaction(&self) -> bool {
        !self.inner.is_autocommit()
    }

    /// Runs a statement; answers its rows.
    pub(super) fn run(
        &mut self,
        statement: &Statement,
        args: Args,
        within: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let expanded = statement.expanded(Dialect::Sqlite)?;
        let (scalars, batch) = expanded.check(args)?;
        self.deadline.set(within);
        let outcome = self.answer(expanded, &scalars, &batch);
        outcome.map_err(|error| self.name_late(error, within))
    }

    fn answer(
        &self,
        expanded: &Expanded,
        scalars: &[Value],
        batch: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.inner.prepare_cached(&expanded.sql)?;
        for (value, place) in scalars.iter().zip(1_usize..) {
            statement.raw_bind_parameter(place, rows::bound(value))?;
        }
        let mut answer = Answer::default();
        let width = expanded.columns.len();
        if expanded.each_row {
            for row in batch.chunks_exact(width) {
                for (value, place) in row.iter().zip(expanded.scalars + 1..) {
                    statement.raw_bind_parameter(place, rows::bound(value))?;
                }
                answer.take(&mut statement)?;
            }
        } else {
            if width > 0 {
                let json = rows::json(&expanded.columns, batch)?;
                statement.raw_bind_parameter(expanded.scalars + 1, json)?;
            }
            answer.take(&mut statement)?;
        }
        Ok(answer.into_rows())
    }

    /// Runs a fixed text of one or more statements that answer nothing.
    pub(super) fn command(&mut self, sql: &str, within: Duration) -> Result<(), StoreError> {
        self.deadline.set(within);
        let outcome = self.inner.execute_batch(sql);
        outcome.map_err(|error| self.name_late(error.into(), within))
    }

    /// Whether the statement is understood.
    pub(super) fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        let expanded = statement.expanded(Dialect::Sqlite)?;
        self.inner.prepare(&expanded.sql)?;
        Ok(())
    }

    /// What was interrupted was late.
    fn name_late(&self, error: StoreError, within: Duration) -> StoreError {
        if self.deadline.is_past() && error.is_interruption() {
            return StoreError::late(within);
        }
        error
    }
}

/// Whether what is confirmed is there after a loss of power, and refers to what is there.
fn check_settings(connection: &rusqlite::Connection) -> Result<(), StoreError> {
    const NORMAL: i64 = 1;
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if journal != "wal" {
        return Err(StoreError::Unsafe(
            "SQLite cannot use WAL on this file system; keep the file on a local disk",
        ));
    }
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let foreign_keys: bool =
        connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    if synchronous != NORMAL || !foreign_keys {
        return Err(StoreError::Unsafe(
            "SQLite did not take `synchronous=normal` and `foreign_keys=on`",
        ));
    }
    Ok(())
}

/// When the call under way must have ended.
struct Deadline {
    opened: Instant,
    /// In microseconds since then.
    at: AtomicU64,
}

impl Default for Deadline {
    fn default() -> Self {
        Self {
            opened: Instant::now(),
            at: AtomicU64::new(u64::MAX),
        }
    }
}

impl Deadline {
    fn set(&self, within: Duration) {
        let at = micros(self.opened.elapsed().saturating_add(within));
        self.at.store(at, Ordering::Relaxed);
    }

    fn is_past(&self) -> bool {
        micros(self.opened.elapsed()) > self.at.load(Ordering::Relaxed)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::args;

    #[test]
    fn a_statement_is_prepared_once_whatever_it_is_given() {
        static NEXT: Statement =
            Statement::new("select id from t where livemode = $1 and id > $2 order by id limit 1");
        let file = std::env::temp_dir().join(format!("tributary-prepared-{}", std::process::id()));
        std::fs::write(&file, []).unwrap();
        let second = Duration::from_secs(1);
        let mut connection = Connection::open(&file, Role::Writer, second).unwrap();
        let schema = "create table t (id text primary key, livemode integer) strict;
             create index t_test on t (id) where livemode = 0;
             insert into t values ('a', 1), ('b', 0)";
        connection.command(schema, second).unwrap();
        for (livemode, id) in [(true, ""), (false, ""), (true, "a"), (false, "a")] {
            let found = connection.run(&NEXT, args![livemode, id], second).unwrap();
            assert_eq!(found.len(), usize::from(!livemode || id.is_empty()));
        }
        let sql = &NEXT.expanded(Dialect::Sqlite).unwrap().sql;
        let statement = connection.inner.prepare_cached(sql).unwrap();
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        drop(statement);
        drop(connection);
        std::fs::remove_file(&file).unwrap();
    }
}
