//! `/api/leads`: steps of customers before a sale, as they were told.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::leads::{self, By};
use crate::catalog::{CatalogError, Listed};
use crate::id;
use crate::keys::Caller;

/// A lead.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lead {
    id: String,
    event_name: String,
    livemode: bool,
    customer_id: Option<String>,
    /// Who brought it.
    partner_id: Option<String>,
    program_id: Option<String>,
    click_id: Option<String>,
    occurred_at: String,
    created_at: String,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "partnerId",
    "customerId",
    "programId",
    "livemode",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/leads", get(list))
        .route("/api/leads/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Lead>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("customerId", &[id::CUSTOMER])?).map(By::Customer));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let books = app.books(&caller.organization_id);
    let found = leads::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(found, &page, |lead| &lead.id, Lead::of)))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Lead> {
    let found = leads::find(&app.books(&caller.organization_id), &id).await?;
    let found = found.ok_or(CatalogError::NotFound("lead"))?;
    seen(&caller, found.livemode, "lead")?;
    Ok(Json(Lead::of(found)))
}

impl Lead {
    pub(super) fn of(lead: leads::Lead) -> Self {
        Self {
            id: lead.id,
            event_name: lead.event_name,
            livemode: lead.livemode,
            customer_id: lead.customer_id,
            partner_id: lead.partner_id,
            program_id: lead.program_id,
            click_id: lead.click_id,
            occurred_at: lead.occurred_at.to_string(),
            created_at: lead.created_at.to_string(),
        }
    }
}
