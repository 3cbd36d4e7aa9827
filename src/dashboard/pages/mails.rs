//! Mails: what was sent lately, and what could not be. What they say is not kept.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::scope;
use crate::app::App;
use crate::books::mails::{self as books, Mail};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{badge, count, empty, encoded, heading, time};
use crate::dashboard::{Page, view};
use crate::mails::{self, Kind};

const PATH: &str = "/dashboard/mails";
/// As many are shown.
const SHOWN: i64 = 200;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let all = books::newest(&scope(&app, &viewer), SHOWN).await?;
    let body = html! {
        (heading("Mails", &html! {}))
        @if app.mails {
            p.lead { "Invitations, links and news for partners, and word of broken sources for owners. What a mail says is made when it is sent, and not kept." }
        } @else {
            p.notice { "No mails are sent: the server's settings name no server for them (" code { "TRIBUTARY_SMTP_URL" } ")." }
        }
        section.panel {
            @if all.is_empty() { (empty("No mails", &html! { p { "What is sent appears here, and why something could not be." } })) }
            @else { (table(&viewer, &all)) }
        }
    };
    Ok(view::page(&viewer, "Mails", &body))
}

fn table(viewer: &Viewer, all: &[Mail]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Written" } th { "Mail" } th { "About" } th { "State" } th.n { "Tries" } th { "Why" } th {} } }
            tbody { @for mail in all {
                tr {
                    td.tight { (time(mail.created_at)) }
                    td { (words(&mail.kind)) }
                    td { (about(viewer, mail)) }
                    td { (badge(&mail.state)) }
                    td.n { (count(mail.attempts)) }
                    td { @if let Some(why) = &mail.last_error { (why) } @if mail.state == "pending" { span.muted { " next " (time(mail.next_at)) } } }
                    td.n { @if mail.state == "failed" && viewer.may(Right::Change) { (forms(viewer, mail)) } }
                }
            } }
        } }
    }
}

fn forms(viewer: &Viewer, mail: &Mail) -> Markup {
    html! {
        form.inline method="post" action=(format!("{PATH}/{}", encoded(&mail.id))) {
            (view::proof(viewer))
            button.quiet type="submit" name="does" value="again" { "Try again" }
            button.quiet type="submit" name="does" value="drop" { "Let it be" }
        }
    }
}

fn words(kind: &str) -> &str {
    match Kind::of(kind) {
        Some(Kind::Approved) => "Application approved",
        Some(Kind::Earned) => "Earned",
        Some(Kind::Invitation) => "Invitation of a partner",
        Some(Kind::MemberInvitation) => "Invitation of a member",
        Some(Kind::PayoutPaid) => "Payout paid",
        Some(Kind::PayoutSent) => "Payout sent",
        Some(Kind::PortalLink) => "Link into the portal",
        Some(Kind::SourceBroken) => "Source is broken",
        None => kind,
    }
}

fn about(viewer: &Viewer, mail: &Mail) -> Markup {
    let part = match mail.subject_id.split('_').next() {
        Some("prt") => "partners",
        Some("sale") => "sales",
        Some("lead") => "leads",
        Some("pay") => "payouts",
        Some("src") => "sources",
        _ => return html! { code { (mail.subject_id) } },
    };
    let path = format!("/dashboard/{part}/{}", encoded(&mail.subject_id));
    html! { a href=(viewer.href(&path, &[])) { code { (mail.subject_id) } } }
}

pub(in crate::dashboard) async fn settle(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let again = fields.get("does") == "again";
    if !mails::settle(&app.scope(&viewer), &id, again).await? {
        return Err(Problem::NotFound);
    }
    app.jobs.wake();
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
