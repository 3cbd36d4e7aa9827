//! Holds every fixture to what the facts alone can show: the payments that the names unite, and their
//! amounts. Refunds, attribution and commission are the fold's business and are tested where it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::fact::{Payment, PaymentState, Strength};
use crate::stripe::Stripe;
use crate::{Adapter, Fact, Settings, Verified};

#[derive(Deserialize)]
struct Fixture {
    source: Source,
    deliveries: Vec<Delivered>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Source {
    settings: Settings,
}

#[derive(Deserialize)]
struct Delivered {
    body: String,
}

#[derive(Deserialize)]
struct Expect {
    sales: Vec<Sale>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sale {
    invoice_id: String,
    references: Vec<String>,
    amount: i64,
    currency: String,
    gross: Gross,
}

#[derive(Deserialize, PartialEq, Eq, Debug)]
struct Gross {
    subtotal: i64,
    discount: i64,
    tax: i64,
    shipping: i64,
    total: i64,
}

/// Names that are one payment; each name leads to the smallest of its group in the end.
#[derive(Default)]
struct Groups(BTreeMap<String, String>);

impl Groups {
    fn root(&self, name: &str) -> String {
        let mut at = name;
        while let Some(next) = self.0.get(at) {
            at = next;
        }
        at.to_owned()
    }

    fn unite(&mut self, a: &str, b: &str) {
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.0.insert(a.clone().max(b.clone()), a.min(b));
        }
    }
}

fn fixtures() -> Vec<(String, Fixture)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/stripe");
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// The newest of each fact.
fn settled(fixture: &Fixture) -> Vec<Fact> {
    let mut newest: BTreeMap<String, Fact> = BTreeMap::new();
    for delivered in &fixture.deliveries {
        let verified = Verified::from_inbox(delivered.body.clone().into_bytes(), Vec::new());
        for fact in Stripe.normalize(&verified, &fixture.source.settings).facts {
            let known = newest.get(&fact.key()).map(Fact::version);
            if known.is_none_or(|version| version <= fact.version()) {
                newest.insert(fact.key(), fact);
            }
        }
    }
    newest.into_values().collect()
}

fn allocations(facts: &[Fact], payment: &str) -> usize {
    let to = |fact: &&Fact| matches!(fact, Fact::Allocation(a) if a.payment.value() == payment);
    facts.iter().filter(to).count()
}

fn groups(facts: &[Fact]) -> Groups {
    let mut groups = Groups::default();
    let known: Vec<&str> = super::payments(facts)
        .iter()
        .map(|p| p.object.value())
        .collect();
    for fact in facts {
        match fact {
            Fact::Alias(alias) if alias.strength == Strength::Proven => {
                groups.unite(alias.a.value(), alias.b.value());
            }
            Fact::Alias(alias) => {
                let beginning = alias.b.value().strip_suffix('…');
                let meant = known.iter().find(|name| match beginning {
                    Some(beginning) => name.starts_with(beginning),
                    None => **name == alias.b.value(),
                });
                if let Some(meant) = meant {
                    groups.unite(alias.a.value(), meant);
                }
            }
            Fact::Allocation(a) if allocations(facts, a.payment.value()) == 1 => {
                groups.unite(a.invoice.value(), a.payment.value());
            }
            _ => {}
        }
    }
    unite_receipts(facts, &mut groups);
    groups
}

fn unite_receipts(facts: &[Fact], groups: &mut Groups) {
    let all = super::payments(facts);
    for receipt in all.iter().filter(|p| p.twin_window_seconds == Some(86_400)) {
        for other in &all {
            if other.rank != receipt.rank && other.amounts.gross == receipt.amounts.gross {
                groups.unite(receipt.object.value(), other.object.value());
            }
        }
    }
}

/// Paid payments that are sales: best evidence first, a payment split over invoices left out.
fn sales<'a>(facts: &'a [Fact], groups: &Groups) -> BTreeMap<String, &'a Payment> {
    let mut paid: Vec<&Payment> = super::payments(facts);
    paid.retain(|p| p.state == PaymentState::Paid);
    paid.sort_by(|a, b| (a.rank, &a.object).cmp(&(b.rank, &b.object)));
    let mut sales = BTreeMap::new();
    for payment in paid {
        let name = payment.object.value();
        if allocations(facts, name) <= 1 {
            sales.entry(groups.root(name)).or_insert(payment);
        }
    }
    sales.retain(|_, payment| payment.amounts.gross > 0);
    sales
}

fn names(facts: &[Fact], groups: &Groups, root: &str) -> Vec<String> {
    let mut names: Vec<String> = facts
        .iter()
        .filter(|fact| !matches!(fact, Fact::Reversal(_)))
        .flat_map(Fact::names)
        .filter(|name| name.kind() == crate::NameKind::Payment && !name.value().ends_with('…'))
        .map(|name| name.value().to_owned())
        .filter(|name| groups.root(name) == root)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn the_payments_of_every_fixture_unite_to_the_sales_it_expects() {
    for (fixture_name, fixture) in fixtures() {
        let facts = settled(&fixture);
        let groups = groups(&facts);
        let sales = sales(&facts, &groups);
        assert_eq!(sales.len(), fixture.expect.sales.len(), "{fixture_name}");
        for expected in &fixture.expect.sales {
            let root = groups.root(&expected.invoice_id);
            let sale = sales.get(&root).unwrap_or_else(|| panic!("{fixture_name}"));
            assert_eq!(sale.object.value(), expected.invoice_id, "{fixture_name}");
            assert_eq!(sale.amounts.net, expected.amount, "{fixture_name}");
            assert_eq!(sale.currency.code(), expected.currency, "{fixture_name}");
            let gross = Gross {
                subtotal: sale.amounts.subtotal,
                discount: sale.amounts.discount,
                tax: sale.amounts.tax,
                shipping: sale.amounts.shipping,
                total: sale.amounts.gross,
            };
            assert_eq!(gross, expected.gross, "{fixture_name}");
            let references = names(&facts, &groups, &root);
            assert_eq!(references, expected.references, "{fixture_name}");
        }
    }
}

#[test]
fn only_the_event_without_content_is_unreadable_in_the_fixtures() {
    let mut unreadable = Vec::new();
    for (name, fixture) in fixtures() {
        for delivered in &fixture.deliveries {
            let verified = Verified::from_inbox(delivered.body.clone().into_bytes(), Vec::new());
            let reading = Stripe.normalize(&verified, &fixture.source.settings);
            unreadable.extend(reading.unreadable.then(|| name.clone()));
        }
    }
    assert_eq!(unreadable, ["f23-odd-events"]);
}

#[test]
fn every_reversal_of_a_fixture_names_a_payment_that_the_fixture_knows() {
    for (name, fixture) in fixtures() {
        let facts = settled(&fixture);
        let groups = groups(&facts);
        let roots: Vec<String> = sales(&facts, &groups).into_keys().collect();
        for reversal in super::reversals(&facts) {
            let found = reversal
                .of
                .iter()
                .any(|of| roots.contains(&groups.root(of.value())));
            assert!(found, "{name}: {}", reversal.id);
        }
    }
}
