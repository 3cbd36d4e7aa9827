//! The guard of connections and transactions: every call has an end, after an error a transaction is over, and a connection of which nobody knows
//! the state is thrown away.
//!
//! A driver says how a statement is run, as a [`Driver`]; everything else about a transaction stands here. It knows no dialect, and it must never
//! try anything again, commit what a caller may have seen fail, or lend a connection again that did not come back whole.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::PoolConnection;
use sqlx::{Executor, Pool, SqlSafeStr};
use sqlx_core::transaction::TransactionManager as _;

use crate::store::Transaction;
use crate::store::error::StoreError;
use crate::store::migrate::Script;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};

/// How long the database may take. What takes longer has failed, whatever becomes of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadlines {
    /// For a statement, the beginning of a transaction among them.
    pub(super) statement: Duration,
    /// For a commit.
    pub(super) commit: Duration,
}

/// How one of the databases runs a statement.
pub(super) trait Driver: sqlx::Database {
    /// How long it may take.
    const DEADLINES: Deadlines;

    /// Runs a statement; answers its rows.
    fn run(
        connection: &mut Self::Connection,
        statement: &'static Statement,
        args: Args,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Whether the connection that answered this cannot be used any more.
    fn is_spoilt_by(error: &StoreError) -> bool;
}

/// A connection on loan. It is thrown away unless its last call came to an end that leaves it usable.
struct Lease<D: Driver> {
    connection: PoolConnection<D>,
    is_whole: bool,
}

impl<D: Driver> Lease<D> {
    async fn take(pool: &Pool<D>) -> Result<Self, StoreError> {
        Ok(Self {
            connection: pool.acquire().await?,
            is_whole: true,
        })
    }

    /// Notes how a call has ended. Before it ended [`Self::is_whole`] was false: its future may be dropped.
    fn ended<T>(&mut self, outcome: &Result<T, StoreError>) {
        let is_spoilt = outcome.as_ref().err().is_some_and(D::is_spoilt_by);
        self.is_whole = !is_spoilt;
    }

    async fn run(
        &mut self,
        statement: &'static Statement,
        args: Args,
    ) -> Result<Vec<Row>, StoreError> {
        self.is_whole = false;
        let running = D::run(&mut self.connection, statement, args);
        let outcome = within(D::DEADLINES.statement, running).await;
        self.ended(&outcome);
        outcome
    }
}

impl<D: Driver> Drop for Lease<D> {
    fn drop(&mut self) {
        if !self.is_whole {
            self.connection.close_on_drop();
        }
    }
}

/// Waits for the database, but not for ever.
async fn within<T, E: Into<StoreError>>(
    deadline: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(deadline, call).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(StoreError::unavailable(format!(
            "it did not answer within {} seconds",
            deadline.as_secs()
        ))),
    }
}

/// Answers a select outside any transaction.
pub(super) async fn read<D: Driver>(
    pool: &Pool<D>,
    statement: &'static Statement,
    args: Args,
) -> Result<Vec<Row>, StoreError> {
    Lease::take(pool).await?.run(statement, args).await
}

/// A transaction that is over after an error. Dropped, it is undone.
pub(super) struct Guarded<D: Driver> {
    lease: Lease<D>,
    is_over: bool,
    is_open: bool,
}

impl<D: Driver> Guarded<D> {
    /// Begins a transaction, with a statement other than `begin` where one is given.
    pub(super) async fn begin(
        pool: &Pool<D>,
        statement: Option<&'static str>,
    ) -> Result<Self, StoreError> {
        let mut lease = Lease::take(pool).await?;
        lease.is_whole = false;
        let statement = statement.map(SqlSafeStr::into_sql_str);
        let beginning = D::TransactionManager::begin(&mut lease.connection, statement);
        let begun = within(D::DEADLINES.statement, beginning).await;
        lease.ended(&begun);
        begun?;
        Ok(Self {
            lease,
            is_over: false,
            is_open: true,
        })
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.is_over {
            return Err(StoreError::misuse("the transaction is over after an error"));
        }
        Ok(())
    }
}

impl<D: Driver> Drop for Guarded<D> {
    fn drop(&mut self) {
        if self.is_open && self.lease.is_whole {
            // Done before the connection is lent again.
            D::TransactionManager::start_rollback(&mut self.lease.connection);
        }
    }
}

#[async_trait]
impl<D: Driver> Transaction for Guarded<D> {
    async fn run(
        &mut self,
        statement: &'static Statement,
        args: Args,
    ) -> Result<Vec<Row>, StoreError> {
        self.check()?;
        // Stays set if the statement fails, or if the caller drops this future half-way.
        self.is_over = true;
        let rows = self.lease.run(statement, args).await?;
        self.is_over = false;
        Ok(rows)
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        // PostgreSQL answers a commit after an error with success, and undoes everything.
        self.check()?;
        self.lease.is_whole = false;
        let committing = D::TransactionManager::commit(&mut self.lease.connection);
        within(D::DEADLINES.commit, committing).await?;
        self.lease.is_whole = true;
        self.is_open = false;
        Ok(())
    }
}

#[async_trait]
impl<D: Driver> Script for Guarded<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    /// Without a deadline: a migration may go through whole tables.
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.check()?;
        (self.is_over, self.lease.is_whole) = (true, false);
        let outcome = sqlx::raw_sql(sql)
            .execute(&mut *self.lease.connection)
            .await;
        let outcome = outcome.map(drop).map_err(StoreError::from);
        self.lease.ended(&outcome);
        outcome?;
        self.is_over = false;
        Ok(())
    }
}
