//! A server for mails on this machine: it speaks as much as a client needs, keeps what it was sent, and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A mail that was taken.
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub to: String,
    /// Headers and body as they came.
    pub data: String,
}

impl Mail {
    pub fn header(&self, name: &str) -> String {
        let unfolded = self.data.replace("\r\n ", " ");
        let head = unfolded.split("\r\n\r\n").next().unwrap();
        let begin = format!("{name}: ");
        let line = head.lines().find_map(|line| line.strip_prefix(&begin));
        line.unwrap_or_default().to_owned()
    }

    /// A part of the body, as its reader sees it.
    pub fn part(&self, kind: &str) -> String {
        let (_, rest) = self
            .data
            .split_once(&format!("Content-Type: {kind}"))
            .unwrap();
        let (head, body) = rest.split_once("\r\n\r\n").unwrap();
        let body = body.split("\r\n--").next().unwrap();
        if head.contains("quoted-printable") {
            return plain(body);
        }
        assert!(head.contains("7bit"), "{head}");
        body.replace("\r\n", "\n")
    }

    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The address after a word in the text.
    pub fn link(&self, part: &str) -> String {
        let text = self.text();
        let found = text
            .lines()
            .find(|line| line.starts_with("http") && line.contains(part));
        found
            .unwrap_or_else(|| panic!("no {part} in {text}"))
            .to_owned()
    }
}

fn plain(quoted: &str) -> String {
    let joined = quoted.replace("=\r\n", "").replace("\r\n", "\n");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let code = code.and_then(|two| u8::from_str_radix(two, 16).ok());
        if let (b'=', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

type Answering = Arc<dyn Fn(&str) -> u16 + Send + Sync>;

struct Inner {
    taken: Mutex<Vec<Mail>>,
    /// What a recipient is answered.
    answers: Mutex<Answering>,
}

/// The server. It is gone when this is.
pub struct Smtp {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    _serving: AbortOnDropHandle<()>,
}

impl Smtp {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner {
            taken: Mutex::default(),
            answers: Mutex::new(Arc::new(|_| 250)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = inner.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move { drop(speak(stream, &shared).await) });
            }
        });
        Self {
            address,
            inner,
            _serving: AbortOnDropHandle::new(serving),
        }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// From now on a recipient is answered so.
    pub fn answer(&self, with: impl Fn(&str) -> u16 + Send + Sync + 'static) {
        *self.inner.answers.lock().unwrap() = Arc::new(with);
    }

    /// All that was taken since the last time, by recipient and in order.
    pub fn take(&self) -> Vec<Mail> {
        let mut all = std::mem::take(&mut *self.inner.taken.lock().unwrap());
        all.sort_by(|a, b| a.to.cmp(&b.to));
        all
    }
}

async fn speak(mut stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut lines = BufReader::new(read).split(b'\n');
    let (mut from, mut to) = (String::new(), String::new());
    write.write_all(b"220 ready\r\n").await?;
    while let Some(line) = lines.next_segment().await? {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let word = line.split([' ', ':']).next().unwrap_or_default();
        let address = |line: &str| {
            let inner = line
                .split_once('<')
                .and_then(|(_, rest)| rest.split_once('>'));
            inner.map_or_else(String::new, |(address, _)| address.to_owned())
        };
        let answer = match word.to_ascii_uppercase().as_str() {
            "EHLO" => "250 here".to_owned(),
            "MAIL" => {
                from = address(&line);
                "250 ok".to_owned()
            }
            "RCPT" => {
                to = address(&line);
                let code = inner.answers.lock().unwrap().clone()(&to);
                format!("{code} said of {to}")
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_segment().await? {
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if line.trim_end() == "." {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push('\n');
                }
                let mail = Mail {
                    from: from.clone(),
                    to: to.clone(),
                    data,
                };
                inner.taken.lock().unwrap().push(mail);
                "250 taken".to_owned()
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok".to_owned(),
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}
