//! The thinnest client of HTTP/1.1 that keeps its connection: what is measured is the server.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A connection, which is made again where the server has closed it.
pub struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        let mut connection = Self {
            address,
            stream: None,
            line: String::new(),
            body: Vec::new(),
        };
        connection.stream = Some(connection.connect().await?);
        Ok(connection)
    }

    async fn connect(&self) -> Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(BufReader::new(stream))
    }

    /// Sends a request and reads its answer; says the status.
    pub async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect().await?,
        };
        stream.write_all(request).await?;
        let (line, mut status, mut length, mut stays) = (&mut self.line, 0, 0, true);
        loop {
            line.clear();
            ensure!(stream.read_line(line).await? > 0, "the answer breaks off");
            if line.trim_end().is_empty() {
                break;
            }
            if status == 0 {
                let word = line.split(' ').nth(1).context("no status")?;
                status = word.trim_end().parse()?;
            }
            line.make_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse()?;
            }
            stays &= line.trim_end() != "connection: close";
        }
        self.body.resize(length, 0);
        stream.read_exact(&mut self.body).await?;
        self.stream = stays.then_some(stream);
        Ok(status)
    }

    /// Asks for JSON, which must be answered with 2xx.
    pub async fn json(&mut self, line: &str, key: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = format!(
            "{line} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let status = self.ask(request.as_bytes()).await?;
        let said = || String::from_utf8_lossy(&self.body).into_owned();
        ensure!(status / 100 == 2, "{line}: {status} {}", said());
        serde_json::from_slice(&self.body).with_context(said)
    }
}
