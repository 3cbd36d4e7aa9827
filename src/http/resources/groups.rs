//! `/api/groups`: partners who are paid by one rule; see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use serde::Serialize;

use super::query::{Id, Query};
use super::{Answer, Deleted, made};
use crate::app::App;
use crate::catalog::{Group, Listed, NewGroup};
use crate::http::body::ApiJson;
use crate::http::error::ApiError;
use crate::keys::Caller;

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/groups", get(list).post(create))
        .route("/api/groups/{id}", get(one).patch(change).delete(remove))
        .route("/api/groups/{id}/partners", get(members))
        .route(
            "/api/groups/{id}/partners/{partnerId}",
            put(join).merge(delete(leave)),
        )
}

/// A partner in a group.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    partner_id: String,
}

async fn list(State(app): State<Arc<App>>, caller: Caller, query: Query) -> Answer<Listed<Group>> {
    let _page = query.page(&caller.organization_id, &[])?;
    Ok(Json(Listed {
        data: app.catalog(&caller).groups().await?,
        next_cursor: None,
    }))
}

async fn one(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Group> {
    Ok(Json(app.catalog(&caller).group(&id).await?))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewGroup>,
) -> Result<Response, ApiError> {
    let group = app.catalog(&caller).create_group(&new).await?;
    Ok(made(group, true))
}

async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    ApiJson(new): ApiJson<NewGroup>,
) -> Answer<Group> {
    Ok(Json(app.catalog(&caller).change_group(&id, &new).await?))
}

async fn remove(State(app): State<Arc<App>>, caller: Caller, Id(id): Id) -> Answer<Deleted> {
    app.catalog(&caller).delete_group(&id).await?;
    Ok(Deleted::of(id))
}

async fn members(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    query: Query,
) -> Answer<Listed<Member>> {
    let _page = query.page(&caller.organization_id, &[])?;
    let ids = app.catalog(&caller).group_members(&id).await?;
    let all = ids.into_iter().map(|partner_id| Member { partner_id });
    Ok(Json(Listed {
        data: all.collect(),
        next_cursor: None,
    }))
}

async fn join(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, partner_id)): Path<(String, String)>,
) -> Answer<Group> {
    can_be(&[&id, &partner_id])?;
    let group = app.catalog(&caller).join_group(&id, &partner_id).await?;
    Ok(Json(group))
}

async fn leave(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((id, partner_id)): Path<(String, String)>,
) -> Answer<Deleted> {
    can_be(&[&id, &partner_id])?;
    app.catalog(&caller).leave_group(&id, &partner_id).await?;
    Ok(Deleted::of(partner_id))
}

fn can_be(ids: &[&str]) -> Result<(), ApiError> {
    if ids.iter().any(|id| id.contains('\0')) {
        return Err(ApiError::not_found("nothing has this id"));
    }
    Ok(())
}
