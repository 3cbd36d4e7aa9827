//! A client that posts deliveries and asks the API. It follows no redirects and uses no proxy: it speaks to
//! the server it was told of and to no other.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use providers::adapter::SignedDelivery;
use providers::{Envelope, Headers, Verified};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use crate::fixtures::Deliverable;

/// For one request and its answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The pause when the server says that it is asked too often.
const TOO_OFTEN: Duration = Duration::from_secs(1);

/// What became of one delivery.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The processor's id.
    pub processor: String,
    /// The event's type.
    pub event_type: String,
    /// The processor's id of the event.
    pub external_id: String,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was none.
    pub error: Option<String>,
}

impl Posted {
    /// Whether the server has taken it: 200 and nothing else.
    pub fn is_accepted(&self) -> bool {
        self.status == Some(200)
    }
}

/// Posts and asks.
#[derive(Debug, Clone)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client with connections of its own.
    pub fn new() -> Result<Self> {
        // Fails where one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .no_proxy()
            .build()?;
        Ok(Self(client))
    }

    /// Posts one signed delivery.
    pub async fn post(&self, delivery: &Deliverable, signed: SignedDelivery, url: Url) -> Posted {
        let envelope = envelope(&delivery.processor, &signed);
        let answer = self
            .0
            .post(url)
            .headers(headers(&signed.headers))
            .body(signed.body)
            .send()
            .await;
        let (event_type, external_id) = envelope
            .map(|envelope| (envelope.event_type, envelope.event_id))
            .unwrap_or_default();
        Posted {
            processor: delivery.processor.clone(),
            event_type,
            external_id,
            status: answer.as_ref().ok().map(|answer| answer.status().as_u16()),
            error: answer.err().map(|error| chain(&error)),
        }
    }

    /// Calls the API: the status and the JSON of the answer.
    pub async fn call(
        &self,
        (method, url): (Method, Url),
        key: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value)> {
        let mut request = self.0.request(method, url.clone()).bearer_auth(key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let path = url.path();
        let answer = request
            .send()
            .await
            .with_context(|| format!("{path} did not answer"))?;
        let status = answer.status().as_u16();
        let value = answer.json().await;
        Ok((
            status,
            value.with_context(|| format!("{path} answered no JSON"))?,
        ))
    }

    /// The event with a processor's id, as the API shows it.
    pub async fn event(&self, to: &Url, key: &str, external_id: &str) -> Result<Option<Value>> {
        for livemode in ["true", "false"] {
            if let Some(found) = self.event_of(to, key, external_id, livemode).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The same, in one ledger; a test key has the test ledger alone.
    async fn event_of(
        &self,
        to: &Url,
        key: &str,
        external_id: &str,
        livemode: &str,
    ) -> Result<Option<Value>> {
        let mut url = to.join("/api/events")?;
        url.query_pairs_mut()
            .append_pair("externalId", external_id)
            .append_pair("livemode", livemode);
        let (status, mut answer) = loop {
            let answered = self.call((Method::GET, url.clone()), key, None).await?;
            if answered.0 != 429 {
                break answered;
            }
            tokio::time::sleep(TOO_OFTEN).await;
        };
        if status == 403 {
            return Ok(None);
        }
        if status != 200 {
            bail!("/api/events answered {status}");
        }
        let events = answer.get_mut("data").and_then(Value::as_array_mut);
        Ok(events.and_then(Vec::pop))
    }
}

/// What the outside of a delivery says, as the server will read it.
fn envelope(processor: &str, signed: &SignedDelivery) -> Option<Envelope> {
    let adapter = providers::adapter(processor)?;
    let headers = signed.headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.clone().into_bytes()));
    let kept = Headers::new(headers).keep(adapter.about().kept_headers);
    Some(adapter.envelope(&Verified::from_inbox(signed.body.clone(), kept)))
}

/// The headers that can be sent; a fixture's are all well-formed.
fn headers(pairs: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let is_of_the_connection = ["host", "content-length", "connection", "transfer-encoding"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own));
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (false, Ok(name), Ok(value)) =
            (is_of_the_connection, name, HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
    }
    headers
}

/// An error with its causes; the outermost alone says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
