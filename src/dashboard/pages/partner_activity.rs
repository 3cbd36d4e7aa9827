//! What a partner has brought of late: figures of a month by link, and the newest sales, leads and clicks, each with the list that has all of them.

use std::collections::BTreeMap;

use maud::{Markup, html};
use providers::{Currency, Micros};

use super::sales::{self, Beside};
use crate::books::clicks::{self, By as ClickBy, Click};
use crate::books::figures::{self, Line};
use crate::books::leads::{self, By as LeadBy, Lead};
use crate::books::names::Names;
use crate::books::sales::{self as sale_books, By as SaleBy, Sale};
use crate::books::sums::DAY;
use crate::books::{Part, Scope};
use crate::catalog::Link;
use crate::dashboard::guard::Viewer;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::{count, day, empty, encoded, money, short, time};

/// The days that the figures are of.
const DAYS: i64 = 30;
/// Rows of each list.
const ROWS: i64 = 5;

/// What a partner has brought of late.
pub(super) struct Activity {
    from: i64,
    by_link: BTreeMap<String, Line>,
    sales: Vec<Sale>,
    leads: Vec<Lead>,
    clicks: Vec<Click>,
}

impl Activity {
    pub(super) async fn read(
        scope: &Scope<'_>,
        partner_id: &str,
        livemode: bool,
    ) -> Result<Self, Problem> {
        let to = scope.now.0.div_euclid(DAY) + 1;
        let from = to - DAYS;
        let part = Part::first(ROWS);
        let of_sales = [SaleBy::Ledger(livemode), SaleBy::Partner(partner_id)];
        let of_leads = [LeadBy::Ledger(livemode), LeadBy::Partner(partner_id)];
        let of_clicks = [ClickBy::Partner(partner_id)];
        Ok(Self {
            from,
            by_link: figures::of_partner(scope, partner_id, livemode, (from, to)).await?,
            sales: sale_books::list(scope, &of_sales, part).await?.rows,
            leads: leads::list(scope, &of_leads, part).await?.rows,
            clicks: clicks::list(scope, &of_clicks, part).await?.rows,
        })
    }

    /// Figures and newest rows, under the links' keys.
    pub(super) fn show(&self, viewer: &Viewer, partner_id: &str, links: &[Link]) -> Markup {
        let all = |path: &str| viewer.href(path, &[("partner", partner_id)]);
        let is_new = self.by_link.is_empty() && self.sales.is_empty();
        if is_new && self.leads.is_empty() && self.clicks.is_empty() {
            let next = html! {
                @if links.is_empty() { p { "Add a link or a discount code beside, and send it to the partner." } }
                @else { p { "Send the partner the link beside. Clicks, leads and sales appear here as they come." } }
            };
            return html! { section.panel { div.title { h2 { "Brought" } } (empty("Nothing yet", &next)) } };
        }
        html! {
            (self.figures(viewer, partner_id, links))
            section.panel {
                div.title { h2 { "Newest sales" } a href=(all("/dashboard/sales")) { "All sales" } }
                @if self.sales.is_empty() { (empty("No sale yet", &html! { p { "A sale appears here when somebody pays who came by a link or used a code of this partner." } })) }
                @else { (sales::table(viewer, &self.sales, &Names::new(), Beside::Partner)) }
            }
            div.two {
                section.panel {
                    div.title { h2 { "Newest leads" } a href=(all("/dashboard/leads")) { "All leads" } }
                    (self.newest_leads(viewer))
                }
                section.panel {
                    div.title { h2 { "Newest clicks" } a href=(all("/dashboard/clicks")) { "All clicks" } }
                    (self.newest_clicks(viewer))
                }
            }
        }
    }

