//! The portal: where a partner sees what is its own. Inside a merchant's page, by a token in the address and without any cookie, or as a page of its
//! own, by a link that signs in once.
//!
//! All that is shown is read through [`crate::books::portal::Own`], which is made of one partner, so that nothing of another's and nobody who bought
//! can be shown by mistake. Every page works without JavaScript. Paths lie below `/embed/` and `/portal`; the embedded page may stand in any frame,
//! the others in none.

mod actions;
mod apply;
mod look;
mod mails;
mod reader;
mod sign_in;
mod statics;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};

use crate::app::App;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::partner_access::Token;
use look::Look;
use reader::{Closed, Reader, Way};

pub(crate) use mails::stop_link;

/// Where a partner signs in.
const SIGN_IN: &str = "/portal/sign-in";

/// A link that signs a partner in.
pub fn sign_in_link(public_url: &str, token: &Token) -> String {
    format!("{public_url}{SIGN_IN}?token={}", token.expose())
}

/// All pages.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let embedded = Router::new()
        .route("/embed/referrals", get(embedded))
        .route("/embed/links", post(actions::embedded_link))
        .route("/embed/leave", post(actions::embedded_leave))
        .route("/embed/mails", post(actions::embedded_mails))
        .route("/embed/paid", post(actions::embedded_paid))
        .layer(map_response(statics::for_frames));
    let own = Router::new()
        .route("/portal", get(own_page))
        .route("/portal/links", post(actions::own_link))
        .route("/portal/leave", post(actions::own_leave))
        .route("/portal/mails", post(actions::own_mails))
        .route("/portal/paid", post(actions::own_paid))
        .route("/portal/mails/stop", get(mails::ask_stop).post(mails::stop))
        .route(mails::LINK, post(mails::link))
        .route("/portal/join", post(apply::join))
        .route(
            "/portal/apply/{org}/{program}",
            get(apply::ask).post(apply::apply),
        )
        .route(SIGN_IN, get(sign_in::ask).post(sign_in::redeem))
        .route("/portal/sign-out", post(sign_in::sign_out))
        .route("/portal/assets/{name}", get(statics::serve))
        .layer(map_response(statics::for_no_frame));
    embedded
        .merge(own)
        .layer(from_fn_with_state(app.clone(), guard::own_address))
}

async fn embedded(State(app): State<Arc<App>>, request: Request) -> Response {
    show(&app, Way::Embed, request).await
}

async fn own_page(State(app): State<Arc<App>>, request: Request) -> Response {
    show(&app, Way::Page, request).await
}

async fn show(app: &App, way: Way, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let params = Params::read(parts.uri.query().unwrap_or_default().as_bytes());
    let look = Look::of(&params);
    let answer = async {
        let reader = Reader::of_request(app, way, &parts, params).await?;
        view::page(app, &reader).await
    };
    let answer: Result<Response, Closed> = answer.await;
    answer.unwrap_or_else(|closed| view::closed(way, &look, &closed))
}
