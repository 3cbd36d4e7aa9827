//! Every fixture of every processor, delivered over HTTP with real signatures: as given, reversed,
//! shuffled and doubled, on both databases, always ends in the ledger it promises.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use providers::{Micros, Settings};
use serde_json::Value;

use super::ledger::{self, line};
use crate::support::TestDb;
use crate::support::app::TestApp;

struct Fixture {
    path: PathBuf,
    said: Value,
}

impl Fixture {
    fn all(processor: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(processor);
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        paths.sort();
        assert!(!paths.is_empty(), "{processor} has no fixtures");
        paths
            .into_iter()
            .map(|path| {
                let said = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                Self { path, said }
            })
            .collect()
    }

    fn list(&self, member: &str) -> Vec<Value> {
        self.said[member].as_array().cloned().unwrap_or_default()
    }

    fn deliveries(&self) -> Vec<(Vec<(String, String)>, String)> {
        self.list("deliveries")
            .iter()
            .map(|delivery| {
                let headers =
                    serde_json::from_value(delivery["headers"].clone()).unwrap_or_default();
                (headers, delivery["body"].as_str().unwrap().to_owned())
            })
            .collect()
    }

    async fn set_up(&self, app: &mut TestApp, processor: &str) {
        for click in self.list("clicks") {
            let at = Micros::parse_rfc3339(click["clickedAt"].as_str().unwrap()).unwrap();
            let (id, partner) = (
                click["id"].as_str().unwrap(),
                click["partner"].as_str().unwrap(),
            );
            app.click(id, partner, at).await;
        }
        for code in self.list("codes") {
            let (code, partner) = (
                code["code"].as_str().unwrap(),
                code["partner"].as_str().unwrap(),
            );
            app.code(code, partner).await;
        }
        let live = self.said["source"]["mode"] != "test";
        let settings = self.said["source"]["settings"].clone();
        let settings: Settings = serde_json::from_value(settings).unwrap_or_default();
        app.source("source", processor, live, settings).await;
        for call in self.list("calls") {
            let (status, answer) = app
                .post(call["path"].as_str().unwrap(), &call["body"])
                .await;
            let expected = call["status"].as_u64().unwrap();
            assert_eq!(u64::from(status.as_u16()), expected, "{answer}");
        }
    }

    fn expected_sales(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.said["expect"]["sales"]
            .as_array()
            .unwrap()
            .iter()
            .map(|sale| {
                let references: Vec<String> =
                    serde_json::from_value(sale["references"].clone()).unwrap();
                let int = |value: &Value| value.as_i64().unwrap();
                let gross = &sale["gross"];
                let words = ["currency", "kind"].map(|member| sale[member].as_str().unwrap());
                line(
                    sale["invoiceId"].as_str(),
                    &references,
                    [
                        int(&sale["amount"]),
                        int(&sale["amountRefunded"]),
                        int(&sale["amountDisputed"]),
                        int(&gross["subtotal"]),
                        int(&gross["discount"]),
                        int(&gross["tax"]),
                        int(&gross["shipping"]),
                        int(&gross["total"]),
                        int(&sale["commissionAmount"]),
                    ],
                    [
                        words[0],
                        words[1],
                        sale["partner"].as_str().unwrap_or("nobody"),
                    ],
                    sale["livemode"].as_bool().unwrap(),
                )
            })
            .collect();
        lines.sort();
        lines
    }

    fn expected_balances(&self) -> BTreeMap<(String, String, bool), i64> {
        let rows = self.said["expect"]["balances"].as_array().unwrap();
        rows.iter()
            .map(|row| {
                let text = |member: &str| row[member].as_str().unwrap().to_owned();
                let key = (
                    text("partner"),
                    text("currency"),
                    row["livemode"].as_bool().unwrap(),
                );
                (key, row["amount"].as_i64().unwrap())
            })
            .filter(|(_, amount)| *amount != 0)
            .collect()
    }

    async fn check(&self, app: &TestApp, order: &str) {
        let about = format!("{} {order}", self.path.display());
        assert_eq!(ledger::sales(app).await, self.expected_sales(), "{about}");
        assert_eq!(
            ledger::balances(app).await,
            self.expected_balances(),
            "{about}"
        );
        let parked = self.said["expect"]["parked"].as_i64().unwrap_or(0);
        let states = ledger::states(app).await;
        assert_eq!(
            states.get("parked").copied().unwrap_or(0),
            parked,
            "{about} {states:?}"
        );
        assert_eq!(states.get("received"), None, "{about} {states:?}");
    }
}

