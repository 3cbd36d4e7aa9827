//! Sources: where processors deliver to, what to tick there, how deliveries fare, and what was refused and why. Secrets are never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Micros;
use providers::adapter::About;

use super::scope;
use crate::app::App;
use crate::books::health::{self, AllOpen};
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{
    ago, badge, copyable, count, empty, heading, test_badge, time,
};
use crate::dashboard::{Page, view};
use crate::http::refusals::Count;
use crate::sources::Source;

/// Refusals by source and reason.
pub(super) type AllRefused = BTreeMap<(String, &'static str), Count>;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let mut sources = app.desk().list(viewer.org()).await?;
    sources.retain(|source| source.livemode == viewer.livemode);
    let heard = health::heard(&scope).await?;
    let open = health::open(&scope, viewer.livemode).await?;
    let refused = app.refusals.all();
    let body = html! {
        (heading("Sources", &html! {}))
        p.lead { "A source is an address at which one processor delivers. Paste the address there, tick the events, and put the secret that is shown there into the source." }
        @for source in &sources {
            (panel(&viewer, source, &source.url(&app.public_url), heard.get(&source.id).copied(), &open, &refused))
        }
        @if sources.is_empty() {
            section.panel { (empty("No source yet", &html! { p { "Choose a processor below." } })) }
        }
        (more(&viewer, &sources))
    };
    Ok(view::page(&viewer, "Sources", &body))
}

fn about(processor: &str) -> Option<&'static About> {
    providers::adapter(processor).map(providers::Adapter::about)
}

fn panel(
    viewer: &Viewer,
    source: &Source,
    url: &str,
    heard: Option<Micros>,
    open: &AllOpen,
    refused: &AllRefused,
) -> Markup {
    let about = about(&source.processor);
    let title = about.map_or(source.processor.as_str(), |about| about.title);
    html! {
        section.panel id=(source.id) {
            div.title {
                h2 { (title) " " (badge(&source.status)) " " (test_badge(source.livemode)) }
                a href=(viewer.href("/dashboard/events", &[("source", &source.id)])) { "Its events" }
            }
            div.body {
                dl.facts {
                    dt { "Address to paste" } dd { (copyable(url)) }
                    dt { "Last verified" }
                    dd { @match heard {
                        Some(at) => { (ago(at, viewer.now)) " " span.muted { "(" (time(at)) ")" } }
                        None => { span.muted { "nothing lately" } }
                    } }
                    dt { "Waiting" } dd { (waiting(viewer, &source.id, open)) }
                    dt { "Refused" } dd { (refusals(&source.id, refused, viewer.now)) }
                    dt { "Secrets" } dd { (count(i64::try_from(source.secrets.len()).unwrap_or(0))) ", added " (time(source.created_at)) }
                }
            }
            @if let Some(about) = about { (set_up(about)) }
        }
    }
}

/// What is parked, failed or not read yet, each with a link to it.
fn waiting(viewer: &Viewer, source_id: &str, open: &AllOpen) -> Markup {
    let of_source = || open.iter().filter(|((id, _), _)| id == source_id);
    html! {
        @for ((_, state), open) in of_source() {
            div.open {
                a href=(viewer.href("/dashboard/events", &[("source", source_id), ("state", state)])) { (count(open.events)) " " (state) }
                span.muted { ", the oldest of " (ago(open.oldest_at, viewer.now)) }
            }
        }
        @if of_source().next().is_none() { span.muted { "nothing" } }
    }
}

fn refusals(source_id: &str, refused: &AllRefused, now: Micros) -> Markup {
    let of_source = || refused.iter().filter(|((id, _), _)| id == source_id);
    html! {
        @for ((_, reason), told) in of_source() {
            @let (what, then) = words(reason);
            div {
                span.badge.bad { (told.total) } " " (what) ", last " (ago(told.last_at, now)) ". "
                span.muted { (then) }
            }
        }
        @if of_source().next().is_none() { span.muted { "nothing since the server started" } }
    }
}

/// A reason in words, and what to do about it.
pub(super) fn words(reason: &str) -> (&'static str, &'static str) {
    match reason {
        "mismatch" => (
            "signed with another secret, or changed on the way",
            "Compare the secret with the one at the processor; a proxy must pass the body on as it is.",
        ),
        "missing" => (
            "without a signature",
            "Somebody else than the processor, or a test button that does not sign.",
        ),
        "no_signature" => (
            "with a signature of a kind that is not taken",
            "Look whether the endpoint at the processor is of the right kind.",
        ),
        "malformed" => (
            "with a signature that cannot be read",
            "A proxy may have changed the headers.",
        ),
        "stale" => (
            "signed too long ago",
            "This machine's clock may be ahead, or a delivery was repeated by hand.",
        ),
        "future" => (
            "signed in the future",
            "This machine's clock is behind: set it by NTP.",
        ),
        "wrong_account" => (
            "of another account",
            "The endpoint belongs to another account than the source is set to.",
        ),
        "contradiction" => (
            "that says two things about itself",
            "Its headers and its body do not agree.",
        ),
        "empty_body" => ("without a body", "A proxy may have dropped it."),
        "no_secret" => (
            "for which there is no secret",
            "Add the secret to the source.",
        ),
        _ => ("for another reason", "The log says more."),
    }
}

fn set_up(about: &About) -> Markup {
    let names: Vec<&str> = about.events.iter().map(|event| event.name).collect();
    html! {
        details.figures {
            summary { "Set-up at " (about.title) ", and the events to tick" }
            div.body {
                @for (index, step) in (1_usize..).zip(about.steps) { p { (index) ". " (step) } }
                p { "Events to tick:" }
                p { (copyable(&names.join(" "))) }
            }
        }
    }
}

/// How to add another one.
fn more(viewer: &Viewer, sources: &[Source]) -> Markup {
    let mode = if viewer.livemode { "" } else { " --mode test" };
    let adapters = providers::adapters().iter().map(|adapter| adapter.about());
    html! {
        h2 { "Connect another processor" }
        div.two {
            @for about in adapters.filter(|about| !about.opt_in) {
                section.panel {
                    div.title {
                        h3 { (about.title) }
                        @if sources.iter().any(|source| source.processor == about.id) { span.muted { "connected; another account gets a source of its own" } }
                    }
                    div.body { (copyable(&format!("tributary sources add {} --secret …{mode}", about.id))) }
                    (set_up(about))
                }
            }
        }
    }
}
