//! Who makes a call. Asking for a [`Caller`] in a handler is what makes a route need a key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::app::App;
use crate::http::error::ApiError;
use crate::keys::{self, Caller};
use crate::store::StoreError;

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    /// First the key (401), then its rate (429).
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let token = bearer(parts).ok_or_else(ApiError::unauthorized)?;
        let caller = keys::find(app.store.as_ref(), token).await?;
        let caller = caller.ok_or_else(ApiError::unauthorized)?;
        app.rate_limit.check(&caller.key_id)?;
        Ok(caller)
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl From<StoreError> for ApiError {
    /// What the database could not do: "try again" where trying again helps, else our fault. The cause
    /// goes to the log, once, here.
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::warn!(%error, "the database did not answer a call");
            return Self::unavailable(1);
        }
        tracing::error!(%error, "a call failed in the database");
        Self::internal()
    }
}
