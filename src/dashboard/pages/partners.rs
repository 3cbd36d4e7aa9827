//! A partner: links, codes, balance and entries.

use std::sync::Arc;

use axum::extract::{Path, State};
use maud::{Markup, html};
use providers::Micros;

use super::partner_activity::Activity;
use super::partner_portal;
use super::sales::about as about_entry;
use super::{adjust, changes};
use super::{scope, set_up};
use crate::app::App;
use crate::books::entries::{self, By as EntryBy, Entry, Kind};
use crate::books::names::{self, Names};
use crate::books::standing::{self, Balance, Coming};
use crate::books::{Scope, codes, groups, links};
use crate::catalog::{Application, Catalog, Code, Link, Page as Part, Partner, Series};
use crate::dashboard::guard::Viewer;
use crate::dashboard::place::Place;
use crate::dashboard::problem::Problem;
use crate::dashboard::rights::Right;
use crate::dashboard::view::parts::{
    badge, code, coming, copyable, day, empty, encoded, figure, heading, masked, money, pager,
    personal_switch, short, short_day,
};
use crate::dashboard::view::words::worded;
use crate::dashboard::{Page, view};
use crate::explain;

/// The most links and codes on a page.
const SHOWN: i64 = 50;

/// What a payout made now would take, and what others have taken that are not sent yet.
const PAYABLE: &str = "Payable now";
const ON_ITS_WAY: &str = "On its way";

/// Rows of what becomes available next.
const COMING_ROWS: i64 = 8;

/// All that a partner's page shows.
struct Detail {
    partner: Partner,
    application: Option<Application>,
    links: Vec<Link>,
    codes: Vec<Code>,
    /// Programs, each with the rule that pays this partner.
    rules: Vec<Paid>,
    balances: Vec<Balance>,
    /// What becomes available on the next days.
    coming: Vec<Coming>,
    /// Programs by id and name.
    programs: Vec<(String, String)>,
}

/// How a program pays a partner.
struct Paid {
    program: String,
    /// The rule, in words.
    rule: String,
    /// Whether it is not the program's.
    is_own: bool,
    /// The group that it comes from, by id and name.
    group: Option<(String, String)>,
}

async fn detail(app: &App, viewer: &Viewer, id: &str) -> Result<Detail, Problem> {
    let catalog = app.catalog(viewer);
    let partner = catalog.partner(id).await?;
    let part = || Part {
        limit: SHOWN,
        after: String::new(),
        series: Series::of([]),
    };
    let of_links = [links::By::Partner(id)];
    let of_codes = [codes::By::Partner(id)];
    let mut balances = standing::of(&scope(app, viewer), viewer.livemode, [id]).await?;
    Ok(Detail {
        links: catalog.links(&part(), &of_links).await?.data,
        codes: catalog.codes(&part(), &of_codes).await?.data,
        rules: rules(&scope(app, viewer), &catalog, id).await?,
        application: catalog.application_of(id).await?,
        coming: standing::coming_to(&scope(app, viewer), viewer.livemode, id, COMING_ROWS).await?,
        programs: programs(&catalog, id).await?,
        balances: balances.remove(id).unwrap_or_default(),
        partner,
    })
}

async fn programs(catalog: &Catalog<'_>, id: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut programs = Vec::new();
    for program_id in catalog.programs_of(id).await? {
        let name = catalog.program(&program_id).await?.name;
        programs.push((program_id, name));
    }
    Ok(programs)
}

async fn rules(books: &Scope<'_>, catalog: &Catalog<'_>, id: &str) -> Result<Vec<Paid>, Problem> {
    let own = catalog.rules_of(id).await?;
    let mut rules = Vec::new();
    for program_id in catalog.programs_of(id).await? {
        let program = catalog.program(&program_id).await?;
        let rule = own.get(&program_id).or(program.commission.as_ref());
        let words = rule.map_or_else(|| "no commission".to_owned(), explain::rule_in_words);
        let group = groups::of(books, (&program_id, id)).await?;
        rules.push(Paid {
            program: program.name,
            rule: words,
            is_own: own.contains_key(&program_id),
            group: group.map(|group| (group.id, group.name)),
        });
    }
    Ok(rules)
}

