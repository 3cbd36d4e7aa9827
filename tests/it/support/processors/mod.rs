//! Processors as their APIs are seen from outside: a server on this machine for each, with what has happened there, its pages, its limits and its bad
//! days. How each behaves is from its official documentation, named in its file.

pub mod paddle;
pub mod polar;
pub mod shopify;
pub mod stripe;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use providers::Micros;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

use super::receiver::serve;

/// A request as a processor sees it.
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Asked {
    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let found = self.query.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name).map(|value| value.parse().unwrap())
    }

    pub fn time(&self, name: &str) -> Option<Micros> {
        self.get(name)
            .map(|value| Micros::parse_rfc3339(value).unwrap())
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub json: Value,
}

impl Answer {
    pub fn ok(json: Value) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            json,
        }
    }

    pub fn error(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            json: json!({"error": {"message": "no"}}),
        }
    }
}

/// What a processor says to a request: the answer of its API, whatever the day.
pub trait Api: Send + Sync + 'static {
    fn answer(&self, asked: &Asked) -> Answer;
}

/// A processor whose key may not read some paths.
pub struct Forbidding<A> {
    pub api: A,
    pub paths: Vec<&'static str>,
}

impl<A: Api> Api for Forbidding<A> {
    fn answer(&self, asked: &Asked) -> Answer {
        if self.paths.contains(&asked.path.as_str()) {
            return Answer::error(403);
        }
        self.api.answer(asked)
    }
}

/// Days on which not all is well: each names how manieth request, every time, counted from the first, fares so. 0: none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Is told to come again in two seconds.
    pub too_many: usize,
    /// Meets an error of the processor's own.
    pub broken: usize,
    /// Waits for its answer.
    pub slow: usize,
    /// Gets a page of somebody in between.
    pub garbled: usize,
}

impl Weather {
    pub const BAD: Self = Self {
        too_many: 5,
        broken: 7,
        slow: 4,
        garbled: 11,
    };
}

struct Inner {
    api: Box<dyn Api>,
    weather: Mutex<Weather>,
    requests: AtomicUsize,
    by_status: Mutex<BTreeMap<u16, usize>>,
}

/// A running one. It is gone when this is.
pub struct Processor {
    pub address: SocketAddr,
    inner: Arc<Inner>,
    _serving: AbortOnDropHandle<()>,
}

impl Processor {
    pub async fn start(api: impl Api) -> Self {
        let inner = Arc::new(Inner {
            api: Box::new(api),
            weather: Mutex::default(),
            requests: AtomicUsize::new(0),
            by_status: Mutex::default(),
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
        format!("http://{}", self.address)
    }

    pub fn weather(&self, weather: Weather) {
        *self.inner.weather.lock().unwrap() = weather;
    }

    /// How many requests were answered with which status.
    pub fn answered(&self, status: u16) -> usize {
        self.inner
            .by_status
            .lock()
            .unwrap()
            .get(&status)
            .copied()
            .unwrap_or(0)
    }
}

async fn take(
    State(inner): State<Arc<Inner>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let number = inner.requests.fetch_add(1, Ordering::SeqCst) + 1;
    let weather = *inner.weather.lock().unwrap();
    let is = |every: usize| every > 0 && number.is_multiple_of(every);
    if is(weather.slow) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    let asked = Asked {
        method,
        path: uri.path().to_owned(),
        query: url::form_urlencoded::parse(query).into_owned().collect(),
        headers,
        body,
    };
    let answer = if is(weather.too_many) {
        Answer {
            headers: vec![("retry-after", "2".to_owned())],
            ..Answer::error(429)
        }
    } else if is(weather.broken) {
        Answer::error(503)
    } else if is(weather.garbled) {
        Answer::ok(json!(["a proxy's page"]))
    } else {
        inner.api.answer(&asked)
    };
    *inner
        .by_status
        .lock()
        .unwrap()
        .entry(answer.status)
        .or_default() += 1;
    let status = StatusCode::from_u16(answer.status).unwrap();
    let headers: HeaderMap = answer
        .headers
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    (status, headers, axum::Json(answer.json)).into_response()
}
