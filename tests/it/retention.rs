//! Retention: bodies go in their time, what they said stays, and everybody who asks for one is told why it is gone.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use providers::Settings;
use serde_json::{Value, json};
use tributary::actor::Actor;
use tributary::args;
use tributary::audit::audit;
use tributary::clock::TestClock;
use tributary::jobs::{Job, Outcome};
use tributary::reprocess::{Filter, reprocess};
use tributary::retention::{KIND, Retention, remove_old_bodies};
use tributary::store::Statement;

use crate::scene::{NOW, Scene};
use crate::support::TestDb;
use crate::support::app::TestApp;
use crate::support::dump::everything;
use crate::support::shipped::fixture;

const DAYS: u32 = 30;
const DAY_SECONDS: i64 = 86_400;

static BODIES: Statement = Statement::new(
    "select e.id, e.state, e.body_removed_at, b.event_id from events e
     left join event_bodies b on b.organization_id = $1 and b.event_id = e.id
     where e.organization_id = $1 order by e.id",
);

/// State, whether its removal is noted, and whether its body is there, of each event.
async fn bodies(scene: &Scene) -> Vec<(String, bool, bool)> {
    let rows = scene.run(&BODIES, args![scene.org.as_str()]).await;
    rows.iter()
        .map(|row| {
            let noted = row.opt_int("body_removed_at").unwrap().is_some();
            let there = row.opt_text("event_id").unwrap().is_some();
            (row.text("state").unwrap().to_owned(), noted, there)
        })
        .collect()
}

async fn remove(scene: &Scene, days_later: i64) {
    let retention = Retention {
        store: scene.store.clone(),
        clock: Arc::new(TestClock::at(NOW.plus_seconds(days_later * DAY_SECONDS))),
        bodies_days: Some(DAYS),
    };
    let job = Job {
        organization_id: scene.org.clone(),
        id: KIND.to_owned(),
        kind: KIND.to_owned(),
        payload: "{}".to_owned(),
        attempt: 1,
        pokes: 0,
    };
    let outcome = remove_old_bodies(retention, job).await.unwrap();
    assert_eq!(outcome, Outcome::Done);
}

/// All rows of the ledger, as text.
async fn ledger(scene: &Scene) -> Vec<String> {
    let mut lines = everything(&*scene.store).await;
    let of_ledger = [
        "sales:",
        "entries:",
        "facts:",
        "customers:",
        "leads:",
        "names:",
    ];
    lines.retain(|line| of_ledger.iter().any(|table| line.starts_with(table)));
    lines
}

