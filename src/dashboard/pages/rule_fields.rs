//! Fields of a form that says what a program or a group pays, and what is read of them. What a form does not ask for (rates of products) stays as it
//! is: that is set through the API. Pure.

use maud::{Markup, html};
use providers::Currency;
use serde_json::{Map, Value, json};

use super::decide::minor;
use crate::catalog::check;
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::figure;
use crate::ledger::rule::{Base, Duration, Period, Reward, Rule};

/// For how long a customer's sales pay, as a choice says it.
const LASTS: [(&str, &str); 3] = [
    ("lifetime", "for all sales of a customer"),
    ("firstSale", "for the first sale alone"),
    ("months", "for some months from the first"),
];

/// What a percentage is taken of.
const BASES: [(Base, &str, &str); 3] = [
    (Base::Net, "net", "the net amount: without tax and shipping"),
    (
        Base::Gross,
        "gross",
        "the gross amount: what the buyer paid",
    ),
    (
        Base::NetOfFee,
        "netOfFee",
        "the net amount less the processor's fee",
    ),
];

/// Over which time a cap counts.
const PERIODS: [(Period, &str, &str); 3] = [
    (Period::Month, "month", "in a month"),
    (Period::Year, "year", "in a year"),
    (Period::Lifetime, "lifetime", "ever"),
];

/// The fields, with what is so far; `unit` is the currency that sales are in, where all are in one.
pub(super) fn fields(rule: Option<&Rule>, unit: Option<Currency>) -> Markup {
    let (lasts, months) = match rule.map(|rule| rule.duration) {
        None | Some(Duration::Lifetime) => ("lifetime", None),
        Some(Duration::FirstSale) => ("firstSale", None),
        Some(Duration::Months { months }) => ("months", Some(months)),
    };
    let reward = rule.map(|rule| rule.reward);
    let is_flat = matches!(reward, Some(Reward::Flat { .. }));
    html! {
        fieldset.group { legend { "What a sale pays" }
            label.field { "Each sale pays" select name="pays" {
                option value="percent" selected[!is_flat] { "a percentage" }
                option value="flat" selected[is_flat] { "a fixed amount" }
            } }
            label.field { "How much" input name="reward" required inputmode="decimal" placeholder="10" autocomplete="off" value=(reward.map_or_else(String::new, written)); }
            (currency_field("currency", "Currency of a fixed amount", currency_of(reward)))
            label.field { "Percentages are of" select name="base" {
                @for (base, word, says) in BASES { option value=(word) selected[rule.map_or(Base::Net, |rule| rule.base) == base] { (says) } }
            } }
            label.field { "For how long" select name="lasts" {
                @for (word, says) in LASTS { option value=(word) selected[word == lasts] { (says) } }
            } }
            label.field { "How many months" input type="number" name="months" min="1" max="1200" value=[months]; }
        }
        (later_and_leads(rule))
        (limits(rule, unit))
    }
}

fn later_and_leads(rule: Option<&Rule>) -> Markup {
    let later = rule.and_then(|rule| rule.recurring);
    let lead = rule.and_then(|rule| rule.lead);
    let word = match later {
        None => "same",
        Some(Reward::Percent { .. }) => "percent",
        Some(Reward::Flat { .. }) => "flat",
    };
    html! {
        fieldset.group { legend { "Later sales and leads" }
            label.field { "A customer's later sales pay" select name="later_pays" {
                @for (one, says) in [("same", "the same"), ("percent", "another percentage"), ("flat", "another fixed amount")] {
                    option value=(one) selected[one == word] { (says) }
                }
            } }
            label.field { "How much, where it is another" input name="later_reward" inputmode="decimal" autocomplete="off" value=(later.map_or_else(String::new, written)); }
            (currency_field("later_currency", "Its currency, if fixed", currency_of(later)))
            label.field { "Each lead pays" input name="lead_reward" inputmode="decimal" placeholder="nothing" autocomplete="off" value=(lead.map_or_else(String::new, written)); }
            (currency_field("lead_currency", "Currency of that", currency_of(lead)))
        }
    }
}

/// The least amount that counts, as a field has it; nothing where any does.
pub(super) fn least(amount: i64, unit: Option<Currency>) -> String {
    if amount > 0 {
        plain(amount, unit_or_usual(unit))
    } else {
        String::new()
    }
}

fn limits(rule: Option<&Rule>, unit: Option<Currency>) -> Markup {
    let cap = rule.and_then(|rule| rule.cap);
    let least = least(rule.map_or(0, |rule| rule.minimum_amount), unit);
    html! {
        fieldset.group { legend { "Limits" }
            label.field { "One customer's sales pay at most" input name="cap_amount" inputmode="decimal" placeholder="no limit" autocomplete="off" value=(cap.map_or_else(String::new, |cap| plain(cap.amount, cap.currency))); }
            (currency_field("cap_currency", "Currency of that", cap.map(|cap| cap.currency)))
            label.field { "In which time" select name="cap_period" {
                @for (period, word, says) in PERIODS { option value=(word) selected[cap.is_some_and(|cap| cap.period == period)] { (says) } }
            } }
            label.field { "Smaller sales pay nothing"
                input name="minimum" inputmode="decimal" placeholder="all pay" autocomplete="off" value=(least);
                @if unit.is_none() { span.sub { "in the sale's currency; 10.00 is 1,000 of its smallest unit" } }
            }
        }
    }
}

