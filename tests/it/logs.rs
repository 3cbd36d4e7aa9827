//! Nothing secret or personal is ever logged, at the finest level.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use providers::adapter::SignedDelivery;
use providers::{Micros, Secret, Settings};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt};
use tributary::args;
use tributary::store::Statement;

use crate::support::app::{TestApp, secret_of};
use crate::support::shipped;

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Listens to the whole process from here on, whichever thread speaks.
    fn listen() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            let own = Targets::new()
                .with_target("tributary", LevelFilter::TRACE)
                .with_target("providers", LevelFilter::TRACE);
            let lines = fmt::layer()
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .with_filter(own);
            let subscriber = tracing_subscriber::registry().with(lines);
            tracing::subscriber::set_global_default(subscriber).expect("nobody else listens");
            log
        })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).to_lowercase()
    }
}

/// Scenarios with customers of each processor.
const SCENARIOS: [&str; 5] = ["stripe", "shopify", "paddle", "polar", "revenuecat"];

async fn calls(app: &TestApp) {
    app.click(
        "clk_log",
        "alice",
        Micros::parse_rfc3339("2026-11-20T08:00:00Z").unwrap(),
    )
    .await;
    let sale = json!({"clickId": "clk_log", "customerExternalId": "canary-id@canary.test",
        "customerEmail": "mail@canary.test", "customerName": "Canaria Name", "amount": 100,
        "invoiceId": "inv_log", "metadata": {"note": "canary-note"}});
    for path in [
        "/api/track/sale",
        "/api/track/sale",
        "/api/track/lead",
        "/api/track/click",
    ] {
        app.post(path, &sale).await;
    }
    let mut wrong = sale.clone();
    wrong["amount"] = json!("canary-amount");
    assert_eq!(
        app.post("/api/track/sale", &wrong).await.0,
        StatusCode::BAD_REQUEST
    );
    let (status, _) = app
        .call_as(
            Some("trib_live_canary-key"),
            Method::GET,
            "/api/privacy-requests",
            None,
        )
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let broken = Request::post("/api/track/sale")
        .header("authorization", format!("Bearer {}", app.key))
        .header("idempotency-key", "canary-idempotency")
        .body(Body::from("{\"customerEmail\":\"mail@canary.test\""))
        .unwrap();
    assert_eq!(app.send(broken).await.0, StatusCode::BAD_REQUEST);
}

async fn forged(app: &TestApp, source: &str) {
    let path = app.source_of(source).0.url("");
    let stripe = providers::adapter("stripe").unwrap();
    let secret = Secret::new("whsec_canary_forged").unwrap();
    let body = br#"{"id":"evt_1","email":"mail@canary.test"}"#;
    let signed = stripe.sign(body, &[], &secret, &Settings::default(), app.app.now());
    app.post_delivery(&path, signed.unwrap()).await;
    let headers = vec![(
        "stripe-signature".to_owned(),
        "t=canary-signature".to_owned(),
    )];
    let unsigned = SignedDelivery {
        headers,
        body: body.to_vec(),
    };
    app.post_delivery(&path, unsigned).await;
}

on_both_databases! {
    async fn nothing_secret_or_personal_is_logged(db: TestDb) {
        let log = Log::listen();
        let mut app = TestApp::start(&db).await;
        let mut delivered = BTreeMap::new();
        for processor in SCENARIOS {
            app.source(processor, processor, true, Settings::default()).await;
            for sent in shipped::of(processor).into_iter().take(4).flat_map(|f| &f.deliveries) {
                let status = app.deliver(processor, &sent.headers, &sent.body).await;
                assert_eq!(status, StatusCode::OK, "{processor}");
                *delivered.entry(processor).or_insert(0) += usize::from(sent.body.contains("@example.com"));
            }
            forged(&app, processor).await;
        }
        assert!(delivered["stripe"] > 0 && delivered["shopify"] > 0, "{delivered:?}");
        calls(&app).await;
        let redact = json!({"shop_id": 1, "shop_domain": "acme.myshopify.com", "orders_to_redact": [],
            "customer": {"id": 1, "email": "mail@canary.test"}});
        let headers = [("x-shopify-topic", "customers/redact"), ("x-shopify-shop-domain", "acme.myshopify.com"),
            ("x-shopify-webhook-id", "canary")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        app.deliver("shopify", &headers, &redact.to_string()).await;
        app.settle().await;
        let text = log.text();
        for line in ["a delivery was stored", "deliveries were refused", "a privacy request was carried out"] {
            assert!(text.contains(line), "{line} is logged");
        }
        let key = app.key.to_lowercase();
        let mut secrets: Vec<String> = SCENARIOS.iter().map(|p| secret_of(p).expose().to_lowercase()).collect();
        secrets.extend([key, "canar".to_owned(), "@example.com".to_owned(), "forged".to_owned()]);
        for secret in secrets {
            let lines: Vec<&str> = text.lines().filter(|line| line.contains(&secret)).collect();
            assert!(lines.is_empty(), "{secret} is logged: {lines:#?}");
        }
    }
}

static BREAK: Statement = Statement::new("drop table rates");

on_both_databases! {
    async fn what_fails_in_the_database_is_logged_with_route_organization_and_request(db: TestDb) {
        let log = Log::listen();
        let app = TestApp::start(&db).await;
        app.write(&BREAK, args![]).await;
        let ask = |id: &str| {
            let request = Request::get("/api/rates?base=usd").header("authorization", format!("Bearer {}", app.key));
            request.header("x-request-id", id.to_owned()).body(Body::empty()).unwrap()
        };
        let (status, answer) = app.send(ask("trace-me.1")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer["error"]["requestId"], "trace-me.1");
        let text = log.text();
        for said in ["a call failed in the database", "a request has failed"] {
            let line = text.lines().find(|line| line.contains(said) && line.contains("trace-me.1"));
            let line = line.unwrap_or_else(|| panic!("{said}: {text}"));
            for part in ["route=\"/api/rates\"", "method=\"get\"", &format!("organization.id=\"{}\"", app.org)] {
                assert!(line.contains(part), "{part} in {line}");
            }
            assert!(!line.contains("base=usd"), "{line}");
        }
    }
}
