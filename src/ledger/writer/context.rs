//! What a batch of folds may look up, read in a handful of statements.

use std::collections::{BTreeMap, BTreeSet};

use providers::fact::{ClaimKind, Fact};
use providers::{Currency, Micros, Name};

use super::sql;
use crate::args;
use crate::attribution::{Click, CodeOwner, Directory, Model, Policy};
use crate::ledger::commission::Terms;
use crate::ledger::facts::FactSet;
use crate::ledger::fold::Context;
use crate::ledger::rate::Rate;
use crate::ledger::rule::{RuleBook, RuleVersion};
use crate::store::{Row, Rows, StoreError, Transaction};

/// A link as the answer to a lead shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ShownLink {
    /// The link.
    pub id: String,
    /// Its domain; empty for the server's own.
    pub domain: String,
    /// Its key.
    pub key: String,
    /// Where it leads.
    pub url: String,
    /// Its program.
    pub program_id: String,
}

/// The context of all folds of a batch, for each ledger, with what only the writer needs.
#[derive(Debug, Default)]
pub struct Lookups {
    /// For the test ledger and for the live one.
    pub contexts: [Context; 2],
    /// Links by click, for those that are still there.
    pub links: BTreeMap<String, ShownLink>,
    /// Hold days by program.
    pub hold_days: BTreeMap<String, i64>,
}

impl Lookups {
    /// The context of one ledger.
    pub fn context(&self, livemode: bool) -> &Context {
        let [test, live] = &self.contexts;
        if livemode { live } else { test }
    }
}

/// What has to be looked up.
#[derive(Debug, Default)]
pub struct Wanted {
    clicks: BTreeSet<String>,
    codes: BTreeSet<String>,
    people: BTreeSet<(bool, Name)>,
    payments: BTreeSet<(bool, Name)>,
}

impl Wanted {
    /// Wants a click.
    pub fn click(&mut self, id: &str) {
        self.clicks.insert(id.to_owned());
    }

