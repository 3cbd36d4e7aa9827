//! One neighbourhood compared: what its deliveries add up to against what is stored of it.
//!
//! Differences are told, never put right, and never with what may be personal.

use std::collections::{BTreeMap, BTreeSet};

use providers::Micros;

use super::findings::Findings;
use crate::ledger::facts::{FactSet, stored_text};
use crate::ledger::figures::{self, Taking};
use crate::ledger::sale::Sale;
use crate::ledger::writer::booking::{self, Account};
use crate::ledger::writer::connect::Together;
use crate::ledger::writer::figures::AllTakings;
use crate::ledger::writer::publish::Folded;
use crate::ledger::writer::record::Record;
use crate::ledger::writer::refold::Refolded;

/// What is connected must be in one neighbourhood.
pub(super) fn home(findings: &mut Findings, part: &Together) {
    if let [first, rest @ ..] = part.neighbourhoods.as_slice() {
        for other in rest {
            let (stored, computed) = (Some(other.clone()), Some(first.clone()));
            let what = ("neighbourhood", other.as_str());
            findings.add(what, "is one with", stored, computed);
        }
    }
}

/// Facts must say what the deliveries say.
pub(super) fn facts(findings: &mut Findings, computed: Option<&FactSet>, stored: &FactSet) {
    // The content is not shown: it may be personal.
    let shown = |there: bool| there.then(|| "(not shown)".to_owned());
    for (key, kept) in computed.into_iter().flat_map(FactSet::iter) {
        let is = stored.get(key).map(|stored| &stored.fact);
        if is.is_none_or(|fact| stored_text(fact) != stored_text(&kept.fact)) {
            let what = ("fact", key);
            findings.add(what, "content", shown(is.is_some()), shown(true));
        }
    }
    for (key, _) in stored.iter() {
        if computed.is_none_or(|facts| facts.get(key).is_none()) {
            findings.add(("fact", key), "content", shown(true), None);
        }
    }
}

/// Sales must be rows, with the columns and names they are folded to; and no other row may be live.
pub(super) fn sales(findings: &mut Findings, folded: &Folded, refolded: &Refolded) {
    let before = &refolded.before;
    let matched = before.matched(folded);
    for (sale, id) in folded.outcome.sales.iter().zip(&matched) {
        let record = id.as_ref().and_then(|id| before.sales.get(id));
        let Some(record) = record else {
            let computed = Some(format!("{} {}", sale.amounts.net, sale.currency));
            findings.add(("sale", sale.object.value()), "row", None, computed);
            continue;
        };
        let computed = computed_record(sale, folded, record, refolded);
        for (field, is, should_be) in record.differences(&computed) {
            let (is, should_be) = (Some(is), Some(should_be));
            findings.add(("sale", &record.id), field, is, should_be);
        }
        for name in &sale.references {
            let of = before.reference(&folded.id, name);
            if of != Some(&record.id) {
                let what = ("reference", name.value());
                let should_be = Some(record.id.clone());
                findings.add(what, "sale_id", of.cloned(), should_be);
            }
        }
    }
    let own = before.sales.values();
    for record in own.filter(|record| record.neighbourhood_id == folded.id) {
        if record.is_live() && !matched.iter().flatten().any(|id| *id == record.id) {
            let is = Some("live".to_owned());
            findings.add(("sale", &record.id), "state", is, None);
        }
    }
}

/// What entries must add up to, for the neighbourhood's sales and leads.
pub(super) fn entries(findings: &mut Findings, folded: &Folded, refolded: &Refolded) {
    let before = &refolded.before;
    let mut computed: BTreeMap<Account, i64> = BTreeMap::new();
    let mut subjects: BTreeSet<&String> = before
        .sales
        .values()
        .filter(|record| record.neighbourhood_id == folded.id)
        .map(|record| &record.id)
        .collect();
    let matched = before.matched(folded);
    for (sale, id) in folded.outcome.sales.iter().zip(&matched) {
        if let Some(id) = id {
            booking::book(&mut computed, id, sale.earning.as_ref());
        }
    }
    for lead in &folded.outcome.leads {
        if let Some(id) = before.lead(&folded.id, &lead.id) {
            booking::book(&mut computed, id, lead.earning.as_ref());
            subjects.insert(id);
        } else {
            let should_be = Some(lead.event_name.clone());
            findings.add(("lead", &lead.id), "row", None, should_be);
        }
    }
    let stored: BTreeMap<Account, i64> = before
        .sums
        .iter()
        .filter(|((subject, ..), _)| subjects.contains(subject))
        .map(|(account, amount)| (account.clone(), *amount))
        .collect();
    findings.accounts(&stored, &computed);
}

/// What was taken of each sale must stand on its days; of a row that is no sale, nothing.
pub(super) fn takings(
    findings: &mut Findings,
    folded: &Folded,
    refolded: &Refolded,
    stored: &AllTakings,
) {
    let before = &refolded.before;
    let mut computed: BTreeMap<&String, Vec<Taking>> = BTreeMap::new();
    let matched = before.matched(folded);
    for (sale, id) in folded.outcome.sales.iter().zip(&matched) {
        computed.extend(id.as_ref().map(|id| (id, figures::takings(sale))));
    }
    let own = before.sales.values();
    for record in own.filter(|record| record.neighbourhood_id == folded.id) {
        let is = stored.get(&record.id).map_or(&[][..], Vec::as_slice);
        let should_be = computed.get(&record.id).map_or(&[][..], Vec::as_slice);
        if is != should_be {
            let (is, should_be) = (Some(days_of(is)), Some(days_of(should_be)));
            findings.add(("sale", &record.id), "takings", is, should_be);
        }
    }
}

fn days_of(takings: &[Taking]) -> String {
    let told = takings.iter().map(|taking| {
        let at = Micros(taking.day.saturating_mul(figures::DAY)).to_string();
        let Taking {
            refunded,
            disputed,
            commission,
            ..
        } = taking;
        format!(
            "{}: refunded {refunded}, disputed {disputed}, commission {commission}",
            at.get(..10).unwrap_or(&at)
        )
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The row that a sale must have. Its customer's id is made once and cannot be computed: it is taken over.
fn computed_record(sale: &Sale, folded: &Folded, stored: &Record, refolded: &Refolded) -> Record {
    let directory = &refolded.lookups.context(folded.livemode).directory;
    let earning = sale.earning.as_ref();
    let available_at = booking::available_at(directory, earning, sale.occurred_at, sale.held_from);
    let customer_id = sale.customer.as_ref().and_then(|_| stored.customer_id());
    let own = (stored.id.as_str(), folded.id.as_str());
    let customer_id = customer_id.map(str::to_owned);
    Record::of(sale, own, folded.livemode, customer_id, available_at)
}
