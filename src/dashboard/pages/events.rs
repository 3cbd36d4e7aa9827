//! Events: all deliveries, and one as a time line from receipt to ledger.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use axum::response::IntoResponse as _;
use maud::{Markup, html};
use providers::Micros;

use super::search::customer;
use super::{again, scope, sheets};
use crate::app::App;
use crate::books::events::{self, By, Event, State as Outcome};
use crate::books::list::LOOKS;
use crate::books::names::{self, Names};
use crate::books::reconciliations;
use crate::books::sales::{self, By as SaleBy, Sale};
use crate::books::{Found, Part, Scope};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::pretty::{Tone, pretty};
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    badge, choice, count, csv_link, day_field, empty, encoded, filters, heading, id_link, money,
    more_filters, pager, personal_switch, said, short, shows_personal, test_badge, text_field,
    time,
};
use crate::dashboard::view::words::{processor, worded};
use crate::dashboard::{Page, view};
use crate::explain;
use crate::inbox;
use crate::ledger::calls;
use crate::sources::Source;

/// The most sentences and sales of one event on its page.
const SAYS_MAX: usize = 60;
const SALES_MAX: usize = 20;
/// The most names.
const NAMES_MAX: usize = 20;

/// How often a live list looks again.
const AGAIN: HeaderValue = HeaderValue::from_static("5");

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_events(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let found = found(&scope, &viewer, place.part()).await?;
    let (rows, next) = place.cut(found, |event| event.id.clone());
    let sources = app.desk().list(viewer.org()).await?;
    let is_live = viewer.params.get("live") == "on";
    let body = html! {
        (heading("Events", &html! {
            div.beside {
                (csv_link(&viewer))
                a.button.quiet href=(viewer.with("live", if is_live { "" } else { "on" })) { @if is_live { "Stop" } @else { "Follow live" } }
                (again_link(&viewer))
            }
        }))
        p.lead { "Everything that was delivered and verified, kept byte for byte. What was refused is on the page of its source." }
        (filters(&viewer, &fields(&viewer, &sources)))
        section.panel {
            @if rows.is_empty() { (none(&viewer)) } @else { (table(&viewer, &rows)) }
        }
        (pager(&viewer, next.as_deref()))
    };
    let mut page = view::page(&viewer, "Events", &body);
    if is_live && viewer.params.given("cursor").is_none() {
        page.headers_mut().insert(REFRESH, AGAIN);
    }
    Ok(page)
}

/// A part of the events that the address asks for.
pub(super) async fn found(
    scope: &Scope<'_>,
    viewer: &Viewer,
    part: Part<'_>,
) -> Result<Found<Event>, Problem> {
    let home = home(scope, viewer).await?;
    if home.is_none() && viewer.params.given("about").is_some() {
        // Nothing is known by what was asked for.
        return Ok(Found {
            rows: Vec::new(),
            go_on: None,
        });
    }
    let mut by = conditions(viewer)?;
    by.extend(home.as_deref().map(By::Neighbourhood));
    Ok(events::list(scope, &by, part).await?)
}

/// The part of the ledger that an object belongs to, where events about one are asked for: a payment by any name, a customer, an event.
async fn home(scope: &Scope<'_>, viewer: &Viewer) -> Result<Option<String>, Problem> {
    let Some(about) = viewer.params.given("about") else {
        return Ok(None);
    };
    let mut sales =
        explain::sales_meant(scope.store, scope.org, about, Some(viewer.livemode)).await?;
    if sales.is_empty() {
        sales = sales_of_customer(scope, about).await?;
    }
    let mut homes = events::homes(scope, about, &sales).await?;
    if homes.is_empty() {
        homes = names::homes(scope, about).await?;
    }
    if homes.is_empty() {
        let (sales, told) =
            explain::reversals_likely(scope.store, scope.org, about, &homes).await?;
        let event = told.last().map_or(about, |event| event.id.as_str());
        homes = events::homes(scope, event, &sales).await?;
    }
    Ok(homes.into_iter().next())
}

async fn sales_of_customer(scope: &Scope<'_>, id: &str) -> Result<Vec<String>, Problem> {
    let part = Part {
        after: "",
        rows: 1,
        looks: LOOKS,
    };
    let Some(customer) = customer(scope, id).await? else {
        return Ok(Vec::new());
    };
    let found = sales::list(scope, &[SaleBy::Customer(&customer.id)], part).await?;
    Ok(found.rows.into_iter().map(|sale| sale.id).collect())
}

