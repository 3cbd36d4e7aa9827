//! `/api/domains` and `/api/programs/{id}/page`: see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::{delete, get};
use axum::{Json, Router};

use super::query::{Id, Query};
use super::{Answer, Deleted};
use crate::app::App;
use crate::catalog::{Domain, Listed, NewDomain, ProgramPage, ProgramPageChange};
use crate::http::body::ApiJson;
use crate::keys::Caller;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/domains", get(list).post(set))
        .route("/api/domains/{domain}", delete(let_go))
        .route("/api/programs/{id}/page", get(page).patch(change_page))
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Domain>> {
    let _page = query.page(&caller.organization_id, &[])?;
    Ok(Json(Listed {
        data: app.catalog(&caller).domains().await?,
        next_cursor: None,
    }))
}

async fn set(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewDomain>,
) -> Answer<Domain> {
    Ok(Json(app.catalog(&caller).set_domain(&new).await?))
}

async fn let_go(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(domain): Path<String>,
) -> Answer<Deleted> {
    let domain = domain.to_lowercase();
    app.catalog(&caller).delete_domain(&domain).await?;
    Ok(Deleted::of(domain))
}

async fn page(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<ProgramPage> {
    Ok(Json(app.catalog(&caller).program_page(&id).await?))
}

async fn change_page(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(change): ApiJson<ProgramPageChange>,
) -> Answer<ProgramPage> {
    Ok(Json(
        app.catalog(&caller)
            .change_program_page(&id, &change)
            .await?,
    ))
}
