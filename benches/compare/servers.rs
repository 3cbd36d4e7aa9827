//! The servers that are compared. Each is a process of its own, on an empty database.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::baseline::Baseline;
use crate::client::Connection;
use crate::events::Events;
use crate::process::Process;
use crate::programs::free_port;

/// With this and an address, this program is itself the server that verifies only.
pub const SERVE_FLOOR: &str = "--serve-floor";

/// How long a server may take to answer at first: PostgreSQL may be busy.
const READY_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// `tributary serve`.
    Tributary,
    /// What a user would write, in so many processes.
    Node(u32),
    /// A server that verifies, answers and forgets.
    VerifyOnly,
    /// No server: the bodies written in batches, and nothing else.
    PlainWriter,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tributary => f.pad("Tributary"),
            Self::Node(1) => f.pad("Node"),
            Self::Node(workers) => f.pad(&format!("Node, {workers} processes")),
            Self::VerifyOnly => f.pad("verified only"),
            Self::PlainWriter => f.pad("bodies only"),
        }
    }
}

/// A server that answers.
pub struct Server {
    pub process: Process,
    pub address: SocketAddr,
    /// Asks for its ledger, where it has such a thing.
    pub key: Option<String>,
}

impl Server {
    /// Starts it and waits until it answers.
    pub async fn start(
        subject: Subject,
        (database, folder): (&str, &Path),
        baseline: Option<&Baseline>,
        events: &Events,
    ) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let key = format!("trib_live_{}", hex::encode(rand::random::<[u8; 16]>()));
        let mut command = match subject {
            Subject::Tributary => tributary(database, address, &key, events),
            Subject::Node(workers) => {
                let baseline = baseline.context("Node is not there")?;
                baseline.command(database, address, workers, events)
            }
            Subject::VerifyOnly | Subject::PlainWriter => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([SERVE_FLOOR, &address.to_string()]);
                command
            }
        };
        command.current_dir(folder);
        let process = Process::start(&command)?;
        let mut connection = connect(address).await?;
        let key = (subject == Subject::Tributary).then_some(key);
        if let Some(key) = &key {
            set_up(&mut connection, key, events).await?;
        }
        Ok(Self {
            process,
            address,
            key,
        })
    }

    /// Whether nothing that was answered is still to be processed.
    pub async fn is_settled(&self, connection: &mut Connection) -> Result<bool> {
        let Some(key) = &self.key else {
            return Ok(true);
        };
        let line = "GET /api/events?state=received&limit=1";
        let waiting = connection.json(line, key, None).await?;
        let waiting = waiting.pointer("/data").and_then(Value::as_array);
        Ok(waiting.is_some_and(Vec::is_empty))
    }

    /// Makes sure that the newest sale is worth a commission: one that nobody has brought costs less.
    pub async fn check_commission(&self, connection: &mut Connection) -> Result<()> {
        let Some(key) = &self.key else {
            return Ok(());
        };
        let sales = connection.json("GET /api/sales?limit=1", key, None).await?;
        let commission = sales.pointer("/data/0/commissionAmount");
        let commission = commission.and_then(Value::as_i64);
        ensure!(commission > Some(0), "the sales earn no commission");
        Ok(())
    }
}

fn tributary(database: &str, address: SocketAddr, key: &str, events: &Events) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    command.args(["serve", "--log-level", "error"]);
    command.env("DATABASE_URL", database);
    command.env("TRIBUTARY_LISTEN", address.to_string());
    command.env("TRIBUTARY_API_KEY", key);
    let processor = events.processor().to_uppercase();
    command.env(format!("TRIBUTARY_{processor}_SECRETS"), events.secret());
    // What is measured is how long an answer takes, not how long a client may be kept waiting.
    command.env("TRIBUTARY_RATE_LIMIT", "100000000");
    command
}

/// Waits until the server answers.
async fn connect(address: SocketAddr) -> Result<Connection> {
    const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n";
    let began = Instant::now();
    while began.elapsed() < READY_WITHIN {
        if let Ok(mut connection) = Connection::open(address).await
            && connection
                .ask(ALIVE)
                .await
                .is_ok_and(|status| status == 200)
        {
            return Ok(connection);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the server at {address} does not answer")
}

/// The partner with a link, and the click that all sales come from.
async fn set_up(connection: &mut Connection, key: &str, events: &Events) -> Result<()> {
    let click = &events.click;
    let body = json!({ "name": click.partner, "email": "partner@example.org" });
    let partner = connection
        .json("POST /api/partners", key, Some(&body))
        .await?;
    let body = json!({
        "key": click.partner,
        "url": "https://shop.example.com",
        "partnerId": partner.get("id"),
    });
    connection.json("POST /api/links", key, Some(&body)).await?;
    let body = json!({
        "id": click.id,
        "key": click.partner,
        "clickedAt": click.clicked_at,
    });
    connection
        .json("POST /api/clicks", key, Some(&body))
        .await?;
    Ok(())
}
