//! The overview: what there is to do, then what was sold and earned in a period, then how the sources are.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;
use providers::money::share;

use super::period::{PERIODS, Period, bars};
use super::sales::{partner, table};
use super::sources::AllRefused;
use super::{processors, scope, todo};
use crate::app::App;
use crate::books::health::{self, AllOpen};
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::sales::{self, By, Sale};
use crate::books::sums::{self, Of, Sums};
use crate::books::{Part, Scope};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::chart::{self, Bar};
use crate::dashboard::view::parts::{
    ago, badge, code, count, day, day_field, empty, figure, heading, money,
};
use crate::dashboard::{Page, view};
use crate::sources::Source;

/// Rows of each table.
const TOP: i64 = 8;

pub(in crate::dashboard) async fn show(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let period = Period::of(&viewer.params, viewer.now)?;
    let currencies = sums::currencies(&scope, viewer.livemode).await?;
    let currency = currency(&viewer, &currencies)?;
    let mut sources = app.desk().list(viewer.org()).await?;
    sources.retain(|source| source.livemode == viewer.livemode);
    let open = health::open(&scope, viewer.livemode).await?;
    let figures = Figures::read(&scope, &viewer, (period, currency)).await?;
    let body = html! {
        (heading("Overview", &html! { div.beside { (switches(&viewer, period, currency, &currencies)) } }))
        (todo::list(&app, &viewer, &sources, &open).await?)
        (cards(&figures))
        (over_time(&figures))
        div.two {
            (by_processor(&viewer, &figures))
            (by_partner(&viewer, &figures))
        }
        (newest(&viewer, &figures))
        (state_of(&viewer, &sources, &health::heard(&scope).await?, &open, &app.refusals.all()))
    };
    Ok(view::page(&viewer, "Overview", &body))
}

/// The currency that is asked for, else the most frequent.
fn currency(viewer: &Viewer, all: &[Currency]) -> Result<Currency, Problem> {
    let Some(given) = viewer.params.given("currency") else {
        return Ok(all.first().copied().unwrap_or(Currency::USD));
    };
    Currency::parse(given).ok_or_else(|| Problem::Refused("there is no such currency".to_owned()))
}

/// All figures of the period.
struct Figures {
    period: Period,
    currency: Currency,
    now: Vec<(i64, Sums)>,
    before: Vec<(i64, Sums)>,
    processors: Vec<(String, Sums)>,
    partners: Vec<(Option<String>, Sums)>,
    newest: Vec<Sale>,
    names: Names,
}

impl Figures {
    async fn read(
        scope: &Scope<'_>,
        viewer: &Viewer,
        (period, currency): (Period, Currency),
    ) -> Result<Self, Problem> {
        let livemode = viewer.livemode;
        let of = |period: Period| Of {
            livemode,
            currency,
            from: period.begins_at(),
            to: period.ends_at(),
        };
        let before = period.before();
        let both = Of {
            from: before.begins_at(),
            ..of(period)
        };
        let days = sums::by_day(scope, both).await?;
        let partners = sums::by_partner(scope, of(period), TOP).await?;
        let part = Part {
            after: "",
            rows: TOP,
            looks: LOOKS,
        };
        let newest = sales::list(scope, &[By::Ledger(livemode)], part)
            .await?
            .rows;
        let ids = partners.iter().filter_map(|(id, _)| id.as_deref());
        let ids = ids.chain(newest.iter().filter_map(|sale| sale.partner_id.as_deref()));
        Ok(Self {
            names: names::partners(scope, ids).await?,
            now: period.spans(&days),
            before: before.spans(&days),
            processors: sums::by_processor(scope, of(period), TOP).await?,
            partners,
            newest,
            period,
            currency,
        })
    }

    fn bars(&self) -> Vec<Bar> {
        bars(&self.now, &self.before, self.currency, self.period.step())
    }
}

fn all(spans: &[(i64, Sums)]) -> Sums {
    spans
        .iter()
        .fold(Sums::default(), |sum, (_, sums)| sum.and(*sums))
}

