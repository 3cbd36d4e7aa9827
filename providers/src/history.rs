//! What a processor's API tells of the past: which request comes next, and what its answer says.
//!
//! A walk through an API is a queue of [`Step`]s. [`History::begin`] gives the first ones, [`History::request`] says what to send for one, and
//! [`History::read`] makes of the answer what was found and which steps follow. Nothing here does I/O, reads a clock, or sees a credential but in
//! [`History::sign_in`]. What is found goes through the same `envelope` and `normalize` as a delivery: it is never counted by itself.
//!
//! [`Verified`] is made here of what the processor's own API has answered over TLS, to a request that carried the owner's key: nobody else can
//! have said it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::delivery::Verified;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::signature;
use crate::time::Micros;

/// The API version of what completes a delivery: that one came, and nothing was lost.
pub const PART: &str = "part";

/// A time from `since` up to, not including, `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From here.
    pub since: Micros,
    /// Up to here.
    pub until: Micros,
}

/// One request of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which list is read, or what is looked up.
    pub list: String,
    /// Where in it: a page, or an id.
    #[serde(default)]
    pub at: Option<String>,
}

impl Step {
    /// The first page of a list.
    pub fn first(list: &str) -> Self {
        Self {
            list: list.to_owned(),
            at: None,
        }
    }

    /// A later page, or something that is looked up.
    pub fn at(list: &str, at: impl Into<String>) -> Self {
        Self {
            list: list.to_owned(),
            at: Some(at.into()),
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What happened when.
    pub span: Span,
    /// The source's settings.
    pub settings: &'a Settings,
    /// When it is asked.
    pub now: Micros,
}

/// A request, without the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Path and query, from a slash on.
    pub path: String,
    /// JSON to be posted; without it the request is a GET.
    pub body: Option<String>,
}

impl Request {
    /// A GET.
    pub const fn get(path: String) -> Self {
        Self { path, body: None }
    }
}

/// What an answer says.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What may be missing here, to be normalized like deliveries.
    pub found: Vec<Verified>,
    /// What is to be asked next, before what is waiting.
    pub then: Vec<Step>,
    /// How long the API wants to be left alone, in seconds.
    pub wait_seconds: Option<u64>,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Misread {
    /// It is not what the documentation says.
    #[error("the answer cannot be read: {0}")]
    Shape(&'static str),
    /// It asks for patience, for so many seconds.
    #[error("the API asks to be left alone")]
    Throttled(u64),
    /// It refuses for good, in the processor's words.
    #[error("the API refuses: {0}")]
    Refused(String),
}

/// How a request carries the credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// `Authorization: Bearer …`.
    Bearer,
    /// As the value of this header.
    Header(&'static str),
}

/// What people are told of a processor's API, and what its requests follow.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Which key to make, and with which rights.
    pub key: &'static str,
    /// How it is carried.
    pub bearing: Bearing,
    /// Requests a minute that leave room for others with the same key.
    pub per_minute: u32,
    /// How far a window reaches back into the one before, in seconds.
    pub overlap_seconds: i64,
    /// What cannot be found.
    pub blind: &'static str,
}

/// A right that a key lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lack {
    /// Its name at the processor.
    pub right: &'static str,
    /// Whether something is not found without it; else it is only what the owner may not need.
    pub needed: bool,
    /// What it is for.
    pub wherefore: &'static str,
}

/// A processor's API: pure, synchronous, total. No method has a default body.
pub trait History: Send + Sync {
    /// What people are told.
    fn terms(&self) -> &'static Terms;

    /// Where the API is, without a slash at the end; `None` where a setting is missing.
    fn host(&self, settings: &Settings, livemode: bool) -> Option<String>;

    /// The request that makes a token of the credential, where the credential is none itself. Its answer is read by [`History::token`].
    fn sign_in(&self, _credential: &Secret) -> Option<Request> {
        None
    }

    /// The token in the answer to [`History::sign_in`].
    fn token(&self, _answer: &[u8]) -> Option<Secret> {
        None
    }

    /// The request that tells which rights the key has, where the API tells that. Its answer is read by [`History::lacking`]. Where there is none, a
    /// right that is missing shows when something is asked for.
    fn rights(&self) -> Option<Request> {
        None
    }

