//! Runs that draft payouts: looked at first, with the sums and what is missing to pay them, then drafted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use super::payouts::{Missing, PATH, details_of, missing};
use super::sales::partner;
use super::scope;
use crate::app::App;
use crate::books::names::{self, Names};
use crate::catalog::check;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::view::parts::{count, empty, heading, id_link, money, number};
use crate::dashboard::{Page, view};
use crate::payouts::run::{self, Line, Outcome, Run};

/// The form that asks for a run.
pub(super) fn form(viewer: &Viewer) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Pay what is due" } }
            div.body {
                form.fields method="post" action=(viewer.href(&format!("{PATH}/runs"), &[])) {
                    (view::proof(viewer))
                    label.field { "Payable by" input type="date" name="until"; }
                    label.field { "Note" input name="note" maxlength="255" autocomplete="off" placeholder="November"; }
                    div.actions {
                        button.button.primary type="submit" { "Draft payouts" }
                        button.button type="submit" name="dry" value="yes" { "Only look" }
                    }
                    p.muted { "One for each partner, program and currency above the program's minimum. Nothing is sent before you approve it." }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn run(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let note = fields.given("note").map(|note| check::text("note", note));
    let note = note.transpose()?;
    let until = fields.time("until")?.map(|day| day.plus_seconds(86_399));
    let asked = Run {
        until,
        note: note.as_deref(),
        dry_run: fields.given("dry").is_some(),
        ..Run::default()
    };
    let lines = run::run(&app.scope(&viewer), asked).await?;
    let partners = || lines.iter().map(|line| line.partner_id.as_str());
    let names = names::partners(&scope(&app, &viewer), partners()).await?;
    let missing = missing(&app, &viewer, partners()).await?;
    let title = if asked.dry_run {
        "What a run would draft"
    } else {
        "What the run has drafted"
    };
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Payouts" } " / " "Run" }
        (heading(title, &html! { a.button href=(viewer.href(PATH, &[])) { "To the payouts" } }))
        @if lines.is_empty() {
            section.panel { (empty("Nothing to pay", &html! { p { "Nothing is due in any currency." } })) }
        } @else {
            (sums(&lines, &missing))
            @if asked.dry_run && lines.iter().any(is_drafted) { (draft_form(&viewer, &fields)) }
            section.panel { (lines_table(&viewer, &lines, &names, &missing)) }
        }
    };
    Ok(view::kept(view::page(&viewer, title, &body)))
}

const fn is_drafted(line: &Line) -> bool {
    matches!(line.outcome, Outcome::Drafted(_))
}

/// What one currency of a run comes to.
#[derive(Default)]
struct Sum {
    drafts: i64,
    drafted: i64,
    /// What stays: too little, or taken back.
    stays: i64,
}

fn sums(lines: &[Line], missing: &Missing) -> Markup {
    let mut sums: BTreeMap<Currency, Sum> = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.currency).or_default();
        if is_drafted(line) {
            sum.drafts += 1;
            sum.drafted = sum.drafted.saturating_add(line.amount);
        } else {
            sum.stays = sum.stays.saturating_add(line.amount);
        }
    }
    let is_unknown = |id: &str| missing.get(id).is_none_or(|some| !some.is_empty());
    let unknown: BTreeSet<&str> = lines
        .iter()
        .filter(|line| is_drafted(line) && is_unknown(&line.partner_id))
        .map(|line| line.partner_id.as_str())
        .collect();
    html! {
        section.panel {
            div.title { h2 { "Together" } }
            div.scroll { table {
                thead { tr { th { "Payouts" } th.n { "Amount" } th.n { "Stays" } } }
                tbody { @for (currency, sum) in &sums {
                    tr {
                        td { (count(sum.drafts)) }
                        td.n { strong { (money(sum.drafted, *currency)) } }
                        td.n { @if sum.stays == 0 { span.none { "—" } } @else { (money(sum.stays, *currency)) } }
                    }
                } }
            } }
        }
        @if !unknown.is_empty() {
            p.notice {
                "Of " (number(unknown.len(), "partner", "partners")) " it is not all known how to pay: see the payout details below. "
                "A draft is made all the same; say it before the draft is sent."
            }
        }
    }
}

/// Drafts what was looked at.
fn draft_form(viewer: &Viewer, fields: &Params) -> Markup {
    html! {
        section.panel { div.body {
            form.fields method="post" action=(viewer.href(&format!("{PATH}/runs"), &[])) {
                (view::proof(viewer))
                @for name in ["until", "note"] { @if let Some(value) = fields.given(name) { input type="hidden" name=(name) value=(value); } }
                div.actions {
                    button.button.primary type="submit" { "Draft these" }
                    a.button.quiet href=(viewer.href(PATH, &[])) { "Leave it" }
                }
            }
            p.muted { "Drafts are yours to look at and approve; nothing is sent before that. What has become due in the meantime is drafted too." }
        } }
    }
}

fn lines_table(viewer: &Viewer, lines: &[Line], names: &Names, missing: &Missing) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Partner" } th { "Payout details" } th { "Outcome" } th.n { "Amount" } } }
            tbody { @for line in lines {
                tr {
                    td { (partner(viewer, Some(&line.partner_id), names)) }
                    td { (details_of(viewer, &line.partner_id, missing)) }
                    td {
                        @match &line.outcome {
                            Outcome::Drafted(Some(id)) => { "drafted " (id_link(viewer, "payouts", id)) }
                            Outcome::Drafted(None) => { "would be drafted" }
                            Outcome::BelowMinimum(minimum) => { span.muted { "stays: below the minimum of " (money(*minimum, line.currency)) } }
                            Outcome::Negative => { span.muted { "carried: more was taken back than earned" } }
                        }
                    }
                    td.n { (money(line.amount, line.currency)) }
                }
            } }
        } }
    }
}
