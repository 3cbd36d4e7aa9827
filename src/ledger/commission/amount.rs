//! The arithmetic of one sale's commission, with the words that explain it.
//!
//! Never more than the sale's net amount, and nothing is guessed: without an exchange rate it waits.

use providers::fact::Billing;
use providers::{Currency, Micros, Money};

use super::Terms;
use super::customer::CustomerLedger;
use super::parts::{self, Part};
use crate::attribution::Credit;
use crate::ledger::rate::{Rate, Unreadable};
use crate::ledger::rule::{self, Base, Duration, Reward, Rule};
use crate::ledger::sale::{Earning, Sale, Words};

/// What a sale earns, and by which arithmetic.
pub(super) fn earning_of(
    sale: &Sale,
    credit: &Credit,
    ledger: &CustomerLedger,
    terms: &Terms,
    words: &mut Words,
) -> Earning {
    let mut earning = Earning {
        partner_id: credit.partner_id.clone(),
        program_id: credit.program_id.clone(),
        full: 0,
        left: 0,
        free: 0,
        currency: sale.currency,
        rate: None,
        review: None,
        waits_for: None,
        decided: None,
    };
    let book = terms.rules.get(&credit.program_id);
    let Some(rule) = book.and_then(|book| book.rule(&credit.partner_id, sale.occurred_at)) else {
        words
            .full
            .push("the program has no commission rule for this date".to_owned());
        return earning;
    };
    if let Some(reason) = earns_nothing(sale, rule, ledger) {
        words.full.push(reason.to_owned());
        return earning;
    }
    if sale.products.is_empty() && !rule.products.is_empty() {
        let reason = "the payment names no product or price, so that no product's own rate applies";
        words.full.push(reason.to_owned());
    }
    let otherwise = rule
        .recurring
        .as_ref()
        .filter(|_| ledger.first_sale_at().is_some())
        .unwrap_or(&rule.reward);
    let mut parts = parts::of(sale, rule, otherwise, base_amount(sale, rule.base));
    let wanted = terms.currencies.get(&credit.program_id).copied();
    earning.currency = wanted.unwrap_or(sale.currency);
    for part in &mut parts {
        if let Err(missing) = earn(sale, part, terms, &mut earning, &mut words.full) {
            earning.full = 0;
            words.full.push(missing.clone());
            earning.waits_for = Some(missing);
            return earning;
        }
    }
    if parts.len() > 1 {
        let sum = Money::new(earning.full, earning.currency);
        words.full.push(format!("{sum} in all"));
    }
    apply_cap(sale, rule, ledger, &mut earning, &mut words.full);
    take_back(sale, rule.base, &parts, &mut earning, words);
    earning
}

fn earns_nothing(sale: &Sale, rule: &Rule, ledger: &CustomerLedger) -> Option<&'static str> {
    if sale.amounts.net < rule.minimum_amount {
        return Some("the sale is below the program's minimum amount");
    }
    match (rule.duration, ledger.first_sale_at()) {
        (Duration::FirstSale, Some(_)) => Some("the program pays for a customer's first sale only"),
        (Duration::Months { months }, Some(first))
            if sale.occurred_at >= end(sale, first, months) =>
        {
            Some("the program pays only for a number of months after a customer's first sale")
        }
        _ => None,
    }
}

fn base_amount(sale: &Sale, base: Base) -> (i64, &'static str) {
    match base {
        Base::Net => (sale.amounts.net, "net amount"),
        Base::Gross if sale.amounts.gift_cards > 0 => (
            sale.amounts.gross_without_gift_cards(),
            "gross amount without gift cards",
        ),
        Base::Gross => (sale.amounts.gross, "gross amount"),
        Base::NetOfFee => match sale.amounts.fee {
            Some(fee) => (
                sale.amounts.net.saturating_sub(fee).max(0),
                "net amount less the processor's fee",
            ),
            None => (sale.amounts.net, no_fee(&sale.payment_processor)),
        },
    }
}

/// Why nothing was taken off for the processor's fee.
fn no_fee(processor: &str) -> &'static str {
    match processor {
        "stripe" => {
            "net amount; Stripe's events never tell its fee, so nothing is taken off for it"
        }
        "shopify" => {
            "net amount; Shopify's events never tell its fee, so nothing is taken off for it"
        }
        _ => "net amount; the processor's fee is not known yet",
    }
}

