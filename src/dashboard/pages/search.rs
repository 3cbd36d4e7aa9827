//! The search: paste any id, and land on what it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::html;
use percent_encoding::percent_decode_str;
use url::Url;

use super::scope;
use crate::app::App;
use crate::books::customers::{self, By as CustomerBy, Customer};
use crate::books::list::LOOKS;
use crate::books::reversals::HOMES;
use crate::books::{Part, Scope, adjustments, events, names, partners, payouts, sales};
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{empty, encoded, heading, number, personal_switch, short};
use crate::dashboard::{Page, view};
use crate::explain;

/// The most sales that are shown where an id means several.
const SALES_MAX: usize = 50;

/// How long ids of ours are after what they begin with.
const OWN_LENGTH: usize = 26;

pub(in crate::dashboard) async fn find(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let scope = scope(&app, &viewer);
    let pasted = viewer.params.get("id").to_owned();
    if pasted.is_empty() {
        return Ok(nothing(&viewer, &pasted));
    }
    let id = &of_address(&pasted);
    let found = match place(&scope, &viewer, id).await? {
        Some(href) => Some(href),
        None => far(&scope, &viewer, id).await?,
    };
    if let Some(href) = found {
        return Ok(Redirect::to(&href).into_response());
    }
    several(&scope, &viewer, id).await
}

/// The id in an address that was pasted: the click that it carries, else its last part, which is a link's key or the id of a page. What is no address
/// stays as it is.
fn of_address(pasted: &str) -> String {
    let Some((_, rest)) = pasted.split_once("://") else {
        return pasted.to_owned();
    };
    let Ok(url) = Url::parse(&format!("https://{rest}")) else {
        return pasted.to_owned();
    };
    let mut pairs = url.query_pairs();
    if let Some((_, click)) = pairs.find(|(name, _)| name == "refp_id") {
        return click.into_owned();
    }
    let mut parts = url.path().split('/').filter(|part| !part.is_empty());
    let last = parts
        .next_back()
        .map(|part| percent_decode_str(part).decode_utf8_lossy());
    last.map_or_else(|| pasted.to_owned(), std::borrow::Cow::into_owned)
}

/// The address of a page about something.
fn page(viewer: &Viewer, livemode: bool, folder: &str, id: &str) -> String {
    let path = format!("/dashboard/{folder}/{}", encoded(id));
    viewer.href_in(livemode, &path, &[])
}

/// The one page that an id leads to, as far as an index tells.
async fn place(scope: &Scope<'_>, viewer: &Viewer, id: &str) -> Result<Option<String>, Problem> {
    if let [event] = events::meant(scope, id).await?.as_slice() {
        return Ok(Some(page(viewer, event.livemode, "events", &event.id)));
    }
    let subject = names::subject_of_entry(scope, id).await?;
    let id = subject.as_deref().unwrap_or(id);
    if payouts::find(scope, id).await?.is_some() {
        return Ok(Some(page(viewer, true, "payouts", id)));
    }
    if payouts::batch(scope, id).await?.is_some() {
        let of_batch = [("batch", id)];
        return Ok(Some(viewer.href_in(true, "/dashboard/payouts", &of_batch)));
    }
    if let [sale] = explain::sales_meant(scope.store, scope.org, id, None)
        .await?
        .as_slice()
    {
        return Ok(Some(page(viewer, viewer.livemode, "sales", sale)));
    }
    if let Some(partner) = names::partner_meant(scope, id).await? {
        return Ok(Some(page(viewer, viewer.livemode, "partners", &partner)));
    }
    if let Some(customer) = customer(scope, id).await? {
        return Ok(Some(page(
            viewer,
            customer.livemode,
            "customers",
            &customer.id,
        )));
    }
    // Paddle begins the ids of its refunds with the same letters.
    if adjustments::find(scope, id).await?.is_some() {
        return Ok(Some(page(viewer, viewer.livemode, "adjustments", id)));
    }
    if id.starts_with("prog_") {
        let programs = viewer.href("/dashboard/programs", &[]);
        return Ok(Some(format!("{programs}#{}", encoded(id))));
    }
    let folders = [
        ("lead_", "leads"),
        ("src_", "sources"),
        ("clk_", "clicks"),
        ("grp_", "groups"),
        ("we_", "webhooks"),
    ];
    // Processors begin ids of theirs with the same letters: one of ours is as long as ours are.
    let is_ours = |prefix: &str| {
        let tail = id.strip_prefix(prefix);
        tail.is_some_and(|tail| tail.len() == OWN_LENGTH || prefix == "clk_")
    };
    let found = folders.iter().find(|(prefix, _)| is_ours(prefix));
    Ok(found.map(|(_, folder)| page(viewer, viewer.livemode, folder, id)))
}

