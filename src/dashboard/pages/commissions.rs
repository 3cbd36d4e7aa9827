//! Commissions: what each sale and lead has earned for a partner, what is left of it, and when it may be paid.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::sales::partner;
use super::{STATUSES, bulk, scope, sheets};
use crate::app::App;
use crate::books::commissions::{self, By, Commission, Subject};
use crate::books::names::{self, Names};
use crate::books::sales::Status;
use crate::dashboard::guard::Viewer;
use crate::dashboard::params::Params;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    badge, choice, csv_link, day_field, encoded, filters, heading, money, none_matches, pager,
    short, spoken_day, test_badge, text_field, time,
};
use crate::dashboard::{Page, view};
use crate::id::COMMISSION;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_commissions(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = commissions::list(
        &scope,
        &conditions(&viewer.params, viewer.livemode)?,
        place.part(),
    )
    .await?;
    let (rows, next) = place.cut(found, |one| one.tail.clone());
    let names = names::partners(&scope, rows.iter().map(|one| one.partner_id.as_str())).await?;
    let fields = html! {
        (choice(&viewer, ("status", "State"), &STATUSES))
        (text_field(&viewer, ("partner", "Partner"), "prt_…"))
        (day_field(&viewer, ("from", "From")))
        (day_field(&viewer, ("to", "To")))
    };
    let none = html! { p { "A commission appears here when a sale or lead is known that a partner has brought." } };
    let body = html! {
        (heading("Commissions", &html! { div.beside { (csv_link(&viewer)) } }))
        (filters(&viewer, &fields))
        @if !rows.is_empty() { (bulk::form(&viewer)) }
        section.panel {
            @if rows.is_empty() { (none_matches(&viewer, next.is_some(), "commission", &none)) }
            @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Commissions", &body))
}

/// What the list may be asked for.
pub(super) const FILTERS: &[&str] = &["status", "partner", "program", "from", "to"];

pub(super) fn conditions(params: &Params, livemode: bool) -> Result<Vec<By<'_>>, Problem> {
    let (from, to) = params.days()?;
    let mut by = vec![By::Ledger(livemode)];
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("program").map(By::Program));
    let status = params.word("status", Status::ALL, Status::word)?;
    by.extend(status.map(By::Status));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

/// A commission's id.
pub(super) fn id(one: &Commission) -> String {
    format!("{COMMISSION}_{}", one.tail)
}

/// The sale or lead that it is for.
pub(super) fn subject_id(one: &Commission) -> &str {
    match &one.subject {
        Subject::Sale(id) | Subject::Lead(id) => id,
    }
}

fn href(viewer: &Viewer, one: &Commission) -> String {
    let folder = match one.subject {
        Subject::Sale(_) => "sales",
        Subject::Lead(_) => "leads",
    };
    let path = format!("/dashboard/{folder}/{}", encoded(subject_id(one)));
    viewer.href_in(one.livemode, &path, &[])
}

pub(super) fn table(viewer: &Viewer, rows: &[Commission], names: &Names) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Earned" } th { "For" } th { "Partner" } th.n.wide { "When sold" } th.n.wide { "Taken back" } th.n { "Left" } th { "State" } } }
            tbody { @for one in rows { (row(viewer, one, names)) } }
        } }
    }
}

fn row(viewer: &Viewer, one: &Commission, names: &Names) -> Markup {
    let back = one.full.saturating_sub(one.amount);
    html! {
        tr {
            td { (time(one.occurred_at)) }
            td { a.id href=(href(viewer, one)) title=(subject_id(one)) { (short(subject_id(one))) } " " (test_badge(one.livemode)) }
            td { (partner(viewer, Some(&one.partner_id), names)) }
            td.n.wide { (money(one.full, one.currency)) }
            td.n.wide { @if back == 0 { span.none { "—" } } @else { (money(back, one.currency)) } }
            td.n { (money(one.amount, one.currency)) }
            td.tight { (state(viewer, one)) }
        }
    }
}

fn state(viewer: &Viewer, one: &Commission) -> Markup {
    html! {
        @if one.status == Status::Pending && one.held != 0 { (badge("held")) }
        @else if one.status == Status::Pending && one.available_at > viewer.now {
            span.badge.wait { "available on " (spoken_day(one.available_at, viewer.now)) }
        } @else { (badge(one.status.word())) }
        @if let Some(reason) = &one.reason { span.sub { (reason) } }
    }
}
