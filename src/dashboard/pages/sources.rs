//! Sources: where processors deliver to, what to tick there, how deliveries fare, and what was refused and why. Secrets are never shown.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Micros;
use providers::adapter::About;

use super::{connect, scope, waiting};
use crate::app::App;
use crate::books::health::{self, AllOpen};
use crate::books::refusals::{KEPT_DAYS, Refused};
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{
    ago, badge, copyable, count, empty, encoded, heading, test_badge, time,
};
use crate::dashboard::{Page, view};
use crate::http::refusals::words::words;
use crate::sources::{REMOVED, Source};

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let mut sources = app.desk().list(viewer.org()).await?;
    sources.retain(|source| source.livemode == viewer.livemode && source.status != REMOVED);
    let heard = health::heard(&scope).await?;
    let open = health::open(&scope, viewer.livemode).await?;
    let refused = waiting::of_all(&app, &viewer).await?;
    let connect =
        html! { a.button.primary href=(viewer.href(connect::PATH, &[])) { "Connect a processor" } };
    let body = html! {
        (heading("Sources", &connect))
        p.lead { "A source is an address at which one processor delivers. Paste the address there, tick the events, and put the secret that is shown there into the source." }
        @for source in &sources {
            (panel(&viewer, (source, &sources), &source.url(&app.public_url), heard.get(&source.id).copied(), &open, &refused))
        }
        @if sources.is_empty() {
            section.panel { (empty("No source yet", &html! { p { a href=(viewer.href(connect::PATH, &[])) { "Connect a processor" } ": about three minutes." } })) }
        }
    };
    Ok(view::page(&viewer, "Sources", &body))
}

fn about(processor: &str) -> Option<&'static About> {
    providers::adapter(processor).map(providers::Adapter::about)
}

/// How a source is called among the others: by its processor, and where that has several by the end of its id too.
pub(super) fn called(source: &Source, all: &[Source]) -> String {
    let title = about(&source.processor).map_or(source.processor.as_str(), |about| about.title);
    let same = all.iter().filter(|one| one.processor == source.processor);
    if same.count() < 2 {
        return title.to_owned();
    }
    let end = source.id.len().saturating_sub(4);
    format!("{title} …{}", source.id.get(end..).unwrap_or_default())
}

fn panel(
    viewer: &Viewer,
    (source, all): (&Source, &[Source]),
    url: &str,
    heard: Option<Micros>,
    open: &AllOpen,
    refused: &[Refused],
) -> Markup {
    let title = called(source, all);
    let page = viewer.href(&format!("/dashboard/sources/{}", encoded(&source.id)), &[]);
    let first = format!("/dashboard/sources/{}/first", encoded(&source.id));
    html! {
        section.panel id=(source.id) {
            div.title {
                h2 { a href=(page) { (title) } " " (badge(&source.status)) " " (test_badge(source.livemode)) }
                a href=(viewer.href("/dashboard/events", &[("source", &source.id)])) { "Its events" }
            }
            div.body {
                dl.facts {
                    dt { "Address to paste" } dd { (copyable(url)) }
                    dt { "Last verified" }
                    dd { @match heard {
                        Some(at) => { (ago(at, viewer.now)) " " span.muted { "(" (time(at)) ")" } }
                        None => { span.muted { "nothing lately. " } a href=(viewer.href(&first, &[])) { "Wait for the first delivery" } }
                    } }
                    dt { "Waiting" } dd { (waiting(viewer, &source.id, open)) }
                    dt { "Refused" } dd { (refusals(&source.id, refused, viewer.now)) }
                    dt { "Secrets" } dd { (count(i64::try_from(source.secrets.len()).unwrap_or(0))) ", added " (time(source.created_at)) ". " a href=(page) { "Change secret or settings" } }
                }
            }
        }
    }
}

/// What is parked, failed or not read yet, each with a link to it.
pub(super) fn waiting(viewer: &Viewer, source_id: &str, open: &AllOpen) -> Markup {
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

fn refusals(source_id: &str, refused: &[Refused], now: Micros) -> Markup {
    let of_source = || refused.iter().filter(|one| one.source_id == source_id);
    html! {
        @for refused in of_source() {
            @let words = words(&refused.reason, refused.seconds);
            div {
                span.badge.bad { (count(refused.refused)) } " " (words.what) ", last " (ago(refused.last_at, now)) ". "
                span.muted { (words.then) }
            }
        }
        @if of_source().next().is_none() { span.muted { "nothing in the last " (KEPT_DAYS) " days" } }
    }
}

/// What is done at the processor.
pub(super) fn steps(about: &About) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Set-up at " (about.title) } }
            div.body { ol.steps { @for step in about.steps { li { (step) } } } }
        }
    }
}
