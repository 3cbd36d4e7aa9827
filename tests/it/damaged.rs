//! Stored settings that cannot be read: an error that names them, for those alone that need them, until they are mended.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use tributary::args;
use tributary::store::Statement;

use crate::scene::Scene;
use crate::support::app::{NOW, TestApp};
use crate::support::shipped::fixture;

static SET_SETTINGS: Statement =
    Statement::new("update sources set settings = $3 where organization_id = $1 and id = $2");
static EVENTS: Statement = Statement::new(
    "select source_id, state, reason from events where organization_id = $1 order by id",
);
static SET_MODEL: Statement =
    Statement::new("update policies set model = $3 where organization_id = $1 and program_id = $2");
static SET_RULE: Statement =
    Statement::new("update rules set body = $3 where organization_id = $1 and program_id = $2");
static RULE: Statement =
    Statement::new("select body from rules where organization_id = $1 and program_id = $2");
static SET_CURRENCY: Statement =
    Statement::new("update programs set currency = $3 where organization_id = $1 and id = $2");
static SET_RATES: Statement =
    Statement::new("update rates set places = $2 where organization_id = $1");
static STAMP: Statement = Statement::new(
    "update sales set rate = $2 where organization_id = $1 and rate is not null returning id",
);
static STAMPED: Statement =
    Statement::new("select rate from sales where organization_id = $1 and rate is not null");
static ALL_DUE: Statement =
    Statement::new("update neighbourhoods set due_at = 0 where organization_id = $1");
static DUE: Statement = Statement::new(
    "select due_at from neighbourhoods where organization_id = $1 and due_at is not null",
);

const HOUR_MICROS: i64 = 3_600_000_000;

/// State and reason of the events of a source.
async fn states(scene: &Scene, source: &str) -> Vec<(String, Option<String>)> {
    let rows = scene.run(&EVENTS, args![scene.org.as_str()]).await;
    let own = rows
        .iter()
        .filter(|row| row.text("source_id").unwrap() == source);
    own.map(|row| {
        let reason = row.opt_text("reason").unwrap().map(str::to_owned);
        (row.text("state").unwrap().to_owned(), reason)
    })
    .collect()
}

