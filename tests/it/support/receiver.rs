//! A server elsewhere: it keeps what it was sent, and answers as it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// What was sent.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// What it tells, and of what.
    pub fn told(&self) -> (String, String) {
        let json = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&json["type"]), text(&json["data"]["id"]))
    }
}

type Answering = Arc<dyn Fn(&Received) -> (u16, Value) + Send + Sync>;

struct Inner {
    received: Mutex<Vec<Received>>,
    answers: Mutex<Answering>,
}

/// The server. It is gone when this is.
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    _serving: AbortOnDropHandle<()>,
}

/// The answer to a request that hangs for ever.
pub const NEVER: u16 = 0;

impl Receiver {
    pub async fn start() -> Self {
        let inner = Arc::new(Inner {
            received: Mutex::default(),
            answers: Mutex::new(Arc::new(|_| (204, Value::Null))),
        });
        let router = Router::new().fallback(take).with_state(inner.clone());
        let (address, serving) = serve(router).await;
        Self {
            address,
            inner,
            _serving: serving,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks?token=t", self.address)
    }

    /// From now on it answers with these statuses.
    pub fn answer(&self, with: impl Fn(&Received) -> u16 + Send + Sync + 'static) {
        self.say(move |received| (with(received), Value::Null));
    }

    /// The same with JSON.
    pub fn say(&self, with: impl Fn(&Received) -> (u16, Value) + Send + Sync + 'static) {
        *self.inner.answers.lock().unwrap() = Arc::new(with);
    }

    /// All that was sent since the last time.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.inner.received.lock().unwrap())
    }

    /// Whats and of whats of all that was sent since the last time.
    pub fn told(&self) -> Vec<(String, String)> {
        self.take().iter().map(Received::told).collect()
    }
}

async fn take(
    State(inner): State<Arc<Inner>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let received = Received {
        path: uri.to_string(),
        headers,
        body,
    };
    let answer = inner.answers.lock().unwrap().clone();
    let (status, json) = answer(&received);
    inner.received.lock().unwrap().push(received);
    if status == NEVER {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let elsewhere = [("location", "/elsewhere")];
    if json.is_null() {
        return (status, elsewhere).into_response();
    }
    (status, elsewhere, axum::Json(json)).into_response()
}

/// Serves on this machine, for as long as the handle is kept.
pub async fn serve(router: Router) -> (SocketAddr, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = tributary::config::Config::read(
        tributary::config::Flags::default(),
        &std::collections::BTreeMap::new(),
        None,
        &[],
    );
    let limits = limits.unwrap().limits;
    let serving = tokio::spawn(async move {
        tributary::server::serve(listener, router, limits, std::future::pending()).await;
    });
    (address, AbortOnDropHandle::new(serving))
}
