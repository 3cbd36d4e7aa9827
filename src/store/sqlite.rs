//! SQLite: one connection that writes, a few that read, WAL, and a disk flush of every commit before anybody is told of it.
//!
//! A statement runs on the thread that asks for it: it takes microseconds, and handing it to another thread and back would take longer.
//! Every transaction begins as a writer (`begin immediate`): one that reads first and writes later would fail at once, without waiting, where
//! another wrote in between. A file that is made here is the owner's alone: it holds customers' data and webhook secrets. Settings of durability are ours and are read back when opening; an address cannot weaken them.

pub mod backup;
mod connection;
mod file;
mod flush;
mod log;
mod pool;
mod rows;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use percent_encoding::percent_decode_str;
use tokio::time::{Instant, timeout};

use self::connection::{Connection, Role};
use self::file::Watch;
use self::flush::Flush;
use self::log::Log;
use self::pool::{Lent, Pool, blocking};
use crate::store::error::StoreError;
use crate::store::guard::{Guarded, Session as _};
use crate::store::migrate::{self, Migration};
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};
use crate::store::{Deadlines, Dialect, Options, Store, Transaction};

const READERS: u32 = 4;

pub(super) struct SqliteStore {
    write: Arc<Pool>,
    read: Arc<Pool>,
    file: Arc<Watch>,
    flush: Arc<Flush>,
    log: Arc<Log>,
    deadlines: Deadlines,
    migrations: &'static [Migration],
}

impl SqliteStore {
    pub(super) fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let file = file_of(url)?;
        file::make(&file)?;
        Self::connect(&file, options, Flush::of).map_err(|error| file::refusal(&file, error))
    }

    /// `flush` makes what has the disk keep the write-ahead log at a path.
    fn connect(
        file: &Path,
        options: Options,
        flush: impl FnOnce(&Path) -> Result<Flush, StoreError>,
    ) -> Result<Self, StoreError> {
        // The writer first: it turns WAL on, which the readers then find.
        let busy = patience(options.deadlines.begin);
        let log = Log::of(file, move |file| Connection::open(file, Role::Writer, busy));
        let of_log = Arc::clone(&log);
        let open = move |file: &Path| {
            let mut writer = Connection::open(file, Role::Writer, busy)?;
            writer.after_commit(of_log.after_commit())?;
            Ok(writer)
        };
        let writer = blocking(|| open(file))?;
        let watch = Arc::new(Watch::on(file)?);
        let flush = Arc::new(flush(watch.log())?);
        let flushed = Some(Arc::clone(&flush));
        let write = Arc::new(Pool::new(Arc::clone(&watch), flushed, 1, open));
        let open = move |file: &Path| Connection::open(file, Role::Reader, busy);
        let read = Arc::new(Pool::new(Arc::clone(&watch), None, READERS, open));
        write.take_in(writer);
        Ok(Self {
            write,
            read,
            file: watch,
            flush,
            log,
            deadlines: options.deadlines,
            migrations: options.migrations,
        })
    }

    async fn lend(&self, pool: &Arc<Pool>) -> Result<Lent, StoreError> {
        let within = self.deadlines.begin;
        let lent = timeout(within, pool.lend()).await;
        lent.unwrap_or_else(|_late| Err(StoreError::late(within)))
    }

    async fn transaction(&self) -> Result<Guarded<Lent>, StoreError> {
        let asked = Instant::now();
        let mut lent = self.lend(&self.write).await?;
        // Who has waited for a writer of this process waits the less for another's.
        let within = self.deadlines.begin.saturating_sub(asked.elapsed());
        lent.wait_for_locks(patience(within))?;
        if self.flush.is_in_doubt() {
            lent.write_all_back()?;
            self.flush.doubt_is_gone();
        }
        let begun = lent.command("begin immediate", within).await;
        begun.map_err(locked)?;
        Ok(Guarded::new(lent, self.deadlines))
    }

    async fn bring_up_to_date(&self) -> Result<(), StoreError> {
        let mut transaction = self.transaction().await?;
        migrate::apply(&mut transaction, self.migrations, Dialect::Sqlite).await?;
        Box::new(transaction).commit().await?;
        // A connection reads the planner's statistics when it is opened: this one was, before they were there.
        let mut lent = self.lend(&self.write).await?;
        let within = self.deadlines.statement;
        lent.command("analyze sqlite_schema", within).await
    }

    /// On a connection that reads, so that it is in no writer's way.
    async fn snapshot(&self) -> Result<Guarded<Lent>, StoreError> {
        let mut lent = self.lend(&self.read).await?;
        lent.command("begin", self.deadlines.begin).await?;
        Ok(Guarded::new(lent, self.deadlines))
    }
}

/// How long SQLite tries to get a lock: shorter than the caller waits, so that it is SQLite that gives up.
fn patience(within: Duration) -> Duration {
    within.mul_f32(0.9)
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

/// The file that an address names.
pub(super) fn file_of(url: &str) -> Result<PathBuf, StoreError> {
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
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = percent_decode_str(path).decode_utf8();
    Ok(PathBuf::from(
        path.map_err(|_| StoreError::Url(FORM))?.into_owned(),
    ))
}

#[async_trait]
impl Store for SqliteStore {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.file.check()?;
        let mut lent = self.lend(&self.read).await?;
        lent.run(statement, args, self.deadlines.statement).await
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
        let mut lent = self.lend(&self.read).await?;
        lent.prepare(statement)
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        // A file that may only be read shows it here first.
        let migrated = self.bring_up_to_date().await;
        migrated.map_err(|error| file::refusal(self.file.path(), error))
    }

    async fn close(&self) {
        self.read.close().await;
        // What is left in the log the last connection writes back.
        blocking(|| self.log.end());
        blocking(|| self.flush.end());
        self.write.close().await;
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}
