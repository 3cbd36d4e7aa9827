//! Compares the ledger with what the fixtures promise. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ledger::{Counted, Ledger, order};
use crate::fixtures::{Balance, Fixture, Sale};

/// What a comparison has found.
pub(super) struct Compared<'a> {
    /// Every sale with its fixture, in the order of the fixtures; unexpected ones last.
    pub(super) sales: Vec<(Option<&'a Fixture>, &'a Counted)>,
    /// Each difference in one line.
    pub(super) differences: Vec<String>,
}

/// Finds each promised sale by any of its names and compares all its members; then balances and parked
/// events, added up.
pub(super) fn with_promises<'a>(ledger: &'a Ledger, fixtures: &'a [Fixture]) -> Compared<'a> {
    let mut found = Compared {
        sales: Vec::new(),
        differences: Vec::new(),
    };
    let mut left: BTreeMap<usize, &Counted> = ledger.sales.iter().enumerate().collect();
    for fixture in fixtures {
        for promised in &fixture.expect.sales {
            let place = format!(
                "{}/{}: {}",
                fixture.processor, fixture.name, promised.invoice_id
            );
            let same = left
                .iter()
                .find(|(_, counted)| is_same(&counted.sale, promised))
                .map(|(index, _)| *index);
            let Some(counted) = same.and_then(|index| left.remove(&index)) else {
                found.differences.push(format!("{place}: is no sale"));
                continue;
            };
            found.sales.push((Some(fixture), counted));
            compare(&place, &counted.sale, promised, &mut found.differences);
        }
    }
    for counted in left.into_values() {
        found.sales.push((None, counted));
        let names = counted.sale.references.join(", ");
        found
            .differences
            .push(format!("{names}: should be no sale"));
    }
    balances(&ledger.balances, fixtures, &mut found.differences);
    let parked: u64 = fixtures.iter().map(|fixture| fixture.expect.parked).sum();
    counts(
        "parked",
        ledger.counts.parked,
        parked,
        &mut found.differences,
    );
    counts(
        "not processed",
        ledger.counts.waiting,
        0,
        &mut found.differences,
    );
    found
}

fn is_same(sale: &Sale, promised: &Sale) -> bool {
    sale.livemode == promised.livemode
        && promised
            .references
            .iter()
            .any(|name| sale.references.contains(name))
}

/// Names every member that is not what was promised.
fn compare(place: &str, sale: &Sale, promised: &Sale, differences: &mut Vec<String>) {
    let (Ok(Value::Object(is)), Ok(Value::Object(should))) =
        (serde_json::to_value(sale), serde_json::to_value(promised))
    else {
        return;
    };
    for (member, should) in should {
        let is = is.get(&member);
        if is != Some(&should) {
            let is = is.map(ToString::to_string).unwrap_or_default();
            differences.push(format!("{place}: {member} is {is}, promised was {should}"));
        }
    }
}

fn balances(stored: &[Balance], fixtures: &[Fixture], differences: &mut Vec<String>) {
    let mut sums: BTreeMap<(bool, &str, &str), (i64, i64)> = BTreeMap::new();
    for balance in stored {
        sums.entry(order(balance)).or_default().0 += balance.amount;
    }
    for balance in fixtures.iter().flat_map(|fixture| &fixture.expect.balances) {
        sums.entry(order(balance)).or_default().1 += balance.amount;
    }
    for ((is_test, partner, currency), (is, should)) in sums {
        if is != should {
            let mode = if is_test { "test" } else { "live" };
            differences.push(format!(
                "balance of {partner} in {currency} ({mode}) is {is}, promised was {should}"
            ));
        }
    }
}

fn counts(what: &str, is: i64, should: u64, differences: &mut Vec<String>) {
    if u64::try_from(is) != Ok(should) {
        differences.push(format!("{is} events are {what}, promised was {should}"));
    }
}
