//! Bonuses and corrections: all of them, and one with its entry. They are booked on a partner's page, once, and never changed: another one takes back.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};
use providers::Currency;

use super::programs::all as programs;
use super::sales::partner;
use super::{changes, scope, sheets};
use crate::app::App;
use crate::books::Part;
use crate::books::adjustments::{self, Adjustment, By, Kind};
use crate::books::entries::{self, By as EntryBy};
use crate::books::names::{self, Names};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    badge, choice, csv_link, day_field, encoded, filters, heading, id_link, money, none_matches,
    pager, test_badge, text_field, time,
};
use crate::dashboard::{Page, view};

const PATH: &str = "/dashboard/adjustments";

const KINDS: [(&str, &str); 2] = [("bonus", "bonus"), ("correction", "correction")];

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_adjustments(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = adjustments::list(&scope, &conditions(&viewer)?, place.part()).await?;
    let (rows, next) = place.cut(found, |one| one.id.clone());
    let names = names::partners(&scope, rows.iter().map(|one| one.partner_id.as_str())).await?;
    let programs = programs(&app, &viewer).await?;
    let programs: Vec<(&str, &str)> = programs
        .iter()
        .map(|program| (program.id.as_str(), program.name.as_str()))
        .collect();
    let fields = html! {
        (choice(&viewer, ("kind", "Kind"), &KINDS))
        (text_field(&viewer, ("partner", "Partner"), "prt_…"))
        @if programs.len() > 1 { (choice(&viewer, ("program", "Program"), &programs)) }
        (text_field(&viewer, ("currency", "Currency"), "USD"))
        (day_field(&viewer, ("from", "From")))
        (day_field(&viewer, ("to", "To")))
    };
    let none = html! { p { "Book one on the page of a " a href=(viewer.href("/dashboard/partners", &[])) { "partner" } ": a bonus, or what puts a mistake right." } };
    let body = html! {
        (heading("Adjustments", &html! { div.beside { (csv_link(&viewer)) } }))
        p.lead { "Bonuses and corrections: what was given to partners, or taken, beside sales and leads. Each is one entry of the ledger, with its reason." }
        (filters(&viewer, &fields))
        section.panel {
            @if rows.is_empty() { (none_matches(&viewer, next.is_some(), "adjustment", &none)) }
            @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Adjustments", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = vec![By::Ledger(viewer.livemode)];
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("program").map(By::Program));
    by.extend(params.word("kind", Kind::ALL, Kind::word)?.map(By::Kind));
    if let Some(given) = params.given("currency") {
        let wrong = || Problem::Refused("currency must be a code such as USD".to_owned());
        by.push(By::Currency(Currency::parse(given).ok_or_else(wrong)?));
    }
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

fn table(viewer: &Viewer, rows: &[Adjustment], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Booked" } th { "Adjustment" } th { "Partner" } th { "Reason" } th.n { "Amount" } } }
            tbody { @for one in rows {
                tr {
                    td.r3 { (time(one.created_at)) }
                    td.r1 { a href=(viewer.href(&format!("{PATH}/{}", encoded(&one.id)), &[])) { (one.kind.word()) } " " (test_badge(one.livemode)) }
                    td.r2 { (partner(viewer, Some(&one.partner_id), names)) }
                    td.why { (one.reason) }
                    td.n.r1 { (money(one.amount, one.currency)) }
                }
            } }
        } }
    }
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let found = adjustments::find(&scope(&app, &viewer), &id).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let viewer = viewer.in_ledger(found.livemode);
    let scope = scope(&app, &viewer);
    let names = names::partners(&scope, [found.partner_id.as_str()]).await?;
    let by = [EntryBy::Ledger(found.livemode), EntryBy::Subject(&found.id)];
    let booked = entries::list(&scope, &by, Part::first(1)).await?;
    let paid_by = booked
        .rows
        .iter()
        .find_map(|entry| entry.paid_by.as_deref());
    let program = app.catalog(&viewer).program(&found.program_id).await?;
    let title = match found.kind {
        Kind::Bonus => "Bonus",
        Kind::Correction => "Correction",
    };
    let body = html! {
        p.crumbs { a href=(viewer.href(PATH, &[])) { "Adjustments" } " / " (title) }
        (heading(title, &html! {
            div.beside {
                (test_badge(found.livemode)) @if paid_by.is_some() { (badge("paid")) }
                a.button href=(changes::of(&viewer, &found.id)) { "Changes" }
            }
        }))
        p.verdict { (partner(&viewer, Some(&found.partner_id), &names)) @if found.amount < 0 { " was taken " } @else { " was given " } strong { (money(found.amount.saturating_abs(), found.currency)) } ": " (found.reason) }
        section.panel { div.body { dl.facts {
            dt { "Booked" } dd { (time(found.created_at)) ", due at once" }
            dt { "Program" } dd { (program.name) }
            dt { "Paid" } dd { @match paid_by { Some(payout) => { (id_link(&viewer, "payouts", payout)) } None => { "not yet" } } }
            @for entry in &booked.rows { dt { "Entry" } dd { code { (entry.id) } } }
            dt { "Id" } dd { code { (found.id) } }
            dt { "Caller's key" } dd { code { (found.key) } }
        } } }
    };
    Ok(view::page(&viewer, title, &body))
}