pub(in crate::dashboard) async fn one(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    let detail = detail(&app, &viewer, &id).await?;
    let place = Place::of(&viewer)?;
    let by = [EntryBy::Ledger(viewer.livemode), EntryBy::Partner(&id)];
    let books = scope(&app, &viewer);
    let found = entries::list(&books, &by, place.part()).await?;
    let (rows, next) = place.cut(found, |entry| entry.id.clone());
    let names = names::subjects(&books, rows.iter().map(|entry| entry.subject_id.as_str())).await?;
    let activity = match viewer.params.given("cursor") {
        None => Some(Activity::read(&books, &id, viewer.livemode).await?),
        // Further entries are asked for alone.
        Some(_) => None,
    };
    let partner = &detail.partner;
    let body = html! {
        p.crumbs { a href=(viewer.href("/dashboard/partners", &[])) { "Partners" } " / " bdi { (partner.name) } }
        (heading(&partner.name, &html! {
            div.beside { (badge(&partner.status)) a.button href=(changes::of(&viewer, &partner.id)) { "Changes" } (partner_portal::forms(&viewer, partner)) (personal_switch(&viewer)) }
        }))
        (balance(&viewer, &detail.partner.id, &detail.balances))
        div.wide-narrow {
            div.side-panels {
                @if let Some(activity) = &activity { (activity.show(&viewer, &partner.id, &detail.links)) }
                section.panel {
                    div.title { h2 { "Ledger entries" } span.muted { "newest first; they are added and never changed" } }
                    @if rows.is_empty() { (empty("No entry yet", &html! { p { "An entry is written when a sale of this partner is known." } })) }
                    @else { (entries_table(&viewer, &rows, &names)) }
                }
            }
            div.side-panels {
                (partner_portal::application(detail.application.as_ref())) (about(&viewer, &detail))
                (links(&viewer, &detail))
                @if !detail.coming.is_empty() {
                    section.panel { div.title { h2 { "Payable next" } } (coming(&detail.coming, viewer.now)) }
                }
                (adjust::form(&app, &viewer, &partner.id, (&detail.programs, &adjust::likely(&detail.balances))))
                (partner_portal::participation(&viewer, partner))
            }
        }
        (pager(&viewer, next.as_deref()))
    };
    Ok(view::page(&viewer, &partner.name, &body))
}

/// One currency stands in large figures, several in a table. Each leads to what it is made of.
fn balance(viewer: &Viewer, partner_id: &str, balances: &[Balance]) -> Markup {
    let whose = ("partner", partner_id);
    // A payout that is being made is seldom: where there is none, nothing is said of it.
    let is_claimed = balances.iter().any(|balance| balance.claimed() != 0);
    let figures = |balance: &Balance| {
        let earned = |by| {
            let currency = ("currency", balance.currency.code());
            viewer.href("/dashboard/commissions", &[whose, by, currency])
        };
        let payouts = viewer.href("/dashboard/payouts", &[whose]);
        let on_its_way = (ON_ITS_WAY, balance.claimed(), payouts.clone());
        let payable = (PAYABLE, balance.payable(), earned(("status", "approved")));
        let rest = [
            (
                "Payable later",
                balance.pending,
                earned(("status", "pending")),
            ),
            ("Held back", balance.held, earned(("held", "true"))),
            ("Paid out", balance.paid, payouts),
        ];
        let claimed = is_claimed.then_some(on_its_way);
        [payable]
            .into_iter()
            .chain(claimed)
            .chain(rest)
            .collect::<Vec<_>>()
    };
    match balances {
        [] => html! {},
        [balance] => html! {
            section.panel.cards aria-label="Balance" {
                @for (label, minor, href) in figures(balance) {
                    @if label != ON_ITS_WAY {
                        div.card {
                            p.label { a href=(href) { (label) } }
                            p.figure { (money(minor, balance.currency)) }
                            @if label == PAYABLE && is_claimed { p.muted { (money(balance.claimed(), balance.currency)) " on its way" } }
                        }
                    }
                }
            }
        },
        [first, ..] => html! {
            section.panel {
                div.title { h2 { "Balance" } }
                div.scroll { table.rows {
                    thead { tr { th { "Currency" } @for (label, ..) in figures(first) { th.n { (label) } } } }
                    tbody { @for balance in balances {
                        tr {
                            td.r1 { (code(balance.currency)) }
                            @for (label, minor, href) in figures(balance) {
                                td.n data-label=(label) { @if minor == 0 { span.none { "—" } } @else { a href=(href) { (figure(minor, balance.currency)) } } }
                            }
                        }
                    } }
                } }
            }
        },
    }
}

