//! Every fixture of every processor, delivered over HTTP with real signatures: as given, reversed,
//! shuffled and doubled, on both databases, always ends in the ledger it promises.

use axum::http::{Method, StatusCode};
use tributary::fixtures::Fixture;

use super::ledger::{ledger, states};
use crate::support::TestDb;
use crate::support::app::TestApp;
use crate::support::dice::Dice;
use crate::support::shipped::{self, promised};

async fn set_up(app: &mut TestApp, fixture: &Fixture) {
    app.prepare("source", fixture).await;
    for call in &fixture.calls {
        let (status, answer) = app.post(&call.path, &call.body).await;
        assert_eq!(status.as_u16(), call.status, "{answer}");
    }
}

/// The orders in which a fixture is delivered; the flag says whether the ledger is written after each
/// delivery or once at the end.
fn orders<T: Clone>(given: &[T], seed: u64) -> Vec<(&'static str, bool, Vec<T>)> {
    let mut reversed = given.to_vec();
    reversed.reverse();
    let mut shuffled = given.to_vec();
    Dice(seed).shuffle(&mut shuffled);
    let doubled: Vec<T> = shuffled.iter().chain(given).cloned().collect();
    vec![
        ("as given", true, given.to_vec()),
        ("reversed", true, reversed),
        ("shuffled and doubled", false, doubled),
    ]
}

async fn deliver_all(processor: &str, db: TestDb) {
    let service = TestApp::start(&db).await;
    for (seed, fixture) in (0..).zip(shipped::of(processor)) {
        for (order, each, deliveries) in orders(&fixture.deliveries, seed) {
            let about = format!("{} {order}", shipped::name(fixture));
            // An organization of its own for each run: they share the database and must not meet.
            let mut app = service.another_organization().await;
            set_up(&mut app, fixture).await;
            for sent in deliveries {
                let status = app.deliver("source", &sent.headers, &sent.body).await;
                assert_eq!(status, StatusCode::OK, "{about}");
                if each {
                    app.settle().await;
                }
            }
            app.settle().await;
            assert_eq!(ledger(&app).await, promised([fixture]), "{about}");
            let states = states(&app).await;
            assert_eq!(states.get("received"), None, "{about} {states:?}");
            for ledger in ["true", "false"] {
                let path = format!("/api/status?livemode={ledger}");
                let (_, told) = app.call(Method::GET, &path, None).await;
                assert_eq!(told["conflictingDeliveries"], 0, "{about}");
            }
        }
    }
}

on_both_databases! {
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
