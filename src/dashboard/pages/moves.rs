//! What a decision would do, before it is done: the entries that would be written and the balances that would change, with a form that does it.

use maud::{Markup, html};
use providers::Currency;

use super::sales::partner;
use crate::app::App;
use crate::books::names::{self, Names};
use crate::catalog::{Consequences, NewEntry};
use crate::dashboard::guard::Viewer;
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{empty, heading, money};
use crate::dashboard::view::proof;
use crate::dashboard::view::words::worded;
use crate::dashboard::{Page, view};

use super::scope;

/// The most entries that are shown.
const ENTRIES_MAX: usize = 100;

/// A decision that is looked at before it is made.
pub(super) struct Asked<'a> {
    /// What it is, as a heading.
    pub(super) title: &'a str,
    /// In a sentence.
    pub(super) says: Markup,
    /// Where its form goes.
    pub(super) action: &'a str,
    /// The fields that the form takes along.
    pub(super) fields: &'a [&'a str],
    /// What does it, as a button says.
    pub(super) button: &'a str,
    /// The page that it is about: where it leads, and its name.
    pub(super) about: (&'a str, &'a str),
}

/// Whether a form asks what would happen, or has it done.
pub(super) fn is_preview(fields: &Params) -> Result<bool, Problem> {
    match fields.get("do") {
        "preview" => Ok(true),
        "run" => Ok(false),
        _ => Err(Problem::Forged),
    }
}

/// The page that shows what would happen.
pub(super) async fn preview(
    app: &App,
    viewer: &Viewer,
    asked: (Asked<'_>, &Params),
    consequences: &Consequences,
) -> Page {
    preview_of(app, viewer, asked, (&html! {}, consequences)).await
}

/// The same, with what it is about.
pub(super) async fn preview_of(
    app: &App,
    viewer: &Viewer,
    (asked, given): (Asked<'_>, &Params),
    (listed, consequences): (&Markup, &Consequences),
) -> Page {
    let partners = consequences.entries.iter();
    let partners = partners.map(|entry| entry.partner_id.as_str());
    let names = names::partners(&scope(app, viewer), partners).await?;
    let (back, name) = asked.about;
    let body = html! {
        p.crumbs { a href=(viewer.href(back, &[])) { (name) } " / " (asked.title) }
        (heading(asked.title, &html! {}))
        p.verdict { (asked.says) }
        (listed)
        (moved(viewer, consequences, &names))
        section.panel { div.body {
            form.stacked method="post" action=(viewer.href(asked.action, &[])) {
                (proof(viewer))
                @for field in asked.fields { @for value in given.all(field) { @if !value.is_empty() { input type="hidden" name=(field) value=(value); } } }
                @if let Some(reason) = given.given("reason") { p { span.muted { "Reason: " } (reason) } }
                div.actions {
                    button.button.primary type="submit" name="do" value="run" { (asked.button) }
                    a.button.quiet href=(viewer.href(back, &[])) { "Leave it" }
                }
            }
        } }
    };
    Ok(view::kept(view::page(viewer, asked.title, &body)))
}

fn moved(viewer: &Viewer, consequences: &Consequences, names: &Names) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Entries that would be written" } span.muted { "nothing is written yet" } }
            @if consequences.entries.is_empty() {
                (empty("No entry", &html! { p { "The ledger has it already." } }))
            } @else {
                div.scroll { table {
                    thead { tr { th { "Entry" } th { "Partner" } th { "Payable" } th.n { "Amount" } } }
                    tbody { @for entry in consequences.entries.iter().take(ENTRIES_MAX) { (row(viewer, entry, names)) } }
                } }
            }
        }
        @if !consequences.balances.is_empty() {
            section.panel {
                div.title { h2 { "Balances" } }
                div.scroll { table {
                    thead { tr { th { "Partner" } th.n { "Before" } th.n { "After" } } }
                    tbody { @for balance in &consequences.balances {
                        tr {
                            td { (partner(viewer, Some(&balance.partner_id), names)) }
                            td.n { (written(balance.before, &balance.currency)) }
                            td.n { (written(balance.after, &balance.currency)) }
                        }
                    } }
                } }
            }
        }
    }
}

fn row(viewer: &Viewer, entry: &NewEntry, names: &Names) -> Markup {
    html! {
        tr {
            td { (entry.kind) span.sub { (worded(&entry.reason)) } }
            td { (partner(viewer, Some(&entry.partner_id), names)) }
            td.tight { (entry.available_at.get(..10).unwrap_or_default()) }
            td.n { (written(entry.amount, &entry.currency)) }
        }
    }
}

fn written(minor: i64, currency: &str) -> Markup {
    let known = Currency::parse(currency);
    known.map_or_else(
        || html! { (minor) " " (currency) },
        |currency| money(minor, currency),
    )
}
