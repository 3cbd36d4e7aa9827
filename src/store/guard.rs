//! The guard of a transaction: after an error it is over, in the same way on both databases.
//!
//! A driver says how a statement is run, as a [`Driver`]; everything else about a transaction stands here. It knows no dialect, and it must never
//! try anything again or commit what a caller may have seen fail.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::store::error::StoreError;
use crate::store::lease::Lease;
use crate::store::migrate::Script;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};
use crate::store::{Deadlines, Transaction};

/// A migration may take as long as it needs.
const MIGRATION_TIMEOUT: Duration = Duration::from_hours(24);

/// How one of the databases runs a statement.
pub(super) trait Driver: sqlx::Database {
    /// Runs a statement; answers its rows.
    fn run(
        connection: &mut Self::Connection,
        statement: &Statement,
        args: Args,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Runs a fixed text of one or more statements that answer nothing.
    fn command(
        connection: &mut Self::Connection,
        sql: &'static str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether what has been committed is where it belongs.
pub(super) type Witness = dyn Fn() -> Result<(), StoreError> + Send + Sync;

/// A transaction that is over after an error. Dropped, it is undone.
pub(super) struct Guarded<D: Driver> {
    lease: Lease<D>,
    deadlines: Deadlines,
    witness: Option<Arc<Witness>>,
    over: bool,
}

impl<D: Driver> Guarded<D> {
    /// A transaction that `lease` has begun. After a commit `witness` has the last word.
    pub(super) const fn new(
        lease: Lease<D>,
        deadlines: Deadlines,
        witness: Option<Arc<Witness>>,
    ) -> Self {
        Self {
            lease,
            deadlines,
            witness,
            over: false,
        }
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
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.check()?;
        // Stays set if the statement fails, or if the caller drops this future half-way.
        self.over = true;
        let within = self.deadlines.statement;
        let rows = self.lease.run(statement, args, within).await?;
        self.over = false;
        Ok(rows)
    }

    async fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        // PostgreSQL answers a commit after an error with success, and undoes everything.
        self.check()?;
        self.lease.commit(self.deadlines.commit).await?;
        self.witness.as_ref().map_or(Ok(()), |witness| witness())
    }
}

#[async_trait]
impl<D: Driver> Script for Guarded<D> {
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.check()?;
        self.over = true;
        self.lease.command(sql, MIGRATION_TIMEOUT).await?;
        self.over = false;
        Ok(())
    }
}
