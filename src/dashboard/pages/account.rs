//! How somebody looks at the dashboard: light or dark, which organization, and the end of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect};

use super::sign_in;
use crate::app::App;
use crate::dashboard::Page;
use crate::dashboard::cookies::{Jar, Theme};
use crate::dashboard::guard::{Fields, SessionToken};
use crate::dashboard::problem::Problem;
use crate::sessions;

pub(in crate::dashboard) async fn home() -> Redirect {
    Redirect::to("/")
}

pub(in crate::dashboard) async fn nothing() -> Problem {
    Problem::NotFound
}

pub(in crate::dashboard) async fn sign_out(
    State(app): State<Arc<App>>,
    SessionToken(token): SessionToken,
) -> Page {
    sessions::end(app.store.as_ref(), &token, app.now()).await?;
    let cookie = Jar::of(&app.public_url).clear_session();
    let cookie = cookie.ok_or(Problem::Broken)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(sign_in::PATH)).into_response())
}

pub(in crate::dashboard) async fn theme(
    State(app): State<Arc<App>>,
    Fields(fields): Fields,
) -> Page {
    let theme = Theme::of(fields.get("theme"));
    let theme = theme.ok_or_else(|| Problem::Refused("there is no such theme".to_owned()))?;
    let cookie = Jar::of(&app.public_url).set_theme(theme);
    let cookie = cookie.ok_or(Problem::Broken)?;
    Ok(([(SET_COOKIE, cookie)], back_to(fields.get("back"))).into_response())
}

pub(in crate::dashboard) async fn organization(
    State(app): State<Arc<App>>,
    SessionToken(token): SessionToken,
    Fields(fields): Fields,
) -> Page {
    let switched = sessions::switch(app.store.as_ref(), &token, fields.get("id")).await?;
    if !switched {
        return Err(Problem::NotFound);
    }
    Ok(Redirect::to("/").into_response())
}

/// A page of this server, or the overview.
fn back_to(path: &str) -> Redirect {
    let is_own = path.starts_with("/dashboard/") || path == "/" || path.starts_with("/?");
    let is_plain = path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    Redirect::to(if is_own && is_plain { path } else { "/" })
}
