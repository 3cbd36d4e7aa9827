//! The six events of one subscription checkout, in all 720 orders, each delivered twice.

use std::collections::BTreeSet;

use axum::http::StatusCode;

use super::ledger::ledger;
use crate::support::app::TestApp;
use crate::support::shipped::fixture;

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
        let fixture = fixture("stripe/f01-subscription-checkout");
        let said = |body: &&str| SIX.iter().any(|kind| body.contains(&format!("\"type\": \"{kind}\"")));
        let bodies: Vec<&str> = fixture.deliveries.iter().map(|sent| sent.body.as_str()).filter(said).collect();
        assert_eq!(bodies.len(), 6);
        let service = TestApp::start(&db).await;
        let mut outcomes = BTreeSet::new();
        for order in permutations(&[0, 1, 2, 3, 4, 5]) {
            let mut app = service.another_organization().await;
            app.prepare("stripe", fixture).await;
            for at in &order {
                for _ in 0..2 {
                    assert_eq!(app.deliver("stripe", &[], bodies[*at]).await, StatusCode::OK);
                }
                app.settle().await;
            }
            let ledger = ledger(&app).await;
            assert_eq!(ledger.sales.len(), 1, "{order:?} {ledger:?}");
            outcomes.insert(format!("{ledger:?}"));
        }
        assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    }
}
