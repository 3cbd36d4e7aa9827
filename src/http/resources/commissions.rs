//! `/api/commissions`: one for each sale that has a partner and each lead that has earned. A commission's
//! id is that of its sale or lead with another prefix.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::commissions::{self, By, Subject};
use crate::books::sales::Status;
use crate::catalog::{CatalogError, Listed};
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// A commission, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commission {
    id: String,
    sale_id: Option<String>,
    lead_id: Option<String>,
    livemode: bool,
    partner_id: String,
    program_id: String,
    /// What is left after refunds and lost disputes.
    amount: i64,
    /// Before anything was taken back.
    full: i64,
    /// What open disputes and reviews hold back of `amount`.
    held: i64,
    currency: String,
    status: &'static str,
    /// Why it is held for review, or what it waits for.
    reason: Option<String>,
    occurred_at: String,
    available_at: String,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "saleId",
    "partnerId",
    "programId",
    "currency",
    "status",
    "livemode",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/commissions", get(list))
        .route("/api/commissions/{id}", get(one))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Commission>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let by = conditions(&query, &caller)?;
    let books = app.books(&caller.organization_id);
    let part = page.part();
    let found = commissions::list(&books, &by, part.from(tail(part.after))).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |one| &one.tail,
        Commission::of,
    )))
}

fn conditions<'q>(query: &'q Query, caller: &Caller) -> Result<Vec<By<'q>>, ApiError> {
    let mut by = vec![By::Ledger(query.ledger(caller)? == 1)];
    by.extend(asked(query.id("saleId", &[id::SALE])?).map(By::Sale));
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(query.iso_currency("currency")?.map(By::Currency));
    by.extend(
        query
            .one("status", Status::ALL, Status::word)?
            .map(By::Status),
    );
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    Ok(by)
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Commission> {
    let books = app.books(&caller.organization_id);
    let found = commissions::find(&books, tail(&id)).await?;
    let found = found.ok_or(CatalogError::NotFound("commission"))?;
    seen(&caller, found.livemode, "commission")?;
    Ok(Json(Commission::of(found)))
}

/// What follows the prefix of a commission's id.
fn tail(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, tail)| tail)
}

impl Commission {
    pub(super) fn of(one: commissions::Commission) -> Self {
        let (sale_id, lead_id) = match one.subject {
            Subject::Sale(id) => (Some(id), None),
            Subject::Lead(id) => (None, Some(id)),
        };
        Self {
            id: format!("{}_{}", id::COMMISSION, one.tail),
            sale_id,
            lead_id,
            livemode: one.livemode,
            partner_id: one.partner_id,
            program_id: one.program_id,
            amount: one.amount,
            full: one.full,
            held: one.held,
            currency: one.currency.to_string(),
            status: one.status.word(),
            reason: one.reason,
            occurred_at: one.occurred_at.to_string(),
            available_at: one.available_at.to_string(),
        }
    }
}
