//! What has been paid out, and the statement of one payout: each entry that it has paid.

use maud::{Markup, html};

use super::super::reader::{Closed, Reader};
use super::paid;
use crate::actor::LetIn as _;
use crate::app::App;
use crate::books::Part;
use crate::books::entries::{Entry, Kind};
use crate::books::payouts::{Payout, Status};
use crate::books::portal::Own;
use crate::dashboard::view::parts::{badge, code, day, figure, money};
use crate::dashboard::view::statement::{self, Told};
use crate::dashboard::view::words::worded;
use crate::payouts::settings;

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

/// Who pays the partner, and who it is.
async fn told(app: &App, own: &Own<'_>, reader: &Reader) -> Result<Told, Closed> {
    let sealed = own.payer().await?;
    let settings = sealed.map(|sealed| settings::open(&app.seal, reader.org(), &sealed));
    let settings = settings.transpose().map_err(|error| {
        tracing::error!(%error, "payout settings cannot be read");
        Closed::Broken
    })?;
    let details = paid::opened(app, own, reader).await?;
    let programs = own.programs().await?;
    Ok(Told {
        merchant: programs
            .into_iter()
            .next()
            .map(|one| one.page.merchant)
            .unwrap_or_default(),
        settings: settings.unwrap_or_default(),
        payee: reader.actor().name().to_owned(),
        details: details.map(|opened| opened.details).unwrap_or_default(),
    })
}

pub(super) async fn one(
    app: &App,
    own: &Own<'_>,
    reader: &Reader,
    id: &str,
) -> Result<Markup, Closed> {
    let found = own.payout(id, ENTRIES).await?;
    let (payout, entries) = found.ok_or(Closed::NotFound)?;
    let paid: Vec<&Entry> = entries
        .iter()
        .filter(|entry| !matches!(entry.kind, Kind::Payout | Kind::Reversal))
        .collect();
    let currency = payout.currency;
    let told = told(app, own, reader).await?;
    Ok(html! {
        p { a href=(reader.href(&[])) { "← Back" } }
        section.panel {
            div.title {
                h2 { (told.title()) }
                span { @if let Some(number) = payout.statement_number { "No. " (number) " " } @if payout.reversed_at.is_none() { (badge(payout.status.word())) } }
            }
            div.body { (told.parties()) (statement::facts(&payout)) }
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
            @let notes = told.notes();
            @if !notes.is_empty() { div.body { @for note in notes { p.muted { (note) } } } }
        }
    })
}
