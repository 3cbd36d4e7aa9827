//! Programs: what each pays and for how long a click counts, and a form to change that. What is changed holds from now on: nothing earned before moves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use serde_json::Value;

use super::rule_fields::{percent, read_percent};
use super::{changes, program_page};
use crate::app::App;
use crate::catalog::{Page as Part, Program, ProgramChange, Series};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{badge, empty, encoded, heading, number as so_many};
use crate::dashboard::view::words::worded;
use crate::dashboard::{Page, view};
use crate::explain;

const PATH: &str = "/dashboard/programs";

/// The most programs on the page.
const SHOWN: i64 = 50;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let programs = all(&app, &viewer).await?;
    let body = html! {
        (heading("Programs", &html! { div.beside { a.button href=(viewer.href("/dashboard/domains", &[])) { "Domains of links" } } }))
        p.lead { "What partners are paid, and for how long a click counts. A change holds from now on; what was earned before stays as it was." }
        @if programs.is_empty() { section.panel { (empty("No program", &html! { p { "Make one with " code { "POST /api/programs" } "." } })) } }
        @for program in &programs { (one(&viewer, program)) }
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

fn one(viewer: &Viewer, program: &Program) -> Markup {
    let pays = program.commission.as_ref();
    let pays = pays.map_or_else(|| "nothing".to_owned(), explain::rule_in_words);
    html! {
        section.panel id=(program.id) {
            div.title { h2 { (program.name) " " (badge(&program.status)) } span { a href=(viewer.href(&program_page::path_of(&program.id), &[])) { "What partners see" } " · " a href=(changes::of(viewer, &program.id)) { "Changes" } } }
            div.body {
                dl.facts {
                    dt { "Pays" } dd { (worded(&pays)) }
                    dt { "A click counts for" } dd { (so_many(program.window_days, "day", "days")) }
                    dt { "Of several clicks" } dd { @if program.model == "first_click" { "the first counts" } @else { "the last counts" } }
                    dt { "Customers" } dd { @if program.customer_stays { "stay with the partner who brought them first" } @else { "belong to the newest click" } }
                    dt { "Payable after" } dd { (so_many(program.hold_days, "day", "days")) }
                    dt { "Currency" } dd { @match &program.currency { Some(code) => { (code.to_uppercase()) } None => { "that of each sale" } } }
                    dt { "Id" } dd { code { (program.id) } }
                }
                @if viewer.may(Right::Change) {
                    details { summary { "Change" } (form(viewer, program)) }
                }
            }
        }
    }
}

fn form(viewer: &Viewer, program: &Program) -> Markup {
    let percent = basis_points(program).map(percent);
    html! {
        form.fields method="post" action=(viewer.href(&format!("{PATH}/{}", encoded(&program.id)), &[])) {
            (view::proof(viewer))
            label.field { "Name" input name="name" value=(program.name) required maxlength="255" autocomplete="off"; }
            @if let Some(percent) = &percent {
                label.field { "Commission in percent" input name="percent" value=(percent) inputmode="decimal" required autocomplete="off"; }
            }
            label.field { "A click counts for days" input type="number" name="window" value=(program.window_days) min="1" max="3650" required; }
            label.field { "Payable after days" input type="number" name="hold" value=(program.hold_days) min="0" max="365" required; }
            label.field { "Of several clicks" select name="model" {
                option value="last_click" selected[program.model != "first_click"] { "the last counts" }
                option value="first_click" selected[program.model == "first_click"] { "the first counts" }
            } }
            label.field { "Customers" select name="stays" {
                option value="yes" selected[program.customer_stays] { "stay with who brought them first" }
                option value="no" selected[!program.customer_stays] { "belong to the newest click" }
            } }
            div.actions { button.button.primary type="submit" { "Save " span.unseen { (program.name) } } }
        }
        p.muted { "Flat amounts, products and caps: through the API. A rule for some partners alone: as a " a href=(viewer.href("/dashboard/groups", &[])) { "group" } "." }
    }
}

/// What the program pays of each sale, where that is a percentage.
fn basis_points(program: &Program) -> Option<i64> {
    let rule = serde_json::to_value(program.commission.as_ref()?).ok()?;
    rule.get("basisPoints")?.as_i64()
}

pub(in crate::dashboard) async fn change(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let catalog = app.catalog(&viewer);
    let program = catalog.program(&id).await?;
    let change = ProgramChange {
        name: fields.given("name").map(str::to_owned),
        model: fields.given("model").map(str::to_owned),
        window_days: number(&fields, "window")?,
        hold_days: number(&fields, "hold")?,
        customer_stays: fields.given("stays").map(|stays| stays == "yes"),
        commission: rule(&fields, &program)?,
        ..ProgramChange::default()
    };
    catalog.change_program(&id, &change).await?;
    Ok(Redirect::to(&viewer.href(PATH, &[])).into_response())
}

fn number(fields: &Params, name: &str) -> Result<Option<i64>, Problem> {
    let Some(given) = fields.given(name) else {
        return Ok(None);
    };
    let number = given.parse().ok();
    number
        .map(Some)
        .ok_or_else(|| Problem::Refused("days must be a whole number".to_owned()))
}

/// The program's rule with another percentage; `None` where that stays.
fn rule(fields: &Params, program: &Program) -> Result<Option<Value>, Problem> {
    let (Some(given), Some(now)) = (fields.given("percent"), basis_points(program)) else {
        return Ok(None);
    };
    let wanted = read_percent(given);
    let message = "the commission must be a percentage such as 10 or 12.5";
    let wanted = wanted.ok_or_else(|| Problem::Refused(message.to_owned()))?;
    if wanted == now {
        return Ok(None);
    }
    let mut rule = serde_json::to_value(&program.commission).unwrap_or_default();
    if let Some(members) = rule.as_object_mut() {
        members.insert("basisPoints".to_owned(), wanted.into());
    }
    Ok(Some(rule))
}
