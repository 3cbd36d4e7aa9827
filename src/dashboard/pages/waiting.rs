//! Waits for a source's first delivery: loads itself again until one is there, and says why, where one is refused.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::REFRESH;
use maud::{Markup, html};

use super::{connect, scope};
use crate::app::App;
use crate::books::Part;
use crate::books::events::{self, By, Event};
use crate::books::refusals::{self, Refused};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{ago, badge, copyable, count, encoded, heading, test_badge};
use crate::dashboard::{Page, view};
use crate::http::refusals::words::words;
use crate::sources::Source;

/// How often it looks again.
const AGAIN: HeaderValue = HeaderValue::from_static("3");

pub(in crate::dashboard) async fn show(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let source = app.desk().get(viewer.org(), &id).await?;
    let viewer = viewer.in_ledger(source.livemode);
    let first = newest(&app, &viewer, &id).await?;
    let refused = lately(&app, &viewer, &id).await?;
    let about = providers::adapter(&source.processor)
        .ok_or(Problem::NotFound)?
        .about();
    let url = source.url(&app.public_url);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/sources", &[])) { "Sources" } " / " (about.title) }
        (heading(&format!("The first delivery of {}", about.title), &html! { (test_badge(source.livemode)) }))
        div.wide-narrow {
            section.panel {
                div.body role="status" {
                    @match &first {
                        Some(event) => { (arrived(&viewer, &source, event)) }
                        None => { (waits(&viewer, about.title, &url, &refused)) }
                    }
                }
            }
            (connect::ticks(about))
        }
    };
    let mut page = view::page(&viewer, "First delivery", &body);
    if first.is_none() {
        page.headers_mut().insert(REFRESH, AGAIN);
    }
    Ok(page)
}

/// The newest event of a source.
async fn newest(app: &App, viewer: &Viewer, id: &str) -> Result<Option<Event>, Problem> {
    let part = Part {
        after: "",
        rows: 1,
        looks: 1_000,
    };
    let found = events::list(&scope(app, viewer), &[By::Source(id)], part).await?;
    Ok(found.rows.into_iter().next())
}

/// What a source has refused in the last days, with what has been counted just now.
pub(super) async fn lately(app: &App, viewer: &Viewer, id: &str) -> Result<Vec<Refused>, Problem> {
    let mut refused = of_all(app, viewer).await?;
    refused.retain(|refused| refused.source_id == id);
    Ok(refused)
}

/// The same of all sources.
pub(super) async fn of_all(app: &App, viewer: &Viewer) -> Result<Vec<Refused>, Problem> {
    app.refusals.write(app.store.as_ref(), viewer.now).await;
    let since = viewer.now.plus_days(-refusals::KEPT_DAYS);
    Ok(refusals::since(&scope(app, viewer), since).await?)
}

fn arrived(viewer: &Viewer, source: &Source, event: &Event) -> Markup {
    let path = format!("/dashboard/events/{}", encoded(&event.id));
    let of_source = format!("/dashboard/sources/{}", encoded(&source.id));
    html! {
        p.verdict { span.badge.good { "It works" } " A delivery has arrived, rightly signed, " (ago(event.received_at, viewer.now)) ": " a href=(viewer.href(&path, &[])) { (event.event_type) } " " (badge(event.state.word())) }
        p.muted { "From now on everything that it delivers is kept and read. Sales appear as they are paid." }
        @if !is_needed(source, event) {
            p.notice { "Nothing is sold by an event of this type. See that the events in the list are ticked: sales need each that may not be left out." }
        }
        div.actions { a.button.primary href=(viewer.href(&of_source, &[])) { "To the source" } a.button href=(viewer.href("/", &[])) { "To the overview" } }
    }
}

/// Whether an event is of a type that sales need.
fn is_needed(source: &Source, event: &Event) -> bool {
    let about = providers::adapter(&source.processor).map(providers::Adapter::about);
    let mut events = about.map_or([].as_slice(), |about| about.events).iter();
    events.any(|one| one.required && one.name == event.event_type)
}

fn waits(viewer: &Viewer, title: &str, url: &str, refused: &[Refused]) -> Markup {
    html! {
        @if refused.is_empty() {
            p.verdict { span.badge.wait { "Waiting" } " Nothing has arrived yet. Send a test event from " (title) ", or make a small payment." }
        } @else {
            p.verdict { span.badge.bad { "Refused" } " Something has arrived, and was not taken:" }
            (reasons(viewer, refused))
        }
        p.muted { "The address at " (title) " must be exactly this one:" }
        p { (copyable(url)) }
        p.muted { "This page looks again every three seconds. You may leave it: deliveries are taken all the same." }
    }
}

/// Why deliveries were refused, and what to do.
pub(super) fn reasons(viewer: &Viewer, refused: &[Refused]) -> Markup {
    html! {
        ul.reasons {
            @for refused in refused {
                @let words = words(&refused.reason, refused.seconds);
                li {
                    p { span.badge.bad { (count(refused.refused)) } " " (words.what) span.muted { ", last " (ago(refused.last_at, viewer.now)) } }
                    p.then { (words.then) }
                }
            }
        }
    }
}
