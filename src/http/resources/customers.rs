//! `/api/customers`: who has bought or signed up, and the partner the owner has given them to.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::query::{Id, Query};
use super::{Answer, seen};
use crate::app::App;
use crate::args;
use crate::catalog::{Given, Item, Listed, Reassigned, item, opt_text, text, time};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::id;
use crate::keys::Caller;
use crate::store::{Row, Statement, StoreError};

static LIST: Statement = Statement::new(
    "select * from customers where organization_id = $1 and (cast($2 as text) = '' or id < $2)
         and (cast($3 as text) = '' or external_id = $3) and (cast($4 as text) = '' or email = $4)
         and (cast($5 as text) = '' or partner_id = $5)
         and (cast($6 as bigint) = -1 or livemode = $6)
     order by id desc limit $7",
);
static GET: Statement =
    Statement::new("select * from customers where organization_id = $1 and id = $2");

/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&LIST, &GET];

/// A customer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    id: String,
    external_id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    avatar: Option<String>,
    livemode: bool,
    /// Who brought it.
    partner_id: Option<String>,
    program_id: Option<String>,
    click_id: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Assignment {
    /// `null` takes the assignment back; what is absent must not.
    #[serde(default)]
    partner_id: Given<String>,
    program_id: Option<String>,
}

/// What the list may be asked for.
const FILTERS: &[&str] = &[
    "externalId",
    "customerExternalId",
    "email",
    "partnerId",
    "livemode",
];

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/customers", get(list))
        .route("/api/customers/{id}", get(one))
        .route("/api/customers/{id}/partner", put(assign))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Customer>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    query.one_of("externalId", "customerExternalId")?;
    let external_id = match query.text("externalId")? {
        "" => query.text("customerExternalId")?,
        id => id,
    };
    let args = args![
        caller.organization_id.as_str(),
        page.after.as_str(),
        external_id,
        query.text("email")?,
        query.id("partnerId", &[id::PARTNER])?,
        query.ledger(&caller)?,
        page.rows()
    ];
    let store = app.store.as_ref();
    Ok(Json(Listed::read(store, &LIST, args, &page).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Customer> {
    let args = args![caller.organization_id.as_str(), id];
    let found: Customer = item(app.store.as_ref(), &GET, args, "customer").await?;
    seen(&caller, found.livemode, "customer")?;
    Ok(Json(found))
}

/// Sets the customer's partner; `null` lets the clicks decide again. `?preview=true` only says what would
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
    let catalog = app.catalog(&caller.organization_id);
    let partner_id = match &new.partner_id {
        Given::Absent => {
            let message = "partnerId is required: a partner's id, or null to let the clicks decide";
            return Err(ApiError::validation("partnerId", message));
        }
        Given::Null => None,
        Given::Value(id) => Some(id.as_str()),
    };
    let owner = (partner_id, new.program_id.as_deref());
    let assigned = catalog.assign((&id, caller.bound_to()), owner, preview);
    Ok(Json(assigned.await?))
}

impl Item for Customer {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: text(row, "id")?,
            external_id: opt_text(row, "external_id")?,
            email: opt_text(row, "email")?,
            name: opt_text(row, "name")?,
            avatar: opt_text(row, "avatar")?,
            livemode: row.flag("livemode")?,
            partner_id: opt_text(row, "partner_id")?,
            program_id: opt_text(row, "program_id")?,
            click_id: opt_text(row, "click_id")?,
            created_at: time(row, "created_at")?,
            updated_at: time(row, "updated_at")?,
        })
    }

    fn position(&self) -> String {
        self.id.clone()
    }
}
