//! A month in which the server was down for hours, and what asking the processors makes good.

mod access;
mod export;
mod invoices;
mod traffic;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use axum::http::StatusCode;
use providers::history::Span;
use providers::{Secret, Settings};
use serde_json::{Value, json};
use tributary::books::reconciliations as books;
use tributary::clock::TestClock;
use tributary::config::{Config, Flags};
use tributary::fixtures::{Expect, Fixture};
use tributary::reconcile::{self, Goal, Reconciler, Trouble, Walk};
use tributary::sources::Source;
use tributary::{args, store::Statement};

use self::traffic::Month;
use crate::http::ledger::{ledger, states};
use crate::support::TestDb;
use crate::support::app::{NOW, TestApp};
use crate::support::processors::paddle::Paddle;
use crate::support::processors::polar::Polar;
use crate::support::processors::shopify::Shopify;
use crate::support::processors::stripe::Stripe;
use crate::support::processors::{Processor, Weather};
use crate::support::shipped::{fixture, promised};

/// Of a client and its secret, where that is wanted.
const KEY: &str = "rk_live_client:of_the_account";

static ROWS: Statement = Statement::new(
    "select (select count(*) from events where organization_id = $1) as events,
         (select count(*) from entries where organization_id = $1) as entries,
         (select count(*) from sales where organization_id = $1) as sales,
         (select count(*) from findings where organization_id = $1) as findings",
);

/// How much there is.
async fn rows(app: &TestApp) -> [i64; 4] {
    let rows = app
        .app
        .store
        .read(&ROWS, args![app.org.as_str()])
        .await
        .unwrap();
    ["events", "entries", "sales", "findings"].map(|name| rows[0].int(name).unwrap())
}

/// A server with a source whose processor is at `url`.
async fn server(
    db: &TestDb,
    processor: &str,
    url: &str,
    settings: Settings,
) -> (TestApp, Reconciler, Source) {
    let variable = format!("TRIBUTARY_{}_API_URL", processor.to_ascii_uppercase());
    let mut app = TestApp::start_with(db, &[(&variable, url)]).await;
    app.clock.set(month_ago());
    let source = app
        .source("source", processor, true, settings)
        .await
        .clone();
    app.clock.set(NOW);
    app.settle().await;
    let environment = BTreeMap::from([(variable, url.to_owned())]);
    let config = Config::read(Flags::default(), &environment, None, &[]).unwrap();
    let parts = (
        app.app.store.clone(),
        app.app.clock.clone(),
        app.app.ids.clone(),
    );
    (app, Reconciler::new(&config, parts, None), source)
}

async fn keep_key(app: &TestApp, source: &Source, key: &str) {
    let key = Secret::new(key).unwrap();
    reconcile::keep(&app.scope(), &app.app.seal, source, &key)
        .await
        .unwrap();
}

async fn standing(app: &TestApp, source: &Source) -> books::Reconciliation {
    let scope = app.app.books(&app.org);
    books::of(&scope, &source.id).await.unwrap().unwrap()
}

/// Lets time pass until the job has asked for all.
async fn ask_until_done(app: &TestApp, source: &Source) -> books::Reconciliation {
    for _ in 0..2_000 {
        app.settle().await;
        let one = standing(app, source).await;
        if one.walk.is_none() && one.finished_at.is_some() {
            return one;
        }
        app.clock.advance(Duration::from_secs(20));
    }
    let one = standing(app, source).await;
    panic!("it comes to no end: {:?} {:?}", one.error, one.walk);
}

/// How often a processor may ask to be left alone for a while.
const TURNED_AWAY_MAX: usize = 50;

/// Asks for a span as the command does; answers what was missing.
async fn ask(reconciler: &Reconciler, source: &Source, span: Span, goal: Goal) -> Walk {
    let history = providers::history(&source.processor).unwrap();
    let line = reconciler.open(source).await.unwrap();
    let mut walk = Walk::new(history, source, span, reconciler.clock.now());
    let mut turned_away = 0;
    while !walk.is_over() {
        match reconciler.step(&line, source, &mut walk, goal).await {
            Ok(_) => {}
            Err(Trouble::Passing { .. }) if turned_away < TURNED_AWAY_MAX => turned_away += 1,
            Err(trouble) => panic!("{trouble:?}"),
        }
    }
    walk
}

/// The ledger, but for what is parked: how many events wait is not what they add up to.
fn money(ledger: Expect) -> Expect {
    Expect {
        parked: 0,
        ..ledger
    }
}

