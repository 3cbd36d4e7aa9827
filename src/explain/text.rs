//! The explanation as a short story for a terminal.

use std::fmt::Write as _;

use super::{Commission, Explanation, amount};

/// The whole story, a line for each thing. Names and e-mail addresses are not part of it.
pub(super) fn of(explanation: &Explanation) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = sale(explanation, &mut out);
    let _ = told(explanation, &mut out);
    let _ = names(explanation, &mut out);
    let _ = earned(explanation, &mut out);
    let _ = booked(explanation, &mut out);
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
    if sale.amount_refunded != 0 || sale.amount_disputed != 0 {
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
        for sentence in &told.says {
            writeln!(out, "      {sentence}")?;
        }
        if told.from_stored_facts {
            writeln!(out, "      (its body is gone; this is what it left)")?;
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
    writeln!(out, "  commission {left}, of which {free} is free")
}

fn booked(explanation: &Explanation, out: &mut String) -> std::fmt::Result {
    if explanation.entries.is_empty() {
        return writeln!(out, "\nThe ledger has no entry.");
    }
    writeln!(out, "\nLedger:")?;
    for entry in &explanation.entries {
        let day = entry.occurred_at.get(..10).unwrap_or_default();
        let booked = amount(entry.amount, &entry.currency);
        let sum = amount(entry.running_sum, &entry.currency);
        let (kind, partner, reason) = (&entry.kind, &entry.partner_id, &entry.reason);
        writeln!(
            out,
            "  {day}  {kind} {booked} for {partner} = {sum}  ({reason})"
        )?;
    }
    Ok(())
}
