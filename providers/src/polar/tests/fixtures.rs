//! The shipped fixtures, read as far as this folder goes: their facts do not depend on the order of
//! delivery, and name the payments, amounts and refunds that the ledger must end with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::{Polar, SECRET, headers};
use crate::delivery::Delivery;
use crate::fact::{Extent, Fact, PaymentState, Strength};
use crate::{Adapter, Micros, Secret, Settings};

#[derive(Deserialize)]
struct Fixture {
    deliveries: Vec<Sent>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Sent {
    headers: Vec<(String, String)>,
    body: String,
}

#[derive(Deserialize)]
struct Expect {
    sales: Vec<Sale>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sale {
    invoice_id: String,
    references: Vec<String>,
    amount: i64,
    currency: String,
    amount_refunded: i64,
}

fn all() -> Vec<(String, Fixture)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/polar");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let fixture = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            (path.display().to_string(), fixture)
        })
        .collect()
}

/// All facts of the deliveries, the newest of each key.
fn kept<'a>(deliveries: impl Iterator<Item = &'a Sent>) -> BTreeMap<String, Fact> {
    let none = Settings::default();
    let now = Micros::from_seconds(1_795_000_000);
    let secret = Secret::new(SECRET).unwrap();
    let mut kept: BTreeMap<String, Fact> = BTreeMap::new();
    for sent in deliveries {
        let signed = Polar
            .sign(sent.body.as_bytes(), &sent.headers, &secret, &none, now)
            .unwrap();
        let headers = headers(&signed.headers);
        let delivery = Delivery {
            headers: &headers,
            body: &signed.body,
        };
        let verified = Polar
            .verify(delivery, std::slice::from_ref(&secret), &none, now)
            .unwrap();
        assert_eq!(Polar.envelope(&verified).event_id, sent.headers[0].1);
        let reading = Polar.normalize(&verified, &none);
        assert!(!reading.unreadable, "{:?}", reading.note);
        for fact in reading.facts {
            let newer = kept.get(&fact.key()).is_none_or(|old| {
                let rank = |fact: &Fact| (fact.version(), serde_json::to_string(fact).unwrap());
                rank(&fact) > rank(old)
            });
            if newer {
                kept.insert(fact.key(), fact);
            }
        }
    }
    kept
}

fn sales(facts: &BTreeMap<String, Fact>) -> Vec<Sale> {
    let mut sales: Vec<Sale> = facts
        .values()
        .filter_map(|fact| match fact {
            Fact::Payment(p) if p.state == PaymentState::Paid && p.amounts.gross > 0 => {
                Some(Sale {
                    invoice_id: p.object.value().to_owned(),
                    references: vec![p.object.value().to_owned()],
                    amount: p.amounts.net,
                    currency: p.currency.to_string(),
                    amount_refunded: 0,
                })
            }
            _ => None,
        })
        .collect();
    let reversible: BTreeMap<String, i64> = facts
        .values()
        .filter_map(|fact| match fact {
            Fact::Payment(p) => Some((p.object.value().to_owned(), p.amounts.reversible)),
            _ => None,
        })
        .collect();
    for sale in &mut sales {
        for fact in facts.values() {
            match fact {
                Fact::Refunded(r) if r.object.value() == sale.invoice_id => {
                    sale.amount_refunded = match r.extent {
                        Extent::Net { net, .. } => net,
                        Extent::All => sale.amount,
                        Extent::Both { .. } => panic!("Polar tells no such thing"),
                        Extent::Gross { counted, .. } => {
                            let paid = reversible[&sale.invoice_id];
                            crate::money::share(sale.amount, counted, paid).unwrap()
                        }
                    };
                }
                Fact::Alias(alias)
                    if alias.strength == Strength::Proven && alias.a.value() == sale.invoice_id =>
                {
                    sale.references.push(alias.b.value().to_owned());
                }
                _ => {}
            }
        }
        sale.references.sort();
    }
    sales.sort_by(|a, b| a.invoice_id.cmp(&b.invoice_id));
    sales
}

#[test]
fn every_fixture_has_the_payments_it_promises_in_any_order() {
    let fixtures = all();
    assert!(fixtures.len() >= 20);
    for (path, fixture) in fixtures {
        let given = kept(fixture.deliveries.iter());
        let reversed = kept(fixture.deliveries.iter().rev());
        let doubled = kept(fixture.deliveries.iter().chain(&fixture.deliveries));
        assert_eq!(given, reversed, "{path}");
        assert_eq!(given, doubled, "{path}");
        assert_eq!(sales(&given), fixture.expect.sales, "{path}");
    }
}

#[test]
fn fixtures_share_no_event_and_no_payment() {
    let mut seen = BTreeSet::new();
    for (path, fixture) in all() {
        for sent in &fixture.deliveries {
            assert!(seen.insert(sent.headers[0].1.clone()), "{path}");
        }
        let names: BTreeSet<String> = kept(fixture.deliveries.iter())
            .values()
            .flat_map(|fact| {
                fact.names()
                    .into_iter()
                    .map(|name| name.as_str().to_owned())
            })
            .collect();
        for name in names {
            assert!(seen.insert(name.clone()), "{path}: {name}");
        }
    }
}
