//! Clicks and the links they came by.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::super::sql;
use super::terms::Buyer;
use super::wanted::texts;
use crate::args;
use crate::attribution::Click;
use crate::store::{Question, Row, StoreError, Transaction};

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

/// A click that is known.
#[derive(Debug, Clone)]
pub struct FoundClick {
    /// The click.
    pub click: Click,
    /// Its link, if that is still there.
    pub link: Option<ShownLink>,
    /// Its partner as a buyer.
    pub(super) partner: Buyer,
}

/// Reads clicks, by id.
pub async fn read(
    transaction: &mut dyn Transaction,
    org: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeMap<String, FoundClick>, StoreError> {
    match question(org, ids) {
        Some((statement, args)) => found(transaction.run(statement, args).await?),
        None => Ok(BTreeMap::new()),
    }
}

/// Asks for clicks; `None` where none is wanted.
pub(super) fn question(org: &str, ids: &BTreeSet<String>) -> Option<Question> {
    let rows = texts(ids);
    (!rows.is_empty()).then(|| (&sql::CLICKS, args![org; rows]))
}

/// Those that were asked for and are there.
pub(super) fn found(rows: Vec<Row>) -> Result<BTreeMap<String, FoundClick>, StoreError> {
    let mut clicks = BTreeMap::new();
    for row in rows {
        let id = row.text("id")?.to_owned();
        let program_id = row.text("program_id")?.to_owned();
        let link = match row.opt_text("link_id")? {
            Some(link_id) => Some(ShownLink {
                id: link_id.to_owned(),
                domain: row.text("domain")?.to_owned(),
                key: row.text("key")?.to_owned(),
                url: row.text("url")?.to_owned(),
                program_id: program_id.clone(),
            }),
            None => None,
        };
        let click = Click {
            id: id.clone(),
            partner_id: row.text("partner_id")?.to_owned(),
            program_id,
            link_id: link.as_ref().map(|link| link.id.clone()),
            at: Micros(row.int("clicked_at")?),
        };
        let partner = Buyer::read(&row)?;
        let found = FoundClick {
            click,
            link,
            partner,
        };
        clicks.insert(id, found);
    }
    Ok(clicks)
}
