//! Making a program, and changing what one pays, which click counts and when it pays. What is changed holds from now on: nothing earned before moves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use providers::Currency;

use super::decide::minor;
use super::programs::{self, PATH, currency_of, path_of};
use super::rule_fields::{self, unit_or_usual};
use super::{changes, program_page};
use crate::app::App;
use crate::catalog::{Given, Program, ProgramChange, check};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::typed::{Typed, held, refused};
use crate::dashboard::view::parts::{badge, heading};
use crate::dashboard::{Page, view};
use crate::ledger::rule::Rule;

/// How many days a click counts, and how many a commission waits, where nothing else is said.
const USUAL_DAYS: (i64, i64) = (90, 30);

pub(in crate::dashboard) async fn new(viewer: Viewer) -> Page {
    if !viewer.may(Right::Change) {
        return Err(Problem::Forbidden);
    }
    Ok(making(&viewer, None))
}

/// The page on which a program is made, after a refusal with what was typed.
fn making(viewer: &Viewer, typed: Option<&Typed>) -> Response {
    let title = "Make a program";
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Programs" } " / " (title) }
        (heading(title, &html! {}))
        p.lead { "Where a partner, link or code names no program, the oldest one is meant." }
        section.panel { div.body { (form(viewer, PATH, (None, typed))) } }
    };
    view::page(viewer, title, &body)
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let program = app.catalog(&viewer).program(&id).await?;
    Ok(changing(&viewer, &program, None))
}

/// The page of a program, after a refusal with what was typed.
fn changing(viewer: &Viewer, program: &Program, typed: Option<&Typed>) -> Response {
    let id = &program.id;
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Programs" } " / " (program.name) }
        (heading(&program.name, &html! { div.beside {
            (badge(&program.status))
            a.button href=(viewer.href(&program_page::path_of(id), &[])) { "What partners see" }
            a.button href=(changes::of(viewer, id)) { "Changes" }
        } }))
        section.panel { div.body { (programs::facts(program)) } }
        @if viewer.may(Right::Change) {
            section.panel {
                div.title { h2 { "Change" } span.muted { "holds from now on; what was earned before stays as it was" } }
                div.body { (form(viewer, &path_of(id), (Some(program), typed))) }
            }
        }
    };
    view::page(viewer, &program.name, &body)
}

