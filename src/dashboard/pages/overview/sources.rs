//! How each source is: when it was heard last, what was refused, what waits; each figure leads to its cause.

use std::collections::BTreeMap;

use maud::{Markup, html};
use providers::Micros;

use super::super::sources::called;
use crate::books::health::AllOpen;
use crate::books::refusals::{KEPT_DAYS, Refused};
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{ago, badge, count, empty};
use crate::sources::Source;

pub(super) fn state_of(
    viewer: &Viewer,
    sources: &[Source],
    heard: &BTreeMap<String, Micros>,
    open: &AllOpen,
    refused: &[Refused],
) -> Markup {
    let in_state = |id: &str, state: &str| {
        let place = (id.to_owned(), state.to_owned());
        open.get(&place).map_or(0, |open| open.events)
    };
    let oldest = |id: &str| {
        open.iter()
            .filter(|((of, _), _)| of == id)
            .map(|(_, open)| open.oldest_at)
            .min()
    };
    let refusals = |id: &str| {
        let own = refused.iter().filter(|one| one.source_id == id);
        count(own.map(|one| one.refused).sum())
    };
    html! {
        section.panel {
            div.title { h2 { "Sources" } a href=(viewer.href("/dashboard/sources", &[])) { "Set-up" } }
            @if sources.is_empty() { (empty("No source yet", &html! { p { a href=(viewer.href("/dashboard/sources", &[])) { "Connect a processor" } } })) } @else {
                div.scroll { table.rows {
                    thead { tr { th { "Source" } th { "Last verified" } th.n title={ "in the last " (KEPT_DAYS) " days" } { "Refused" } th.n { "Parked" } th.n { "Failed" } th { "Oldest waiting" } } }
                    tbody { @for source in sources {
                        @let events = |state: &str| viewer.href("/dashboard/events", &[("source", &source.id), ("state", state)]);
                        tr {
                            td.r1.all {
                                a href={ (viewer.href("/dashboard/sources", &[])) "#" (source.id) } { (called(source, sources)) }
                                @if source.status != "active" { " " (badge(&source.status)) }
                            }
                            td data-label="Last verified" { @match heard.get(&source.id) { Some(at) => { (ago(*at, viewer.now)) } None => { span.none { "nothing lately" } } } }
                            td.n data-label="Refused" { a href={ (viewer.href("/dashboard/sources", &[])) "#" (source.id) } { (refusals(&source.id)) } }
                            td.n data-label="Parked" { a href=(events("parked")) { (count(in_state(&source.id, "parked"))) } }
                            td.n data-label="Failed" { a href=(events("failed")) { (count(in_state(&source.id, "failed"))) } }
                            td data-label="Oldest waiting" { @match oldest(&source.id) { Some(at) => { (ago(at, viewer.now)) } None => { span.none { "—" } } } }
                        }
                    } }
                } }
            }
        }
    }
}
