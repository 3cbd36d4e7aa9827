//! `/api/partners`: see [`crate::catalog`].

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query};
use super::{Answer, made};
use crate::app::App;
use crate::catalog::{Catalog, Listed, NewPartner, Partner, PartnerChange, PartnerFilter};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;
use crate::ledger::rule::Rule;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/partners", get(list).post(create))
        .route("/api/partners/{id}", get(one).patch(change))
}

/// A partner with the programs it is enrolled in, and the rules of its own by program.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled {
    #[serde(flatten)]
    partner: Partner,
    program_ids: Vec<String>,
    commissions: BTreeMap<String, Rule>,
}

async fn enrolled(catalog: &Catalog<'_>, partner: Partner) -> Result<Enrolled, ApiError> {
    Ok(Enrolled {
        program_ids: catalog.programs_of(&partner.id).await?,
        commissions: catalog.rules_of(&partner.id).await?,
        partner,
    })
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Partner>> {
    let filter = PartnerFilter {
        email: query.text("email")?.to_owned(),
        tenant_id: query.text("tenantId")?.to_owned(),
    };
    let catalog = app.catalog(&caller.organization_id);
    Ok(Json(catalog.partners(&query.page()?, &filter).await?))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Enrolled> {
    let catalog = app.catalog(&caller.organization_id);
    let partner = catalog.partner(&id).await?;
    Ok(Json(enrolled(&catalog, partner).await?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewPartner>,
) -> Result<Response, ApiError> {
    let catalog = app.catalog(&caller.organization_id);
    let (partner, is_new) = catalog.create_partner(&new).await?;
    Ok(made(enrolled(&catalog, partner).await?, is_new))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<PartnerChange>,
) -> Answer<Enrolled> {
    let catalog = app.catalog(&caller.organization_id);
    let partner = catalog.change_partner(&id, &new).await?;
    Ok(Json(enrolled(&catalog, partner).await?))
}
