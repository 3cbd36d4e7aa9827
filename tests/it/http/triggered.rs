//! Every shipped scenario, renewed twice: what it promises, twice, and neither meets the other.

use axum::http::StatusCode;
use tributary::fixtures::{Fixture, Key};

use super::ledger::ledger;
use crate::support::TestDb;
use crate::support::app::{NOW, TestApp};
use crate::support::shipped::{self, promised};

async fn play(app: &mut TestApp, fixture: &Fixture) {
    app.prepare("source", fixture).await;
    for call in &fixture.calls {
        let (status, answer) = app.post(&call.path, &call.body).await;
        assert_eq!(status.as_u16(), call.status, "{answer}");
    }
    for sent in &fixture.deliveries {
        let status = app.deliver("source", &sent.headers, &sent.body).await;
        assert_eq!(status, StatusCode::OK, "{}", shipped::name(fixture));
    }
    app.settle().await;
}

async fn play_all(processor: &str, db: TestDb) {
    let service = TestApp::start(&db).await;
    let keys: [Key; 2] = [
        std::array::from_fn(|n| u8::try_from(n * 7 + 1).unwrap()),
        [5; 32],
    ];
    let mut wrong = Vec::new();
    for fixture in shipped::of(processor) {
        let mut app = service.another_organization().await;
        let renewed = keys.map(|key| fixture.fresh(&key, NOW));
        for one in &renewed {
            play(&mut app, one).await;
        }
        if ledger(&app).await != promised(&renewed) {
            wrong.push(shipped::name(fixture));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

on_both_databases! {
    async fn every_stripe_scenario_can_happen_anew(db: TestDb) {
        play_all("stripe", db).await;
    }

    async fn every_shopify_scenario_can_happen_anew(db: TestDb) {
        play_all("shopify", db).await;
    }

    async fn every_paddle_scenario_can_happen_anew(db: TestDb) {
        play_all("paddle", db).await;
    }

    async fn every_paddle_classic_scenario_can_happen_anew(db: TestDb) {
        play_all("paddle-classic", db).await;
    }

    async fn every_polar_scenario_can_happen_anew(db: TestDb) {
        play_all("polar", db).await;
    }

    async fn every_revenuecat_scenario_can_happen_anew(db: TestDb) {
        play_all("revenuecat", db).await;
    }
}