/// Fails with what differs alone: a month is long.
fn same(is: &Expect, should: &Expect) {
    let lacking: Vec<_> = should
        .sales
        .iter()
        .filter(|sale| !is.sales.contains(sale))
        .collect();
    let beside: Vec<_> = is
        .sales
        .iter()
        .filter(|sale| !should.sales.contains(sale))
        .collect();
    assert!(
        lacking.is_empty() && beside.is_empty(),
        "lacks {lacking:#?}\nhas {beside:#?}"
    );
    assert_eq!(is.balances, should.balances);
}

/// Delivers the month but for what came while the server was down. Answers how many did not arrive.
async fn live_through(app: &mut TestApp, month: &Month) -> usize {
    for fixture in &month.fixtures {
        app.prepare("source", fixture).await;
    }
    let mut lost = 0;
    for one in &month.made {
        if !month.arrives(one) {
            lost += 1;
            continue;
        }
        let status = app.deliver("source", &one.headers, &one.body).await;
        assert_eq!(status, StatusCode::OK);
    }
    app.settle().await;
    lost
}

/// The whole of what this is for: hours are lost, the job asks, the ledger is that of all deliveries, and asking again changes nothing.
async fn makes_good(
    app: &mut TestApp,
    month: &Month,
    processor: &Processor,
    (reconciler, source): (&Reconciler, &Source),
) {
    let lost = live_through(app, month).await;
    let whole = money(promised(&month.fixtures));
    assert!(lost > 10, "{lost} deliveries were lost");
    assert_ne!(money(ledger(app).await), whole, "what was lost mattered");

    keep_key(app, source, KEY).await;
    let span = Span {
        since: month_ago(),
        until: NOW,
    };
    let before = rows(app).await;
    let told = ask(reconciler, source, span, Goal::Report).await;
    assert!(told.missing > 0 && told.told >= told.missing);
    assert_eq!(rows(app).await, before, "a report writes nothing");

    processor.weather(Weather::BAD);
    app.clock.advance(Duration::from_hours(2));
    let one = ask_until_done(app, source).await;
    processor.weather(Weather::default());
    assert!(
        processor.answered(429) > 0 && processor.answered(503) > 0,
        "it was no easy day"
    );
    assert!(one.missing > 0, "{one:?}", one = (one.told, one.missing));
    same(&money(ledger(app).await), &whole);

    let mut found = 0;
    for livemode in [true, false] {
        let since = NOW.plus_days(-1);
        let told = books::only_found(&app.app.books(&app.org), livemode, since).await;
        found += told.unwrap().iter().map(|one| one.events).sum::<i64>();
    }
    assert_eq!(found, rows(app).await[3]);

    let before = rows(app).await;
    app.clock.advance(Duration::from_hours(2));
    ask_until_done(app, source).await;
    let again = ask(reconciler, source, span, Goal::Apply).await;
    app.settle().await;
    assert_eq!(
        (again.missing, rows(app).await),
        (0, before),
        "a second run changes nothing"
    );
    assert_eq!(states(app).await.get("received"), None);
}

/// The day on which a source is added: the month begins.
fn month_ago() -> providers::Micros {
    NOW.plus_days(-29)
}

