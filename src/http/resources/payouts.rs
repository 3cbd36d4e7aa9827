//! `/api/payouts`: see [`crate::payouts`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use providers::Micros;
use serde::{Deserialize, Serialize};

use super::query::{Id, Query, asked};
use super::{Answer, Deleted, made};
use crate::app::App;
use crate::books;
use crate::books::payouts::{By, Status};
use crate::catalog::{CatalogError, Listed, check};
use crate::http::body::{AnyJson, ApiJson};
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;
use crate::payouts::imported::Became;
use crate::payouts::run::{Outcome as Drafting, Run};
use crate::payouts::steps::{self, Sending, StepError};
use crate::payouts::{self, Due, PayoutError, Taken};

/// A payout, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Payout {
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
    method: Option<String>,
    batch_id: Option<String>,
    reference: Option<String>,
    statement_number: Option<i64>,
    approved_at: Option<String>,
    approved_by: Option<String>,
    sent_at: Option<String>,
    sent_by: Option<String>,
    paid_at: Option<String>,
    paid_by: Option<String>,
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
pub(crate) const FILTERS: &[&str] = &[
    "partnerId",
    "programId",
    "currency",
    "status",
    "batchId",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/payouts", get(list).post(pay))
        .route("/api/payouts/runs", post(run))
        .route("/api/payouts/imported", post(import))
        .route("/api/payouts/{id}", get(one).delete(discard))
        .route("/api/payouts/{id}/approve", post(approve))
        .route("/api/payouts/{id}/send", post(send))
        .route("/api/payouts/{id}/confirm", post(confirm))
        .route("/api/payouts/{id}/fail", post(fail))
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
    by.extend(asked(query.id("batchId", &[id::BATCH])?).map(By::Batch));
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
    let reason = reason(&reversal)?;
    taken(payouts::reverse(&app.scope(&caller), &id, reason).await?)?;
    Ok(Json(find(&app, org, &id).await?))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewRun {
    program_id: Option<String>,
    currency: Option<String>,
    until: Option<String>,
    note: Option<String>,
    dry_run: bool,
}

/// What a run has found for a partner, program and currency.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    payout_id: Option<String>,
    partner_id: String,
    program_id: String,
    amount: i64,
    currency: String,
    outcome: &'static str,
    minimum: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Ran {
    dry_run: bool,
    lines: Vec<Line>,
}

async fn run(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewRun>,
) -> Answer<Ran> {
    if let Some(id) = &new.program_id {
        app.catalog(&caller).program_id(Some(id)).await?;
    }
    if let Some(note) = &new.note {
        remark("note", note)?;
    }
    let currency = new.currency.as_deref();
    let currency = currency.map(|code| check::currency("currency", code));
    let until = new.until.as_deref().map(|at| check::time("until", at));
    let asked = Run {
        program_id: new.program_id.as_deref(),
        currency: currency.transpose()?,
        until: until.transpose()?,
        note: new.note.as_deref(),
        dry_run: new.dry_run,
    };
    let found = payouts::run::run(&app.scope(&caller), asked).await?;
    Ok(Json(Ran {
        dry_run: new.dry_run,
        lines: found.into_iter().map(Line::of).collect(),
    }))
}

/// The most sales of one call.
const IMPORTED_MAX: usize = 500;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewImport {
    sale_ids: Vec<String>,
    note: Option<String>,
}

/// What became of a sale that another system has paid.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    sale_id: String,
    outcome: &'static str,
    payout_id: Option<String>,
}

#[derive(Serialize)]
struct AllImported {
    data: Vec<Imported>,
}

async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewImport>,
) -> Answer<AllImported> {
    if new.sale_ids.is_empty() || new.sale_ids.len() > IMPORTED_MAX {
        let message = "must name 1 to 500 sales";
        return Err(CatalogError::invalid("saleIds", message).into());
    }
    let strange = |id: &String| !id.starts_with(id::SALE) || id.contains('\0');
    if new.sale_ids.iter().any(strange) {
        return Err(CatalogError::invalid("saleIds", "must hold ids of sales").into());
    }
    if let Some(note) = &new.note {
        remark("note", note)?;
    }
    let note = new.note.as_deref();
    let became = payouts::imported::record(&app.scope(&caller), &new.sale_ids, note).await?;
    let data = became.into_iter().map(|(sale_id, became)| {
        let (outcome, payout_id) = match became {
            Became::Paid(id) => ("paid", Some(id)),
            Became::Known(id) => ("known", Some(id)),
            Became::Held => ("held", None),
            Became::Nothing => ("nothing", None),
        };
        Imported {
            sale_id,
            outcome,
            payout_id,
        }
    });
    Ok(Json(AllImported {
        data: data.collect(),
    }))
}

