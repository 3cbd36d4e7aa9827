//! Commission rules as clients write them, read member by member, so that a mistake is named. A member that no
//! rule has is refused: it would silently set nothing. Pure.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::catalog::{CatalogError, check};
use crate::ledger::rule::{Base, Cap, Duration, Reward, Rule};

const COMMISSION: &str = "commission";

/// Members of a rule besides those of its reward.
const OWN: &[&str] = &[
    "recurring",
    "lead",
    "products",
    "duration",
    "base",
    "cap",
    "minimumAmount",
];

/// Reads a rule and checks it.
pub fn parse(value: &Value) -> Result<Rule, CatalogError> {
    let members = object(COMMISSION, value)?;
    let mut products = BTreeMap::new();
    if let Some(value) = given(members, "products") {
        for (id, value) in object("commission.products", value)? {
            let field = format!("commission.products.{id}");
            products.insert(id.clone(), reward(&field, value, &[])?);
        }
    }
    let optional = |name: &str, field: &str| {
        given(members, name)
            .map(|value| reward(field, value, &[]))
            .transpose()
    };
    let rule = Rule {
        reward: reward(COMMISSION, value, OWN)?,
        recurring: optional("recurring", "commission.recurring")?,
        lead: optional("lead", "commission.lead")?,
        products,
        duration: member::<Duration>(
            members,
            ("duration", duration_members(members)),
            r#"must be {"type":"firstSale"}, {"type":"months","months":12} or {"type":"lifetime"}"#,
        )?
        .unwrap_or_default(),
        base: member::<Base>(members, ("base", &[]), "must be net, gross or netOfFee")?
            .unwrap_or_default(),
        cap: member::<Cap>(
            members,
            ("cap", &["amount", "currency", "period"]),
            r#"must be {"amount":10000,"currency":"usd","period":"month"}; period is month, year or lifetime"#,
        )?,
        minimum_amount: member(members, ("minimumAmount", &[]), "must be a whole number")?
            .unwrap_or(0),
    };
    rule.check()
        .map_err(|error| CatalogError::invalid(error.field, error.problem))?;
    Ok(rule)
}

/// The members that the duration which is meant has.
fn duration_members(rule: &Map<String, Value>) -> &'static [&'static str] {
    let meant = given(rule, "duration").and_then(|duration| duration.get("type"));
    match meant.and_then(Value::as_str) {
        Some("firstSale" | "lifetime") => &["type"],
        _ => &["type", "months"],
    }
}

fn object<'v>(field: &str, value: &'v Value) -> Result<&'v Map<String, Value>, CatalogError> {
    value
        .as_object()
        .ok_or_else(|| CatalogError::invalid(field, "must be an object"))
}

fn given<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// A member of a rule; `known` are its own members where it is an object.
fn member<T: DeserializeOwned>(
    members: &Map<String, Value>,
    (name, known): (&str, &[&str]),
    problem: &str,
) -> Result<Option<T>, CatalogError> {
    let Some(value) = given(members, name) else {
        return Ok(None);
    };
    if let Some(nested) = value.as_object() {
        check::members(&format!("commission.{name}"), nested, known)?;
    }
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_other| CatalogError::invalid(&format!("commission.{name}"), problem))
}

/// Reads a reward; `also` names members that may stand beside its own.
fn reward(field: &str, value: &Value, also: &[&str]) -> Result<Reward, CatalogError> {
    let members = object(field, value)?;
    let only = |own: &[&str]| check::members(field, members, &[own, also].concat());
    let whole = |name: &str| {
        let field = format!("{field}.{name}");
        let number = members
            .get(name)
            .ok_or_else(|| CatalogError::invalid(&field, "is required"))?;
        number
            .as_i64()
            .ok_or_else(|| CatalogError::invalid(&field, "must be a whole number"))
    };
    match members.get("type").and_then(Value::as_str) {
        Some("percent") => {
            only(&["type", "basisPoints"])?;
            Ok(Reward::Percent {
                basis_points: whole("basisPoints")?,
            })
        }
        Some("flat") => {
            only(&["type", "amount", "currency"])?;
            let name = format!("{field}.currency");
            let currency = members.get("currency").and_then(Value::as_str);
            Ok(Reward::Flat {
                amount: whole("amount")?,
                currency: check::currency(&name, check::required(&name, currency)?)?,
            })
        }
        _ => {
            only(&["type", "basisPoints", "amount", "currency"])?;
            Err(CatalogError::invalid(
                &format!("{field}.type"),
                "must be percent (with basisPoints) or flat (with amount and currency)",
            ))
        }
    }
}

#[cfg(test)]
mod tests;