/// The orders in which a fixture is delivered; the number says whether the ledger is written after each
/// delivery or once at the end.
fn orders<T: Clone>(given: &[T], seed: usize) -> Vec<(&'static str, bool, Vec<T>)> {
    let mut reversed = given.to_vec();
    reversed.reverse();
    let mut shuffled = given.to_vec();
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    for at in (1..shuffled.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        shuffled.swap(at, (state >> 33) % (at + 1));
    }
    let doubled: Vec<T> = shuffled.iter().chain(given).cloned().collect();
    vec![
        ("as given", true, given.to_vec()),
        ("reversed", true, reversed),
        ("shuffled and doubled", false, doubled),
    ]
}

async fn deliver_all(processor: &str, db: TestDb) {
    let service = TestApp::start(&db).await;
    for (seed, fixture) in Fixture::all(processor).iter().enumerate() {
        for (order, each, deliveries) in orders(&fixture.deliveries(), seed) {
            // An organization of its own for each run: they share the database and must not meet.
            let mut app = service.another_organization().await;
            fixture.set_up(&mut app, processor).await;
            for (headers, body) in deliveries {
                let status = app.deliver("source", &headers, &body).await;
                assert_eq!(status, StatusCode::OK, "{} {order}", fixture.path.display());
                if each {
                    app.settle().await;
                }
            }
            app.settle().await;
            fixture.check(&app, order).await;
        }
    }
}

/// A small generator of its own, so that a failing mixture can be named by its seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// How many mixtures a run tries; `make soak` sets it higher.
fn mixtures() -> u64 {
    option_env!("TRIBUTARY_MIXTURES")
        .and_then(|n| n.parse().ok())
        .unwrap_or(100)
}

/// Several histories of all processors at once in one organization: a random order over all of them,
/// some deliveries twice, some held back to the end, the ledger written at random moments.
async fn mix(service: &TestApp, all: &[(&str, Fixture)], seed: u64) {
    let mut dice = Dice(seed);
    let mut app = service.another_organization().await;
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < 8 {
        let at = dice.below(all.len());
        if !chosen.contains(&at) {
            chosen.push(at);
        }
    }
    let mut deliveries = Vec::new();
    let (mut sales, mut balances, mut parked) = (Vec::new(), BTreeMap::new(), 0);
    for at in &chosen {
        let (processor, fixture) = &all[*at];
        for click in fixture.list("clicks") {
            let at = Micros::parse_rfc3339(click["clickedAt"].as_str().unwrap()).unwrap();
            app.click(
                click["id"].as_str().unwrap(),
                click["partner"].as_str().unwrap(),
                at,
            )
            .await;
        }
        app.source(processor, processor, true, Settings::default())
            .await;
        for (headers, body) in fixture.deliveries() {
            deliveries.push((*processor, headers, body));
        }
        sales.extend(fixture.expected_sales());
        for (account, amount) in fixture.expected_balances() {
            *balances.entry(account).or_insert(0) += amount;
        }
        parked += fixture.said["expect"]["parked"].as_i64().unwrap_or(0);
    }
    sales.sort();
    let again = deliveries.clone();
    deliveries.extend(again.into_iter().filter(|_| dice.below(3) == 0));
    dice.shuffle(&mut deliveries);
    for (processor, headers, body) in deliveries {
        let status = app.deliver(processor, &headers, &body).await;
        assert_eq!(status, StatusCode::OK, "mixture {seed}");
        if dice.below(4) == 0 {
            app.settle().await;
        }
    }
    app.settle().await;
    assert_eq!(ledger::sales(&app).await, sales, "mixture {seed}");
    balances.retain(|_, amount| *amount != 0);
    assert_eq!(ledger::balances(&app).await, balances, "mixture {seed}");
    let states = ledger::states(&app).await;
    assert_eq!(
        states.get("parked").copied().unwrap_or(0),
        parked,
        "mixture {seed}"
    );
}

on_both_databases! {
    async fn random_mixtures_of_all_processors_histories_end_in_the_sum_of_their_ledgers(db: TestDb) {
        let service = TestApp::start(&db).await;
        let mut all: Vec<(&str, Fixture)> = Vec::new();
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat"] {
            // Those that need calls, codes or settings have them checked one by one.
            let plain = Fixture::all(processor).into_iter().filter(|fixture| {
                fixture.list("calls").is_empty()
                    && fixture.list("codes").is_empty()
                    && fixture.said["source"]["mode"] != "test"
                    && fixture.said["source"]["settings"].as_object().is_none_or(serde_json::Map::is_empty)
            });
            all.extend(plain.map(|fixture| (processor, fixture)));
        }
        for seed in 0..mixtures() {
            mix(&service, &all, seed).await;
        }
    }

    async fn every_stripe_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("stripe", db).await;
    }

    async fn every_shopify_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("shopify", db).await;
    }

    async fn every_paddle_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("paddle", db).await;
    }

    async fn every_paddle_classic_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("paddle-classic", db).await;
    }

    async fn every_polar_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("polar", db).await;
    }

    async fn every_revenuecat_fixture_ends_in_its_ledger_in_any_order(db: TestDb) {
        deliver_all("revenuecat", db).await;
    }
}
