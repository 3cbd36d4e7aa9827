//! By which policies and rules a batch attributes and earns: programs, rules, rates, partners.

use std::collections::BTreeSet;

use providers::{Currency, Micros};

use super::super::sql;
use super::damaged::Damaged;
use super::wanted::{Wanted, texts};
use crate::args;
use crate::attribution::{Directory, Model, Policy, PolicyVersion};
use crate::books::statements::rules;
use crate::ledger::commission::Terms;
use crate::ledger::mailbox::mailbox;
use crate::ledger::rate::Rate;
use crate::ledger::rule::{Rule, RuleBook, RuleVersion};
use crate::store::{Row, Rows, StoreError, Transaction};

/// Reads the policies and rules of all programs; answers which of them cannot be read.
pub(super) async fn read_programs(
    transaction: &mut dyn Transaction,
    org: &str,
    directory: &mut Directory,
    terms: &mut Terms,
) -> Result<Damaged, StoreError> {
    let mut damaged = Damaged::default();
    for row in transaction.run(&sql::PROGRAMS, args![org]).await? {
        let id = row.text("id")?;
        match Currency::parse(row.text("currency")?) {
            Some(currency) => drop(terms.currencies.insert(id.to_owned(), currency)),
            None => damaged.note(id, "the currency"),
        }
    }
    for row in transaction.run(&sql::POLICIES, args![org]).await? {
        let program_id = row.text("program_id")?;
        let Some(version) = policy(&row)? else {
            damaged.note(program_id, "a version of the settings");
            continue;
        };
        let book = directory.policies.entry(program_id.to_owned());
        book.or_default().0.push(version);
    }
    for row in transaction.run(&rules::LIST, args![org]).await? {
        let rule = row.opt_text("body")?.map(serde_json::from_str).transpose();
        let Ok(rule) = rule else {
            damaged.note(row.text("program_id")?, "a commission rule");
            continue;
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
    Ok(damaged)
}

/// Reads the rates that commissions of what was paid may be converted at, once the programs are known.
pub(super) async fn read_rates(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
    terms: &mut Terms,
) -> Result<(), StoreError> {
    let Some((first, last)) = wanted.paid else {
        return Ok(());
    };
    let rules = terms.rules.values().flat_map(|book| &book.0);
    let rules = rules.filter_map(|version| version.rule.as_ref());
    let mut bases = wanted.currencies.clone();
    bases.extend(rules.flat_map(Rule::currencies));
    // A program without a currency of its own pays in the sale's.
    let mut quotes = wanted.currencies.clone();
    quotes.extend(terms.currencies.values());
    let mut pairs = Rows::new(2);
    for base in &bases {
        for quote in quotes.iter().filter(|quote| *quote != base) {
            pairs.push([base.to_string().into(), quote.to_string().into()]);
        }
    }
    if pairs.is_empty() {
        return Ok(());
    }
    let args = args![org, first.0, last.0; pairs];
    for row in transaction.run(&sql::RATES, args).await? {
        add_rate(&row, terms)?;
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
        let email = mailbox(row.text("email")?);
        if !email.is_empty() {
            terms.emails.insert(id.clone(), email);
        }
        if let Some(tenant_id) = row.opt_text("tenant_id")? {
            terms.tenants.insert(id, tenant_id.to_owned());
        }
    }
    Ok(())
}

/// `None` where it cannot be read.
fn policy(row: &Row) -> Result<Option<PolicyVersion>, StoreError> {
    let model = match row.text("model")? {
        "first_click" => Model::FirstClick,
        "last_click" => Model::LastClick,
        _ => return Ok(None),
    };
    let customer_stays = match row.int("customer_stays")? {
        0 => false,
        1 => true,
        _ => return Ok(None),
    };
    let (window_days, hold_days) = (row.int("window_days")?, row.int("hold_days")?);
    if window_days < 0 || hold_days < 0 {
        return Ok(None);
    }
    Ok(Some(PolicyVersion {
        from: Micros(row.int("from_at")?),
        policy: Policy {
            model,
            window_days,
            customer_stays,
            hold_days,
        },
    }))
}

/// Adds a rate, or that there is one which cannot be read.
fn add_rate(row: &Row, terms: &mut Terms) -> Result<(), StoreError> {
    let currency = |column| Ok::<_, StoreError>(Currency::parse(row.text(column)?));
    let (Some(base), Some(quote)) = (currency("base")?, currency("quote")?) else {
        // A rate of no pair is one that nobody asks for.
        return Ok(());
    };
    let (day, digits) = (Micros(row.int("day")?), row.int("digits")?);
    match u32::try_from(row.int("places")?) {
        Ok(places) if digits > 0 => terms.rates.add(Rate {
            base,
            quote,
            day,
            digits,
            places,
            source: row.text("source")?.to_owned(),
        }),
        _ => terms.rates.add_unreadable(base, quote, day),
    }
    Ok(())
}
