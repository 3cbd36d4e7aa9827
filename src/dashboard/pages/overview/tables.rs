//! Who brought what, by processor and by partner, against the period before; and the newest sales.

use maud::{Markup, html};

use super::super::processors;
use super::super::sales::{partner, table};
use super::Figures;
use super::cards::against;
use crate::books::sums::Sums;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::chart;
use crate::dashboard::view::parts::{count, empty, figure};

pub(super) fn by_processor(viewer: &Viewer, figures: &Figures) -> Markup {
    let titles = processors();
    let title = |name: &str| {
        titles
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, title)| *title)
    };
    let most = figures
        .processors
        .iter()
        .map(|(_, sums)| sums.net)
        .max()
        .unwrap_or(1);
    html! {
        section.panel {
            div.title { h2 { "By processor" } }
            @if figures.processors.is_empty() { (empty("No sale in this period", &html! {})) } @else {
                div.scroll { table {
                    thead { tr { th { "Processor" } th.n { "Sales" } th.n { "Net" } th.n { "Taken back" } th.n { "Before" } th { span.unseen { "Share" } } } }
                    tbody { @for (name, sums) in &figures.processors {
                        tr {
                            td { a href=(viewer.href("/dashboard/sales", &[("processor", name)])) { (title(name).unwrap_or(name)) } }
                            td.n { (count(sums.sales)) }
                            td.n { (figure(sums.net, figures.currency)) }
                            td.n { (figure(sums.back(), figures.currency)) }
                            td.n { (against_before(figures.processors_before.get(name), *sums)) }
                            td { (chart::share(sums.net, most)) }
                        }
                    } }
                } }
            }
        }
    }
}

pub(super) fn by_partner(viewer: &Viewer, figures: &Figures) -> Markup {
    let most = figures
        .partners
        .iter()
        .map(|(_, sums)| sums.net)
        .max()
        .unwrap_or(1);
    html! {
        section.panel {
            div.title { h2 { "By partner" } }
            @if figures.partners.is_empty() { (empty("No sale in this period", &html! {})) } @else {
                div.scroll { table {
                    thead { tr { th { "Partner" } th.n { "Sales" } th.n { "Net" } th.n { "Commission" } th.n { "Before" } th { span.unseen { "Share" } } } }
                    tbody { @for (id, sums) in &figures.partners {
                        tr {
                            td { @match id { Some(id) => { (partner(viewer, Some(id), &figures.names)) } None => { span.muted { "nobody (organic)" } } } }
                            td.n { (count(sums.sales)) }
                            td.n { (figure(sums.net, figures.currency)) }
                            td.n { (figure(sums.earned(), figures.currency)) }
                            td.n { (against_before(figures.partners_before.get(id), *sums)) }
                            td { (chart::share(sums.net, most)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// How net revenue has changed against the period before.
fn against_before(before: Option<&Sums>, now: Sums) -> Markup {
    let net = before.map_or(0, |before| before.net);
    let percent = providers::money::share(now.net.saturating_sub(net), 100, net);
    html! {
        @match percent.filter(|_| net > 0) {
            Some(percent) => { span.muted { (against(percent)) } }
            None => { span.none { "new" } }
        }
    }
}

pub(super) fn newest(viewer: &Viewer, figures: &Figures) -> Markup {
    html! {
        @if !figures.newest.is_empty() {
            section.panel {
                div.title { h2 { "Newest sales" } a href=(viewer.href("/dashboard/sales", &[])) { "All sales" } }
                (table(viewer, &figures.newest, &figures.names))
            }
        }
    }
}
