//! Signing in to the portal's own page: a link leads to a page with one button, and the button uses the link up, so that what looks at links before
//! people do uses up none.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::reader::{Closed, Way};
use super::{look::Look, view};
use crate::app::App;
use crate::dashboard::cookies::Jar;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::http::peer::network_of;
use crate::partner_access;

pub(super) async fn ask(State(app): State<Arc<App>>, params: Params) -> Response {
    view::sign_in(&app, params.get("token"), None)
}

pub(super) async fn redeem(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = opened(&app, request).await;
    answer.unwrap_or_else(|closed| view::closed(Way::Page, &Look::default(), &closed))
}

async fn opened(app: &App, request: Request) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    let address = network_of(&parts.extensions, &parts.headers);
    let allowed = app.sign_ins.check(address, None, app.now());
    allowed.map_err(|_wait| Closed::TooOften)?;
    let fields = guard::fields(app, &parts, body).await;
    let fields = fields.map_err(|_problem| Closed::Forged)?;
    let pasted = fields.get("token");
    let link = pasted
        .rsplit_once("token=")
        .map_or(pasted, |(_, link)| link);
    let session = partner_access::redeem(app.store.as_ref(), &app.ids, link, app.now()).await?;
    let Some(session) = session else {
        app.sign_ins.failed(address, app.now());
        app.refused("portal", "portal", "wrong_link");
        let notice = "That link has been used, is too old, or was never made. Ask for another.";
        return Ok(view::sign_in(app, "", Some(notice)));
    };
    let cookie = Jar::of_portal(&app.public_url).set_session(session.expose());
    let cookie = cookie.ok_or(Closed::Broken)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to("/portal")).into_response())
}

pub(super) async fn sign_out(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let jar = Jar::of_portal(&app.public_url);
    let session = jar.session(&parts.headers).unwrap_or_default().to_owned();
    let ended = async {
        let fields = guard::fields(&app, &parts, body).await;
        let fields = fields.map_err(|_problem| Closed::Forged)?;
        if !guard::proves(fields.get("proof"), &session) {
            return Err(Closed::Forged);
        }
        Ok(partner_access::end(app.store.as_ref(), &session, app.now()).await?)
    };
    if let Err(closed) = ended.await {
        return view::closed(Way::Page, &Look::default(), &closed);
    }
    let mut answer = Redirect::to("/portal").into_response();
    if let Some(cookie) = jar.clear_session() {
        answer.headers_mut().insert(SET_COOKIE, cookie);
    }
    answer
}
