//! Why a page cannot be shown, as a page: within the frame where somebody is signed in, with a way back to where a form stood. It never says what went
//! wrong inside: causes belong in the log.

use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use super::cookies::Theme;
use super::guard::Viewer;
use super::params::Params;
use super::view::parts::number;
use super::view::words::refusal;
use super::{KEPT_FOR_BACK, view};
use crate::catalog::CatalogError;
use crate::http::request;
use crate::members::MemberError;
use crate::outbox::endpoints::EndpointError;
use crate::sources::SourceError;
use crate::store::StoreError;

/// Why a page cannot be shown.
#[derive(Debug)]
pub enum Problem {
    /// There is no such thing, or it is another organization's.
    NotFound,
    /// What was asked for cannot be; says what to change.
    Refused(String),
    /// It was there, and why it is not.
    Gone(String),
    /// A form that was not made here, or is too old.
    Forged,
    /// The viewer's role does not allow it.
    Forbidden,
    /// Too many tries; says after how many seconds to go on.
    TooOften(u64),
    /// The database does not answer.
    Unavailable,
    /// Our fault.
    Broken,
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::Forged | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Gone(_) => StatusCode::GONE,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn says(&self) -> (&'static str, String) {
        match self {
            Self::NotFound => (
                "Nothing here",
                "There is nothing at this address, or it belongs to another organization."
                    .to_owned(),
            ),
            Self::Refused(message) => ("That cannot be done", format!("{message}.")),
            Self::Gone(why) => ("No longer kept", format!("What was delivered is no longer kept: {why}.")),
            Self::Forged => (
                "That form is too old",
                "It was opened before you signed in, or elsewhere. Go back, load the page again and repeat it."
                    .to_owned(),
            ),
            Self::Forbidden => (
                "That is not yours to change",
                "Your role does not allow it. An owner can give you another one, under Members."
                    .to_owned(),
            ),
            Self::TooOften(seconds) => (
                "Too many tries",
                format!("Wait {}, then try again.", number(*seconds, "second", "seconds")),
            ),
            Self::Unavailable => (
                "The database does not answer",
                "Deliveries are not lost: processors send them again. Try again in a moment."
                    .to_owned(),
            ),
            Self::Broken => (
                "Something went wrong here",
                "The server's log says what. Nothing was changed.".to_owned(),
            ),
        }
    }
}

/// What a problem says, beside its page: whoever knows the viewer puts the frame around it.
#[derive(Debug, Clone)]
struct Said {
    title: &'static str,
    text: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (title, text) = self.says();
        let page = view::bare(
            title,
            Theme::System,
            &html! {
                p { (text) }
                p { a.button href="/" { "To the overview" } }
                @if let Some(id) = request::id() { p.muted { "Request " code { (id) } } }
            },
        );
        let mut answer = (self.status(), Html(page.into_string())).into_response();
        answer.extensions_mut().insert(Said { title, text });
        answer
    }
}

/// Puts the frame around a problem's page. `back`: the page that the request came from, where it is one of this server's. Other answers stay as they are.
pub(super) fn framed(viewer: &Viewer, back: Option<&str>, answer: Response) -> Response {
    let Some(Said { title, text }) = answer.extensions().get::<Said>().cloned() else {
        return answer;
    };
    let (place, name) = view::place_of(&viewer.path);
    let (place, name) = (viewer.href(place, &[]), format!("To {name}"));
    let (href, name) = back.map_or((place.as_str(), name.as_str()), |back| {
        (back, "Back to the page")
    });
    // The frame's switches lead to the page that one comes from: there may be nothing to look at where the form was sent to.
    let (path, query) = href.split_once('?').unwrap_or((href, ""));
    let viewer = Viewer {
        path: path.to_owned(),
        params: Params::read(query.as_bytes()),
        ..viewer.clone()
    };
    let body = html! {
        h1 { (title) }
        section.panel { div.body {
            p role="alert" { (text) }
            p.actions { a.button.primary href=(href) { (name) } }
            @if let Some(id) = request::id() { p.muted { "Request " code { (id) } } }
        } }
    };
    let mut page = view::page(&viewer, title, &body);
    *page.status_mut() = answer.status();
    page.headers_mut().insert(CACHE_CONTROL, KEPT_FOR_BACK);
    page
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_outage() {
            tracing::warn!(%error, "the database did not answer a page");
            return Self::Unavailable;
        }
        tracing::error!(%error, "a page failed in the database");
        Self::Broken
    }
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Invalid { field, message } => Self::Refused(refusal(&field, &message)),
            CatalogError::Conflict { field, message } => Self::Refused(refusal(field, &message)),
            CatalogError::NotFound(_) => Self::NotFound,
            CatalogError::NoProgram => Self::Refused(error.to_string()),
            CatalogError::Store(error) => error.into(),
        }
    }
}

impl From<EndpointError> for Problem {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Invalid(error) => error.into(),
            EndpointError::Seal(error) => {
                tracing::error!(%error, "a page cannot read the secrets of a webhook endpoint");
                Self::Broken
            }
        }
    }
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::Unknown => Self::NotFound,
            MemberError::Store(error) => error.into(),
            error => Self::Refused(error.to_string()),
        }
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Store(error) => error.into(),
            SourceError::Unknown => Self::NotFound,
            SourceError::Processor
            | SourceError::NoSecret
            | SourceError::Secret(_)
            | SourceError::Setting(_) => Self::Refused(error.to_string()),
            error => {
                tracing::error!(%error, "a page cannot read the sources");
                Self::Broken
            }
        }
    }
}
