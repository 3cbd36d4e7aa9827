//! `/api/reviews`: the owner's decisions about commissions held for review; see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};

use super::Answer;
use crate::app::App;
use crate::catalog::{NewReview, Review};
use crate::http::body::ApiJson;
use crate::keys::Caller;

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/reviews", post(review))
}

async fn review(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewReview>,
) -> Answer<Review> {
    Ok(Json(
        app.catalog(&caller.organization_id).review(&new).await?,
    ))
}
