//! One source: how its deliveries fare, what it has not sent yet, and what can be changed about it. Secrets go in and are never shown.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::{Adapter, Secret};

use super::waiting::{lately, reasons};
use super::{connect, reconciling, scope, sources};
use crate::app::App;
use crate::books::health::{self, Seen};
use crate::books::refusals::{self, Refused};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    ago, badge, copyable, count, encoded, heading, test_badge, time,
};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::sources::odd::Oddity;
use crate::sources::{KEPT_SECRETS, REMOVED, Source, adapter, setup};

/// What came of a form.
#[derive(Default)]
struct Said {
    oddities: Vec<Oddity>,
    message: Option<String>,
}

impl Said {
    fn message(text: &str) -> Self {
        Self {
            message: Some(text.to_owned()),
            ..Self::default()
        }
    }

    fn oddities(oddities: Vec<Oddity>) -> Self {
        Self {
            oddities,
            ..Self::default()
        }
    }
}

pub(in crate::dashboard) async fn show(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    page(&app, viewer, &id, &Said::default()).await
}

async fn page(app: &App, viewer: Viewer, id: &str, said: &Said) -> Page {
    let source = app.desk().get(viewer.org(), id).await?;
    let viewer = viewer.in_ledger(source.livemode);
    let adapter = adapter(&source.processor)?;
    let title = adapter.about().title;
    let seen = health::types(&scope(app, &viewer), id).await?;
    let open = health::open(&scope(app, &viewer), source.livemode).await?;
    let refused = lately(app, &viewer, id).await?;
    let since = viewer.now.plus_days(-refusals::KEPT_DAYS);
    let hours = refusals::by_hour(&scope(app, &viewer), id, since).await?;
    let asking = if source.status == REMOVED {
        html! {}
    } else {
        reconciling::panel(app, &viewer, &source, adapter).await?
    };
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/sources", &[])) { "Sources" } " / " (title) }
        (heading(title, &html! { div.beside { (badge(&source.status)) (test_badge(source.livemode)) } }))
        (connect::notices(&said.oddities, said.message.as_deref()))
        div.wide-narrow {
            div.side-panels {
                section.panel {
                    div.title { h2 { "Deliveries" } a href=(viewer.href("/dashboard/events", &[("source", id)])) { "Its events" } }
                    div.body { (facts(app, &viewer, &source, &seen, &sources::waiting(&viewer, id, &open))) }
                }
                (refusals_panel(&viewer, &refused, &hours))
                (missing(adapter, &seen))
                (asking)
            }
            @if source.status != REMOVED { (changes(&viewer, &source, adapter, said)) }
        }
        div.two { (sources::steps(adapter.about())) (connect::ticks(adapter.about())) }
    };
    Ok(view::page(&viewer, title, &body))
}

fn facts(app: &App, viewer: &Viewer, source: &Source, seen: &[Seen], waiting: &Markup) -> Markup {
    let last = seen.iter().map(|seen| seen.last_at).max();
    let first = format!("/dashboard/sources/{}/first", encoded(&source.id));
    html! {
        dl.facts {
            dt { "Address" } dd { (copyable(&source.url(&app.public_url))) }
            dt { "Last verified" }
            dd { @match last {
                Some(at) => { (ago(at, viewer.now)) " " span.muted { "(" (time(at)) ")" } }
                None => { "nothing yet. " a href=(viewer.href(&first, &[])) { "Wait for the first delivery" } }
            } }
            dt { "Waiting" } dd { (waiting) }
            dt { "Secrets" } dd { (source.secrets.len()) (proofs(source)) }
            dt { "Id" } dd { code { (source.id) } }
            dt { "Added" } dd { (time(source.created_at)) }
        }
    }
}

/// What several secrets are for.
fn proofs(source: &Source) -> &'static str {
    let is_signing = |secret: &Secret| secret.expose().starts_with("hmac:");
    let signing = source.secrets.iter().filter(|secret| is_signing(secret));
    match (source.secrets.len(), signing.count()) {
        (0 | 1, _) => "",
        (all, signing) if source.processor == "revenuecat" && signing > 0 && signing < all => {
            "; the signature and the Authorization header are both asked for, and any of its kind verifies each"
        }
        _ => "; any of them verifies",
    }
}

fn refusals_panel(
    viewer: &Viewer,
    refused: &[Refused],
    hours: &[(providers::Micros, i64)],
) -> Markup {
    html! {
        section.panel #refused {
            div.title { h2 { "Refused" } span.muted { "the last " (refusals::KEPT_DAYS) " days" } }
            div.body {
                @if refused.is_empty() { p.muted { "Nothing was refused." } } @else { (reasons(viewer, refused)) }
            }
            @if !hours.is_empty() {
                details.figures {
                    summary { "By the hour" }
                    div.scroll {
                        table {
                            thead { tr { th { "Hour" } th.n { "Refused" } } }
                            tbody { @for (hour, refused) in hours.iter().rev().take(48) { tr { td { (time(*hour)) } td.n { (count(*refused)) } } } }
                        }
                    }
                }
            }
        }
    }
}

