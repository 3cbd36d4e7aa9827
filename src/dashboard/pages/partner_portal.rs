//! Partners as people: who is asked, who has applied and what is decided, who is paused or banned, and the link that signs a partner in to the
//! portal, which is shown once, for whoever writes to the partner.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::ban;
use super::moves::is_preview;
use crate::app::App;
use crate::catalog::{
    Application, Given, NewInvitation, NewPartner, Partner, PartnerChange, check,
};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{badge, copyable, encoded, heading};
use crate::dashboard::{Page, view};
use crate::partner_access::{self, LINK_DAYS};
use crate::portal;

pub(super) fn path_of(partner_id: &str) -> String {
    format!("/dashboard/partners/{}", encoded(partner_id))
}

/// Whether somebody is no partner yet.
fn is_coming(status: &str) -> bool {
    ["applied", "invited"].contains(&status)
}

/// What is decided about somebody who is no partner yet: the word of the next state, and what the button says.
fn answers(status: &str) -> &'static [(&'static str, &'static str)] {
    match status {
        "applied" => &[("active", "Approve"), ("archived", "Decline")],
        "invited" => &[("archived", "Take back")],
        _ => &[],
    }
}

/// The forms beside a partner's name.
pub(super) fn forms(viewer: &Viewer, partner: &Partner) -> Markup {
    let path = path_of(&partner.id);
    html! {
        @if viewer.may(Right::Change) {
            @for (status, says) in answers(&partner.status) { (state_form(viewer, partner, (status, says), &html! {})) }
            @if !["banned", "left", "archived", "applied"].contains(&partner.status.as_str()) {
                form.inline method="post" action=(format!("{path}/portal")) {
                    (view::proof(viewer))
                    button.button type="submit" { "Link into the portal" }
                }
            }
        }
    }
}

fn state_form(
    viewer: &Viewer,
    partner: &Partner,
    (status, says): (&str, &str),
    besides: &Markup,
) -> Markup {
    html! {
        form.inline method="post" action=(format!("{}/status", path_of(&partner.id))) {
            (view::proof(viewer))
            input type="hidden" name="status" value=(status);
            (besides)
            button.button type="submit" { (says) }
        }
    }
}

/// How somebody takes part, and what ends or begins that.
pub(super) fn participation(viewer: &Viewer, partner: &Partner) -> Markup {
    let status = partner.status.as_str();
    if !viewer.may(Right::Change) || is_coming(status) {
        return html! {};
    }
    let now = match status {
        "active" => "Links and codes count, and sales earn.",
        "banned" => {
            "Links lead on and do not count. New sales earn nothing; what was earned stays, unless it was voided."
        }
        _ => {
            "Links lead on and do not count. Customers who are theirs, and codes, go on earning; what was earned stays payable."
        }
    };
    html! {
        section.panel {
            div.title { h2 { "Taking part" } (badge(status)) }
            div.body {
                p.muted { (now) }
                div.actions {
                    @if status == "active" { (state_form(viewer, partner, ("paused", "Pause"), &html! {})) }
                    @else { (state_form(viewer, partner, ("active", if status == "paused" { "Go on" } else { "Let in again" }), &html! {})) }
                    @if ["active", "paused"].contains(&status) { (state_form(viewer, partner, ("banned", "Ban …"), &html! { input type="hidden" name="do" value="preview"; })) }
                }
                @if ["active", "paused"].contains(&status) {
                    p.muted { "Paused: links do not count, customers and codes go on earning. Banned: new sales earn nothing." }
                }
            }
        }
    }
}

/// What somebody has said who applied.
pub(super) fn application(application: Option<&Application>) -> Markup {
    let said = application.filter(|one| one.website.is_some() || one.message.is_some());
    html! {
        @if let Some(said) = said {
            section.panel {
                div.title { h2 { "Application" } span.muted { (said.applied_at.get(..10).unwrap_or_default()) } }
                div.body {
                    @if let Some(website) = &said.website { p { a href=(website) target="_blank" rel="noopener noreferrer nofollow" { (website) } } }
                    @if let Some(message) = &said.message { p { (message) } }
                    @if let Some(decision) = &said.decision { p.muted { (decision) } }
                }
            }
        }
    }
}

