//! What nothing that keeps deliveries can be faster than: a server that verifies and forgets, and a writer that
//! commits the same bytes in batches and does nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use providers::{Delivery, Headers, Secret, Settings};
use sqlx::{Connection as _, PgConnection};
use tokio::net::TcpListener;
use tributary::clock::{Clock as _, SystemClock};
use tributary::config::{Config, Flags};
use tributary::fixtures::test_secret;
use tributary::server;
use tributary::store::Dialect;

use crate::events::{Events, Signature};

/// Pages that are flushed one by one.
const FLUSHES: usize = 31;

/// Bodies in one commit.
const BATCH: usize = 256;

/// Verifies deliveries of Stripe's and answers, until the process is ended.
pub async fn serve(address: SocketAddr) -> Result<()> {
    let secret = Arc::new(test_secret("stripe")?);
    let app = Router::new()
        .route("/healthz", get(StatusCode::OK))
        .route("/webhooks/stripe", post(verify))
        .with_state(secret);
    let config = Config::read(Flags::default(), &BTreeMap::new(), None, &[])?;
    let listener = TcpListener::bind(address).await?;
    server::serve(listener, app, config.limits, std::future::pending()).await;
    Ok(())
}

async fn verify(State(secret): State<Arc<Secret>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    let headers = Headers::new(headers);
    let delivery = Delivery {
        headers: &headers,
        body: &body,
    };
    let verified = providers::adapter("stripe").map(|adapter| {
        let secrets = std::slice::from_ref(&*secret);
        adapter.verify(delivery, secrets, &Settings::default(), SystemClock.now())
    });
    match verified {
        Some(Ok(_)) => StatusCode::OK,
        _ => StatusCode::UNAUTHORIZED,
    }
}

/// How long the disk takes to make a page durable: the median, in microseconds.
pub fn flush_micros(folder: &Path) -> Result<u64> {
    let path = folder.join("flushed");
    let mut file = File::create(&path)?;
    let mut waits = Vec::new();
    for _ in 0..FLUSHES {
        let began = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        waits.push(began.elapsed());
    }
    fs::remove_file(path)?;
    waits.sort_unstable();
    let median = waits.get(FLUSHES / 2).context("nothing was flushed")?;
    Ok(u64::try_from(median.as_micros())?)
}

/// Writes bodies with ids of their own for so long; answers how many in which time.
pub async fn write(dialect: Dialect, database: &str, time: Duration) -> Result<(u64, Duration)> {
    let events = Events::of("stripe")?;
    let mut bodies = Vec::new();
    for _ in 0..BATCH {
        let request = events.next(Signature::Own)?.pop().context("no request")?;
        let head = request.windows(4).position(|four| four == b"\r\n\r\n");
        bodies.push(
            request
                .get(head.context("no body")? + 4..)
                .context("no body")?
                .to_vec(),
        );
    }
    let mut plain = Plain::open(dialect, database).await?;
    let (began, mut written) = (Instant::now(), 0);
    while began.elapsed() < time {
        let id = |_| rand::random::<u128>().to_be_bytes().to_vec();
        let ids: Vec<Vec<u8>> = bodies.iter().map(id).collect();
        plain.write(&ids, &bodies).await?;
        written += BATCH as u64;
    }
    let took = began.elapsed();
    plain.close().await?;
    Ok((written, took))
}

/// A table of bodies.
enum Plain {
    Sqlite(rusqlite::Connection),
    Postgres(PgConnection),
}

impl Plain {
    async fn open(dialect: Dialect, database: &str) -> Result<Self> {
        match dialect {
            Dialect::Sqlite => {
                let file = database.trim_start_matches("sqlite://");
                let connection = rusqlite::Connection::open(file)?;
                connection.pragma_update(None, "journal_mode", "wal")?;
                connection.pragma_update(None, "synchronous", "full")?;
                let sql = "create table plain (id blob not null primary key, body blob not null)";
                connection.execute_batch(sql)?;
                Ok(Self::Sqlite(connection))
            }
            Dialect::Postgres => {
                let mut connection = PgConnection::connect(database).await?;
                let sql = "create table plain (id bytea not null primary key,
                     body bytea compression lz4 not null)";
                sqlx::raw_sql(sql).execute(&mut connection).await?;
                Ok(Self::Postgres(connection))
            }
        }
    }

    /// One transaction.
    async fn write(&mut self, ids: &[Vec<u8>], bodies: &[Vec<u8>]) -> Result<()> {
        match self {
            Self::Sqlite(connection) => {
                let transaction = connection.transaction()?;
                let sql = "insert into plain (id, body) values (?1, ?2)";
                let mut insert = transaction.prepare_cached(sql)?;
                for (id, body) in ids.iter().zip(bodies) {
                    insert.execute([id, body])?;
                }
                drop(insert);
                transaction.commit()?;
            }
            Self::Postgres(connection) => {
                let sql = "insert into plain (id, body) select * from unnest($1, $2)";
                let insert = sqlx::query(sql).bind(ids).bind(bodies);
                insert.execute(connection).await?;
            }
        }
        Ok(())
    }

    async fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => drop(connection),
            Self::Postgres(connection) => connection.close().await?,
        }
        Ok(())
    }
}
