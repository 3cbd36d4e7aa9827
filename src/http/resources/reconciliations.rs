//! `/api/sources/{id}/reconciliation`: whether a source's processor is asked, and how it went. The key goes in and never comes out.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use providers::Secret;
use serde::{Deserialize, Serialize};

use super::Answer;
use super::query::Id;
use super::sources::find;
use crate::app::App;
use crate::books::reconciliations as books;
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::reconcile::{self, CredentialError};
use crate::sources::Source;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route(
        "/api/sources/{id}/reconciliation",
        get(one).put(set).delete(forget),
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: String,
    /// Whether there is a key, so that the processor is asked every hour.
    has_key: bool,
    /// Which key it takes; `null` where the processor has no API to ask.
    key: Option<&'static str>,
    /// What asking cannot find.
    blind: Option<&'static str>,
    /// Up to when all has been asked.
    asked_until: Option<String>,
    /// When the last time came to its end.
    finished_at: Option<String>,
    /// How much the processor had then.
    told: i64,
    /// How much of that was missing here, and is here now.
    missing: i64,
    /// Whether it is being asked.
    running: bool,
    /// Why it could not be asked the last time.
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    key: String,
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Shown> {
    let source = find(&app, &caller, &id).await?;
    show(&app, &source).await
}

async fn set(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<New>,
) -> Answer<Shown> {
    let source = find(&app, &caller, &id).await?;
    let key =
        Secret::new(&new.key).map_err(|error| ApiError::validation("key", error.to_string()))?;
    reconcile::keep(&app.scope(&caller), &app.seal, &source, &key).await?;
    show(&app, &source).await
}

async fn forget(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Shown> {
    let source = find(&app, &caller, &id).await?;
    reconcile::forget(&app.scope(&caller), &source).await?;
    show(&app, &source).await
}

async fn show(app: &App, source: &Source) -> Answer<Shown> {
    let scope = app.books(&source.organization_id);
    let known = books::of(&scope, &source.id).await?.unwrap_or_default();
    let terms = providers::history(&source.processor).map(providers::History::terms);
    Ok(Json(Shown {
        id: source.id.clone(),
        has_key: known.credential.is_some(),
        key: terms.map(|terms| terms.key),
        blind: terms.map(|terms| terms.blind),
        asked_until: known.asked_until.map(|at| at.to_string()),
        finished_at: known.finished_at.map(|at| at.to_string()),
        told: known.told,
        missing: known.missing,
        running: known.walk.is_some(),
        error: known.error,
    }))
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        let message = error.to_string();
        match error {
            CredentialError::NoApi(_) => Self::validation("key", message),
            CredentialError::Seal(error) => {
                tracing::error!(%error, "a key cannot be sealed");
                Self::internal()
            }
            CredentialError::Store(error) => error.into(),
        }
    }
}
