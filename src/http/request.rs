//! One request from its head to its answer: an id, and a span around everything that is done for it.
//!
//! The id is in the answer's `x-request-id`, in the body of an error, on the dashboard's problem page, and with every line that the log gets
//! meanwhile; method, route and organization are there too. The route is the one that was matched, never the address: that can hold secrets.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::app::App;

/// The header that carries the id, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over, in characters.
const ID_MAX_CHARS: usize = 64;

tokio::task_local! {
    static ID: Arc<str>;
}

/// The id of the request that is being answered.
pub fn id() -> Option<Arc<str>> {
    ID.try_with(Clone::clone).ok()
}

/// Says whose request it has turned out to be.
pub fn belongs_to(organization_id: &str) {
    Span::current().record("organization.id", organization_id);
}

/// The layer around all routes.
pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let id = given(request.headers()).unwrap_or_else(|| app.ids.make("req"));
    let id: Arc<str> = id.into();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str);
    // Of the highest level, so that whatever is logged is logged within it.
    let span = tracing::error_span!(
        "request",
        request.id = &*id,
        method = request.method().as_str(),
        route,
        organization.id = Empty
    );
    let answering = async {
        let began = Instant::now();
        let answer = next.run(request).await;
        tell(&answer, began);
        answer
    };
    let mut answer = ID.scope(id.clone(), answering.instrument(span)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HEADER, value);
    }
    answer
}

fn tell(answer: &Response, began: Instant) {
    let status = answer.status().as_u16();
    let microseconds = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    if answer.status().is_server_error() {
        tracing::error!(status, microseconds, "a request has failed");
    } else {
        tracing::debug!(status, microseconds, "a request was answered");
    }
}

/// The id that a request brings, where it can be one.
fn given(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let fits = (1..=ID_MAX_CHARS).contains(&id.len());
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (fits && id.bytes().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_comes_along_is_taken_if_it_is_short_and_plain() {
        let given = |text: &str| {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            given(&HeaderMap::from_iter([(HEADER, value)]))
        };
        let longest = "x".repeat(ID_MAX_CHARS);
        for id in ["a", "0af7651916cd43dd-8448.eb_211C", &longest] {
            assert_eq!(given(id).as_deref(), Some(id));
        }
        for id in ["", "a b", "a\"b", "a/b", "é", &"x".repeat(65)] {
            assert_eq!(given(id), None, "{id}");
        }
    }
}