fn switches(viewer: &Viewer, period: Period, currency: Currency, all: &[Currency]) -> Markup {
    let chosen = viewer.params.get("period").to_owned();
    html! {
        @if all.len() > 1 {
            nav.segments aria-label="Currency" {
                @for one in all.iter().take(6) {
                    a href=(viewer.with("currency", one.code())) aria-current=[(*one == currency).then_some("true")] { (code(*one)) }
                }
            }
        }
        nav.segments aria-label="Period" {
            @for (word, _, name) in PERIODS {
                a href=(viewer.href("/", &[("period", word), ("currency", viewer.params.get("currency"))]))
                    aria-current=[(period.word == Some(word)).then_some("true")] { (name) }
            }
        }
        details.custom open[chosen.is_empty() && period.word.is_none()] {
            summary { "Other" }
            form method="get" action="/" {
                (day_field(viewer, ("from", "From")))
                (day_field(viewer, ("to", "To")))
                input type="hidden" name="currency" value=(currency.code());
                @if !viewer.livemode { input type="hidden" name="mode" value="test"; }
                button.button type="submit" { "Show" }
            }
        }
    }
}

fn cards(figures: &Figures) -> Markup {
    let (now, before) = (all(&figures.now), all(&figures.before));
    let days = figures.period.days();
    let left = |sums: Sums| sums.net.saturating_sub(sums.back);
    let cards = [
        ("Revenue after refunds", left(now), left(before), true),
        ("Commission earned", now.commission, before.commission, true),
        ("Taken back", now.back, before.back, false),
    ];
    html! {
        section.panel.cards aria-label="Figures of the period" {
            @for (label, now, before, more_is_good) in cards {
                div.card {
                    p.label { (label) }
                    p.figure { (money(now, figures.currency)) }
                    (change(now, before, days, more_is_good))
                }
            }
            div.card {
                p.label { "Sales" }
                p.figure { (count(now.sales)) }
                (change(now.sales, before.sales, days, true))
            }
        }
    }
}

/// A figure against the period before.
fn change(now: i64, before: i64, days: i64, more_is_good: bool) -> Markup {
    let percent = share(now.saturating_sub(before), 100, before).filter(|_| before > 0);
    let tone = match percent {
        None | Some(0) => "",
        Some(percent) if (percent > 0) == more_is_good => "up",
        Some(_) => "down",
    };
    html! {
        p.change.(tone) {
            @match percent {
                None if now == 0 => { "as in the " (days) " days before" }
                None => { "nothing in the " (days) " days before" }
                Some(percent) => { (against(percent)) " " span.muted { "against the " (days) " days before" } }
            }
        }
    }
}

/// A change in percent, or in multiples where percents would say nothing.
fn against(percent: i64) -> String {
    const MANY: i64 = 1_000;
    match percent {
        MANY.. => format!("{}×", count(percent / 100 + 1)),
        1..MANY => format!("+{} %", count(percent)),
        _ => format!("{} %", count(percent)),
    }
}

fn over_time(figures: &Figures) -> Markup {
    let bars = figures.bars();
    let top = chart::ceiling(&bars);
    let half = |minor: i64| figure(minor, figures.currency);
    let about = format!(
        "Revenue from {} to {}, in {}; the table below has all figures",
        day(figures.period.begins_at()),
        figures.period.last_day(),
        code(figures.currency)
    );
    html! {
        section.panel {
            div.title {
                h2 { "Revenue " span.muted { @if figures.period.step() == 1 { "by day" } @else { "by week" } } }
                p.legend {
                    span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-net width="14" height="10" rx="2" {} } "revenue" }
                    span { svg viewBox="0 0 14 10" aria-hidden="true" { rect.bar-back width="14" height="10" rx="2" {} } "taken back" }
                    span { svg viewBox="0 0 14 10" aria-hidden="true" { line.line-before x1="0" x2="14" y1="5" y2="5" {} } "period before" }
                }
            }
            div.chart {
                div.scale aria-hidden="true" { span { (half(top)) } span { (half(top / 2)) } span { "0" } }
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
            thead { tr { th { "From" } th.n { "Sales" } th.n { "Net" } th.n { "Taken back" } th.n { "Commission" } th.n { "Net in the period before" } } }
            tbody {
                @for (index, (first, sums)) in figures.now.iter().enumerate() {
                    tr {
                        td { (day(providers::Micros(first * sums::DAY))) }
                        td.n { (count(sums.sales)) }
                        td.n { (figure(sums.net, currency)) }
                        td.n { (figure(sums.back, currency)) }
                        td.n { (figure(sums.commission, currency)) }
                        td.n { (figure(figures.before.get(index).map_or(0, |(_, sums)| sums.net), currency)) }
                    }
                }
            }
        } }
    }
}

