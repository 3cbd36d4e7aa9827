//! From the entries: what they add up to, against the sales' own columns and the payouts.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::inbox::Done;
use super::sql;
use crate::args;
use crate::ledger::writer::booking::{Account, CLAWBACK, COMMISSION, HOLD, read_sums};
use crate::ledger::writer::record::Record;
use crate::store::{Store, StoreError};

/// Sales in one read.
const PAGE: i64 = 500;

/// Checks all sales and payouts; answers the number of sales. A sale that no neighbourhood has brought up is lost to
/// its payments, unless it has come to be since the audit began.
pub(super) async fn check(
    store: &dyn Store,
    org: &str,
    from_inbox: &Done,
    findings: &mut Findings,
) -> Result<usize, StoreError> {
    let mut count = 0;
    let mut after = String::new();
    loop {
        // One view, so that a batch between the two reads is no difference.
        let mut transaction = store.snapshot().await?;
        let args = args![org, after.as_str(), PAGE];
        let rows = transaction.run(&sql::SALES, args).await?;
        let mut computed: BTreeMap<Account, i64> = BTreeMap::new();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for row in &rows {
            let record = Record::read(row)?;
            let revision = from_inbox.revisions.get(&record.neighbourhood_id);
            let is_as_it_was = revision.copied() == row.opt_int("revision")?;
            if record.is_live() && is_as_it_was && !from_inbox.seen.contains(&record.id) {
                let stored = Some("live".to_owned());
                findings.add(("sale", &record.id), "state", stored, None);
            }
            // What has become a part of another sale is compared, and is none.
            count += usize::from(record.is_live());
            columns(&record, &mut computed);
            ids.insert(record.id);
        }
        let Some(last) = ids.last().cloned() else {
            break;
        };
        let stored = read_sums(transaction.as_mut(), org, &ids).await?;
        drop(transaction);
        findings.accounts(&stored, &computed);
        after = last;
    }
    loose_ends(store, org, findings).await?;
    payouts(store, org, findings).await?;
    adjustments(store, org, findings).await?;
    Ok(count)
}

/// A bonus or a correction is one entry of its amount.
async fn adjustments(
    store: &dyn Store,
    org: &str,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for row in store.read(&sql::ADJUSTMENTS, args![org]).await? {
        let id = row.text("id")?;
        let (amount, booked, entries) =
            (row.int("amount")?, row.int("booked")?, row.int("entries")?);
        if booked != amount || entries != 1 {
            let stored = Some(format!("{booked} in {entries} entries"));
            let computed = Some(format!("{amount} in 1 entry"));
            findings.add(("adjustment", id), "amount", stored, computed);
        }
    }
    Ok(())
}

/// What a sale's columns say its entries must add up to.
fn columns(record: &Record, computed: &mut BTreeMap<Account, i64>) {
    let Some((partner, program)) = record.credited() else {
        return;
    };
    let ([full, left, free], currency) = record.commission();
    for (kind, amount) in [
        (COMMISSION, full),
        (CLAWBACK, left - full),
        (HOLD, free - left),
    ] {
        let account = (
            record.id.clone(),
            partner.to_owned(),
            program.to_owned(),
            kind,
            currency.to_owned(),
        );
        computed.insert(account, amount);
    }
}

async fn loose_ends(
    store: &dyn Store,
    org: &str,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for row in store.read(&sql::ORPHANS, args![org]).await? {
        let id = row.text("subject_id")?;
        let stored = Some("entries of no known sale or lead".to_owned());
        findings.add(("entries", id), "subject_id", stored, None);
    }
    for row in store.read(&sql::NAMELESS, args![org]).await? {
        let stored = Some("a live sale without any reference".to_owned());
        findings.add(("sale", row.text("id")?), "references", stored, None);
    }
    Ok(())
}

async fn payouts(store: &dyn Store, org: &str, findings: &mut Findings) -> Result<(), StoreError> {
    for row in store.read(&sql::TEST_ENTRIES_PAID, args![org]).await? {
        let stored = Some(format!("pays test entry {}", row.text("entry_id")?));
        let payout = row.text("payout_id")?;
        findings.add(("payout", payout), "entries", stored, None);
    }
    for row in store.read(&sql::PAYOUTS, args![org]).await? {
        let id = row.text("id")?;
        let (says, entries) = (row.int("amount")?, row.int("entries")?);
        if says != entries {
            let (says, entries) = (Some(says.to_string()), Some(entries.to_string()));
            findings.add(("payout", id), "amount", says, entries);
        }
        let strange = row.int("strange")?;
        if strange != 0 {
            let stored = Some(format!("{strange} of another partner or currency"));
            findings.add(("payout", id), "entries", stored, None);
        }
        let misplaced = row.int("misplaced")?;
        if misplaced != 0 {
            let stored = Some(format!("{misplaced} paid and reversed at once"));
            findings.add(("payout", id), "entries", stored, None);
        }
    }
    booked_payouts(store, org, findings).await
}

/// A payout is one entry that takes what it says, and once reversed another that gives it back.
async fn booked_payouts(
    store: &dyn Store,
    org: &str,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    for row in store.read(&sql::BOOKED_PAYOUTS, args![org]).await? {
        let (id, amount) = (row.text("id")?, row.int("amount")?);
        let is_reversed = row.opt_int("reversed_at")?.is_some();
        let back = if is_reversed { amount } else { 0 };
        for (field, booked, expected) in [
            ("paid", row.int("paid")?, amount.saturating_neg()),
            ("reversed", row.int("taken_back")?, back),
        ] {
            if booked != expected {
                let (stored, computed) = (booked.to_string(), expected.to_string());
                findings.add(("payout", id), field, Some(stored), Some(computed));
            }
        }
    }
    Ok(())
}
