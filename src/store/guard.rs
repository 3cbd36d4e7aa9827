//! The guard of a transaction: after an error it is over, in the same way on both databases.
//!
//! A driver says how a statement is run, as a [`Session`]; everything else about a transaction stands here. It knows no dialect, and it must never
//! try anything again or commit what a caller may have seen fail.

use std::time::Duration;

use async_trait::async_trait;

use crate::store::error::StoreError;
use crate::store::migrate::Script;
use crate::store::statement::Statement;
use crate::store::value::{Args, Row};
use crate::store::{Deadlines, Flushing, Question, Transaction};

/// A migration may take as long as it needs.
const MIGRATION_TIMEOUT: Duration = Duration::from_hours(24);

/// A connection on which a transaction has begun. Dropped, it undoes what is not committed.
pub(super) trait Session: Send {
    /// Runs a statement; answers its rows.
    fn run(
        &mut self,
        statement: &Statement,
        args: Args,
        within: Duration,
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Asks several questions that change nothing; answers the rows of each.
    fn ask(
        &mut self,
        questions: Vec<Question>,
        within: Duration,
    ) -> impl Future<Output = Result<Vec<Vec<Row>>, StoreError>> + Send {
        async move {
            let mut answers = Vec::with_capacity(questions.len());
            for (statement, args) in questions {
                answers.push(self.run(statement, args, within).await?);
            }
            Ok(answers)
        }
    }

    /// Says a change whose rows nobody looks at, or keeps it until it is said with others.
    fn post(
        &mut self,
        statement: &'static Statement,
        args: Args,
        within: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        async move { self.run(statement, args, within).await.map(drop) }
    }

    /// Says what was posted and has been kept.
    fn say_posted(
        &mut self,
        _within: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Runs a fixed text of one or more statements that answer nothing.
    fn command(
        &mut self,
        sql: &'static str,
        within: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Commits. After an error the connection is not used again: nobody knows whether it took place.
    fn commit(self, within: Duration) -> impl Future<Output = Result<Flushing, StoreError>> + Send;
}

/// A transaction that is over after an error. Dropped, it is undone.
pub(super) struct Guarded<S: Session> {
    session: S,
    deadlines: Deadlines,
    over: bool,
}

impl<S: Session> Guarded<S> {
    /// A transaction that has begun.
    pub(super) const fn new(session: S, deadlines: Deadlines) -> Self {
        Self {
            session,
            deadlines,
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
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.check()?;
        // Stays set if the statement fails, or if the caller drops this future half-way.
        self.over = true;
        let within = self.deadlines.statement;
        let rows = self.session.run(statement, args, within).await?;
        self.over = false;
        Ok(rows)
    }

    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.check()?;
        self.over = true;
        let within = self.deadlines.statement;
        let answers = self.session.ask(questions, within).await?;
        self.over = false;
        Ok(answers)
    }

    async fn post(&mut self, statement: &'static Statement, args: Args) -> Result<(), StoreError> {
        self.check()?;
        self.over = true;
        let within = self.deadlines.statement;
        self.session.post(statement, args, within).await?;
        self.over = false;
        Ok(())
    }

    async fn commit_ahead(self: Box<Self>) -> Result<Flushing, StoreError> {
        // PostgreSQL answers a commit after an error with success, and undoes everything.
        self.check()?;
        let Self {
            mut session,
            deadlines,
            ..
        } = *self;
        session.say_posted(deadlines.statement).await?;
        session.commit(deadlines.commit).await
    }
}

#[async_trait]
impl<S: Session> Script for Guarded<S> {
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.check()?;
        self.over = true;
        self.session.command(sql, MIGRATION_TIMEOUT).await?;
        self.over = false;
        Ok(())
    }
}
