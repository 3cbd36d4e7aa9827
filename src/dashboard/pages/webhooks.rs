//! Outgoing webhooks: the endpoints, what each was sent and how it fared, and sending once more. A secret is shown once, when it is made.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};

use super::{changes, scope};
use crate::app::App;
use crate::books::webhooks::{self, By, Delivery, Endpoint, STATES};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    ago, badge, choice, copyable, count, empty, encoded, heading, pager, short, test_badge, time,
};
use crate::dashboard::{Page, view};
use crate::outbox::Kind;
use crate::outbox::endpoints::{EndpointChange, Status};

const PATH: &str = "/dashboard/webhooks";

/// What an endpoint is told, as a form offers it.
const OFFERED: [(&str, &str); 7] = [
    ("sale.*", "new, changed and refunded sales"),
    ("commission.*", "what partners earn"),
    ("adjustment.created", "bonuses and corrections"),
    ("lead.*", "leads"),
    ("partner.*", "new and changed partners"),
    ("payout.*", "payouts"),
    ("click.created", "every click: many"),
];

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let all = webhooks::endpoints(&scope(&app, &viewer), Some(viewer.livemode)).await?;
    let body = html! {
        (heading("Webhooks", &html! {}))
        p.lead { "Tributary tells other programs what happens: a signed POST for each sale, commission, partner or payout, as " a href="https://www.standardwebhooks.com" rel="noreferrer" { "Standard Webhooks" } "." }
        section.panel {
            @if all.is_empty() { (empty("No endpoint yet", &html! { p { "Add the address of a program that is to be told." } })) }
            @else { (table(&viewer, &all)) }
        }
        @if viewer.may(Right::Change) { (form(&viewer)) }
    };
    Ok(view::page(&viewer, "Webhooks", &body))
}

fn table(viewer: &Viewer, all: &[Endpoint]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Address" } th { "Is told" } th { "State" } th { "Added" } } }
            tbody { @for one in all {
                tr {
                    td { a href=(href(viewer, &one.id)) { (shown(&one.url)) } " " (test_badge(one.livemode)) }
                    td { @for word in &one.events { code { (word) } " " } }
                    td { (state(viewer, one)) }
                    td.tight { (time(one.created_at)) }
                }
            } }
        } }
    }
}

/// An address without what may be secret in it.
fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or_default()
}

fn state(viewer: &Viewer, endpoint: &Endpoint) -> Markup {
    html! {
        @match endpoint.failing_since {
            Some(at) if endpoint.status == "active" => { (badge("failing")) span.muted { " since " (ago(at, viewer.now)) } }
            _ => { (badge(&endpoint.status)) }
        }
    }
}

fn href(viewer: &Viewer, id: &str) -> String {
    viewer.href(&format!("{PATH}/{}", encoded(id)), &[])
}

fn form(viewer: &Viewer) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Add an endpoint" } }
            div.body {
                form.fields method="post" action=(viewer.href(PATH, &[])) {
                    (view::proof(viewer))
                    label.field { "Address" input type="url" name="url" required maxlength="2048" placeholder="https://example.com/hooks/tributary" autocomplete="off" spellcheck="false"; }
                    fieldset {
                        legend { "It is told of" }
                        @for (word, what) in OFFERED {
                            label { input type="checkbox" name="events" value=(word) checked[word == "sale.*" || word == "commission.*"]; " " (what) " " code { (word) } }
                        }
                    }
                    div.actions { button.button.primary type="submit" { "Add the endpoint" } }
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
    let events = fields.all("events");
    if events.is_empty() {
        let message = "choose at least one thing that the endpoint is told of";
        return Err(Problem::Refused(message.to_owned()));
    }
    let endpoints = app.endpoints(&viewer);
    let made = endpoints.add(fields.get("url"), &events, viewer.livemode);
    let (id, secret) = made.await?;
    show(&app, viewer, &id, Some(&secret)).await
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    show(&app, viewer, &id, None).await
}

/// The page of an endpoint; with its secret, this once, where that has just been made.
async fn show(app: &App, viewer: Viewer, id: &str, secret: Option<&str>) -> Page {
    let found = webhooks::endpoint(&scope(app, &viewer), id).await?;
    let endpoint = found.ok_or(Problem::NotFound)?;
    let viewer = viewer.in_ledger(endpoint.livemode);
    let scope = scope(app, &viewer);
    let place = Place::of(&viewer)?;
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    let mut by = vec![By::Endpoint(id)];
    by.extend(
        viewer
            .params
            .word("state", STATES, |word| word)?
            .map(By::State),
    );
    by.extend(
        viewer
            .params
            .word("type", &kinds, |word| word)?
            .map(By::Kind),
    );
    let found = webhooks::deliveries(&scope, &by, place.part()).await?;
    let (rows, next) = place.cut(found, |one| one.message_id.clone());
    let title = shown(&endpoint.url);
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Webhooks" } " / " (short(&endpoint.id)) }
        (heading(title, &html! { div.beside { (badge(&endpoint.status)) (test_badge(endpoint.livemode)) } }))
        @if let Some(secret) = secret {
            div.notice role="status" {
                p { "The secret that messages are signed with is shown only now:" }
                p { (copyable(secret)) }
            }
        }
        @if let Some(reason) = &endpoint.disabled_reason {
            p.notice role="alert" { "Disabled by the server: " (reason) ". Enable it once it takes messages again; what it had not taken is sent then." }
        }
        div.wide-narrow {
            div.side-panels { (messages(&viewer, id, &rows)) (pager(&viewer, next.as_deref())) }
            @if viewer.may(Right::Change) { (actions(&viewer, &endpoint)) }
        }
    };
    Ok(view::page(&viewer, "Webhook endpoint", &body))
}

