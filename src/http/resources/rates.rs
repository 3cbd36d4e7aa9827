//! `/api/rates`: exchange rates that the owner imports; see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::Answer;
use super::query::Query;
use crate::app::App;
use crate::catalog::{Listed, NewRate, RateRow};
use crate::http::body;
use crate::http::error::ApiError;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["base", "quote"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/rates", get(list).post(import))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    rates: Vec<NewRate>,
}

#[derive(Serialize)]
struct Imported {
    imported: usize,
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<RateRow>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let (base, quote) = (query.currency("base")?, query.currency("quote")?);
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.rates(&page, (&base, &quote)).await?))
}

/// Takes `{"rates":[…]}`, or the list alone.
async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<Imported>), ApiError> {
    let bytes = body::read(request).await?;
    let new: New = if bytes.trim_ascii_start().starts_with(b"[") {
        body::parse(&[b"{\"rates\":", bytes.as_ref(), b"}"].concat())?
    } else {
        body::parse(&bytes)?
    };
    let catalog = app.catalog(&caller);
    let imported = catalog.import_rates(&new.rates).await?;
    Ok((StatusCode::CREATED, Json(Imported { imported })))
}
