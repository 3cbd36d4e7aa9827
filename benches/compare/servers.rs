//! The servers that are compared. Each is a process of its own, on an empty database.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tributary::clock::{Clock as _, SystemClock};

use crate::baseline::Baseline;
use crate::client::Connection;
use crate::process::Process;
use crate::programs::free_port;

/// The click that all sales come from, where the receiver does not know clicks.
const CLICK: &str = "clk_bench";

/// How long a server may take to answer at first: PostgreSQL may be busy.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// Stripe's secret.
pub const STRIPE_SECRET: &str = "whsec_bench_0123456789abcdef0123456789";

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// `tributary serve`.
    Tributary,
    /// What a user would write, in so many processes.
    Node(u32),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tributary => f.pad("Tributary"),
            Self::Node(1) => f.pad("Node"),
            Self::Node(workers) => f.pad(&format!("Node, {workers} processes")),
        }
    }
}

/// A server that answers.
pub struct Server {
    pub process: Process,
    pub address: SocketAddr,
    /// Asks for its ledger, where it has such a thing.
    pub key: Option<String>,
    /// The click that its sales come from.
    pub click: String,
}

impl Server {
    /// Starts it and waits until it answers.
    pub async fn start(
        subject: Subject,
        database: &str,
        folder: &Path,
        baseline: Option<&Baseline>,
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let key = format!("trib_live_{}", hex::encode(rand::random::<[u8; 16]>()));
        let mut command = match subject {
            Subject::Tributary => tributary(database, address, &key),
            Subject::Node(workers) => {
                let baseline = baseline.context("Node is not there")?;
                baseline.command(database, address, workers)
            }
        };
        command.current_dir(folder);
        let process = Process::start(&command)?;
        let mut connection = connect(address).await?;
        let click = match subject {
            Subject::Tributary => set_up(&mut connection, &key).await?,
            Subject::Node(_) => CLICK.to_owned(),
        };
        Ok(Self {
            process,
            address,
            key: (subject == Subject::Tributary).then_some(key),
            click,
        })
    }

    /// Whether nothing that was answered is still to be processed.
    pub async fn is_settled(&self, connection: &mut Connection) -> Result<bool> {
        let Some(key) = &self.key else {
            return Ok(true);
        };
        let line = "GET /api/events?state=received&limit=1";
        let waiting = connection.json(line, key, None).await?;
        Ok(waiting
            .pointer("/data")
            .and_then(Value::as_array)
            .is_some_and(Vec::is_empty))
    }
}

/// Whether the newest sale is worth a commission: one that is attributed costs more than one that is not.
pub async fn earns(server: &Server, connection: &mut Connection) -> Result<()> {
    let Some(key) = &server.key else {
        return Ok(());
    };
    let sales = connection.json("GET /api/sales?limit=1", key, None).await?;
    let commission = sales
        .pointer("/data/0/commissionAmount")
        .and_then(Value::as_i64);
    ensure!(commission > Some(0), "the sales earn no commission");
    Ok(())
}

fn tributary(database: &str, address: SocketAddr, key: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    command.args(["serve", "--log-level", "error"]);
    command.env("DATABASE_URL", database);
    command.env("TRIBUTARY_LISTEN", address.to_string());
    command.env("TRIBUTARY_API_KEY", key);
    command.env("TRIBUTARY_STRIPE_SECRETS", STRIPE_SECRET);
    // What is measured is how long an answer takes, not how long a client may be kept waiting.
    command.env("TRIBUTARY_RATE_LIMIT", "100000000");
    command
}

/// Waits until the server answers.
async fn connect(address: SocketAddr) -> Result<Connection> {
    let began = Instant::now();
    while began.elapsed() < READY_WITHIN {
        if let Ok(mut connection) = Connection::open(address).await
            && matches!(
                connection
                    .ask(b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n")
                    .await,
                Ok(200)
            )
        {
            return Ok(connection);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("the server at {address} does not answer")
}

/// A partner with a link, and a click on it an hour ago; answers the click's id.
async fn set_up(connection: &mut Connection, key: &str) -> Result<String> {
    let body = json!({ "name": "Alice", "email": "alice@example.org" });
    let partner = connection
        .json("POST /api/partners", key, Some(&body))
        .await?;
    let body = json!({
        "key": "alice", "url": "https://shop.example.com", "partnerId": partner.get("id"),
    });
    connection.json("POST /api/links", key, Some(&body)).await?;
    let hour_ago = providers::Micros(SystemClock.now().0 - 3_600_000_000);
    let body = json!({
        "id": "clk_bench_0123456789", "key": "alice", "clickedAt": hour_ago.to_string(),
    });
    let click = connection
        .json("POST /api/clicks", key, Some(&body))
        .await?;
    let id = click
        .get("id")
        .and_then(Value::as_str)
        .context("the click has no id")?;
    Ok(id.to_owned())
}
