//! A wire between the program and PostgreSQL that can go silent, so that both ends stay connected and nothing comes through, and that can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What of the next connections is held back.
#[derive(Default)]
struct Fault {
    /// Everything, in both directions, on every connection.
    all: AtomicBool,
    /// The answer to the next commit, and all that follows on its connection.
    next_commit: AtomicBool,
    /// How often all connections were cut.
    cuts: watch::Sender<usize>,
}

/// A wire. Gone when dropped.
pub struct Proxy {
    /// The database's address through the wire.
    pub url: String,
    fault: Arc<Fault>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// A wire to the database at `url`, which has the form `postgres://user:password@host:port/name`.
    pub async fn to(url: &str) -> Self {
        let (before, rest) = url.split_once('@').unwrap();
        let (upstream, name) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fault = Arc::new(Fault::default());
        let task = tokio::spawn(accept(listener, upstream.to_owned(), fault.clone()));
        Self {
            url: format!("{before}@{address}/{name}"),
            fault,
            task,
        }
    }

    /// From here on nothing comes through, or everything does on new connections.
    pub fn silence(&self, silent: bool) {
        self.fault.all.store(silent, Ordering::SeqCst);
    }

    /// All connections end, in the middle of whatever they carry; new ones work.
    pub fn cut(&self) {
        self.fault.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// The next commit reaches the server; its answer does not come back, and its connection is dead.
    pub fn silence_next_commit(&self) {
        self.fault.next_commit.store(true, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, upstream: String, fault: Arc<Fault>) {
    let mut wires = tokio::task::JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let server = TcpStream::connect(&upstream).await.unwrap();
        let ((from_client, to_client), (from_server, to_server)) =
            (client.into_split(), server.into_split());
        let dead = Arc::new(AtomicBool::new(false));
        wires.spawn(forward(
            from_client,
            to_server,
            true,
            dead.clone(),
            fault.clone(),
        ));
        wires.spawn(forward(from_server, to_client, false, dead, fault.clone()));
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    to_server: bool,
    dead: Arc<AtomicBool>,
    fault: Arc<Fault>,
) {
    let mut buffer = vec![0; 65_536];
    let mut cuts = fault.cuts.subscribe();
    loop {
        let length = tokio::select! {
            read = from.read(&mut buffer) => match read {
                Ok(length @ 1..) => length,
                _ => return,
            },
            _ = cuts.changed() => return,
        };
        let bytes = &buffer[..length];
        let is_commit = to_server && bytes.windows(7).any(|part| part == b"commit\0");
        if fault.all.load(Ordering::SeqCst) || dead.load(Ordering::SeqCst) {
            dead.store(true, Ordering::SeqCst);
            continue;
        }
        if is_commit && fault.next_commit.swap(false, Ordering::SeqCst) {
            dead.store(true, Ordering::SeqCst);
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
