//! Programs: what each pays, for how long a click counts, and when what was earned is paid.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use super::rule_fields::products;
use super::{changes, program_page};
use crate::app::App;
use crate::catalog::{Page as Part, Program, Series};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{badge, empty, encoded, heading, minimum, number as so_many};
use crate::dashboard::view::words::worded;
use crate::dashboard::{Page, view};
use crate::explain;

pub(super) const PATH: &str = "/dashboard/programs";

/// The most programs on the page.
const SHOWN: i64 = 50;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let programs = all(&app, &viewer).await?;
    let body = html! {
        (heading("Programs", &html! { div.beside { @if viewer.may(Right::Change) { a.button href=(viewer.href(&format!("{PATH}/new"), &[])) { "Make a program" } } a.button href=(viewer.href("/dashboard/domains", &[])) { "Domains of links" } } }))
        p.lead { "What partners are paid, and for how long a click counts. A change holds from now on; what was earned before stays as it was." }
        @if programs.is_empty() { section.panel { (empty("No program", &html! { p { "A program says what partners are paid." } })) } }
        @for program in &programs {
            section.panel id=(program.id) {
                div.title {
                    h2 { (program.name) " " (badge(&program.status)) }
                    span {
                        @if viewer.may(Right::Change) { a href=(viewer.href(&path_of(&program.id), &[])) { "Change" span.unseen { " " (program.name) } } " · " }
                        a href=(viewer.href(&program_page::path_of(&program.id), &[])) { "What partners see" } " · "
                        a href=(changes::of(&viewer, &program.id)) { "Changes" }
                    }
                }
                div.body { (facts(program)) }
            }
        }
    };
    Ok(view::page(&viewer, "Programs", &body))
}

/// The programs, as many as are shown.
pub(super) async fn all(app: &App, viewer: &Viewer) -> Result<Vec<Program>, Problem> {
    let part = Part {
        limit: SHOWN,
        after: String::new(),
        series: Series::of([]),
    };
    Ok(app.catalog(viewer).programs(&part).await?.data)
}

/// What a program pays, how it finds who has brought a sale, and when it pays.
pub(super) fn facts(program: &Program) -> Markup {
    let pays = program.commission.as_ref();
    let pays = pays.map_or_else(|| "nothing".to_owned(), explain::rule_in_words);
    html! {
        dl.facts {
            dt { "Pays" } dd { (worded(&pays)) }
            @if let Some(rule) = &program.commission { (products::said(rule)) }
            dt { "A click counts for" } dd { (so_many(program.window_days, "day", "days")) }
            dt { "Of several clicks" } dd { @if program.model == "first_click" { "the first counts" } @else { "the last counts" } }
            dt { "Customers" } dd { @if program.customer_stays { "stay with the partner who brought them first" } @else { "belong to the newest click" } }
            dt { "Payable after" } dd { (so_many(program.hold_days, "day", "days")) }
            dt { "Paid out" } dd { @match minimum(program.payout_minimum, currency_of(program)) { Some(least) => { "from " (least) " on; less stays for the next run" } None => { "any amount" } } }
            dt { "Currency" } dd { @match &program.currency { Some(code) => { (code.to_uppercase()) } None => { "that of each sale" } } }
            dt { "Id" } dd { code { (program.id) } }
        }
    }
}

/// The address of a program.
pub(super) fn path_of(program_id: &str) -> String {
    format!("{PATH}/{}", encoded(program_id))
}

/// The currency that a program pays in, where it has one.
pub(super) fn currency_of(program: &Program) -> Option<Currency> {
    program.currency.as_deref().and_then(Currency::parse)
}
