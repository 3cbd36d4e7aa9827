//! The static files, as part of the program. Each has a digest of itself in its name, so that it may be kept for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::Page;
use super::problem::Problem;

/// Bytes of a digest in a name.
const DIGEST_BYTES: usize = 8;

const FOR_EVER: &str = "public, max-age=31536000, immutable";

struct Asset {
    name: String,
    form: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, form: &'static str, body: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(body));
        let digest = digest.get(..2 * DIGEST_BYTES).unwrap_or_default();
        Self {
            name: format!("{stem}.{digest}.{ending}"),
            form,
            body,
        }
    }

    fn path(&self) -> String {
        format!("/dashboard/assets/{}", self.name)
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/style.css");
    Asset::new("style", "css", "text/css; charset=utf-8", body)
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/script.js");
    Asset::new("script", "js", "text/javascript; charset=utf-8", body)
});

static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/icon.svg");
    Asset::new("icon", "svg", "image/svg+xml", body)
});

/// Where the stylesheet is.
pub fn style() -> String {
    STYLE.path()
}

/// Where the script is.
pub fn script() -> String {
    SCRIPT.path()
}

/// Where the icon is.
pub fn icon() -> String {
    ICON.path()
}

pub(super) async fn serve(Path(name): Path<String>) -> Page {
    let known: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];
    let asset = known.into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or(Problem::NotFound)?;
    let headers = [(CONTENT_TYPE, asset.form), (CACHE_CONTROL, FOR_EVER)];
    Ok::<Response, _>((headers, asset.body).into_response())
}
