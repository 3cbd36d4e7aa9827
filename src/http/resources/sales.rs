//! `/api/sales`: every payment that became a sale, with its commission and what was taken back.

mod row;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post, put};
use axum::{Json, Router};

use super::customers::Assignment;
use super::query::{Id, Query, asked};
use super::{Answer, made};
use crate::app::App;
use crate::books::names;
use crate::books::sales::{self, By, Status};
use crate::catalog::{Assignee, Listed, NewRefund, Reassigned, check};
use crate::http::body::ApiJson;
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
        .route("/api/sales/{id}/partner", put(assign))
        .route("/api/sales/{id}/refunds", post(refund))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Sale>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    let by = conditions(&query, &caller)?;
    let books = app.books(&caller.organization_id);
    let mut found = sales::list(&books, &by, page.part()).await?;
    if let Some(number) = asked(query.text("invoiceId")?)
        && found.rows.is_empty()
        && found.go_on.is_none()
    {
        // Nothing has this name: it may be what is printed on invoices.
        for name in &names::printed_on(&books, number).await? {
            let printed = by.iter().copied();
            let printed = printed.map(|one| match one {
                By::Named(_) => By::Named(name),
                other => other,
            });
            let by: Vec<By<'_>> = printed.collect();
            let of_name = sales::list(&books, &by, page.part()).await?;
            found.rows.extend(of_name.rows);
        }
    }
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

/// Sets whose this one sale is; `null` lets the clicks decide again. `?preview=true` only says what would change.
async fn assign(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
    ApiJson(new): ApiJson<Assignment>,
) -> Answer<Reassigned> {
    query.only(&["preview"])?;
    let preview = query.flag("preview")? == 1;
    check::reason(new.reason.as_deref())?;
    let new = new.read()?;
    let sale = meant(&app, &caller, &id).await?;
    let catalog = app.catalog(&caller);
    let assigned = catalog.assign(Assignee::Sale(&sale.id), new, preview);
    Ok(Json(assigned.await?))
}

/// Records a refund of a sale that was reported in the key's own ledger. The same one again is answered the same.
async fn refund(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<NewRefund>,
) -> Result<Response, ApiError> {
    let sale = meant(&app, &caller, &id).await?;
    if sale.livemode != caller.livemode {
        return Err(unknown());
    }
    let catalog = app.catalog(&caller);
    let refunded = catalog.refund(&sale.id, &new, false).await?;
    Ok(made(refunded.refund, true))
}

fn unknown() -> ApiError {
    ApiError::not_found("no sale has this id")
}

/// The sale of an id, also of one that has turned out to be another's payment.
async fn meant(app: &App, caller: &Caller, id: &str) -> Result<sales::Sale, ApiError> {
    let sale = sales::find(&app.books(&caller.organization_id), id).await?;
    let seen = sale.filter(|sale| caller.may_see(sale.livemode));
    seen.ok_or_else(unknown)
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Sale> {
    Ok(Json(Sale::of(meant(&app, &caller, &id).await?)))
}
