//! Becoming a partner: the public page where people apply, and the yes of who was invited. What is answered never tells who is a partner already.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::reader::{Closed, Reader, Way};
use super::{look::Look, view};
use crate::actor::Actor;
use crate::app::App;
use crate::books::programs::{self, Applications, Page};
use crate::catalog::{Applied, Catalog, NewApplication};
use crate::dashboard::guard;
use crate::dashboard::params::Params;
use crate::dashboard::view::words::worded;
use crate::explain;
use crate::http::peer::network_of;

/// The program of an address, where it takes applications.
async fn program(app: &App, org: &str, program: &str) -> Result<(String, Page), Closed> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !plain(org) || !plain(program) {
        return Err(Closed::NotFound);
    }
    let org = format!("org_{org}");
    let page = programs::page(&app.books(&org), program).await?;
    let page = page.filter(|page| page.applications != Applications::Closed);
    Ok((org, page.ok_or(Closed::NotFound)?))
}

fn closed(closed: &Closed) -> Response {
    view::closed(Way::Page, &Look::default(), closed)
}

pub(super) async fn ask(
    State(app): State<Arc<App>>,
    Path((org, program_id)): Path<(String, String)>,
) -> Response {
    match program(&app, &org, &program_id).await {
        Ok((_, page)) => view::bare(
            &page.name,
            &form(&page, &path_of(&org, &program_id), &Params::default()),
        ),
        Err(problem) => closed(&problem),
    }
}

fn path_of(org: &str, program_id: &str) -> String {
    let org = org.strip_prefix("org_").unwrap_or(org);
    format!("/portal/apply/{org}/{program_id}")
}

/// The form, with what has been written into it.
fn form(page: &Page, path: &str, given: &Params) -> Markup {
    html! {
        @if let Some(about) = &page.about { p { (about) } }
        (view::by(&page.merchant))
        dl.facts {
            @if let Some(rule) = &page.rule { dt { "You earn" } dd { (worded(&explain::rule_in_words(rule))) } }
            (view::when(page))
        }
        form method="post" action=(path) {
            label.field { "Name" input name="name" value=(given.get("name")) required maxlength="100" autocomplete="name"; }
            label.field { "E-mail" input type="email" name="email" value=(given.get("email")) required maxlength="255" autocomplete="email"; }
            label.field { "Website or profile (optional)" input type="url" name="website" value=(given.get("website")) maxlength="2048" placeholder="https://"; }
            label.field { "How will you recommend us? (optional)" textarea name="message" maxlength="2000" { (given.get("message")) } }
            label.check {
                input type="checkbox" name="sure" value="yes" required checked[given.get("sure") == "yes"];
                span {
                    "I want to take part"
                    @if let Some(terms) = &page.terms_url {
                        " and agree to the " a href=(terms) target="_blank" rel="noopener noreferrer" { "terms" }
                    }
                }
            }
            button.primary type="submit" { "Apply" }
        }
    }
}

pub(super) async fn apply(
    State(app): State<Arc<App>>,
    Path((org, program_id)): Path<(String, String)>,
    request: Request,
) -> Response {
    let answer = applied(&app, &org, &program_id, request).await;
    answer.unwrap_or_else(|problem| closed(&problem))
}

async fn applied(
    app: &App,
    org: &str,
    program_id: &str,
    request: Request,
) -> Result<Response, Closed> {
    let (parts, body) = request.into_parts();
    let (org, page) = program(app, org, program_id).await?;
    let address = network_of(&parts.extensions, &parts.headers);
    let allowed = app.applications.check(address, None, app.now());
    allowed.map_err(|_wait| Closed::TooOften)?;
    let fields = guard::fields(app, &parts, body).await;
    let fields = fields.map_err(|_problem| Closed::Forged)?;
    if fields.get("sure") != "yes" {
        let message = "tick the box to say that you want to take part";
        return Ok(again(&page, &path_of(&org, program_id), &fields, message));
    }
    // Each counts as a try, whatever becomes of it.
    app.applications.failed(address, app.now());
    let actor = Actor::Partner {
        id: "applicant".to_owned(),
        name: "an applicant".to_owned(),
    };
    let catalog = Catalog {
        scope: app.scope_of(&org, &actor),
        ledger: &app.ledger,
        public_url: &app.public_url,
    };
    let new = NewApplication {
        name: fields.get("name"),
        email: fields.get("email"),
        website: fields.given("website"),
        message: fields.given("message"),
    };
    let applied = match catalog.apply(program_id, &new).await.map_err(Closed::from) {
        Err(Closed::Refused(message)) => {
            return Ok(again(&page, &path_of(&org, program_id), &fields, &message));
        }
        applied => applied?,
    };
    let text = match applied {
        Applied::Joined => {
            "You are a partner now. Whoever runs the program sends you a link to the page where you find your own link and your earnings."
        }
        Applied::Waits => {
            "Your application will be looked at. You will hear from whoever runs the program."
        }
    };
    Ok(view::bare(
        "Thank you",
        &html! { p role="status" { (text) } p.muted { (page.name) } (view::by(&page.merchant)) },
    ))
}

/// The form as it was sent, and why it was refused.
fn again(page: &Page, path: &str, given: &Params, message: &str) -> Response {
    let body = html! {
        p.notice.bad role="alert" { (message) "." }
        (form(page, path, given))
    };
    let mut answer = view::bare(&page.name, &body);
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer
}

/// Who was invited says yes.
pub(super) async fn join(State(app): State<Arc<App>>, request: Request) -> Response {
    let joined = async {
        let (parts, body) = request.into_parts();
        let fields = guard::fields(&app, &parts, body).await;
        let fields: Params = fields.map_err(|_problem| Closed::Forged)?;
        let reader = match Reader::of_request(&app, Way::Page, &parts, fields.clone()).await {
            Err(Closed::Invited(reader)) => reader,
            Ok(_) => return Ok(()),
            Err(closed) => return Err(closed),
        };
        if !reader.made(&fields) {
            return Err(Closed::Forged);
        }
        if fields.get("sure") != "yes" {
            return Err(Closed::Invited(reader));
        }
        app.catalog(reader.as_ref())
            .join(&reader.grant.partner.id)
            .await?;
        Ok::<_, Closed>(())
    };
    match joined.await {
        Ok(()) => Redirect::to("/portal").into_response(),
        Err(problem) => closed(&problem),
    }
}
