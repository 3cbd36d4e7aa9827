//! Customers: all of them, and one with what is known of him, his sales and his leads.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::sales::{Beside, partner};
use super::{changes, leads, partner_filter, scope, sheets};
use crate::app::App;
use crate::books::customers::{self, By, Customer};
use crate::books::leads::{self as lead_books, By as LeadBy, Lead};
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::sales::{self, By as SaleBy, Sale};
use crate::books::{Part, Personal, Scope};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    csv_link, empty, encoded, filters, heading, heading_of, masked, none_matches, pager,
    personal_switch, short, test_badge, text_field, time,
};
use crate::dashboard::{Page, view};

/// The most sales and leads on a customer's page.
const SHOWN: i64 = 50;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_customers(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = customers::list(&scope, &conditions(&viewer), place.part()).await?;
    let (rows, next) = place.cut(found, |customer| customer.id.clone());
    let partners = rows
        .iter()
        .filter_map(|customer| customer.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    let fields = html! {
        (text_field(&viewer, ("email", "E-mail"), "name@example.com"))
        (text_field(&viewer, ("external", "Your own id"), "user_1"))
        (partner_filter(&scope, &viewer).await?)
    };
    let body = html! {
        (heading("Customers", &html! { div.beside { (csv_link(&viewer)) (personal_switch(&viewer)) } }))
        (filters(&viewer, &fields))
        section.panel {
            @if rows.is_empty() {
                (none_matches(&viewer, next.is_some(), "customer", &html! { p { "Whoever buys or signs up appears here." } p { a href=(viewer.href("/dashboard/sources", &[])) { "Connect a processor" } } }))
            } @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Customers", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Vec<By<'_>> {
    let params = &viewer.params;
    let mut by = vec![By::Ledger(viewer.livemode)];
    by.extend(params.given("external").map(By::External));
    by.extend(params.given("email").map(By::Email));
    by.extend(params.given("partner").map(By::Partner));
    by
}

fn table(viewer: &Viewer, rows: &[Customer], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "Customer" } th.wide { "Your own id" } th { "Brought by" } th { "Known since" } } }
            tbody { @for customer in rows {
                @let href = viewer.href(&format!("/dashboard/customers/{}", encoded(&customer.id)), &[]);
                tr {
                    td.r1 {
                        a href=(href) title=(customer.id) { (called(viewer, customer)) } " " (test_badge(customer.livemode))
                    }
                    td.wide { (masked(viewer, customer.external_id.as_ref().map(Personal::expose))) }
                    td.who.r1.end { (partner(viewer, customer.partner_id.as_deref(), names)) }
                    td.r2 { (time(customer.created_at)) }
                }
            } }
        } }
    }
}

/// A customer by what people know him by, covered, else by his id.
fn called(viewer: &Viewer, customer: &Customer) -> Markup {
    let known = customer.email.as_ref().or(customer.name.as_ref());
    let known = known.or(customer.external_id.as_ref());
    html! {
        @match known {
            Some(known) => { (masked(viewer, Some(known.expose()))) }
            None => { span.id { (short(&customer.id)) } }
        }
    }
}

/// What is known of a customer.
struct Known {
    customer: Customer,
    sales: Vec<Sale>,
    leads: Vec<Lead>,
    names: Names,
}

async fn known(scope: &Scope<'_>, id: &str) -> Result<Known, Problem> {
    let customer = customers::find(scope, id).await?.ok_or(Problem::NotFound)?;
    let part = Part {
        after: "",
        rows: SHOWN,
        looks: LOOKS,
    };
    let sales = sales::list(scope, &[SaleBy::Customer(&customer.id)], part).await?;
    let leads = lead_books::list(scope, &[LeadBy::Customer(&customer.id)], part).await?;
    let of_sales = sales
        .rows
        .iter()
        .filter_map(|sale| sale.partner_id.as_deref());
    let of_leads = leads
        .rows
        .iter()
        .filter_map(|lead| lead.partner_id.as_deref());
    let partners = of_sales
        .chain(of_leads)
        .chain(customer.partner_id.as_deref());
    Ok(Known {
        names: names::partners(scope, partners).await?,
        customer,
        sales: sales.rows,
        leads: leads.rows,
    })
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let known = known(&scope(&app, &viewer), &id).await?;
    let viewer = viewer.in_ledger(known.customer.livemode);
    let id = known.customer.id.as_str();
    let all = viewer.href("/dashboard/sales", &[("customer", id)]);
    let events = viewer.href("/dashboard/events", &[("about", id)]);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/customers", &[])) { "Customers" } " / " (short(id)) }
        (heading_of(&html! { "Customer " (called(&viewer, &known.customer)) }, &html! {
            div.beside {
                (test_badge(known.customer.livemode))
                a.button href=(events) { "Events" } a.button href=(changes::of(&viewer, id)) { "Changes" } (personal_switch(&viewer))
            }
        }))
        div.wide-narrow {
            div.side-panels {
                section.panel {
                    div.title { h2 { "Sales" } @if !known.sales.is_empty() { a href=(all) { "All" } } }
                    @if known.sales.is_empty() { (empty("No sale", &html! { p { "This customer has not paid for anything yet." } })) }
                    @else { (super::sales::table(&viewer, &known.sales, &known.names, Beside::Customer)) }
                }
                @if !known.leads.is_empty() {
                    section.panel {
                        div.title { h2 { "Leads" } a href=(viewer.href("/dashboard/leads", &[("customer", id)])) { "All" } }
                        (leads::table(&viewer, &known.leads, &known.names))
                    }
                }
            }
            div.side-panels {
                (about(&viewer, &known))
                (super::privacy::forms(&viewer, id))
            }
        }
    };
    Ok(view::page(&viewer, "Customer", &body))
}

fn about(viewer: &Viewer, known: &Known) -> Markup {
    let customer = &known.customer;
    let shown = |value: Option<&Personal>| masked(viewer, value.map(Personal::expose));
    html! {
        section.panel {
            div.title { h2 { "The customer" } }
            div.body { dl.facts {
                dt { "Your own id" } dd { (shown(customer.external_id.as_ref())) }
                dt { "E-mail" } dd { (shown(customer.email.as_ref())) }
                dt { "Name" } dd { (shown(customer.name.as_ref())) }
                dt { "Brought by" } dd { (partner(viewer, customer.partner_id.as_deref(), &known.names)) }
                @if let Some(click) = &customer.click_id { dt { "Click" } dd { a.id href=(viewer.href(&format!("/dashboard/clicks/{}", encoded(click)), &[])) title=(click) { (short(click)) } } }
                dt { "Known since" } dd { (time(customer.created_at)) }
                dt { "Id here" } dd { code { (customer.id) } }
            } }
        }
    }
}
