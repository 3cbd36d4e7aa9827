//! Fields of a form that says what a sale pays, and what is read of them. What a rule says besides (products, caps, leads, later sales) stays as it
//! is: that is set through the API. Pure.

use maud::{Markup, html};
use providers::Currency;
use serde_json::{Map, Value, json};

use super::decide::minor;
use crate::catalog::check;
use crate::dashboard::params::Params;
use crate::dashboard::problem::Problem;
use crate::dashboard::view::parts::figure;
use crate::ledger::rule::{Duration, Reward, Rule};

/// For how long a customer's sales pay, as a choice says it.
const LASTS: [(&str, &str); 3] = [
    ("lifetime", "for all sales of a customer"),
    ("firstSale", "for the first sale alone"),
    ("months", "for some months from the first"),
];

/// The fields, with what is so far.
pub(super) fn fields(rule: Option<&Rule>) -> Markup {
    let reward = rule.map(|rule| rule.reward);
    let is_flat = matches!(reward, Some(Reward::Flat { .. }));
    let currency = match reward {
        Some(Reward::Flat { currency, .. }) => currency.code().to_uppercase(),
        _ => String::new(),
    };
    let (lasts, months) = match rule.map(|rule| rule.duration) {
        None | Some(Duration::Lifetime) => ("lifetime", None),
        Some(Duration::FirstSale) => ("firstSale", None),
        Some(Duration::Months { months }) => ("months", Some(months)),
    };
    html! {
        label.field { "Each sale pays" select name="pays" {
            option value="percent" selected[!is_flat] { "a percentage" }
            option value="flat" selected[is_flat] { "a fixed amount" }
        } }
        label.field { "How much" input name="reward" required inputmode="decimal" placeholder="10" autocomplete="off" value=(reward.map_or_else(String::new, written)); }
        label.field { "Currency of a fixed amount" input name="currency" maxlength="3" size="4" placeholder="USD" autocomplete="off" spellcheck="false" value=(currency); }
        label.field { "For how long" select name="lasts" {
            @for (word, says) in LASTS { option value=(word) selected[word == lasts] { (says) } }
        } }
        label.field { "How many months" input type="number" name="months" min="1" max="1200" value=[months]; }
    }
}

/// A rule as the fields say, otherwise as it was before.
pub(super) fn read(given: &Params, before: Option<&Rule>) -> Result<Value, Problem> {
    let before = before.and_then(|rule| serde_json::to_value(rule).ok());
    let mut rule: Map<String, Value> = match before {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for name in ["type", "basisPoints", "amount", "currency"] {
        rule.remove(name);
    }
    let reward = given.get("reward");
    match given.get("pays") {
        "percent" => {
            let wrong = "the commission must be a percentage such as 10 or 12.5";
            let points = read_percent(reward).ok_or_else(|| Problem::Refused(wrong.to_owned()))?;
            rule.insert("type".to_owned(), "percent".into());
            rule.insert("basisPoints".to_owned(), points.into());
        }
        "flat" => {
            let currency = check::currency("currency", given.get("currency"))?;
            rule.insert("type".to_owned(), "flat".into());
            rule.insert("amount".to_owned(), minor(reward, currency)?.into());
            rule.insert("currency".to_owned(), currency.code().into());
        }
        _ => return Err(Problem::Forged),
    }
    rule.insert("duration".to_owned(), duration(given)?);
    Ok(Value::Object(rule))
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
fn plain(minor: i64, currency: Currency) -> String {
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
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_read_as_it_is_shown() {
        for (text, points) in [
            ("10", 1_000),
            ("12.5", 1_250),
            ("0.25", 25),
            ("100", 10_000),
        ] {
            assert_eq!(read_percent(text), Some(points));
            assert_eq!(percent(points), text);
        }
        assert_eq!(read_percent("12,5 %"), Some(1_250));
        for wrong in ["", "ten", "-1", "1.234", ".5", "1e3"] {
            assert_eq!(read_percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_fields_say_changes_the_reward_and_leaves_the_rest_of_a_rule() {
        let before = json!({"type": "percent", "basisPoints": 1_000, "base": "gross", "duration": {"type": "lifetime"},
            "lead": {"type": "flat", "amount": 100, "currency": "usd"}});
        let before: Rule = serde_json::from_value(before).unwrap();
        let given = Params::read(b"pays=flat&reward=5&currency=EUR&lasts=months&months=12");
        let rule = read(&given, Some(&before)).unwrap();
        assert_eq!(
            rule,
            json!({"type": "flat", "amount": 500, "currency": "eur", "base": "gross", "duration": {"type": "months", "months": 12},
                "lead": {"type": "flat", "amount": 100, "currency": "usd"}})
        );
        for wrong in [
            "pays=flat&reward=5&lasts=lifetime",
            "pays=percent&reward=ten&lasts=lifetime",
            "pays=percent&reward=10&lasts=months",
        ] {
            assert!(matches!(
                read(&Params::read(wrong.as_bytes()), None),
                Err(Problem::Refused(_))
            ));
        }
    }
}
