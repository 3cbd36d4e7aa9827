//! What events ask for beside the ledger: codes that stand for a processor's ids, requests of privacy law
//! and the end of sources. It keeps requests and never carries out those that need a look at the ledger: each becomes a job.

use std::collections::BTreeMap;

use providers::fact::{ClaimKind, Code, Fact, NoticeKind};
use providers::{Micros, Name};

use super::Event;
use crate::args;
use crate::jobs::{self, NewJob};
use crate::ledger::writer::{claim_text, sql};
use crate::store::{Rows, StoreError, Transaction, without_nul};

/// Keeps which codes the processors' ids of discounts stand for, and makes the neighbourhoods due that
/// have waited for one.
pub async fn heed_codes(
    transaction: &mut dyn Transaction,
    org: &str,
    events: &[Event],
) -> Result<(), StoreError> {
    let mut newest: BTreeMap<String, &Code> = BTreeMap::new();
    for event in events {
        for fact in &event.reading.facts {
            let Fact::Code(code) = fact else { continue };
            let slot = newest.entry(code_key(&code.id)).or_insert(code);
            if (slot.version, &slot.code) < (code.version, &code.code) {
                *slot = code;
            }
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let (mut rows, mut claims) = (Rows::new(4), Rows::new(1));
    for (id, code) in newest {
        claims.push([claim_text(ClaimKind::Code, &id).into()]);
        rows.push([
            id.into(),
            code_key(&code.code).into(),
            code.version.at.0.into(),
            code.version.step.into(),
        ]);
    }
    let args = args![org; rows];
    transaction.run(&sql::UPSERT_CODE_NAMES, args).await?;
    let args = args![org; claims];
    transaction.run(&sql::CLAIMED_AGAIN, args).await?;
    Ok(())
}

/// A code or its id in the form in which it is looked up.
fn code_key(text: &str) -> String {
    without_nul(text).trim().to_lowercase()
}

/// Carries out what notices ask for that needs no look at the ledger: keeps the requests of privacy law,
/// which are carried out after the batch, and closes sources that their processor has disconnected.
pub async fn heed_notices(
    transaction: &mut dyn Transaction,
    org: &str,
    now: Micros,
    events: &[Event],
) -> Result<(), StoreError> {
    let (mut requests, mut closed) = (Rows::new(6), Rows::new(1));
    let mut jobs = Vec::new();
    for event in events.iter().filter(|event| !event.heeded) {
        for notice in event.notices() {
            let kind = match notice.kind {
                NoticeKind::CloseSource => {
                    closed.push([event.source_id.as_str().into()]);
                    continue;
                }
                NoticeKind::ExportCustomer => "export_customer",
                NoticeKind::EraseCustomer => "erase_customer",
                NoticeKind::EraseSource => "erase_source",
            };
            jobs.push(NewJob {
                id: event.id.clone(),
                kind: jobs::PRIVACY_REQUEST,
                payload: "{}".to_owned(),
                run_at: now,
            });
            requests.push([
                event.id.as_str().into(),
                kind.into(),
                event.source_id.as_str().into(),
                event.id.as_str().into(),
                stored_names(&notice.customers).into(),
                stored_names(&notice.payments).into(),
            ]);
        }
    }
    if !requests.is_empty() {
        let args = args![org, now.0; requests];
        transaction.run(&sql::INSERT_PRIVACY_REQUESTS, args).await?;
        jobs::add(transaction, org, now, &jobs).await?;
    }
    if !closed.is_empty() {
        let args = args![org, now.0; closed];
        transaction.run(&sql::CLOSE_SOURCES, args).await?;
    }
    Ok(())
}

fn stored_names(names: &[Name]) -> String {
    serde_json::to_string(names).unwrap_or_default()
}
