//! Processing stored events again: what it would change, and only then for good.
//!
//! Both run on a form, the preview too: it works under the organization's lock, as the real run does.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use crate::actor::LetIn as _;
use crate::app::App;
use crate::books::events::State as Outcome;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    amount, badge, count, empty, encoded, heading, id_link, short,
};
use crate::dashboard::view::proof;
use crate::dashboard::{Page, view};
use crate::http::resources::reprocess::EVENTS_MAX;
use crate::ledger::calls;
use crate::reprocess::{Change, Filter, ReprocessReport, SaleChange, reprocess_some};

pub(super) const PATH: &str = "/dashboard/events/again";

/// The most sales of a report that are shown.
const SALES_MAX: usize = 200;

/// The fields of a filter.
const FIELDS: [&str; 7] = [
    "event",
    "processor",
    "type",
    "state",
    "source",
    "from",
    "to",
];

pub(in crate::dashboard) async fn ask(viewer: Viewer) -> Page {
    let params = viewer.params.clone();
    filter(&params, viewer.livemode)?;
    let body = html! {
        (crumbs(&viewer))
        (heading("Process events again", &html! {}))
        p.lead { "What was delivered is read again, with today's settings and this version of the program, and all that is connected with it is made anew. Sales keep their ids; what has become different is booked as new entries. Look first: the preview changes nothing." }
        section.panel { div.body { (form(&viewer, &params, None)) } }
    };
    Ok(view::page(&viewer, "Process events again", &body))
}

pub(in crate::dashboard) async fn run(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let dry_run = match fields.get("do") {
        "preview" => true,
        "run" => false,
        _ => return Err(Problem::Forged),
    };
    let filter = filter(&fields, viewer.livemode)?;
    let tools = app.ledger.tools();
    let report = reprocess_some(
        tools,
        viewer.org(),
        viewer.actor(),
        &filter,
        EVENTS_MAX,
        dry_run,
    )
    .await?;
    let title = if dry_run { "What would change" } else { "Done" };
    let body = html! {
        (crumbs(&viewer))
        (heading(title, &html! {}))
        @match &report {
            None => { p.notice { "These are more than " (count(i64::try_from(EVENTS_MAX).unwrap_or(i64::MAX))) " events. Narrow it by days, or use " code { "tributary events reprocess" } " on the server." } }
            Some(report) => { (result(&viewer, report)) }
        }
        section.panel { div.body { (form(&viewer, &fields, report.as_ref())) } }
    };
    Ok(view::kept(view::page(&viewer, title, &body)))
}

fn crumbs(viewer: &Viewer) -> Markup {
    html! { p.crumbs { a href=(viewer.href("/dashboard/events", &[])) { "Events" } " / Process again" } }
}

fn filter(params: &Params, livemode: bool) -> Result<Filter, Problem> {
    let text = |name| params.given(name).map(str::to_owned);
    let (since, until) = params.days()?;
    let state = params.word("state", Outcome::ALL, Outcome::word)?;
    Ok(Filter {
        event_ids: text("event").into_iter().collect(),
        processor: text("processor"),
        source_id: text("source"),
        event_type: text("type"),
        state: state.map(|state| state.word().to_owned()),
        livemode: Some(livemode),
        since,
        until,
    })
}

/// The filter, and what can be done: to look, and after a look that found something, to do it.
fn form(viewer: &Viewer, params: &Params, report: Option<&ReprocessReport>) -> Markup {
    let is_seen = report.is_some_and(|report| report.dry_run && report.events_found > 0);
    html! {
        @if is_seen {
            form.stacked method="post" action=(viewer.href(PATH, &[])) {
                (proof(viewer))
                @for name in FIELDS { @if let Some(value) = params.given(name) { input type="hidden" name=(name) value=(value); } }
                div.actions {
                    button.button.primary type="submit" name="do" value="run" { "Process them again, for good" }
                    a.button.quiet href=(viewer.href("/dashboard/events", &[])) { "Leave it" }
                }
            }
        } @else {
            form.filters method="post" action=(viewer.href(PATH, &[])) {
                (proof(viewer))
                @if let Some(id) = params.given("event") {
                    label.field { "Event" input name="event" value=(id) autocomplete="off" spellcheck="false"; }
                } @else {
                    (choice(params, "state", "State", &[("processed", "processed"), ("ignored", "ignored"), ("parked", "parked"), ("failed", "failed")]))
                    (choice(params, "processor", "Processor", &processors()))
                    label.field { "Type" input name="type" value=(params.get("type")) placeholder="invoice.paid" autocomplete="off" spellcheck="false"; }
                    label.field { "Source" input name="source" value=(params.get("source")) placeholder="src_…" autocomplete="off" spellcheck="false"; }
                    label.field { "From" input type="date" name="from" value=(params.get("from")); }
                    label.field { "To" input type="date" name="to" value=(params.get("to")); }
                }
                div.actions { button.button.primary type="submit" name="do" value="preview" { "Preview" } }
            }
        }
    }
}