fn currency_field(name: &str, label: &str, currency: Option<Currency>) -> Markup {
    let code = currency.map_or_else(String::new, |currency| currency.code().to_uppercase());
    html! {
        label.field { (label) input name=(name) maxlength="3" size="4" placeholder="USD" autocomplete="off" spellcheck="false" value=(code); }
    }
}

const fn currency_of(reward: Option<Reward>) -> Option<Currency> {
    match reward {
        Some(Reward::Flat { currency, .. }) => Some(currency),
        _ => None,
    }
}

/// The currency whose decimals an amount has that is of no currency by itself.
pub(super) fn unit_or_usual(unit: Option<Currency>) -> Currency {
    unit.unwrap_or(Currency::USD)
}

/// A rule as the fields say, otherwise as it was before.
pub(super) fn read(
    given: &Params,
    before: Option<&Rule>,
    unit: Option<Currency>,
) -> Result<Value, Problem> {
    let before = before.and_then(|rule| serde_json::to_value(rule).ok());
    let mut rule: Map<String, Value> = match before {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for name in ["type", "basisPoints", "amount", "currency"] {
        rule.remove(name);
    }
    rule.extend(reward(given, given.get("pays"), ("reward", "currency"))?);
    rule.insert("duration".to_owned(), duration(given)?);
    let mut set = |name: &str, value: Option<Value>| match value {
        Some(value) => drop(rule.insert(name.to_owned(), value)),
        None => drop(rule.remove(name)),
    };
    // A field that no form has sent says nothing; one that was emptied says that there is nothing.
    let is_asked = |name: &str| !given.all(name).is_empty();
    if is_asked("base") {
        set("base", given.given("base").map(Value::from));
    }
    if is_asked("later_pays") {
        let later = match given.get("later_pays") {
            "same" => None,
            pays => Some(reward(given, pays, ("later_reward", "later_currency"))?),
        };
        set("recurring", later.map(Value::from));
    }
    if is_asked("lead_reward") {
        let lead = given.given("lead_reward");
        let lead = lead.map(|_| reward(given, "flat", ("lead_reward", "lead_currency")));
        set("lead", lead.transpose()?.map(Value::from));
    }
    if is_asked("cap_amount") {
        let cap = given.given("cap_amount").map(|most| cap(given, most));
        set("cap", cap.transpose()?);
    }
    if is_asked("minimum") {
        let least = given.given("minimum");
        let least = least.map(|least| minor(least, unit_or_usual(unit)));
        set("minimumAmount", least.transpose()?.map(Value::from));
    }
    Ok(Value::Object(rule))
}

/// The same where the fields say something else than the rule before.
pub(super) fn read_change(
    given: &Params,
    before: Option<&Rule>,
    unit: Option<Currency>,
) -> Result<Option<Value>, Problem> {
    let value = read(given, before, unit)?;
    let rule: Option<Rule> = serde_json::from_value(value.clone()).ok();
    Ok(Some(value).filter(|_| rule.is_none() || rule.as_ref() != before))
}

/// What a reward is, by the fields of its amount and its currency.
fn reward(
    given: &Params,
    pays: &str,
    (amount, code): (&str, &str),
) -> Result<Map<String, Value>, Problem> {
    let reward = given.get(amount);
    let mut members = Map::new();
    match pays {
        "percent" => {
            let wrong = "the commission must be a percentage such as 10 or 12.5";
            let points = read_percent(reward).ok_or_else(|| Problem::Refused(wrong.to_owned()))?;
            members.insert("type".to_owned(), "percent".into());
            members.insert("basisPoints".to_owned(), points.into());
        }
        "flat" => {
            let currency = check::currency("currency", given.get(code))?;
            members.insert("type".to_owned(), "flat".into());
            members.insert("amount".to_owned(), minor(reward, currency)?.into());
            members.insert("currency".to_owned(), currency.code().into());
        }
        _ => return Err(Problem::Forged),
    }
    Ok(members)
}

fn cap(given: &Params, most: &str) -> Result<Value, Problem> {
    let currency = check::currency("currency of the limit", given.get("cap_currency"))?;
    let period = given.given("cap_period").unwrap_or("month");
    let amount = minor(most, currency)?;
    Ok(json!({"amount": amount, "currency": currency.code(), "period": period}))
}

fn duration(given: &Params) -> Result<Value, Problem> {
    match given.get("lasts") {
        "months" => {
            let months: Option<u16> = given.get("months").parse().ok();
            let months = months.filter(|months| *months > 0).ok_or_else(|| {
                Problem::Refused("say for how many months the sales pay".to_owned())
            })?;
            Ok(json!({"type": "months", "months": months}))
        }
        word @ ("lifetime" | "firstSale") => Ok(json!({"type": word})),
        _ => Err(Problem::Forged),
    }
}

fn written(reward: Reward) -> String {
    match reward {
        Reward::Percent { basis_points } => percent(basis_points),
        Reward::Flat { amount, currency } => plain(amount, currency),
    }
}

/// An amount as a field has it.
pub(super) fn plain(minor: i64, currency: Currency) -> String {
    figure(minor, currency).replace(',', "").replace('−', "-")
}

/// 1250 as `12.5`.
pub(super) fn percent(basis_points: i64) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{rest:02}")
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// `12.5` as 1250.
pub(super) fn read_percent(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('%').trim().replace(',', ".");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || rest.len() > 2 || !digits(whole) || !digits(rest) {
        return None;
    }
    let rest: i64 = format!("{rest:0<2}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 100 + rest)
}

#[cfg(test)]
mod tests;
