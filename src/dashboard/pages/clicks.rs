//! Clicks on partners' links: all of them, and one with what came of it.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};

use super::sales::{Beside, partner};
use super::{partner_filter, scope, sheets};
use crate::app::App;
use crate::books::Part;
use crate::books::clicks::{self, By, Click};
use crate::books::links;
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::sales::{self, By as SaleBy};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    csv_link, day_field, empty, filters, heading, id_link, none_matches, pager, short, text_field,
    time,
};
use crate::dashboard::{Page, view};

/// The most sales on a click's page.
const SHOWN: i64 = 50;

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_clicks(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = clicks::list(&scope, &conditions(&viewer)?, place.part()).await?;
    let (rows, next) = place.cut(found, |click| click.id.clone());
    let names = names::partners(&scope, rows.iter().map(|click| click.partner_id.as_str())).await?;
    let fields = html! {
        (partner_filter(&scope, &viewer).await?)
        (text_field(&viewer, ("link", "Link"), "lnk_…"))
        (day_field(&viewer, ("from", "From")))
        (day_field(&viewer, ("to", "To")))
    };
    let none = html! { p { "A click appears here as soon as somebody follows a partner's link." } p { a href=(viewer.href("/dashboard/partners", &[])) { "Partners and their links" } } };
    let body = html! {
        (heading("Clicks", &html! { div.beside { (csv_link(&viewer)) } }))
        p.lead { "Whoever follows a link may pay live or test money later, or nothing: a click belongs to no ledger, and both show all of them." }
        (filters(&viewer, &fields))
        section.panel {
            @if rows.is_empty() { (none_matches(&viewer, next.is_some(), "click", &none)) }
            @else { (table(&viewer, &rows, &names)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Clicks", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let (from, to) = params.days()?;
    let mut by = Vec::new();
    by.extend(params.given("partner").map(By::Partner));
    by.extend(params.given("link").map(By::Link));
    by.extend(from.map(By::From));
    by.extend(to.map(By::To));
    Ok(by)
}

fn table(viewer: &Viewer, rows: &[Click], names: &Names) -> Markup {
    html! {
        div.scroll { table.rows {
            thead { tr { th { "When" } th { "Click" } th { "Partner" } th.wide { "Page" } th.wide { "Came from" } } }
            tbody { @for click in rows {
                tr {
                    td.r1.end { (time(click.clicked_at)) }
                    td data-label="Click" { (id_link(viewer, "clicks", &click.id)) }
                    td.who.r1 { (partner(viewer, Some(&click.partner_id), names)) }
                    td.wide {
                        a href=(viewer.href("/dashboard/clicks", &[("link", &click.link_id)])) title="All clicks on this link" {
                            @match &click.url { Some(url) => { (short(url)) } None => { span.id { (short(&click.link_id)) } } }
                        }
                    }
                    td.wide { @match &click.referrer { Some(from) => { span title=(from) { (short(from)) } } None => { span.none { "—" } } } }
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
    let click = clicks::find(&scope, &id).await?.ok_or(Problem::NotFound)?;
    let link = links::find(&scope, &click.link_id).await?;
    let part = Part {
        after: "",
        rows: SHOWN,
        looks: LOOKS,
    };
    let by = [
        SaleBy::Ledger(viewer.livemode),
        SaleBy::Partner(&click.partner_id),
        SaleBy::Click(&click.id),
    ];
    let sales = sales::list(&scope, &by, part).await?;
    let names = names::partners(&scope, [click.partner_id.as_str()]).await?;
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/clicks", &[])) { "Clicks" } " / " (short(&click.id)) }
        (heading(&format!("Click {}", short(&click.id)), &html! {}))
        div.wide-narrow {
            section.panel {
                div.title { h2 { "Sales that came of it" } }
                @if sales.rows.is_empty() {
                    (empty("No sale", &html! { p { @if sales.go_on.is_some() { "None among this partner's newest sales." } @else { "Nobody has paid yet who came by this click." } } }))
                } @else { (super::sales::table(&viewer, &sales.rows, &names, Beside::Partner)) }
            }
            section.panel {
                div.title { h2 { "The click" } }
                div.body { dl.facts {
                    dt { "When" } dd { (time(click.clicked_at)) }
                    dt { "Partner" } dd { (partner(&viewer, Some(&click.partner_id), &names)) }
                    dt { "Link" } dd { @match &link { Some(link) => { code { (link.key) } " leads to " span title=(link.url) { (short(&link.url)) } } None => { span.none { "deleted" } } } }
                    dt { "Page" } dd { @match &click.url { Some(url) => { (url) } None => { span.none { "—" } } } }
                    dt { "Came from" } dd { @match &click.referrer { Some(from) => { (from) } None => { span.none { "—" } } } }
                    dt { "Recorded" } dd { (time(click.created_at)) }
                    dt { "Id, in " code { "refp_id" } } dd { code { (click.id) } }
                } }
            }
        }
    };
    Ok(view::page(&viewer, "Click", &body))
}
