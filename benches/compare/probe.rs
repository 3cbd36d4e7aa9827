//! Looks into a server's database from outside, whoever's it is: all keep sales in a table `sales`.

use anyhow::{Context as _, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use tributary::store::Dialect;

use crate::servers::Subject;

/// A connection that only reads.
pub enum Probe {
    /// Of a server that keeps nothing.
    Nothing,
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Probe {
    pub async fn open(subject: Subject, dialect: Dialect, database: &str) -> Result<Self> {
        if subject == Subject::VerifyOnly {
            return Ok(Self::Nothing);
        }
        Ok(match dialect {
            Dialect::Sqlite => {
                let options: SqliteConnectOptions = database.parse()?;
                Self::Sqlite(options.read_only(true).connect().await?)
            }
            Dialect::Postgres => Self::Postgres(PgConnection::connect(database).await?),
        })
    }

    /// Sales that are recorded.
    pub async fn sales(&mut self) -> Result<u64> {
        self.number("select count(*) from sales").await
    }

    /// The size of the database with its indexes, without its log.
    pub async fn bytes(&mut self) -> Result<u64> {
        let sql = match self {
            Self::Nothing => return Ok(0),
            Self::Sqlite(_) => {
                "select page_count * page_size from pragma_page_count(), pragma_page_size()"
            }
            Self::Postgres(_) => "select pg_database_size(current_database())",
        };
        self.number(sql).await
    }

    async fn number(&mut self, sql: &'static str) -> Result<u64> {
        // To the end, so that no transaction stays open, which would keep SQLite's log from being reused.
        let numbers: Vec<i64> = match self {
            Self::Nothing => vec![0],
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
        };
        let number = numbers.first().context("no number")?;
        Ok(u64::try_from(*number)?)
    }

    pub async fn close(self) -> Result<()> {
        match self {
            Self::Nothing => (),
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}

/// Tells the server of PostgreSQL something, beside any database of it.
pub async fn tell(server: &str, sql: &str) -> Result<()> {
    let mut connection = PgConnection::connect(&format!("{server}postgres")).await?;
    let telling = sqlx::raw_sql(AssertSqlSafe(sql));
    telling.execute(&mut connection).await?;
    Ok(connection.close().await?)
}
