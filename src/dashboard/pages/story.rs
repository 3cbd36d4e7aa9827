//! A sale's explanation as a story: what was delivered, whose it is, who brought it, what it earns, and what was written into the ledger.

use maud::{Markup, html};
use providers::Currency;

use super::sales::partner;
use crate::books::Personal;
use crate::books::names::Names;
use crate::books::sales::{Sale, Status};
use crate::dashboard::guard::Viewer;
use crate::dashboard::view::parts::{
    amount, encoded, figure, id_link, masked, money, number, said, short, spoken_day, time,
};
use crate::dashboard::view::words::{processor, worded};
use crate::explain::{Booked, Explanation, Told};

/// The most deliveries on a page: there are subscriptions with hundreds.
const DELIVERIES_MAX: usize = 40;

/// The answer before the reasons.
pub(super) fn verdict(viewer: &Viewer, sale: &Sale, story: &Explanation, names: &Names) -> Markup {
    let earned = &sale.commission;
    let arithmetic = story.commission.as_ref();
    let why_nothing = arithmetic.and_then(|commission| commission.arithmetic.last());
    let Some(id) = sale.partner_id.as_deref() else {
        return html! { p.verdict { "Nobody brought this sale, so it earns no commission." } };
    };
    html! {
        p.verdict {
            (partner(viewer, Some(id), names))
            @if let Some(waits_for) = &sale.waits_for {
                " is credited; the commission waits: " (waits_for) "."
            } @else if earned.full == 0 {
                " brought this sale, and it earns " strong { "nothing" }
                @if let Some(why) = why_nothing { ": " (worded(why)) }
                "."
            } @else if earned.left == 0 {
                " earned " strong { (money(earned.full, earned.currency)) } ", and all of it was taken back."
            } @else {
                " earns " strong { (money(earned.left, earned.currency)) }
                @if earned.left != earned.full { " of " (money(earned.full, earned.currency)) ", the rest was taken back" }
                @match (sale.status, &sale.review) {
                    (_, Some(reason)) => { ". It is held for review: " (reason) "." }
                    (Status::Paid, None) => { ". It has been paid out." }
                    (Status::Approved, None) => { ". It may be paid out now." }
                    _ if earned.free < earned.left => { ". A dispute holds " (money(earned.left - earned.free, earned.currency)) " back." }
                    _ => { ". It may be paid out from " strong { (spoken_day(sale.available_at, viewer.now)) } " on." }
                }
            }
        }
    }
}

/// Why the commission is what it is, then what was delivered about the sale.
pub(super) fn story(viewer: &Viewer, sale: &Sale, story: &Explanation, names: &Names) -> Markup {
    html! {
        div.side-panels {
            section.panel {
                div.title { h2 { "Why the commission is what it is" } }
                div.body {
                    ol.story {
                        (brought(viewer, sale, story))
                        (earned(sale, story))
                        @if !story.reversals.is_empty() {
                            li.bad {
                                h3 { "Taken back" }
                                div.says { @for reversal in &story.reversals { p { (said(viewer, &worded(reversal))) } } }
                            }
                        }
                        li.good[!story.entries.is_empty()] {
                            h3 { "Written into the ledger" }
                            div.says { (booked(viewer, &story.entries, names)) }
                        }
                    }
                }
            }
            (came_about(viewer, sale, story))
        }
    }
}

/// Whether a delivery says something of this very payment, or only of who bought and of the click.
fn is_of_payment(story: &Explanation, told: &Told) -> bool {
    let is_name = |word: &str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation());
        story.names.iter().any(|name| name == word)
    };
    let mut words = told.says.iter().flat_map(|sentence| sentence.split(' '));
    words.any(is_name)
}

