//! Sales: all of them, and one with the story of how it came about and what it earns.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect};
use maud::{Markup, html};
use providers::{Currency, Micros};

use super::changes;
use super::{STATUSES, partner_filter, processors, scope, sheets, summary};
use crate::app::App;
use crate::books::Scope;
use crate::books::names::{self, Names};
use crate::books::sales::{self, Buyer, By, Sale, Status};
use crate::books::sums::DAY;
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{
    amount, badge, choice, csv_link, day_field, encoded, figure, filters, heading, masked, money,
    more_filters, none_matches, pager, personal_switch, short, short_day, test_badge, text_field,
    time,
};
use crate::dashboard::view::words::processor;
use crate::dashboard::{Page, view};
use crate::explain;
use crate::ledger::sale::Kind;

const KINDS: [(&str, &str); 3] = [
    ("first", "first"),
    ("recurring", "recurring"),
    ("one_time", "one time"),
];

pub(in crate::dashboard) async fn list(State(app): State<Arc<App>>, viewer: Viewer) -> Page {
    if sheets::wanted(&viewer) {
        return sheets::of_sales(app, viewer).await;
    }
    let scope = scope(&app, &viewer);
    let place = Place::of(&viewer)?;
    let by = conditions(&viewer)?;
    let found = sales::list(&scope, &by, place.part()).await?;
    let (rows, next) = place.cut(found, |sale| sale.id.clone());
    let partners = rows.iter().filter_map(|sale| sale.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    let by_partner = partner_filter(&scope, &viewer).await?;
    let body = html! {
        (heading("Sales", &html! { div.beside { (csv_link(&viewer)) (personal_switch(&viewer)) } }))
        (filters(&viewer, &fields(&viewer, &by_partner)))
        (summary::of_sales(&scope, &viewer).await?)
        section.panel {
            @if rows.is_empty() {
                (none(&viewer, next.is_some()))
            } @else {
                (table(&viewer, &rows, &names, Beside::Nothing))
            }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, "Sales", &body))
}

pub(super) fn conditions(viewer: &Viewer) -> Result<Vec<By<'_>>, Problem> {
    let params = &viewer.params;
    let texts = [
        params.given("name").map(By::Named),
        params.given("customer").map(By::Customer),
        params.given("partner").map(By::Partner),
        params.given("processor").map(By::Processor),
        params.given("click").map(By::Click),
    ];
    let words = [
        params
            .word("status", Status::ALL, Status::word)?
            .map(By::Status),
        params.word("kind", Kind::ALL, Kind::word)?.map(By::Kind),
    ];
    let (from, to) = params.days()?;
    let times = [from.map(By::From), to.map(By::To)];
    let currency = params.given("currency").map(|code| {
        Currency::parse(code)
            .ok_or_else(|| Problem::Refused("there is no such currency".to_owned()))
    });
    let on = |name| Ok::<_, Problem>(params.time(name)?.map(|at| at.0.div_euclid(DAY)));
    let taken = match (on("back_from")?, on("back_to")?) {
        (None, None) => None,
        (from, to) => Some(By::Taken(
            from.unwrap_or_default(),
            to.map_or(i64::MAX, |day| day.saturating_add(1)),
        )),
    };
    let mut by = vec![By::Ledger(viewer.livemode)];
    by.extend(texts.into_iter().chain(words).chain(times).flatten());
    by.extend(currency.transpose()?.map(By::Currency));
    by.extend(taken);
    Ok(by)
}

/// Filters that are asked for seldom, or by a link from another page.
const MORE: [&str; 7] = [
    "name",
    "kind",
    "currency",
    "customer",
    "click",
    "back_from",
    "back_to",
];

fn fields(viewer: &Viewer, by_partner: &Markup) -> Markup {
    html! {
        (by_partner)
        (choice(viewer, ("processor", "Processor"), &processors()))
        (choice(viewer, ("status", "Commission"), &STATUSES))
        (day_field(viewer, ("from", "Paid from")))
        (day_field(viewer, ("to", "To")))
        (more_filters(viewer, &MORE, &html! {
            (text_field(viewer, ("name", "Any name of the payment"), "in_…, ch_…, order"))
            (choice(viewer, ("kind", "Kind"), &KINDS))
            (text_field(viewer, ("currency", "Currency"), "usd"))
            (day_field(viewer, ("back_from", "Refunded or disputed from")))
            (day_field(viewer, ("back_to", "To")))
            (text_field(viewer, ("customer", "Customer"), "cus_…"))
            (text_field(viewer, ("click", "Click"), "clk_…"))
        }))
    }
}

