//! Who brought what, by processor and by partner, against the period before; and the newest sales.

use maud::{Markup, html};
use providers::Currency;

use super::super::processors;
use super::super::sales::{Beside, partner, table};
use super::Figures;
use super::cards::against;
use crate::books::sums::Sums;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::chart;
use crate::dashboard::view::parts::{code, count, empty, figure};

pub(super) fn by_processor(viewer: &Viewer, figures: &Figures) -> Markup {
    let titles = processors();
    let lines = figures.processors.iter().map(|(name, now)| {
        let title = titles.iter().find(|(known, _)| known == name);
        let title = title.map_or(name.as_str(), |(_, title)| *title);
        let href = figures.sales(viewer, &[("processor", name)]);
        Line {
            name: html! { a href=(href) { (title) } },
            now: *now,
            amount: now.back(),
            before: figures.processors_before.get(name),
        }
    });
    let heads = ["By processor", "Processor", "Taken back"];
    compared(heads, &lines.collect::<Vec<_>>(), figures.currency)
}

pub(super) fn by_partner(viewer: &Viewer, figures: &Figures) -> Markup {
    let lines = figures.partners.iter().map(|(id, now)| Line {
        name: html! { @if id.is_empty() { span.muted { "nobody (organic)" } } @else { (partner(viewer, Some(id), &figures.names)) } },
        now: *now,
        amount: now.earned(),
        before: figures.partners_before.get(id),
    });
    let heads = ["By partner", "Partner", "Commission"];
    compared(heads, &lines.collect::<Vec<_>>(), figures.currency)
}

/// One who brought something in the period, and before it.
struct Line<'a> {
    name: Markup,
    now: Sums,
    /// The figure beside sales and net.
    amount: i64,
    before: Option<&'a Sums>,
}

/// Who brought what, under a title; the other heads are of who it is and of the figure beside sales and net.
fn compared([title, who, amount]: [&str; 3], lines: &[Line<'_>], currency: Currency) -> Markup {
    let most = lines.iter().map(|line| line.now.net).max().unwrap_or(1);
    html! {
        section.panel {
            div.title { h2 { (title) } span.unit { (code(currency)) } }
            @if lines.is_empty() { (empty("No sale in this period", &html! {})) } @else {
                div.scroll { table {
                    thead { tr { th { (who) } th.n { "Sales" } th.n { "Net" } th.n { (amount) } th.n title="Net, against the period before" { "Change" } } }
                    tbody { @for line in lines {
                        tr {
                            td.who { (line.name) (chart::share(line.now.net, most)) }
                            td.n { (count(line.now.sales)) }
                            td.n { (figure(line.now.net, currency)) }
                            td.n { (figure(line.amount, currency)) }
                            td.n { (against_before(line.before, line.now)) }
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
                div.title { h2 { "Newest sales" " " span.muted { "last recorded first, all currencies" } } a href=(viewer.href("/dashboard/sales", &[])) { "All sales" } }
                (table(viewer, &figures.newest, &figures.names, Beside::Nothing))
            }
        }
    }
}
