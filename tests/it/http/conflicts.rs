//! Two deliveries of one event: what is sent again alarms nobody, what says something else is counted.

use axum::http::{Method, StatusCode};
use providers::Settings;
use serde_json::{Value, json};
use tributary::audit::audit;

use super::concurrent::join_all;
use crate::support::app::TestApp;
use crate::support::shipped::fixture;

/// The body of a delivery of a shipped fixture, with other values in some places.
fn altered(body: &str, changes: &[(&str, Value)]) -> String {
    let mut body: Value = serde_json::from_str(body).unwrap();
    for (place, value) in changes {
        let (parent, name) = place.rsplit_once('/').unwrap();
        body.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    body.to_string()
}

/// The state of the ledger, but for the time and what has been sold.
async fn status(app: &TestApp) -> Value {
    let (status, mut answer) = app.call(Method::GET, "/api/status", None).await;
    assert_eq!(status, StatusCode::OK);
    for member in ["money", "now"] {
        assert!(answer.as_object_mut().unwrap().remove(member).is_some());
    }
    answer
}

/// Delivers one delivery of a fixture, and then once more with other values in some places.
async fn twice(app: &mut TestApp, name: &str, delivery: usize, changes: &[(&str, Value)]) {
    let (processor, _) = name.split_once('/').unwrap();
    let sent = &fixture(name).deliveries[delivery];
    app.source(processor, processor, true, Settings::default())
        .await;
    for body in [sent.body.clone(), altered(&sent.body, changes)] {
        let answer = app.deliver(processor, &sent.headers, &body).await;
        assert_eq!(answer, StatusCode::OK, "{name}");
    }
}

on_both_databases! {
    async fn an_event_that_is_sent_again_with_another_envelope_alarms_nobody(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        for (name, delivery, changes) in [
            ("stripe/f03-one-time-checkout-refunded", 0, vec![("/pending_webhooks", json!(7))]),
            ("paddle/p01-paid-then-completed", 3, vec![
                ("/notification_id", json!("ntf_01another")), ("/occurred_at", json!("2026-11-22T11:00:00.000000Z")),
            ]),
            ("polar/discount-code-of-a-partner", 0, vec![("/timestamp", json!("2026-11-22T11:00:00Z"))]),
            ("revenuecat/r03-retry-of-one-event", 0, vec![("/event/experiments", json!([{"id": "x"}]))]),
            ("shopify/s01-created-then-paid", 1, vec![]),
        ] {
            twice(&mut app, name, delivery, &changes).await;
            let told = status(&app).await;
            assert_eq!(told, json!({"livemode": true, "conflictingDeliveries": 0, "conflictingEvents": 0,
                "lastConflictingAt": null, "unknownEvents": 0, "lastUnknownAt": null,
                "foundByAsking": 0, "lastFoundAt": null}), "{name}");
        }
    }

    async fn a_delivery_that_says_something_else_is_counted_and_answered_like_any(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        let amount = |amount: i64| [("/data/object/amount_total", json!(amount)), ("/data/object/amount_subtotal", json!(amount))];
        twice(&mut app, "stripe/f03-one-time-checkout-refunded", 0, &amount(9_900)).await;
        app.settle().await;
        app.clock.set(app.app.now().plus_seconds(60));
        twice(&mut app, "stripe/f03-one-time-checkout-refunded", 0, &amount(8_800)).await;
        app.settle().await;

        let told = status(&app).await;
        assert_eq!(told, json!({"livemode": true, "conflictingDeliveries": 2, "conflictingEvents": 1,
            "lastConflictingAt": "2026-11-22T12:01:00.000Z", "unknownEvents": 0, "lastUnknownAt": null,
                "foundByAsking": 0, "lastFoundAt": null}));
        let (_, found) = app.call(Method::GET, "/api/events?conflicting=true", None).await;
        let event = &found["data"][0];
        assert_eq!((&event["deliveries"], &event["conflictingDeliveries"]), (&json!(4), &json!(2)));
        assert_eq!(event["conflictingAt"], told["lastConflictingAt"]);
        let (_, others) = app.call(Method::GET, "/api/events?conflicting=false", None).await;
        assert_eq!(others["data"], json!([]));
        let (_, sales) = app.call(Method::GET, "/api/sales", None).await;
        assert_eq!((&sales["data"][0]["amount"], sales["data"].as_array().unwrap().len()), (&json!(2_500), 1));
        let report = audit(&*app.app.store, app.app.now(), &app.org).await.unwrap();
        assert_eq!((report.clean, report.conflicting_deliveries), (true, 2));
        let (_, test) = app.call(Method::GET, "/api/status?livemode=false", None).await;
        assert_eq!(test["conflictingDeliveries"], 0);
    }

    async fn two_that_differ_and_come_at_once_are_told_apart(db: TestDb) {
        let mut app = TestApp::start(&db).await;
        app.source("stripe", "stripe", true, Settings::default()).await;
        let sent = &fixture("stripe/f03-one-time-checkout-refunded").deliveries[0];
        let bodies: Vec<String> = (0..8)
            .map(|number| altered(&sent.body, &[("/data/object/amount_total", json!(1_000 + number / 4))]))
            .collect();
        let deliveries = bodies.iter().map(|body| app.deliver("stripe", &sent.headers, body));
        let answers = join_all(deliveries).await;
        assert!(answers.iter().all(|answer| *answer == StatusCode::OK));
        assert_eq!(status(&app).await["conflictingDeliveries"], 4);
    }
}
