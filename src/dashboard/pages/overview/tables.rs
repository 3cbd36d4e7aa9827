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
    /// The figure beside sales and what is left of them.
    amount: i64,
    before: Option<&'a Sums>,
}

/// Who brought what, under a title; the other heads are of who it is and of the figure beside sales and what is left of them.
fn compared([title, who, amount]: [&str; 3], lines: &[Line<'_>], currency: Currency) -> Markup {
    let most = lines.iter().map(|line| line.now.left()).max().unwrap_or(1);
    html! {
        section.panel {
            div.title { h2 { (title) } span.unit { (code(currency)) } }
            @if lines.is_empty() { (empty("No sale in this period", &html! {})) } @else {
                div.scroll { table.rows {
                    thead { tr { th { (who) } th.n { "Sales" } th.n title="Without tax and shipping, after refunds and disputes" { "Left after refunds" } th.n { (amount) } th.n title="What is left, against the period before" { "Change" } } }
                    tbody { @for line in lines {
                        tr {
                            td.who.all { (line.name) (chart::share(line.now.left(), most)) }
                            td.n data-label="Sales" { (count(line.now.sales)) }
                            td.n data-label="Left after refunds" { (figure(line.now.left(), currency)) }
                            td.n data-label=(amount) { (figure(line.amount, currency)) }
                            td.n data-label="Change" { (against_before(line.before, line.now)) }
                        }
                    } }
                } }
            }
        }
    }
}

/// How what is left of revenue has changed against the period before.
fn against_before(before: Option<&Sums>, now: Sums) -> Markup {
    let left = before.map_or(0, |before| before.left());
    let percent = providers::money::share(now.left().saturating_sub(left), 100, left);
    html! {
        @match percent.filter(|_| left > 0) {
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
