//! `/api/customers`: who has bought or signed up, and the partner the owner has given them to.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query, asked};
use super::{Answer, seen};
use crate::app::App;
use crate::books::Personal;
use crate::books::customers::{self, By};
use crate::catalog::{
    AssignedName, Assignee, CatalogError, Given, Listed, NamedAssignment, NewAssignment, Owner,
    Reassigned,
};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;

/// A customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    id: String,
    external_id: Option<Personal>,
    email: Option<Personal>,
    name: Option<Personal>,
    avatar: Option<Personal>,
    livemode: bool,
    /// Who brought it.
    partner_id: Option<String>,
    program_id: Option<String>,
    click_id: Option<String>,
    created_at: String,
    updated_at: String,
}

/// Whose a customer or a sale is to be.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Assignment {
    /// `null` takes the assignment back; what is absent must not.
    partner_id: Given<String>,
    nobody: bool,
    program_id: Option<String>,
    pub(super) reason: Option<String>,
}

impl Assignment {
    /// What is asked for, checked.
    pub(super) fn read(&self) -> Result<NewAssignment<'_>, ApiError> {
        let owner = match (&self.partner_id, self.nobody) {
            (Given::Absent, true) => Owner::Nobody,
            (_, true) => {
                let message = "nobody must be left out where a partnerId is given";
                return Err(ApiError::validation("nobody", message));
            }
            (Given::Absent, false) => {
                let message =
                    "partnerId is required: a partner's id, or null to let the clicks decide";
                return Err(ApiError::validation("partnerId", message));
            }
            (Given::Null, false) => Owner::Clicks,
            (Given::Value(id), false) => Owner::Partner(id),
        };
        Ok(NewAssignment {
            owner,
            program_id: self.program_id.as_deref(),
            reason: self.reason.as_deref(),
        })
    }
}

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &[
    "externalId",
    "customerExternalId",
    "email",
    "partnerId",
    "livemode",
    "from",
    "to",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/customers", get(list))
        .route("/api/customers/assignments", post(assign_named))
        .route("/api/customers/{id}", get(one))
        .route("/api/customers/{id}/partner", put(assign))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Customer>> {
    let page = query.page_either_way(&caller.organization_id, FILTERS)?;
    query.one_of("externalId", "customerExternalId")?;
    let external_id = match query.text("externalId")? {
        "" => query.text("customerExternalId")?,
        id => id,
    };
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(external_id).map(By::External));
    by.extend(asked(query.text("email")?).map(By::Email));
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let books = app.books(&caller.organization_id);
    let found = customers::list(&books, &by, page.part()).await?;
    Ok(Json(Listed::found(
        found,
        &page,
        |customer| &customer.id,
        Customer::of,
    )))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Customer> {
    let books = app.books(&caller.organization_id);
    let found = customers::find(&books, &id).await?;
    let found = found.ok_or(CatalogError::NotFound("customer"))?;
    seen(&caller, found.livemode, "customer")?;
    Ok(Json(Customer::of(found)))
}

/// Gives a customer to a partner before anything of it may be known.
async fn assign_named(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NamedAssignment>,
) -> Answer<AssignedName> {
    Ok(Json(app.catalog(&caller).assign_named(&new).await?))
}

/// Sets the customer's partner, or that it is nobody's; `null` lets the clicks decide again. `?preview=true` only says what would
/// change.
async fn assign(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
    ApiJson(new): ApiJson<Assignment>,
) -> Answer<Reassigned> {
    query.only(&["preview"])?;
    let preview = query.flag("preview")? == 1;
    let catalog = app.catalog(&caller);
    let assigned = catalog.assign(Assignee::Customer(&id), new.read()?, preview);
    Ok(Json(assigned.await?))
}

impl Customer {
    fn of(customer: customers::Customer) -> Self {
        Self {
            id: customer.id,
            external_id: customer.external_id,
            email: customer.email,
            name: customer.name,
            avatar: customer.avatar,
            livemode: customer.livemode,
            partner_id: customer.partner_id,
            program_id: customer.program_id,
            click_id: customer.click_id,
            created_at: customer.created_at.to_string(),
            updated_at: customer.updated_at.to_string(),
        }
    }
}