fn none(viewer: &Viewer, goes_on: bool) -> Markup {
    none_matches(
        viewer,
        goes_on,
        "sale",
        &html! {
            p { "A sale appears here as soon as a processor tells of a payment, or your server reports one." }
            p { a href=(viewer.href("/dashboard/sources", &[])) { "Connect a processor" } }
        },
    )
}

/// Whose page a table of sales stands on: it leaves out what that page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dashboard) enum Beside {
    Nothing,
    Customer,
    Partner,
}

pub(in crate::dashboard) fn table(
    viewer: &Viewer,
    rows: &[Sale],
    names: &Names,
    beside: Beside,
) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr {
                    th { "Paid" } th { "Payment" }
                    @if beside == Beside::Nothing { th.wide { "Customer" } }
                    th.n title="Without tax and shipping, before refunds and disputes" { "Sold, net" }
                    @if beside != Beside::Partner { th { "Partner" } }
                    th.n { "Commission" } th { "State" }
                } }
                tbody { @for sale in rows { (row(viewer, sale, names, beside)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, sale: &Sale, names: &Names, beside: Beside) -> Markup {
    let href = viewer.href_in(
        sale.livemode,
        &format!("/dashboard/sales/{}", encoded(&sale.id)),
        &[],
    );
    let name = sale.invoice_id.as_deref().unwrap_or(&sale.id);
    let back = sale.amounts.refunded.saturating_add(sale.amounts.disputed);
    html! {
        tr {
            td.r3 { (time(sale.occurred_at)) }
            td.r1 {
                a.id href=(href) title=(name) { (short(name)) }
                span.sub { (processor(&sale.payment_processor)) " · " (kind(sale.kind)) " " (test_badge(sale.livemode)) }
            }
            @if beside == Beside::Nothing {
                td.wide { @match &sale.customer { Some(buyer) => { (customer(viewer, sale.livemode, buyer)) } None => { span.none { "—" } } } }
            }
            td.n.r1 {
                (money(sale.amounts.net, sale.currency))
                @if back != 0 { span.sub.back { "−" (figure(back, sale.currency)) " taken back" } }
            }
            @if beside != Beside::Partner { td.r2.who { (partner(viewer, sale.partner_id.as_deref(), names)) } }
            td.n.r2.earns { @if sale.partner_id.is_some() { (money(sale.commission.left, sale.commission.currency)) } @else { span.none { "—" } } }
            td.r3.end { (state(sale, viewer.now)) }
        }
    }
}

/// A customer by what he is known by, with a link to his page.
fn customer(viewer: &Viewer, livemode: bool, buyer: &Buyer) -> Markup {
    let path = format!("/dashboard/customers/{}", encoded(&buyer.id));
    let known = buyer.email.as_ref().or(buyer.external_id.as_ref());
    html! {
        a href=(viewer.href_in(livemode, &path, &[])) {
            @match known { Some(known) => { (masked(viewer, Some(known.expose()))) } None => { (short(&buyer.id)) } }
        }
    }
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::First => "first",
        Kind::Recurring => "recurring",
        Kind::OneTime => "one time",
    }
}

fn state(sale: &Sale, now: Micros) -> Markup {
    let earned = &sale.commission;
    html! {
        @if sale.partner_id.is_none() {
            span.none title="Nobody brought it" { "organic" }
        } @else if sale.waits_for.is_none() && earned.full == 0 {
            span.none { "earns nothing" }
        } @else if sale.review.is_some() {
            (badge("held"))
        } @else if sale.waits_for.is_some() {
            span.badge.wait { "needs a rate" }
        } @else if sale.status == Status::Pending && earned.free == earned.left && sale.available_at > now {
            span.badge.wait { "payable " (short_day(sale.available_at, now)) }
        } @else if sale.status == Status::Pending && earned.free < earned.left {
            (badge("held"))
        } @else {
            (badge(worth(sale.status)))
        }
    }
}

/// What a commission is worth by now, as pages call it.
pub(super) const fn worth(status: Status) -> &'static str {
    match status {
        Status::Pending => "pending",
        Status::Approved => "payable now",
        Status::Paid => "paid",
        Status::Rejected => "taken back",
    }
}

