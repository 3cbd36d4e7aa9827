//! `/api/changes`: what was changed, by whom and why. It can be read and nothing else; see [`crate::changes`].

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::Value;

use super::Answer;
use super::query::{Query, asked};
use crate::app::App;
use crate::books::Personal;
use crate::books::changes::{self, By};
use crate::catalog::Listed;
use crate::changes::What;
use crate::keys::Caller;

/// A change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    id: String,
    at: String,
    actor: Actor,
    r#type: &'static str,
    subject_id: String,
    reason: Option<String>,
    /// Members that were edited have `before` and `after`; others are as they were made.
    details: Value,
}

/// Who has changed something.
#[derive(Debug, Serialize)]
struct Actor {
    kind: String,
    id: String,
    name: Personal,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["subjectId", "actor", "type", "from", "to"];

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/changes", get(list))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Change>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let mut by = Vec::new();
    by.extend(asked(query.text("subjectId")?).map(By::Subject));
    by.extend(asked(query.text("actor")?).map(By::Actor));
    by.extend(query.one("type", What::ALL, What::word)?.map(By::What));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let books = app.books(&caller.organization_id);
    let found = changes::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |change| &change.id,
        Change::of,
    )))
}

impl Change {
    fn of(change: changes::Change) -> Self {
        Self {
            id: change.id,
            at: change.at.to_string(),
            actor: Actor {
                kind: change.actor_kind,
                id: change.actor_id,
                name: change.actor_name,
            },
            r#type: change.what.word(),
            subject_id: change.subject_id,
            reason: change.reason,
            details: change.details,
        }
    }
}
