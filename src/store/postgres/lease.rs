//! A connection on loan from its pool: each call on it has a deadline, and it goes back only when its state is known.
//!
//! A driver may believe in a transaction that the database has ended by itself, and a connection that has gone silent stays so. Whatever leaves
//! the state in doubt (the database unavailable, a deadline, a caller that went away half-way, a rollback that fails) throws the connection away,
//! and the pool makes another. Nothing here may wait without a bound.

use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::time::timeout;

use super::connections::Connections;
use super::posted::{Posted, Said};
use super::{asked, command, fetch};
use crate::store::error::StoreError;
use crate::store::guard::Session;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};
use crate::store::{Flushing, Question};

/// A connection on loan. Dropped, it undoes an open transaction and goes back, or is thrown away.
pub(super) struct Lease {
    connection: Option<PoolConnection<Postgres>>,
    from: Arc<Connections>,
    /// A call is under way, or one has ended so that nobody knows what the connection is in.
    in_doubt: bool,
    /// A transaction has begun and is not committed.
    in_transaction: bool,
    posted: Posted,
}

impl Lease {
    /// Waits for a connection, at most for as long as the pool is set to.
    pub(super) async fn of(connections: &Arc<Connections>) -> Result<Self, StoreError> {
        Ok(Self {
            connection: Some(connections.take().await?),
            from: Arc::clone(connections),
            in_doubt: false,
            in_transaction: false,
            posted: Posted::default(),
        })
    }

    /// Begins a transaction.
    pub(super) async fn begin(
        &mut self,
        sql: &'static str,
        within: Duration,
    ) -> Result<(), StoreError> {
        self.command(sql, within).await?;
        self.in_transaction = true;
        Ok(())
    }

    /// The connection, in doubt until [`judge`](Self::judge) has seen how the call on it ended.
    fn connection(&mut self) -> Result<&mut PgConnection, StoreError> {
        if self.in_doubt {
            return Err(StoreError::misuse("the connection is not to be used again"));
        }
        self.in_doubt = true;
        match &mut self.connection {
            Some(connection) => Ok(&mut **connection),
            None => Err(StoreError::misuse("the connection was given back")),
        }
    }

    /// Says one after another; answers what the last answers.
    async fn say(&mut self, all: Vec<Said<'_>>, within: Duration) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for said in all {
            let call = fetch(self.connection()?, said);
            let outcome = timeout(within, call).await;
            rows = self.judge(outcome.unwrap_or_else(|_late| Err(StoreError::late(within))))?;
        }
        Ok(rows)
    }

    fn judge<T>(&mut self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        self.in_doubt = matches!(outcome, Err(StoreError::Unavailable(_)));
        outcome
    }
}

impl Session for Lease {
    async fn run(
        &mut self,
        statement: &Statement,
        args: Args,
        within: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let all = self.posted.take(Some((statement, args)))?;
        self.say(all, within).await
    }

    async fn ask(
        &mut self,
        questions: Vec<Question>,
        within: Duration,
    ) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut all = self.posted.take(None)?;
        let count = questions.len();
        all.push(Said::asked(questions)?);
        let rows = self.say(all, within).await?;
        asked::answers(&rows, count)
    }

    async fn post(
        &mut self,
        statement: &'static Statement,
        args: Args,
        _within: Duration,
    ) -> Result<(), StoreError> {
        self.posted.push(statement, args);
        Ok(())
    }

    async fn say_posted(&mut self, within: Duration) -> Result<(), StoreError> {
        let all = self.posted.take(None)?;
        self.say(all, within).await.map(drop)
    }

    async fn command(&mut self, sql: &'static str, within: Duration) -> Result<(), StoreError> {
        let call = command(self.connection()?, sql);
        let outcome = timeout(within, call).await;
        self.judge(outcome.unwrap_or_else(|_late| Err(StoreError::late(within))))
    }

    async fn commit(mut self, within: Duration) -> Result<Flushing, StoreError> {
        let outcome = self.command("commit", within).await;
        self.in_doubt = outcome.is_err();
        self.in_transaction = false;
        outcome.map(|()| Flushing::over())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if self.in_doubt {
            // Closing ends what it was doing, and the pool has room for another.
            drop(connection.detach());
        } else {
            self.from.give_back(connection, self.in_transaction);
        }
    }
}
