//! Many reports of one payment at the same moment.

use axum::http::StatusCode;
use providers::Settings;
use serde_json::{Value, json};

use super::ledger;
use crate::support::app::{NOW, TestApp};

fn invoice_paid(seconds: i64) -> String {
    json!({"id": "evt_in_race", "object": "event", "type": "invoice.paid", "created": seconds,
        "livemode": true, "data": {"object": {"id": "in_race", "object": "invoice", "status": "paid",
            "currency": "usd", "amount_paid": 4900, "total": 4900, "subtotal": 4900,
            "customer": "cus_race", "payment_intent": "pi_race"}}})
    .to_string()
}

fn sale(invoice: &str) -> Value {
    json!({"clickId": "clk_1", "customerExternalId": "user_1", "amount": 4900, "invoiceId": invoice})
}

on_both_databases! {
    async fn fifty_reports_of_one_invoice_at_once_are_one_sale(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.click("clk_1", "bob", NOW).await;
        let body = sale("inv_race");
        let calls = (0..50).map(|_| app.post("/api/track/sale", &body));
        let answers = join_all(calls).await;
        let ok = answers.iter().filter(|(status, _)| *status == StatusCode::OK).count();
        let conflict = answers.iter().filter(|(status, _)| *status == StatusCode::CONFLICT).count();
        assert_eq!((ok, conflict), (1, 49));
        assert_eq!(ledger::sales(&app).await.len(), 1);
    }

    async fn reports_mixed_with_the_webhook_of_the_same_invoice_are_one_sale(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.click("clk_1", "bob", NOW).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let webhook = invoice_paid(NOW.seconds());
        // The invoice under two of its names.
        let bodies = [sale("in_race"), sale("pi_race")];
        let calls = join_all((0..50).map(|n| app.post("/api/track/sale", &bodies[n % 2])));
        let deliveries = join_all((0..10).map(|_| app.deliver("stripe", &[], &webhook)));
        let (answers, delivered) = tokio::join!(calls, deliveries);
        assert!(delivered.iter().all(|status| *status == StatusCode::OK));
        assert!(answers.iter().all(|(status, _)| {
            *status == StatusCode::OK || *status == StatusCode::CONFLICT
        }));
        app.settle().await;
        let sales = ledger::sales(&app).await;
        assert_eq!(sales.len(), 1, "{sales:?}");
        assert_eq!(sales[0].commission_amount, 490, "{sales:?}");
        for name in ["in_race", "pi_race"] {
            let (status, _) = app.post("/api/track/sale", &sale(name)).await;
            assert_eq!(status, StatusCode::CONFLICT, "{name}");
        }
    }

    async fn two_replicas_write_one_ledger(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.click("clk_1", "bob", NOW).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let other = app.on_another_replica(&db).await;
        let webhook = invoice_paid(NOW.seconds());
        let body = sale("in_race");
        let here = join_all((0..10).map(|_| app.post("/api/track/sale", &body)));
        let there = join_all((0..10).map(|_| other.post("/api/track/sale", &body)));
        let hooks = join_all((0..5).map(|_| app.deliver("stripe", &[], &webhook)));
        let (here, there, _) = tokio::join!(here, there, hooks);
        let ok = here.iter().chain(&there).filter(|(status, _)| *status == StatusCode::OK).count();
        assert!(ok <= 1, "{ok} of the calls were told that they made the sale");
        app.settle().await;
        other.settle().await;
        assert_eq!(ledger::sales(&app).await.len(), 1);
    }
}

pub(crate) async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running = futures.map(Box::pin).collect::<Vec<_>>();
    let mut done: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, slot) in running.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(done.iter_mut().filter_map(Option::take).collect())
        } else {
            std::task::Poll::Pending
        }
    })
    .await
}
