//! The server of the demo's year, as the world meets it: its clock is set, requests begin at that time, and deliveries are signed at it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use anyhow::{Context as _, Result, bail};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use providers::{Micros, Secret};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::app::App;
use crate::clicks::PARAMETER;
use crate::clock::TestClock;
use crate::fixtures::{self, Deliverable, test_secret};
use crate::http;

/// The most bytes of an answer.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// What a visitor's browser says of itself.
const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/148.0 Safari/537.36";

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>>> + Send>>;

/// A request under way.
pub(super) struct Asked {
    answer: Answer,
    what: String,
}

impl Asked {
    /// Its answer, which must be one of these.
    pub(super) async fn expect(self, statuses: &[StatusCode]) -> Result<Response<Body>> {
        let answer = self.answer.await?;
        if !statuses.contains(&answer.status()) {
            bail!("{} was answered with {}", self.what, answer.status());
        }
        Ok(answer)
    }
}

/// The server, and what is known of it outside.
pub(super) struct Server<'a> {
    app: &'a Arc<App>,
    clock: &'a TestClock,
    router: Router,
    key: &'a str,
    /// Where a processor's deliveries go, live or test.
    sources: BTreeMap<(String, bool), String>,
    now: i64,
}

impl<'a> Server<'a> {
    /// Speaks to the app with an API key.
    pub(super) fn new(app: &'a Arc<App>, clock: &'a TestClock, key: &'a str) -> Self {
        Self {
            app,
            clock,
            router: http::router(app.clone()),
            key,
            sources: BTreeMap::new(),
            now: app.now().0,
        }
    }

    /// Makes it a time.
    pub(super) fn at(&mut self, at: i64) {
        self.now = at;
        self.clock.set(Micros(at));
    }

    /// The time.
    pub(super) const fn now(&self) -> i64 {
        self.now
    }

    /// Waits until everything that has arrived is processed.
    pub(super) async fn settle(&self) -> Result<()> {
        Ok(self.app.ledger.work_all().await?)
    }

    /// Adds a source to deliver to.
    pub(super) async fn add_source(&mut self, processor: &str, livemode: bool) -> Result<()> {
        let secret = secret(processor, livemode)?;
        let mode = if livemode { "live" } else { "test" };
        let body = json!({"processor": processor, "secrets": [secret.expose()], "mode": mode});
        let source = self.post("/api/sources", &body).await?;
        let url = source.get("url").and_then(Value::as_str);
        let url: url::Url = url.context("a source has no url")?.parse()?;
        let place = (processor.to_owned(), livemode);
        self.sources.insert(place, url.path().to_owned());
        Ok(())
    }

    /// Delivers, signed with a secret.
    pub(super) async fn deliver(
        &self,
        delivery: &Deliverable,
        livemode: bool,
        secret: &Secret,
    ) -> Result<Asked> {
        let source = self.sources.get(&(delivery.processor.clone(), livemode));
        let source = source.context("there is no source")?;
        let signed = fixtures::signed(delivery, secret, Micros(self.now));
        let signed = signed.context("a secret cannot sign")?;
        let mut request = Request::post(source);
        for (name, value) in &signed.headers {
            request = request.header(name, value);
        }
        Ok(self.ask(request.body(Body::from(signed.body))?).await)
    }

    /// Follows a link.
    pub(super) async fn follow(&self, key: &str) -> Result<Asked> {
        let request = Request::get(format!("/r/{key}")).header(header::USER_AGENT, BROWSER);
        Ok(self.ask(request.body(Body::empty())?).await)
    }

    /// What a list or a row is.
    pub(super) async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, &Value::Null).await
    }

    /// Makes something.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, body).await
    }

    /// Calls the API, which must do it.
    pub(super) async fn call(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let answer = self.begin(method, path, body).await?.answer.await?;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), ANSWER_MAX_BYTES).await?;
        if !status.is_success() {
            let told = String::from_utf8_lossy(&bytes);
            bail!("{path} answered {status}: {told}");
        }
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Begins a call of the API.
    pub(super) async fn begin(&self, method: Method, path: &str, body: &Value) -> Result<Asked> {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.key));
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        Ok(self.ask(request.body(body)?).await)
    }

    /// Begins a request at this very time: the clock may go on while its answer is made.
    async fn ask(&self, request: Request<Body>) -> Asked {
        let what = request.uri().path().to_owned();
        let router = self.router.clone();
        let mut answer: Answer = Box::pin(async move { Ok(router.oneshot(request).await?) });
        let first = std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context)));
        let answer: Answer = match first.await {
            Poll::Ready(done) => Box::pin(std::future::ready(done)),
            // It may hold what another waits for.
            Poll::Pending => {
                let going_on = tokio::spawn(answer);
                Box::pin(async move { going_on.await? })
            }
        };
        Asked { answer, what }
    }
}

/// What deliveries of a source are signed with.
pub(super) fn secret(processor: &str, livemode: bool) -> Result<Secret> {
    Ok(if livemode {
        test_secret(processor)?
    } else {
        Secret::new("whsec_tributary_demo_test_0123456789abcdef")?
    })
}

/// The click's id in the address that a link leads to.
pub(super) fn click_id(answer: &Response<Body>) -> Option<String> {
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    let url: url::Url = location.parse().ok()?;
    let mut pairs = url.query_pairs();
    pairs.find_map(|(name, value)| (name == PARAMETER).then(|| value.into_owned()))
}
