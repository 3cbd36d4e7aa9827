//! SQLite: one connection that writes, a few that read, WAL, and a disk flush at every commit.
//!
//! Every transaction begins as a writer (`begin immediate`): one that reads first and writes later would fail at once, without waiting, where
//! another wrote in between. A file that is made here is the owner's alone: it holds customers' data and webhook secrets. Settings of durability are ours and are read back when opening; an address cannot weaken them.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{
    Arguments as _, AssertSqlSafe, Executor as _, Row as _, Sqlite, SqliteConnection,
    SqliteExecutor, SqlitePool, TypeInfo as _, ValueRef as _,
};

use tokio::time::timeout;

use crate::store::error::StoreError;
use crate::store::guard::{Driver, Guarded};
use crate::store::lease::Lease;
use crate::store::migrate::{self, Migration};
use crate::store::statement::{ColumnType, Statement};
use crate::store::value::{self, Args, Row, Value};
use crate::store::{Deadlines, Dialect, Options, Store, Transaction};

mod file;

use self::file::Watch;

const READERS: u32 = 4;
/// What the writer keeps of the file in memory, in KiB: a sale touches some thirty pages, many of them anywhere in the file.
const WRITER_CACHE_KIB: u32 = 65_536;
const STATEMENTS_CACHED: usize = 512;

pub(super) struct SqliteStore {
    write: SqlitePool,
    read: SqlitePool,
    file: Arc<Watch>,
    deadlines: Deadlines,
    migrations: &'static [Migration],
}

impl SqliteStore {
    pub(super) async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let connect = connect_options(url, options.deadlines)?;
        let file = connect.get_filename().to_owned();
        file::make(&file)?;
        Self::connect(connect, options)
            .await
            .map_err(|error| file::refusal(&file, error))
    }

    async fn connect(connect: SqliteConnectOptions, options: Options) -> Result<Self, StoreError> {
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(options.deadlines.begin)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        // The writer first: it turns WAL on, which the readers then find.
        let write = pool()
            .max_connections(1)
            .connect_with(
                connect
                    .clone()
                    .journal_mode(SqliteJournalMode::Wal)
                    .pragma("cache_size", format!("-{WRITER_CACHE_KIB}"))
                    // What undoes a statement of many rows is no file to be made and deleted.
                    .pragma("temp_store", "memory"),
            )
            .await?;
        let file = connect.get_filename().to_owned();
        let read = pool()
            .max_connections(READERS)
            .connect_with(connect.pragma("query_only", "on"))
            .await?;
        let store = Self {
            write,
            read,
            file: Arc::new(Watch::on(&file)?),
            deadlines: options.deadlines,
            migrations: options.migrations,
        };
        store.check_settings().await?;
        Ok(store)
    }

    async fn check_settings(&self) -> Result<(), StoreError> {
        static SETTINGS: Statement = Statement::new(
            "select (select journal_mode from pragma_journal_mode) as journal_mode, (select synchronous from pragma_synchronous) as synchronous, \
             (select foreign_keys from pragma_foreign_keys) as foreign_keys",
        );
        const FULL: i64 = 2;
        for row in fetch(&self.write, &SETTINGS, Args::new()).await? {
            if row.text("journal_mode")? != "wal" {
                return Err(StoreError::Unsafe(
                    "SQLite cannot use WAL on this file system; keep the file on a local disk",
                ));
            }
            if row.int("synchronous")? != FULL || !row.flag("foreign_keys")? {
                return Err(StoreError::Unsafe(
                    "SQLite did not take `synchronous=full` and `foreign_keys=on`",
                ));
            }
        }
        Ok(())
    }

    async fn transaction(&self) -> Result<Guarded<Sqlite>, StoreError> {
        let within = self.deadlines.begin;
        let begun = async {
            let mut lease = Lease::of(&self.write).await?;
            lease
                .begin("begin immediate", within)
                .await
                .map_err(locked)?;
            let file = Arc::clone(&self.file);
            let witness = Arc::new(move || file.check_committed());
            Ok(Guarded::new(lease, self.deadlines, Some(witness)))
        };
        let begun = timeout(within, begun).await;
        begun.unwrap_or_else(|_late| Err(StoreError::late(within)))
    }

    /// On a connection that reads, so that it is in no writer's way.
    async fn snapshot(&self) -> Result<Guarded<Sqlite>, StoreError> {
        let mut lease = Lease::of(&self.read).await?;
        lease.begin("begin", self.deadlines.begin).await?;
        Ok(Guarded::new(lease, self.deadlines, None))
    }
}

/// The file that an address names.
pub(super) fn file_of(url: &str) -> Result<PathBuf, StoreError> {
    let connect = connect_options(url, Deadlines::default())?;
    Ok(connect.get_filename().to_owned())
}

/// Who has waited as long as is allowed does not wait as long again.
fn locked(error: StoreError) -> StoreError {
    match error {
        StoreError::Busy => {
            StoreError::unavailable("another process holds the lock of the file".to_owned())
        }
        other => other,
    }
}

