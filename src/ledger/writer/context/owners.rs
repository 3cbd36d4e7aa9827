//! To whom codes and people belong, and what a person has decided of a payment.

use std::collections::BTreeSet;

use providers::{Micros, Name};

use super::super::sql;
use super::wanted::{Wanted, places, texts};
use crate::args;
use crate::attribution::{CodeOwner, Directory};
use crate::ledger::decision::{Decided, Decision};
use crate::store::{Row, StoreError, Transaction};

/// Reads discount codes, and what the processors' ids of discounts stand for.
pub(super) async fn read_codes(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &BTreeSet<String>,
    directory: &mut Directory,
) -> Result<(), StoreError> {
    let named = texts(wanted);
    if named.is_empty() {
        return Ok(());
    }
    let mut codes = wanted.clone();
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

/// Reads whose people and payments are by the owner's word; `None`: nobody's.
pub(super) async fn read_assignments(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
) -> Result<Vec<(bool, Name, Option<CodeOwner>)>, StoreError> {
    let rows = places(wanted.people.iter().chain(&wanted.payments));
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.run(&sql::ASSIGNMENTS, args![org; rows]).await?;
    found
        .iter()
        .map(|row| {
            let owner = match row.opt_text("partner_id")? {
                Some(_) => Some(owner(row)?),
                None => None,
            };
            Ok((row.flag("livemode")?, stored_name(row)?, owner))
        })
        .collect()
}

/// Reads what the owner has decided about the commissions of payments and leads.
pub(super) async fn read_decisions(
    transaction: &mut dyn Transaction,
    org: &str,
    wanted: &Wanted,
) -> Result<Vec<(bool, String, Decided)>, StoreError> {
    let mut rows = places(&wanted.payments);
    for (livemode, name) in &wanted.leads {
        rows.push([(*livemode).into(), name.as_str().into()]);
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.run(&sql::DECISIONS, args![org; rows]).await?;
    found
        .iter()
        .map(|row| {
            let decision = Decision::stored(row.text("decision")?);
            let decided = Decided {
                at: Micros(row.int("created_at")?),
                decision: decision.ok_or(StoreError::Corrupt("reviews.decision"))?,
            };
            let name = row.text("name")?.to_owned();
            Ok((row.flag("livemode")?, name, decided))
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
