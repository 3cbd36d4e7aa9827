//! `/api/commissions`: one for each sale that has a partner and each lead that has earned. A commission's
//! id is that of its sale or lead with another prefix.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::commissions::{self, By, Subject};
use crate::books::decisions::{self, Standing};
use crate::books::sales::Status;
use crate::catalog::{
    BULK_MAX, CatalogError, Consequences, DecidedCommission, DecidedOne, Listed, Verdict,
};
use crate::http::body::ApiJson;
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
    /// What the owner has decided about it, and why.
    decision: Option<Stands>,
    occurred_at: String,
    available_at: String,
}

/// A decision that stands.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stands {
    decision: &'static str,
    reason: Option<String>,
    decided_at: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewDecision {
    decision: Option<String>,
    reason: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct NewDecisions {
    ids: Option<Vec<String>>,
    decision: Option<String>,
    reason: Option<String>,
}

/// Each commission with its outcome, in the order of the call.
#[derive(Debug, Serialize)]
struct Outcomes {
    data: Vec<DecidedOne>,
    /// What it would do, where only that was asked; else the figures follow by themselves.
    consequences: Option<Consequences>,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "saleId",
    "partnerId",
    "programId",
    "currency",
    "status",
    "held",
    "livemode",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/commissions", get(list))
        .route("/api/commissions/decisions", post(decide_all))
        .route("/api/commissions/{id}", get(one))
        .route("/api/commissions/{id}/decision", post(decide))
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
    let ids = found.rows.iter().map(commissions::Commission::subject_id);
    let decided = decisions::of(&books, ids).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |one| &one.tail,
        |one| Commission::of(one, &decided),
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
    by.extend(query.yes_or_no("held")?.map(By::Held));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    Ok(by)
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Commission> {
    let books = app.books(&caller.organization_id);
    let found = commissions::find(&books, tail(&id)).await?;
    let found = found.ok_or(CatalogError::NotFound("commission"))?;
    seen(&caller, found.livemode, "commission")?;
    let decided = decisions::of(&books, [found.subject_id()]).await?;
    Ok(Json(Commission::of(found, &decided)))
}

/// Decides about one commission. `?preview=true` only says what that would do.
async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
    ApiJson(new): ApiJson<NewDecision>,
) -> Answer<DecidedCommission> {
    query.only(&["preview"])?;
    let preview = query.flag("preview")? == 1;
    let verdict = Verdict::new(new.decision.as_deref(), new.reason.as_deref())?;
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.decide(&id, &verdict, preview).await?))
}

/// Decides the same about several. `?preview=true` only says what that would do.
async fn decide_all(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
    ApiJson(new): ApiJson<NewDecisions>,
) -> Answer<Outcomes> {
    query.only(&["preview"])?;
    let preview = query.flag("preview")? == 1;
    let verdict = Verdict::new(new.decision.as_deref(), new.reason.as_deref())?;
    let ids = new.ids.unwrap_or_default();
    if !(1..=BULK_MAX).contains(&ids.len()) {
        let message = format!("ids must have 1 to {BULK_MAX} ids of commissions");
        return Err(ApiError::validation("ids", message));
    }
    let catalog = app.catalog(&caller);
    let (data, consequences) = if preview {
        let (data, consequences) = catalog.preview_all(&ids, &verdict).await?;
        (data, Some(consequences))
    } else {
        (catalog.decide_all(&ids, &verdict).await?, None)
    };
    Ok(Json(Outcomes { data, consequences }))
}

/// What follows the prefix of a commission's id.
fn tail(id: &str) -> &str {
    id.split_once('_').map_or(id, |(_, tail)| tail)
}

impl Commission {
    pub(super) fn of(one: commissions::Commission, decided: &BTreeMap<String, Standing>) -> Self {
        let decision = decided.get(one.subject_id()).cloned();
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
            decision: decision.map(|standing| Stands {
                decision: standing.decided.decision.word(),
                reason: standing.reason,
                decided_at: standing.decided.at.to_string(),
            }),
            occurred_at: one.occurred_at.to_string(),
            available_at: one.available_at.to_string(),
        }
    }
}
