//! One payout: what it pays, how far it is and who has done what, its next steps, and its statement.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::partners::entry_about;
use super::payouts::PATH;
use super::sales::partner;
use super::{changes, scope};
use crate::app::App;
use crate::books::entries::{self, By, Entry, Kind};
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::payouts::{self, Payout, Status};
use crate::books::{Part, Scope};
use crate::catalog::check;
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    amount, badge, day, encoded, heading, id_link, money, short, time,
};
use crate::dashboard::view::statement::{self, Told};
use crate::dashboard::view::words::{spaced, worded};
use crate::dashboard::{Page, view};
use crate::payouts::details;
use crate::payouts::settings;
use crate::payouts::steps::{self, Sending, StepError};
use crate::payouts::{self as paying, Taken};

/// The most entries that are shown of a payout.
const ENTRIES_MAX: i64 = 5_000;

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let scope = scope(&app, &viewer);
    let payout = payouts::find(&scope, &id).await?.ok_or(Problem::NotFound)?;
    let entries = entries_of(&scope, &id).await?;
    let mut names = names::partners(&scope, [payout.partner_id.as_str()]).await?;
    let about = entries.iter().map(|entry| entry.subject_id.as_str());
    names.append(&mut names::subjects(&scope, about).await?);
    let title = format!(
        "{} to {}",
        amount(payout.amount, payout.currency),
        names.get(&payout.partner_id).unwrap_or(&payout.partner_id)
    );
    let statement = viewer.href(&format!("{PATH}/{}/statement", encoded(&id)), &[]);
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Payouts" } " / " (short(&id)) }
        (heading(&title, &html! {
            div.beside {
                (badge(payout.status.word()))
                @if payout.statement_number.is_some() { a.button href=(statement) { "Statement" } }
                a.button href=(changes::of(&viewer, &id)) { "Changes" }
            }
        }))
        div.wide-narrow {
            section.panel {
                div.title { h2 { "What it pays" } }
                (entries_table(&viewer, &entries, &names))
            }
            div.side-panels {
                (facts(&viewer, &payout, &names))
                @if viewer.may(Right::Change) { (actions(&viewer, &payout)) }
            }
        }
    };
    Ok(view::page(&viewer, "Payout", &body))
}

/// What a payout pays, or paid until it was taken back.
async fn entries_of(scope: &Scope<'_>, id: &str) -> Result<Vec<Entry>, Problem> {
    let part = Part {
        after: "",
        rows: ENTRIES_MAX,
        looks: LOOKS,
    };
    let mut rows = entries::list(scope, &[By::OfPayout(id)], part).await?.rows;
    rows.retain(|entry| !matches!(entry.kind, Kind::Payout | Kind::Reversal));
    Ok(rows)
}

fn entries_table(viewer: &Viewer, entries: &[Entry], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Day" } th { "Entry" } th.n { "Amount" } } }
            tbody { @for entry in entries {
                tr {
                    td.tight.r2 { (day(entry.occurred_at)) }
                    td.r1 { (entry_about(viewer, entry, names)) span.sub { (worded(&entry.reason)) } }
                    td.n.r1 { (money(entry.amount, entry.currency)) }
                }
            } }
        } }
    }
}

fn facts(viewer: &Viewer, payout: &Payout, names: &Names) -> Markup {
    let steps = [
        ("Approved", &payout.approved),
        ("Sent", &payout.sent),
        ("Paid", &payout.paid),
    ];
    html! {
        section.panel {
            div.title { h2 { "The payout" } }
            div.body { dl.facts {
                dt { "Amount" } dd { (money(payout.amount, payout.currency)) }
                dt { "Partner" } dd { (partner(viewer, Some(&payout.partner_id), names)) }
                dt { "Made" } dd { (time(payout.created_at)) }
                @for (what, step) in steps {
                    @if let Some((at, by)) = step { dt { (what) } dd { (time(*at)) " by " (by) } }
                }
                @if let Some(at) = payout.reversed_at {
                    dt { "Taken back" } dd { (time(at)) @if let Some(why) = &payout.reversed_reason { ": " (why) } }
                }
                @if let Some(method) = &payout.method { dt { "By" } dd { (method) } }
                @if let Some(reference) = &payout.reference { dt { "Reference" } dd { code { (reference) } } }
                @if let Some(note) = &payout.note { dt { "Note" } dd { (note) } }
                dt { "Id" } dd { code { (payout.id) } }
            } }
        }
    }
}

fn actions(viewer: &Viewer, payout: &Payout) -> Markup {
    let steps: &[(&str, &str, bool)] = match payout.status {
        Status::Draft => &[("approve", "Approve", false), ("discard", "Discard", false)],
        Status::Approved => &[("send", "It is sent", false), ("discard", "Discard", false)],
        Status::Sent => &[
            ("confirm", "It has arrived", false),
            ("fail", "It did not arrive", true),
        ],
        Status::Paid => &[("reverse", "Take it back", true)],
        Status::Failed | Status::Reversed => &[],
    };
    let action = viewer.href(&format!("{PATH}/{}/step", encoded(&payout.id)), &[]);
    html! {
        @if !steps.is_empty() {
            section.panel {
                div.title { h2 { "Next" } }
                div.body {
                    @for (step, words, asks_why) in steps {
                        form.fields method="post" action=(action) {
                            (view::proof(viewer))
                            input type="hidden" name="step" value=(step);
                            @if *asks_why { p.sub { "What it has paid is due again at once; its entry stays, and another gives the amount back." } }
                            @if *asks_why { label.field { "Why" input name="reason" required maxlength="255" autocomplete="off"; } }
                            @if ["send", "confirm"].contains(step) { label.field { "Reference" input name="reference" maxlength="255" autocomplete="off"; } }
                            div.actions { button.button type="submit" { (words) } }
                        }
                    }
                }
            }
        }
    }
}