fn came_about(viewer: &Viewer, sale: &Sale, story: &Explanation) -> Markup {
    let all = story.deliveries.iter();
    let (own, others): (Vec<&Told>, Vec<&Told>) = all.partition(|told| is_of_payment(story, told));
    html! {
        section.panel {
            div.title { h2 { "How the sale came about" } }
            div.body {
                ol.story {
                    (deliveries(viewer, &own))
                    li {
                        h3 { "These names are one payment" }
                        div.says {
                            p { @for name in &story.names { code.id { (name) } " " } }
                            @for join in &story.joins { p.muted { (join.says) } }
                        }
                    }
                    (bought(viewer, sale, story))
                }
            }
            @if !others.is_empty() {
                details.figures {
                    summary { (number(others.len(), "further delivery", "further deliveries")) ": who the customer is, and the click" }
                    div.body { ol.story { (deliveries(viewer, &others)) } }
                }
            }
        }
    }
}

fn deliveries(viewer: &Viewer, all: &[&Told]) -> Markup {
    html! {
        @for told in all.iter().take(DELIVERIES_MAX) { (delivery(viewer, told)) }
        @if all.len() > DELIVERIES_MAX {
            li { "… and " (all.len() - DELIVERIES_MAX) " more deliveries" }
        }
    }
}

fn delivery(viewer: &Viewer, told: &Told) -> Markup {
    let href = viewer.href(&format!("/dashboard/events/{}", encoded(&told.id)), &[]);
    let at = told.occurred_at.as_ref().unwrap_or(&told.received_at);
    let tone = match told.state.as_str() {
        "failed" => "bad",
        "parked" => "wait",
        _ => "",
    };
    html! {
        li.(tone) {
            h3 { a href=(href) title=(told.external_id) { (processor(&told.processor)) " " (told.event_type) } }
            p.when {
                time datetime=(at) { (at.get(..10).unwrap_or_default()) " " (at.get(11..16).unwrap_or_default()) }
                @if told.deliveries > 1 { " · delivered " (told.deliveries) " times" }
                @if let Some(reason) = &told.reason { " · " (told.state) ": " (reason) }
                @if let Some(why) = told.without_body() { " · " (why) }
            }
            div.says { @for sentence in &told.says { p { (said(viewer, &worded(sentence))) } } }
        }
    }
}

fn bought(viewer: &Viewer, sale: &Sale, story: &Explanation) -> Markup {
    html! {
        li {
            h3 { "Bought by" }
            div.says {
                @match &story.customer {
                    None => { p.muted { "nobody known: no delivery names a customer" } }
                    Some(buyer) => {
                        p {
                            a href=(viewer.href(&format!("/dashboard/customers/{}", encoded(&buyer.id)), &[])) {
                                @match sale.customer.as_ref().and_then(|buyer| buyer.email.as_ref()) {
                                    Some(email) => { (masked(viewer, Some(Personal::expose(email)))) }
                                    None => { span.id { (short(&buyer.id)) } }
                                }
                            }
                        }
                        @for sentence in &buyer.says { p.muted { (sentence) } }
                    }
                }
                @for unjoined in &story.unjoined { p.muted { (unjoined.says) } }
            }
        }
    }
}

fn brought(viewer: &Viewer, sale: &Sale, story: &Explanation) -> Markup {
    let tone = if sale.partner_id.is_some() {
        "good"
    } else {
        ""
    };
    html! {
        li.(tone) {
            h3 { "Brought by" }
            div.says {
                p { (said(viewer, &story.attribution.says)) }
                @if let Some(reason) = &story.attribution.reason { p.muted { "Reason: " (reason) } }
                @for down in &story.attribution.turned_down {
                    p.muted { "not counted: " (down.value) " in " (down.place) ": " (down.reason) }
                }
            }
        }
    }
}

fn earned(sale: &Sale, story: &Explanation) -> Markup {
    let Some(commission) = &story.commission else {
        return html! {};
    };
    html! {
        li.good[sale.commission.left > 0] {
            h3 { "What it earns" }
            div.says {
                p { "Rule: " (worded(commission.rule.as_deref().unwrap_or("none for this date"))) }
                div.sum {
                    @for line in &commission.arithmetic { span { (worded(line)) } }
                    span.total { "commission " (written(commission.left, &commission.currency)) }
                }
                @if let Some(rate) = &commission.rate { p.muted { "Exchange rate: " (rate) } }
            }
        }
    }
}

