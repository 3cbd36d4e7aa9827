//! Why a page cannot be shown, as a page. It never says what went wrong inside: causes belong in the log.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::html;

use super::cookies::Theme;
use super::view;
use super::view::parts::number;
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
        (self.status(), Html(page.into_string())).into_response()
    }
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
            CatalogError::Invalid { message, .. } | CatalogError::Conflict { message, .. } => {
                Self::Refused(message)
            }
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
