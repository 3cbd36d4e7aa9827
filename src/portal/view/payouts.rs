//! What has been paid out, and the statement of one payout: each entry that it has paid.

use maud::{Markup, html};

use super::super::reader::{Closed, Reader};
use crate::actor::LetIn as _;
use crate::books::Part;
use crate::books::entries::{Entry, Kind};
use crate::books::payouts::{Payout, Status};
use crate::books::portal::Own;
use crate::dashboard::view::parts::{badge, code, day, figure, money};
use crate::dashboard::view::words::worded;

/// Payouts on the page.
const ROWS: i64 = 24;
/// Entries of a statement.
const ENTRIES: i64 = 500;

pub(super) async fn panel(own: &Own<'_>, reader: &Reader) -> Result<Markup, Closed> {
    let rows = own.payouts(Part::first(ROWS)).await?.rows;
    Ok(html! {
        section.panel {
            div.title { h2 { "Payouts" } }
            @if rows.is_empty() {
                div.empty { p.title { "Nothing paid out yet" } p { "Each payout stands here with a statement of what it pays." } }
            } @else {
                div.scroll { table.rows {
                    thead { tr { th { "Day" } th { "State" } th { "Statement" } th.n { "Amount" } } }
                    tbody { @for payout in &rows { (row(reader, payout)) } }
                } }
            }
        }
    })
}

fn row(reader: &Reader, payout: &Payout) -> Markup {
    html! {
        tr {
            td.tight.r1 { (day(payout.created_at)) }
            td.r2.end {
                (badge(payout.status.word()))
                @if payout.status == Status::Reversed { span.sub { "it came back: the amount is payable again" } }
            }
            td.r2 { a href=(reader.href(&[("payout", &payout.id)])) { "Statement" span.unseen { " of " (day(payout.created_at)) } } }
            td.n.r1 { (money(payout.amount, payout.currency)) }
        }
    }
}

pub(super) async fn one(own: &Own<'_>, reader: &Reader, id: &str) -> Result<Markup, Closed> {
    let found = own.payout(id, ENTRIES).await?;
    let (payout, entries) = found.ok_or(Closed::NotFound)?;
    let paid: Vec<&Entry> = entries
        .iter()
        .filter(|entry| !matches!(entry.kind, Kind::Payout | Kind::Reversal))
        .collect();
    let currency = payout.currency;
    Ok(html! {
        p { a href=(reader.href(&[])) { "← Back" } }
        section.panel {
            div.title { h2 { "Statement of " (day(payout.created_at)) } span { (badge(payout.status.word())) } }
            div.body {
                dl.facts {
                    dt { "To" } dd { (reader.actor().name()) }
                    dt { "Amount" } dd { (money(payout.amount, currency)) }
                    dt { "Id" } dd { code { (payout.id) } }
                }
            }
            div.scroll tabindex="0" role="group" aria-label="Entries" { table.rows {
                thead { tr { th { "Day" } th { "What" } th.n { (code(currency)) } } }
                tbody {
                    @for entry in &paid {
                        tr {
                            td.tight.r2.muted { (day(entry.occurred_at)) }
                            td.r1 { (entry.kind.word()) span.sub { (worded(&entry.reason)) } }
                            td.n.r1 { (figure(entry.amount, currency)) }
                        }
                    }
                    tr.total { td.wide {} td.r1 { "Total" } td.n.r1 { (money(payout.amount, currency)) } }
                }
            } }
        }
    })
}
