//! How somebody looks at the dashboard: light or dark, which organization, and the end of it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, Method, Uri};
use axum::response::{AppendHeaders, IntoResponse as _, Redirect, Response};
use maud::html;

use super::sign_in;
use crate::app::App;
use crate::dashboard::cookies::{Jar, Theme};
use crate::dashboard::guard::{Fields, SessionToken, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{badge, day, heading};
use crate::dashboard::{Page, view};
use crate::sessions;

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(in crate::dashboard) async fn home() -> Redirect {
    Redirect::to("/")
}

pub(in crate::dashboard) async fn nothing() -> Problem {
    Problem::NotFound
}

/// The address of a form that somebody looks at, as the browser's way back may: leads to what it is below.
pub(in crate::dashboard) async fn form_alone(method: Method, uri: Uri) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Problem::NotFound.into_response();
    }
    let above = uri.path().rsplit_once('/').map_or("", |(above, _)| above);
    let above = if is_local(above) { above } else { "/" };
    let query = uri.query().map(|query| format!("?{query}"));
    Redirect::to(&format!("{above}{}", query.unwrap_or_default())).into_response()
}

pub(in crate::dashboard) async fn sign_out(
    State(app): State<Arc<App>>,
    SessionToken(token): SessionToken,
) -> Page {
    sessions::end(app.store.as_ref(), &token, app.now()).await?;
    let cookie = Jar::of(&app.public_url).clear_session();
    let cookie = cookie.ok_or(Problem::Broken)?;
    let headers = [
        (SET_COOKIE, cookie),
        // What the browser has kept for its way back goes too.
        (CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\"")),
    ];
    Ok((AppendHeaders(headers), Redirect::to(sign_in::PATH)).into_response())
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

/// All organizations that may be looked at.
pub(in crate::dashboard) async fn organizations(viewer: Viewer) -> Page {
    let body = html! {
        (heading("Organizations", &html! {}))
        p.lead { "Each has its own programs, partners, sources, keys, members and ledger, and sees no other's. New ones are made with "
            code { "tributary organizations create --name NAME" } "." }
        section.panel {
            div.scroll { table {
                thead { tr { th { "Name" } th { "Id" } th { "Since" } th {} } }
                tbody { @for one in &viewer.organizations {
                    tr {
                        td { (one.name) }
                        td { code { (one.id) } }
                        td.tight { (day(one.created_at)) }
                        td.n {
                            @if one.id == viewer.organization.id { (badge("shown now")) }
                            @else {
                                form method="post" action="/dashboard/organization" {
                                    (view::proof(&viewer))
                                    input type="hidden" name="id" value=(one.id);
                                    button type="submit" { "Show " span.unseen { (one.name) } }
                                }
                            }
                        }
                    }
                } }
            } }
        }
    };
    Ok(view::page(&viewer, "Organizations", &body))
}

/// A page of this server, or the overview.
fn back_to(path: &str) -> Redirect {
    Redirect::to(if is_local(path) { path } else { "/" })
}

/// Whether an address is of a page of this server's dashboard.
pub(in crate::dashboard) fn is_local(path: &str) -> bool {
    let is_own = path.starts_with("/dashboard/") || path == "/" || path.starts_with("/?");
    is_own && path.chars().all(|c| c.is_ascii_graphic() && c != '\\')
}
