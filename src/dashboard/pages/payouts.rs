//! Payouts: what is due to whom, and what has been paid.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::sales::partner;
use super::{changes, pay};
use super::{scope, sheets};
use crate::app::App;
use crate::books::Found;
use crate::books::names::{self, Names};
use crate::books::payouts::{self, By, Payout, Status};
use crate::books::standing::{self, Due};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    badge, choice, coming as coming_table, csv_link, day_field, empty, filters, heading, money,
    pager, short, text_field, time,
};
use crate::dashboard::{Page, view};

/// The most rows of what is due.
const DUE_MAX: usize = 100;

/// Rows of what becomes available next.
const COMING_ROWS: i64 = 12;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_payouts(app, viewer).await;
    }
    // Test money cannot be paid out.
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let due = if viewer.livemode {
        standing::due(&scope, DUE_MAX).await?
    } else {
        Vec::new()
    };
    let coming = if viewer.livemode {
        standing::coming(&scope, true, COMING_ROWS).await?
    } else {
        Vec::new()
    };
    let found = if viewer.livemode {
        payouts::list(&scope, &conditions(&viewer)?, place.part()).await?
    } else {
        Found {
            rows: Vec::new(),
            go_on: None,
        }
    };
    let (rows, next) = place.cut(found, |payout| payout.id.clone());
    let partners = due.iter().map(|due| due.partner_id.as_str());
    let paid = rows.iter().map(|payout| payout.partner_id.as_str());
    let names = names::partners(&scope, partners.chain(paid)).await?;
    let body = html! {
        (heading("Payouts", &html! { div.beside { (csv_link(&viewer)) } }))
        @if !viewer.livemode { p.notice { "Test money is never paid out." } }
        section.panel {
            div.title { h2 { "Due now" } span.muted { "approved, past its hold, in no payout yet" } }
            (due_table(&viewer, &due, &names))
        }
        @if !coming.is_empty() {
            section.panel {
                div.title { h2 { "Available next" } span.muted { "when holds end; by day of UTC, all partners together" } }
                (coming_table(&coming, viewer.now))
            }
        }
        section.panel {
            div.title { h2 { "Paid" } }
            div.body { (filters(&viewer, &fields(&viewer))) }
            (paid_table(&viewer, &rows, &names))
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Payouts", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = Vec::new();
    by.extend(params.given("partner").map(By::Partner));
    let status = params.word("status", Status::ALL, Status::word)?;
    by.extend(status.map(By::Status));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

fn fields(viewer: &Viewer) -> Markup {
    html! {
        (choice(viewer, ("status", "State"), &[("paid", "paid"), ("reversed", "reversed")]))
        (text_field(viewer, ("partner", "Partner"), "prt_…"))
        (day_field(viewer, ("from", "From")))
        (day_field(viewer, ("to", "To")))
    }
}

fn due_table(viewer: &Viewer, due: &[Due], names: &Names) -> Markup {
    if due.is_empty() {
        return empty(
            "Nothing is due",
            &html! { p { "What partners earn is due when its hold is over." } },
        );
    }
    html! {
        div.scroll { table {
            thead { tr { th { "Partner" } th.n { "Amount" } th { span.unseen { "Record" } } } }
            tbody { @for due in due {
                tr {
                    td { (partner(viewer, Some(&due.partner_id), names)) }
                    td.n { (money(due.amount, due.currency)) }
                    td.n { (pay::record_button(viewer, due, names.get(&due.partner_id).map_or("", String::as_str))) }
                }
            } }
        } }
        div.body {
            p.muted { "After paying, record it, so that it is netted from what is earned later: here or with " code { "POST /api/payouts {\"partnerId\",\"currency\"}" } }
        }
    }
}

fn paid_table(viewer: &Viewer, rows: &[Payout], names: &Names) -> Markup {
    if rows.is_empty() {
        return empty(
            "No payout yet",
            &html! { p { "Payouts that are recorded appear here." } },
        );
    }
    html! {
        div.scroll { table {
            thead { tr { th { "Recorded" } th { "Partner" } th { "Note" } th { "State" } th { "Id" } th.n { "Amount" } th { span.unseen { "Take back" } } } }
            tbody { @for payout in rows {
                tr {
                    td { (time(payout.created_at)) }
                    td { (partner(viewer, Some(&payout.partner_id), names)) }
                    td { @match &payout.note { Some(note) => { (note) } None => { span.none { "—" } } } }
                    td { (badge(payout.status.word())) }
                    td { a.id href=(changes::of(viewer, &payout.id)) title=(payout.id) { (short(&payout.id)) } }
                    td.n { (money(payout.amount, payout.currency)) }
                    td.n { (pay::reverse_link(viewer, payout)) }
                }
            } }
        } }
    }
}
