//! The shipped scenarios are deliveries that this adapter takes.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Deserialize;

use super::*;
use crate::delivery::{Delivery, Headers};
use crate::{Micros, Secret};

#[derive(Deserialize)]
struct Fixture {
    about: String,
    cases: Vec<String>,
    #[serde(default)]
    source: Source,
    deliveries: Vec<Sent>,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    sales: Vec<Value>,
}

#[derive(Default, Deserialize)]
struct Source {
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize)]
struct Sent {
    headers: Vec<(String, String)>,
    body: String,
}

fn fixtures() -> Vec<(String, Fixture)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/revenuecat");
    let files = std::fs::read_dir(folder).unwrap();
    let mut all: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let fixture = serde_json::from_slice(&std::fs::read(&path).unwrap());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (
                name.clone(),
                fixture.unwrap_or_else(|e| panic!("{name}: {e}")),
            )
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn every_delivery_of_every_fixture_is_verified_and_understood() {
    let now = Micros::from_seconds(1_795_000_000);
    let secret = Secret::new("hmac:rc_signing_secret_for_tests").unwrap();
    let all = fixtures();
    assert!(all.len() >= 15);
    for (name, fixture) in all {
        assert!(
            !fixture.about.is_empty() && !fixture.cases.is_empty(),
            "{name}"
        );
        let settings = fixture.source.settings;
        RevenueCat.check_settings(&settings).unwrap();
        for sent in fixture.deliveries {
            let body = sent.body.as_bytes();
            let signed = RevenueCat
                .sign(body, &sent.headers, &secret, &settings, now)
                .unwrap();
            let pairs = signed.headers.into_iter();
            let headers = Headers::new(pairs.map(|(n, v)| (n, v.into_bytes())));
            let delivery = Delivery {
                headers: &headers,
                body: &signed.body,
            };
            let secrets = std::slice::from_ref(&secret);
            let verified = RevenueCat
                .verify(delivery, secrets, &settings, now)
                .unwrap();
            assert!(
                RevenueCat.envelope(&verified).occurred_at.is_some(),
                "{name}"
            );
            let reading = RevenueCat.normalize(&verified, &settings);
            assert!(!reading.unreadable, "{name}: {:?}", reading.note);
        }
    }
}

#[test]
fn no_two_fixtures_share_an_event_or_a_payment() {
    let mut seen = HashSet::new();
    for (name, fixture) in fixtures() {
        let mut own = HashSet::new();
        for sent in &fixture.deliveries {
            own.insert(envelope(sent.body.as_bytes()).event_id);
            let verified = Verified::from_inbox(sent.body.clone().into_bytes(), Vec::new());
            let reading = RevenueCat.normalize(&verified, &fixture.source.settings);
            let names = reading.facts.iter().flat_map(Fact::names);
            own.extend(names.map(|n| n.as_str().to_owned()));
        }
        for id in own {
            assert!(seen.insert(id.clone()), "{name} shares {id}");
        }
    }
}

#[test]
fn every_fixture_expects_the_payments_that_its_deliveries_tell() {
    for (name, fixture) in fixtures() {
        let mut told = BTreeMap::new();
        for sent in &fixture.deliveries {
            let verified = Verified::from_inbox(sent.body.clone().into_bytes(), Vec::new());
            let reading = RevenueCat.normalize(&verified, &fixture.source.settings);
            for fact in reading.facts {
                let Fact::Payment(p) = fact else { continue };
                if p.amounts.gross > 0 {
                    let a = p.amounts;
                    let amounts = (a.net, a.gross, a.subtotal, a.tax, p.currency.to_string());
                    told.insert(p.object.value().to_owned(), amounts);
                }
            }
        }
        let amount = |value: &Value| value.as_i64().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let sales = fixture.expect.sales.iter().map(|sale| {
            let gross = &sale["gross"];
            let amounts = (
                amount(&sale["amount"]),
                amount(&gross["total"]),
                amount(&gross["subtotal"]),
                amount(&gross["tax"]),
                text(&sale["currency"]),
            );
            (text(&sale["invoiceId"]), amounts)
        });
        assert_eq!(told, sales.collect(), "{name}");
    }
}
