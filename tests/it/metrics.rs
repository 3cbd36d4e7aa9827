//! The metrics: who sees them, what they count, and that dashboard and alarms ask for what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use providers::{Micros, Secret, Settings};
use tower::ServiceExt as _;
use tributary::actor::{Actor, WriteScope};
use tributary::app::App;
use tributary::clock::TestClock;
use tributary::config::{Config, Flags};
use tributary::id::IdSource;
use tributary::sources::NewSource;
use tributary::store::Statement;
use tributary::{args, http, metrics, organization};

use crate::support::TestDb;
use crate::support::app::{NOW, secret_of};

static MAIL: Statement = Statement::new(
    "insert into mails (organization_id, id, kind, subject_id, recipient_id, occasion, state, attempts, next_at, created_at)
     values ($1, $2, 'commission', $2, '', '', $3, 0, 0, 0)",
);

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// A server with metrics as the environment says.
fn server(db: &TestDb, environment: &[(&str, &str)]) -> (Arc<App>, Router) {
    let environment: BTreeMap<String, String> = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let config = Config::read(Flags::default(), &environment, None, &[]).unwrap();
    let clock = Arc::new(TestClock::at(NOW));
    let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
    let app = App::with(&config, db.store.clone(), clock, ids);
    (app.clone(), http::router(app))
}

async fn get(router: &Router, token: Option<&str>) -> (u16, String) {
    let mut request = Request::get("/metrics");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// A source of Stripe, and what it is sent: one good delivery twice, one forged.
async fn busy(app: &App, router: &Router) {
    let (store, ids) = (app.store.as_ref(), &app.ids);
    let org = organization::create(store, ids, &Actor::Server, "Acme", app.now())
        .await
        .unwrap();
    let new = NewSource {
        processor: "stripe",
        secrets: vec![secret_of("stripe")],
        livemode: true,
        settings: Settings::default(),
        may_be_default: true,
    };
    let scope = WriteScope::of_server(store, ids, &org.id, app.now());
    app.desk().add(&scope, new).await.unwrap();
    let body = r#"{"id":"evt_1","object":"event","type":"customer.renamed","livemode":true,"data":{"object":{"object":"customer","id":"cus_1"}}}"#;
    let forger = Secret::new("whsec_of_somebody_else").unwrap();
    for secret in [&secret_of("stripe"), &secret_of("stripe"), &forger] {
        let adapter = providers::adapter("stripe").unwrap();
        let signed = adapter.sign(
            body.as_bytes(),
            &[],
            secret,
            &Settings::default(),
            app.now(),
        );
        let signed = signed.unwrap();
        let mut request = Request::post("/webhooks/stripe");
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(signed.body)).unwrap();
        router.clone().oneshot(request).await.unwrap();
    }
    app.ledger.work_all().await.unwrap();
}

fn figure(scrape: &str, sample: &str) -> String {
    let line = scrape.lines().find(|line| line.starts_with(sample));
    let line = line.unwrap_or_else(|| panic!("no {sample} in\n{scrape}"));
    line.rsplit(' ').next().unwrap().to_owned()
}

