//! The connections of one process: a pool, and above it those that were used last, which are used first.
//!
//! The pool hands out the one that has rested the longest, and asks it for a sign of life each time. So each batch would meet another process of the
//! server, which has none of its plans and pages at hand; a batch took half as long again. What was used last is kept apart, and asked for a
//! sign of life only after a moment. No connection is kept that somebody may be waiting for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgPool, Postgres};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep, timeout};

use super::command;
use crate::store::error::StoreError;

/// How many are kept apart at most: a batch of the ledger, and what is read meanwhile.
const MOST: usize = 4;

/// What was used so lately is taken to be alive.
const FRESH: Duration = Duration::from_millis(100);

/// How often who waits for the pool looks at what is kept apart.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long a connection may take to undo what was not committed, and to show that it still answers.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// All of a process.
pub(super) struct Connections {
    pool: PgPool,
    last_used: Mutex<Vec<Rested>>,
}

struct Rested {
    connection: PoolConnection<Postgres>,
    since: Instant,
}

impl Connections {
    pub(super) fn of(pool: PgPool) -> Arc<Self> {
        Arc::new(Self {
            pool,
            last_used: Mutex::default(),
        })
    }

    /// One that nobody uses. Waits for at most as long as the pool is set to.
    pub(super) async fn take(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        if let Some(connection) = self.take_last_used().await {
            return Ok(connection);
        }
        let from_pool = self.pool.acquire();
        tokio::pin!(from_pool);
        loop {
            tokio::select! {
                biased;
                taken = &mut from_pool => return Ok(taken?),
                () = sleep(LOOK_EVERY) => if let Some(connection) = self.take_last_used().await {
                    return Ok(connection);
                },
            }
        }
    }

    async fn take_last_used(&self) -> Option<PoolConnection<Postgres>> {
        while let Some(Rested {
            mut connection,
            since,
        }) = self.pop()
        {
            if since.elapsed() < FRESH {
                return Some(connection);
            }
            match timeout(SIGN_OF_LIFE, connection.ping()).await {
                Ok(Ok(())) => return Some(connection),
                // Closing it makes room for another.
                Ok(Err(_)) | Err(_) => drop(connection.detach()),
            }
        }
        None
    }

    fn kept(&self) -> MutexGuard<'_, Vec<Rested>> {
        let kept = self.last_used.lock();
        kept.unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> Option<Rested> {
        self.kept().pop()
    }

    /// Takes one back that is as it was taken, or, where a transaction is open on it, is so once that is undone.
    pub(super) fn give_back(
        self: &Arc<Self>,
        connection: PoolConnection<Postgres>,
        in_transaction: bool,
    ) {
        let Ok(runtime) = Handle::try_current() else {
            // Closing ends what it was doing, and the pool has room for another.
            drop(connection.detach());
            return;
        };
        if in_transaction {
            runtime.spawn(undo(Arc::clone(self), connection));
        } else if let Some(connection) = self.keep(connection) {
            runtime.spawn(to_pool(connection));
        }
    }

    /// Gives it back where too many are kept already, or somebody may be waiting for it.
    fn keep(&self, connection: PoolConnection<Postgres>) -> Option<PoolConnection<Postgres>> {
        let most = self.pool.options().get_max_connections();
        let is_free = self.pool.num_idle() > 0 || self.pool.size() < most;
        if !is_free || self.pool.is_closed() {
            return Some(connection);
        }
        let mut last_used = self.kept();
        if last_used.len() >= MOST {
            return Some(connection);
        }
        last_used.push(Rested {
            connection,
            since: Instant::now(),
        });
        None
    }

    /// Closes all, when those in use have been given back.
    pub(super) async fn close(&self) {
        let closing = self.pool.close();
        while self.pop().is_some() {}
        closing.await;
    }

    /// For what sqlx prepares.
    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }
}

async fn undo(connections: Arc<Connections>, mut connection: PoolConnection<Postgres>) {
    match timeout(SIGN_OF_LIFE, command(&mut connection, "rollback")).await {
        Ok(Ok(())) => connections.give_back(connection, false),
        Ok(Err(_)) | Err(_) => drop(connection.detach()),
    }
}

/// Left to itself the pool asks the connection for a sign of life without a bound. Where none comes this drops it.
async fn to_pool(mut connection: PoolConnection<Postgres>) {
    let _ = timeout(SIGN_OF_LIFE, connection.return_to_pool()).await;
}
