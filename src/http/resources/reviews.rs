//! `/api/reviews`: commissions held for review, and the owner's decisions; see [`crate::catalog`].

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};

use super::Answer;
use super::query::{Query, asked};
use crate::app::App;
use crate::books::reviews::By;
use crate::catalog::{Listed, NewReview, REVIEW_STATES, Review, ReviewFilter, Reviewed};
use crate::http::body::ApiJson;
use crate::id;
use crate::keys::Caller;

/// What the list may be asked for.
pub(crate) const FILTERS: &[&str] = &["state", "partnerId", "livemode"];

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/reviews", get(list).post(review))
}

async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Query,
) -> Answer<Listed<Reviewed>> {
    let page = query.page(&caller.organization_id, FILTERS)?;
    let mut by = vec![By::Ledger(query.ledger(&caller)? == 1)];
    by.extend(asked(query.id("partnerId", &[id::PARTNER])?).map(By::Partner));
    let filter = ReviewFilter {
        state: query.word("state", REVIEW_STATES)?,
        by: &by,
    };
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.reviews(&page, filter).await?))
}

async fn review(
    State(app): State<Arc<App>>,
    caller: Caller,
    ApiJson(new): ApiJson<NewReview>,
) -> Answer<Review> {
    let catalog = app.catalog(&caller);
    Ok(Json(catalog.review(&new).await?))
}
