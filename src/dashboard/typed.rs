//! What somebody has typed into a form that was refused: the form stands there again with it, beside why. Pure.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::params::Params;
use super::problem::Problem;

/// The fields of a form that was refused, and why it was.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    fields: Params,
    why: String,
}

impl Typed {
    /// Keeps `fields` where a form was refused; any other problem is one of its own.
    pub(super) fn of(problem: Problem, fields: Params) -> Result<Self, Problem> {
        match problem {
            Problem::Refused(why) => Ok(Self { fields, why }),
            other => Err(other),
        }
    }

    /// Why it was refused.
    pub(super) fn notice(&self) -> Markup {
        html! { p.notice.bad role="alert" { strong { "Not saved" } ": " (self.why) "." } }
    }
}

/// What the fields of a form hold: what was typed, otherwise what there is.
pub(super) fn held(there_is: Params, typed: Option<&Typed>) -> Params {
    match typed {
        Some(typed) => typed.fields.clone().over(there_is),
        None => there_is,
    }
}

/// The page on which a refused form stands again.
pub(super) fn refused(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::BAD_REQUEST;
    page
}
