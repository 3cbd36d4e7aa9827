//! The resources of the JSON API: lists with `limit`, `cursor` and filters, single ones by id, and what
//! can be made and changed. Handlers are thin; each file has its own rows and statements.
//!
//! Every statement names the caller's organization for every table it reads: what another has is not there.

pub mod adjustments;
pub mod balances;
pub mod changes;
pub mod clicks;
pub mod codes;
pub mod commissions;
pub mod customers;
pub mod domains;
pub mod events;
pub mod groups;
pub mod keys;
pub mod leads;
pub mod ledger;
pub mod links;
pub mod organization;
pub mod outgoing;
pub mod overview;
pub mod partners;
pub mod payout_batches;
pub mod payouts;
pub mod programs;
pub mod query;
pub mod rates;
pub mod reconciliations;
pub mod reprocess;
pub mod reviews;
pub mod sales;
pub mod shared_ids;
pub mod sources;
pub mod statistics;
pub mod webhook_endpoints;

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde::Serialize;

use crate::app::App;
use crate::catalog::CatalogError;
use crate::http::error::ApiError;
use crate::keys::Caller;

/// All resources.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .merge(balances::routes())
        .merge(changes::routes())
        .merge(clicks::routes())
        .merge(codes::routes())
        .merge(commissions::routes())
        .merge(customers::routes())
        .merge(domains::routes())
        .merge(events::routes())
        .merge(groups::routes())
        .merge(keys::routes())
        .merge(adjustments::routes())
        .merge(leads::routes())
        .merge(ledger::routes())
        .merge(links::routes())
        .merge(organization::routes())
        .merge(overview::routes())
        .merge(partners::routes())
        .merge(payout_batches::routes())
        .merge(payouts::routes())
        .merge(programs::routes())
        .merge(rates::routes())
        .merge(reprocess::routes())
        .merge(reviews::routes())
        .merge(sales::routes())
        .merge(shared_ids::routes())
        .merge(statistics::routes())
        .merge(reconciliations::routes())
        .merge(sources::routes())
        .merge(webhook_endpoints::routes())
}

/// Lets a key see what belongs to a ledger, or answers as if nothing were there; `name` is what such a thing is called.
fn seen(caller: &Caller, livemode: bool, name: &'static str) -> Result<(), ApiError> {
    if caller.may_see(livemode) {
        return Ok(());
    }
    Err(CatalogError::NotFound(name).into())
}

/// The ids of the processors whose deliveries are taken.
fn processors() -> Vec<&'static str> {
    let adapters = providers::adapters().iter();
    adapters.map(|adapter| adapter.about().id).collect()
}

/// What a handler answers.
type Answer<T> = Result<Json<T>, ApiError>;

/// 201 for what is new, 200 for what was there already.
fn made<T: Serialize>(value: T, new: bool) -> Response {
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    (status, Json(value)).into_response()
}

/// The answer to a `DELETE`.
#[derive(Serialize)]
struct Deleted {
    id: String,
    deleted: bool,
}

impl Deleted {
    const fn of(id: String) -> Json<Self> {
        Json(Self { id, deleted: true })
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Invalid { field, message } => Self::validation(field, message),
            CatalogError::NotFound(_) | CatalogError::NoProgram => {
                Self::not_found(error.to_string())
            }
            CatalogError::Conflict { field, message } => Self::conflict(message).about(field),
            CatalogError::Store(error) => error.into(),
        }
    }
}