/// Processors, and calls.
pub(super) fn processors() -> Vec<(&'static str, &'static str)> {
    let adapters = providers::adapters().iter();
    let mut all: Vec<_> = adapters
        .map(|adapter| (adapter.about().id, adapter.about().title))
        .collect();
    all.push((calls::PROCESSOR, "API calls"));
    all
}

fn choice(params: &Params, name: &str, label: &str, words: &[(&str, &str)]) -> Markup {
    let given = params.get(name);
    html! {
        label.field {
            (label)
            select name=(name) {
                option value="" { "all" }
                @for (word, shown) in words { option value=(word) selected[*word == given] { (shown) } }
            }
        }
    }
}

fn number(count_of: usize) -> String {
    count(i64::try_from(count_of).unwrap_or(i64::MAX))
}

fn result(viewer: &Viewer, report: &ReprocessReport) -> Markup {
    html! {
        p.verdict {
            strong { (number(report.events_found)) } " events were found, and with all that is connected "
            strong { (number(report.events_read)) } " read again. "
            @if report.dry_run { "Nothing has been written." } @else { "The ledger has what they add up to." }
        }
        section.panel {
            div.title { h2 { "Sales" } span.muted { (number(report.sales.len())) } }
            @if report.sales.is_empty() {
                (empty("No sale changes", &html! { p { "The ledger already has what they add up to." } }))
            } @else {
                div.scroll {
                    table {
                        thead { tr { th { "Sale" } th { "Change" } th { "Fields" } } }
                        tbody { @for sale in report.sales.iter().take(SALES_MAX) { (sale_row(viewer, sale)) } }
                    }
                }
                @if report.sales.len() > SALES_MAX { p.muted { "… and " (number(report.sales.len() - SALES_MAX)) " more" } }
            }
        }
        @if !report.commissions.is_empty() {
            section.panel {
                div.title { h2 { "What partners earn by these sales" } }
                div.scroll {
                    table {
                        thead { tr { th { "Partner" } th.n { "Before" } th.n { "After" } } }
                        tbody {
                            @for change in &report.commissions {
                                @let money = |minor: i64| Currency::parse(&change.currency).map_or_else(|| minor.to_string(), |currency| amount(minor, currency));
                                tr { td { (id_link(viewer, "partners", &change.partner_id)) } td.n { (money(change.before)) } td.n { (money(change.after)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sale_row(viewer: &Viewer, sale: &SaleChange) -> Markup {
    let word = match sale.change {
        Change::Appears => "appears",
        Change::Changes => "changes",
        Change::Vanishes => "gone",
    };
    let name = sale
        .invoice_id
        .as_deref()
        .or(sale.sale_id.as_deref())
        .unwrap_or("new");
    html! {
        tr {
            td {
                @match &sale.sale_id {
                    Some(id) => { a href=(viewer.href(&format!("/dashboard/sales/{}", encoded(id)), &[])) title=(name) { (short(name)) } }
                    None => { (short(name)) }
                }
            }
            td { (badge(word)) }
            td { @for field in &sale.fields { div { span.muted { (field.field) ": " } (shown(field.field, &field.before)) " → " (shown(field.field, &field.after)) } } }
        }
    }
}

/// A value as it may be shown: what says who somebody is stays covered.
fn shown(field: &str, value: &str) -> String {
    let is_personal = ["email", "name", "avatar"]
        .iter()
        .any(|word| field.contains(word));
    if is_personal && !value.is_empty() {
        return "•••".to_owned();
    }
    value.to_owned()
}
