//! The guard of a transaction: after an error it is over, in the same way on both databases.
//!
//! A driver says how a statement is run, as a [`Driver`]; everything else about a transaction stands here. It knows no dialect, and it must never
//! try anything again or commit what a caller may have seen fail.

use async_trait::async_trait;
use sqlx::Executor;

use crate::store::Transaction;
use crate::store::error::StoreError;
use crate::store::migrate::Script;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};

/// How one of the databases runs a statement.
pub(super) trait Driver: sqlx::Database {
    /// Runs a statement; answers its rows.
    fn run(
        connection: &mut Self::Connection,
        statement: &'static Statement,
        args: Args,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;
}

/// A transaction that is over after an error. Dropped, it is undone.
pub(super) struct Guarded<D: Driver> {
    inner: sqlx::Transaction<'static, D>,
    over: bool,
}

impl<D: Driver> Guarded<D> {
    pub(super) const fn new(inner: sqlx::Transaction<'static, D>) -> Self {
        Self { inner, over: false }
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.over {
            return Err(StoreError::misuse("the transaction is over after an error"));
        }
        Ok(())
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
        self.over = true;
        let rows = D::run(&mut self.inner, statement, args).await?;
        self.over = false;
        Ok(rows)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        // PostgreSQL answers a commit after an error with success, and undoes everything.
        self.check()?;
        Ok(self.inner.commit().await?)
    }
}

#[async_trait]
impl<D: Driver> Script for Guarded<D>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.check()?;
        self.over = true;
        sqlx::raw_sql(sql).execute(&mut *self.inner).await?;
        self.over = false;
        Ok(())
    }
}
