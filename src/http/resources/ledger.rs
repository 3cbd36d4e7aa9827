//! `/api/ledger`: the entries. They are added and never changed.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::entries::{self, By, Kind};
use crate::catalog::{CatalogError, Listed};
use crate::id;
use crate::keys::Caller;

/// An entry, in the smallest unit of its currency.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: String,
    kind: &'static str,
    amount: i64,
    currency: String,
    livemode: bool,
    partner_id: String,
    program_id: String,
    /// The sale, lead or payout it is about.
    subject_id: String,
    sale_id: Option<String>,
    /// The payout that has paid it, or that it is or takes back. One that was reversed has paid nothing.
    payout_id: Option<String>,
    reason: String,
    occurred_at: String,
    available_at: String,
    created_at: String,
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "saleId",
    "subjectId",
    "partnerId",
    "programId",
    "kind",
    "currency",
    "livemode",
    "payoutId",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/ledger", get(list))
        .route("/api/ledger/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Entry>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    query.one_of("saleId", "subjectId")?;
    let subject = match query.id("saleId", &[id::SALE])? {
        "" => query.id(
            "subjectId",
            &[id::SALE, id::LEAD, id::PAYOUT, id::ADJUSTMENT],
        )?,
        sale_id => sale_id,
    };
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(subject).map(By::Subject));
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("payoutId", &[id::PAYOUT])?).map(By::OfPayout));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(query.one("kind", Kind::ALL, Kind::word)?.map(By::Kind));
    by.extend(query.iso_currency("currency")?.map(By::Currency));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let books = app.books(&caller.organization_id);
    let found = entries::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |entry| &entry.id,
        Entry::of,
    )))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Entry> {
    let books = app.books(&caller.organization_id);
    let found = entries::find(&books, &id).await?;
    let found = found.ok_or(CatalogError::NotFound("entry"))?;
    seen(&caller, found.livemode, "entry")?;
    Ok(Json(Entry::of(found)))
}

impl Entry {
    fn of(entry: entries::Entry) -> Self {
        let own =
            matches!(entry.kind, Kind::Payout | Kind::Reversal).then(|| entry.subject_id.clone());
        let sale = entry.subject_id.starts_with("sale_");
        Self {
            id: entry.id,
            kind: entry.kind.word(),
            amount: entry.amount,
            currency: entry.currency.to_string(),
            livemode: entry.livemode,
            partner_id: entry.partner_id,
            program_id: entry.program_id,
            sale_id: sale.then(|| entry.subject_id.clone()),
            payout_id: own.or(entry.paid_by),
            subject_id: entry.subject_id,
            reason: entry.reason,
            occurred_at: entry.occurred_at.to_string(),
            available_at: entry.available_at.to_string(),
            created_at: entry.created_at.to_string(),
        }
    }
}