/// What the fields hold of a program, or of one that is not made yet.
fn values(program: Option<&Program>) -> Params {
    let ten = Rule::ten_percent();
    let rule = program.map_or(Some(&ten), |program| program.commission.as_ref());
    let unit = program.and_then(currency_of);
    let days = |of: fn(&Program) -> i64, usual| program.map_or(usual, of).to_string();
    let text = |of: fn(&Program) -> &str| program.map_or("", of).to_owned();
    let stays = program.is_some_and(|program| program.customer_stays);
    let own = [
        ("name", text(|program| &program.name)),
        (
            "pays_in",
            text(|program| program.currency.as_deref().unwrap_or_default()).to_uppercase(),
        ),
        ("status", text(|program| &program.status)),
        ("window", days(|program| program.window_days, USUAL_DAYS.0)),
        ("model", text(|program| &program.model)),
        ("stays", if stays { "yes" } else { "no" }.to_owned()),
        ("hold", days(|program| program.hold_days, USUAL_DAYS.1)),
        (
            "payout_minimum",
            rule_fields::least(program.map_or(0, |program| program.payout_minimum), unit),
        ),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    Params::of(own.into_iter().chain(rule_fields::values(rule, unit)))
}

fn form(
    viewer: &Viewer,
    action: &str,
    (program, typed): (Option<&Program>, Option<&Typed>),
) -> Markup {
    let held = held(values(program), typed);
    let unit = Currency::parse(&held.get("pays_in").to_lowercase());
    html! {
        @if let Some(typed) = typed { (typed.notice()) }
        form.fields method="post" action=(viewer.href(action, &[])) {
            (view::proof(viewer))
            fieldset.group { legend { "The program" }
                label.field { "Name" input name="name" value=(held.get("name")) required maxlength="255" autocomplete="off"; }
                label.field { "Pays in"
                    input name="pays_in" maxlength="3" size="4" value=(held.get("pays_in")) placeholder="each sale's own" autocomplete="off" spellcheck="false";
                    span.sub { "a currency; empty: that of each sale" }
                }
                @if program.is_some() {
                    label.field { "State" select name="status" {
                        @for (word, says) in [("active", "active"), ("archived", "archived")] { option value=(word) selected[word == held.get("status")] { (says) } }
                    } }
                }
            }
            (rule_fields::fields(&held, unit))
            (clicks(&held))
            (paying(&held))
            div.actions { button.button.primary type="submit" { @if program.is_some() { "Save" } @else { "Make it" } } }
        }
        p.muted { "A rule for some partners alone: as a " a href=(viewer.href("/dashboard/groups", &[])) { "group" } "." }
    }
}

fn clicks(held: &Params) -> Markup {
    let is_first = held.get("model") == "first_click";
    let stays = held.get("stays") == "yes";
    html! {
        fieldset.group { legend { "Who has brought a sale" }
            label.field { "A click counts for days" input type="number" name="window" value=(held.get("window")) min="1" max="3650" required; }
            label.field { "Of several clicks" select name="model" {
                option value="last_click" selected[!is_first] { "the last counts" }
                option value="first_click" selected[is_first] { "the first counts" }
            } }
            label.field { "Customers" select name="stays" {
                option value="yes" selected[stays] { "stay with who brought them first" }
                option value="no" selected[!stays] { "belong to the newest click" }
            } }
        }
    }
}

fn paying(held: &Params) -> Markup {
    html! {
        fieldset.group { legend { "When it is paid" }
            label.field { "Payable after days" input type="number" name="hold" value=(held.get("hold")) min="0" max="365" required; }
            label.field { "A run pays no less than"
                input name="payout_minimum" inputmode="decimal" placeholder="any amount" autocomplete="off" value=(held.get("payout_minimum"));
                span.sub { "less stays for the next one" }
            }
        }
    }
}

pub(in crate::dashboard) async fn create(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    match made(&app, &viewer, &fields).await {
        Ok(id) => Ok(Redirect::to(&viewer.href(&path_of(&id), &[])).into_response()),
        Err(problem) => {
            let typed = Typed::of(problem, fields)?;
            Ok(refused(making(&viewer, Some(&typed))))
        }
    }
}

/// The id of the program that the fields make.
async fn made(app: &App, viewer: &Viewer, fields: &Params) -> Result<String, Problem> {
    let unit = given_currency(fields)?;
    let change = ProgramChange {
        commission: Some(rule_fields::read(fields, None, unit)?),
        ..settings(fields, unit)?
    };
    Ok(app.catalog(viewer).create_program(&change).await?.id)
}

pub(in crate::dashboard) async fn change(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let program = app.catalog(&viewer).program(&id).await?;
    match changed(&app, &viewer, &program, &fields).await {
        Ok(()) => Ok(Redirect::to(&viewer.href(&path_of(&id), &[])).into_response()),
        Err(problem) => {
            let typed = Typed::of(problem, fields)?;
            Ok(refused(changing(&viewer, &program, Some(&typed))))
        }
    }
}

/// Changes a program as the fields say.
async fn changed(
    app: &App,
    viewer: &Viewer,
    program: &Program,
    fields: &Params,
) -> Result<(), Problem> {
    let unit = if is_asked(fields, "pays_in") {
        given_currency(fields)?
    } else {
        currency_of(program)
    };
    let commission = if is_asked(fields, "pays") {
        rule_fields::read_change(fields, program.commission.as_ref(), unit)?
    } else {
        None
    };
    let change = ProgramChange {
        commission,
        ..settings(fields, unit)?
    };
    app.catalog(viewer)
        .change_program(&program.id, &change)
        .await?;
    Ok(())
}

/// Whether a form has a field, be it emptied.
fn is_asked(fields: &Params, name: &str) -> bool {
    !fields.all(name).is_empty()
}

fn given_currency(fields: &Params) -> Result<Option<Currency>, Problem> {
    let given = fields.given("pays_in");
    let currency = given.map(|code| check::currency("currency", code));
    Ok(currency.transpose()?)
}

/// What the fields say besides the rule. A field that is not there says nothing; an emptied one takes the currency or the minimum away.
fn settings(fields: &Params, unit: Option<Currency>) -> Result<ProgramChange, Problem> {
    let text = |name| fields.given(name).map(str::to_owned);
    let currency = match unit {
        _ if !is_asked(fields, "pays_in") => Given::Absent,
        None => Given::Null,
        Some(currency) => Given::Value(currency.code().to_owned()),
    };
    let least = match fields.given("payout_minimum") {
        Some(least) => Some(minor(least, unit_or_usual(unit))?),
        None => is_asked(fields, "payout_minimum").then_some(0),
    };
    Ok(ProgramChange {
        name: text("name"),
        status: text("status"),
        model: text("model"),
        window_days: days(fields, "window")?,
        hold_days: days(fields, "hold")?,
        customer_stays: fields.given("stays").map(|stays| stays == "yes"),
        currency,
        payout_minimum: least,
        commission: None,
    })
}

fn days(fields: &Params, name: &str) -> Result<Option<i64>, Problem> {
    let Some(given) = fields.given(name) else {
        return Ok(None);
    };
    let number = given.parse().ok();
    number
        .map(Some)
        .ok_or_else(|| Problem::Refused("days must be a whole number".to_owned()))
}
