//! Errors as the API's clients see them: `{"error":{"code","message","field"?,"requestId"}}`, always JSON.
//!
//! A message says what to change. It never says what went wrong inside: causes belong in the log.

use std::any::Any;
use std::borrow::Cow;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use tower_http::catch_panic::CatchPanicLayer;

use crate::http::request;

/// The longest answer of a router or extractor that is taken over as a message, in bytes.
const MESSAGE_MAX_BYTES: usize = 1_024;

/// An answer that is not 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    field: Option<String>,
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            field: None,
            retry_after_seconds: None,
        }
    }

    /// 400 `VALIDATION_ERROR` about one member of the body or one parameter, named as the client writes it.
    pub fn validation(field: impl Into<String>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field: Some(field.into()),
            ..Self::malformed(message)
        }
    }

    /// 400 `VALIDATION_ERROR` about the request as a whole.
    pub fn malformed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// The same error with status 422, which `POST /api/embed/token` answers where others answer 400.
    /// Errors with another status stay as they are.
    #[must_use]
    pub fn unprocessable(self) -> Self {
        if self.status == StatusCode::BAD_REQUEST {
            return Self {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                ..self
            };
        }
        self
    }

    /// 400 `INVALID_CLICK_ID`.
    pub fn invalid_click_id() -> Self {
        let message = "clickId names no recorded click: send the value of refp_id unchanged";
        Self {
            field: Some("clickId".to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "INVALID_CLICK_ID", message)
        }
    }

    /// 409 `DUPLICATE_INVOICE`.
    pub fn duplicate_invoice() -> Self {
        let message = "a sale with this invoiceId has already been recorded";
        Self {
            field: Some("invoiceId".to_owned()),
            ..Self::new(StatusCode::CONFLICT, "DUPLICATE_INVOICE", message)
        }
    }

    /// 401 `UNAUTHORIZED`.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "Invalid or missing API key",
        )
    }

    /// 401 `UNAUTHORIZED` of a key whose time is over.
    pub fn expired_key() -> Self {
        let message = "this API key has expired: make a new one";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
    }

    /// 403 `FORBIDDEN`: what the key lacks.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
    }

    /// 409 `CONFLICT`: what stands in the way.
    pub fn conflict(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    /// The same error about one member of the body.
    #[must_use]
    pub fn about(self, field: &str) -> Self {
        Self {
            field: Some(field.to_owned()),
            ..self
        }
    }

    /// 401 `UNAUTHORIZED` of a delivery that was not verified. It never says why: that is in the log.
    pub fn invalid_signature() -> Self {
        let status = StatusCode::UNAUTHORIZED;
        Self::new(status, "UNAUTHORIZED", "invalid signature")
    }

    /// 429 `RATE_LIMIT_EXCEEDED` with `Retry-After`.
    pub fn rate_limited(retry_after_seconds: u64) -> Self {
        let message = format!("too many requests: try again in {retry_after_seconds} s");
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMIT_EXCEEDED",
                message,
            )
        }
    }

    /// 404 `NOT_FOUND`. The message names what was looked for: "no sale has this id".
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// 410 `GONE`: it was there, and why it is not.
    pub fn gone(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::GONE, "GONE", message)
    }

    /// 405 `METHOD_NOT_ALLOWED`.
    pub fn method_not_allowed() -> Self {
        Self::of_status(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// 408 `REQUEST_TIMEOUT`: the body did not arrive in time.
    pub fn request_timeout() -> Self {
        Self::of_status(StatusCode::REQUEST_TIMEOUT)
    }

    /// 413 `PAYLOAD_TOO_LARGE`.
    pub fn payload_too_large() -> Self {
        Self::of_status(StatusCode::PAYLOAD_TOO_LARGE)
    }

    /// 415 `UNSUPPORTED_MEDIA_TYPE`: a compressed body.
    pub fn unsupported_media_type() -> Self {
        Self::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }

    /// 500 `INTERNAL_ERROR`. The cause goes to the log where it is noticed.
    pub fn internal() -> Self {
        Self::of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// 503 `UNAVAILABLE` with `Retry-After`: our fault, and it will pass.
    pub fn unavailable(retry_after_seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            ..Self::of_status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }

    /// What is wrong, as a member of an answer about several things.
    pub fn told(&self) -> Value {
        let mut told = json!({ "code": self.code, "message": self.message });
        if let (Some(field), Some(told)) = (&self.field, told.as_object_mut()) {
            told.insert("field".to_owned(), field.as_str().into());
        }
        told
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What to change.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The member of the body or the parameter that is wrong.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The code and the general message for a status.
    fn of_status(status: StatusCode) -> Self {
        let (code, message) = match status {
            StatusCode::UNAUTHORIZED => return Self::unauthorized(),
            StatusCode::FORBIDDEN => ("FORBIDDEN", "this key may not do that"),
            StatusCode::NOT_FOUND => ("NOT_FOUND", "there is nothing at this address"),
            StatusCode::METHOD_NOT_ALLOWED => (
                "METHOD_NOT_ALLOWED",
                "this address does not take this method: see the Allow header",
            ),
            StatusCode::REQUEST_TIMEOUT => ("REQUEST_TIMEOUT", "the body did not arrive in time"),
            StatusCode::CONFLICT => ("CONFLICT", "this contradicts what is already recorded"),
            StatusCode::PAYLOAD_TOO_LARGE => ("PAYLOAD_TOO_LARGE", "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => (
                "UNSUPPORTED_MEDIA_TYPE",
                "send the body as it is, without Content-Encoding",
            ),
            StatusCode::TOO_MANY_REQUESTS => ("RATE_LIMIT_EXCEEDED", "too many requests"),
            StatusCode::SERVICE_UNAVAILABLE => {
                ("UNAVAILABLE", "the service cannot answer now: try again")
            }
            status if status.is_server_error() => (
                "INTERNAL_ERROR",
                "something went wrong here: try again, and look at the server's log",
            ),
            _ => ("VALIDATION_ERROR", "the request cannot be understood"),
        };
        Self::new(status, code, message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Document<'a> {
            error: Inner<'a>,
        }
        #[derive(Serialize)]
        struct Inner<'a> {
            code: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'a str>,
            #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
            request_id: Option<&'a str>,
        }
        let request_id = request::id();
        let document = Document {
            error: Inner {
                code: self.code,
                message: &self.message,
                field: self.field.as_deref(),
                request_id: request_id.as_deref(),
            },
        };
        let mut headers = HeaderMap::new();
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        (self.status, headers, axum::Json(document)).into_response()
    }
}

/// Makes every error of `router` JSON: those of unknown addresses, wrong methods and extractors, and
/// panics. Answers that are JSON or HTML already stay as they are.
pub fn with_json_errors<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(map_response(to_json))
}

/// The panic's message may quote a body, so it is not logged; the place is, by the panic hook.
fn answer_panic(_cause: Box<dyn Any + Send>) -> Response {
    ApiError::internal().into_response()
}

async fn to_json(response: Response) -> Response {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || is_formed(response.headers()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let mut error = ApiError::of_status(status);
    if status.is_client_error()
        && let Some(text) = short_text(body).await
    {
        error.message = Cow::Owned(text);
    }
    let mut answer = error.into_response();
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = parts.headers.get(&name) {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}

/// Whether somebody has chosen this answer's form: anything but nothing and plain text.
fn is_formed(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|form| !form.as_bytes().starts_with(b"text/plain"))
}

async fn short_text(body: Body) -> Option<String> {
    let bytes = to_bytes(body, MESSAGE_MAX_BYTES).await.ok()?;
    let text = std::str::from_utf8(&bytes).ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
