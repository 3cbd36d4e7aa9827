//! Looks into a server's database from outside, whoever's it is: all keep sales in a table `sales`.

use anyhow::{Context as _, Result};
use rusqlite::OpenFlags;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tributary::store::Dialect;

use crate::servers::Subject;

/// A connection that only reads.
pub enum Probe {
    /// Of a server that keeps nothing.
    Nothing,
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

impl Probe {
    pub async fn open(subject: Subject, dialect: Dialect, database: &str) -> Result<Self> {
        if subject == Subject::VerifyOnly {
            return Ok(Self::Nothing);
        }
        Ok(match dialect {
            Dialect::Sqlite => {
                let file = database.trim_start_matches("sqlite://");
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
                Self::Sqlite(rusqlite::Connection::open_with_flags(file, flags)?)
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
        let number: i64 = match self {
            Self::Nothing => 0,
            Self::Sqlite(connection) => connection.query_one(sql, [], |row| row.get(0))?,
            Self::Postgres(connection) => {
                let numbers = sqlx::query_scalar(sql).fetch_all(connection).await?;
                *numbers.first().context("no number")?
            }
        };
        Ok(u64::try_from(number)?)
    }

    pub async fn close(self) -> Result<()> {
        match self {
            Self::Nothing => (),
            Self::Sqlite(connection) => drop(connection),
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
