//! What a program shows partners and how they come to it; and the domains that belong to links alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};

use super::changes;
use crate::app::App;
use crate::catalog::{Domain, Given, NewDomain, ProgramPage, ProgramPageChange};
use crate::dashboard::guard::{Fields, Viewer};
use crate::dashboard::params::Params;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{copyable, empty, encoded, heading};
use crate::dashboard::{Page, view};

const PROGRAMS: &str = "/dashboard/programs";
const DOMAINS: &str = "/dashboard/domains";

/// How somebody becomes a partner.
const APPLICATIONS: [(&str, &str); 3] = [
    ("closed", "nobody can apply"),
    ("approve", "you decide about each application"),
    ("open", "whoever applies is a partner"),
];

/// The address of a program's page of settings.
pub(super) fn path_of(program_id: &str) -> String {
    format!("{PROGRAMS}/{}/page", encoded(program_id))
}

pub(in crate::dashboard) async fn page(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let catalog = app.catalog(&viewer);
    let program = catalog.program(&id).await?;
    let page = catalog.program_page(&id).await?;
    let domains = catalog.domains().await?;
    let title = "What partners see";
    let body = html! {
        p.crumbs { a href=(viewer.href(PROGRAMS, &[])) { "Programs" } " / " (program.name) }
        (heading(title, &html! { div.beside { a.button href=(changes::of(&viewer, &id)) { "Changes" } } }))
        @if let Some(url) = &page.apply_url {
            section.panel { div.title { h2 { "Where people apply" } } div.body { (copyable(url)) } }
        }
        section.panel {
            div.body {
                @if viewer.may(Right::Change) { (form(&viewer, &page, &domains)) }
                @else { (facts(&page)) }
            }
        }
    };
    Ok(view::page(&viewer, title, &body))
}

fn facts(page: &ProgramPage) -> Markup {
    let applications = APPLICATIONS
        .iter()
        .find(|(word, _)| *word == page.applications);
    html! {
        dl.facts {
            dt { "Applications" } dd { (applications.map_or("", |(_, says)| *says)) }
            dt { "Links lead to" } dd { (page.link_url.as_deref().unwrap_or("nothing: none is made")) }
            dt { "About" } dd { (page.about.as_deref().unwrap_or_default()) }
            dt { "Terms" } dd { (page.terms_url.as_deref().unwrap_or_default()) }
        }
    }
}

fn form(viewer: &Viewer, page: &ProgramPage, domains: &[Domain]) -> Markup {
    html! {
        form.stacked method="post" action=(path_of(&page.program_id)) {
            (view::proof(viewer))
            label.field { "Applications" select name="applications" {
                @for (word, says) in APPLICATIONS { option value=(word) selected[word == page.applications] { (says) } }
            } }
            label.field { "Each partner's first link leads to"
                input type="url" name="link_url" value=[page.link_url.as_deref()] maxlength="2000" placeholder="https://shop.example.com/";
            }
            label.field { "Domain of such links" select name="link_domain" {
                option value="" { "the server's own" }
                @for one in domains { option value=(one.domain) selected[one.domain == page.link_domain] { (one.domain) } }
            } }
            label.check { input type="checkbox" name="own_links" value="yes" checked[page.partners_make_links]; "Partners may make more links, to pages of the same host" }
            label.field { "About the program" textarea name="about" rows="5" maxlength="2000" { (page.about.as_deref().unwrap_or_default()) } }
            label.field { "Terms" input type="url" name="terms_url" value=[page.terms_url.as_deref()] maxlength="2000" placeholder="https://"; }
            div.actions { button.button.primary type="submit" { "Save" } }
        }
    }
}

/// What a field says; one that was emptied says that there is nothing.
fn text(fields: &Params, name: &str) -> Given<String> {
    let given = fields.given(name).map(str::to_owned);
    given.map_or(Given::Null, Given::Value)
}

pub(in crate::dashboard) async fn save(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
    Fields(fields): Fields,
) -> Page {
    let change = ProgramPageChange {
        applications: fields.given("applications").map(str::to_owned),
        link_url: text(&fields, "link_url"),
        link_domain: text(&fields, "link_domain"),
        partners_make_links: Some(fields.get("own_links") == "yes"),
        about: text(&fields, "about"),
        terms_url: text(&fields, "terms_url"),
    };
    let catalog = app.catalog(&viewer);
    catalog.change_program_page(&id, &change).await?;
    Ok(Redirect::to(&viewer.href(&path_of(&id), &[])).into_response())
}

pub(in crate::dashboard) async fn domains(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    let all = app.catalog(&viewer).domains().await?;
    let title = "Domains of links";
    let body = html! {
        p.crumbs { a href=(viewer.href(PROGRAMS, &[])) { "Programs" } " / " (title) }
        (heading(title, &html! {}))
        p.lead { "Hosts that belong to links alone. Let the domain lead to this server first, with a certificate in your proxy." }
        section.panel {
            @if all.is_empty() { (empty("No domain yet", &html! { p { "Links have the server's own, below " code { "/r/" } "." } })) }
            @else { (table(&viewer, &all)) }
        }
        @if viewer.may(Right::Change) {
            section.panel {
                div.title { h2 { "Take a domain" } }
                div.body {
                    form.fields method="post" action=(DOMAINS) {
                        (view::proof(&viewer))
                        label.field { "Domain" input name="domain" required maxlength="253" placeholder="go.example.com" autocomplete="off" spellcheck="false"; }
                        label.field { "Unknown links lead to" input type="url" name="fallback" maxlength="2000" placeholder="https://example.com/"; }
                        div.actions { button.button.primary type="submit" { "Take it" } }
                    }
                }
            }
        }
    };
    Ok(view::page(&viewer, title, &body))
}

fn table(viewer: &Viewer, all: &[Domain]) -> Markup {
    html! {
        div.scroll { table {
            thead { tr { th { "Domain" } th { "Unknown links lead to" } th { "Since" } @if viewer.may(Right::Change) { th {} } } }
            tbody { @for one in all {
                tr {
                    td { code { (one.domain) } }
                    td { (one.fallback_url.as_deref().unwrap_or("a page that says so")) }
                    td.tight { (one.created_at.get(..10).unwrap_or_default()) }
                    @if viewer.may(Right::Change) {
                        td.n {
                            form method="post" action=(format!("{DOMAINS}/{}/delete", encoded(&one.domain))) {
                                (view::proof(viewer))
                                button.quiet type="submit" { "Let go " span.unseen { (one.domain) } }
                            }
                        }
                    }
                }
            } }
        } }
    }
}

pub(in crate::dashboard) async fn take_domain(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Fields(fields): Fields,
) -> Page {
    let new = NewDomain {
        domain: fields.given("domain").map(str::to_owned),
        fallback_url: text(&fields, "fallback"),
    };
    app.catalog(&viewer).set_domain(&new).await?;
    Ok(Redirect::to(&viewer.href(DOMAINS, &[])).into_response())
}

pub(in crate::dashboard) async fn delete_domain(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(domain): Path<String>,
) -> Page {
    app.catalog(&viewer).delete_domain(&domain).await?;
    Ok(Redirect::to(&viewer.href(DOMAINS, &[])).into_response())
}
