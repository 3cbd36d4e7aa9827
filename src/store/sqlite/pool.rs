//! Connections of one kind, and one of them on loan.
//!
//! Who asks first is served first. A connection goes back only when its state is known: whatever leaves it in doubt (a disk that is full, a
//! deadline, a rollback that fails) throws it away, and the next caller opens another.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::block_in_place;

use super::connection::Connection;
use super::file::Watch;
use super::flush::Flush;
use crate::store::Flushing;
use crate::store::error::StoreError;
use crate::store::guard::Session;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};

/// How long undoing a transaction may take.
const GIVE_BACK: Duration = Duration::from_secs(5);

/// Runs what may take a while. Where this is a thread that runs tokio's tasks, the others go on elsewhere meanwhile.
pub(super) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        _ => work(),
    }
}

type Open = dyn Fn(&Path) -> Result<Connection, StoreError> + Send + Sync;

/// Connections of one kind, opened when they are needed.
pub(super) struct Pool {
    file: Arc<Watch>,
    open: Box<Open>,
    size: u32,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// Of those who write.
    flush: Option<Arc<Flush>>,
}

impl Pool {
    /// With room for so many.
    pub(super) fn new(
        file: Arc<Watch>,
        flush: Option<Arc<Flush>>,
        size: u32,
        open: impl Fn(&Path) -> Result<Connection, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            file,
            open: Box::new(open),
            size,
            room: Arc::new(Semaphore::new(size as usize)),
            idle: Mutex::default(),
            flush,
        }
    }

    /// Waits for a connection, for as long as it takes.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent, StoreError> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.map_err(|_closed| StoreError::unavailable("it is closed".to_owned()))?;
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => blocking(|| (self.open)(self.file.path()))?,
        };
        Ok(Lent {
            connection: Some(connection),
            in_doubt: false,
            pool: Arc::clone(self),
            _room: room,
        })
    }

    /// Keeps a connection for the next.
    pub(super) fn take_in(&self, connection: Connection) {
        self.idle().push(connection);
    }

    /// Waits for what is on loan, and closes all.
    pub(super) async fn close(&self) {
        let all = self.room.acquire_many(self.size).await;
        self.room.close();
        let idle = std::mem::take(&mut *self.idle());
        // The last of a file writes back what is in the log.
        blocking(|| drop(idle));
        drop(all);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. Dropped, it undoes an open transaction and goes back, or is thrown away.
pub(super) struct Lent {
    connection: Option<Connection>,
    in_doubt: bool,
    pool: Arc<Pool>,
    /// Given up after the connection is back.
    _room: OwnedSemaphorePermit,
}

impl Lent {
    /// How long a lock is waited for that another process holds.
    pub(super) fn wait_for_locks(&mut self, within: Duration) -> Result<(), StoreError> {
        self.call(|connection| connection.wait_for_locks(within))
    }

    /// Writes all that is in the log back into the file and flushes it there.
    pub(super) fn write_all_back(&mut self) -> Result<(), StoreError> {
        self.call(Connection::write_all_back)
    }

    /// Whether the statement is understood.
    pub(super) fn prepare(&mut self, statement: &Statement) -> Result<(), StoreError> {
        self.call(|connection| connection.prepare(statement))
    }

    fn throw_away(&mut self) {
        self.in_doubt = true;
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &mut self.connection {
            Some(connection) if !self.in_doubt => {
                let outcome = blocking(|| call(connection));
                self.in_doubt = matches!(outcome, Err(StoreError::Unavailable(_)));
                outcome
            }
            _ => Err(StoreError::misuse("the connection is not to be used again")),
        }
    }
}

impl Session for Lent {
    async fn run(
        &mut self,
        statement: &Statement,
        args: Args,
        within: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        self.call(|connection| connection.run(statement, args, within))
    }

    async fn command(&mut self, sql: &'static str, within: Duration) -> Result<(), StoreError> {
        self.call(|connection| connection.command(sql, within))
    }

    /// Into the log; the disk keeps it a moment later, and the writer goes on meanwhile.
    async fn commit(mut self, within: Duration) -> Result<Flushing, StoreError> {
        let outcome = self.call(|connection| connection.command("commit", within));
        if outcome.is_err() {
            self.throw_away();
        }
        outcome?;
        self.pool.file.check_committed()?;
        Ok(match &self.pool.flush {
            Some(flush) => Flushing::asked(flush.ask(), within),
            None => Flushing::over(),
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        if !self.in_doubt && connection.in_transaction() {
            self.in_doubt = connection.command("rollback", GIVE_BACK).is_err();
        }
        if !self.in_doubt {
            self.pool.take_in(connection);
        }
    }
}
