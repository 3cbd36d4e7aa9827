//! Leads: all of them, and one: a step of a customer before a sale, with who brought it.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::sales::partner;
use super::{partner_filter, scope, sheets};
use crate::app::App;
use crate::books::leads::{self, By, Lead};
use crate::books::names::{self, Names};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    csv_link, day_field, filters, heading, id_link, none_matches, pager, short, test_badge,
    text_field, time,
};
use crate::dashboard::{Page, view};

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_leads(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = leads::list(&scope, &conditions(&viewer)?, place.part()).await?;
    let (rows, next) = place.cut(found, |lead| lead.id.clone());
    let partners = rows.iter().filter_map(|lead| lead.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    let fields = html! {
        (partner_filter(&scope, &viewer).await?)
        (text_field(&viewer, ("customer", "Customer"), "cus_…"))
        (day_field(&viewer, ("from", "From")))
        (day_field(&viewer, ("to", "To")))
    };
    let none = html! { p { "Leads appear here when your server reports them:" } code.copy { "POST /api/track/lead {\"clickId\",\"eventName\",\"customerExternalId\"}" } };
    let body = html! {
        (heading("Leads", &html! { div.beside { (csv_link(&viewer)) } }))
        (filters(&viewer, &fields))
        section.panel {
            @if rows.is_empty() { (none_matches(&viewer, next.is_some(), "lead", &none)) }
            @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Leads", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = vec![By::Ledger(viewer.livemode)];
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("customer").map(By::Customer));
    by.extend(params.given("program").map(By::Program));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

pub(super) fn table(viewer: &Viewer, rows: &[Lead], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "When" } th { "Step" } th { "Customer" } th { "Brought by" } th.wide { "Click" } } }
            tbody { @for lead in rows {
                tr {
                    td.r2 { (time(lead.occurred_at)) }
                    td.r1 { a href=(viewer.href(&format!("/dashboard/leads/{}", lead.id), &[])) { (lead.event_name) } " " (test_badge(lead.livemode)) }
                    td.r2.end { @match &lead.customer_id { Some(id) => { (id_link(viewer, "customers", id)) } None => { span.none { "—" } } } }
                    td.who.r1.end { (partner(viewer, lead.partner_id.as_deref(), names)) }
                    td.wide { @match &lead.click_id { Some(id) => { (id_link(viewer, "clicks", id)) } None => { span.none { "—" } } } }
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
    let scope = scope(&app, &viewer);
    let lead = leads::find(&scope, &id).await?.ok_or(Problem::NotFound)?;
    let viewer = viewer.in_ledger(lead.livemode);
    let names = names::partners(&scope, lead.partner_id.as_deref()).await?;
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/leads", &[])) { "Leads" } " / " (short(&lead.id)) }
        (heading(&lead.event_name, &html! { div.beside { (test_badge(lead.livemode)) } }))
        section.panel { div.body { dl.facts {
            dt { "When" } dd { (time(lead.occurred_at)) }
            dt { "Customer" } dd { @match &lead.customer_id { Some(id) => { (id_link(&viewer, "customers", id)) } None => { span.none { "—" } } } }
            dt { "Brought by" } dd { (partner(&viewer, lead.partner_id.as_deref(), &names)) }
            @if let Some(click) = &lead.click_id { dt { "Click" } dd { (id_link(&viewer, "clicks", click)) } }
            @if let Some(program) = &lead.program_id { dt { "Program" } dd { code { (program) } } }
            dt { "Recorded" } dd { (time(lead.created_at)) }
            dt { "Id here" } dd { code { (lead.id) } }
        } } }
    };
    Ok(view::page(&viewer, &lead.event_name, &body))
}
