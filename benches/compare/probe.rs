//! Looks into a server's database from outside, whoever's it is: both keep sales in a table `sales`.

use std::str::FromStr as _;

use anyhow::Result;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};
use tributary::store::Dialect;

/// A connection that only reads.
pub enum Probe {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Probe {
    pub async fn open(dialect: Dialect, database: &str) -> Result<Self> {
        Ok(match dialect {
            Dialect::Sqlite => {
                let options = SqliteConnectOptions::from_str(database)?.read_only(true);
                Self::Sqlite(options.connect().await?)
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
            Self::Sqlite(_) => {
                "select page_count * page_size from pragma_page_count(), pragma_page_size()"
            }
            Self::Postgres(_) => "select pg_database_size(current_database())",
        };
        self.number(sql).await
    }

    async fn number(&mut self, sql: &'static str) -> Result<u64> {
        let number: i64 = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
        };
        Ok(u64::try_from(number)?)
    }

    pub async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await?,
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}

/// Something the server itself is told, beside any database: a checkpoint, so that no run pays for another's.
pub async fn tell(server: &str, sql: &str) -> Result<()> {
    let mut connection = PgConnection::connect(&format!("{server}postgres")).await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}