fn messages(viewer: &Viewer, id: &str, rows: &[Delivery]) -> Markup {
    let states: Vec<(&str, &str)> = STATES.iter().map(|word| (*word, *word)).collect();
    let kinds: Vec<(&str, &str)> = Kind::ALL.iter().map(|k| (k.word(), k.word())).collect();
    html! {
        form.filters {
            (choice(viewer, ("state", "State"), &states))
            (choice(viewer, ("type", "Type"), &kinds))
            @if !viewer.livemode { input type="hidden" name="mode" value="test"; }
            button.button type="submit" { "Show" }
        }
        section.panel {
            div.title { h2 { "Messages" } span.muted { "kept for 30 days" } }
            @if rows.is_empty() { (empty("Nothing sent yet", &html! { p { "What happens from now on is sent here. Send a try to see whether it arrives." } })) }
            @else {
                div.scroll { table {
                    thead { tr { th { "When" } th { "Type" } th { "Of what" } th { "State" } th.n { "Tries" } th { "Last answer" } th {} } }
                    tbody { @for row in rows { (message(viewer, id, row)) } }
                } }
            }
        }
    }
}

fn message(viewer: &Viewer, id: &str, row: &Delivery) -> Markup {
    html! {
        tr {
            td.tight { (time(row.created_at)) }
            td { code { (row.kind) } }
            td { span.id title=(row.subject_id) { (short(&row.subject_id)) } }
            td {
                (badge(&row.state))
                @if let Some(at) = row.next_at.filter(|at| viewer.now < *at) { span.muted { " again " (time(at)) } }
            }
            td.n { (count(row.attempts)) }
            td {
                @match (&row.last_error, row.last_status) {
                    (Some(error), _) => { (error) }
                    (None, Some(status)) => { (status) }
                    _ => { span.none { "—" } }
                }
            }
            td.n {
                @if viewer.may(Right::Change) && row.state != "pending" {
                    form method="post" action=(viewer.href(&format!("{PATH}/{}/resend", encoded(id)), &[])) {
                        (view::proof(viewer))
                        input type="hidden" name="message" value=(row.message_id);
                        button.quiet type="submit" { "Resend " span.unseen { (row.message_id) } }
                    }
                }
            }
        }
    }
}

fn actions(viewer: &Viewer, endpoint: &Endpoint) -> Markup {
    let action = |word: &str| viewer.href(&format!("{PATH}/{}/{word}", encoded(&endpoint.id)), &[]);
    let active = endpoint.status == Status::Active.word();
    html! {
        div.side-panels {
            section.panel {
                div.title { h2 { "Endpoint" } }
                div.body {
                    dl.facts {
                        dt { "Address" } dd { (copyable(&endpoint.url)) }
                        dt { "Is told" } dd { @for word in &endpoint.events { code { (word) } " " } }
                        dt { "State" } dd { (state(viewer, endpoint)) }
                        dt { "Id" } dd { a href=(changes::of(viewer, &endpoint.id)) { code { (endpoint.id) } } }
                    }
                    div.actions {
                        @if active {
                            form method="post" action=(action("ping")) { (view::proof(viewer)) button.button type="submit" { "Send a try" } }
                        }
                        form method="post" action=(action("status")) {
                            (view::proof(viewer))
                            input type="hidden" name="status" value=(if active { "disabled" } else { "active" });
                            button.button type="submit" { (if active { "Disable" } else { "Enable" }) }
                        }
                        form method="post" action=(action("secret")) { (view::proof(viewer)) button.button type="submit" { "New secret" } }
                        form method="post" action=(action("remove")) { (view::proof(viewer)) button.quiet type="submit" { "Remove" } }
                    }
                    p.muted { "A new secret signs at once; the one before signs beside it for a day." }
                }
            }
        }
    }
}

fn back(viewer: &Viewer, id: &str) -> Response {
    Redirect::to(&href(viewer, id)).into_response()
}

pub(in crate::dashboard) async fn status(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let status = fields.word("status", Status::ALL, Status::word)?;
    let change = EndpointChange {
        status,
        ..EndpointChange::default()
    };
    app.endpoints(&viewer).change(&id, change).await?;
    app.jobs.wake();
    Ok(back(&viewer, &id))
}

pub(in crate::dashboard) async fn secret(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let secret = app.endpoints(&viewer).rotate(&id).await?;
    show(&app, viewer, &id, Some(&secret)).await
}

pub(in crate::dashboard) async fn ping(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    app.endpoints(&viewer).ping(&id).await?;
    app.jobs.wake();
    Ok(back(&viewer, &id))
}

pub(in crate::dashboard) async fn resend(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let message = fields.get("message");
    app.endpoints(&viewer).resend(&id, message).await?;
    app.jobs.wake();
    Ok(back(&viewer, &id))
}

pub(in crate::dashboard) async fn remove(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    app.endpoints(&viewer).remove(&id).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}