/// A shop with a program of its own for bob; answers the program.
async fn with_a_program_for_bob(app: &TestApp) -> String {
    app.partner("alice").await;
    let (_, program) = app.post("/api/programs", &json!({"name": "Second"})).await;
    let program = program["id"].as_str().unwrap().to_owned();
    let (status, partner) = app
        .post(
            "/api/partners",
            &json!({"name": "Bob", "email": "bob@partners.example"}),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED, "{partner}");
    let link = json!({"key": "bob", "url": "https://shop.example/", "partnerId": partner["id"], "programId": program});
    let (status, link) = app.post("/api/links", &link).await;
    assert_eq!(status, StatusCode::CREATED, "{link}");
    for key in ["alice", "bob"] {
        let click =
            json!({"id": format!("clk_{key}"), "key": key, "clickedAt": "2026-11-22T10:00:00Z"});
        let (status, answer) = app.post("/api/clicks", &click).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    program
}

/// Reports a sale by a click.
async fn sale(app: &TestApp, click: &str, invoice: &str) -> (StatusCode, Value) {
    let body = json!({"clickId": click, "customerExternalId": format!("user_{invoice}"), "amount": 10_000,
        "invoiceId": invoice});
    app.post("/api/track/sale", &body).await
}

/// What bob's sale earns with a program that is as given: an error while it is damaged, and what it was afterwards.
async fn is_an_error_until_mended(
    app: &TestApp,
    program: &str,
    set: &'static Statement,
    (damaged, sound): (Option<&str>, Option<&str>),
) {
    let org = app.org.as_str();
    app.write(set, args![org, program, damaged]).await;
    let (status, answer) = sale(app, "clk_bob", "in_bob").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{answer}");
    let (status, answer) = sale(
        app,
        "clk_alice",
        &format!("in_{}", damaged.unwrap_or_default().len()),
    )
    .await;
    assert_eq!(
        (status, &answer["sale"]["commissionAmount"]),
        (StatusCode::OK, &json!(1_000))
    );
    app.write(set, args![org, program, sound]).await;
}

on_both_databases! {
    async fn a_source_whose_settings_cannot_be_read_fails_its_own_events_alone(db: TestDb) {
        let scene = Scene::new(&db).await;
        let org = scene.org.clone();
        let (damaged, sound) = (fixture("stripe/f13-two-partial-refunds"), fixture("polar/p10-two-partial-refunds"));
        let own = scene.prepare("damaged", damaged).await;
        let other = scene.prepare("sound", sound).await;
        scene.run(&SET_SETTINGS, args![org.as_str(), own.as_str(), "{damaged"]).await;
        scene.deliver_at_once(scene.arrivals(&own, damaged)).await;
        scene.deliver_at_once(scene.arrivals(&other, sound)).await;
        scene.work().await;

        let reason = format!("waits for repair: the settings of source {own} cannot be read");
        for state in states(&scene, &own).await {
            assert_eq!(state, ("failed".to_owned(), Some(reason.clone())));
        }
        for (state, _) in states(&scene, &other).await {
            assert!(["processed", "ignored"].contains(&state.as_str()), "{state}");
        }
        let settings = serde_json::to_string(&damaged.source.settings).unwrap();
        scene.run(&SET_SETTINGS, args![org.as_str(), own.as_str(), settings]).await;
        scene.ledger.retry_damaged(&scene.org).await.unwrap();
        scene.work().await;
        for (state, _) in states(&scene, &own).await {
            assert_eq!(state, "processed");
        }
    }

    async fn a_program_that_cannot_be_read_is_no_other_program(db: TestDb) {
        let app = TestApp::start(&db).await;
        let program = with_a_program_for_bob(&app).await;
        let rules = app.app.store.read(&RULE, args![app.org.as_str(), program.as_str()]).await.unwrap();
        let rule = rules[0].opt_text("body").unwrap().map(str::to_owned);
        for (set, damaged, sound) in [
            (&SET_MODEL, "best_click", Some("last_click")),
            (&SET_RULE, r#"{"reward":{}}"#, rule.as_deref()),
            (&SET_CURRENCY, "€", None),
        ] {
            is_an_error_until_mended(&app, &program, set, (Some(damaged), sound)).await;
        }
        let (status, answer) = sale(&app, "clk_bob", "in_bob").await;
        assert_eq!((status, &answer["sale"]["commissionAmount"]), (StatusCode::OK, &json!(1_000)));
    }

    async fn an_event_of_a_program_that_cannot_be_read_says_so_and_is_folded_once_it_can(db: TestDb) {
        let scene = Scene::new(&db).await;
        let (org, program) = (scene.org.clone(), scene.program.clone());
        let own = fixture("stripe/f13-two-partial-refunds");
        assert!(!own.clicks.is_empty());
        scene.run(&SET_MODEL, args![org.as_str(), program.as_str(), "best_click"]).await;
        let source = scene.feed("stripe/f13-two-partial-refunds").await;
        let reason = format!("waits for repair: a version of the settings of program {program} cannot be read");
        let failed = states(&scene, &source).await;
        assert!(failed.contains(&("failed".to_owned(), Some(reason))), "{failed:?}");

        scene.run(&SET_MODEL, args![org.as_str(), program.as_str(), "last_click"]).await;
        scene.ledger.retry_damaged(&scene.org).await.unwrap();
        scene.work().await;
        let states = states(&scene, &source).await;
        assert!(states.iter().all(|(state, _)| state == "processed"), "{states:?}");
    }

    async fn a_rate_that_cannot_be_read_is_waited_for_and_no_older_one_taken(db: TestDb) {
        let app = TestApp::start(&db).await;
        let program = with_a_program_for_bob(&app).await;
        let euro = json!({"currency": "eur"});
        let (status, answer) = app.call(Method::PATCH, &format!("/api/programs/{program}"), Some(&euro)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let rate = |day: &str, rate: &str| json!([{"base": "usd", "quote": "eur", "day": day, "rate": rate, "source": "ecb"}]);
        app.post("/api/rates", &rate("2026-11-21", "0.5")).await;
        app.write(&SET_RATES, args![app.org.as_str(), -1]).await;
        app.post("/api/rates", &rate("2026-11-20", "0.7")).await;
        let (status, answer) = sale(&app, "clk_bob", "in_bob").await;
        assert_eq!((status, &answer["sale"]["commissionAmount"]), (StatusCode::OK, &json!(0)));
        let (_, sales) = app.call(Method::GET, "/api/sales?invoiceId=in_bob", None).await;
        let id = sales["data"][0]["id"].as_str().unwrap();
        let (_, explained) = app.call(Method::GET, &format!("/api/sales/{id}/explain"), None).await;
        assert!(explained.to_string().contains("that of 2026-11-21 cannot be read"), "{explained}");

        app.post("/api/rates", &rate("2026-11-21", "0.5")).await;
        app.settle().await;
        let (_, sales) = app.call(Method::GET, "/api/sales?invoiceId=in_bob", None).await;
        assert_eq!(sales["data"][0]["commissionAmount"], 500);
    }

    async fn a_sale_whose_rate_cannot_be_read_stays_as_it_is_until_it_can(db: TestDb) {
        let app = TestApp::start(&db).await;
        let program = with_a_program_for_bob(&app).await;
        let euro = json!({"currency": "eur"});
        app.call(Method::PATCH, &format!("/api/programs/{program}"), Some(&euro)).await;
        let rate = |rate: &str| json!([{"base": "usd", "quote": "eur", "day": "2026-11-21", "rate": rate, "source": "ecb"}]);
        app.post("/api/rates", &rate("0.5")).await;
        sale(&app, "clk_bob", "in_bob").await;
        let org = app.org.as_str();
        let stamped = app.app.store.read(&STAMPED, args![org]).await.unwrap();
        let stamped = stamped[0].text("rate").unwrap().to_owned();
        app.write(&STAMP, args![org, "damaged"]).await;
        app.post("/api/rates", &rate("0.9")).await;
        app.write(&ALL_DUE, args![org]).await;
        app.settle().await;
        let due = app.app.store.read(&DUE, args![org]).await.unwrap();
        let due: Vec<i64> = due.iter().map(|row| row.int("due_at").unwrap()).collect();
        assert_eq!(due, [NOW.0 + HOUR_MICROS]);

        app.write(&STAMP, args![org, stamped]).await;
        app.clock.set(NOW.plus_seconds(3_601));
        app.settle().await;
        let (_, sales) = app.call(Method::GET, "/api/sales?invoiceId=in_bob", None).await;
        assert_eq!(sales["data"][0]["commissionAmount"], 500);
        assert!(app.app.store.read(&DUE, args![org]).await.unwrap().is_empty());
    }
}
