//! What each sale and lead has earned: when it is payable, and the arithmetic. Nothing says who bought.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::super::reader::{Closed, Reader};
use super::balance::why_held;
use crate::books::Part;
use crate::books::commissions::{Commission, Subject};
use crate::books::entries::Kind;
use crate::books::list::LOOKS;
use crate::books::portal::{Own, Why};
use crate::books::sales::Status;
use crate::dashboard::view::parts::{amount, badge, day, money, spoken_day};
use crate::dashboard::view::words::worded;

/// Rows of a part of the list.
const ROWS: i64 = 15;

pub(super) async fn panel(own: &Own<'_>, reader: &Reader) -> Result<Markup, Closed> {
    let after = reader.params.get("after");
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    let after = if after.chars().all(is_plain) {
        after
    } else {
        ""
    };
    let part = Part {
        after,
        rows: ROWS + 1,
        looks: LOOKS,
    };
    let found = own.commissions(part).await?;
    let mut rows = found.rows;
    let most = usize::try_from(ROWS).unwrap_or_default();
    let has_more = rows.len() > most;
    rows.truncate(most);
    let next = has_more
        .then(|| rows.last().map(|row| row.tail.clone()))
        .flatten();
    let next = next.or(found.go_on);
    let whys = own.why(rows.iter().map(id_of)).await?;
    Ok(html! {
        section.panel {
            div.title { h2 { "Earnings" } span.muted { "newest first" } }
            @if rows.is_empty() {
                div.empty { p.title { "No sale yet" } p { "Each sale that comes through your links stands here, with what it earns and when that is payable." } }
            } @else { (table(reader, &rows, &whys)) }
            @if next.is_some() || !after.is_empty() {
                nav.pager aria-label="Parts of the list" {
                    @if !after.is_empty() { a href=(reader.href(&[])) { "← Newest" } }
                    @if let Some(next) = &next { a rel="next" href=(reader.href(&[("after", next)])) { "Older →" } }
                }
            }
        }
    })
}

/// Bonuses and corrections on the page.
const ADJUSTMENTS: i64 = 10;

/// What no sale or lead explains.
pub(super) async fn adjustments(own: &Own<'_>) -> Result<Markup, Closed> {
    let rows = own.adjustments(ADJUSTMENTS).await?;
    Ok(html! {
        @if !rows.is_empty() {
            section.panel {
                div.title { h2 { "Bonuses and corrections" } }
                div.scroll { table {
                    thead { tr { th { "Day" } th { "Why" } th.n { "Amount" } } }
                    tbody { @for entry in &rows {
                        tr {
                            td.tight { (day(entry.occurred_at)) }
                            td { (entry.reason) span.sub { (entry.kind.word()) } }
                            td.n { (money(entry.amount, entry.currency)) }
                        }
                    } }
                } }
            }
        }
    })
}

fn id_of(commission: &Commission) -> &str {
    match &commission.subject {
        Subject::Sale(id) | Subject::Lead(id) => id,
    }
}

fn table(reader: &Reader, rows: &[Commission], whys: &BTreeMap<String, Vec<Why>>) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Earnings" { table.rows {
            thead { tr { th { "Day" } th { "For" } th { "Payable" } th.n { "Earned" } } }
            tbody {
                @for one in rows {
                    @let of = whys.get(id_of(one)).map(Vec::as_slice).unwrap_or_default();
                    tr {
                        td.tight.r2.muted { (day(one.occurred_at)) }
                        td.r1 { (what(one)) (why(of, one.held > 0)) }
                        td.r2.end { (payable(reader, one)) }
                        td.n.r1 {
                            (money(one.amount, one.currency))
                            @if one.amount != one.full { span.sub { "of " (amount(one.full, one.currency)) } }
                        }
                    }
                }
            }
        } }
    }
}

const fn what(commission: &Commission) -> &'static str {
    match commission.subject {
        Subject::Sale(_) => "A sale",
        Subject::Lead(_) => "A lead",
    }
}

fn payable(reader: &Reader, one: &Commission) -> Markup {
    html! {
        @if one.held > 0 {
            (badge("held")) span.sub { (amount(one.held, one.currency)) ": " (why_held(one)) }
        } @else if one.amount == 0 && one.full > 0 {
            (badge("taken back"))
        } @else {
            @match one.status {
                Status::Paid => (badge("paid")),
                Status::Rejected => (badge("rejected")),
                Status::Pending | Status::Approved if one.amount == 0 => {
                    @if let Some(reason) = &one.reason { span.sub { (reason) } } @else { span.muted { "—" } }
                },
                Status::Approved => span.badge.good { "payable now" },
                Status::Pending => span.tight { "on " (spoken_day(one.available_at, reader.now)) },
            }
        }
    }
}

/// The arithmetic, entry by entry. Why something is held stands beside it, where it is said when it is payable.
fn why(whys: &[Why], is_held: bool) -> Markup {
    let told = |why: &&Why| !(is_held && why.kind == Kind::Hold && why.amount < 0);
    html! {
        @for why in whys.iter().filter(told) {
            span.sub {
                // What was earned when sold says its amount itself.
                @if why.kind != Kind::Commission { (amount(why.amount, why.currency)) " — " }
                (worded(&why.reason))
            }
        }
    }
}
