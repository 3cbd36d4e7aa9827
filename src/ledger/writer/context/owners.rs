//! To whom codes and people belong, and what a person has decided of a payment.

use std::collections::BTreeSet;

use providers::Name;

use super::super::sql;
use super::wanted::{places, texts};
use crate::args;
use crate::attribution::{CodeOwner, Directory};
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

/// What there is of that which most organizations have none of.
pub(super) struct Rare {
    pub(super) assigned: bool,
    pub(super) reviewed: bool,
}

/// Looks whether there is any of it.
pub(super) async fn rare(transaction: &mut dyn Transaction, org: &str) -> Result<Rare, StoreError> {
    let rows = transaction.run(&sql::RARE, args![org]).await?;
    let row = rows.first().ok_or(StoreError::Corrupt("assigned"))?;
    Ok(Rare {
        assigned: row.flag("assigned")?,
        reviewed: row.flag("reviewed")?,
    })
}

/// Reads the partners set by hand.
pub(super) async fn read_assignments(
    transaction: &mut dyn Transaction,
    org: &str,
    people: &BTreeSet<(bool, Name)>,
) -> Result<Vec<(bool, Name, CodeOwner)>, StoreError> {
    let rows = places(people);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let found = transaction.run(&sql::ASSIGNMENTS, args![org; rows]).await?;
    found
        .iter()
        .map(|row| Ok((row.flag("livemode")?, stored_name(row)?, owner(row)?)))
        .collect()
}

/// Reads which payments a person has approved or refused.
pub(super) async fn read_reviews(
    transaction: &mut dyn Transaction,
    org: &str,
    payments: &BTreeSet<(bool, Name)>,
) -> Result<Vec<(bool, Name, bool)>, StoreError> {
    let rows = places(payments);
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