/// Leads to processing what is listed again.
fn again_link(viewer: &Viewer) -> Markup {
    let names = ["state", "processor", "type", "source", "from", "to"];
    let given: Vec<(&str, &str)> = names
        .iter()
        .map(|name| (*name, viewer.params.get(name)))
        .collect();
    html! { a.button href=(viewer.href(again::PATH, &given)) { "Process these again …" } }
}

fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let texts = [
        params.given("processor").map(By::Processor),
        params.given("type").map(By::Type),
        params.given("source").map(By::Source),
        params.given("id").map(By::External),
        params.given("conflicting").map(|_| By::Conflicting(true)),
        params.given("unknown").map(|_| By::Unknown(true)),
    ];
    let state = params.word("state", Outcome::ALL, Outcome::word)?;
    let (from, to) = params.days()?;
    let times = [from.map(By::From), to.map(By::To)];
    let mut by = vec![By::Ledger(viewer.livemode)];
    by.extend(
        texts
            .into_iter()
            .chain([state.map(By::State)])
            .chain(times)
            .flatten(),
    );
    Ok(by)
}

/// Filters that are asked for seldom.
const MORE: [&str; 5] = ["id", "from", "to", "unknown", "conflicting"];

fn fields(viewer: &Viewer, sources: &[Source]) -> Markup {
    let states: Vec<_> = Outcome::ALL
        .iter()
        .map(|state| (state.word(), state.word()))
        .collect();
    let own = sources
        .iter()
        .filter(|source| source.livemode == viewer.livemode);
    let titled: Vec<(&str, String)> = own
        .map(|source| {
            (
                source.id.as_str(),
                format!("{} {}", processor(&source.processor), short(&source.id)),
            )
        })
        .collect();
    let sources: Vec<(&str, &str)> = titled
        .iter()
        .map(|(id, title)| (*id, title.as_str()))
        .collect();
    html! {
        (choice(viewer, ("state", "State"), &states))
        (choice(viewer, ("processor", "Processor"), &again::processors()))
        (choice(viewer, ("source", "Source"), &sources))
        (text_field(viewer, ("type", "Type"), "invoice.paid"))
        (text_field(viewer, ("about", "All about"), "any id"))
        (more_filters(viewer, &MORE, &html! {
            (text_field(viewer, ("id", "Processor's event id"), "evt_…"))
            (day_field(viewer, ("from", "From")))
            (day_field(viewer, ("to", "To")))
            (choice(viewer, ("unknown", "Values not known"), &[("true", "holds one")]))
            (choice(viewer, ("conflicting", "Deliveries"), &[("true", "differ")]))
        }))
    }
}

fn none(viewer: &Viewer) -> Markup {
    if viewer.params.pairs().any(|(name, _)| name != "mode") {
        return empty("No event matches", &html! { p { "Take a filter away." } });
    }
    empty(
        "Nothing was delivered yet",
        &html! {
            p { "Each delivery of a processor and each report of your server appears here, with what was made of it." }
            p { a href=(viewer.href("/dashboard/sources", &[])) { "Connect a processor" } }
        },
    )
}