    /// Wants everything that a set of facts names.
    pub fn facts(&mut self, livemode: bool, facts: &FactSet) {
        for fact in facts.facts() {
            match fact {
                Fact::Claim(claim) if claim.kind == ClaimKind::Click => {
                    self.clicks.insert(claim.label.value.clone());
                }
                Fact::Claim(claim) => {
                    self.codes.insert(claim.label.value.trim().to_lowercase());
                }
                Fact::Lead(lead) => {
                    let ids = lead.clicks.iter().map(|label| label.value.clone());
                    self.clicks.extend(ids);
                }
                _ => {}
            }
            for name in fact.names() {
                let place = (livemode, name.clone());
                match name.kind() {
                    providers::NameKind::Customer | providers::NameKind::External => {
                        self.people.insert(place);
                    }
                    providers::NameKind::Payment => {
                        self.payments.insert(place);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Reads all that is wanted.
pub async fn load(
    transaction: &mut dyn Transaction,
    organization_id: &str,
    wanted: &Wanted,
    now: Micros,
) -> Result<Lookups, StoreError> {
    let org = organization_id;
    let mut lookups = Lookups::default();
    let mut directory = Directory::default();
    let mut terms = Terms::default();
    read_clicks(transaction, org, wanted, &mut directory, &mut lookups).await?;
    read_codes(transaction, org, wanted, &mut directory).await?;
    read_programs(transaction, org, &mut directory, &mut terms, &mut lookups).await?;
    for row in transaction.run(&sql::RATES, args![org]).await? {
        terms.rates.add(rate(&row)?);
    }
    let mut partners: BTreeSet<String> = directory
        .clicks
        .values()
        .map(|click| click.partner_id.clone())
        .chain(directory.codes.values().map(|code| code.partner_id.clone()))
        .collect();
    let assigned = read_assignments(transaction, org, wanted).await?;
    let owners = assigned.iter().map(|(_, _, owner)| owner);
    partners.extend(owners.map(|owner| owner.partner_id.clone()));
    read_partners(transaction, org, &partners, &mut terms).await?;
    let reviewed = read_reviews(transaction, org, wanted).await?;
    for (context, livemode) in lookups.contexts.iter_mut().zip([false, true]) {
        context.directory = directory.clone();
        context.terms = terms.clone();
        context.now = now;
        for (_, name, owner) in assigned.iter().filter(|(mode, ..)| *mode == livemode) {
            let assignments = &mut context.directory.assignments;
            assignments.insert(name.clone(), owner.clone());
        }
        for (_, name, approved) in reviewed.iter().filter(|(mode, ..)| *mode == livemode) {
            context.terms.reviewed.insert(name.clone(), *approved);
        }
    }
    Ok(lookups)
}

async fn read_clicks(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
    directory: &mut Directory,
    lookups: &mut Lookups,
) -> Result<(), StoreError> {
    let rows = texts(&wanted.clicks);
    if rows.is_empty() {
        return Ok(());
    }
    for row in transaction.run(&sql::CLICKS, args![org; rows]).await? {
        let id = row.text("id")?.to_owned();
        let link_id = row.opt_text("link_id")?.map(str::to_owned);
        let program_id = row.text("program_id")?.to_owned();
        if let Some(link_id) = &link_id {
            let link = ShownLink {
                id: link_id.clone(),
                domain: row.text("domain")?.to_owned(),
                key: row.text("key")?.to_owned(),
                url: row.text("url")?.to_owned(),
                program_id: program_id.clone(),
            };
            lookups.links.insert(id.clone(), link);
        }
        let click = Click {
            id: id.clone(),
            partner_id: row.text("partner_id")?.to_owned(),
            program_id,
            link_id,
            at: Micros(row.int("clicked_at")?),
        };
        directory.clicks.insert(id, click);
    }
    Ok(())
}

async fn read_codes(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
    directory: &mut Directory,
) -> Result<(), StoreError> {
    let named = texts(&wanted.codes);
    if named.is_empty() {
        return Ok(());
    }
    let mut codes = wanted.codes.clone();
    for row in transaction.run(&sql::CODE_NAMES, args![org; named]).await? {
        let code = row.text("code")?.to_owned();
        codes.insert(code.clone());
        directory
            .code_names
            .insert(row.text("id")?.to_owned(), code);
    }
    let rows = texts(&codes);
    for row in transaction.run(&sql::CODES, args![org; rows]).await? {
        directory
            .codes
            .insert(row.text("code")?.to_owned(), owner(&row)?);
    }
    Ok(())
}

async fn read_programs(
    transaction: &mut dyn Transaction,
    org: &str,
    directory: &mut Directory,
    terms: &mut Terms,
    lookups: &mut Lookups,
) -> Result<(), StoreError> {
    for row in transaction.run(&sql::PROGRAMS, args![org]).await? {
        let id = row.text("id")?.to_owned();
        let model = match row.text("model")? {
            "first_click" => Model::FirstClick,
            _ => Model::LastClick,
        };
        let policy = Policy {
            model,
            window_days: row.int("window_days")?,
            customer_stays: row.flag("customer_stays")?,
        };
        directory.policies.insert(id.clone(), policy);
        lookups.hold_days.insert(id.clone(), row.int("hold_days")?);
        if let Some(currency) = row.opt_text("currency")?.and_then(Currency::parse) {
            terms.currencies.insert(id, currency);
        }
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
    Ok(())
}

async fn read_partners(
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

async fn read_assignments(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
) -> Result<Vec<(bool, Name, CodeOwner)>, StoreError> {
    let rows = places(&wanted.people);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.run(&sql::ASSIGNMENTS, args![org; rows]).await?;
    found
        .iter()
        .map(|row| Ok((row.flag("livemode")?, stored_name(row)?, owner(row)?)))
        .collect()
}

async fn read_reviews(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
) -> Result<Vec<(bool, Name, bool)>, StoreError> {
    let rows = places(&wanted.payments);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.run(&sql::REVIEWS, args![org; rows]).await?;
    found
        .iter()
        .map(|row| {
            Ok((
                row.flag("livemode")?,
                stored_name(row)?,
                row.flag("approved")?,
            ))
        })
        .collect()
}

fn stored_name(row: &Row) -> Result<Name, StoreError> {
    Name::from_stored(row.text("name")?).ok_or(StoreError::Corrupt("name"))
}

fn owner(row: &Row) -> Result<CodeOwner, StoreError> {
    Ok(CodeOwner {
        partner_id: row.text("partner_id")?.to_owned(),
        program_id: row.text("program_id")?.to_owned(),
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

fn texts(values: &BTreeSet<String>) -> Rows {
    let mut rows = Rows::new(1);
    for value in values.iter().filter(|value| !value.contains('\0')) {
        rows.push([value.as_str().into()]);
    }
    rows
}

fn places(values: &BTreeSet<(bool, Name)>) -> Rows {
    let mut rows = Rows::new(2);
    for (livemode, name) in values {
        rows.push([(*livemode).into(), name.as_str().into()]);
    }
    rows
}
