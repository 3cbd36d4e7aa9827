//! PostgreSQL: a pool of equal connections, prepared statements, arrays for batches.
//!
//! Parameters are sent without a type, so that the server takes it from the column they meet, and a statement means the same whatever value
//! comes first. No guard here rests on `lock_timeout` or on session locks, which a distributed PostgreSQL does not carry to its shards.

mod asked;
mod connections;
mod lease;
mod posted;
mod statistics;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgPoolOptions, PgRow, PgTypeInfo};
use sqlx::{
    Arguments as _, AssertSqlSafe, Column as _, Connection as _, Either, Encode, Executor as _,
    PgConnection, Postgres, Row as _, SqlSafeStr as _, Statement as _, Type, TypeInfo as _,
    ValueRef as _,
};

use tokio::time::timeout;

use self::connections::Connections;
use self::lease::Lease;
use self::posted::Said;
use self::statistics::Statistics;
use self::tls::Way;
use crate::store::error::StoreError;
use crate::store::guard::{Guarded, Session as _};
use crate::store::migrate::{self, Migration, Script};
use crate::store::statement::{ColumnType, Statement};
use crate::store::value::{Args, Row, Value};
use crate::store::{Deadlines, Dialect, Options, Store, Transaction};

const STATEMENTS_CACHED: usize = 512;
const BEGIN: &str = "begin";
/// All its statements see the database as it was at the first of them, and change nothing.
const SNAPSHOT: &str = "begin transaction isolation level repeatable read, read only";
/// After this the server ends a session that holds a transaction and says nothing: a replica cut off from it would keep its row locks.
const IDLE_TRANSACTION_TIMEOUT_MS: &str = "30000";
/// The server's side of the same: in seconds of quiet until it asks whether we are there, between questions, and how many.
const KEEPALIVE: [(&str, &str); 3] = [
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
];
/// Any number, the same in all replicas: who holds it may change the schema.
const MIGRATION_PRELUDE: &str =
    "set local statement_timeout = 0; select pg_advisory_xact_lock(7262748841)";

pub(super) struct PostgresStore {
    connections: Arc<Connections>,
    deadlines: Deadlines,
    migrations: &'static [Migration],
    statistics: Statistics,
}

impl PostgresStore {
    pub(super) async fn open(url: &str, options: Options) -> Result<Self, StoreError> {
        let mut way = Way::to(url, tls::from_environment().as_deref())?;
        let deadlines = options.deadlines;
        let statement_timeout_ms = deadlines.statement.as_millis().to_string();
        way.connect = way
            .connect
            .application_name("tributary")
            .statement_cache_capacity(STATEMENTS_CACHED)
            .options([
                ("statement_timeout", statement_timeout_ms.as_str()),
                (
                    "idle_in_transaction_session_timeout",
                    IDLE_TRANSACTION_TIMEOUT_MS,
                ),
            ])
            .options(KEEPALIVE);
        // A connection outside the pool says at once why it cannot be made; the pool would only say that time ran out.
        let within = deadlines.begin.saturating_add(deadlines.statement);
        timeout(within, try_out(&way))
            .await
            .map_err(|_late| StoreError::late(within))??;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(deadlines.begin)
            .connect_lazy_with(way.connect);
        Ok(Self {
            connections: Connections::of(pool),
            deadlines,
            migrations: options.migrations,
            statistics: Statistics::default(),
        })
    }

    async fn transaction(&self, sql: &'static str) -> Result<Guarded<Lease>, StoreError> {
        let within = self.deadlines.begin;
        let begun = async {
            let mut lease = Lease::of(&self.connections).await?;
            lease.begin(sql, within).await?;
            Ok(Guarded::new(lease, self.deadlines))
        };
        let begun = timeout(within, begun).await;
        begun.unwrap_or_else(|_late| Err(StoreError::late(within)))
    }
}

/// Whether the database can be reached and keeps what it confirms.
async fn try_out(way: &Way) -> Result<(), StoreError> {
    let first = PgConnection::connect_with(&way.connect).await;
    let mut first = first.map_err(|error| way.explain(error))?;
    check_settings(&mut first).await?;
    Ok(first.close().await?)
}

async fn check_settings(connection: &mut PgConnection) -> Result<(), StoreError> {
    static SETTINGS: Statement = Statement::new(
        "select current_setting('synchronous_commit') as synchronous_commit, current_setting('server_encoding') as encoding",
    );
    let settings = Said::of(&SETTINGS, Args::new())?;
    for row in fetch(connection, settings).await? {
        if row.text("synchronous_commit")? == "off" {
            return Err(StoreError::Unsafe(
                "PostgreSQL's `synchronous_commit` is off; turn it on for this database and role",
            ));
        }
        if row.text("encoding")? != "UTF8" {
            return Err(StoreError::Unsafe(
                "the PostgreSQL database must be created with encoding UTF8",
            ));
        }
    }
    Ok(())
}

