//! The fixtures of this processor, added up by a fold of a few lines: enough to see that the facts say
//! what the fixtures promise, in every order. The real fold has its own tests over the same files.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{KEY, Shopify, verify};
use crate::fact::{Extent, Payment, PaymentState, Reversal, ReversalKind, ReversalState, Version};
use crate::money::share;
use crate::{Adapter, Fact, Micros, Secret, Settings};

fn fixtures() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/shopify");
    let mut found: Vec<(String, Value)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_str(&text).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn deliver(delivery: &Value, settings: &Settings) -> Vec<Fact> {
    let headers: Vec<(String, String)> =
        serde_json::from_value(delivery["headers"].clone()).unwrap();
    let secret = Secret::new(KEY).unwrap();
    let body = delivery["body"].as_str().unwrap().as_bytes();
    let signed = Shopify.sign(body, &headers, &secret, settings, Micros(0));
    let verified = verify(signed.unwrap().headers, body, &[secret], settings).unwrap();
    let reading = Shopify.normalize(&verified, settings);
    assert!(!reading.unreadable, "{:?}", reading.note);
    reading.facts
}

/// Of two facts with one key the newer stays, of two with one version the text that sorts last.
fn kept(facts: impl IntoIterator<Item = Fact>) -> BTreeMap<String, Fact> {
    let rank = |fact: &Fact| (fact.version(), serde_json::to_string(fact).unwrap());
    let mut kept: BTreeMap<String, Fact> = BTreeMap::new();
    for fact in facts {
        let known = kept.get(&fact.key());
        if known.is_none_or(|known| rank(known) < rank(&fact)) {
            kept.insert(fact.key(), fact);
        }
    }
    kept
}

/// What remains of the net amount after these reversals.
fn remaining(payment: &Payment, reversals: &[&Reversal]) -> i64 {
    let amounts = payment.amounts;
    let (mut cash, mut counted, mut whole) = (0, 0, (amounts.gross, amounts.reversible));
    let mut told = 0;
    for reversal in reversals {
        let (c, n, net) = match reversal.extent {
            Extent::Gross { cash, counted } => (cash, counted, 0),
            Extent::Net { cash, net } => (cash, 0, net),
            Extent::Both { cash, counted, net } => (cash, counted, net),
            Extent::All => panic!("Shopify tells amounts"),
        };
        told += net;
        if reversal.currency != payment.currency {
            let seen = payment.presentment.unwrap();
            whole = (seen.gross, seen.reversible);
        }
        (cash, counted) = (cash + c, counted + n);
    }
    if cash >= whole.0 {
        return 0;
    }
    share(amounts.net, (whole.1 - counted).max(0), whole.1).unwrap() - told
}

/// Invoice id, amount, refunded, disputed and total of each sale.
fn sales<'f>(facts: &'f BTreeMap<String, Fact>) -> Vec<(String, i64, i64, i64, i64)> {
    let mut sales = Vec::new();
    for fact in facts.values() {
        let Fact::Payment(payment) = fact else {
            continue;
        };
        if payment.state != PaymentState::Paid || payment.amounts.gross == 0 {
            continue;
        }
        let back = |kind: ReversalKind| -> Vec<&'f Reversal> {
            let of = |fact: &'f Fact| match fact {
                Fact::Reversal(r) if r.kind == kind && r.of.contains(&payment.object) => Some(r),
                _ => None,
            };
            let counts = |r: &&Reversal| {
                matches!(r.state, ReversalState::Final | ReversalState::Held)
                    && !r.id.ends_with("/purpose")
            };
            facts.values().filter_map(of).filter(counts).collect()
        };
        let net = payment.amounts.net;
        let refunded = net - remaining(payment, &back(ReversalKind::Refund));
        let disputed = (net - remaining(payment, &back(ReversalKind::Dispute))).min(net - refunded);
        let id = payment.object.value().to_owned();
        sales.push((id, net, refunded, disputed, payment.amounts.gross));
    }
    sales.sort();
    sales
}

#[test]
fn every_fixture_adds_up_in_every_order() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 19);
    for (name, fixture) in fixtures {
        let settings: Settings =
            serde_json::from_value(fixture["source"]["settings"].clone()).unwrap_or_default();
        let mut deliveries = fixture["deliveries"].as_array().unwrap().clone();
        let expected: Vec<(String, i64, i64, i64, i64)> = fixture["expect"]["sales"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sale| {
                let number = |field: &str| sale[field].as_i64().unwrap();
                let id = sale["invoiceId"].as_str().unwrap().to_owned();
                let total = sale["gross"]["total"].as_i64().unwrap();
                (
                    id,
                    number("amount"),
                    number("amountRefunded"),
                    number("amountDisputed"),
                    total,
                )
            })
            .collect();
        for _ in 0..deliveries.len() {
            deliveries.rotate_left(1);
            let turned = deliveries.iter().rev().chain(&deliveries);
            let facts = kept(turned.flat_map(|delivery| deliver(delivery, &settings)));
            assert_eq!(sales(&facts), expected, "{name}");
        }
    }
}

#[test]
fn every_click_of_a_fixture_is_found_in_its_deliveries() {
    for (name, fixture) in fixtures() {
        let all: Vec<Fact> = (fixture["deliveries"].as_array().unwrap().iter())
            .flat_map(|delivery| deliver(delivery, &Settings::default()))
            .collect();
        for click in fixture["clicks"].as_array().into_iter().flatten() {
            let id = click["id"].as_str().unwrap();
            let found = all.iter().any(|fact| {
                matches!(fact, Fact::Identity(i) if i.clicks.iter().any(|label| label.value() == id))
            });
            assert!(found, "{name}: {id}");
        }
    }
}

#[test]
fn the_parts_of_each_sale_in_the_fixtures_add_up_to_its_total() {
    for (name, fixture) in fixtures() {
        for sale in fixture["expect"]["sales"].as_array().unwrap() {
            let part = |field: &str| sale["gross"][field].as_i64().unwrap();
            let sum = part("subtotal") - part("discount") + part("tax") + part("shipping");
            assert_eq!(sum + beside(&fixture), part("total"), "{name}");
        }
    }
}

/// Tips and duties in the newest order of a fixture, which are no part of a sale's figures but its total.
fn beside(fixture: &Value) -> i64 {
    let bodies = fixture["deliveries"].as_array().unwrap().iter().rev();
    let parsed =
        |delivery: &Value| serde_json::from_str(delivery["body"].as_str().unwrap()).unwrap();
    let mut bodies = bodies.map(parsed);
    let Some(order) = bodies.find(|body: &Value| body["line_items"].is_array()) else {
        return 0;
    };
    let cents = |amount: &Value| {
        let text = amount.as_str().unwrap_or("0");
        text.replace('.', "").parse::<i64>().unwrap()
    };
    cents(&order["total_tip_received"])
        + cents(&order["original_total_duties_set"]["shop_money"]["amount"])
}

#[test]
fn facts_without_a_time_still_have_a_version() {
    let facts = super::facts(
        "subscription_billing_attempts/success",
        r#"{"id":41,"order_id":5500000000002,"subscription_contract_id":31}"#,
    );
    assert!(
        facts
            .iter()
            .all(|fact| fact.version() == Version::default())
    );
}