/// What has to be ticked and has not been seen: it may just not have happened, or it is not ticked.
fn missing(adapter: &dyn Adapter, seen: &[Seen]) -> Markup {
    let is_seen = |name: &str| seen.iter().any(|seen| seen.event_type == name);
    let events = adapter.about().events.iter();
    let missing: Vec<&str> = events
        .filter(|event| event.required && !is_seen(event.name))
        .map(|event| event.name)
        .collect();
    html! {
        @if !seen.is_empty() && !missing.is_empty() {
            section.panel {
                div.title { h2 { "Not seen yet" } }
                div.body {
                    p.muted { "These have to be ticked at the processor, and none was among the newest deliveries. They may just not have happened; if they are not ticked, sales or refunds are missing." }
                    ul.ticks { @for name in missing { li { code { (name) } } } }
                }
            }
        }
    }
}

fn changes(viewer: &Viewer, source: &Source, adapter: &dyn Adapter, said: &Said) -> Markup {
    let action = |what: &str| {
        let path = format!("/dashboard/sources/{}/{what}", encoded(&source.id));
        viewer.href(&path, &[])
    };
    let is_paused = !source.is_open();
    html! {
        div.side-panels {
            section.panel {
                div.title { h2 { "New secret" } }
                div.body {
                    form.stacked method="post" action=(action("secret")) {
                        (proof(viewer))
                        (connect::secret_fields(adapter.about()))
                        @if said.oddities.iter().any(|odd| !odd.is_certain) { (connect::sure()) }
                        label.check { input type="checkbox" name="only" value="yes"; " End the old ones at once" span.sub { "Without it the last " (KEPT_SECRETS) " verify: what is on its way with the old secret still arrives." } }
                        div.actions { button.button type="submit" { "Add the secret" } }
                    }
                }
            }
            section.panel {
                div.title { h2 { "Settings" } }
                div.body {
                    form.stacked method="post" action=(action("settings")) {
                        (proof(viewer))
                        (connect::setting_fields(adapter, &source.settings))
                        p.muted { "They hold for what is read from now on. " a href=(viewer.href("/dashboard/events/again", &[("source", &source.id)])) { "Process its events again" } " to have them hold for earlier ones." }
                        div.actions { button.button type="submit" { "Save" } }
                    }
                }
            }
            section.panel {
                div.title { h2 { @if is_paused { "Go on, or remove" } @else { "Pause or remove" } } }
                div.body {
                    form.stacked method="post" action=(action("status")) {
                        (proof(viewer))
                        @if is_paused {
                            p.muted { "Deliveries are answered 404, and the processor sends them again later." }
                            div.actions { button.button.primary type="submit" name="to" value="active" { "Go on" } }
                        } @else {
                            p.muted { "While it is paused deliveries are answered 404; processors send them again, most of them for days." }
                            div.actions { button.button type="submit" name="to" value="disabled" { "Pause" } }
                        }
                        label.check { input type="checkbox" name="gone" value="yes"; " Remove it for good" span.sub { "Its secrets are erased. Its deliveries and sales stay." } }
                        div.actions { button.button type="submit" name="to" value=(REMOVED) { "Remove" } }
                    }
                }
            }
        }
    }
}

fn back(viewer: &Viewer, id: &str) -> axum::response::Response {
    let path = format!("/dashboard/sources/{}", encoded(id));
    Redirect::to(&viewer.href(&path, &[])).into_response()
}

/// What is remembered of a source's routes is read anew.
async fn forget(app: &App, source: &Source) -> Result<(), Problem> {
    for route in [&source.id, &source.processor] {
        app.sources.reload(app.desk(), route).await?;
    }
    Ok(())
}

pub(in crate::dashboard) async fn secret(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let all = app.desk().list(viewer.org()).await?;
    let source = all.iter().find(|source| source.id == id);
    let source = source.ok_or(Problem::NotFound)?;
    let secrets = match connect::secrets(&source.processor, &fields, &all, source.livemode) {
        Ok(secrets) if secrets.is_empty() => {
            let said = Said::message("Paste a secret.");
            return page(&app, viewer, &id, &said).await;
        }
        Ok(secrets) => secrets,
        Err(oddities) => {
            return page(&app, viewer, &id, &Said::oddities(oddities)).await;
        }
    };
    let only = fields.get("only") == "yes";
    let (desk, scope) = (app.desk(), app.scope(&viewer));
    let changing = desk.change(&scope, &id, |source| {
        if only {
            source.secrets.clear();
        }
        for secret in secrets {
            source.add_secret(secret);
        }
    });
    forget(&app, &changing.await?).await?;
    Ok(back(&viewer, &id))
}

pub(in crate::dashboard) async fn settings(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let source = app.desk().get(viewer.org(), &id).await?;
    let adapter = adapter(&source.processor)?;
    let (desk, scope) = (app.desk(), app.scope(&viewer));
    let changing = desk.change(&scope, &id, |source| {
        source.settings = setup::read(adapter, &source.settings, |name| fields.all(name));
    });
    forget(&app, &changing.await?).await?;
    Ok(back(&viewer, &id))
}

pub(in crate::dashboard) async fn status(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let (desk, scope) = (app.desk(), app.scope(&viewer));
    let source = match fields.get("to") {
        REMOVED if fields.get("gone") == "yes" => desk.remove(&scope, &id).await?,
        REMOVED => {
            let said = Said::message("Tick the box beside it to remove the source.");
            return page(&app, viewer, &id, &said).await;
        }
        to @ ("active" | "disabled") => {
            let changing = desk.change(&scope, &id, |source| {
                to.clone_into(&mut source.status);
            });
            changing.await?
        }
        _ => return Err(Problem::Forged),
    };
    forget(&app, &source).await?;
    if source.status == REMOVED {
        return Ok(Redirect::to(&viewer.href("/dashboard/sources", &[])).into_response());
    }
    Ok(back(&viewer, &id))
}
