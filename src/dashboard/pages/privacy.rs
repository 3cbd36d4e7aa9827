//! Requests of privacy law: what was asked, by a processor or here, whether it is done, and what was collected. Asking is a form of the customer's page.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use crate::app::App;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{badge, empty, encoded, heading, time};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::privacy::{self, Request, RequestKind};

/// Its address.
pub(in crate::dashboard) const PATH: &str = "/dashboard/privacy";

/// The most that are shown.
const SHOWN: i64 = 200;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let requests = privacy::requests(app.store.as_ref(), viewer.org(), None, SHOWN).await?;
    let body = html! {
        (heading("Privacy", &html! { div.beside { a.button href=(viewer.href("/dashboard/customers", &[])) { "Choose a customer" } } }))
        p.lead { "Requests to hand over or erase what is known of a person: of a processor, or made on a customer's page." }
        section.panel {
            @if requests.is_empty() { (empty("No request", &html! { p { "To collect or erase what is known of somebody, open a " a href=(viewer.href("/dashboard/customers", &[])) { "customer" } ": the forms are on that page." } })) }
            @else { div.scroll { table {
                thead { tr { th { "Asked" } th { "What" } th { "By" } th { "State" } th { "Document" } } }
                tbody { @for request in &requests { (row(&viewer, request)) } }
            } } }
        }
    };
    Ok(view::page(&viewer, "Privacy", &body))
}

fn row(viewer: &Viewer, request: &Request) -> Markup {
    let document = format!("{PATH}/{}", encoded(&request.id));
    let is_export = request.kind == RequestKind::ExportCustomer;
    html! {
        tr {
            td { (time(request.created_at)) }
            td { @match request.kind {
                RequestKind::ExportCustomer => { "Collect a customer's data" }
                RequestKind::EraseCustomer => { "Erase a customer" }
                RequestKind::EraseSource => { "Erase all customers of a source" }
            } }
            td { @if request.source_id.is_empty() { "the owner" } @else { code { (request.source_id) } } }
            td { @match request.done_at { Some(at) => { (badge("complete")) " " (time(at)) } None => { (badge("pending")) } } }
            td { @if is_export && request.done_at.is_some() { a href=(viewer.href(&document, &[])) download { "What was collected" } } }
        }
    }
}

/// The document, as a file.
pub(in crate::dashboard) async fn document(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let found = privacy::export(app.store.as_ref(), viewer.org(), &id).await?;
    let (_, document) = found.ok_or(Problem::NotFound)?;
    let document = document.ok_or(Problem::NotFound)?;
    let named = "attachment; filename=\"customer.json\"";
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, named),
    ];
    Ok((headers, document).into_response())
}

/// The forms of a customer's page.
pub(super) fn forms(viewer: &Viewer, customer_id: &str) -> Markup {
    let action = format!("/dashboard/customers/{}/privacy", encoded(customer_id));
    html! {
        section.panel {
            div.title { h2 { "Privacy" } a href=(viewer.href(PATH, &[])) { "Requests" } }
            div.body {
                form.stacked method="post" action=(viewer.href(&action, &[])) {
                    (proof(viewer))
                    p.muted { "Who asks what you know of him is given one document, and may ask to be forgotten. Amounts and references stay: the books need them." }
                    div.actions { button.button type="submit" name="kind" value=(RequestKind::ExportCustomer.word()) { "Collect everything" } }
                    label.check { input type="checkbox" name="sure" value="yes"; " Erase for good" span.sub { "Name, addresses and own ids, in stored deliveries too." } }
                    div.actions { button.button type="submit" name="kind" value=(RequestKind::EraseCustomer.word()) { "Erase" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn ask(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let kind = RequestKind::read(fields.get("kind")).ok_or(Problem::Forged)?;
    match kind {
        RequestKind::EraseSource => return Err(Problem::Forged),
        RequestKind::EraseCustomer if fields.get("sure") != "yes" => {
            let message = "tick the box beside it to erase the customer";
            return Err(Problem::Refused(message.to_owned()));
        }
        _ => {}
    }
    let asked = privacy::ask(&app.scope(&viewer), kind, &id).await?;
    asked.ok_or(Problem::NotFound)?;
    app.jobs.wake();
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
