//! `/api/sources`: webhook sources. Secrets go in and never come out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use providers::{Adapter, Secret, Settings};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::{Answer, made, processors, seen};
use crate::app::App;
use crate::books::refusals as books;
use crate::catalog::Listed;
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::http::refusals::words::words;
use crate::keys::Caller;
use crate::sources::{KEPT_SECRETS, NewSource, Source, SourceError, odd};

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["processor", "livemode"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/sources", get(list).post(create))
        .route("/api/sources/{id}", get(one).patch(change).delete(disable))
        .route("/api/sources/{id}/refusals", get(refusals))
}

/// A source without its secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    processor: String,
    url: String,
    events: Vec<&'static str>,
    steps: &'static [&'static str],
    mode: &'static str,
    livemode: bool,
    status: String,
    is_default: bool,
    settings: Settings,
    secret_count: usize,
    /// What looks odd about its secrets.
    warnings: Vec<String>,
    created_at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    processor: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    settings: Option<Settings>,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Shown>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let processor = query.word("processor", &processors())?;
    let mut sources = app.desk().list(&caller.organization_id).await?;
    sources.retain(|source| processor.is_empty() || source.processor == processor);
    let wanted = query.flag("livemode")?;
    sources.retain(|source| wanted == -1 || i64::from(source.livemode) == wanted);
    sources.retain(|source| caller.may_see(source.livemode));
    sources.retain(|source| page.after.is_empty() || source.id < page.after);
    sources.reverse();
    let shown = sources.into_iter().map(|source| show(&app, source));
    Ok(Json(Listed::of(shown.collect(), &page, |source| {
        source.id.clone()
    })))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Shown> {
    Ok(Json(show(&app, find(&app, &caller, &id).await?)))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let new = NewSource {
        processor: &new.processor,
        secrets: secrets(&new.secrets)?,
        livemode: ledger(new.mode.as_deref(), &caller)?,
        settings: new.settings,
        // Live deliveries are expected there.
        may_be_default: caller.livemode,
    };
    let source = app.desk().add(&app.scope(&caller), new).await?;
    forget(&app, &source).await?;
    Ok(made(show(&app, source), true))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(change): ApiJson<Change>,
) -> Answer<Shown> {
    find(&app, &caller, &id).await?;
    let added = secrets(&change.secrets)?;
    let status = change.status;
    if let Some(status) = &status
        && !["active", "disabled"].contains(&status.as_str())
    {
        let message = "status must be active or disabled";
        return Err(ApiError::validation("status", message));
    }
    let (desk, scope) = (app.desk(), app.scope(&caller));
    let changing = desk.change(&scope, &id, |source| {
        if let Some(status) = status {
            source.status = status;
        }
        if let Some(settings) = change.settings {
            source.settings = settings;
        }
        for secret in added {
            source.add_secret(secret);
        }
    });
    let source = changing.await?;
    forget(&app, &source).await?;
    Ok(Json(show(&app, source)))
}

/// Why deliveries were refused, and what to do.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    reason: String,
    refused: i64,
    first_at: String,
    last_at: String,
    /// How far the time that was signed was from ours; positive: theirs was ahead.
    off_by_seconds: Option<i64>,
    message: String,
    advice: &'static str,
}

