//! Compresses what people read, for browsers that say they understand zstd (RFC 8878). What has no length of its own, because it is written while it
//! is sent, stays as it is; so does what is short.
//!
//! The length of a compressed page says something about what is in it. So a secret that pages repeat must look different each time: see the proof
//! of forms in `dashboard::guard`.

use axum::body::{Body, HttpBody as _, to_bytes};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::middleware::Next;
use axum::response::Response;

/// Shorter ones do not become less.
const LEAST_BYTES: u64 = 1_024;
/// Longer ones are not held in memory twice.
const MOST_BYTES: u64 = 2 << 20;
/// What is fast and nearly as small as it gets.
const LEVEL: i32 = 3;

/// What becomes smaller.
const TEXTS: [&str; 5] = [
    "text/html",
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "application/json",
];

/// The layer.
pub async fn compressed(request: Request, next: Next) -> Response {
    let accepted = request.headers().get(ACCEPT_ENCODING);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let understood = accepted.is_some_and(understands);
    let mut response = next.run(request).await;
    if !is_text(&response) || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    response
        .headers_mut()
        .append(VARY, HeaderValue::from_static("accept-encoding"));
    let size = response.body().size_hint().exact();
    if !understood || !size.is_some_and(|size| (LEAST_BYTES..=MOST_BYTES).contains(&size)) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let most = usize::try_from(MOST_BYTES).unwrap_or(usize::MAX);
    let Ok(bytes) = to_bytes(body, most).await else {
        return Response::from_parts(head, Body::empty());
    };
    let Ok(small) = zstd::bulk::compress(&bytes, LEVEL) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    head.headers.remove(CONTENT_LENGTH);
    head.headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static("zstd"));
    Response::from_parts(head, Body::from(small))
}

/// Whether a browser that says `accept-encoding: …` understands zstd.
fn understands(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.chars().all(|c| c == '0' || c == '.'));
        name.trim().eq_ignore_ascii_case("zstd") && !refused
    })
}

fn is_text(response: &Response) -> bool {
    let form = response.headers().get(CONTENT_TYPE);
    let form = form.and_then(|value| value.to_str().ok());
    form.is_some_and(|form| TEXTS.iter().any(|text| form.starts_with(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_believed_what_it_understands() {
        for yes in [
            "zstd",
            "gzip, deflate, br, zstd",
            "gzip;q=0.8, ZSTD ; q=0.5",
        ] {
            assert!(understands(yes), "{yes}");
        }
        for no in ["", "gzip, deflate, br", "zstd;q=0", "zstd;q=0.0", "xzstd"] {
            assert!(!understands(no), "{no}");
        }
    }
}
