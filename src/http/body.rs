//! Reading a request's body: within the limit, in time, as JSON, with the wrong member named.
//!
//! A body is never logged, and an error repeats none of it but the names of its members. Whether a member that
//! nobody knows is passed over or refused is said where its struct is: what configures denies it, since a
//! misspelt name would silently set nothing; what SDKs send is read tolerantly.

use std::error::Error;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use axum::{RequestExt as _, body::Body};
use bytes::BytesMut;
use http_body_util::{BodyExt as _, LengthLimitError};
use providers::nearest;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use tower_http::timeout::TimeoutError;

use crate::http::budget::{NoRoom, Share};
use crate::http::error::ApiError;
use crate::http::surrogates;

/// After how long who found no room is asked to come again, in seconds.
const NO_ROOM_SECONDS: u64 = 5;

/// A JSON object as the body of a request. A `T` that configures something denies members that it does not
/// know. The size is limited by [`axum::extract::DefaultBodyLimit`], the time by the server.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        parse(&read(request).await?).map(Self)
    }
}

/// The same where a route is told nothing that it must know: no body at all is an empty object.
#[derive(Debug, Clone, Copy)]
pub struct AnyJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for AnyJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let body = read(request).await?;
        let bytes: &[u8] = if body.is_empty() { b"{}" } else { &body };
        parse(bytes).map(Self)
    }
}

/// The bytes of a body that is JSON: as they are, but for halves of characters, see [`surrogates`].
///
/// 415 for a compressed one, 413 over the limit, 408 when it does not arrive in time.
pub async fn read(request: Request) -> Result<Bytes, ApiError> {
    if is_encoded(request.headers()) {
        return Err(ApiError::unsupported_media_type());
    }
    let bytes = collect(request.into_limited_body()).await?;
    Ok(surrogates::mended(bytes))
}

/// The exact bytes of a delivery's body, which takes room in `share` as it arrives.
///
/// 415 for a compressed one, 413 over the limit, 408 when it does not arrive in time, 503 when there is no room.
pub async fn read_within(request: Request, share: &mut Share) -> Result<Bytes, ApiError> {
    if is_encoded(request.headers()) {
        return Err(ApiError::unsupported_media_type());
    }
    let mut body = request.into_limited_body();
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let room = share.grow(data.len()).await;
        room.map_err(|NoRoom| ApiError::unavailable(NO_ROOM_SECONDS))?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// Whether the body is compressed. There is no decompression anywhere, so there is no bomb to fear.
fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

async fn collect(body: Body) -> Result<Bytes, ApiError> {
    let collected = body.collect().await;
    let collected = collected.map_err(|error| broken(&error))?;
    Ok(collected.to_bytes())
}

fn broken(error: &(dyn Error + 'static)) -> ApiError {
    if has_cause::<LengthLimitError>(error) {
        ApiError::payload_too_large()
    } else if has_cause::<TimeoutError>(error) {
        ApiError::request_timeout()
    } else {
        ApiError::malformed("the body did not arrive whole")
    }
}

fn has_cause<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<E>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Reads a JSON object; anything else is a `VALIDATION_ERROR` that names the member.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, ApiError> {
    let text =
        std::str::from_utf8(body).map_err(|_| ApiError::malformed("the body is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // A struct would also be read from a list of its members' values.
    let first = text.trim_ascii_start().bytes().next();
    if matches!(
        first,
        Some(b'[' | b'"' | b'0'..=b'9' | b'-' | b't' | b'f' | b'n')
    ) {
        return Err(ApiError::malformed("the body must be a JSON object"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| refusal(error.path(), error.inner()))?;
    json.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::malformed(not_json_message(error))
}

fn not_json_message(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the body is not valid JSON: it ends too early".to_owned();
    }
    let (line, column) = (error.line(), error.column());
    format!("the body is not valid JSON: look at line {line}, column {column}")
}

/// Serde's words in plain ones, with the place named as the client writes it.
fn refusal(path: &Path, error: &serde_json::Error) -> ApiError {
    let field = field_name(path);
    if !error.is_data() {
        let message = not_json_message(error);
        return match field {
            Some(field) => ApiError::validation(field, message),
            None => ApiError::malformed(message),
        };
    }
    let words = error.to_string();
    if let Some(error) = unknown_member(field.as_deref(), &words) {
        return error;
    }
    for (sign, end) in [
        ("missing field `", "is required"),
        ("duplicate field `", "is given twice"),
    ] {
        if let Some(name) = quoted(&words, sign) {
            let inner = match &field {
                // Serde's path ends at a twice given member, but before a missing one.
                Some(outer) if outer.rsplit('.').next() != Some(name) => format!("{outer}.{name}"),
                _ => name.to_owned(),
            };
            let message = format!("{inner} {end}");
            return ApiError::validation(inner, message);
        }
    }
    let expected = expectation(&words);
    match field {
        Some(field) => {
            let message = format!("{field} {expected}");
            ApiError::validation(field, message)
        }
        None => ApiError::malformed(format!("the body {expected}")),
    }
}

/// What a struct that denies unknown members says of one: that the field is unknown, and which were expected. Serde's
/// path ends at it.
fn unknown_member(field: Option<&str>, words: &str) -> Option<ApiError> {
    let name = quoted(words, "unknown field `")?;
    let (_, expected) = words.rsplit_once(", expected ").unwrap_or_default();
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let path = nearest::shown(field.unwrap_or(name));
    let message = format!("unknown member `{path}`{}", nearest::hint(name, &known));
    Some(ApiError::validation(path, message))
}

/// `a.b[2].c`; `None` for the body itself.
fn field_name(path: &Path) -> Option<String> {
    let mut name = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => {
                name.push('[');
                name.push_str(&index.to_string());
                name.push(']');
            }
            Segment::Map { key } | Segment::Enum { variant: key } => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(key);
            }
            Segment::Unknown => {}
        }
    }
    (!name.is_empty()).then_some(name)
}

fn quoted<'a>(words: &'a str, sign: &str) -> Option<&'a str> {
    words.strip_prefix(sign)?.split('`').next()
}

/// What must stand there, from serde's `…, expected X at line 1 column 2`. The value itself, which serde
/// quotes before it, is left out.
fn expectation(words: &str) -> String {
    let Some((_, expected)) = words.rsplit_once("expected ") else {
        return "has a value that cannot be used".to_owned();
    };
    let expected = expected.split(" at line ").next().unwrap_or(expected);
    let plain = match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "u128" => "a whole number, not negative",
        "f32" | "f64" => "a number",
        "a string" | "a borrowed string" => "a string",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        other if other.starts_with("struct ") => "an object",
        other => other,
    };
    format!("must be {plain}")
}

#[cfg(test)]
mod tests;
