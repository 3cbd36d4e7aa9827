//! Commission rules as clients write them, and the versions that they become.
//!
//! A rule is read member by member, so that a mistake is named; what is stored is
//! [`Rule`](crate::ledger::rule::Rule) as JSON.

use std::collections::BTreeMap;

use providers::Micros;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::versions::Whose;
use super::{Catalog, CatalogError, check};
use crate::args;
use crate::ledger::rule::{Base, Cap, Duration, Reward, Rule, RuleBook, RuleVersion};
use crate::store::{Row, Statement, StoreError, Transaction};

static INSERT: Statement = Statement::new(
    "insert into rules (organization_id, id, program_id, partner_id, from_at, body, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)",
);
static LIST: Statement = Statement::new(
    "select program_id, partner_id, from_at, body from rules where organization_id = $1
     order by created_at, id",
);
/// To be prepared by a test.
pub static STATEMENTS: &[&Statement] = &[&INSERT, &LIST];

const COMMISSION: &str = "commission";

/// Reads a rule and checks it. Unknown members are ignored, as everywhere.
pub fn parse(value: &Value) -> Result<Rule, CatalogError> {
    let members = object(COMMISSION, value)?;
    let mut products = BTreeMap::new();
    if let Some(value) = given(members, "products") {
        for (id, value) in object("commission.products", value)? {
            products.insert(id.clone(), reward("commission.products", value)?);
        }
    }
    let optional = |name: &str, field: &str| {
        given(members, name)
            .map(|value| reward(field, value))
            .transpose()
    };
    let rule = Rule {
        reward: reward(COMMISSION, value)?,
        recurring: optional("recurring", "commission.recurring")?,
        lead: optional("lead", "commission.lead")?,
        products,
        duration: member::<Duration>(
            members,
            "duration",
            r#"must be {"type":"firstSale"}, {"type":"months","months":12} or {"type":"lifetime"}"#,
        )?
        .unwrap_or_default(),
        base: member::<Base>(members, "base", "must be net, gross or netOfFee")?
            .unwrap_or_default(),
        cap: member::<Cap>(
            members,
            "cap",
            r#"must be {"amount":10000,"currency":"usd","period":"month"}; period is month, year or lifetime"#,
        )?,
        minimum_amount: member(members, "minimumAmount", "must be a whole number")?.unwrap_or(0),
    };
    rule.check()
        .map_err(|error| CatalogError::invalid(error.field, error.problem))?;
    Ok(rule)
}

fn object<'v>(field: &str, value: &'v Value) -> Result<&'v Map<String, Value>, CatalogError> {
    value
        .as_object()
        .ok_or_else(|| CatalogError::invalid(field, "must be an object"))
}

fn given<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn member<T: DeserializeOwned>(
    members: &Map<String, Value>,
    name: &str,
    problem: &str,
) -> Result<Option<T>, CatalogError> {
    let Some(value) = given(members, name) else {
        return Ok(None);
    };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_other| CatalogError::invalid(&format!("commission.{name}"), problem))
}

fn reward(field: &str, value: &Value) -> Result<Reward, CatalogError> {
    let members = object(field, value)?;
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
        Some("percent") => Ok(Reward::Percent {
            basis_points: whole("basisPoints")?,
        }),
        Some("flat") => {
            let name = format!("{field}.currency");
            let currency = members.get("currency").and_then(Value::as_str);
            Ok(Reward::Flat {
                amount: whole("amount")?,
                currency: check::currency(&name, check::required(&name, currency)?)?,
            })
        }
        _ => Err(CatalogError::invalid(
            &format!("{field}.type"),
            "must be percent (with basisPoints) or flat (with amount and currency)",
        )),
    }
}