on_both_databases! {
    async fn metrics_are_nobodys_unless_the_owner_says_whose(db: TestDb) {
        let (app, router) = server(&db, &[]);
        assert_eq!(get(&router, None).await.0, 404);
        assert_eq!(get(&router, Some(TOKEN)).await.0, 404);
        // As long as it is there a delivery could come.
        drop(router);
        app.stop().await;
    }

    async fn a_token_opens_the_metrics_beside_the_other_pages(db: TestDb) {
        let (_app, router) = server(&db, &[("TRIBUTARY_METRICS_TOKEN", TOKEN)]);
        assert_eq!(get(&router, None).await.0, 401);
        assert_eq!(get(&router, Some("0123456789abcdef0123456789abcdee")).await.0, 401);
        let (status, scrape) = get(&router, Some(TOKEN)).await;
        assert_eq!(status, 200);
        assert!(scrape.ends_with("# EOF\n"), "{scrape}");
    }

    async fn an_address_of_its_own_needs_no_token_and_opens_no_other(db: TestDb) {
        let (app, router) = server(&db, &[("TRIBUTARY_METRICS_LISTEN", "127.0.0.1:0")]);
        assert_eq!(get(&router, None).await.0, 404);
        assert_eq!(get(&metrics::router(app), None).await.0, 200);
    }

    async fn a_delivery_is_counted_by_what_became_of_it(db: TestDb) {
        let (app, router) = server(&db, &[("TRIBUTARY_METRICS_TOKEN", TOKEN)]);
        busy(&app, &router).await;
        let scrape = get(&router, Some(TOKEN)).await.1;
        let deliveries = |r#type: &str, outcome: &str| {
            let labels = format!("processor=\"stripe\",type=\"{type}\",outcome=\"{outcome}\"");
            figure(&scrape, &format!("tributary_deliveries_total{{{labels}}}"))
        };
        assert_eq!(deliveries("other", "stored"), "1");
        assert_eq!(deliveries("other", "duplicate"), "1");
        assert_eq!(deliveries("unread", "refused"), "1");
        assert_eq!(figure(&scrape, "tributary_refusals_total{part=\"webhooks\",reason=\"mismatch\"}"), "1");
        assert_eq!(figure(&scrape, "tributary_answer_seconds_count{part=\"webhooks\",status=\"2xx\"}"), "2");
        assert_eq!(figure(&scrape, "tributary_answer_seconds_count{part=\"webhooks\",status=\"4xx\"}"), "1");
        // One for the process, whatever else runs in it.
        assert_ne!(figure(&scrape, "tributary_record_seconds_count"), "0");
        assert_eq!(figure(&scrape, "tributary_events{state=\"received\"}"), "0");
        assert!(!scrape.contains("customer.renamed"), "{scrape}");
    }

    async fn mails_that_wait_or_were_given_up_and_webhooks_that_wait_are_counted(db: TestDb) {
        let (app, router) = server(&db, &[("TRIBUTARY_METRICS_TOKEN", TOKEN)]);
        busy(&app, &router).await;
        let org = organization::list(app.store.as_ref()).await.unwrap()[0].id.clone();
        let mut transaction = app.store.begin().await.unwrap();
        for (id, state) in [("m1", "pending"), ("m2", "failed"), ("m3", "failed"), ("m4", "sent")] {
            transaction.run(&MAIL, args![org.as_str(), id, state]).await.unwrap();
        }
        transaction.commit().await.unwrap();
        let scrape = get(&router, Some(TOKEN)).await.1;
        assert_eq!(figure(&scrape, "tributary_mails{state=\"waiting\"}"), "1");
        assert_eq!(figure(&scrape, "tributary_mails{state=\"failed\"}"), "2");
        assert_eq!(figure(&scrape, "tributary_webhooks_waiting"), "0");
        // Told from the start, and counted for the process, whatever else runs in it.
        figure(&scrape, "tributary_mail_attempts_total{outcome=\"put_off\"}");
        figure(&scrape, "tributary_webhook_attempts_total{outcome=\"failed\"}");
    }

    async fn deliveries_are_told_as_none_before_the_first(db: TestDb) {
        let (_app, router) = server(&db, &[("TRIBUTARY_METRICS_TOKEN", TOKEN)]);
        let scrape = get(&router, Some(TOKEN)).await.1;
        for labels in [
            "processor=\"stripe\",type=\"invoice.paid\",outcome=\"stored\"",
            "processor=\"shopify\",type=\"other\",outcome=\"stored\"",
            "processor=\"polar\",type=\"unread\",outcome=\"refused\"",
            "processor=\"paddle\",type=\"unread\",outcome=\"unavailable\"",
        ] {
            assert_eq!(figure(&scrape, &format!("tributary_deliveries_total{{{labels}}}")), "0");
        }
    }

    async fn dashboard_and_alarms_ask_for_figures_that_there_are(db: TestDb) {
        let (app, router) = server(&db, &[("TRIBUTARY_METRICS_TOKEN", TOKEN)]);
        busy(&app, &router).await;
        let scrape = get(&router, Some(TOKEN)).await.1;
        let known: BTreeSet<&str> = scrape
            .lines()
            .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
            .collect();
        for file in ["ops/grafana/tributary.json", "ops/prometheus/alerts.yml"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let text = fs::read_to_string(path).unwrap();
            let names = names(&text);
            assert!(names.len() > 5, "{file}: {names:?}");
            for name in names {
                let stem = ["_bucket", "_count", "_sum", "_total"]
                    .iter()
                    .find_map(|end| name.strip_suffix(end))
                    .unwrap_or(name);
                assert!(known.contains(stem), "{file} asks for {name}; there are {known:?}");
            }
        }
        let dashboard = Path::new(env!("CARGO_MANIFEST_DIR")).join("ops/grafana/tributary.json");
        let dashboard = fs::read_to_string(dashboard).unwrap();
        for name in &known {
            assert!(dashboard.contains(name), "the dashboard does not show {name}");
        }
    }
}

#[test]
fn what_each_replica_tells_of_the_database_is_never_summed() {
    for file in ["ops/grafana/tributary.json", "ops/prometheus/alerts.yml"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(path).unwrap();
        for name in [
            "events{",
            "mails{",
            "webhooks_waiting",
            "reconcile_",
            "books_",
        ] {
            let summed = format!("sum(tributary_{name}");
            assert!(!text.contains(&summed), "{file}: {summed}");
        }
    }
}

/// What a text asks for that begins with our prefix.
fn names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("tributary_"))
        .collect()
}

#[test]
fn the_time_of_an_id_is_what_recording_is_measured_from() {
    let clock = Arc::new(TestClock::at(Micros::from_millis(1_795_348_800_123)));
    let ids = IdSource::seeded(clock, 1);
    let made = tributary::id::made_at(&ids.make("evt"));
    assert_eq!(made, Some(Micros::from_millis(1_795_348_800_123)));
}
