//! Members: who looks at this dashboard, and what each may do. An owner invites by a link that is shown once.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use crate::actor::LetIn as _;
use crate::app::App;
use crate::catalog::{check, organization};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{badge, copyable, day, empty, encoded, heading};
use crate::dashboard::{Page, sign_in_link, view};
use crate::members::{self, INVITATION_DAYS, Invitation, Invited, Member, Role};

const PATH: &str = "/dashboard/members";

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    show(&app, &viewer, None).await
}

/// The page; with an invitation's link, this once, where one has just been made.
async fn show(app: &App, viewer: &Viewer, link: Option<&str>) -> Page {
    let all = members::list(app.store.as_ref(), viewer.org()).await?;
    let open = members::invitations(app.store.as_ref(), viewer.org(), viewer.now).await?;
    let rules = viewer.may(Right::Rule);
    let body = html! {
        (heading("Members", &html! {}))
        p.lead { "Owners may do everything, members everything but keys and members, who is read-only looks and changes nothing. Whoever runs the server can always sign in as an owner, with " code { "tributary login" } "." }
        @if let Some(link) = link { (shown_once(link)) }
        section.panel {
            div.title { h2 { "Members" } }
            @if all.is_empty() { (empty("No members yet", &html! { p { "Until somebody is invited, only the server's owner signs in." } })) }
            @else { (table(viewer, &all, rules)) }
        }
        @if !open.is_empty() {
            section.panel { div.title { h2 { "Invited" } span.muted { "not accepted yet" } } (invited(viewer, &open, rules)) }
        }
        @if rules { (form(viewer)) (name_form(viewer)) }
    };
    Ok(view::page(viewer, "Members", &body))
}

fn shown_once(link: &str) -> Markup {
    html! {
        div.notice role="status" {
            p { "This link makes who opens it a member. It works once, for " (INVITATION_DAYS) " days, and is shown only now:" }
            p { (copyable(link)) }
        }
    }
}

fn table(viewer: &Viewer, all: &[Member], rules: bool) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Name" } th { "E-mail" } th { "Since" } th { "Role" } @if rules { th {} } } }
            tbody { @for member in all {
                @let path = format!("{PATH}/{}", encoded(&member.id));
                tr {
                    td { (member.name.expose()) @if member.id == viewer.actor().id() { " " (badge("you")) } }
                    td { (member.email.expose()) }
                    td.tight { (day(member.created_at)) }
                    td {
                        @if rules { (role_form(viewer, &format!("{path}/role"), member)) } @else { (member.role.word()) }
                    }
                    @if rules {
                        td.n {
                            form method="post" action=(format!("{path}/remove")) {
                                (view::proof(viewer))
                                button.quiet type="submit" { "Remove " span.unseen { (member.name.expose()) } }
                            }
                        }
                    }
                }
            } }
        } }
    }
}

fn role_form(viewer: &Viewer, path: &str, member: &Member) -> Markup {
    html! {
        form.inline method="post" action=(path) {
            (view::proof(viewer))
            label {
                span.unseen { "Role of " (member.name.expose()) }
                select name="role" { (roles(member.role)) }
            }
            button.quiet type="submit" { "Set" }
        }
    }
}

fn roles(chosen: Role) -> Markup {
    html! { @for role in Role::ALL { option value=(role.word()) selected[role == chosen] { (role.word()) } } }
}

fn invited(viewer: &Viewer, open: &[Invitation], rules: bool) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Name" } th { "E-mail" } th { "Role" } th { "Until" } @if rules { th {} } } }
            tbody { @for one in open {
                tr {
                    td { (one.name.expose()) }
                    td { (one.email.expose()) }
                    td { (one.role.word()) }
                    td.tight { (day(one.expires_at)) }
                    @if rules {
                        td.n {
                            form method="post" action=(format!("/dashboard/invitations/{}/revoke", encoded(&one.id))) {
                                (view::proof(viewer))
                                button.quiet type="submit" { "Take back " span.unseen { "the invitation of " (one.name.expose()) } }
                            }
                        }
                    }
                }
            } }
        } }
    }
}

fn form(viewer: &Viewer) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Invite somebody" } }
            div.body {
                form.fields method="post" action=(PATH) {
                    (view::proof(viewer))
                    label.field { "Name" input name="name" required maxlength="255" autocomplete="off"; }
                    label.field { "E-mail" input type="email" name="email" required maxlength="255" autocomplete="off"; }
                    label.field { "Role" select name="role" { (roles(Role::Member)) } }
                    div.actions { button.button.primary type="submit" { "Make a link" } }
                }
            }
        }
    }
}

/// What the organization is called, here and on what partners see.
fn name_form(viewer: &Viewer) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Name of the organization" } }
            div.body {
                form.fields method="post" action="/dashboard/organization/name" {
                    (view::proof(viewer))
                    label.field { "Name" input name="name" value=(viewer.organization.name) required maxlength="255" autocomplete="organization"; }
                    div.actions { button.button.primary type="submit" { "Save" } }
                }
                p.note { "Partners see it in the portal, on statements and in mails." }
            }
        }
    }
}

pub(in crate::dashboard) async fn rename(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    organization::rename(&app.scope(&viewer), fields.get("name")).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}

pub(in crate::dashboard) async fn invite(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let name = check::text("name", fields.get("name"))?;
    let email = check::email("email", fields.get("email"))?;
    let new = Invited {
        name: &name,
        email: &email,
        role: role(&fields)?,
    };
    let token = members::invite(&app.scope(&viewer), new).await?;
    let link = sign_in_link(&app.public_url, &token);
    show(&app, &viewer, Some(&link)).await
}

fn role(fields: &Params) -> Result<Role, Problem> {
    let role = fields.word("role", &Role::ALL, Role::word)?;
    role.ok_or_else(|| Problem::Refused("role is required".to_owned()))
}

pub(in crate::dashboard) async fn set_role(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    members::set_role(&app.scope(&viewer), &id, role(&fields)?).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}

pub(in crate::dashboard) async fn remove(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    members::remove(&app.scope(&viewer), &id).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}

pub(in crate::dashboard) async fn revoke(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    if !members::revoke(&app.scope(&viewer), &id).await? {
        return Err(Problem::NotFound);
    }
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