impl Line {
    fn of(line: payouts::run::Line) -> Self {
        let outcome = line.outcome.word();
        let (payout_id, minimum) = match line.outcome {
            Drafting::Drafted(id) => (id, None),
            Drafting::BelowMinimum(minimum) => (None, Some(minimum)),
            Drafting::Negative => (None, None),
        };
        Self {
            payout_id,
            partner_id: line.partner_id,
            program_id: line.program_id,
            amount: line.amount,
            currency: line.currency.to_string(),
            outcome,
            minimum,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Nothing {}

async fn approve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    AnyJson(_nothing): AnyJson<Nothing>,
) -> Answer<Payout> {
    steps::approve(&app.scope(&caller), &id).await?;
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewSending {
    method: Option<String>,
    reference: Option<String>,
}

async fn send(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<NewSending>,
) -> Answer<Payout> {
    let method = check::text("method", new.method.as_deref().unwrap_or("other"))?;
    if method == "stripe" {
        let message = "stripe is sent by the server: use POST /api/payout-batches";
        return Err(CatalogError::Invalid {
            field: "method".to_owned(),
            message: message.to_owned(),
        }
        .into());
    }
    let reference = reference(new.reference.as_deref())?;
    let sending = Sending {
        method: &method,
        batch_id: None,
        reference: reference.as_deref(),
    };
    steps::send(&app.scope(&caller), &id, sending).await?;
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Confirmation {
    reference: Option<String>,
}

async fn confirm(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<Confirmation>,
) -> Answer<Payout> {
    let reference = reference(new.reference.as_deref())?;
    steps::confirm(&app.scope(&caller), &id, reference.as_deref()).await?;
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

fn reference(given: Option<&str>) -> Result<Option<String>, CatalogError> {
    given.map(|text| check::text("reference", text)).transpose()
}

async fn fail(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(failure): ApiJson<Reversal>,
) -> Answer<Payout> {
    let reason = reason(&failure)?;
    taken(payouts::fail(&app.scope(&caller), &id, reason).await?)?;
    Ok(Json(find(&app, &caller.organization_id, &id).await?))
}

async fn discard(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Deleted> {
    steps::discard(&app.scope(&caller), &id).await?;
    Ok(Deleted::of(id))
}

fn taken(taken: Taken) -> Result<(), ApiError> {
    match taken {
        Taken::Back => Ok(()),
        Taken::Unknown => Err(CatalogError::NotFound("payout").into()),
        Taken::NotSent => Err(ApiError::conflict(
            "nothing of the payout was sent yet: discard it with DELETE /api/payouts/{id}",
        )),
    }
}

fn reason(reversal: &Reversal) -> Result<&str, CatalogError> {
    let reason = check::required("reason", reversal.reason.as_deref())?.trim();
    if reason.is_empty() {
        return Err(CatalogError::invalid("reason", "must not be empty"));
    }
    remark("reason", reason)?;
    Ok(reason)
}

impl From<StepError> for ApiError {
    fn from(error: StepError) -> Self {
        let message = error.to_string();
        match error {
            StepError::Unknown => Self::not_found(message),
            StepError::Misplaced { .. } => Self::conflict(message).about("status"),
            StepError::TakenBack(_) => Self::conflict(message),
            StepError::Store(error) => error.into(),
        }
    }
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
    pub(super) fn of(payout: books::payouts::Payout) -> Self {
        let step =
            |step: Option<(Micros, String)>| step.map(|(at, by)| (at.to_string(), by)).unzip();
        let (approved_at, approved_by) = step(payout.approved);
        let (sent_at, sent_by) = step(payout.sent);
        let (paid_at, paid_by) = step(payout.paid);
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
            method: payout.method,
            batch_id: payout.batch_id,
            reference: payout.reference,
            statement_number: payout.statement_number,
            approved_at,
            approved_by,
            sent_at,
            sent_by,
            paid_at,
            paid_by,
        }
    }
}