impl Catalog<'_> {
    /// Adds a version of a rule; `None` ends a partner's own. See [`Catalog::holds_from`].
    pub(super) async fn add_rule(
        &self,
        transaction: &mut dyn Transaction,
        whose: Whose<'_>,
        rule: Option<&Rule>,
    ) -> Result<(), StoreError> {
        let from = self.holds_from(transaction, Some(whose)).await?;
        self.insert_rule(transaction, whose, rule, from).await
    }

    /// Writes a version that holds from a time on.
    pub(super) async fn insert_rule(
        &self,
        transaction: &mut dyn Transaction,
        whose: Whose<'_>,
        rule: Option<&Rule>,
        from: Micros,
    ) -> Result<(), StoreError> {
        let body = rule.and_then(|rule| serde_json::to_string(rule).ok());
        let args = args![
            self.org,
            self.ids.make("rule"),
            whose.program_id,
            whose.partner_id,
            from.0,
            body,
            self.now.0
        ];
        transaction.run(&INSERT, args).await?;
        Ok(())
    }

    /// All rules by program.
    pub(super) async fn rules(&self) -> Result<BTreeMap<String, RuleBook>, StoreError> {
        let mut books: BTreeMap<String, RuleBook> = BTreeMap::new();
        for row in self.store.read(&LIST, args![self.org]).await? {
            let program_id = row.text("program_id")?.to_owned();
            books.entry(program_id).or_default().0.push(version(&row)?);
        }
        Ok(books)
    }
}

fn version(row: &Row) -> Result<RuleVersion, StoreError> {
    let rule = row.opt_text("body")?.map(serde_json::from_str).transpose();
    Ok(RuleVersion {
        partner_id: row.opt_text("partner_id")?.map(str::to_owned),
        from: Micros(row.int("from_at")?),
        rule: rule.map_err(|_damaged| StoreError::Corrupt("rules.body"))?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(value: &Value) -> (String, String) {
        match parse(value) {
            Err(CatalogError::Invalid { field, message }) => (field, message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_rule_is_stored_as_it_was_read() {
        let value = json!({
            "type": "percent", "basisPoints": 1_250,
            "recurring": {"type": "flat", "amount": 500, "currency": "eur"},
            "lead": {"type": "flat", "amount": 100, "currency": "usd"},
            "products": {"price_1": {"type": "percent", "basisPoints": 0}},
            "duration": {"type": "months", "months": 12},
            "base": "netOfFee",
            "cap": {"amount": 10_000, "currency": "usd", "period": "month"},
            "minimumAmount": 300,
        });
        let rule = parse(&value).unwrap();
        assert_eq!(serde_json::to_value(&rule).unwrap(), value);
    }

    #[test]
    fn every_mistake_is_named() {
        for (value, field) in [
            (json!(7), "commission"),
            (json!({}), "commission.type"),
            (json!({"type": "share"}), "commission.type"),
            (json!({"type": "percent"}), "commission.basisPoints"),
            (
                json!({"type": "percent", "basisPoints": 10.5}),
                "commission.basisPoints",
            ),
            (
                json!({"type": "percent", "basisPoints": 10_001}),
                "commission",
            ),
            (json!({"type": "flat", "amount": 5}), "commission.currency"),
            (
                json!({"type": "flat", "amount": 5, "currency": "zzz"}),
                "commission.currency",
            ),
            (
                json!({"type": "flat", "amount": -5, "currency": "usd"}),
                "commission",
            ),
            (
                json!({"type": "percent", "basisPoints": 1, "duration": "ever"}),
                "commission.duration",
            ),
            (
                json!({"type": "percent", "basisPoints": 1, "duration": {"type": "months", "months": 0}}),
                "commission.duration",
            ),
            (
                json!({"type": "percent", "basisPoints": 1, "base": "fee"}),
                "commission.base",
            ),
            (
                json!({"type": "percent", "basisPoints": 1, "lead": {"type": "percent", "basisPoints": 1}}),
                "commission.lead",
            ),
            (
                json!({"type": "percent", "basisPoints": 1, "cap": {"amount": 1}}),
                "commission.cap",
            ),
        ] {
            let (named, message) = refused(&value);
            assert_eq!(named, field, "{value}");
            assert!(message.starts_with(field), "{message}");
        }
    }
}