/// A partner by name, with a link to it.
pub(in crate::dashboard) fn partner(viewer: &Viewer, id: Option<&str>, names: &Names) -> Markup {
    match id {
        None => html! { span.none { "—" } },
        Some(id) => {
            let href = viewer.href(&format!("/dashboard/partners/{}", encoded(id)), &[]);
            html! { a.name href=(href) title=(id) { (names.get(id).map_or(id, String::as_str)) } }
        }
    }
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let scope = scope(&app, &viewer);
    let Some(sale) = sales::find(&scope, &id).await? else {
        return gone(&scope, &viewer, &id).await;
    };
    if sale.id != id {
        let path = format!("/dashboard/sales/{}", encoded(&sale.id));
        return Ok(Redirect::to(&viewer.href_in(sale.livemode, &path, &[])).into_response());
    }
    // A link to a test sale shows the test ledger's frame, whatever its address says.
    let viewer = viewer.in_ledger(sale.livemode);
    let story = explain::explain(scope.store, scope.now, scope.org, &sale.id).await?;
    let story = story.ok_or(Problem::NotFound)?;
    let booked = story.entries.iter().map(|entry| entry.partner_id.as_str());
    let partners = booked.chain(sale.partner_id.as_deref());
    let names = names::partners(&scope, partners).await?;
    let forms = super::decide::of_sale(&app, &viewer, &sale, &story).await?;
    let title = sale.invoice_id.clone().unwrap_or_else(|| sale.id.clone());
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/sales", &[])) { "Sales" } " / " (short(&title)) }
        (heading(&format!("{} from {}", amount(sale.amounts.net, sale.currency), short(&title)), &html! {
            div.beside { (test_badge(sale.livemode)) (state(&sale, viewer.now)) a.button href=(changes::of(&viewer, &sale.id)) { "Changes" } (personal_switch(&viewer)) }
        }))
        (super::story::verdict(&viewer, &sale, &story, &names))
        @if let Some(decision) = story.commission.as_ref().and_then(|one| one.decision.as_ref()) { (super::decide::standing(decision)) }
        div.wide-narrow {
            (super::story::story(&viewer, &sale, &story, &names))
            div.side-panels {
                (super::story::figures(&viewer, &sale, &story))
                (forms)
            }
        }
    };
    Ok(view::page(
        &viewer,
        &format!("Sale {}", short(&title)),
        &body,
    ))
}

/// What is left of a payment that is no sale any more: entries may still speak of it.
async fn gone(scope: &Scope<'_>, viewer: &Viewer, id: &str) -> Page {
    let story = explain::explain(scope.store, scope.now, scope.org, id).await?;
    let story = story.ok_or(Problem::NotFound)?;
    let viewer = viewer.in_ledger(story.sale.livemode);
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/sales", &[])) { "Sales" } " / " (short(id)) }
        (heading("No sale any more", &html! { div.beside { (test_badge(story.sale.livemode)) (badge(&story.sale.state)) } }))
        section.panel { pre.payload tabindex="0" { (story.text) } }
    };
    Ok(view::page(&viewer, "No sale any more", &body))
}

/// Words that lead to what an entry is about, where there is a page.
pub(in crate::dashboard) fn about(viewer: &Viewer, id: &str, words: &str) -> Markup {
    html! {
        @match folder(id) {
            Some(folder) => { a href=(viewer.href(&format!("/dashboard/{folder}/{}", encoded(id)), &[])) { (words) } }
            None => { (words) }
        }
    }
}

/// Where the pages are of what an entry can be about.
fn folder(id: &str) -> Option<&'static str> {
    let folders = [
        ("sale_", "sales"),
        ("lead_", "commissions"),
        ("adj_", "adjustments"),
        ("pay_", "payouts"),
    ];
    let found = folders.iter().find(|(prefix, _)| id.starts_with(prefix));
    found.map(|(_, folder)| *folder)
}