/// A shop with one order, and one delivery that says nothing which counts.
async fn shop(db: &TestDb) -> TestApp {
    let days = DAYS.to_string();
    let settings = [("TRIBUTARY_RETENTION_BODIES_DAYS", days.as_str())];
    let mut app = TestApp::start_with(db, &settings).await;
    app.source("shop", "shopify", true, Settings::default())
        .await;
    let order = &fixture("shopify/s18-renewal").deliveries[0].body;
    deliver(&app, "orders/paid", "w-1", order).await;
    deliver(&app, "draft_orders/create", "w-2", r#"{"id":5}"#).await;
    app
}

async fn deliver(app: &TestApp, topic: &str, id: &str, body: &str) {
    let headers = [
        ("x-shopify-topic", topic),
        ("x-shopify-shop-domain", "northwind-tea.myshopify.com"),
        ("x-shopify-api-version", "2026-04"),
        ("x-shopify-webhook-id", id),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let status = app.deliver("shop", &headers, body).await;
    assert_eq!(status, StatusCode::OK);
    app.settle().await;
}

async fn get(app: &TestApp, path: &str) -> (StatusCode, Value) {
    app.call(Method::GET, path, None).await
}

async fn event(app: &TestApp, external_id: &str) -> Value {
    let (_, list) = get(app, &format!("/api/events?externalId={external_id}")).await;
    list["data"][0].clone()
}

on_both_databases! {
    async fn bodies_go_when_they_are_old_and_the_ledger_of_all_fixtures_stays_clean(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed_all().await;
        let before = bodies(&scene).await;
        let ledger_before = ledger(&scene).await;
        remove(&scene, i64::from(DAYS) - 1).await;
        assert_eq!(bodies(&scene).await, before, "not old enough");
        remove(&scene, i64::from(DAYS) + 1).await;
        let after = bodies(&scene).await;
        assert!(after.iter().any(|(_, noted, _)| *noted));
        for (state, noted, there) in &after {
            let is_settled = ["processed", "ignored"].contains(&state.as_str());
            assert_eq!((*noted, *there), (is_settled, !is_settled), "{state}");
        }
        assert_eq!(ledger(&scene).await, ledger_before);

        let report = audit(&*scene.store, NOW, &scene.org).await.unwrap();
        assert!(report.clean && report.from_stored_facts > 0, "{:#?}", report.differences);
        let again = reprocess(&scene.tools, &scene.org, &Actor::Server, &Filter::default(), false).await.unwrap();
        assert!(again.sales.is_empty() && again.commissions.is_empty(), "{again:#?}");
        assert!(audit(&*scene.store, NOW, &scene.org).await.unwrap().clean);
    }

    async fn what_waits_keeps_its_body_until_it_does_not(db: TestDb) {
        let scene = Scene::new(&db).await;
        let own = fixture("stripe/f13-two-partial-refunds");
        let source = scene.prepare("late", own).await;
        let mut arrivals = scene.arrivals(&source, own);
        // The refunds come first, and wait for their payment.
        let rest = arrivals.split_off(arrivals.len() - 2);
        scene.deliver_at_once(rest).await;
        scene.work().await;
        remove(&scene, 400).await;
        let waiting = bodies(&scene).await;
        assert!(waiting.iter().all(|(_, noted, there)| !noted && *there), "{waiting:?}");
        scene.deliver_at_once(arrivals).await;
        scene.work().await;
        remove(&scene, 400).await;
        assert!(bodies(&scene).await.iter().all(|(_, noted, there)| *noted && !there));
        assert!(audit(&*scene.store, NOW, &scene.org).await.unwrap().clean);
    }

    async fn who_asks_for_a_body_is_told_that_retention_removed_it(db: TestDb) {
        let app = shop(&db).await;
        let id = event(&app, "w-1").await["id"].as_str().unwrap().to_owned();
        assert_eq!(get(&app, &format!("/api/events/{id}/payload")).await.0, StatusCode::OK);
        app.clock.advance(Duration::from_hours(24 * 32));
        app.settle().await;
        let (status, answer) = get(&app, &format!("/api/events/{id}/payload")).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::GONE, &json!("GONE")));
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("removed by retention on 2026-12-24"), "{message}");
        assert!(event(&app, "w-1").await["payloadRemovedAt"].is_string());
        let (_, sales) = get(&app, "/api/sales").await;
        let path = format!("/api/sales/{}/explain", sales["data"][0]["id"].as_str().unwrap());
        let (_, explained) = get(&app, &path).await;
        let told = &explained["deliveries"][0];
        assert_eq!(told["fromStoredFacts"], true);
        assert!(told["bodyRemovedAt"].is_string(), "{told}");

        // The same delivery once more is a duplicate, and says nothing new.
        let order = &fixture("shopify/s18-renewal").deliveries[0].body;
        deliver(&app, "orders/paid", "w-1", order).await;
        assert_eq!(event(&app, "w-1").await["deliveries"], 2);
        let (_, again) = get(&app, "/api/sales").await;
        assert_eq!(again, sales);
    }

    async fn a_customer_whose_bodies_were_removed_can_be_erased(db: TestDb) {
        let app = shop(&db).await;
        app.clock.advance(Duration::from_hours(24 * 32));
        app.settle().await;
        let (_, customers) = get(&app, "/api/customers").await;
        let email = customers["data"][0]["email"].as_str().unwrap().to_lowercase();
        let order = &fixture("shopify/s18-renewal").deliveries[0].body;
        let order: Value = serde_json::from_str(order).unwrap();
        let redact = json!({"shop_id": 1, "shop_domain": "northwind-tea.myshopify.com",
            "customer": {"id": order["customer"]["id"], "email": email}, "orders_to_redact": []});
        deliver(&app, "customers/redact", "w-9", &redact.to_string()).await;
        let left = everything(&*app.app.store).await;
        let left: Vec<_> = left.iter().filter(|line| line.contains(&email)).collect();
        assert!(left.is_empty(), "{left:#?}");
        let report = audit(&*app.app.store, app.app.now(), &app.org).await.unwrap();
        assert!(report.clean, "{:#?}", report.differences);
        let erased = event(&app, "w-9").await["id"].as_str().unwrap().to_owned();
        let (status, answer) = get(&app, &format!("/api/events/{erased}/payload")).await;
        assert_eq!(status, StatusCode::GONE, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("privacy law"));
    }

    async fn without_a_setting_nothing_is_removed(db: TestDb) {
        let app = TestApp::start(&db).await;
        app.clock.advance(Duration::from_hours(24 * 4_000));
        app.settle().await;
        let mut app = app;
        app.source("shop", "shopify", true, Settings::default()).await;
        let order = &fixture("shopify/s18-renewal").deliveries[0].body;
        deliver(&app, "orders/paid", "w-1", order).await;
        app.clock.advance(Duration::from_hours(24 * 4_000));
        app.settle().await;
        let id = event(&app, "w-1").await["id"].as_str().unwrap().to_owned();
        assert_eq!(get(&app, &format!("/api/events/{id}/payload")).await.0, StatusCode::OK);
    }
}