fn entries_table(viewer: &Viewer, rows: &[Entry], names: &Names) -> Markup {
    html! {
        div.scroll {
            table.rows {
                thead { tr { th { "Written" } th { "Entry" } th { "Payable" } th.n { "Amount" } } }
                tbody {
                    @for entry in rows {
                        tr {
                            td.tight.r2 { (written(entry, viewer.now)) }
                            td.r1 { (entry_about(viewer, entry, names)) span.sub { (worded(&entry.reason)) } }
                            td.tight.r2.end {
                                @match &entry.paid_by {
                                    Some(payout) => { a href=(viewer.href(&format!("/dashboard/payouts/{}", encoded(payout)), &[])) { (badge("paid")) } }
                                    None => {
                                        @if matches!(entry.kind, Kind::Payout | Kind::Reversal) { span.none { "—" } }
                                        @else if entry.available_at <= viewer.now { "now" }
                                        @else { (short_day(entry.available_at, viewer.now)) }
                                    }
                                }
                            }
                            td.n.r1 { (money(entry.amount, entry.currency)) }
                        }
                    }
                }
            }
        }
    }
}

/// The day on which an entry was written, which is the list's order; and the day that it counts for, where that is another.
fn written(entry: &Entry, now: Micros) -> Markup {
    let (written, counts) = (day(entry.created_at), day(entry.occurred_at));
    html! {
        (written)
        @if counts != written { span.sub title="The day that it counts for" { "for " (short_day(entry.occurred_at, now)) } }
    }
}

/// What an entry is, in words.
const fn called(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Hold if entry.amount > 0 => "hold ended",
        Kind::Reversal => "payout taken back",
        other => other.word(),
    }
}

/// What an entry is, and what it is about, by the name of that.
pub(super) fn entry_about(viewer: &Viewer, entry: &Entry, names: &Names) -> Markup {
    let name = names.get(&entry.subject_id);
    html! {
        @match name {
            Some(name) => {
                (called(entry)) " for "
                (about_entry(viewer, &entry.subject_id, &short(name)))
            }
            None => { (about_entry(viewer, &entry.subject_id, called(entry))) }
        }
    }
}

fn about(viewer: &Viewer, detail: &Detail) -> Markup {
    let partner = &detail.partner;
    html! {
        section.panel {
            div.title { h2 { "The partner" } }
            div.body {
                dl.facts {
                    dt { "E-mail" } dd { (masked(viewer, Some(&partner.email))) }
                    @if viewer.may(Right::Change) {
                        dt { "Payouts" } dd { a href=(viewer.href(&format!("/dashboard/partners/{}/payout", encoded(&partner.id)), &[])) { "How they are paid" } }
                    }
                    @if let Some(tenant) = &partner.tenant_id { dt { "Your own id" } dd { (tenant) } }
                    @for paid in &detail.rules { dt { (paid.program) } dd { (worded(&paid.rule)) (whose(viewer, paid)) } }
                    dt { "Since" } dd { (partner.created_at.get(..10).unwrap_or_default()) }
                    dt { "Id" } dd { code { (partner.id) } }
                }
            }
        }
    }
}

/// Where a rule comes from that is not the program's.
fn whose(viewer: &Viewer, paid: &Paid) -> Markup {
    html! {
        @match &paid.group {
            Some((id, name)) => { " (the rule of the group " a href=(viewer.href(&format!("/dashboard/groups/{}", encoded(id)), &[])) { (name) } ")" }
            None => { @if paid.is_own { ", by a rule of their own" } }
        }
    }
}

fn links(viewer: &Viewer, detail: &Detail) -> Markup {
    html! {
        section.panel {
            div.title { h2 { "Links" } }
            @if detail.links.is_empty() { div.body { p.muted { "none" } } } @else {
                div.scroll { table { tbody {
                    @for link in &detail.links {
                        tr { td { (copyable(&link.short_url)) span.sub title=(link.url) { "leads to " (link.url) } (set_up::of_link(viewer, link)) } }
                    }
                } } }
            }
            div.body { (set_up::new_link(viewer, &detail.partner.id)) }
        }
        section.panel {
            div.title { h2 { "Discount codes" } }
            div.body {
                @if detail.codes.is_empty() { p.muted { "none" } }
                @for code in &detail.codes { div.beside { (copyable(&code.code)) (set_up::of_code(viewer, code)) } }
                (set_up::new_code(viewer, &detail.partner.id))
            }
        }
    }
}