pub(in crate::dashboard) async fn step(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let scope = app.scope(&viewer);
    let reference = fields.given("reference");
    let reference = reference.map(|text| check::text("reference", text));
    let reference = reference.transpose()?;
    let reason = || check::text("reason", fields.get("reason"));
    let refused = |error| problem(error, None);
    match fields.get("step") {
        "approve" => steps::approve(&scope, &id).await.map_err(refused)?,
        "send" => {
            let sending = Sending {
                method: "other",
                batch_id: None,
                reference: reference.as_deref(),
            };
            steps::send(&scope, &id, sending).await.map_err(refused)?;
        }
        "confirm" => {
            let confirmed = steps::confirm(&scope, &id, reference.as_deref()).await;
            confirmed.map_err(refused)?;
        }
        "fail" => taken(paying::fail(&scope, &id, &reason()?).await?)?,
        "reverse" => taken(paying::reverse(&scope, &id, &reason()?).await?)?,
        "discard" => {
            steps::discard(&scope, &id).await.map_err(refused)?;
            return Ok(Redirect::to(&viewer.href(PATH, &[])).into_response());
        }
        _ => return Err(Problem::Refused("there is no such step".to_owned())),
    }
    let page = viewer.href(&format!("{PATH}/{}", encoded(&id)), &[]);
    Ok(Redirect::to(&page).into_response())
}

/// What came of taking a payout back.
fn taken(taken: Taken) -> Result<(), Problem> {
    match taken {
        Taken::Back => Ok(()),
        Taken::Unknown => Err(Problem::NotFound),
        Taken::NotSent => Err(Problem::Refused("nothing of it was sent yet".to_owned())),
    }
}

/// Why a step was not taken, with which payout where there were several.
pub(super) fn problem(error: StepError, id: Option<&str>) -> Problem {
    match (error, id) {
        (StepError::Unknown, _) => Problem::NotFound,
        (StepError::Store(error), _) => error.into(),
        (error, Some(id)) => Problem::Refused(format!("{id}: {error}")),
        (error, None) => Problem::Refused(error.to_string()),
    }
}

/// The statement, to be printed.
pub(in crate::dashboard) async fn statement_of(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let scope = scope(&app, &viewer);
    let payout = payouts::find(&scope, &id).await?.ok_or(Problem::NotFound)?;
    let Some(number) = payout.statement_number else {
        let message = "a payout has a statement once it is sent";
        return Err(Problem::Refused(message.to_owned()));
    };
    let entries = entries_of(&scope, &id).await?;
    let partner = payout.partner_id.as_str();
    let settings = settings::get(&scope, &app.seal).await?;
    let details = details::of_partners(&scope, &app.seal, [partner]).await?;
    let names = names::partners(&scope, [partner]).await?;
    let name = names.get(partner).map_or(partner, String::as_str);
    let details = details.get(partner).map(|opened| opened.details.clone());
    let told = Told {
        merchant: viewer.organization.name.clone(),
        settings,
        payee: name.to_owned(),
        details: details.unwrap_or_default(),
    };
    let title = format!("Statement {number}");
    let body = html! {
        p.crumbs.unprinted { a href=(viewer.href(PATH, &[])) { "Payouts" } " / " (id_link(&viewer, "payouts", &id)) " / " (title) }
        (sheet(&told, &payout, number, &entries))
    };
    Ok(view::page(&viewer, &title, &body))
}

/// The sheet: who pays whom, when, and for what.
fn sheet(told: &Told, payout: &Payout, number: i64, entries: &[Entry]) -> Markup {
    html! {
        section.panel.statement {
            div.title { h1 { (told.title()) } span { "No. " (number) } }
            div.body { (told.parties()) (statement::facts(payout)) }
            div.scroll { table {
                thead { tr { th { "Day" } th { "What" } th.wide { "For" } th.n { "Amount" } } }
                tbody { @for entry in entries {
                    tr {
                        td.tight { (day(entry.occurred_at)) }
                        td { (entry.kind.word()) span.sub { (worded(&entry.reason)) } }
                        td.wide { code { (short(&entry.subject_id)) } }
                        td.n { (money(entry.amount, entry.currency)) }
                    }
                }
                tr { td colspan="2" { strong { "Total" } } td.wide {} td.n { strong { (money(payout.amount, payout.currency)) } } } }
            } }
            div.body {
                @for note in told.notes() { p.muted { (note) } }
                @let missing: Vec<String> = told.missing().into_iter().map(spaced).collect();
                @if !missing.is_empty() { p.muted { "Not known of the partner: " (missing.join(", ")) "." } }
            }
        }
    }
}
