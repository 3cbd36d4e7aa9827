//! Where links lead.
//!
//! The database is asked each time, so that a changed link leads to its new address at once. Only where it does not
//! answer is a link taken from memory, since a buyer has to be led on whatever happens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::pin;
use tokio::time::timeout;

use crate::args;
use crate::books::statements::clicked_links as sql;
use crate::store::{Row, Store, StoreError};

/// How long the database has before a link is taken from memory.
const PATIENCE: Duration = Duration::from_millis(500);
/// Links that are remembered.
const REMEMBERED: usize = 20_000;

/// A partner's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose it is.
    pub organization_id: String,
    /// Its id.
    pub id: String,
    /// Its program.
    pub program_id: String,
    /// Its partner.
    pub partner_id: String,
    /// Its domain; empty for the server's own.
    pub domain: String,
    /// Its key.
    pub key: String,
    /// Where it leads.
    pub url: String,
    /// Whether clicks on it count: its partner takes part.
    pub counts: bool,
}

/// Finds links, and remembers those that it has found.
#[derive(Default)]
pub struct Links(Mutex<HashMap<(String, String), Link>>);

impl Links {
    /// The link of a key on a domain ("" is the server's own `/r/` addresses), however its letters are written where that is unambiguous.
    ///
    /// # Errors
    /// What the database says, where the link is not remembered.
    pub async fn find(
        &self,
        store: &dyn Store,
        domain: &str,
        key: &str,
    ) -> Result<Option<Link>, StoreError> {
        let place = (domain.to_owned(), key.to_owned());
        let reading = read(store, domain, key);
        pin!(reading);
        let answer = match timeout(PATIENCE, &mut reading).await {
            Ok(answer) => answer,
            Err(_late) => match self.remembered(&place) {
                Some(link) => return Ok(Some(link)),
                None => reading.await,
            },
        };
        match answer {
            Ok(found) => {
                self.remember(place, found.as_ref());
                Ok(found)
            }
            Err(error) => self.remembered(&place).map(Some).ok_or(error),
        }
    }

    fn remembered(&self, place: &(String, String)) -> Option<Link> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(place).cloned()
    }

    fn remember(&self, place: (String, String), found: Option<&Link>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(link) = found else {
            known.remove(&place);
            return;
        };
        if known.get(&place) == Some(link) {
            return;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(place, link.clone());
    }
}

async fn read(store: &dyn Store, domain: &str, key: &str) -> Result<Option<Link>, StoreError> {
    if domain.contains('\0') || key.contains('\0') {
        return Ok(None);
    }
    let folded = key.to_ascii_lowercase();
    let rows = store.read(&sql::LINK, args![domain, folded]).await?;
    meant(&rows, key)?.map(link).transpose()
}

/// The link whose key it is; else the only one whose key differs in its letters' case alone. One that was deleted is nobody's.
fn meant<'r>(rows: &'r [Row], key: &str) -> Result<Option<&'r Row>, StoreError> {
    let mut live = Vec::new();
    for row in rows {
        let is_live = row.opt_int("deleted_at")?.is_none();
        if row.text("key")? == key {
            return Ok(is_live.then_some(row));
        }
        if is_live {
            live.push(row);
        }
    }
    Ok(match live.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

fn link(row: &Row) -> Result<Link, StoreError> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Link {
        organization_id: text("organization_id")?,
        id: text("id")?,
        program_id: text("program_id")?,
        partner_id: text("partner_id")?,
        domain: text("domain")?,
        key: text("key")?,
        url: text("url")?,
        counts: row.text("status")? == "active",
    })
}
