//! By what else a batch earns: rates, and who partners are.

use std::collections::BTreeSet;

use providers::{Currency, Micros};

use super::super::sql;
use super::wanted::{Wanted, texts};
use crate::args;
use crate::ledger::commission::Terms;
use crate::ledger::mailbox::{PaidAt, mailbox};
use crate::ledger::rate::Rate;
use crate::ledger::rule::Rule;
use crate::store::{Row, Rows, StoreError, Transaction};

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
        Buyer::read(&row)?.add(row.text("id")?, terms);
    }
    Ok(())
}

/// Reads where partners are or have been paid.
pub(super) async fn read_paid_at(
    transaction: &mut dyn Transaction,
    org: &str,
    partners: &BTreeSet<String>,
) -> Result<PaidAt, StoreError> {
    let mut paid_at = PaidAt::of(org);
    let rows = texts(partners);
    if rows.is_empty() {
        return Ok(paid_at);
    }
    for row in transaction.run(&sql::PAID_AT, args![org; rows]).await? {
        paid_at.add(row.text("partner_id")?, row.text("mailbox")?);
    }
    Ok(paid_at)
}

/// By what a partner is known who buys by their own link.
#[derive(Debug, Clone)]
pub(super) struct Buyer {
    email: String,
    tenant_id: Option<String>,
}

impl Buyer {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            email: mailbox(row.text("email")?),
            tenant_id: row.opt_text("tenant_id")?.map(str::to_owned),
        })
    }

    pub(super) fn add(self, partner_id: &str, terms: &mut Terms) {
        if !self.email.is_empty() {
            terms.emails.insert(partner_id.to_owned(), self.email);
        }
        if let Some(tenant_id) = self.tenant_id {
            terms.tenants.insert(partner_id.to_owned(), tenant_id);
        }
    }
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
