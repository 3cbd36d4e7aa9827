//! Fields of a form that says what a program or a group pays, and what is read of them. What a form does not ask for stays as it
//! is. Pure.

pub(super) mod products;

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

/// What the fields of a rule hold, as they are read.
pub(super) fn values(rule: Option<&Rule>, unit: Option<Currency>) -> Vec<(String, String)> {
    let (lasts, months) = match rule.map(|rule| rule.duration) {
        None | Some(Duration::Lifetime) => ("lifetime", String::new()),
        Some(Duration::FirstSale) => ("firstSale", String::new()),
        Some(Duration::Months { months }) => ("months", months.to_string()),
    };
    let base = rule.map_or(Base::Net, |rule| rule.base);
    let base = BASES.iter().find(|(known, ..)| *known == base);
    let cap = rule.and_then(|rule| rule.cap);
    let period = PERIODS
        .iter()
        .find(|(known, ..)| cap.is_some_and(|cap| cap.period == *known));
    let (reward, later, lead) = (
        rule.map(|rule| rule.reward),
        rule.and_then(|rule| rule.recurring),
        rule.and_then(|rule| rule.lead),
    );
    let text = |reward: Option<Reward>| reward.map_or_else(String::new, written);
    let code = |currency: Option<Currency>| {
        currency.map_or_else(String::new, |currency| currency.code().to_uppercase())
    };
    let values = [
        ("pays", kind(reward).unwrap_or("percent").to_owned()),
        ("reward", text(reward)),
        ("currency", code(currency_of(reward))),
        ("base", base.map_or("net", |(_, word, _)| *word).to_owned()),
        ("lasts", lasts.to_owned()),
        ("months", months),
        ("later_pays", kind(later).unwrap_or("same").to_owned()),
        ("later_reward", text(later)),
        ("later_currency", code(currency_of(later))),
        ("lead_reward", text(lead)),
        ("lead_currency", code(currency_of(lead))),
        (
            "cap_amount",
            cap.map_or_else(String::new, |cap| plain(cap.amount, cap.currency)),
        ),
        ("cap_currency", code(cap.map(|cap| cap.currency))),
        (
            "cap_period",
            period.map_or("month", |(_, word, _)| *word).to_owned(),
        ),
        (
            "minimum",
            least(rule.map_or(0, |rule| rule.minimum_amount), unit),
        ),
    ];
    let values = values.map(|(name, value)| (name.to_owned(), value));
    let products = rule.map(products::values).unwrap_or_default();
    values.into_iter().chain(products).collect()
}

/// The word for what a reward is.
const fn kind(reward: Option<Reward>) -> Option<&'static str> {
    match reward {
        None => None,
        Some(Reward::Percent { .. }) => Some("percent"),
        Some(Reward::Flat { .. }) => Some("flat"),
    }
}

/// The fields, with what they hold; `unit` is the currency that sales are in, where all are in one.
pub(super) fn fields(held: &Params, unit: Option<Currency>) -> Markup {
    html! {
        fieldset.group { legend { "What a sale pays" }
            label.field { "Each sale pays" select name="pays" { (kinds(held.get("pays"))) } }
            label.field { "How much" input name="reward" required inputmode="decimal" placeholder="10" autocomplete="off" value=(held.get("reward")); }
            (currency_field(held, "currency", "Currency of a fixed amount"))
            label.field { "Percentages are of" select name="base" {
                @for (_, word, says) in BASES { option value=(word) selected[word == held.get("base")] { (says) } }
            } }
            label.field { "For how long" select name="lasts" {
                @for (word, says) in LASTS { option value=(word) selected[word == held.get("lasts")] { (says) } }
            } }
            label.field { "How many months" input type="number" name="months" min="1" max="1200" value=(held.get("months")); }
        }
        (products::fields(held))
        (later_and_leads(held))
        (limits(held, unit))
    }
}

/// What a reward can be, as a choice.
fn kinds(held: &str) -> Markup {
    html! {
        option value="percent" selected[held != "flat"] { "a percentage" }
        option value="flat" selected[held == "flat"] { "a fixed amount" }
    }
}

fn later_and_leads(held: &Params) -> Markup {
    html! {
        fieldset.group { legend { "Later sales and leads" }
            label.field { "A customer's later sales pay" select name="later_pays" {
                @for (one, says) in [("same", "the same"), ("percent", "another percentage"), ("flat", "another fixed amount")] {
                    option value=(one) selected[one == held.get("later_pays")] { (says) }
                }
            } }
            label.field { "How much, where it is another" input name="later_reward" inputmode="decimal" autocomplete="off" value=(held.get("later_reward")); }
            (currency_field(held, "later_currency", "Its currency, if fixed"))
            label.field { "Each lead pays" input name="lead_reward" inputmode="decimal" placeholder="nothing" autocomplete="off" value=(held.get("lead_reward")); }
            (currency_field(held, "lead_currency", "Currency of that"))
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

fn limits(held: &Params, unit: Option<Currency>) -> Markup {
    html! {
        fieldset.group { legend { "Limits" }
            label.field { "One customer's sales pay at most" input name="cap_amount" inputmode="decimal" placeholder="no limit" autocomplete="off" value=(held.get("cap_amount")); }
            (currency_field(held, "cap_currency", "Currency of that"))
            label.field { "In which time" select name="cap_period" {
                @for (_, word, says) in PERIODS { option value=(word) selected[word == held.get("cap_period")] { (says) } }
            } }
            label.field { "Smaller sales pay nothing"
                input name="minimum" inputmode="decimal" placeholder="all pay" autocomplete="off" value=(held.get("minimum"));
                @if unit.is_none() { span.sub { "in the sale's currency; 10.00 is 1,000 of its smallest unit" } }
            }
        }
    }
}

fn currency_field(held: &Params, name: &str, label: &str) -> Markup {
    html! {
        label.field { (label) input name=(name) maxlength="3" size="4" placeholder="USD" autocomplete="off" spellcheck="false" value=(held.get(name)); }
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
    let text = |name: &str| given.get(name);
    rule.extend(reward(text("pays"), text("reward"), text("currency"))?);
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
            pays => Some(reward(pays, text("later_reward"), text("later_currency"))?),
        };
        set("recurring", later.map(Value::from));
    }
    if is_asked("lead_reward") {
        let lead = given.given("lead_reward");
        let lead = lead.map(|lead| reward("flat", lead, text("lead_currency")));
        set("lead", lead.transpose()?.map(Value::from));
    }
    if is_asked("cap_amount") {
        let cap = given.given("cap_amount").map(|most| cap(given, most));
        set("cap", cap.transpose()?);
    }
    if is_asked(products::ID) {
        set("products", products::read(given)?);
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

/// What a reward is, as its fields say.
fn reward(pays: &str, reward: &str, code: &str) -> Result<Map<String, Value>, Problem> {
    let mut members = Map::new();
    match pays {
        "percent" => {
            let wrong = "the commission must be a percentage such as 10 or 12.5";
            let points = read_percent(reward).ok_or_else(|| Problem::Refused(wrong.to_owned()))?;
            members.insert("type".to_owned(), "percent".into());
            members.insert("basisPoints".to_owned(), points.into());
        }
        "flat" => {
            let currency = check::currency("currency", code)?;
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