    /// The rights that the key lacks, by the answer to [`History::rights`].
    ///
    /// # Errors
    /// [`Misread`].
    fn lacking(&self, _answer: &[u8]) -> Result<Vec<Lack>, Misread> {
        Ok(Vec::new())
    }

    /// The first steps of a walk.
    fn begin(&self, asked: Asked<'_>) -> Vec<Step>;

    /// Whether a step completes what deliveries, or other lists, leave out. Where the API refuses it or knows no such thing, the walk goes on without:
    /// all else is to be found all the same.
    fn completes(&self, _step: &Step) -> bool {
        false
    }

    /// What to send.
    fn request(&self, step: &Step, asked: Asked<'_>) -> Request;

    /// What the answer to it says.
    ///
    /// # Errors
    /// [`Misread`].
    fn read(&self, step: &Step, asked: Asked<'_>, answer: &[u8]) -> Result<Page, Misread>;
}

/// The API of the processor with this id, where it has one that tells of the past.
pub fn history(id: &str) -> Option<&'static dyn History> {
    match id {
        "stripe" => Some(&crate::stripe::Stripe),
        "shopify" => Some(&crate::shopify::Shopify),
        "paddle" => Some(&crate::paddle::Paddle),
        "polar" => Some(&crate::polar::Polar),
        _ => None,
    }
}

/// The ids of the processors that have one.
pub fn with_history() -> impl Iterator<Item = &'static str> {
    let all = crate::adapters().iter().map(|adapter| adapter.about().id);
    all.filter(|id| history(id).is_some())
}

/// The id of something that is no event at its processor: the object's own, and what it says now. The same thing said again has the same id.
pub(crate) fn id_of_state(object_id: &str, said: &str) -> String {
    let digest = signature::digest_id(said.as_bytes());
    let digest = digest.get(7..31).unwrap_or_default();
    format!("api_{object_id}_{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: &[&str] = &[
        "",
        "null",
        "[]",
        "{}",
        "<html>",
        r#"{"data":null,"items":null}"#,
        r#"{"data":[null,1,[],{}],"items":[null,1,[],{}],"has_more":true}"#,
        r#"{"data":[{"id":1,"created":"x"}],"items":[{"id":{},"order_id":"../x","created_at":"2026-11-20T10:00:00Z"}]}"#,
        r#"{"data":[],"meta":{"pagination":{"has_more":true,"next":"https://evil.example/else?x=1"}}}"#,
        r#"{"data":{"orders":{"nodes":[{"id":7}]},"order":{"id":1,"refunds":[1,{"transactions":[null]}],"line_items":[3]}}}"#,
        r#"{"errors":[{"extensions":{"code":"THROTTLED"}}]}"#,
    ];

    fn asked(settings: &Settings) -> Asked<'_> {
        let now = Micros::from_seconds(1_795_348_800);
        let span = Span {
            since: now.plus_days(-200),
            until: now,
        };
        Asked {
            span,
            settings,
            now,
        }
    }

    #[test]
    fn whatever_an_api_answers_no_request_goes_elsewhere_and_nothing_panics() {
        let settings = Settings::from_json(r#"{"shop":"acme.myshopify.com"}"#).unwrap_or_default();
        let asked = asked(&settings);
        for id in with_history() {
            let Some(api) = history(id) else { continue };
            assert!(
                api.host(&settings, true)
                    .is_some_and(|host| host.starts_with("https://") && !host.ends_with('/'))
            );
            if let Some(rights) = api.rights() {
                assert!(rights.path.starts_with('/'), "{id}");
            }
            for answer in ANSWERS {
                drop(api.lacking(answer.as_bytes()));
            }
            let steps = api.begin(asked);
            assert!(!steps.is_empty(), "{id}");
            for step in steps {
                assert!(api.request(&step, asked).path.starts_with('/'), "{id}");
                for answer in ANSWERS {
                    let Ok(page) = api.read(&step, asked, answer.as_bytes()) else {
                        continue;
                    };
                    for next in page.then {
                        let path = api.request(&next, asked).path;
                        assert!(path.starts_with('/') && !path.contains(".."), "{id} {path}");
                        assert_ne!(next, step, "{id} would go round");
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_said_again_has_the_id_it_had() {
        assert_eq!(id_of_state("in_1", "{}"), id_of_state("in_1", "{}"));
        assert_ne!(id_of_state("in_1", "{}"), id_of_state("in_1", "{ }"));
    }
}