/// The form by which somebody becomes a partner, or is asked to.
pub(super) fn addition(viewer: &Viewer) -> Markup {
    html! {
        @if viewer.may(Right::Change) {
            section.panel #add {
                div.title { h2 { "Add a partner" } }
                div.body {
                    form.fields method="post" action="/dashboard/partners" {
                        (view::proof(viewer))
                        label.field { "Name" input name="name" maxlength="255" autocomplete="off"; }
                        label.field { "E-mail" input type="email" name="email" required maxlength="255" autocomplete="off"; }
                        label.field { "Your own id" input name="tenant" maxlength="255" autocomplete="off" spellcheck="false"; }
                        label.field { "Takes part" select name="how" {
                            option value="asked" { "after saying yes, by a link" }
                            option value="at-once" { "at once" }
                        } }
                        div.actions { button.button.primary type="submit" { "Add" } }
                    }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn add(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let text = |name: &str| fields.given(name).map(str::to_owned);
    let catalog = app.catalog(&viewer);
    if fields.get("how") == "at-once" {
        let new = NewPartner {
            name: text("name"),
            email: text("email"),
            tenant_id: text("tenant"),
            program_id: None,
        };
        let (partner, _) = catalog.create_partner(&new).await?;
        let page = viewer.href(&path_of(&partner.id), &[]);
        return Ok(Redirect::to(&page).into_response());
    }
    let new = NewInvitation {
        name: text("name"),
        email: text("email"),
        program_id: None,
    };
    let partner = catalog.invite_partner(&new).await?;
    if let Some(tenant_id) = text("tenant") {
        let change = PartnerChange {
            tenant_id: Given::Value(tenant_id),
            ..PartnerChange::default()
        };
        catalog.change_partner(&partner.id, &change).await?;
    }
    shown_once(&app, &viewer, &partner, "asks").await
}

pub(in crate::dashboard) async fn link(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let partner = app.catalog(&viewer).partner(&id).await?;
    shown_once(&app, &viewer, &partner, "signs").await
}

async fn shown_once(app: &App, viewer: &Viewer, partner: &Partner, does: &str) -> Page {
    let granted = partner_access::link(&app.scope(viewer), &partner.id, viewer.livemode).await?;
    let url = portal::sign_in_link(&app.public_url, &granted.0);
    let back = viewer.href(&path_of(&partner.id), &[]);
    let what = if does == "asks" { "to take part" } else { "in" };
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " a href=(back) { (partner.name) } }
        (heading("Link into the portal", &html! {}))
        div.notice role="status" {
            p { "This link " (does) " " bdi { (partner.name) } " " (what) ", once, within " (LINK_DAYS) " days. It is shown only now: send it to nobody else." }
            p { (copyable(&url)) }
            @if app.mails && does == "asks" { p { "A mail with a link of its own is on its way too." } }
        }
    };
    Ok(view::page(viewer, "Link into the portal", &body))
}

pub(in crate::dashboard) async fn set_status(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let is_ban = fields.get("status") == "banned";
    if is_ban && is_preview(&fields)? {
        return ban::ask(&app, &viewer, &id).await;
    }
    let reason = is_ban.then(|| check::reason(fields.given("reason")));
    let change = PartnerChange {
        status: Some(fields.get("status").to_owned()),
        open_commissions: fields.given("open").map(str::to_owned),
        reason: reason.transpose()?,
        ..PartnerChange::default()
    };
    app.catalog(&viewer).change_partner(&id, &change).await?;
    Ok(Redirect::to(&viewer.href(&path_of(&id), &[])).into_response())
}
