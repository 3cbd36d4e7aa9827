//! `POST /api/events/reprocess`: what program and settings make of stored deliveries today; first what that would change, then for good.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;

use super::{Answer, processors};
use crate::actor::LetIn as _;
use crate::app::App;
use crate::books::events::State as EventState;
use crate::catalog::check;
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::ledger::calls;
use crate::reprocess::{Filter, ReprocessReport, reprocess_some};

/// So many events are processed for one call; more would keep it waiting for minutes. The command takes any number.
pub const EVENTS_MAX: usize = 2_000;

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/events/reprocess", post(again))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    event_ids: Vec<String>,
    #[serde(default)]
    processor: Option<String>,
    #[serde(default)]
    source_id: Option<String>,
    #[serde(default, rename = "type")]
    event_type: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    /// Shows what would change; nothing is written.
    #[serde(default = "yes")]
    dry_run: bool,
}

const fn yes() -> bool {
    true
}

async fn again(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(asked): ApiJson<Asked>,
) -> Answer<ReprocessReport> {
    let dry_run = asked.dry_run;
    let filter = filter(asked, &caller)?;
    let tools = app.ledger.tools();
    let org = &caller.organization_id;
    let report = reprocess_some(tools, org, caller.actor(), &filter, EVENTS_MAX, dry_run).await?;
    report.map(Json).ok_or_else(too_many)
}

/// More than one call does.
fn too_many() -> ApiError {
    ApiError::malformed(format!(
        "more than {EVENTS_MAX} events: narrow it, by `from` and `to` for example, or use `tributary events reprocess`"
    ))
}

fn filter(asked: Asked, caller: &Caller) -> Result<Filter, ApiError> {
    if asked.event_ids.len() > EVENTS_MAX {
        return Err(ApiError::validation(
            "eventIds",
            format!("eventIds must be at most {EVENTS_MAX}"),
        ));
    }
    let states: Vec<&str> = EventState::ALL.iter().map(|state| state.word()).collect();
    let all = [processors(), vec![calls::PROCESSOR]].concat();
    one_of("processor", asked.processor.as_deref(), &all)?;
    one_of("state", asked.state.as_deref(), &states)?;
    let time = |name: &'static str, text: Option<&String>| match text {
        Some(text) => check::time(name, text).map(Some),
        None => Ok(None),
    };
    Ok(Filter {
        since: time("from", asked.from.as_ref())?,
        until: time("to", asked.to.as_ref())?,
        event_ids: asked.event_ids.into_iter().collect(),
        processor: asked.processor,
        source_id: asked.source_id,
        event_type: asked.event_type,
        state: asked.state,
        // A test key changes nothing of the live ledger.
        livemode: caller.bound_to(),
    })
}

fn one_of(name: &'static str, given: Option<&str>, all: &[&str]) -> Result<(), ApiError> {
    match given {
        Some(given) if !all.contains(&given) => Err(ApiError::validation(
            name,
            format!("{name} must be one of {}", all.join(", ")),
        )),
        _ => Ok(()),
    }
}