fn table(viewer: &Viewer, rows: &[Event]) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr { th { "Received" } th { "Type" } th.wide { "Id at the processor" } th { "State" } th.n { "Delivered" } } }
                tbody { @for event in rows { (row(viewer, event)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, event: &Event) -> Markup {
    let href = viewer.href(&format!("/dashboard/events/{}", encoded(&event.id)), &[]);
    html! {
        tr {
            td.r3 { (time(event.received_at)) }
            td.r1 { a href=(href) { (event.event_type) } span.sub { (processor(&event.processor)) " " (test_badge(event.livemode)) } }
            td.wide { span.id title=(event.external_id) { (short(&event.external_id)) } }
            td.r2.all {
                (badge(event.state.word()))
                @if let Some(reason) = &event.reason { span.sub { (reason) } }
            }
            td.n.r3 {
                (count(event.deliveries)) "×"
                @if event.conflicts > 0 { span.sub { (count(event.conflicts)) " differ" } }
            }
        }
    }
}

/// An event, what it says, and the sales that it touches.
struct Told {
    event: Event,
    says: Vec<String>,
    sales: Vec<Sale>,
    names: Names,
    body: Option<Vec<u8>>,
    /// When asking the processor found it, which nothing had delivered by then.
    found_at: Option<Micros>,
}

/// The exact bytes that were delivered; `None` where they have been removed.
async fn body(scope: &Scope<'_>, id: &str) -> Result<Option<Vec<u8>>, Problem> {
    let stored = events::body(scope, id).await?;
    let body = stored.map(|stored| inbox::unpack(&stored.packed));
    Ok(body.transpose()?)
}

async fn told(scope: &Scope<'_>, id: &str) -> Result<Told, Problem> {
    let event = events::find(scope, id).await?.ok_or(Problem::NotFound)?;
    let ids = explain::sales_meant(scope.store, scope.org, id, Some(event.livemode)).await?;
    let mut sales = Vec::new();
    for id in ids.iter().take(SALES_MAX) {
        sales.extend(sales::find(scope, id).await?);
    }
    let partners = sales.iter().filter_map(|sale| sale.partner_id.as_deref());
    let own = [(event.source_id.as_str(), event.external_id.as_str())];
    let found_at = reconciliations::found_at(scope, own.into_iter()).await?;
    Ok(Told {
        found_at: found_at.into_values().next(),
        says: explain::said(scope.store, scope.org, id).await?,
        names: names::partners(scope, partners).await?,
        body: body(scope, id).await?,
        sales,
        event,
    })
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let told = told(&scope(&app, &viewer), &id).await?;
    let viewer = viewer.in_ledger(told.event.livemode);
    let event = &told.event;
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/events", &[])) { "Events" } " / " (short(&event.external_id)) }
        (heading(&event.event_type, &html! {
            div.beside {
                (test_badge(event.livemode)) (badge(event.state.word())) (personal_switch(&viewer))
                a.button href=(viewer.href(again::PATH, &[("event", &event.id)])) { "Process again …" }
            }
        }))
        div.wide-narrow {
            section.panel {
                div.title { h2 { "From receipt to ledger" } }
                div.body { (timeline(&viewer, &told)) }
            }
            (about(&viewer, event))
        }
        (payload(&viewer, &told))
    };
    Ok(view::page(
        &viewer,
        &format!("Event {}", short(&event.external_id)),
        &body,
    ))
}

fn timeline(viewer: &Viewer, told: &Told) -> Markup {
    let event = &told.event;
    html! {
        ol.story {
            @if let Some(at) = event.occurred_at {
                li { h3 { "It happened" } p.when { (time(at)) " at " (processor(&event.processor)) } }
            }
            li.good {
                h3 {
                    @if event.processor == calls::PROCESSOR { "Reported by your server" }
                    @else if told.found_at.is_some() { "Found by asking " (processor(&event.processor)) ", and kept" }
                    @else { "Received, verified and kept" }
                }
                p.when {
                    (time(event.received_at))
                    @if event.deliveries > 1 { " · delivered " (count(event.deliveries)) " times; the first counts" }
                }
                @if let Some(at) = told.found_at {
                    div.says { p.muted {
                        "Nothing had delivered it by " (time(at)) ". "
                        @if event.deliveries > 1 { "It came later, too, and counts once." } @else { "Whether deliveries come: see the " a href=(viewer.href(&format!("/dashboard/sources/{}", encoded(&event.source_id)), &[])) { "source" } "." }
                    } }
                }
                @if event.conflicts > 0 {
                    div.says { p.notice { (count(event.conflicts)) " of its deliveries said something else than the first, and do not count." } }
                }
            }
            (read(viewer, told))
            (outcome(event))
            @for sale in &told.sales { (touched(viewer, sale, &told.names)) }
        }
    }
}

fn read(viewer: &Viewer, told: &Told) -> Markup {
    html! {
        li {
            h3 { "What it says" }
            div.says {
                @if told.body.is_none() { p.muted { (told.event.why_without_body()) "." } }
                @else if told.says.is_empty() { p.muted { "Nothing about a payment or a customer." } }
                @for sentence in told.says.iter().take(SAYS_MAX) { p { (said(viewer, &worded(sentence))) } }
                @if told.says.len() > SAYS_MAX { p.muted { "… and " (told.says.len() - SAYS_MAX) " more" } }
            }
        }
    }
}

fn outcome(event: &Event) -> Markup {
    let (tone, title) = match event.state {
        Outcome::Processed => ("good", "Processed"),
        Outcome::Ignored => ("", "Nothing to do"),
        Outcome::Parked => ("wait", "Parked: it waits for something"),
        Outcome::Failed => ("bad", "It could not be read"),
        Outcome::Received => ("wait", "Not read yet"),
    };
    html! {
        li.(tone) {
            h3 { (title) }
            @if let Some(at) = event.processed_at { p.when { (time(at)) } }
            div.says {
                @if let Some(reason) = &event.reason { p { (reason) } }
                @if event.state == Outcome::Parked { p.muted { "It is looked at again by itself when what it waits for turns up." } }
                @if event.state == Outcome::Failed {
                    p.muted { "After a repair or an update: process it again, above." }
                }
            }
        }
    }
}

fn touched(viewer: &Viewer, sale: &Sale, names: &Names) -> Markup {
    let href = viewer.href(&format!("/dashboard/sales/{}", encoded(&sale.id)), &[]);
    let title = sale.invoice_id.as_deref().unwrap_or(&sale.id);
    html! {
        li.good {
            h3 { "Part of the sale " a href=(href) title=(title) { (short(title)) } }
            p.when { (time(sale.occurred_at)) }
            div.says {
                p {
                    (money(sale.amounts.net, sale.currency)) " net, " (money(sale.amounts.left(), sale.currency)) " left"
                    @if let Some(id) = sale.partner_id.as_deref() {
                        "; " (super::sales::partner(viewer, Some(id), names)) " earns " (money(sale.commission.left, sale.commission.currency))
                    } @else { "; nobody brought it" }
                }
            }
        }
    }
}

fn about(viewer: &Viewer, event: &Event) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "The event" } }
            div.body {
                dl.facts {
                    dt { "Processor" } dd { (processor(&event.processor)) }
                    dt { "Its id" } dd { code { (event.external_id) } }
                    dt { "Id here" } dd { code { (event.id) } }
                    @if event.processor != calls::PROCESSOR {
                        dt { "Source" }
                        dd { (id_link(viewer, "sources", &event.source_id)) }
                    }
                    @if !event.api_version.is_empty() { dt { "API version" } dd { (event.api_version) } }
                    dt { "Ledger" } dd { @if event.livemode { "live" } @else { "test" } }
                    @if !event.mentions.is_empty() {
                        dt { "Names in it" }
                        dd { @for name in event.mentions.iter().take(NAMES_MAX) { div { (name_link(viewer, name)) } } }
                    }
                    dt { "Connected" }
                    dd { a href=(viewer.href("/dashboard/events", &[("about", &event.id)])) { "All events of the same payments and customer" } }
                }
            }
        }
    }
}

