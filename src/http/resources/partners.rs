//! `/api/partners`: see [`crate::catalog`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query, asked};
use super::{Answer, made};
use crate::app::App;
use crate::books::partners::By;
use crate::books::ranking::{Key, Order};
use crate::catalog::{
    Application, Catalog, Listed, NewAdjustment, NewInvitation, NewPartner, PARTNER_STATES,
    Partner, PartnerChange,
};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::ledger::rule::Rule;
use crate::partner_access::{self, Kind};
use crate::portal;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["email", "tenantId", "status", "from", "to"];

/// The words for the orders that the list has besides that of adding.
pub(crate) fn orders() -> Vec<&'static str> {
    Key::ALL.into_iter().flat_map(Key::words).collect()
}

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/partners", get(list).post(create))
        .route("/api/partners/{id}", get(one).patch(change))
        .route("/api/partners/{id}/portal-link", post(portal_link))
        .route("/api/invitations", post(invite))
        .route("/api/partners/{id}/adjustments", post(adjust))
}

/// A partner with the programs it is enrolled in, and the rules of its own by program.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled {
    #[serde(flatten)]
    partner: Partner,
    program_ids: Vec<String>,
    commissions: BTreeMap<String, Rule>,
    /// What was said by who has applied, or was invited.
    application: Option<Application>,
}

async fn enrolled(catalog: &Catalog<'_>, partner: Partner) -> Result<Enrolled, ApiError> {
    Ok(Enrolled {
        program_ids: catalog.programs_of(&partner.id).await?,
        commissions: catalog.rules_of(&partner.id).await?,
        application: catalog.application_of(&partner.id).await?,
        partner,
    })
}

/// Takes out what a test key is not told: who it is that live money goes to.
fn mask(partner: &mut Partner, caller: &Caller) {
    if caller.bound_to().is_some() {
        partner.email.clear();
        partner.tenant_id = None;
    }
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Partner>> {
    let words = orders();
    let (page, sort) = query.page_in_order(&caller.organization_id, FILTERS, &words)?;
    let asks_for_people = !(query.text("email")?.is_empty() && query.text("tenantId")?.is_empty());
    if asks_for_people && caller.bound_to().is_some() {
        let message = "a test key is not told who partners are: use a live key";
        return Err(ApiError::forbidden(message));
    }
    let email = query.text("email")?.trim().to_lowercase();
    let mut by = Vec::new();
    by.extend(asked(&email).map(By::Email));
    by.extend(asked(query.text("tenantId")?).map(By::Tenant));
    by.extend(asked(query.word("status", &PARTNER_STATES)?).map(By::Status));
    by.extend(query.time("from")?.map(By::From));
    by.extend(query.time("to")?.map(By::To));
    let catalog = app.catalog(&caller);
    let mut listed = match sort.and_then(Order::parse) {
        None => catalog.partners(&page, &by).await?,
        Some(order) => {
            let order = (order, caller.livemode);
            catalog.partners_in_order(&page, &by, order).await?
        }
    };
    for partner in &mut listed.data {
        mask(partner, &caller);
    }
    Ok(Json(listed))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Enrolled> {
    let catalog = app.catalog(&caller);
    let mut partner = catalog.partner(&id).await?;
    mask(&mut partner, &caller);
    let mut shown = enrolled(&catalog, partner).await?;
    if caller.bound_to().is_some() {
        shown.application = None;
    }
    Ok(Json(shown))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewPartner>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    let (partner, is_new) = catalog.create_partner(&new).await?;
    Ok(made(enrolled(&catalog, partner).await?, is_new))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<PartnerChange>,
) -> Answer<Enrolled> {
    let catalog = app.catalog(&caller);
    let partner = catalog.change_partner(&id, &new).await?;
    Ok(Json(enrolled(&catalog, partner).await?))
}

/// A link that signs a partner in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PortalLink {
    partner_id: String,
    url: String,
    expires_at: String,
}

async fn invite(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewInvitation>,
) -> Answer<PortalLink> {
    let partner = app.catalog(&caller).invite_partner(&new).await?;
    let mut transaction = app.store.begin().await?;
    let scope = app.scope(&caller);
    let whose = (partner.id.as_str(), true);
    let granted = partner_access::grant(transaction.as_mut(), &scope, whose, Kind::Link).await?;
    transaction.commit().await?;
    let (token, until) = granted;
    Ok(Json(PortalLink {
        url: portal::sign_in_link(&app.public_url, &token),
        partner_id: partner.id,
        expires_at: until.to_string(),
    }))
}

async fn portal_link(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Answer<PortalLink> {
    app.catalog(&caller).partner(&id).await?;
    let (token, until) = partner_access::link(&app.scope(&caller), &id, true).await?;
    Ok(Json(PortalLink {
        url: portal::sign_in_link(&app.public_url, &token),
        partner_id: id,
        expires_at: until.to_string(),
    }))
}

/// Books a bonus or a correction in the key's own ledger. The same one again is answered the same.
async fn adjust(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<NewAdjustment>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller);
    let adjusted = catalog.adjust(&id, (&new, caller.livemode), false).await?;
    Ok(made(adjusted, true))
}
