//! The six events of one subscription checkout, in all 720 orders, each delivered twice.

use std::collections::BTreeSet;
use std::fs;

use axum::http::StatusCode;
use providers::{Micros, Settings};
use serde_json::Value;

use super::ledger;
use crate::support::app::TestApp;

/// The events that speak of the checkout's money.
const SIX: [&str; 6] = [
    "charge.succeeded",
    "checkout.session.completed",
    "payment_intent.succeeded",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
];

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(at);
        for mut tail in permutations(&rest) {
            tail.insert(0, *first);
            all.push(tail);
        }
    }
    all
}

on_both_databases! {
    async fn one_sale_comes_of_one_checkout_in_all_720_orders_each_delivered_twice(db: TestDb) {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/stripe/f01-subscription-checkout.json");
        let fixture: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let said = |body: &&str| SIX.iter().any(|kind| body.contains(&format!("\"type\": \"{kind}\"")));
        let bodies: Vec<&str> = fixture["deliveries"].as_array().unwrap().iter()
            .map(|delivery| delivery["body"].as_str().unwrap())
            .filter(said)
            .collect();
        assert_eq!(bodies.len(), 6);
        let service = TestApp::start(&db).await;
        let mut outcomes = BTreeSet::new();
        for order in permutations(&[0, 1, 2, 3, 4, 5]) {
            let mut app = service.another_organization().await;
            for click in fixture["clicks"].as_array().unwrap() {
                let at = Micros::parse_rfc3339(click["clickedAt"].as_str().unwrap()).unwrap();
                let (id, partner) = (click["id"].as_str().unwrap(), click["partner"].as_str().unwrap());
                app.click(id, partner, at).await;
            }
            app.source("stripe", "stripe", true, Settings::default()).await;
            for at in &order {
                for _ in 0..2 {
                    assert_eq!(app.deliver("stripe", &[], bodies[*at]).await, StatusCode::OK);
                }
                app.settle().await;
            }
            let sales = ledger::sales(&app).await;
            assert_eq!(sales.len(), 1, "{order:?} {sales:?}");
            outcomes.insert((sales, format!("{:?}", ledger::balances(&app).await)));
        }
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    }
}
