//! `/api/payouts`: see [`crate::payouts`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::{Answer, made};
use crate::app::App;
use crate::args;
use crate::catalog::{CatalogError, Item, Listed, check, item, opt_text, opt_time, text, time};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;
use crate::payouts::{self, Due, PayoutError};
use crate::store::{Row, Statement, StoreError};

static LIST: Statement = Statement::new(
    "select * from payouts where organization_id = $1 and (cast($2 as text) = '' or id < $2)
         and (cast($3 as text) = '' or partner_id = $3) and (cast($4 as text) = '' or program_id = $4)
         and (cast($5 as text) = '' or currency = $5) and (cast($6 as text) = '' or status = $6)
     order by id desc limit $7",
);
static GET: Statement =
    Statement::new("select * from payouts where organization_id = $1 and id = $2");

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET];

/// A payout, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payout {
    id: String,
    partner_id: String,
    program_id: String,
    amount: i64,
    currency: String,
    status: String,
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
const FILTERS: &[&str] = &["partnerId", "programId", "currency", "status"];

const STATUSES: &[&str] = &["paid", "reversed"];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/payouts", get(list).post(pay))
        .route("/api/payouts/{id}", get(one))
        .route("/api/payouts/{id}/reverse", post(reverse))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Payout>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let args = args![
        caller.organization_id,
        page.after.as_str(),
        query.id("partnerId", &[id::PARTNER])?,
        query.id("programId", &[id::PROGRAM])?,
        query.currency("currency")?,
        query.word("status", STATUSES)?,
        page.rows()
    ];
    let store = app.store.as_ref();
    Ok(Json(Listed::read(store, &LIST, args, &page).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Payout> {
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

async fn find(app: &App, org: &str, id: &str) -> Result<Payout, ApiError> {
    let store = app.store.as_ref();
    Ok(item(store, &GET, args![org, id], "payout").await?)
}

async fn pay(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<New>,
) -> Result<Response, ApiError> {
    let org = caller.organization_id.as_str();
    let catalog = app.catalog(org);
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
    let id = payouts::pay(app.store.as_ref(), &app.ids, org, due, app.now()).await?;
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
    let wanted = (id.as_str(), reason);
    if !payouts::reverse(app.store.as_ref(), &app.ids, org, wanted, app.now()).await? {
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

impl Item for Payout {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            partner_id: text(row, "partner_id")?,
            program_id: text(row, "program_id")?,
            amount: row.int("amount")?,
            currency: text(row, "currency")?,
            status: text(row, "status")?,
            note: opt_text(row, "note")?,
            created_at: time(row, "created_at")?,
            reversed_at: opt_time(row, "reversed_at")?,
            reversed_reason: opt_text(row, "reversed_reason")?,
        })
    }

    fn position(&self) -> String {
        self.id.clone()
    }
}
