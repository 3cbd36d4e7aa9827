//! `GET /healthz`: the process is alive. `GET /readyz`: a real write works, and the inbox's writer does not hang.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::app::App;
use crate::args;
use crate::books::statements::health as sql;
use crate::http::error::ApiError;
use crate::store::StoreError;

/// How long the write may take.
const READY_WITHIN: Duration = Duration::from_secs(5);

const RETRY_AFTER_SECONDS: u64 = 5;

/// The routes of this module.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
}

async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

async fn ready(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let written = timeout(READY_WITHIN, write(&app)).await;
    if app.inbox.is_stuck() {
        return Err(ApiError::unavailable(RETRY_AFTER_SECONDS));
    }
    written.map_err(|_late| ApiError::unavailable(RETRY_AFTER_SECONDS))??;
    Ok(Json(json!({ "status": "ready" })))
}

async fn write(app: &App) -> Result<(), StoreError> {
    let mut transaction = app.store.begin().await?;
    transaction.run(&sql::WRITE, args![app.now().0]).await?;
    transaction.commit().await
}
