//! The audit: computes everything once more and names every difference, to the last cent.
//!
//! Thrice over: from the inbox (what the deliveries say, folded by today's rules, against sales, facts and
//! entries), from the entries (what they add up to, against sales and payouts), and from
//! all rows (what the kept figures must be). It reads and never
//! writes; what it finds is for a person to judge, and for `events reprocess` to repair.

mod compare;
pub mod daily;
mod entries;
mod figures;
mod findings;
mod inbox;
mod pace;

use std::collections::BTreeMap;

use providers::Micros;
use serde::Serialize;

use crate::args;
use crate::books::statements::audit as sql;
use crate::store::{Statement, Store, StoreError};

pub use findings::Difference;
use findings::Findings;
use pace::Pace;

/// Every statement of the audit: a test holds that they only read.
pub fn statements() -> &'static [&'static Statement] {
    sql::STATEMENTS
}

/// What the audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditReport {
    /// Whose ledger.
    pub organization_id: String,
    /// When, RFC 3339.
    pub at: String,
    /// Whether nothing differs.
    pub clean: bool,
    /// Events by state. Those that are `received` or `failed` are not part of the ledger yet.
    pub events: BTreeMap<String, i64>,
    /// Events that were read once more from their stored bodies.
    pub events_read: usize,
    /// Events whose body is gone: the facts they left were taken as they are stored.
    pub from_stored_facts: usize,
    /// Neighbourhoods (everything connected by names) that were folded once more.
    pub neighbourhoods: usize,
    /// Neighbourhoods left out because something happened to them during the audit.
    pub left_out: usize,
    /// Neighbourhoods left out because the ledger has still to fold them.
    pub due: usize,
    /// Sales compared.
    pub sales: usize,
    /// The merchant's customer ids that too many customers share, so that they are not taken for ids. No
    /// difference: for the owner to know.
    pub shared_ids: Vec<SharedId>,
    /// Deliveries that said something else than the first of their event, and do not count. No difference either.
    pub conflicting_deliveries: i64,
    /// The sum of all entries, by partner, currency and ledger.
    pub balances: Vec<Balance>,
    /// How many differences there are.
    pub difference_count: usize,
    /// The differences; the first 1,000.
    pub differences: Vec<Difference>,
}

/// A customer id that joins nobody, since more customers have it than one person can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedId {
    /// The id, as `customerExternalId`.
    pub id: String,
    /// The processor whose customers share it.
    pub processor: String,
    /// How many of them do.
    pub customers: usize,
    /// Live or test ledger.
    pub livemode: bool,
    /// The same in a sentence.
    pub says: String,
}

/// The sum of a partner's entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Balance {
    /// The partner.
    pub partner_id: String,
    /// The currency.
    pub currency: String,
    /// Live or test ledger.
    pub livemode: bool,
    /// In the smallest unit of the currency.
    pub amount: i64,
}

/// Audits one organization's ledger. Takes about twice as long as processing all its events has taken;
/// memory grows with the number of names, not with bodies or facts.
///
/// Meant to run beside a working server: what changes meanwhile is left out and counted. It takes no lock, and each of
/// its views of the database is a short one.
///
/// # Errors
/// What the database said; a stored body or fact that cannot be read is [`StoreError::Corrupt`].
pub async fn audit(
    store: &dyn Store,
    now: Micros,
    organization_id: &str,
) -> Result<AuditReport, StoreError> {
    audit_at(Pace::Full, store, now, organization_id).await
}

async fn audit_at(
    pace: Pace,
    store: &dyn Store,
    now: Micros,
    organization_id: &str,
) -> Result<AuditReport, StoreError> {
    let mut findings = Findings::default();
    let from_inbox = inbox::check(pace, store, now, organization_id, &mut findings).await?;
    let sales = entries::check(store, organization_id, &from_inbox, &mut findings).await?;
    figures::check(store, organization_id, now, &mut findings).await?;
    let mut events = BTreeMap::new();
    for row in store
        .read(&sql::EVENT_STATES, args![organization_id])
        .await?
    {
        events.insert(row.text("state")?.to_owned(), row.int("n")?);
    }
    Ok(AuditReport {
        organization_id: organization_id.to_owned(),
        at: now.to_string(),
        clean: findings.count == 0,
        events,
        events_read: from_inbox.events_read,
        from_stored_facts: from_inbox.bodiless.len(),
        neighbourhoods: from_inbox.neighbourhoods,
        left_out: from_inbox.left_out,
        due: from_inbox.due,
        sales,
        shared_ids: from_inbox.shared_ids,
        conflicting_deliveries: conflicting_deliveries(store, organization_id).await?,
        balances: balances(store, organization_id).await?,
        difference_count: findings.count,
        differences: findings.list,
    })
}

async fn conflicting_deliveries(store: &dyn Store, org: &str) -> Result<i64, StoreError> {
    let rows = store.read(&sql::CONFLICTS, args![org]).await?;
    rows.first().map_or(Ok(0), |row| row.int("n"))
}

async fn balances(store: &dyn Store, org: &str) -> Result<Vec<Balance>, StoreError> {
    let rows = store.read(&sql::BALANCES, args![org]).await?;
    rows.iter()
        .map(|row| {
            Ok(Balance {
                partner_id: row.text("partner_id")?.to_owned(),
                currency: row.text("currency")?.to_owned(),
                livemode: row.flag("livemode")?,
                amount: row.int("amount")?,
            })
        })
        .collect()
}
