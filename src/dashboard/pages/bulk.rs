//! One decision about many commissions: those that a list's filters let through. What it would do is shown first, with each commission; what is then
//! done is done to the very ones that were shown, whatever has come meanwhile.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::commissions::{FILTERS, called, conditions, id, table};
use super::decide::{DECISIONS, reason_field};
use super::moves::{self, Asked, is_preview};
use super::{changes, scope};
use crate::app::App;
use crate::books::commissions::{self, Commission};
use crate::books::{Part, decisions};
use crate::catalog::{BULK_MAX, DecidedOne, Verdict};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{heading, number};
use crate::dashboard::{Page, view};
use crate::ledger::decision::Decision;

const PATH: &str = "/dashboard/commissions/decisions";
const LIST: &str = "/dashboard/commissions";

/// How many parts of the list are looked at for those that something else has been decided about.
const PARTS_MAX: usize = 50;

/// The form, for who may: it takes the filters of the list along.
pub(super) fn form(viewer: &Viewer) -> Markup {
    if !viewer.may(Right::Change) {
        return html! {};
    }
    let filtered = FILTERS
        .iter()
        .any(|name| viewer.params.given(name).is_some());
    html! {
        section.panel {
            details.figures.first { summary { "Decide about " @if filtered { "all that match" } @else { "all of them" } " …" }
                div.body { form.fields method="post" action=(viewer.href(PATH, &[])) {
                    (view::proof(viewer))
                    @for name in FILTERS { @if let Some(value) = viewer.params.given(name) { input type="hidden" name=(name) value=(value); } }
                    label.field { "The commissions" select name="decision" required {
                        @for (decision, says) in DECISIONS { option value=(decision.verb()) { (says) } }
                    } }
                    (reason_field())
                    div.actions { button.button type="submit" name="do" value="preview" { "Preview" } }
                } }
            }
        }
    }
}

/// Nothing is here to be looked at.
pub(in crate::dashboard) async fn list(viewer: Viewer) -> Page {
    Ok(Redirect::to(&viewer.href(LIST, &[])).into_response())
}

pub(in crate::dashboard) async fn decide(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let is_preview = is_preview(&fields)?;
    let verdict = Verdict::new(fields.given("decision"), fields.given("reason"))?;
    if is_preview {
        return preview(&app, &viewer, &fields, &verdict).await;
    }
    let ids = fields.all("id");
    if !(1..=BULK_MAX).contains(&ids.len()) {
        return Err(Problem::Forged);
    }
    let outcomes = app.catalog(&viewer).decide_all(&ids, &verdict).await?;
    Ok(done(&viewer, &outcomes))
}

async fn preview(app: &App, viewer: &Viewer, fields: &Params, verdict: &Verdict) -> Page {
    let (found, more) = meant(app, viewer, fields, verdict.decision).await?;
    if found.is_empty() {
        let message = "there is no commission among these that this would change";
        return Err(Problem::Refused(message.to_owned()));
    }
    let ids: Vec<String> = found.iter().map(id).collect();
    let (_, consequences) = app.catalog(viewer).preview_all(&ids, verdict).await?;
    let names = called(&scope(app, viewer), &found).await?;
    let says = DECISIONS.iter().find(|(one, _)| *one == verdict.decision);
    let title = format!(
        "Decide about {}",
        number(found.len(), "commission", "commissions")
    );
    let given = ["decision", "reason"]
        .into_iter()
        .map(|name| (name.to_owned(), fields.get(name).to_owned()))
        .chain(ids.into_iter().map(|id| ("id".to_owned(), id)));
    let given = Params::of(given);
    let asked = Asked {
        title: &title,
        says: html! {
            (says.map_or("", |(_, says)| says)) "."
            @if more { " These are the newest " (found.len()) " that match: decide, then look again for the others." }
        },
        action: PATH,
        fields: &["id", "decision", "reason"],
        button: "Decide so about all of them",
        about: (LIST, "Commissions"),
    };
    let listed = html! {
        section.panel {
            div.title { h2 { "The commissions" } span.muted { "as they are now" } }
            (table(viewer, &found, &names))
        }
    };
    moves::preview_of(app, viewer, (asked, &given), (&listed, &consequences)).await
}

/// The commissions that the filters let through and of which this is not decided already, at most as many as are decided at once; and whether there
/// are more.
async fn meant(
    app: &App,
    viewer: &Viewer,
    fields: &Params,
    decision: Decision,
) -> Result<(Vec<Commission>, bool), Problem> {
    let scope = scope(app, viewer);
    let by = conditions(fields, viewer.livemode)?;
    let rows = i64::try_from(BULK_MAX).unwrap_or(i64::MAX);
    let mut after = String::new();
    let mut found: Vec<Commission> = Vec::new();
    for _ in 0..PARTS_MAX {
        let part = commissions::list(&scope, &by, Part::first(rows).from(&after)).await?;
        let is_full = part.rows.len() >= BULK_MAX;
        let last = part.rows.last().filter(|_| is_full);
        let next = last.map(|one| one.tail.clone()).or(part.go_on);
        let subjects = part.rows.iter().map(Commission::subject_id);
        let decided = decisions::of(&scope, subjects).await?;
        let stands = |one: &Commission| {
            let standing = decided.get(one.subject_id());
            standing.map_or(Decision::Reinstated, |standing| standing.decided.decision) == decision
        };
        found.extend(part.rows.into_iter().filter(|one| !stands(one)));
        if found.len() > BULK_MAX {
            break;
        }
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let more = found.len() > BULK_MAX;
    found.truncate(BULK_MAX);
    Ok((found, more))
}

fn done(viewer: &Viewer, outcomes: &[DecidedOne]) -> axum::response::Response {
    let decided = outcomes.iter().filter(|one| one.outcome == "decided");
    let decided = decided.count();
    let others = outcomes.len() - decided;
    let body = html! {
        p.crumbs { a href=(viewer.href(LIST, &[])) { "Commissions" } " / Decided" }
        (heading("Decided", &html! {}))
        p.verdict { strong { (number(decided, "commission has", "commissions have")) } " been decided about. The figures follow within seconds." }
        @if others > 0 { p.notice { (number(others, "other was", "others were")) " left: that stood already, or it is no commission any more." } }
        div.actions {
            a.button.primary href=(viewer.href(LIST, &[])) { "To the commissions" }
            a.button href=(viewer.href(changes::PATH, &[("type", "commission.decided")])) { "What was changed" }
        }
    };
    view::page(viewer, "Decided", &body)
}