fn booked(viewer: &Viewer, entries: &[Booked], names: &Names) -> Markup {
    if entries.is_empty() {
        return html! { p.muted { "No entry: there is nothing to pay." } };
    }
    html! {
        div.scroll {
            table.rows {
                thead { tr { th { "Day" } th { "Entry" } th.wide { "Partner" } th.n { "Amount" } th.n { "Sum" } } }
                tbody {
                    @for entry in entries {
                        tr {
                            td.tight.r1.end { (entry.occurred_at.get(..10).unwrap_or_default()) }
                            td.r1 { (entry.kind) span.sub { (worded(&entry.reason)) } }
                            td.wide { (partner(viewer, Some(&entry.partner_id), names)) }
                            td.n data-label="Amount" { (written(entry.amount, &entry.currency)) }
                            td.n data-label="Sum" { (written(entry.running_sum, &entry.currency)) }
                        }
                    }
                }
            }
        }
    }
}

fn written(minor: i64, currency: &str) -> String {
    match Currency::parse(currency) {
        Some(currency) => amount(minor, currency),
        None => format!("{minor} {currency}"),
    }
}

/// The sale's amounts as a sum, and its other facts.
pub(super) fn figures(viewer: &Viewer, sale: &Sale, story: &Explanation) -> Markup {
    let amounts = &sale.amounts;
    let lines = [
        ("before discount, tax, shipping", amounts.subtotal),
        ("discount", amounts.discount.saturating_neg()),
        ("tax", amounts.tax),
        ("shipping", amounts.shipping),
    ];
    let paid = [
        ("net, what a commission is taken of", amounts.net),
        ("refunded", amounts.refunded.saturating_neg()),
        ("disputed", amounts.disputed.saturating_neg()),
    ];
    let buyer = sale.customer.as_ref();
    html! {
        div.side-panels {
            section.panel {
                div.title { h2 { "The money" } span.unit { (crate::dashboard::view::parts::code(sale.currency)) } }
                div.scroll { table { tbody {
                    @for (what, minor) in lines { @if minor != 0 { (line(what, &figure(minor, sale.currency))) } }
                    tr.total { td { "paid by the buyer" } td.n { (figure(amounts.gross, sale.currency)) } }
                    @for (what, minor) in paid { @if minor != 0 { (line(what, &figure(minor, sale.currency))) } }
                    tr.total { td { "left after refunds" } td.n { (figure(amounts.left(), sale.currency)) } }
                } } }
            }
            section.panel {
                div.title { h2 { "The sale" } }
                div.body {
                    dl.facts {
                        dt { "Paid" } dd { (time(sale.occurred_at)) }
                        dt { "Processor" } dd { (processor(&sale.payment_processor)) }
                        dt { "What" } dd { (sale.event_name) }
                        dt { "Customer" } dd {
                            @match buyer {
                                Some(buyer) => { a href=(viewer.href(&format!("/dashboard/customers/{}", encoded(&buyer.id)), &[])) {
                                    @match &buyer.name { Some(name) => { (masked(viewer, Some(Personal::expose(name)))) } None => { span.id { (short(&buyer.id)) } } }
                                } }
                                None => { span.none { "—" } }
                            }
                        }
                        dt { "E-mail" } dd { (masked(viewer, buyer.and_then(|b| b.email.as_ref()).map(Personal::expose))) }
                        @if let Some(click) = &sale.click_id { dt { "Click" } dd { (id_link(viewer, "clicks", click)) } }
                        @if let Some(commission) = &story.commission {
                            @if sale.commission.full > 0 { dt { "Payable from" } dd { (commission.available_at.get(..10).unwrap_or_default()) } }
                        }
                        dt { "Id" } dd { code { (sale.id) } }
                        dt { "Recorded" } dd { (time(sale.created_at)) }
                        dt { "Changed" } dd { (time(sale.updated_at)) }
                    }
                }
            }
        }
    }
}

fn line(what: &str, figure: &str) -> Markup {
    html! { tr { td.muted { (what) } td.n { (figure) } } }
}
