//! `/api/payouts`: see [`crate::payouts`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query, asked};
use super::{Answer, made};
use crate::app::App;
use crate::books;
use crate::books::payouts::{By, Status};
use crate::catalog::{CatalogError, Listed, check};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;
use crate::payouts::{self, Due, PayoutError};

/// A payout, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payout {
    id: String,
    partner_id: String,
    program_id: String,
    amount: i64,
    currency: String,
    status: &'static str,
    note: Option<String>,
    created_at: String,
    reversed_at: Option<String>,
    reversed_reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct New {
    partner_id: Option<String>,
    currency: Option<String>,
    program_id: Option<String>,
    /// What the caller takes to be due: anything else is refused.
    amount: Option<i64>,
    note: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Reversal {
    reason: Option<String>,
}

/// The longest note or reason, in characters.
const NOTE_MAX_CHARS: usize = 2_048;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["partnerId", "programId", "currency", "status", "from", "to"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/payouts", get(list).post(pay))
        .route("/api/payouts/{id}", get(one))
        .route("/api/payouts/{id}/reverse", post(reverse))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Payout>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let mut by = Vec::new();
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
    let scope = app.books(&caller.organization_id);
    let found = books::payouts::list(&scope, &by, page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |payout| &payout.id,
        Payout::of,
    )))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Payout> {
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

async fn find(app: &App, org: &str, id: &str) -> Result<Payout, ApiError> {
    let found = books::payouts::find(&app.books(org), id).await?;
    Ok(found
        .map(Payout::of)
        .ok_or(CatalogError::NotFound("payout"))?)
}

async fn pay(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let org = caller.organization_id.as_str();
    let catalog = app.catalog(&caller);
    let partner = catalog.partner_named(new.partner_id.as_deref()).await?;
    let currency = check::required("currency", new.currency.as_deref())?;
    let currency = check::currency("currency", currency)?;
    if let Some(id) = &new.program_id {
        catalog.program_id(Some(id)).await?;
    }
    if let Some(note) = &new.note {
        remark("note", note)?;
    }
    let due = Due {
        partner_id: &partner.id,
        currency,
        program_id: new.program_id.as_deref(),
        amount: new.amount,
        note: new.note.as_deref(),
    };
    let id = payouts::pay(&app.scope(&caller), due).await?;
    Ok(made(find(&app, org, &id).await?, true))
}

async fn reverse(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(reversal): ApiJson<Reversal>,
) -> Answer<Payout> {
    let org = caller.organization_id.as_str();
    let reason = check::required("reason", reversal.reason.as_deref())?.trim();
    if reason.is_empty() {
        return Err(CatalogError::invalid("reason", "must not be empty").into());
    }
    remark("reason", reason)?;
    if !payouts::reverse(&app.scope(&caller), &id, reason).await? {
        return Err(CatalogError::NotFound("payout").into());
    }
    Ok(Json(find(&app, org, &id).await?))
}

/// Refuses a remark of the owner's that cannot be kept.
fn remark(field: &str, text: &str) -> Result<(), CatalogError> {
    if text.contains('\0') || text.chars().count() > NOTE_MAX_CHARS {
        let message = "must have at most 2048 characters, and none U+0000";
        return Err(CatalogError::invalid(field, message));
    }
    Ok(())
}

impl From<PayoutError> for ApiError {
    fn from(error: PayoutError) -> Self {
        let message = error.to_string();
        match error {
            PayoutError::Nothing(_) | PayoutError::Overflow => {
                Self::validation("partnerId", message)
            }
            PayoutError::Amount { .. } => Self::conflict(message).about("amount"),
            PayoutError::SeveralPrograms => Self::validation("programId", message),
            PayoutError::Store(error) => error.into(),
        }
    }
}

impl Payout {
    fn of(payout: books::payouts::Payout) -> Self {
        Self {
            id: payout.id,
            partner_id: payout.partner_id,
            program_id: payout.program_id,
            amount: payout.amount,
            currency: payout.currency.to_string(),
            status: payout.status.word(),
            note: payout.note,
            created_at: payout.created_at.to_string(),
            reversed_at: payout.reversed_at.map(|at| at.to_string()),
            reversed_reason: payout.reversed_reason,
        }
    }
}
