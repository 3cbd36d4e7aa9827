//! `/api/adjustments`: bonuses and corrections, as they were booked. They are made at `/api/partners/{id}/adjustments`.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::adjustments::{self, Adjustment, By, Kind};
use crate::catalog::{Adjusted, CatalogError, Consequences, Listed};
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "partnerId",
    "programId",
    "kind",
    "currency",
    "livemode",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/adjustments", get(list))
        .route("/api/adjustments/{id}", get(one))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Adjusted>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(query.one("kind", Kind::ALL, Kind::word)?.map(By::Kind));
    by.extend(query.iso_currency("currency")?.map(By::Currency));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let books = app.books(&caller.organization_id);
    let found = adjustments::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(found, &page, |one| &one.id, shown)))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Adjusted> {
    let found = adjustments::find(&app.books(&caller.organization_id), &id).await?;
    let found = found.ok_or(CatalogError::NotFound("adjustment"))?;
    seen(&caller, found.livemode, "adjustment")?;
    Ok(Json(shown(found)))
}

fn shown(one: Adjustment) -> Adjusted {
    Adjusted::of(one, Consequences::default())
}
