//! The guard of a transaction: after an error it is over, in the same way on both databases.
//!
//! A driver says how it talks to its database in one transaction, as a [`Session`]; only [`Guarded`] ever asks one. It knows no dialect, and it
//! must never try anything again or commit what a caller may have seen fail.

use async_trait::async_trait;

use crate::store::Transaction;
use crate::store::error::StoreError;
use crate::store::migrate::Script;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};

/// A transaction of one driver, without any guard. Dropped, it is undone.
pub(super) trait Session: Send {
    /// Runs a statement; answers its rows.
    fn run(
        &mut self,
        statement: &'static Statement,
        args: Args,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Runs a text of several statements.
    fn script(&mut self, sql: &'static str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes it last.
    fn commit(self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A session that is over after an error.
pub(super) struct Guarded<S> {
    session: S,
    over: bool,
}

impl<S> Guarded<S> {
    pub(super) const fn new(session: S) -> Self {
        Self {
            session,
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
impl<S: Session> Transaction for Guarded<S> {
    async fn run(
        &mut self,
        statement: &'static Statement,
        args: Args,
    ) -> Result<Vec<Row>, StoreError> {
        self.check()?;
        // Stays set if the statement fails, or if the caller drops this future half-way.
        self.over = true;
        let rows = self.session.run(statement, args).await?;
        self.over = false;
        Ok(rows)
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        // PostgreSQL answers a commit after an error with success, and undoes everything.
        self.check()?;
        self.session.commit().await
    }
}

#[async_trait]
impl<S: Session> Script for Guarded<S> {
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.check()?;
        self.over = true;
        self.session.script(sql).await?;
        self.over = false;
        Ok(())
    }
}
