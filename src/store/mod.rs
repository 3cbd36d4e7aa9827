//! The border to the database: two traits, and the statements and values that cross it.
//!
//! A database is SQLite (one process) or PostgreSQL (many). Above this module nobody knows which: callers say a [`Statement`], give [`Args`] and
//! get [`Row`]s. Nothing here knows a table, a sale or a processor.
//!
//! Every call has an end: what does not answer within its [deadline](Deadlines) has failed, and a connection whose state is in doubt is thrown away.
//!
//! A transaction that met an error is over on both databases: whatever it is asked next fails, commit too, and dropping it undoes everything. So
//! no caller can mistake a half for a whole. Expected duplicates belong in `on conflict do nothing`.

mod error;
mod flushing;
mod guard;
mod migrate;
mod postgres;
mod select;
mod sqlite;
mod statement;
mod value;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use self::error::{Cause, StoreError};
pub use self::flushing::Flushing;
pub use self::migrate::{MIGRATIONS, Migration, MigrationError, schema};
pub use self::select::Select;
pub use self::sqlite::backup;
pub use self::statement::Statement;
pub use self::value::{Args, Row, Rows, Value, without_nul};
pub use crate::args;

/// Which database it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// SQLite 3.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

/// A database.
#[async_trait]
pub trait Store: Send + Sync {
    /// Answers a select outside any transaction.
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError>;

    /// Begins a transaction that changes nothing and sees the database as it was at its first statement, whatever is written meanwhile. It is in
    /// nobody's way. For reads that must agree with each other.
    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Begins a transaction. SQLite lets one write at a time, from here to the end of it.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Checks that the database understands the statement, without running it: its names, and that parameters and columns are of the types that
    /// [`Value`] has.
    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError>;

    /// Brings the schema up to date. Safe where several replicas start at once.
    async fn migrate(&self) -> Result<(), StoreError>;

    /// Waits for what is under way and closes all connections.
    async fn close(&self);

    /// Which database it is.
    fn dialect(&self) -> Dialect;
}

/// A transaction. Dropped without [`commit`](Self::commit), it is undone.
#[async_trait]
pub trait Transaction: Send {
    /// Runs a statement; answers the rows of its select or `returning`. After an error, or when dropped half-way, the transaction is over.
    async fn run(&mut self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError>;

    /// Asks several questions, together where the database can be asked so: one wait instead of one for each. Answers the rows of each, in order. They
    /// change nothing, and no column of an answer has bytes.
    async fn ask(&mut self, questions: Vec<Question>) -> Result<Vec<Vec<Row>>, StoreError> {
        let mut answers = Vec::with_capacity(questions.len());
        for (statement, args) in questions {
            answers.push(self.run(statement, args).await?);
        }
        Ok(answers)
    }

    /// Says a change whose rows nobody looks at. It may wait to be said together with what is posted after it, at the latest until the next
    /// [`run`](Self::run), which sees it, or the commit; where it fails, that fails.
    async fn post(&mut self, statement: &'static Statement, args: Args) -> Result<(), StoreError> {
        self.run(statement, args).await.map(drop)
    }

    /// Makes it last. After [`StoreError::Unavailable`] it may have been made to last or not.
    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.commit_ahead().await?.lasts().await
    }

    /// Makes it seen by all, and does not wait for the disk where the database can go on meanwhile. What is committed later lasts only where this
    /// does. Who tells the world of it waits first until [it lasts](Flushing::lasts).
    async fn commit_ahead(self: Box<Self>) -> Result<Flushing, StoreError>;
}

/// A statement that changes nothing, and its arguments.
pub type Question = (&'static Statement, Args);

/// What a store may be opened with, where it is not the usual.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How many connections to PostgreSQL one process holds at most.
    pub connections_max: u32,
    /// How long calls may take.
    pub deadlines: Deadlines,
    /// The schema.
    pub migrations: &'static [Migration],
}

/// How long the database may take. What takes longer has failed with [`StoreError::Unavailable`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadlines {
    /// Until a caller has a connection, and has its transaction: that is until the writers before it, and other processes, are done.
    pub begin: Duration,
    /// For a statement.
    pub statement: Duration,
    /// For a commit.
    pub commit: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            begin: Duration::from_secs(5),
            statement: Duration::from_secs(30),
            commit: Duration::from_secs(10),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections_max: 16,
            deadlines: Deadlines::default(),
            migrations: MIGRATIONS,
        }
    }
}

/// The file that a SQLite database is; `None` where `url` names no file.
pub fn file(url: &str) -> Option<PathBuf> {
    sqlite::file_of(url).ok()
}

/// The file of a SQLite database that is not there (yet); `None` where it is, or where `url` names no file.
pub fn missing_file(url: &str) -> Option<PathBuf> {
    let file = sqlite::file_of(url).ok()?;
    (!file.exists()).then_some(file)
}

/// Opens the database at `url`: `sqlite://path/to/file.db` or `postgres://user:password@host:5432/database`.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_with(url, Options::default()).await
}

/// Opens the database at `url` with other options.
pub async fn open_with(url: &str, options: Options) -> Result<Arc<dyn Store>, StoreError> {
    match url.split_once(':') {
        Some(("sqlite", _)) => Ok(Arc::new(sqlite::SqliteStore::open(url, options)?)),
        Some(("postgres" | "postgresql", _)) => {
            Ok(Arc::new(postgres::PostgresStore::open(url, options).await?))
        }
        _ => Err(StoreError::Url(
            "must begin with `sqlite://` or `postgres://`",
        )),
    }
}