#[derive(Serialize)]
struct Hour {
    hour: String,
    refused: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refusals {
    data: Vec<Refusal>,
    hours: Vec<Hour>,
    next_cursor: Option<String>,
}

/// What a source has refused lately, by reason and by hour.
async fn refusals(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Answer<Refusals> {
    query.only(&["from"])?;
    let source = find(&app, &caller, &id).await?;
    let from = query.time("from")?;
    let from = from.unwrap_or(app.now().plus_days(-books::KEPT_DAYS));
    app.refusals.write(app.store.as_ref(), app.now()).await;
    let scope = app.books(&caller.organization_id);
    let mut refused = books::since(&scope, from).await?;
    refused.retain(|refused| refused.source_id == source.id);
    let hours = books::by_hour(&scope, &source.id, from).await?;
    Ok(Json(Refusals {
        data: refused.into_iter().map(refusal).collect(),
        hours: hours
            .into_iter()
            .map(|(hour, refused)| Hour {
                hour: hour.to_string(),
                refused,
            })
            .collect(),
        next_cursor: None,
    }))
}

fn refusal(refused: books::Refused) -> Refusal {
    let words = words(&refused.reason, refused.seconds);
    Refusal {
        reason: refused.reason,
        refused: refused.refused,
        first_at: refused.first_hour.to_string(),
        last_at: refused.last_at.to_string(),
        off_by_seconds: refused.seconds,
        message: words.what,
        advice: words.then,
    }
}

/// A disabled source stays, with its deliveries; new ones are answered with 404.
async fn disable(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Shown> {
    find(&app, &caller, &id).await?;
    let (desk, scope) = (app.desk(), app.scope(&caller));
    let disabling = desk.change(&scope, &id, |source| {
        "disabled".clone_into(&mut source.status);
    });
    let source = disabling.await?;
    forget(&app, &source).await?;
    Ok(Json(show(&app, source)))
}

/// The source of an id, where the key may see it. A source never changes its ledger.
pub(super) async fn find(app: &App, caller: &Caller, id: &str) -> Result<Source, ApiError> {
    let source = app.desk().get(&caller.organization_id, id).await?;
    seen(caller, source.livemode, "source")?;
    Ok(source)
}

/// The ledger of a new source: the key's own where none is given.
fn ledger(mode: Option<&str>, caller: &Caller) -> Result<bool, ApiError> {
    let wanted = match mode {
        None => caller.livemode,
        mode => livemode(mode)?,
    };
    if !caller.may_see(wanted) {
        let message = "a test key adds test sources alone: use a live key";
        return Err(ApiError::forbidden(message));
    }
    Ok(wanted)
}

/// What is remembered of a source's routes is read anew.
async fn forget(app: &App, source: &Source) -> Result<(), ApiError> {
    for route in [&source.id, &source.processor] {
        app.sources.reload(app.desk(), route).await?;
    }
    Ok(())
}

fn show(app: &App, source: Source) -> Shown {
    let about = providers::adapter(&source.processor).map(Adapter::about);
    let events = about.map(|about| about.events).unwrap_or_default();
    Shown {
        warnings: odd::of_source(&source),
        url: source.url(&app.public_url),
        events: events.iter().map(|event| event.name).collect(),
        steps: about.map(|about| about.steps).unwrap_or_default(),
        mode: if source.livemode { "live" } else { "test" },
        livemode: source.livemode,
        status: source.status,
        is_default: source.is_default,
        settings: source.settings,
        secret_count: source.secrets.len(),
        created_at: source.created_at.to_string(),
        processor: source.processor,
        id: source.id,
    }
}

fn secrets(texts: &[String]) -> Result<Vec<Secret>, ApiError> {
    if texts.len() > KEPT_SECRETS {
        let message = format!("secrets must be at most {KEPT_SECRETS}");
        return Err(ApiError::validation("secrets", message));
    }
    let secrets = texts.iter().map(|text| Secret::new(text));
    let secrets: Result<Vec<_>, _> = secrets.collect();
    secrets.map_err(|error| ApiError::validation("secrets", error.to_string()))
}

/// The ledger of a `mode`; live where none is given.
pub(super) fn livemode(mode: Option<&str>) -> Result<bool, ApiError> {
    match mode {
        None | Some("live") => Ok(true),
        Some("test") => Ok(false),
        Some(_) => Err(ApiError::validation("mode", "mode must be live or test")),
    }
}

impl From<SourceError> for ApiError {
    fn from(error: SourceError) -> Self {
        let message = error.to_string();
        match error {
            SourceError::Processor => {
                let message = format!("processor must be one of {}", processors().join(", "));
                Self::validation("processor", message)
            }
            SourceError::NoSecret | SourceError::Secret(_) => Self::validation("secrets", message),
            SourceError::Setting(error) => {
                Self::validation(format!("settings.{}", error.name), message)
            }
            SourceError::Unknown => Self::not_found("no source has this id"),
            SourceError::ForeignRoute { .. } | SourceError::NotOldest(_) => {
                Self::validation("processor", message)
            }
            SourceError::Seal(_) | SourceError::Sealed { .. } => {
                tracing::error!(error = message, "a source's secrets cannot be read");
                Self::internal()
            }
            SourceError::Store(error) => error.into(),
        }
    }
}
