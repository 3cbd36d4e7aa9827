//! Brings a database to the schema this program expects.
//!
//! A migration is a pair of files of the same name, one for each database, `migrations/{sqlite,postgres}/NNNN_name.sql`. All that are missing
//! run in one transaction, in order, while no other replica does the same. A file that was applied is never changed: its checksum is kept and
//! compared. To change a table under running replicas, first add what is new, and remove what is old in a later version.

use std::collections::HashMap;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use crate::args;
use crate::store::error::StoreError;
use crate::store::statement::Statement;
use crate::store::{Dialect, Store, Transaction};

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// The schema, one file name a line.
pub const MIGRATIONS: &[Migration] = migrations!["0001_init"];

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// `NNNN_name`: the version and what it does.
    pub name: &'static str,
    /// The statements for SQLite.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL.
    pub postgres: &'static str,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A file differs from what was applied under its name.
    #[error(
        "migration `{0}` was changed after it was applied to this database; run the program it came with"
    )]
    Changed(&'static str),
    /// The database has a migration that this program does not have.
    #[error(
        "the database has migration {0}, which this program does not know; run a newer program"
    )]
    Unknown(i64),
    /// A name does not begin with a version.
    #[error("migration `{0}` must be named `NNNN_name`")]
    Name(&'static str),
    /// A migration's statements failed; nothing was changed.
    #[error("migration `{name}` failed: {cause}")]
    Failed {
        /// The migration.
        name: &'static str,
        /// What the database said.
        cause: Box<StoreError>,
    },
}

static HAS_TABLE: Statement = Statement::per_dialect(
    "select count(*) as tables from sqlite_schema where type = 'table' and name = 'schema_migrations'",
    "select count(*) as tables from information_schema.tables where table_schema = current_schema() and table_name = 'schema_migrations'",
);

/// The version of the newest step that a database has, and that of the newest this program has. Changes nothing.
///
/// # Errors
/// What the database says.
pub async fn schema(store: &dyn Store) -> Result<(Option<i64>, i64), StoreError> {
    let mut expected = 0;
    for migration in MIGRATIONS {
        expected = migration.version()?;
    }
    let tables = store.read(&HAS_TABLE, args![]).await?;
    let has_table = tables
        .first()
        .is_some_and(|row| row.int("tables").is_ok_and(|tables| tables > 0));
    if !has_table {
        return Ok((None, expected));
    }
    let applied = store.read(&APPLIED, args![]).await?;
    let newest = applied.last().map(|row| row.int("version")).transpose()?;
    Ok((newest, expected))
}

/// A transaction that can run a text of several statements.
#[async_trait]
pub(super) trait Script: Transaction {
    async fn script(&mut self, sql: &'static str) -> Result<(), StoreError>;
}

static CREATE: Statement = Statement::per_dialect(
    "create table if not exists schema_migrations (version integer primary key, name text not null, checksum text not null, applied_at integer not null) strict",
    "create table if not exists schema_migrations (version bigint primary key, name text not null, checksum text not null, applied_at bigint not null)",
);

static APPLIED: Statement =
    Statement::new("select version, checksum from schema_migrations order by version");

// The time is the database's, in microseconds: the one place where no event decides it.
static RECORD: Statement = Statement::per_dialect(
    "insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, cast(unixepoch('subsec') * 1000000 as integer))",
    "insert into schema_migrations (version, name, checksum, applied_at) values ($1, $2, $3, cast(extract(epoch from now()) * 1000000 as bigint))",
);

/// Runs what is missing, inside `transaction`, which the caller has made the only one of its kind.
pub(super) async fn apply(
    transaction: &mut impl Script,
    migrations: &'static [Migration],
    dialect: Dialect,
) -> Result<(), StoreError> {
    transaction.run(&CREATE, args![]).await?;
    let mut applied = HashMap::new();
    for row in transaction.run(&APPLIED, args![]).await? {
        applied.insert(row.int("version")?, row.text("checksum")?.to_owned());
    }
    for migration in migrations {
        let version = migration.version()?;
        let sql = migration.sql(dialect);
        let checksum = hex::encode(Sha256::digest(sql));
        match applied.remove(&version) {
            Some(known) if known == checksum => {}
            Some(_) => return Err(MigrationError::Changed(migration.name).into()),
            None => {
                let failed = |cause| MigrationError::Failed {
                    name: migration.name,
                    cause: Box::new(cause),
                };
                transaction.script(sql).await.map_err(failed)?;
                transaction
                    .run(&RECORD, args![version, migration.name, checksum])
                    .await?;
            }
        }
    }
    match applied.into_keys().min() {
        Some(version) => Err(MigrationError::Unknown(version).into()),
        None => Ok(()),
    }
}

impl Migration {
    fn version(&self) -> Result<i64, MigrationError> {
        let version = self
            .name
            .split_once('_')
            .and_then(|(version, _)| version.parse().ok());
        version.ok_or(MigrationError::Name(self.name))
    }

    fn sql(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}
