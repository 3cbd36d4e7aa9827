//! Histories of several processors at once in one organization end in the sum of their ledgers.

use axum::http::StatusCode;
use tributary::fixtures::{Fixture, SourceOf};

use super::ledger::ledger;
use crate::support::app::TestApp;
use crate::support::dice::Dice;
use crate::support::shipped::{self, promised};

/// How many mixtures a run tries; `make soak` sets it higher.
fn mixtures() -> u64 {
    option_env!("TRIBUTARY_MIXTURES")
        .and_then(|n| n.parse().ok())
        .unwrap_or(100)
}

/// Several of them: a random order over all, some deliveries twice, some held back to the end, the ledger
/// written at random moments.
async fn mix(service: &TestApp, all: &[&Fixture], seed: u64) {
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
    for at in &chosen {
        let fixture = all[*at];
        app.prepare(&fixture.processor, fixture).await;
        let sent = fixture.deliveries.iter();
        deliveries.extend(sent.map(|sent| (&fixture.processor, sent)));
    }
    let again = deliveries.clone();
    deliveries.extend(again.into_iter().filter(|_| dice.below(3) == 0));
    dice.shuffle(&mut deliveries);
    for (processor, sent) in deliveries {
        let status = app.deliver(processor, &sent.headers, &sent.body).await;
        assert_eq!(status, StatusCode::OK, "mixture {seed}");
        if dice.below(4) == 0 {
            app.settle().await;
        }
    }
    app.settle().await;
    let promised = promised(chosen.iter().map(|at| all[*at]));
    assert_eq!(ledger(&app).await, promised, "mixture {seed}");
}

on_both_databases! {
    async fn random_mixtures_of_all_processors_histories_end_in_the_sum_of_their_ledgers(db: TestDb) {
        let service = TestApp::start(&db).await;
        let of_all = ["stripe", "shopify", "paddle", "polar", "revenuecat"].map(shipped::of);
        // Those that need calls, codes or settings have them checked one by one.
        let plain = |fixture: &&Fixture| {
            fixture.calls.is_empty() && fixture.codes.is_empty() && fixture.source == SourceOf::default()
        };
        let all: Vec<&Fixture> = of_all.into_iter().flatten().filter(plain).collect();
        for seed in 0..mixtures() {
            mix(&service, &all, seed).await;
        }
    }
}
