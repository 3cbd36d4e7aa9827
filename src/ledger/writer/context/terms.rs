//! By which policies and rules a batch attributes and earns: programs, rules, rates, partners.

use std::collections::BTreeSet;

use providers::{Currency, Micros};

use super::super::sql;
use super::wanted::texts;
use crate::args;
use crate::attribution::{Directory, Model, Policy, PolicyVersion};
use crate::ledger::commission::Terms;
use crate::ledger::rate::Rate;
use crate::ledger::rule::{RuleBook, RuleVersion};
use crate::store::{Row, StoreError, Transaction};

/// Reads the policies, rules and rates of all programs.
pub(super) async fn read_programs(
    transaction: &mut dyn Transaction,
    org: &str,
    directory: &mut Directory,
    terms: &mut Terms,
) -> Result<(), StoreError> {
    for row in transaction.run(&sql::PROGRAMS, args![org]).await? {
        if let Some(currency) = Currency::parse(row.text("currency")?) {
            let id = row.text("id")?.to_owned();
            terms.currencies.insert(id, currency);
        }
    }
    for row in transaction.run(&sql::POLICIES, args![org]).await? {
        let program_id = row.text("program_id")?.to_owned();
        let book = directory.policies.entry(program_id).or_default();
        book.0.push(policy(&row)?);
    }
    for row in transaction.run(&sql::RULES, args![org]).await? {
        let rule = match row.opt_text("body")? {
            Some(body) => Some(
                serde_json::from_str(body).map_err(|_damaged| StoreError::Corrupt("rules.body"))?,
            ),
            None => None,
        };
        let version = RuleVersion {
            partner_id: row.opt_text("partner_id")?.map(str::to_owned),
            from: Micros(row.int("from_at")?),
            rule,
        };
        let book: &mut RuleBook = terms
            .rules
            .entry(row.text("program_id")?.to_owned())
            .or_default();
        book.0.push(version);
    }
    for row in transaction.run(&sql::RATES, args![org]).await? {
        terms.rates.add(rate(&row)?);
    }
    Ok(())
}

/// Reads what is known of partners.
pub(super) async fn read_partners(
    transaction: &mut dyn Transaction,
    org: &str,
    partners: &BTreeSet<String>,
    terms: &mut Terms,
) -> Result<(), StoreError> {
    let rows = texts(partners);
    if rows.is_empty() {
        return Ok(());
    }
    for row in transaction.run(&sql::PARTNERS, args![org; rows]).await? {
        let id = row.text("id")?.to_owned();
        let email = row.text("email")?.trim().to_lowercase();
        if !email.is_empty() {
            terms.emails.insert(id.clone(), email);
        }
        if let Some(tenant_id) = row.opt_text("tenant_id")? {
            terms.tenants.insert(id, tenant_id.to_owned());
        }
    }
    Ok(())
}

fn policy(row: &Row) -> Result<PolicyVersion, StoreError> {
    let model = match row.text("model")? {
        "first_click" => Model::FirstClick,
        _ => Model::LastClick,
    };
    Ok(PolicyVersion {
        from: Micros(row.int("from_at")?),
        policy: Policy {
            model,
            window_days: row.int("window_days")?,
            customer_stays: row.flag("customer_stays")?,
            hold_days: row.int("hold_days")?,
        },
    })
}

fn rate(row: &Row) -> Result<Rate, StoreError> {
    let currency = |column| {
        Currency::parse(row.text(column)?).ok_or(StoreError::Corrupt("rates.base or quote"))
    };
    Ok(Rate {
        base: currency("base")?,
        quote: currency("quote")?,
        day: Micros(row.int("day")?),
        digits: row.int("digits")?,
        places: u32::try_from(row.int("places")?)
            .map_err(|_negative| StoreError::Corrupt("rates.places"))?,
        source: row.text("source")?.to_owned(),
    })
}
