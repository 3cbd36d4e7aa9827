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

const FOLDER: &str = "/dashboard/assets";

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// A static file.
pub(crate) struct Asset {
    folder: &'static str,
    name: String,
    form: &'static str,
    body: &'static str,
}

impl Asset {
    /// A file in a folder of addresses, with a name that changes with it.
    pub(crate) fn new(folder: &'static str, stem: &str, ending: &str, body: &'static str) -> Self {
        let form = match ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        let digest = hex::encode(Sha256::digest(body));
        let digest = digest.get(..2 * DIGEST_BYTES).unwrap_or_default();
        Self {
            folder,
            name: format!("{stem}.{digest}.{ending}"),
            form,
            body,
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }

    /// The one of some files that has this name, as an answer.
    pub(crate) fn serve(all: &[&Self], name: &str) -> Option<Response> {
        let asset = all.iter().find(|asset| asset.name == name)?;
        let headers = [(CONTENT_TYPE, asset.form), (CACHE_CONTROL, FOR_EVER)];
        Some((headers, asset.body).into_response())
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/style.css");
    Asset::new(FOLDER, "style", "css", body)
});

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/script.js");
    Asset::new(FOLDER, "script", "js", body)
});

static ICON: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("static/icon.svg");
    Asset::new(FOLDER, "icon", "svg", body)
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
    Asset::serve(&known, &name).ok_or(Problem::NotFound)
}
