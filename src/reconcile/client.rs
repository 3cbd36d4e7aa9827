//! One request to a processor's API, and what became of it. Knows no processor; never logs a body, a query or a key.

use std::time::Duration;

use providers::history::{Bearing, Request};
use providers::{History, Secret};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::{Client, Response, StatusCode};
use thiserror::Error;

use super::Reconciler;
use crate::outbox::address::Allowed;
use crate::outbox::deliver::client;
use crate::sources::Source;

/// For an answer.
const WITHIN: Duration = Duration::from_secs(30);
/// The largest answer: a page of a hundred events, each as large as a delivery may be, is smaller.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
/// The longest that an API can ask to be left alone for.
const WAIT_MAX_SECONDS: u64 = 3_600;

/// Why there is no answer to work with. In words for the owner, without anything personal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// It will pass: to be tried again, after so many seconds where the API says so.
    #[error("{why}")]
    Passing {
        /// What it was.
        why: String,
        /// When to come again.
        after_seconds: Option<u64>,
    },
    /// Somebody must change something.
    #[error("{0}")]
    Lasting(String),
}

impl Trouble {
    /// It will pass.
    pub fn passing(why: impl Into<String>) -> Self {
        Self::Passing {
            why: why.into(),
            after_seconds: None,
        }
    }
}

/// A way to one source's API, signed in.
pub struct Line {
    client: Client,
    host: String,
    history: &'static dyn History,
    token: Secret,
    title: &'static str,
}

impl Reconciler {
    /// Opens the way to a source's API, with its key.
    pub(super) async fn line(&self, source: &Source, credential: Secret) -> Result<Line, Trouble> {
        let processor = source.processor.as_str();
        let title =
            providers::adapter(processor).map_or("the processor", |known| known.about().title);
        let history = providers::history(processor);
        let history = history.ok_or_else(|| {
            Trouble::Lasting(format!("{title} has no API that tells of the past"))
        })?;
        let made = self.client.get_or_try_init(async || {
            // Where APIs are is the program's own to say, or its owner's.
            client(Allowed { loopback: true }, WITHIN)
        });
        let client = made.await;
        let client = client
            .map_err(|error| Trouble::passing(format!("no connection can be made: {error}")))?;
        let host = self.urls.get(processor).cloned();
        let host = host.or_else(|| history.host(&source.settings, source.livemode));
        let host = host.ok_or_else(|| {
            Trouble::Lasting(format!(
                "the settings of {} do not say where its API is",
                source.id
            ))
        })?;
        let mut line = Line {
            client: client.clone(),
            host,
            history,
            token: credential,
            title,
        };
        if let Some(request) = history.sign_in(&line.token) {
            let answer = line.send(&request, false).await?;
            let token = history.token(&answer);
            line.token = token.ok_or_else(|| {
                // What is refused has a status of its own; this is somebody in between.
                Trouble::passing(format!(
                    "{title} gives no token for the key of {}",
                    source.id
                ))
            })?;
        }
        Ok(line)
    }
}

impl Line {
    /// The answer to a request.
    pub(super) async fn ask(&self, request: &Request) -> Result<Vec<u8>, Trouble> {
        self.send(request, true).await
    }

    /// The answer to a request; `None` where the key lacks the right to it.
    pub(super) async fn try_right(&self, request: &Request) -> Result<Option<Vec<u8>>, Trouble> {
        let answer = self.exchange(request, true).await?;
        if answer.status() == StatusCode::FORBIDDEN {
            return Ok(None);
        }
        self.check(&answer)?;
        self.body(answer).await.map(Some)
    }

    /// The answer to a request that a walk can do without; `None` where it is refused, or there is no such thing.
    pub(super) async fn ask_aside(&self, request: &Request) -> Result<Option<Vec<u8>>, Trouble> {
        let answer = self.exchange(request, true).await?;
        if matches!(
            answer.status(),
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
        ) {
            return Ok(None);
        }
        self.check(&answer)?;
        self.body(answer).await.map(Some)
    }

    async fn send(&self, request: &Request, signed_in: bool) -> Result<Vec<u8>, Trouble> {
        let answer = self.exchange(request, signed_in).await?;
        self.check(&answer)?;
        self.body(answer).await
    }

    async fn exchange(&self, request: &Request, signed_in: bool) -> Result<Response, Trouble> {
        let url = format!("{}{}", self.host, request.path);
        let mut sending = match &request.body {
            None => self.client.get(url),
            Some(body) => {
                let posting = self.client.post(url).body(body.clone());
                posting.header(CONTENT_TYPE, "application/json")
            }
        };
        if signed_in {
            sending = match self.history.terms().bearing {
                Bearing::Bearer => sending.bearer_auth(self.token.expose()),
                Bearing::Header(name) => sending.header(name, self.token.expose()),
            };
        }
        let sending = sending.header(USER_AGENT, concat!("tributary/", env!("CARGO_PKG_VERSION")));
        sending.send().await.map_err(|error| {
            Trouble::passing(if error.is_timeout() {
                format!("{} did not answer in time", self.title)
            } else {
                format!("{} cannot be reached", self.title)
            })
        })
    }

    /// Whether the status says that there is something to read.
    fn check(&self, answer: &Response) -> Result<(), Trouble> {
        let (status, title) = (answer.status(), self.title);
        if status.is_success() {
            return Ok(());
        }
        let why = format!("{title} answered {}", status.as_u16());
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS => Trouble::Passing {
                why: format!("{why}: too many requests"),
                after_seconds: retry_after(answer),
            },
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                Trouble::Passing {
                    why,
                    after_seconds: retry_after(answer),
                }
            }
            StatusCode::UNAUTHORIZED => Trouble::Lasting(format!(
                "{why}: the key is not accepted; set another with `tributary sources credential set`"
            )),
            StatusCode::FORBIDDEN => Trouble::Lasting(format!(
                "{why}: the key lacks a right. It takes: {}",
                self.history.terms().key
            )),
            _ => Trouble::Lasting(why),
        })
    }

    async fn body(&self, mut answer: Response) -> Result<Vec<u8>, Trouble> {
        let mut body = Vec::new();
        loop {
            let part = answer.chunk().await;
            let part = part
                .map_err(|_cut| Trouble::passing(format!("{}'s answer was cut off", self.title)))?;
            let Some(part) = part else { return Ok(body) };
            if body.len() + part.len() > ANSWER_MAX_BYTES {
                return Err(Trouble::Lasting(format!(
                    "{}'s answer is too large",
                    self.title
                )));
            }
            body.extend_from_slice(&part);
        }
    }
}

/// For how many seconds the API asks to be left alone.
fn retry_after(answer: &Response) -> Option<u64> {
    let value = answer.headers().get(RETRY_AFTER)?;
    let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.min(WAIT_MAX_SECONDS))
}
