//! Keeps erased personal data out: what arrives is stripped before it is joined, and its body dropped.

use std::collections::{BTreeMap, BTreeSet};

use providers::Fact;

use super::events::Event;
use super::neighbours::Incoming;
use super::{refold, sql};
use crate::args;
use crate::ledger::erased::Erased;
use crate::ledger::mailbox::{digest, mailbox};
use crate::store::{Rows, StoreError, Transaction};

/// Strips what came of people whose data were erased, and drops the bodies that speak of them.
pub async fn strip(
    transaction: &mut dyn Transaction,
    org: &str,
    incoming: &mut [Incoming],
    events: &[Event],
) -> Result<(), StoreError> {
    if incoming.is_empty() {
        return Ok(());
    }
    let sources: BTreeMap<&str, &str> = events
        .iter()
        .map(|event| (event.id.as_str(), event.source_id.as_str()))
        .collect();
    let facts = incoming.iter().map(|new| (new.livemode, &new.kept.fact));
    let sources_read = sources.values().copied();
    let erased = load(transaction, org, facts, sources_read).await?;
    if erased.is_empty() {
        return Ok(());
    }
    let mut by_event: BTreeMap<String, Vec<&mut Incoming>> = BTreeMap::new();
    for new in incoming {
        let event_id = new.kept.event_id.clone();
        by_event.entry(event_id).or_default().push(new);
    }
    let mut spoken: BTreeSet<String> = BTreeSet::new();
    for (event_id, news) in by_event {
        let source_id = sources.get(event_id.as_str()).copied().unwrap_or_default();
        let livemode = news.first().is_some_and(|new| new.livemode);
        let facts = news.iter().map(|new| &new.kept.fact);
        let mut speaks = erased.speaks(livemode, source_id, facts);
        for new in news {
            speaks |= erased.strip(livemode, source_id, &mut new.kept.fact);
        }
        if speaks {
            spoken.insert(event_id);
        }
    }
    drop_bodies(transaction, org, &spoken).await
}

/// What has been erased of the names in facts, and of sources.
pub(crate) async fn load<'f>(
    transaction: &mut dyn Transaction,
    org: &str,
    facts: impl Iterator<Item = (bool, &'f Fact)>,
    sources: impl Iterator<Item = &str>,
) -> Result<Erased, StoreError> {
    let mut erased = Erased::of(org);
    let mut keys: BTreeSet<(bool, String)> = sources
        .map(|source_id| (false, Erased::source_key(source_id)))
        .collect();
    let mut emails: BTreeSet<String> = BTreeSet::new();
    let mut mailboxes: BTreeSet<String> = BTreeSet::new();
    for (livemode, fact) in facts {
        let names = fact.names().into_iter();
        keys.extend(names.map(|name| (livemode, Erased::key(org, name))));
        if let Fact::Identity(identity) = fact {
            let email = identity.email.as_deref();
            emails.extend(email.map(|email| email.trim().to_lowercase()));
            emails.extend(email.map(mailbox));
            mailboxes.extend(email.map(|email| digest(org, email)));
        }
    }
    let mut rows = Rows::new(2);
    for (livemode, key) in keys {
        rows.push([livemode.into(), key.into()]);
    }
    if rows.is_empty() {
        return Ok(erased);
    }
    for row in transaction
        .run(&sql::ERASED_NAMES, args![org; rows])
        .await?
    {
        let until = providers::Micros(row.int("erased_at")?);
        erased.note(row.flag("livemode")?, row.text("name")?, until);
    }
    if erased.is_empty() || emails.is_empty() {
        return Ok(erased);
    }
    let args = args![org; refold::texts(&emails)];
    for row in transaction.run(&sql::PARTNERS_BY_EMAIL, args).await? {
        erased.note_partner(row.text("email")?, row.text("id")?);
    }
    let args = args![org; refold::texts(&mailboxes)];
    for row in transaction.run(&sql::PARTNERS_PAID_AT, args).await? {
        erased.note_mailbox(row.text("mailbox")?.to_owned(), row.text("partner_id")?);
    }
    Ok(erased)
}

/// Deletes bodies. Their events stay, and the facts that they told.
pub(crate) async fn drop_bodies(
    transaction: &mut dyn Transaction,
    org: &str,
    event_ids: &BTreeSet<String>,
) -> Result<(), StoreError> {
    if event_ids.is_empty() {
        return Ok(());
    }
    let args = args![org; refold::texts(event_ids)];
    transaction.run(&sql::DELETE_BODIES, args).await?;
    Ok(())
}
