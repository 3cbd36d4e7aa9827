//! `GET /api/sales/{id}/explain`: why a sale is what it is; `id` is any that the command takes too.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use crate::app::App;
use crate::explain::{Explanation, explain, sales_meant};
use crate::http::error::ApiError;
use crate::http::resources::query::Id;
use crate::keys::Caller;

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/sales/{id}/explain", get(sale))
}

async fn sale(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<Explanation>, ApiError> {
    let org = caller.organization_id.as_str();
    let store = app.store.as_ref();
    let nothing = || {
        let message = "nothing that counts is known by this id: give the id of a sale, commission or event, or any name of a payment";
        ApiError::not_found(message)
    };
    let meant = sales_meant(store, org, &id, caller.bound_to()).await?;
    let sale_id = match meant.as_slice() {
        [] => return Err(nothing()),
        [one] => one,
        several => {
            let message = format!(
                "id means several sales, ask for one: {}",
                several.join(", ")
            );
            return Err(ApiError::validation("id", message));
        }
    };
    let explanation = explain(store, app.now(), org, sale_id).await?;
    explanation.map(Json).ok_or_else(nothing)
}
