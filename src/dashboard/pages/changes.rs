//! What was changed, by whom and why. It is read here and nothing else.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;
use serde_json::{Map, Value};

use super::sales::partner;
use super::{programs, scope, sheets};
use crate::app::App;
use crate::books::changes::{self, By, Change};
use crate::books::names::{self, Names};
use crate::changes::What;
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    amount, choice, csv_link, day_field, empty, filters, heading, id_link, pager, said, short,
    text_field, time,
};
use crate::dashboard::view::words::{spaced, worded};
use crate::dashboard::{Page, view};
use crate::explain;
use crate::ledger::rule::Rule;

/// The path of the page.
pub(in crate::dashboard) const PATH: &str = "/dashboard/changes";

/// The longest value that is shown whole, in characters.
const VALUE_MAX_CHARS: usize = 120;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_changes(app, viewer).await;
    }
    let place = Place::of(&viewer)?;
    let by = conditions(&viewer)?;
    let found = changes::list(&scope(&app, &viewer), &by, place.part()).await?;
    let (rows, next) = place.cut(found, |change| change.id.clone());
    let called = Called::of(&app, &viewer, &rows).await?;
    let body = html! {
        (heading("Changes", &html! { div.beside { (csv_link(&viewer)) } }))
        p.lead { "Each change that a person, a key or a command has made. Lines are added and never changed." }
        (filters(&viewer, &fields(&viewer)))
        section.panel {
            @if rows.is_empty() { (empty("No change matches", &html! { p { "Take a filter away to see more." } })) }
            @else { (table(&viewer, &rows, &called)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Changes", &body))
}

/// Where the changes of something are.
pub(in crate::dashboard) fn of(viewer: &Viewer, subject_id: &str) -> String {
    viewer.href(PATH, &[("subject", subject_id)])
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = Vec::new();
    by.extend(params.given("subject").map(By::Subject));
    by.extend(params.given("actor").map(By::Actor));
    by.extend(params.word("type", What::ALL, What::word)?.map(By::What));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

fn fields(viewer: &Viewer) -> Markup {
    let words: Vec<(&str, &str)> = What::ALL
        .iter()
        .map(|what| (what.word(), what.word()))
        .collect();
    html! {
        (text_field(viewer, ("subject", "What (its id)"), "prt_…"))
        (text_field(viewer, ("actor", "Who (an id, or command)"), "key_…"))
        (choice(viewer, ("type", "Change"), &words))
        (day_field(viewer, ("from", "From")))
        (day_field(viewer, ("to", "To")))
    }
}

/// How the partners and programs of some changes are called.
struct Called {
    partners: Names,
    programs: Vec<(String, String)>,
}

impl Called {
    async fn of(app: &App, viewer: &Viewer, rows: &[Change]) -> Result<Self, Problem> {
        let members = rows
            .iter()
            .filter_map(|change| change.details.get("partnerId"));
        let named = members.filter_map(Value::as_str);
        let subjects = rows.iter().map(|change| change.subject_id.as_str());
        let partners = subjects.filter(|id| id.starts_with("prt_")).chain(named);
        let names_program = |change: &Change| change.details.get("programId").is_some();
        let programs = if rows.iter().any(names_program) {
            programs::all(app, viewer).await?
        } else {
            Vec::new()
        };
        let programs = programs.into_iter();
        Ok(Self {
            partners: names::partners(&scope(app, viewer), partners).await?,
            programs: programs.map(|program| (program.id, program.name)).collect(),
        })
    }

    /// A program's name; an id where it is not among those that are known.
    fn program<'a>(&'a self, id: &'a str) -> &'a str {
        let known = self.programs.iter().find(|(known, _)| known == id);
        known.map_or(id, |(_, name)| name)
    }
}

fn table(viewer: &Viewer, rows: &[Change], called: &Called) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "When" } th { "Who" } th { "Change" } th { "What" } th { "Details" } } }
            tbody { @for change in rows { (row(viewer, change, called)) } }
        } }
    }
}

fn row(viewer: &Viewer, change: &Change, called: &Called) -> Markup {
    let by = viewer.href(PATH, &[("actor", &change.actor_id)]);
    html! {
        tr {
            td.tight.r1.end { (time(change.at)) }
            td.who.r2 { a href=(by) { (change.actor_name.expose()) } span.sub { (change.actor_kind) } }
            td.tight.r1 { (change.what.word()) }
            td.r2.end { (subject(viewer, &change.subject_id, called)) }
            td.r3.all {
                @if let Some(reason) = &change.reason { div { "“" (reason) "”" } }
                @if let Value::Object(members) = &change.details {
                    @let paid = sum(members);
                    @if let Some(sum) = &paid { div.muted { "amount: " (sum) } }
                    @for (name, value) in members.iter().filter(|(name, _)| paid.is_none() || !SUM.contains(&name.as_str())) {
                        div.muted { (detail(viewer, (name, value), called)) }
                    }
                }
            }
        }
    }
}

/// What was changed, and where it is shown.
fn subject(viewer: &Viewer, id: &str, called: &Called) -> Markup {
    if called.partners.contains_key(id) {
        return partner(viewer, Some(id), &called.partners);
    }
    for (prefix, folder) in [
        ("prt_", "partners"),
        ("sale_", "sales"),
        ("evt_", "events"),
        ("clk_", "clicks"),
        ("cus_", "customers"),
        ("src_", "sources"),
    ] {
        if id.starts_with(prefix) {
            return id_link(viewer, folder, id);
        }
    }
    html! { a.id href=(of(viewer, id)) title=(id) { (short(id)) } }
}

/// The members that are one sum of money.
const SUM: [&str; 2] = ["amount", "currency"];

/// What was changed by, where it is money: as people write it.
fn sum(members: &Map<String, Value>) -> Option<String> {
    let minor = members.get("amount")?.as_i64()?;
    let currency = Currency::parse(members.get("currency")?.as_str()?)?;
    Some(amount(minor, currency))
}

fn detail(viewer: &Viewer, (name, value): (&str, &Value), called: &Called) -> Markup {
    let edit = value.as_object().filter(|edit| edit.len() == 2);
    let edit = edit.and_then(|edit| Some((edit.get("before")?, edit.get("after")?)));
    let label = spaced(name);
    let written = |value: &Value| match (name, value) {
        ("livemode", Value::Bool(live)) => if *live { "live" } else { "test" }.to_owned(),
        ("programId", Value::String(id)) => called.program(id).to_owned(),
        (_, value) => text(value),
    };
    html! {
        (match name { "livemode" => "ledger", _ => label.strip_suffix(" id").unwrap_or(&label) }) ": "
        @match (edit, value.as_str()) {
            (Some((before, after)), _) => { (said(viewer, &written(before))) " → " strong { (said(viewer, &written(after))) } }
            (None, Some(id)) if called.partners.contains_key(id) => { (partner(viewer, Some(id), &called.partners)) }
            (None, _) => { (said(viewer, &written(value))) }
        }
    }
}

fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => serde_json::from_value::<Rule>(other.clone()).map_or_else(
            |_no_rule| other.to_string(),
            |rule| worded(&explain::rule_in_words(&rule)),
        ),
    };
    if text.chars().count() <= VALUE_MAX_CHARS {
        return text;
    }
    let begin: String = text.chars().take(VALUE_MAX_CHARS).collect();
    format!("{begin}…")
}
