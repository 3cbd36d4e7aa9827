//! Signing in: a link leads to a page with one button, and the button uses the link up. So what looks at links before people do, as mail programs
//! and chats do, uses up none.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::response::{Html, IntoResponse as _, Redirect};

use crate::app::App;
use crate::dashboard::cookies::Jar;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::{Page, view};
use crate::http::peer::network_of;
use crate::sessions::{self, Token};

/// Where one signs in.
pub const PATH: &str = "/dashboard/sign-in";

/// A link that signs somebody in.
pub fn link(public_url: &str, token: &Token) -> String {
    format!("{public_url}{PATH}?token={}", token.expose())
}

pub(in crate::dashboard) async fn ask(params: Params) -> Page {
    let page = view::sign_in_page(params.get("token"), None);
    Ok(Html(page.into_string()).into_response())
}

pub(in crate::dashboard) async fn redeem(State(app): State<Arc<App>>, request: Request) -> Page {
    let (parts, body) = request.into_parts();
    let address = network_of(&parts.extensions, &parts.headers);
    let wait = app.sign_ins.check(address, None, app.now());
    wait.map_err(|wait| Problem::TooOften(wait.retry_after_seconds))?;
    let fields = guard::fields(&app, &parts, body).await?;
    let token = code_of(fields.get("token"));
    let session = sessions::redeem(app.store.as_ref(), &app.ids, token, app.now()).await?;
    let Some(session) = session else {
        app.sign_ins.failed(address, app.now());
        app.refused("dashboard", "dashboard", "wrong_link");
        let notice = "That link has been used, is too old, or was never made. Ask for another.";
        let page = view::sign_in_page("", Some(notice));
        let status = axum::http::StatusCode::FORBIDDEN;
        return Ok((status, Html(page.into_string())).into_response());
    };
    let cookie = Jar::of(&app.public_url).set_session(session.expose());
    let cookie = cookie.ok_or(Problem::Broken)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// The secret in what somebody has pasted: the code, or the whole link.
fn code_of(pasted: &str) -> &str {
    pasted
        .rsplit_once("token=")
        .map_or(pasted, |(_, code)| code)
}