fn by_processor(viewer: &Viewer, figures: &Figures) -> Markup {
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
                    thead { tr { th { "Processor" } th.n { "Sales" } th.n { "Net" } th.n { "Taken back" } th { span.unseen { "Share" } } } }
                    tbody { @for (name, sums) in &figures.processors {
                        tr {
                            td { a href=(viewer.href("/dashboard/sales", &[("processor", name)])) { (title(name).unwrap_or(name)) } }
                            td.n { (count(sums.sales)) }
                            td.n { (figure(sums.net, figures.currency)) }
                            td.n { (figure(sums.back, figures.currency)) }
                            td { (chart::share(sums.net, most)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn by_partner(viewer: &Viewer, figures: &Figures) -> Markup {
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
                    thead { tr { th { "Partner" } th.n { "Sales" } th.n { "Net" } th.n { "Commission" } th { span.unseen { "Share" } } } }
                    tbody { @for (id, sums) in &figures.partners {
                        tr {
                            td { @match id { Some(id) => { (partner(viewer, Some(id), &figures.names)) } None => { span.muted { "nobody (organic)" } } } }
                            td.n { (count(sums.sales)) }
                            td.n { (figure(sums.net, figures.currency)) }
                            td.n { (figure(sums.commission, figures.currency)) }
                            td { (chart::share(sums.net, most)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn newest(viewer: &Viewer, figures: &Figures) -> Markup {
    html! {
        @if !figures.newest.is_empty() {
            section.panel {
                div.title { h2 { "Newest sales" } a href=(viewer.href("/dashboard/sales", &[])) { "All sales" } }
                (table(viewer, &figures.newest, &figures.names))
            }
        }
    }
}

fn state_of(
    viewer: &Viewer,
    sources: &[Source],
    heard: &std::collections::BTreeMap<String, providers::Micros>,
    open: &AllOpen,
    refused: &AllRefused,
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
        let own = refused.iter().filter(|((of, _), _)| of == id);
        own.map(|(_, told)| told.total).sum::<u64>()
    };
    html! {
        section.panel {
            div.title { h2 { "Sources" } a href=(viewer.href("/dashboard/sources", &[])) { "Set-up" } }
            @if sources.is_empty() { (empty("No source yet", &html! { p { a href=(viewer.href("/dashboard/sources", &[])) { "Connect a processor" } } })) } @else {
                div.scroll { table {
                    thead { tr { th { "Source" } th { "Last verified" } th.n { "Refused" } th.n { "Parked" } th.n { "Failed" } th { "Oldest waiting" } } }
                    tbody { @for source in sources {
                        @let events = |state: &str| viewer.href("/dashboard/events", &[("source", &source.id), ("state", state)]);
                        tr {
                            td {
                                a href={ (viewer.href("/dashboard/sources", &[])) "#" (source.id) } { (providers::adapter(&source.processor).map_or(source.processor.as_str(), |adapter| adapter.about().title)) }
                                @if source.status != "active" { " " (badge(&source.status)) }
                            }
                            td { @match heard.get(&source.id) { Some(at) => { (ago(*at, viewer.now)) } None => { span.none { "nothing lately" } } } }
                            td.n { (refusals(&source.id)) }
                            td.n { a href=(events("parked")) { (count(in_state(&source.id, "parked"))) } }
                            td.n { a href=(events("failed")) { (count(in_state(&source.id, "failed"))) } }
                            td { @match oldest(&source.id) { Some(at) => { (ago(at, viewer.now)) } None => { span.none { "—" } } } }
                        }
                    } }
                } }
            }
        }
    }
}
