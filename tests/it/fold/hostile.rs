//! What nobody's id looks like, in every place in which an adapter looks for click ids, codes and customer ids,
//! costs no cent of any fixture.

use std::collections::BTreeSet;

use providers::Writer;
use tributary::fixtures::{Expect, Fixture, Sale};

use super::fixtures::{arrivals, context_of, ledger};
use crate::support::labels::{Written, hostile, labelled};
use crate::support::shipped::{self, promised};

/// What was sold, taken back and put aside, whoever bought it and whoever is paid for it.
fn money(ledger: Expect) -> (Vec<Sale>, u64) {
    let mut sales = ledger.sales;
    for sale in &mut sales {
        sale.partner = None;
        sale.commission_amount = 0;
        sale.kind.clear();
    }
    (sales, ledger.parked)
}

fn folded(fixture: &Fixture) -> (Vec<Sale>, u64) {
    money(ledger(&arrivals(fixture), &context_of(fixture)))
}

/// Whether some fact of a fixture says this.
fn is_said(fixture: &Fixture, text: &str) -> bool {
    let arrivals = arrivals(fixture);
    let mut facts = arrivals.iter().flat_map(|arrived| &arrived.facts);
    facts.any(|kept| serde_json::to_string(&kept.fact).unwrap().contains(text))
}

/// Whether no sale is lost. What processors write tells which receipt is which payment's, so without it there may be
/// one sale more, and never one less.
fn is_whole(found: &(Vec<Sale>, u64), promised: &(Vec<Sale>, u64), writer: Writer) -> bool {
    if writer != Writer::Processor {
        return found == promised;
    }
    let names = |sales: &[Sale]| -> BTreeSet<String> {
        sales
            .iter()
            .flat_map(|sale| sale.references.clone())
            .collect()
    };
    let sum = |sales: &[Sale]| sales.iter().map(|sale| sale.net_amount).sum::<i64>();
    names(&found.0).is_superset(&names(&promised.0)) && sum(&found.0) >= sum(&promised.0)
}

#[test]
fn what_nobodys_id_looks_like_costs_no_sale_in_any_place_of_any_processor() {
    let mut wrong = Vec::new();
    for adapter in providers::adapters() {
        let about = adapter.about();
        for place in about.places {
            let (told, fixtures) = (Written::plain("label_told_here"), shipped::of(about.id));
            let is_read = |fixture: &&Fixture| {
                is_said(&labelled(fixture, &[place.name], &told), "label_told_here")
            };
            if place.writer != Writer::Processor && !fixtures.iter().any(is_read) {
                wrong.push(format!("{}: {} is never read", about.id, place.name));
            }
            for (fixture, text) in fixtures
                .iter()
                .flat_map(|fixture| hostile().into_iter().map(move |text| (fixture, text)))
            {
                let found = folded(&labelled(fixture, &[place.name], &text));
                if !is_whole(&found, &money(promised([*fixture])), place.writer) {
                    let name = shipped::name(fixture);
                    let (text, place) = (text.name, place.name);
                    wrong.push(format!("{name}, {text} in {place}: {found:#?}"));
                }
            }
        }
    }
    let first: Vec<&String> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} wrong: {first:#?}", wrong.len());
}
