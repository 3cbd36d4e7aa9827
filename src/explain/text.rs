//! The explanation as a short story for a terminal.

use std::fmt::Write as _;

use super::partners::Partners;
use super::{Buyer, Commission, Explanation, amount, say};

/// The whole story, a line for each thing. Names and e-mail addresses of people who bought are not part of
/// it, partners' names are.
pub(super) fn of(explanation: &Explanation, partners: &Partners) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = sale(explanation, &mut out);
    let _ = told(explanation, &mut out);
    let _ = names(explanation, &mut out);
    let _ = bought(explanation.customer.as_ref(), &mut out);
    for unjoined in &explanation.unjoined {
        let _ = writeln!(out, "  {}", unjoined.says);
    }
    let _ = earned(explanation, &mut out);
    let _ = booked(explanation, partners, &mut out);
    let _ = paid_out(explanation, partners, &mut out);
    out
}

fn sale(explanation: &Explanation, out: &mut String) -> std::fmt::Result {
    let sale = &explanation.sale;
    let money = |minor| amount(minor, &sale.currency);
    let day = sale.occurred_at.get(..10).unwrap_or_default();
    let test = if sale.livemode { "" } else { ", test mode" };
    writeln!(
        out,
        "Sale {} ({}, {}{test}) of {day}: {} net, {} paid by the buyer.",
        sale.id,
        sale.payment_processor,
        sale.kind,
        money(sale.amount),
        money(sale.gross)
    )?;
    if sale.amount_refunded > 0 && sale.amount_disputed == 0 && sale.net_amount == 0 {
        let refunded = money(sale.amount_refunded);
        writeln!(out, "Refunded in full: {refunded}, nothing is left.")?;
    } else if sale.amount_refunded != 0 || sale.amount_disputed != 0 {
        writeln!(
            out,
            "Refunded {}, disputed {}: {} is left.",
            money(sale.amount_refunded),
            money(sale.amount_disputed),
            money(sale.net_amount)
        )?;
    }
    match sale.state.as_str() {
        "merged" => writeln!(out, "Its payment turned out to be another sale's."),
        "gone" => writeln!(out, "It is no sale any more."),
        _ => Ok(()),
    }
}

fn told(explanation: &Explanation, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nWhat was delivered:")?;
    for told in &explanation.deliveries {
        let at = told.occurred_at.as_ref().unwrap_or(&told.received_at);
        let times = match told.deliveries {
            1 => String::new(),
            times => format!(", delivered {times} times"),
        };
        let id = &told.external_id;
        writeln!(
            out,
            "  {at}  {} {} ({id}{times})",
            told.processor, told.event_type
        )?;
        if let Some(at) = &told.found_at {
            let day = at.get(..10).unwrap_or(at);
            writeln!(
                out,
                "      (never delivered by then: found on {day} by asking {})",
                told.processor
            )?;
        }
        for sentence in &told.says {
            writeln!(out, "      {sentence}")?;
        }
        if let Some(why) = told.without_body() {
            writeln!(out, "      ({why})")?;
        }
    }
    Ok(())
}

fn names(explanation: &Explanation, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nIts names: {}", explanation.names.join(", "))?;
    for join in &explanation.joins {
        writeln!(out, "  {}", join.says)?;
    }
    Ok(())
}

fn bought(buyer: Option<&Buyer>, out: &mut String) -> std::fmt::Result {
    let Some(buyer) = buyer else {
        return writeln!(
            out,
            "\nBought by nobody known: no delivery names a customer"
        );
    };
    let external = buyer.external_id.iter().filter(|id| is_shown(id, buyer));
    let external = external.map(|id| format!("the merchant's {id}"));
    let processors = buyer.processor_ids.iter().filter(|id| is_shown(id, buyer));
    let known: Vec<String> = external.chain(processors.cloned()).collect();
    let known = match known.as_slice() {
        [] => String::new(),
        known => format!(", known as {}", known.join(", ")),
    };
    writeln!(out, "\nBought by customer {}{known}", buyer.id)?;
    for sentence in &buyer.says {
        writeln!(out, "  {sentence}")?;
    }
    Ok(())
}

/// Whether an id of a customer may be shown: not if it may be an e-mail address, or is part of the
/// customer's address or name.
fn is_shown(id: &str, buyer: &Buyer) -> bool {
    let id = id.to_lowercase();
    let personal = [&buyer.email, &buyer.name];
    let mut personal = personal.into_iter().flatten();
    say::is_plain(&id) && !personal.any(|text| text.to_lowercase().contains(&id))
}

fn earned(explanation: &Explanation, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\nBrought by {}", explanation.attribution.says)?;
    for down in &explanation.attribution.turned_down {
        writeln!(
            out,
            "  not counted: {} in {}: {}",
            down.value, down.place, down.reason
        )?;
    }
    if let Some(commission) = &explanation.commission {
        arithmetic(commission, out)?;
    }
    for reversal in &explanation.reversals {
        writeln!(out, "  {reversal}")?;
    }
    Ok(())
}

fn arithmetic(commission: &Commission, out: &mut String) -> std::fmt::Result {
    let rule = commission.rule.as_deref().unwrap_or("none for this date");
    writeln!(out, "\nCommission rule: {rule}")?;
    for line in &commission.arithmetic {
        writeln!(out, "  {line}")?;
    }
    let left = amount(commission.left, &commission.currency);
    let free = amount(commission.free, &commission.currency);
    writeln!(out, "  commission {left}, of which {free} is free")?;
    let day = commission.available_at.get(..10).unwrap_or_default();
    match (commission.left, &commission.review) {
        (0, _) => Ok(()),
        (_, Some(_)) => writeln!(out, "  may be paid out from {day} on, once it is approved"),
        (_, None) => writeln!(out, "  may be paid out from {day} on"),
    }
}

fn booked(explanation: &Explanation, partners: &Partners, out: &mut String) -> std::fmt::Result {
    if explanation.entries.is_empty() {
        return writeln!(out, "\nThe ledger has no entry.");
    }
    writeln!(out, "\nLedger:")?;
    for entry in &explanation.entries {
        let day = entry.occurred_at.get(..10).unwrap_or_default();
        let booked = amount(entry.amount, &entry.currency);
        let sum = amount(entry.running_sum, &entry.currency);
        let (kind, reason) = (&entry.kind, &entry.reason);
        let partner = partners.named(&entry.partner_id);
        writeln!(
            out,
            "  {day}  {kind} {booked} for {partner} = {sum}  ({reason})"
        )?;
    }
    Ok(())
}

fn paid_out(explanation: &Explanation, partners: &Partners, out: &mut String) -> std::fmt::Result {
    if explanation.payouts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nPayouts:")?;
    for payout in &explanation.payouts {
        let day = payout.paid_at.get(..10).unwrap_or_default();
        let paid = amount(payout.amount, &payout.currency);
        let partner = partners.named(&payout.partner_id);
        write!(
            out,
            "  {day}  {paid} of it to {partner} in {}",
            payout.payout_id
        )?;
        match &payout.reversed_at {
            Some(at) => writeln!(out, ", reversed on {}", at.get(..10).unwrap_or_default())?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
