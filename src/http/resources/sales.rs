//! `/api/sales`: every payment that became a sale, with its commission and what was taken back.

mod row;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::Answer;
use super::query::{Id, Query, asked};
use crate::app::App;
use crate::books::sales::{self, By, Status};
use crate::catalog::Listed;
use crate::http::error::ApiError;
use crate::http::input::payment_processors;
use crate::id;
use crate::keys::Caller;
use crate::ledger::sale::Kind;

pub(super) use row::Sale;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "invoiceId",
    "paymentProcessor",
    "kind",
    "partnerId",
    "programId",
    "livemode",
    "customerExternalId",
    "customerId",
    "status",
    "currency",
    "clickId",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/sales", get(list))
        .route("/api/sales/{id}", get(one))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Sale>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let by = conditions(&query, &caller)?;
    let books = app.books(&caller.organization_id);
    let found = sales::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(found, &page, |sale| &sale.id, Sale::of)))
}

fn conditions<'q>(query: &'q Query, caller: &Caller) -> Result<Vec<By<'q>>, ApiError> {
    let mut by = vec![By::Ledger(query.ledger(caller)? == 1)];
    by.extend(asked(query.text("invoiceId")?).map(By::Named));
    by.extend(asked(query.id("customerId", &[id::CUSTOMER])?).map(By::Customer));
    by.extend(asked(query.text("customerExternalId")?).map(By::CustomerExternal));
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(asked(query.id("programId", &[id::PROGRAM])?).map(By::Program));
    by.extend(asked(query.word("paymentProcessor", &payment_processors())?).map(By::Processor));
    by.extend(query.one("kind", Kind::ALL, Kind::word)?.map(By::Kind));
    by.extend(
        query
            .one("status", Status::ALL, Status::word)?
            .map(By::Status),
    );
    by.extend(query.iso_currency("currency")?.map(By::Currency));
    by.extend(asked(query.text("clickId")?).map(By::Click));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    Ok(by)
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Sale> {
    let books = app.books(&caller.organization_id);
    let sale = sales::find(&books, &id).await?;
    sale.filter(|sale| caller.may_see(sale.livemode))
        .map(|sale| Json(Sale::of(sale)))
        .ok_or_else(|| ApiError::not_found("no sale has this id"))
}