/// A payment's name, which leads to all events about it.
fn name_link(viewer: &Viewer, name: &str) -> Markup {
    let id = name.rsplit('/').next().unwrap_or(name);
    html! { a.id href=(viewer.href("/dashboard/events", &[("about", id)])) title=(name) { (short(id)) } }
}

fn payload(viewer: &Viewer, told: &Told) -> Markup {
    let Some(body) = &told.body else {
        return html! {};
    };
    let path = format!("/dashboard/events/{}/payload", encoded(&told.event.id));
    html! {
        section.panel {
            div.title {
                h2 { "Payload" }
                span { a href=(viewer.href(&path, &[])) download { "Download the exact bytes" } " " span.muted { "(" (count(i64::try_from(body.len()).unwrap_or(i64::MAX))) " bytes, nothing covered)" } }
            }
            @match pretty(body, shows_personal(viewer)) {
                None => { div.body { p.muted { "It is no JSON; download it to look into it." } } }
                Some(written) => {
                    pre.payload tabindex="0" aria-label="Payload" {
                        @for (tone, text) in &written.pieces {
                            @if *tone == Tone::Plain { (text) } @else { span.(tone.class()) { (text) } }
                        }
                        @if written.is_cut { "\n… the rest is in the download" }
                    }
                }
            }
        }
    }
}

/// The exact bytes that were delivered, as a file.
pub(in crate::dashboard) async fn bytes(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let scope = scope(&app, &viewer);
    let event = events::find(&scope, &id).await?.ok_or(Problem::NotFound)?;
    let body = body(&scope, &id).await?;
    let body = body.ok_or_else(|| Problem::Gone(event.why_without_body()))?;
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let name: String = event.external_id.chars().filter(plain).take(80).collect();
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.json\""),
        ),
    ];
    Ok((headers, body).into_response())
}