on_both_databases! {
    async fn a_month_of_stripe_with_lost_hours_adds_up_to_the_same_ledger(db: TestDb) {
        let month = Month::of("stripe", 1);
        let clock = Arc::new(TestClock::at(NOW));
        let events = BTreeMap::from([(KEY.to_owned(), bodies(&month))]);
        let stripe = Processor::start(Stripe { events, clock }).await;
        let (mut app, reconciler, source) = server(&db, "stripe", &stripe.url(), Settings::default()).await;
        makes_good(&mut app, &month, &stripe, (&reconciler, &source)).await;
    }

    async fn a_month_of_paddle_with_lost_hours_adds_up_to_the_same_ledger(db: TestDb) {
        let month = Month::of("paddle", 2);
        let clock = Arc::new(TestClock::at(NOW));
        let paddle = Processor::start(Paddle { key: KEY.to_owned(), events: bodies(&month), clock }).await;
        let (mut app, reconciler, source) = server(&db, "paddle", &paddle.url(), Settings::default()).await;
        makes_good(&mut app, &month, &paddle, (&reconciler, &source)).await;
    }

    async fn a_month_of_polar_with_lost_hours_adds_up_to_the_same_ledger(db: TestDb) {
        let month = Month::of("polar", 3);
        let polar = Polar { key: KEY.to_owned(), events: bodies(&month), disputes: Vec::new() };
        let polar = Processor::start(polar).await;
        let (mut app, reconciler, source) = server(&db, "polar", &polar.url(), Settings::default()).await;
        makes_good(&mut app, &month, &polar, (&reconciler, &source)).await;
    }

    async fn a_month_of_shopify_with_lost_hours_adds_up_to_the_same_ledger(db: TestDb) {
        let month = Month::with("shopify", 4, is_told_whole);
        let told = month.made.iter().map(|one| (topic(&one.headers).to_owned(), serde_json::from_str(&one.body).unwrap()));
        let shopify = Shopify { key: KEY.to_owned(), told: told.collect(), asked: AtomicUsize::new(0), scopes: Arc::default() };
        let shopify = Processor::start(shopify).await;
        let (mut app, reconciler, source) = server(&db, "shopify", &shopify.url(), Settings::default()).await;
        makes_good(&mut app, &month, &shopify, (&reconciler, &source)).await;
    }

    async fn a_lost_dispute_of_polar_takes_back_what_no_delivery_tells_of(db: TestDb) {
        let fixture = fixture("polar/p10-two-partial-refunds");
        let paid: Value = serde_json::from_str(&fixture.deliveries[0].body).unwrap();
        let order = &paid["data"];
        let dispute = json!({"id": "d1", "status": "lost", "order_id": order["id"], "amount": order["net_amount"],
            "tax_amount": order["tax_amount"], "currency": order["currency"], "created_at": "2026-10-01T10:00:00Z", "modified_at": "2026-11-20T10:00:00Z"});
        let polar = Polar { key: KEY.to_owned(), events: vec![paid.clone()], disputes: vec![dispute] };
        let polar = Processor::start(polar).await;
        let (mut app, reconciler, source) = server(&db, "polar", &polar.url(), Settings::default()).await;
        app.prepare("source", fixture).await;
        let sent = &fixture.deliveries[0];
        app.deliver("source", &sent.headers, &sent.body).await;
        app.settle().await;
        let before = ledger(&app).await;
        assert_eq!((before.sales[0].amount_disputed, before.balances.len()), (0, 1));
        keep_key(&app, &source, KEY).await;
        let span = Span { since: month_ago(), until: NOW };
        assert_eq!(ask(&reconciler, &source, span, Goal::Apply).await.missing, 1);
        app.settle().await;
        let after = ledger(&app).await;
        assert_eq!((after.sales[0].amount_disputed, after.balances.len()), (after.sales[0].amount, 0));
        assert_eq!(ask(&reconciler, &source, span, Goal::Apply).await.missing, 0);
    }
}

/// Whether the orders of a scenario, as they were told last, hold all that was told of them: then that is how Shopify shows them.
fn is_told_whole(fixture: &Fixture) -> bool {
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    let (mut refunds, mut clicks) = (Vec::new(), Vec::new());
    for sent in &fixture.deliveries {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        match topic(&sent.headers) {
            "refunds/create" => refunds.push((body["order_id"].to_string(), body["id"].clone())),
            topic if topic.starts_with("orders/") && topic != "orders/edited" => {
                for told in body["note_attributes"].as_array().into_iter().flatten() {
                    clicks.push((body["id"].to_string(), told.clone()));
                }
                let known = last.entry(body["id"].to_string()).or_default();
                if known["updated_at"].as_str() <= body["updated_at"].as_str() {
                    *known = body;
                }
            }
            _ => return false,
        }
    }
    let has = |order: &Value, id: &Value| {
        order["refunds"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["id"] == *id))
    };
    // Another app may have cleared them since.
    let keeps = |(order, told): &(String, Value)| {
        let kept = last
            .get(order)
            .and_then(|order| order["note_attributes"].as_array());
        kept.is_some_and(|kept| kept.contains(told))
    };
    let is_order = last.values().all(|order| order["updated_at"].is_string());
    is_order
        && !last.is_empty()
        && clicks.iter().all(keeps)
        && refunds
            .iter()
            .all(|(order, id)| last.get(order).is_some_and(|order| has(order, id)))
}

fn topic(headers: &[(String, String)]) -> &str {
    let found = headers.iter().find(|(name, _)| name == "x-shopify-topic");
    found.map_or("", |(_, topic)| topic.as_str())
}

/// The bodies of all deliveries of a month, whether they arrived or not.
fn bodies(month: &Month) -> Vec<Value> {
    month
        .made
        .iter()
        .map(|one| serde_json::from_str(&one.body).unwrap())
        .collect()
}
