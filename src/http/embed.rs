//! `POST /api/embed/token`: a merchant's server asks for a token with which its page shows one partner's portal. Compatible with Refport's, which
//! answers 422 where others answer 400.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::routing::post;
use axum::{Json, Router};
use providers::Micros;
use serde_json::{Value, json};

use crate::app::App;
use crate::http::body;
use crate::http::error::ApiError;
use crate::http::input::embed_call;
use crate::keys::Caller;
use crate::partner_access::{self, Kind};

/// The route.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/embed/token", post(create))
}

async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: Request,
) -> Result<Json<Value>, ApiError> {
    let answer = token(&app, &caller, request).await;
    answer.map_err(ApiError::unprocessable)
}

async fn token(app: &App, caller: &Caller, request: Request) -> Result<Json<Value>, ApiError> {
    let sought = embed_call(&body::read(request).await?)?;
    let catalog = app.catalog(caller);
    // Whom live money goes to is not made with a key of the test ledger.
    let partner = catalog.sought(&sought, caller.livemode).await?;
    let scope = app.scope(caller);
    let mut transaction = scope.store.begin().await?;
    let whose = (partner.id.as_str(), caller.livemode);
    let granted = partner_access::grant(transaction.as_mut(), &scope, whose, Kind::Embed).await?;
    transaction.commit().await?;
    let (token, until) = granted;
    Ok(Json(
        json!({"publicToken": token.expose(), "expires": with_millis(until)}),
    ))
}

/// A time as browsers write one, with milliseconds.
fn with_millis(at: Micros) -> String {
    let millis = at.0.div_euclid(1_000).rem_euclid(1_000);
    let text = Micros(at.0 - at.0.rem_euclid(1_000_000)).to_string();
    let seconds = text.get(..19).unwrap_or(&text);
    format!("{seconds}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_milliseconds_whatever_it_is() {
        let at = |text| with_millis(Micros::parse_rfc3339(text).unwrap());
        assert_eq!(at("2027-01-15T12:30:00Z"), "2027-01-15T12:30:00.000Z");
        assert_eq!(
            at("2027-01-15T12:30:00.123456Z"),
            "2027-01-15T12:30:00.123Z"
        );
    }
}
