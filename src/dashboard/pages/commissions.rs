//! Commissions: what each sale and lead has earned for a partner, what is left of it, and when it may be paid.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};
use providers::Currency;

use super::sales::{partner, worth};
use super::{STATUSES, bulk, partner_filter, scope, sheets, summary};
use crate::app::App;
use crate::books::Scope;
use crate::books::commissions::{self, By, Commission, Subject};
use crate::books::names::{self, Names};
use crate::books::sales::Status;
use crate::dashboard::guard::Viewer;
use crate::dashboard::params::Params;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    badge, choice, csv_link, day_field, encoded, figure, filters, heading, money, none_matches,
    pager, short, short_day, test_badge, text_field, time,
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
    let names = called(&scope, &rows).await?;
    let fields = html! {
        (partner_filter(&scope, &viewer).await?)
        (choice(&viewer, ("status", "State"), &STATUSES))
        (choice(&viewer, ("held", "Held back"), &[("true", "by a dispute or review"), ("false", "nothing")]))
        (day_field(&viewer, ("from", "Earned from")))
        (day_field(&viewer, ("to", "To")))
        (text_field(&viewer, ("currency", "Currency"), "usd"))
    };
    let none = html! { p { "A commission appears here when a sale or lead is known that a partner has brought." } p { a href=(viewer.href("/dashboard/partners", &[])) { "Partners and their links" } } };
    let body = html! {
        (heading("Commissions", &html! { div.beside { (csv_link(&viewer)) } }))
        p.lead { "One for each sale and lead that a partner brought. Open one to see the rule, the arithmetic and every entry behind it." }
        (filters(&viewer, &fields))
        (summary::of_commissions(&scope, &viewer).await?)
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
pub(super) const FILTERS: &[&str] = &[
    "status", "held", "partner", "program", "currency", "from", "to",
];

/// How the partners, sales and leads of some commissions are called.
pub(super) async fn called(scope: &Scope<'_>, rows: &[Commission]) -> Result<Names, Problem> {
    let mut all = names::partners(scope, rows.iter().map(|one| one.partner_id.as_str())).await?;
    all.append(&mut names::subjects(scope, rows.iter().map(subject_id)).await?);
    Ok(all)
}

pub(super) fn conditions(params: &Params, livemode: bool) -> Result<Vec<By<'_>>, Problem> {
    let (from, to) = params.days()?;
    let mut by = vec![By::Ledger(livemode)];
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("program").map(By::Program));
    let status = params.word("status", Status::ALL, Status::word)?;
    by.extend(status.map(By::Status));
    let held = params.word("held", &[true, false], |is_held| {
        if is_held { "true" } else { "false" }
    })?;
    by.extend(held.map(By::Held));
    if let Some(code) = params.given("currency") {
        let currency = Currency::parse(code);
        let currency =
            currency.ok_or_else(|| Problem::Refused("there is no such currency".to_owned()))?;
        by.push(By::Currency(currency));
    }
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
        div.scroll { table.rows {
            thead { tr { th { "Earned" } th { "For" } th { "Partner" } th.n { "Commission" } th { "State" } } }
            tbody { @for one in rows { (row(viewer, one, names)) } }
        } }
    }
}

fn row(viewer: &Viewer, one: &Commission, names: &Names) -> Markup {
    let back = one.full.saturating_sub(one.amount);
    html! {
        tr {
            td.r3 { (time(one.occurred_at)) }
            td.r1 {
                a href=(href(viewer, one)) title=(subject_id(one)) {
                    @match &one.subject { Subject::Sale(_) => "Sale ", Subject::Lead(_) => "Lead " }
                    (short(names.get(subject_id(one)).map_or(subject_id(one), String::as_str)))
                }
                " " (test_badge(one.livemode))
            }
            td.r2.who { (partner(viewer, Some(&one.partner_id), names)) }
            td.n.r1 {
                (money(one.amount, one.currency))
                @if back != 0 { span.sub.back { "of " (figure(one.full, one.currency)) ", the rest taken back" } }
            }
            td.r3.end.why { (state(viewer, one)) }
        }
    }
}

fn state(viewer: &Viewer, one: &Commission) -> Markup {
    html! {
        @if one.full == 0 && one.reason.is_none() { span.none { "earns nothing" } }
        @else if one.status == Status::Pending && one.held != 0 { (badge("held")) }
        @else if one.status == Status::Pending && one.available_at > viewer.now {
            span.badge.wait { "payable " (short_day(one.available_at, viewer.now)) }
        } @else { (badge(worth(one.status))) }
        @if let Some(reason) = &one.reason { span.sub { (reason) } }
    }
}
