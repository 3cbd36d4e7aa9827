//! What a partner has: payable now, later and when, held back and why, paid out.

use maud::{Markup, html};
use providers::{Currency, Micros};

use super::super::reader::{Closed, Reader};
use crate::books::Part;
use crate::books::by_program::OfProgram;
use crate::books::commissions::Commission;
use crate::books::portal::{Later, Own};
use crate::books::standing::Balance;
use crate::books::sums::DAY;
use crate::dashboard::view::parts::{amount, code, money, short_day};

/// As many of the next days are named.
const DAYS_NAMED: usize = 3;
/// Among so many commissions those are looked for that are held back.
const LOOKED_AT: i64 = 200;
/// As many reasons are told.
const REASONS_TOLD: usize = 3;

pub(super) async fn panel(
    own: &Own<'_>,
    reader: &Reader,
    balances: &[Balance],
) -> Result<Markup, Closed> {
    let later = own.later().await?;
    let of_programs = own.by_program().await?;
    let held = if balances.iter().any(|balance| balance.held != 0) {
        let found = own.commissions(Part::first(LOOKED_AT)).await?;
        found.rows.into_iter().filter(|one| one.held > 0).collect()
    } else {
        Vec::new()
    };
    Ok(html! {
        section.panel aria-label="Balance" {
            @if balances.is_empty() {
                div.empty { p.title { "Nothing earned yet" } p { "What you earn appears here as soon as somebody buys through your link." } }
            }
            @if let [first, others @ ..] = balances {
                (cards(reader, first, &of_programs, (&later, &held)))
                @if !others.is_empty() { (in_other_currencies(reader, others, &of_programs, (&later, &held))) }
            }
        }
    })
}

/// The same in little room, a row for each currency that is used less.
fn in_other_currencies(
    reader: &Reader,
    balances: &[Balance],
    of_programs: &[OfProgram],
    (later, held): (&[Later], &[Commission]),
) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="Other currencies" { table.rows.others {
            thead { tr { th { "Currency" } th { "Payable now" } th { "Payable later" } th { "Held back" } th { "Paid out" } } }
            tbody { @for balance in balances {
                @let currency = balance.currency;
                tr {
                    td.r1 { (code(currency)) }
                    td data-label="Payable now" { (money(now(balance), currency)) @if now(balance) > 0 { span.sub { (goes_out(balance, of_programs)) } } }
                    td data-label="Payable later" { (money(balance.pending, currency)) span.sub { (next_days(reader.now, balance, later)) } }
                    td data-label="Held back" {
                        @if balance.held == 0 { span.none { "—" } }
                        @else { (money(balance.held, currency)) span.sub { (reasons(currency, balance.held, held)) } }
                    }
                    td data-label="Paid out" { (money(balance.paid, currency)) }
                }
            } }
        } }
    }
}

/// What is payable and in no payout that the owner has approved: what is only drafted is nobody else's business yet.
const fn now(balance: &Balance) -> i64 {
    balance.approved.saturating_sub(balance.to_be_sent)
}

/// Whether what is payable goes out with the next payout, or stays until it is enough for its program.
fn goes_out(balance: &Balance, of_programs: &[OfProgram]) -> Markup {
    let currency = balance.currency;
    let staying: Vec<&OfProgram> = of_programs
        .iter()
        .filter(|one| one.currency == currency && one.stays())
        .collect();
    let left: i64 = staying.iter().map(|one| one.amount).sum();
    html! {
        @match staying.as_slice() {
            [] => "goes out with the next payout",
            [one] if left >= now(balance) => { "stays until it reaches " (amount(one.minimum, currency)) }
            some => {
                @if left < now(balance) { "goes out with the next payout, but for " }
                @for (index, one) in some.iter().enumerate() {
                    @if index > 0 { "; " }
                    (amount(one.amount, currency)) " of " (one.program) ": stays until it reaches " (amount(one.minimum, currency))
                }
            }
        }
    }
}

fn cards(
    reader: &Reader,
    balance: &Balance,
    of_programs: &[OfProgram],
    (later, held): (&[Later], &[Commission]),
) -> Markup {
    let currency = balance.currency;
    html! {
        div.cards {
            (card("Payable now", now(balance), currency, &html! {
                @if now(balance) > 0 { (goes_out(balance, of_programs)) }
                @else if now(balance) < 0 { "more was paid than is left after refunds; it is settled with what you earn next" }
                @else { "nothing is due" }
                @if balance.to_be_sent != 0 { span.sub { (amount(balance.to_be_sent, currency)) " is on its way" } }
            }))
            (card("Payable later", balance.pending, currency, &next_days(reader.now, balance, later)))
            (card("Held back", balance.held, currency, &reasons(currency, balance.held, held)))
            (card("Paid out", balance.paid, currency, &html! {}))
        }
    }
}

fn card(label: &str, minor: i64, currency: Currency, says: &Markup) -> Markup {
    html! { div.card { p.label { (label) } p.figure { (money(minor, currency)) } p.sub { (says) } } }
}

/// When how much of it becomes payable.
fn next_days(now: Micros, balance: &Balance, later: &[Later]) -> Markup {
    let of: Vec<&Later> = later
        .iter()
        .filter(|one| one.currency == balance.currency)
        .collect();
    let after_today: i64 = of.iter().map(|one| one.amount).sum();
    let today = balance.pending.saturating_sub(after_today);
    html! {
        @if today != 0 && balance.pending != 0 { span.sub { (amount(today, balance.currency)) " later today" } }
        @for one in of.iter().take(DAYS_NAMED) {
            span.sub { (amount(one.amount, one.currency)) " on " (short_day(Micros(one.day.saturating_mul(DAY)), now)) }
        }
        @if of.len() > DAYS_NAMED { span.sub { "and on " (of.len() - DAYS_NAMED) (if of.len() - DAYS_NAMED == 1 { " more day" } else { " more days" }) } }
    }
}

/// Why something is held back.
fn reasons(currency: Currency, minor: i64, held: &[Commission]) -> Markup {
    let of: Vec<&Commission> = held.iter().filter(|one| one.currency == currency).collect();
    html! {
        @if minor != 0 && of.is_empty() { "open disputes and reviews" }
        @for one in of.iter().take(REASONS_TOLD) {
            span.sub { (amount(one.held, currency)) ": " (why_held(one)) }
        }
        @if of.len() > REASONS_TOLD { span.sub { "and " (of.len() - REASONS_TOLD) " more" } }
    }
}

/// Why a commission is held back, for its partner.
pub(super) fn why_held(commission: &Commission) -> &str {
    let reason = commission.reason.as_deref();
    reason.unwrap_or("the buyer's bank disputes the payment; it is decided there")
}