/// Adds what a part of the sale earns, in the currency that it is paid in: the program's, else the sale's.
fn earn(
    sale: &Sale,
    part: &mut Part<'_>,
    terms: &Terms,
    earning: &mut Earning,
    words: &mut Vec<String>,
) -> Result<(), String> {
    let reward = part.reward.amount(part.base, sale.currency);
    let too_large = "the amount is too large to compute with";
    let (amount, currency) = reward.ok_or_else(|| too_large.to_owned())?;
    words.push(part.says(sale.currency, (amount, currency)));
    let net = part.net;
    let limited = |amount, currency, words: &mut Vec<String>| {
        at_most_net(net, sale.currency, (amount, currency), words)
    };
    let told = amount;
    let amount = limited(amount, currency, words);
    let target = earning.currency;
    if currency == target {
        part.earned = amount;
        earning.full = earning.full.saturating_add(amount);
        return Ok(());
    }
    let rate = rate(sale, (currency, target), terms)?;
    // A percentage is rounded once: what it is converted from is not.
    let exact = match part.reward {
        Reward::Percent { basis_points } if amount == told => {
            rate.convert_part(part.base, *basis_points)
        }
        _ => None,
    };
    let of_rounded = rate.convert(amount);
    let converted = exact.or(of_rounded);
    let converted = converted.ok_or_else(|| "the amount is too large to convert".to_owned())?;
    let unrounded = if of_rounded == Some(converted) {
        ""
    } else {
        ", before it is rounded"
    };
    words.push(format!(
        "converted at {}{unrounded} = {}",
        rate.words(),
        Money::new(converted, target)
    ));
    part.earned = limited(converted, target, words);
    earning.full = earning.full.saturating_add(part.earned);
    earning.rate = Some(rate);
    Ok(())
}

/// The rate from one currency to another that a sale uses: the one that it has used already, else that of its day.
fn rate(sale: &Sale, (from, to): (Currency, Currency), terms: &Terms) -> Result<Rate, String> {
    let stamped = sale.references.iter().find_map(|n| terms.stamped.get(n));
    let fits = |rate: &&Rate| rate.base == from && rate.quote == to;
    let waits = |why: String| {
        let day = day_of(sale.occurred_at);
        format!("waits for an exchange rate from {from} to {to} for {day}{why}")
    };
    let rate = match stamped.filter(fits) {
        Some(rate) => Some(rate),
        None => terms
            .rates
            .at(from, to, sale.occurred_at)
            .map_err(|Unreadable(day)| {
                waits(format!(": that of {} cannot be read", day_of(day)))
            })?,
    };
    rate.cloned().ok_or_else(|| waits(String::new()))
}

fn day_of(at: Micros) -> String {
    at.to_string().chars().take(10).collect()
}

/// Never more than was sold, wherever the two can be compared without a rate.
fn at_most_net(
    net: i64,
    sold_in: Currency,
    (amount, currency): (i64, Currency),
    words: &mut Vec<String>,
) -> i64 {
    let net = net.max(0);
    let limited = match (net, currency == sold_in) {
        (0, _) => 0,
        (_, true) => amount.clamp(0, net),
        (_, false) => amount,
    };
    if limited < amount {
        words.push(format!(
            "never more than the sale's net amount: {}",
            Money::new(limited, currency)
        ));
    }
    limited
}

fn apply_cap(
    sale: &Sale,
    rule: &Rule,
    ledger: &CustomerLedger,
    earning: &mut Earning,
    words: &mut Vec<String>,
) {
    let same_currency = |cap: &rule::Cap| cap.currency == earning.currency;
    let Some(cap) = rule.cap.filter(same_currency) else {
        return;
    };
    let used = ledger.used_in(sale.occurred_at, earning.currency, cap.period);
    let room = cap.amount.saturating_sub(used).max(0);
    if earning.full > room {
        earning.full = room;
        words.push(format!(
            "capped: {} is left of this customer's cap",
            Money::new(room, earning.currency)
        ));
    }
}

/// What refunds, lost and open disputes leave of the commission.
fn take_back(
    sale: &Sale,
    base: Base,
    parts: &[Part<'_>],
    earning: &mut Earning,
    words: &mut Words,
) {
    let whole = match base {
        Base::Gross => sale.amounts.gross_without_gift_cards(),
        Base::Net | Base::NetOfFee => sale.amounts.net,
    };
    // Tax or shipping that was kept of goods that have all gone back is no sale.
    let left = |net_left, gone| match base {
        Base::Gross if net_left > 0 => whole.saturating_sub(gone),
        Base::Gross => 0,
        Base::Net | Base::NetOfFee => net_left,
    };
    let left_final = left(sale.net_left_final(), sale.taken.gross_final);
    let left_now = left(sale.net_left(), sale.taken.gross);
    earning.left = parts::left_of(parts, earning.full, (left_final, whole));
    earning.free = parts::left_of(parts, earning.full, (left_now, whole));
    if earning.left != earning.full {
        let said = parts::left_in_words(parts, earning, (left_final, whole), sale.currency);
        words.left.extend(said);
    }
    if earning.free != earning.left {
        words.free.push(format!(
            "an open dispute holds back {}",
            Money::new(earning.left - earning.free, earning.currency)
        ));
    }
}

/// When a customer's sales stop earning. Stores charge renewals up to a day ahead, and billing begins some
/// moments before its first payment: a renewal that near to the end belongs to the period after it.
fn end(sale: &Sale, first: Micros, months: u16) -> Micros {
    let end = plus_months(first, months);
    match sale.billing {
        Billing::SubscriptionRenewal => end.plus_days(-1),
        _ => end,
    }
}

fn plus_months(at: Micros, months: u16) -> Micros {
    let span = jiff::Span::new().months(i32::from(months));
    jiff::Timestamp::from_microsecond(at.0)
        .ok()
        .and_then(|at| at.to_zoned(jiff::tz::TimeZone::UTC).checked_add(span).ok())
        .map_or(Micros(i64::MAX), |at| {
            Micros(at.timestamp().as_microsecond())
        })
}
