//! Forms of what a partner is set up with: its links and its discount codes.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use crate::app::App;
use crate::catalog::{Code, Link, NewCode, NewLink};
use crate::dashboard::Page;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::rights::Right;
use crate::dashboard::view;
use crate::dashboard::view::parts::encoded;

fn to_partner(viewer: &Viewer, id: &str) -> Response {
    let path = format!("/dashboard/partners/{}", encoded(id));
    Redirect::to(&viewer.href(&path, &[])).into_response()
}

/// A form to add a link.
pub(super) fn new_link(viewer: &Viewer, partner_id: &str) -> Markup {
    html! {
        @if viewer.may(Right::Change) {
            details { summary { "Add a link" }
                form.fields method="post" action=(format!("/dashboard/partners/{}/links", encoded(partner_id))) {
                    (view::proof(viewer))
                    label.field { "Key, the end of its address" input name="key" required maxlength="100" autocomplete="off" spellcheck="false"; }
                    label.field { "Leads to" input type="url" name="url" required maxlength="2048" placeholder="https://"; }
                    div.actions { button.button type="submit" { "Add the link" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn add_link(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let new = NewLink {
        key: fields.given("key").map(str::to_owned),
        url: fields.given("url").map(str::to_owned),
        partner_id: Some(id.clone()),
        ..NewLink::default()
    };
    app.catalog(&viewer).create_link(&new).await?;
    Ok(to_partner(&viewer, &id))
}

/// Forms to lead a link elsewhere, and to delete it.
pub(super) fn of_link(viewer: &Viewer, link: &Link) -> Markup {
    let path = format!("/dashboard/links/{}", encoded(&link.id));
    html! {
        @if viewer.may(Right::Change) {
            details { summary { "Change " span.unseen { (link.key) } }
                form.fields method="post" action=(path) {
                    (view::proof(viewer))
                    label.field { "Leads to" input type="url" name="url" value=(link.url) required maxlength="2048"; }
                    div.actions { button.button type="submit" { "Save" } }
                }
                form method="post" action=(format!("{path}/delete")) {
                    (view::proof(viewer))
                    button.quiet type="submit" { "Delete this link" }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn change_link(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let catalog = app.catalog(&viewer);
    let link = catalog.change_link(&id, fields.given("url")).await?;
    Ok(to_partner(&viewer, &link.partner_id))
}

pub(in crate::dashboard) async fn delete_link(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let catalog = app.catalog(&viewer);
    let link = catalog.link(&id).await?;
    catalog.delete_link(&id).await?;
    Ok(to_partner(&viewer, &link.partner_id))
}

/// A form to give a partner a discount code.
pub(super) fn new_code(viewer: &Viewer, partner_id: &str) -> Markup {
    html! {
        @if viewer.may(Right::Change) {
            details { summary { "Add a code" }
                form.fields method="post" action=(format!("/dashboard/partners/{}/codes", encoded(partner_id))) {
                    (view::proof(viewer))
                    label.field { "Code, as the processor has it" input name="code" required maxlength="255" autocomplete="off" spellcheck="false"; }
                    div.actions { button.button type="submit" { "Add the code" } }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn add_code(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let new = NewCode {
        code: fields.given("code").map(str::to_owned),
        partner_id: Some(id.clone()),
        program_id: None,
    };
    app.catalog(&viewer).create_code(&new).await?;
    Ok(to_partner(&viewer, &id))
}

/// A form to take a code away.
pub(super) fn of_code(viewer: &Viewer, code: &Code) -> Markup {
    html! {
        @if viewer.may(Right::Change) {
            form method="post" action=(format!("/dashboard/codes/{}/delete", encoded(&code.code))) {
                (view::proof(viewer))
                button.quiet type="submit" { "Delete " span.unseen { (code.code) } }
            }
        }
    }
}

pub(in crate::dashboard) async fn delete_code(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let catalog = app.catalog(&viewer);
    let code = catalog.code(&id).await?;
    catalog.delete_code(&code.code).await?;
    Ok(to_partner(&viewer, &code.partner_id))
}