/// Where the ledger or its partners know an id otherwise: as a processor's customer, a subscription, a number on an invoice, a refund or dispute, or a
/// partner's name.
async fn far(scope: &Scope<'_>, viewer: &Viewer, id: &str) -> Result<Option<String>, Problem> {
    let homes = names::homes(scope, id).await?;
    let (sales, told) = explain::reversals_likely(scope.store, scope.org, id, &homes).await?;
    if let [sale] = sales.as_slice() {
        return Ok(Some(page(viewer, viewer.livemode, "sales", sale)));
    }
    if let Some(event) = told.last() {
        return Ok(Some(page(viewer, event.livemode, "events", &event.id)));
    }
    for home in &homes {
        if let [sale] = sales_of_others(scope, home, id).await?.as_slice() {
            return Ok(Some(page(viewer, viewer.livemode, "sales", sale)));
        }
        if let [customer] = names::customers_of(scope, home, id).await?.as_slice() {
            return Ok(Some(page(viewer, viewer.livemode, "customers", customer)));
        }
    }
    if !homes.is_empty() {
        let about = [("about", id)];
        return Ok(Some(viewer.href("/dashboard/events", &about)));
    }
    called(scope, viewer, id).await
}

/// The sales that a neighbourhood knows an id as another name of.
async fn sales_of_others(scope: &Scope<'_>, home: &str, id: &str) -> Result<Vec<String>, Problem> {
    let mut found = BTreeSet::new();
    for other in names::others_of(scope, home, id).await? {
        found.extend(sales::meant(scope, &other).await?);
    }
    Ok(found.into_iter().collect())
}

/// The partner of a name, or the list of those whose names are like it.
async fn called(scope: &Scope<'_>, viewer: &Viewer, name: &str) -> Result<Option<String>, Problem> {
    let pattern = partners::pattern(name);
    let by = [partners::By::Called(&pattern)];
    let found = partners::list(scope, &by, Part::first(2)).await?.rows;
    Ok(match found.as_slice() {
        [] => None,
        [partner] => Some(page(viewer, viewer.livemode, "partners", &partner.id)),
        [_, ..] => Some(viewer.href("/dashboard/partners", &[("name", name)])),
    })
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
    // What is copied into a shell is a word there.
    let is_plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let known = html! {
        p { "It finds sales by any name of the payment (invoice, charge, checkout, order, transaction), refunds and disputes by the processor's id, events by the processor's id or ours, "
            "partners by id, name, address, link or code, customers by your own id, the processor's, a subscription or address, programs, clicks, groups, bonuses, corrections, payouts and entries." }
        p { "No index has the processor's ids of refunds and disputes: a page looks through what was refunded and disputed of late, of " (number(HOMES, "customer", "customers")) " at most. On the server this goes through all:" }
        code.copy { "tributary explain " @if id.is_empty() || !is_plain { "re_…" } @else { (id) } }
        p { "A payment that was never delivered is not known: look whether its " a href=(viewer.href("/dashboard/sources", &[])) { "source" } " has been heard." }
    };
    view::page(
        viewer,
        "Search",
        &html! { h1 { "Search" } section.panel { (empty(&title, &known)) } },
    )
}
