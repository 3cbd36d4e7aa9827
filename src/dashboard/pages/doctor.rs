//! The doctor: what is wrong with the installation and the organization's sources, and what to do about it. Judges nothing itself.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::app::App;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{ago, badge, count, encoded, heading, test_badge};
use crate::dashboard::view::words::coded;
use crate::dashboard::{Page, view};
use crate::doctor::gather::{self, Ground};
use crate::doctor::{Facts, Finding, Level, SourceFacts, judge};

/// Its address.
pub(in crate::dashboard) const PATH: &str = "/dashboard/doctor";

pub(in crate::dashboard) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    app.refusals.write(app.store.as_ref(), viewer.now).await;
    let ground = Ground {
        desk: app.desk(),
        public_url: &app.public_url,
        file: app.database_file.as_deref(),
        // A page does not wait for others.
        asks: None,
    };
    let facts = gather::facts(ground, viewer.org()).await?;
    let findings = judge(&facts);
    let body = html! {
        (heading("Doctor", &html! { span.muted { "The same on the server: " code { "tributary doctor" } } }))
        (verdict(&findings))
        @for level in [Level::Wrong, Level::Look, Level::Note] {
            (panel(&viewer, &facts, level, &findings))
        }
        (sources(&viewer, &facts))
        (server(&facts))
    };
    Ok(view::page(&viewer, "Doctor", &body))
}

fn verdict(findings: &[Finding]) -> Markup {
    let of = |level| findings.iter().filter(|one| one.level == level).count();
    html! {
        p.lead {
            @match (of(Level::Wrong), of(Level::Look)) {
                (0, 0) => { "Nothing is wrong, as far as can be seen from here." }
                (0, look) => { (look) @if look == 1 { " thing" } @else { " things" } " to look at." }
                (wrong, _) => { (wrong) @if wrong == 1 { " thing is" } @else { " things are" } " wrong: money is not counted, or will not be." }
            }
        }
    }
}

fn panel(viewer: &Viewer, facts: &Facts, level: Level, all: &[Finding]) -> Markup {
    let findings: Vec<&Finding> = all.iter().filter(|one| one.level == level).collect();
    let (title, tone) = match level {
        Level::Wrong => ("Wrong", "bad"),
        Level::Look => ("To look at", "wait"),
        Level::Note => ("Good to know", "plain"),
    };
    html! {
        @if !findings.is_empty() {
            section.panel id=(level.word()) {
                div.title { h2 { (title) } span.badge.(tone) { (findings.len()) } }
                div.body { ul.reasons {
                    @for finding in findings {
                        li {
                            p { (place(viewer, facts, finding)) (coded(&finding.what)) "." }
                            p.then { (coded(&finding.then)) }
                        }
                    }
                } }
            }
        }
    }
}

/// Which source it is about, with the way there.
fn place(viewer: &Viewer, facts: &Facts, finding: &Finding) -> Markup {
    let id = finding.source_id.as_deref();
    let source = id.and_then(|id| facts.sources.iter().find(|source| source.id == id));
    html! {
        @if let Some(source) = source {
            a href=(href(viewer, source)) { (source.title) } @if !source.livemode { " " (test_badge(false)) } ": "
        }
    }
}

fn href(viewer: &Viewer, source: &SourceFacts) -> String {
    let path = format!("/dashboard/sources/{}", encoded(&source.id));
    viewer.href_in(source.livemode, &path, &[])
}

fn sources(viewer: &Viewer, facts: &Facts) -> Markup {
    let events = |open: Option<crate::books::health::Open>| open.map_or(0, |open| open.events);
    html! {
        @if !facts.sources.is_empty() {
            section.panel {
                div.title { h2 { "Sources" } }
                div.scroll { table.rows {
                    thead { tr { th { "Source" } th { "Status" } th { "Last verified" } th { "Last refused" } th.n { "Unread" } th.n { "Parked" } th.n { "Failed" } } }
                    tbody { @for source in &facts.sources {
                        tr {
                            td.r1 { a.name href=(href(viewer, source)) { (source.title) } " " (test_badge(source.livemode)) }
                            td.r1.end { (badge(&source.status)) }
                            td data-label="Last verified" { @match source.last_verified() { Some(at) => { (ago(at, facts.now)) } None => { span.muted { "never" } } } }
                            td data-label="Last refused" { @match source.last_refused() { Some(at) => { (ago(at, facts.now)) } None => { span.none { "—" } } } }
                            td.n data-label="Unread" { (some(events(source.received))) }
                            td.n data-label="Parked" { (some(events(source.parked))) }
                            td.n data-label="Failed" { (some(events(source.failed))) }
                        }
                    } }
                } }
            }
        }
    }
}

/// So many; where there is none, a phone leaves it out.
fn some(events: i64) -> Markup {
    html! { @if events == 0 { span.none { "0" } } @else { (count(events)) } }
}

fn server(facts: &Facts) -> Markup {
    let server = &facts.server;
    let mebibytes = |bytes: u64| count(i64::try_from(bytes / (1_024 * 1_024)).unwrap_or(i64::MAX));
    html! {
        section.panel {
            div.title { h2 { "Server" } }
            div.body { dl.facts {
                dt { "Reached at" } dd { code { (server.public_url) } }
                dt { "Schema" } dd { @match server.schema.found { Some(found) => { (found) } None => { "none" } } }
                @if let Some(bytes) = server.database_bytes { dt { "Database" } dd { (mebibytes(bytes.unsigned_abs())) " MiB" } }
                @if let Some(audited) = &server.audited { dt { "Books compared" } dd { (ago(audited.ended_at, facts.now)) ": " (count(audited.sales)) " sales, " @if audited.differences == 0 { "nothing differs" } @else { (audited.words()) } } }
                @if let Some(disk) = server.disk { dt { "Disk" } dd { (mebibytes(disk.free)) " MiB free of " (mebibytes(disk.total)) } }
            } }
        }
    }
}
