//! The kept figures against what they count, summed up once more in the same view of the database.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::findings::Findings;
use crate::ledger::figures::{Account, DAY, Place, Sums};
use crate::ledger::writer::figures::recomputed::{recomputed, stored};
use crate::store::{Store, StoreError};

/// Compares all figures of an organization.
pub(super) async fn check(
    store: &dyn Store,
    org: &str,
    now: Micros,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let mut view = store.snapshot().await?;
    let computed = recomputed(view.as_mut(), org, now).await?;
    let stored = stored(view.as_mut(), org, now).await?;
    drop(view);
    days(findings, "", &stored.days, &computed.days);
    let (all, computed_all) = (&stored.all_partners, &computed.all_partners);
    days(findings, " of all partners", all, computed_all);
    days(findings, " of 32 days", &stored.spans, &computed.spans);
    for account in keys(&stored.balances, &computed.balances) {
        let is = stored.balances.get(account).copied().unwrap_or_default();
        let should_be = computed.balances.get(account).copied().unwrap_or_default();
        let missing =
            stored.balances.contains_key(account) != computed.balances.contains_key(account);
        if missing {
            let there = |there: bool| there.then(|| "a row".to_owned());
            let is = there(stored.balances.contains_key(account));
            let should_be = there(computed.balances.contains_key(account));
            let what = ("balance", account.partner_id.as_str());
            findings.add(what, &named(account, "row"), is, should_be);
        }
        for (field, is, should_be) in [
            ("earned", is.earned, should_be.earned),
            ("held", is.held, should_be.held),
            ("paid", is.paid, should_be.paid),
        ] {
            let what = ("balance", account.partner_id.as_str());
            amount(findings, what, &named(account, field), [is, should_be]);
        }
    }
    for key in keys(&stored.maturing, &computed.maturing) {
        let (account, day) = key;
        let what = ("balance", account.partner_id.as_str());
        let field = named(account, &format!("available on {}", date(*day)));
        let of = |all: &BTreeMap<(Account, i64), i64>| all.get(key).copied().unwrap_or(0);
        amount(
            findings,
            what,
            &field,
            [of(&stored.maturing), of(&computed.maturing)],
        );
    }
    for key in keys(&stored.clicks, &computed.clicks) {
        let (by_partner, day, [partner, program, link]) = key;
        let field = if *by_partner {
            format!("clicks of {partner} in {program} on {link}")
        } else {
            "clicks of all partners".to_owned()
        };
        let of = |all: &BTreeMap<_, i64>| all.get(key).copied().unwrap_or(0);
        let what = date(*day);
        amount(
            findings,
            ("figure", &what),
            &field,
            [of(&stored.clicks), of(&computed.clicks)],
        );
    }
    Ok(())
}

fn days(
    findings: &mut Findings,
    of: &str,
    stored: &BTreeMap<Place, Sums>,
    computed: &BTreeMap<Place, Sums>,
) {
    for place in keys(stored, computed) {
        let is = stored.get(place).copied().unwrap_or_default().all();
        let should_be = computed.get(place).copied().unwrap_or_default().all();
        for ((column, is), should_be) in Sums::COLUMNS.into_iter().zip(is).zip(should_be) {
            let field = format!("{column}{of}{}", told(place));
            let id = date(place.day);
            amount(findings, ("figure", &id), &field, [is, should_be]);
        }
    }
}

/// What figures are of, in words: only what is there.
fn told(place: &Place) -> String {
    let mode = if place.livemode { "live" } else { "test" };
    let parts = [
        (" of ", &place.partner_id),
        (" in ", &place.program_id),
        (" on ", &place.link_id),
        (" by ", &place.processor),
        (" in ", &place.currency),
    ];
    let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let said: Vec<String> = parts
        .map(|(word, value)| format!("{word}{value}"))
        .collect();
    format!("{}, {mode}", said.concat())
}

fn named(account: &Account, field: &str) -> String {
    let Account {
        currency,
        livemode,
        program_id,
        ..
    } = account;
    let mode = if *livemode { "live" } else { "test" };
    format!("{field} in {currency} in {program_id}, {mode}")
}

fn date(day: i64) -> String {
    let at = Micros(day.saturating_mul(DAY)).to_string();
    at.get(..10).unwrap_or(&at).to_owned()
}

fn amount(
    findings: &mut Findings,
    what: (&'static str, &str),
    field: &str,
    [is, should_be]: [i64; 2],
) {
    if is != should_be {
        let (is, should_be) = (Some(is.to_string()), Some(should_be.to_string()));
        findings.add(what, field, is, should_be);
    }
}

fn keys<'m, K: Ord, V>(one: &'m BTreeMap<K, V>, other: &'m BTreeMap<K, V>) -> BTreeSet<&'m K> {
    one.keys().chain(other.keys()).collect()
}
