//! Mails and the portal: a link into it for whoever asks by an address, and which mails a partner wants.
//!
//! Nobody learns by asking whose address is a partner's. The link in a mail that ends such mails needs no signing in; it is used by a button, or by the
//! reader's mail program in one click.

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use maud::{Markup, html};

use super::reader::{Closed, Reader, Way};
use super::{look::Look, view};
use crate::actor::{Actor, LetIn as _};
use crate::app::App;
use crate::books::Part;
use crate::books::mails as choices;
use crate::books::partners::{self, By};
use crate::catalog::check;
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::http::peer::network_of;
use crate::partner_access::{self, Found, Kind, Token};
use crate::{mails, organization};

/// Where a link is asked for.
pub(super) const LINK: &str = "/portal/link";
/// Where mails are ended.
const STOP: &str = "/portal/mails/stop";

/// A link that ends mails about earnings.
pub fn stop_link(public_url: &str, token: &Token) -> String {
    format!("{public_url}{STOP}?token={}", token.expose())
}

/// The form by which a partner has a link mailed, where mails are sent.
pub(super) fn link_form(mails: bool) -> Markup {
    html! {
        @if mails {
            form method="post" action=(LINK) {
                label.field { "Or have a link mailed to you" input type="email" name="email" required maxlength="255" autocomplete="email" placeholder="E-mail"; }
                button type="submit" { "Mail me a link" }
            }
        }
    }
}

pub(super) async fn link(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = asked(&app, request).await;
    answer.unwrap_or_else(|closed| view::closed(Way::Page, &Look::default(), &closed))
}

async fn asked(app: &App, request: Request) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    let address = network_of(&parts.extensions, &parts.headers);
    let allowed = app.applications.check(address, None, app.now());
    allowed.map_err(|_wait| Closed::TooOften)?;
    let fields = guard::fields(app, &parts, body).await;
    let fields = fields.map_err(|_problem| Closed::Forged)?;
    if !app.mails {
        return Err(Closed::NotFound);
    }
    let email = check::email("email", fields.get("email"))?;
    app.applications.failed(address, app.now());
    for organization in organization::list(app.store.as_ref()).await? {
        let scope = app.scope_of(&organization.id, &Actor::Server);
        let by = [By::Email(&email)];
        let found = partners::list(&scope.books(), &by, Part::first(1)).await?;
        if let Some(partner) = found.rows.first() {
            mails::portal_link(&scope, &partner.id).await?;
        }
    }
    app.jobs.wake();
    Ok(view::bare(
        "Look into your mails",
        &html! { p { "If this address is a partner's, a link is on its way to it. It works once, within " (partner_access::LINK_DAYS) " days." } },
    ))
}

pub(super) async fn ask_stop(params: Params) -> Response {
    view::bare(
        "Mails about earnings",
        &html! {
            p { "You will not be mailed any more when you have earned something. Mails about payouts go on." }
            form method="post" action=(STOP) {
                input type="hidden" name="token" value=(params.get("token"));
                button.primary type="submit" { "No more of these mails" }
            }
        },
    )
}

pub(super) async fn stop(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    body: axum::body::Bytes,
) -> Response {
    let answer = stopped(&app, query.as_deref(), &body).await;
    answer.unwrap_or_else(|closed| view::closed(Way::Page, &Look::default(), &closed))
}

/// The token stands in the form, or in the address where a mail program does it in one click. It is the only credential, and all that it can do is this.
async fn stopped(app: &App, query: Option<&str>, body: &[u8]) -> Result<Response, Closed> {
    let (form, query) = (
        Params::read(body),
        Params::read(query.unwrap_or_default().as_bytes()),
    );
    let token = form.given("token").unwrap_or_else(|| query.get("token"));
    let found = partner_access::find(app.store.as_ref(), token, Kind::Mails, app.now()).await?;
    let Found::Open(grant) = found else {
        return Err(Closed::Refused(
            "this link has expired: the portal has the same choice".to_owned(),
        ));
    };
    let actor = Actor::Partner {
        id: grant.partner.id.clone(),
        name: grant.partner.name.expose().to_owned(),
    };
    let scope = app.scope_of(&grant.organization_id, &actor);
    mails::choose(&scope, &grant.partner.id, false).await?;
    Ok(view::bare(
        "No more of these mails",
        &html! { p { "You are not mailed about earnings any more. In the portal you can have them again." } },
    ))
}

/// The form in which a partner says which mails it wants.
pub(super) async fn choice(app: &App, reader: &Reader) -> Result<Markup, Closed> {
    if !app.mails || !reader.grant.livemode {
        return Ok(html! {});
    }
    let books = app.books(reader.org());
    let wants = choices::wants_earnings(&books, &reader.grant.partner.id).await?;
    Ok(html! {
        form.inline method="post" action=(reader.form("mails")) {
            (reader.proof())
            label.check { input type="checkbox" name="earnings" value="yes" checked[wants]; "Mail me when I have earned something" }
            button type="submit" { "Save" }
        }
    })
}