fn connect_options(url: &str, deadlines: Deadlines) -> Result<SqliteConnectOptions, StoreError> {
    const FORM: &str = "must name a file: `sqlite://path/to/file.db`";
    let path = url.strip_prefix("sqlite:").ok_or(StoreError::Url(FORM))?;
    if path.contains(":memory:") {
        return Err(StoreError::Url(
            "names a database in memory, which would lose everything; name a file: `sqlite://path/to/file.db`",
        ));
    }
    if path.contains('?') {
        return Err(StoreError::Url(
            "takes no `?` settings for SQLite; name a file only: `sqlite://path/to/file.db`",
        ));
    }
    if path.trim_start_matches('/').is_empty() {
        return Err(StoreError::Url(FORM));
    }
    let options: SqliteConnectOptions = url
        .parse()
        .map_err(|_: sqlx::Error| StoreError::Url(FORM))?;
    Ok(options
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Shorter, so that it is SQLite that gives up.
        .busy_timeout(deadlines.begin.mul_f32(0.9))
        .statement_cache_capacity(STATEMENTS_CACHED))
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.file.check()?;
        let mut lease = Lease::of(&self.read).await?;
        lease.run(statement, args, self.deadlines.statement).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.file.check()?;
        Ok(Box::new(self.transaction().await?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.file.check()?;
        Ok(Box::new(self.snapshot().await?))
    }

    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        let expanded = statement.expanded(Dialect::Sqlite)?;
        self.read
            .acquire()
            .await?
            .prepare(sqlx::SqlSafeStr::into_sql_str(AssertSqlSafe(Arc::clone(
                &expanded.sql,
            ))))
            .await?;
        Ok(())
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        // A file that may only be read shows it here first.
        let transaction = self.transaction().await;
        let mut transaction =
            transaction.map_err(|error| file::refusal(self.file.path(), error))?;
        migrate::apply(&mut transaction, self.migrations, Dialect::Sqlite).await?;
        Box::new(transaction).commit().await?;
        // A connection reads the planner's statistics when it is opened: this one was, before they were there.
        sqlx::raw_sql("analyze sqlite_schema")
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

impl Driver for Sqlite {
    async fn run(
        connection: &mut SqliteConnection,
        statement: &Statement,
        args: Args,
    ) -> Result<Vec<Row>, StoreError> {
        fetch(connection, statement, args).await
    }

    async fn command(
        connection: &mut SqliteConnection,
        sql: &'static str,
    ) -> Result<(), StoreError> {
        sqlx::raw_sql(sql).execute(connection).await?;
        Ok(())
    }
}

async fn fetch(
    executor: impl SqliteExecutor<'_>,
    statement: &Statement,
    args: Args,
) -> Result<Vec<Row>, StoreError> {
    let expanded = statement.expanded(Dialect::Sqlite)?;
    let (scalars, batch) = expanded.check(args)?;
    let mut arguments = SqliteArguments::default();
    for scalar in scalars {
        match scalar {
            Value::Null => arguments.add(None::<i64>),
            Value::Int(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    if !expanded.columns.is_empty() {
        arguments
            .add(json(&expanded.columns, &batch)?)
            .map_err(sqlx::Error::Encode)?;
    }
    let rows = sqlx::query_with(AssertSqlSafe(Arc::clone(&expanded.sql)), arguments)
        .fetch_all(executor)
        .await?;
    value::read_rows(&rows, read_value)
}

/// The batch as an array of arrays; bytes as hexadecimal digits.
fn json(columns: &[ColumnType], values: &[Value]) -> Result<String, StoreError> {
    let mut json = String::from("[");
    for (index, row) in values.chunks_exact(columns.len()).enumerate() {
        json.push_str(if index == 0 { "[" } else { ",[" });
        for (column, value) in row.iter().enumerate() {
            if column > 0 {
                json.push(',');
            }
            match value {
                Value::Null => json.push_str("null"),
                // Writing to a string cannot fail.
                Value::Int(value) => drop(write!(json, "{value}")),
                Value::Text(value) => {
                    json.push_str(
                        &serde_json::to_string(value)
                            .map_err(|_| StoreError::misuse("a text of the batch is not JSON"))?,
                    );
                }
                Value::Bytes(value) => drop(write!(json, "\"{}\"", hex::encode(value))),
            }
        }
        json.push(']');
    }
    json.push(']');
    Ok(json)
}

fn read_value(row: &SqliteRow, index: usize) -> Result<Value, StoreError> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    match value.type_info().name() {
        "INTEGER" => Ok(Value::Int(row.try_get(index)?)),
        "TEXT" => Ok(Value::Text(row.try_get(index)?)),
        "BLOB" => Ok(Value::Bytes(row.try_get(index)?)),
        _ => Err(StoreError::misuse(
            "a column is neither a whole number, a text nor bytes",
        )),
    }
}