    fn figures(&self, viewer: &Viewer, partner_id: &str, links: &[Link]) -> Markup {
        let of_days = |path: &str, more: &[(&str, &str)]| {
            let from = day(Micros(self.from.saturating_mul(DAY)));
            let own = [("partner", partner_id), ("from", from.as_str())];
            viewer.href(path, &[&own, more].concat())
        };
        let total = self.total();
        html! {
            section.panel {
                div.title { h2 { "Brought " span.muted { "in the last " (DAYS) " days" } } }
                @if self.by_link.is_empty() {
                    (empty("Nothing in these days", &html! { p { "Clicks, leads and sales are counted here by link." } }))
                } @else {
                    div.scroll { table.rows {
                        thead { tr { th { "Link" } th.n { "Clicks" } th.n { "Leads" } th.n { "Sales" } th.n { "Earned" } } }
                        tbody {
                            @for (id, line) in &self.by_link {
                                @let key = links.iter().find(|link| link.id == *id).map(|link| link.key.as_str());
                                tr {
                                    td.who.r1.all { @match (key, id.is_empty()) {
                                        (Some(key), _) => { a href=(of_days("/dashboard/clicks", &[("link", id)])) { (key) } },
                                        (None, true) => { span.muted title="Codes, sales given by hand, and what leads and bonuses are worth" { "without a link" } },
                                        (None, false) => { span.muted { "a deleted link" } },
                                    } }
                                    (cells(line))
                                }
                            }
                            @if self.by_link.len() > 1 { tr.total { td.r1.all { "All" } (cells(&total)) } }
                        }
                    } }
                    p.note {
                        "See these "
                        a href=(of_days("/dashboard/clicks", &[])) { "clicks" } ", "
                        a href=(of_days("/dashboard/leads", &[])) { "leads" } ", "
                        a href=(of_days("/dashboard/sales", &[])) { "sales" } " and "
                        a href=(of_days("/dashboard/commissions", &[])) { "commissions" } "."
                    }
                }
            }
        }
    }

    fn total(&self) -> Line {
        let mut total = Line::default();
        for line in self.by_link.values() {
            let sum = |a: Option<i64>, b: Option<i64>| {
                Some(a.unwrap_or_default().saturating_add(b.unwrap_or_default()))
            };
            total.clicks = sum(total.clicks, line.clicks);
            total.leads = sum(total.leads, line.leads);
            for (currency, sums) in &line.sums {
                let of = total.sums.entry(*currency).or_default();
                *of = of.and(*sums);
            }
        }
        total
    }

    fn newest_leads(&self, viewer: &Viewer) -> Markup {
        if self.leads.is_empty() {
            return empty(
                "No lead yet",
                &html! { p { "Your server reports leads, such as a sign-up." } },
            );
        }
        html! {
            div.scroll { table.rows { tbody { @for lead in &self.leads {
                tr {
                    td.r1 { a href=(viewer.href(&format!("/dashboard/leads/{}", encoded(&lead.id)), &[])) { (lead.event_name) } }
                    td.n.r1 { (time(lead.occurred_at)) }
                }
            } } } }
        }
    }

    fn newest_clicks(&self, viewer: &Viewer) -> Markup {
        if self.clicks.is_empty() {
            return empty(
                "No click yet",
                &html! { p { "A click is counted when somebody follows a link of this partner." } },
            );
        }
        html! {
            div.scroll { table.rows { tbody { @for click in &self.clicks {
                tr {
                    td.r1 { a href=(viewer.href(&format!("/dashboard/clicks/{}", encoded(&click.id)), &[])) {
                        @match &click.url { Some(url) => { (short(url)) } None => { span.id { (short(&click.id)) } } }
                    } }
                    td.n.r1 { (time(click.clicked_at)) }
                }
            } } } }
        }
    }
}

/// Counts, and what was earned in each currency in which there is something.
fn cells(line: &Line) -> Markup {
    let sales = line.sums.values().map(|sums| sums.sales).sum();
    let earned: Vec<(Currency, i64)> = line
        .sums
        .iter()
        .map(|(currency, sums)| (*currency, sums.earned()))
        .filter(|(_, earned)| *earned != 0)
        .collect();
    html! {
        td.n data-label="Clicks" { (count(line.clicks.unwrap_or_default())) }
        td.n data-label="Leads" { (count(line.leads.unwrap_or_default())) }
        td.n data-label="Sales" { (count(sales)) }
        td.n data-label="Earned" {
            @for (currency, earned) in &earned { div { (money(*earned, *currency)) } }
            @if earned.is_empty() { span.none { "—" } }
        }
    }
}
