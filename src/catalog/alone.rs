//! A transaction of one who changes an organization's terms while nobody else does.

use async_trait::async_trait;

use crate::ledger::writer::Turn;
use crate::store::{Args, Flushing, Question, Row, Statement, StoreError, Transaction};

/// A transaction, and the turn that it is made in.
pub(super) struct Alone {
    transaction: Box<dyn Transaction>,
    _turn: Turn,
}

impl Alone {
    pub(super) fn new(transaction: Box<dyn Transaction>, turn: Turn) -> Self {
        Self {
            transaction,
            _turn: turn,
        }
    }
}

#[async_trait]
impl Transaction for Alone {
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.transaction.run(statement, args).await
    }

    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Vec<Row>>, StoreError> {
        self.transaction.ask(questions).await
    }

    async fn post(&mut self, statement: &'static Statement, args: Args) -> Result<(), StoreError> {
        self.transaction.post(statement, args).await
    }

    async fn commit_ahead(self: Box<Self>) -> Result<Flushing, StoreError> {
        self.transaction.commit_ahead().await
    }
}
