//! A figure over time, drawn beside that of the period before, with a table of all figures behind it.

use maud::{Markup, html};

use super::super::period::Measure;
use super::Figures;
use crate::books::sums;
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::chart;
use crate::dashboard::view::parts::{code, count, day, figure};

pub(super) fn over_time(viewer: &Viewer, figures: &Figures) -> Markup {
    let bars = figures.bars();
    let top = chart::ceiling(&bars);
    let scale = |minor: i64| figure(minor, figures.currency);
    let about = format!(
        "{} from {} to {}, in {}; the table below has all figures",
        figures.measure.title(),
        day(figures.period.begins_at()),
        figures.period.last_day(),
        code(figures.currency)
    );
    html! {
        section.panel {
            div.title {
                h2 { (figures.measure.title()) " " span.muted { @if figures.period.step() == 1 { "by day" } @else { "by week" } ", in " (code(figures.currency)) } }
                p.legend {
                    span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-net width="14" height="10" rx="2" {} } (figures.measure.title().to_lowercase()) }
                    @if figures.measure != Measure::TakenBack {
                        span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-back width="14" height="10" rx="2" {} } "taken back" }
                    }
                    span { svg viewBox="0 0 14 10" aria-hidden="true" { line.line-before x1="0" x2="14" y1="5" y2="5" {} } "period before" }
                }
                nav.segments aria-label="What is drawn" {
                    @for one in Measure::ALL {
                        a href=(viewer.with("show", one.word())) aria-current=[(*one == figures.measure).then_some("true")] { (one.title()) }
                    }
                }
            }
            div.chart {
                div.scale aria-hidden="true" {
                    @if chart::is_empty(&bars) { span {} span {} } @else { span { (scale(top)) } span { (scale(top / 2)) } }
                    span { "0" }
                }
                (chart::bars(&bars, top, &about))
                div.dates aria-hidden="true" { span { (day(figures.period.begins_at())) } span { (figures.period.last_day()) } }
            }
            details.figures {
                summary { "The figures as a table" }
                (days_table(figures))
            }
        }
    }
}

fn days_table(figures: &Figures) -> Markup {
    let currency = figures.currency;
    html! {
        div.scroll tabindex="0" { table {
            thead { tr { th { "From" } th.n { "Sales" } th.n title="Without tax and shipping, before refunds and disputes" { "Sold, net" } th.n { "Taken back" } th.n { "Commission" } th.n { "Left in the period before" } } }
            tbody {
                @for (index, (first, sums)) in figures.now.iter().enumerate() {
                    tr {
                        td { (day(providers::Micros(first * sums::DAY))) }
                        td.n { (count(sums.sales)) }
                        td.n { (figure(sums.net, currency)) }
                        td.n { (figure(sums.back(), currency)) }
                        td.n { (figure(sums.earned(), currency)) }
                        td.n { (figure(figures.before.get(index).map_or(0, |(_, sums)| sums.left()), currency)) }
                    }
                }
            }
        } }
    }
}