#[async_trait]
impl Store for PostgresStore {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        let mut lease = Lease::of(&self.connections).await?;
        lease.run(statement, args, self.deadlines.statement).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.statistics
            .look(&self.connections, self.deadlines.statement);
        Ok(Box::new(self.transaction(BEGIN).await?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(self.transaction(SNAPSHOT).await?))
    }

    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        let expanded = statement.expanded(Dialect::Postgres)?;
        let prepared = self
            .connections
            .pool()
            .acquire()
            .await?
            .prepare(AssertSqlSafe(Arc::clone(&expanded.sql)).into_sql_str())
            .await?;
        if let Some(Either::Left(parameters)) = prepared.parameters() {
            let scalars = parameters.iter().take(expanded.scalars);
            if scalars
                .into_iter()
                .any(|kind| !matches!(kind.name(), "INT8" | "TEXT" | "VARCHAR" | "BYTEA"))
            {
                return Err(StoreError::misuse(
                    "a parameter is neither bigint, text nor bytea; cast it: `cast($1 as bigint)`",
                ));
            }
        }
        if prepared
            .columns()
            .iter()
            .any(|column| !READABLE.contains(&column.type_info().name()))
        {
            return Err(StoreError::misuse(
                "a column is neither bigint, text nor bytea; cast it: `cast(sum(amount) as bigint)`",
            ));
        }
        Ok(())
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        let mut transaction = self.transaction(BEGIN).await?;
        transaction.script(MIGRATION_PRELUDE).await?;
        migrate::apply(&mut transaction, self.migrations, Dialect::Postgres).await?;
        Box::new(transaction).commit().await
    }

    async fn close(&self) {
        self.connections.close().await;
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

async fn command(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}

async fn fetch(connection: &mut PgConnection, said: Said<'_>) -> Result<Vec<Row>, StoreError> {
    let sql = said.sql();
    let mut arguments = PgArguments::default();
    for part in said.parts {
        let (scalars, batch) = part.expanded.check(part.args)?;
        for scalar in scalars {
            arguments
                .add(Untyped(scalar))
                .map_err(sqlx::Error::Encode)?;
        }
        add_arrays(&mut arguments, &part.expanded.columns, batch)?;
    }
    let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
        .fetch_all(connection)
        .await?;
    read_rows(&rows)
}

/// A value whose type the server is to work out from where it stands.
struct Untyped(Value);

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        const UNSPECIFIED: Oid = Oid(0);
        PgTypeInfo::with_oid(UNSPECIFIED)
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match &self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Int(value) => Encode::<Postgres>::encode_by_ref(value, buffer),
            Value::Text(value) => Encode::<Postgres>::encode_by_ref(value, buffer),
            Value::Bytes(value) => Encode::<Postgres>::encode_by_ref(value, buffer),
        }
    }
}

/// Turns rows into one array for each column.
fn add_arrays(
    arguments: &mut PgArguments,
    columns: &[ColumnType],
    batch: Vec<Value>,
) -> Result<(), StoreError> {
    let mut arrays: Vec<Vec<Value>> = columns
        .iter()
        .map(|_| Vec::with_capacity(batch.len() / columns.len()))
        .collect();
    let mut values = batch.into_iter();
    while values.len() > 0 {
        for (array, value) in arrays.iter_mut().zip(&mut values) {
            array.push(value);
        }
    }
    for (kind, array) in columns.iter().zip(arrays) {
        match kind {
            ColumnType::Text => {
                arguments.add(array.into_iter().map(Value::into_text).collect::<Vec<_>>())
            }
            ColumnType::Int => {
                arguments.add(array.into_iter().map(Value::into_int).collect::<Vec<_>>())
            }
            ColumnType::Bytes => {
                arguments.add(array.into_iter().map(Value::into_bytes).collect::<Vec<_>>())
            }
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(())
}

/// The types of columns that can be read.
const READABLE: [&str; 8] = [
    "INT8", "INT4", "INT2", "BOOL", "TEXT", "VARCHAR", "NAME", "BYTEA",
];

fn read_rows(rows: &[PgRow]) -> Result<Vec<Row>, StoreError> {
    let Some(first) = rows.first() else {
        return Ok(Vec::new());
    };
    let names = first.columns().iter().map(|column| column.name().into());
    let columns: Arc<[Box<str>]> = names.collect();
    let read_row = |row: &PgRow| {
        let values = (0..row.len()).map(|index| read_value(row, index));
        Ok(Row::new(columns.clone(), values.collect::<Result<_, _>>()?))
    };
    rows.iter().map(read_row).collect()
}

fn read_value(row: &PgRow, index: usize) -> Result<Value, StoreError> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok(Value::Null);
    }
    match value.type_info().name() {
        "INT8" => Ok(Value::Int(row.try_get(index)?)),
        "INT4" => Ok(Value::Int(row.try_get::<i32, _>(index)?.into())),
        "INT2" => Ok(Value::Int(row.try_get::<i16, _>(index)?.into())),
        "BOOL" => Ok(row.try_get::<bool, _>(index)?.into()),
        "TEXT" | "VARCHAR" | "NAME" => Ok(Value::Text(row.try_get(index)?)),
        "BYTEA" => Ok(Value::Bytes(row.try_get(index)?)),
        _ => Err(StoreError::misuse(
            "a column is neither a whole number, a text nor bytes",
        )),
    }
}
