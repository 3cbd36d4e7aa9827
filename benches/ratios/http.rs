//! The whole way: deliveries posted to the real server over 127.0.0.1, beside the cheapest route of the same
//! server on as many connections.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use providers::adapter::SignedDelivery;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tributary::app::App;
use tributary::clock::TestClock;
use tributary::config::{Config, Flags};
use tributary::http::router;
use tributary::server;
use tributary::store::Dialect;

use crate::databases::{Databases, name};
use crate::measure::{Pair, Sample, Size, in_turn, print};
use crate::world::{NOW, World};

const ROUNDS: usize = 5;
/// Connections that each wait for an answer before they ask again.
const CONNECTIONS: usize = 64;
/// Sales of each round; each has some six deliveries.
const COPIES: usize = 300;

/// Measures and prints.
pub async fn run(databases: &Databases, dialect: Dialect, size: Size) -> Result<()> {
    let flags = Flags {
        database_url: Some(databases.create(dialect).await?),
        ..Flags::default()
    };
    let config = Config::read(flags, &BTreeMap::new(), None, &[])?;
    let app = App::start(&config, Arc::new(TestClock::at(NOW))).await?;
    let world = World::make(&app.ledger).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let told = async { drop(stopped.await) };
    let serving = tokio::spawn(server::serve(
        listener,
        router(app.clone()),
        config.limits,
        told,
    ));

    let load = Load {
        app: &app,
        world: &world,
        address,
        copies: size.of(COPIES),
    };
    let what = format!("deliveries answered, {}", name(dialect));
    print(
        &what,
        "GET /healthz",
        &Box::pin(load.rounds(0, false)).await?,
    )?;
    let what = format!("deliveries answered and processed, {}", name(dialect));
    print(
        &what,
        "GET /healthz",
        &Box::pin(load.rounds(ROUNDS, true)).await?,
    )?;

    drop(stop);
    serving.await?;
    app.stop().await;
    Ok(())
}

struct Load<'a> {
    app: &'a App,
    world: &'a World,
    address: SocketAddr,
    copies: usize,
}

impl Load<'_> {
    /// Rounds from the one numbered `first` on; `settled` says whether the time goes on until the ledger has
    /// processed everything.
    async fn rounds(&self, first: usize, settled: bool) -> Result<Vec<Pair>> {
        let mut rounds = Vec::new();
        for round in first..first + ROUNDS {
            let from = round * self.copies;
            let deliveries = self.world.deliveries(from..from + self.copies)?;
            let posts: Vec<Vec<u8>> = deliveries.iter().map(post).collect::<Result<_>>()?;
            let gets = vec![b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n".to_vec(); posts.len()];
            let posting = async {
                let count = posts.len();
                let (began, answered) = send(self.address, posts).await?;
                self.app.ledger.work_all().await?;
                Ok(if settled {
                    Sample::since(began, count)
                } else {
                    answered
                })
            };
            let getting = async { Ok(send(self.address, gets).await?.1) };
            rounds.push(Box::pin(in_turn(round, posting, getting)).await?);
        }
        Ok(rounds)
    }
}

/// A delivery as it goes over the wire.
fn post(delivery: &SignedDelivery) -> Result<Vec<u8>> {
    let mut head = "POST /webhooks/stripe HTTP/1.1\r\nhost: bench\r\n".to_owned();
    for (name, value) in &delivery.headers {
        write!(head, "{name}: {value}\r\n")?;
    }
    write!(head, "content-length: {}\r\n\r\n", delivery.body.len())?;
    Ok([head.as_bytes(), &delivery.body].concat())
}

/// Sends all requests over connections that are made before the time is taken. Answers when it began too.
async fn send(address: SocketAddr, requests: Vec<Vec<u8>>) -> Result<(Instant, Sample)> {
    let count = requests.len();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS.min(count) {
        connections.push((Connection::open(address).await?, Vec::new()));
    }
    let places = connections.len();
    for (number, request) in requests.into_iter().enumerate() {
        let place = connections.get_mut(number % places);
        place.context("no connection")?.1.push(request);
    }
    let began = Instant::now();
    let mut sending: JoinSet<Result<()>> = JoinSet::new();
    for (mut connection, share) in connections {
        sending.spawn(async move {
            for request in share {
                connection.ask(&request).await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = sending.join_next().await {
        ended??;
    }
    Ok((began, Sample::since(began, count)))
}

/// A connection of the thinnest client that can read an answer: what is measured is the server.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and reads its answer, which must be 200.
    async fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.0.write_all(request).await?;
        let mut line = String::new();
        self.0.read_line(&mut line).await?;
        ensure!(
            line.starts_with("HTTP/1.1 200"),
            "the server answered {line}"
        );
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            ensure!(
                self.0.read_line(&mut line).await? > 0,
                "the answer breaks off"
            );
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await?;
        Ok(())
    }
}
