//! The search: paste any id, and land on what it is.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;

use super::scope;
use crate::app::App;
use crate::books::customers::{self, By as CustomerBy, Customer};
use crate::books::list::LOOKS;
use crate::books::sales;
use crate::books::{Part, Scope, events, names};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{empty, encoded, heading, personal_switch, short};
use crate::dashboard::{Page, view};
use crate::explain;

/// The most sales that are shown where an id means several.
const SALES_MAX: usize = 50;

pub(in crate::dashboard) async fn find(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let id = viewer.params.get("id").to_owned();
    if id.is_empty() {
        return Ok(nothing(&viewer, &id));
    }
    if let Some(href) = place(&scope, &viewer, &id).await? {
        return Ok(Redirect::to(&href).into_response());
    }
    several(&scope, &viewer, &id).await
}

/// The one page that an id leads to.
async fn place(scope: &Scope<'_>, viewer: &Viewer, id: &str) -> Result<Option<String>, Problem> {
    let page = |livemode, folder: &str, id: &str| {
        let path = format!("/dashboard/{folder}/{}", encoded(id));
        Some(viewer.href_in(livemode, &path, &[]))
    };
    if let [event] = events::meant(scope, id).await?.as_slice() {
        return Ok(page(event.livemode, "events", &event.id));
    }
    let subject = names::subject_of_entry(scope, id).await?;
    let id = subject.as_deref().unwrap_or(id);
    if let [sale] = explain::sales_meant(scope.store, scope.org, id, None)
        .await?
        .as_slice()
    {
        return Ok(page(viewer.livemode, "sales", sale));
    }
    if let Some(partner) = names::partner_meant(scope, id).await? {
        return Ok(page(viewer.livemode, "partners", &partner));
    }
    let folders = [
        ("lead_", "leads"),
        ("src_", "sources"),
        ("clk_", "clicks"),
        ("adj_", "adjustments"),
        ("grp_", "groups"),
    ];
    if let Some((_, folder)) = folders.iter().find(|(prefix, _)| id.starts_with(prefix)) {
        return Ok(page(viewer.livemode, folder, id));
    }
    of_customer(scope, viewer, id).await
}

/// A customer, by its id here, the merchant's, or an address.
pub(super) async fn customer(scope: &Scope<'_>, id: &str) -> Result<Option<Customer>, Problem> {
    let part = Part {
        after: "",
        rows: 1,
        looks: LOOKS,
    };
    let mut customer = customers::find(scope, id).await?;
    for by in [CustomerBy::External(id), CustomerBy::Email(id)] {
        if customer.is_none() {
            customer = customers::list(scope, &[by], part).await?.rows.pop();
        }
    }
    Ok(customer)
}

/// The page of a customer, by its id here, the merchant's, or an address.
async fn of_customer(
    scope: &Scope<'_>,
    viewer: &Viewer,
    id: &str,
) -> Result<Option<String>, Problem> {
    let customer = customer(scope, id).await?;
    Ok(customer.map(|customer| {
        let path = format!("/dashboard/customers/{}", encoded(&customer.id));
        viewer.href_in(customer.livemode, &path, &[])
    }))
}

async fn several(scope: &Scope<'_>, viewer: &Viewer, id: &str) -> Page {
    let meant = explain::sales_meant(scope.store, scope.org, id, None).await?;
    let mut rows = Vec::new();
    for id in meant.iter().take(SALES_MAX) {
        rows.extend(sales::find(scope, id).await?);
    }
    if rows.is_empty() {
        return Ok(nothing(viewer, id));
    }
    let partners = rows.iter().filter_map(|sale| sale.partner_id.as_deref());
    let names = names::partners(scope, partners).await?;
    let body = html! {
        (heading(&format!("Sales of {}", short(id)), &html! { div.beside { (personal_switch(viewer)) } }))
        section.panel { (super::sales::table(viewer, &rows, &names, super::sales::Beside::Nothing)) }
    };
    Ok(view::page(viewer, "Found", &body))
}

fn nothing(viewer: &Viewer, id: &str) -> Response {
    let title = if id.is_empty() {
        "Paste an id into the field above".to_owned()
    } else {
        format!("Nothing is known by {}", short(id))
    };
    let known = html! {
        p { "It finds sales by any name of the payment (invoice, charge, checkout, order, transaction), events by the processor's id or ours, "
            "partners by id, address, link or code, customers by your own id or address, clicks, groups, bonuses, corrections, payouts and entries." }
        p { "A payment that was never delivered is not known: look whether its " a href=(viewer.href("/dashboard/sources", &[])) { "source" } " has been heard." }
    };
    view::page(
        viewer,
        "Search",
        &html! { h1 { "Search" } section.panel { (empty(&title, &known)) } },
    )
}
