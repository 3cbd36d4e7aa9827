//! A client of the whole HTTP service, without a socket, and a clock that it sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use providers::{Micros, Settings};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tributary::actor::{Actor, WriteScope};
use tributary::app::App;
use tributary::clock::TestClock;
use tributary::config::{Config, Flags};
use tributary::id::IdSource;
use tributary::{http, keys, organization};

use crate::support::TestDb;
use crate::support::app::secret_of;
use crate::support::shipped::fixture;

/// The time at which every test begins.
pub const NOW: &str = "2026-11-22T12:00:00Z";

/// An organization's view of the service.
#[derive(Clone)]
pub struct Api {
    pub app: Arc<App>,
    pub clock: Arc<TestClock>,
    pub org: String,
    pub key: String,
}

/// An answer: its status and its JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub json: Value,
}

impl Answer {
    /// The body of an answer that must be 2xx.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }

    /// Status, code and field of an answer that must be an error.
    #[track_caller]
    pub fn error(&self) -> (u16, &str, &str) {
        let error = &self.json["error"];
        assert!(error["message"].is_string(), "{self:?}");
        let text = |name: &str| error[name].as_str().unwrap_or_default();
        (self.status, text("code"), text("field"))
    }

    /// Asserts a 400 about one field.
    #[track_caller]
    pub fn refuses(&self, field: &str) {
        assert_eq!(self.error(), (400, "VALIDATION_ERROR", field), "{self:?}");
    }

    /// Asserts a 404.
    #[track_caller]
    pub fn is_unknown(&self) {
        assert_eq!(self.error(), (404, "NOT_FOUND", ""), "{self:?}");
    }
}

impl Api {
    /// A service on a fresh database, with an organization, its program and a key.
    pub async fn new(db: &TestDb) -> Self {
        Self::with(db, |_| {}).await
    }

    /// The same with other settings.
    pub async fn with(db: &TestDb, set: impl FnOnce(&mut Config)) -> Self {
        let now = Micros::parse_rfc3339(NOW).unwrap();
        let clock = Arc::new(TestClock::at(now));
        let flags = Flags {
            rate_limit: Some("1000000".into()),
            public_url: Some("https://tributary.example".into()),
            ..Flags::default()
        };
        let mut config = Config::read(flags, &BTreeMap::new(), None, &[]).unwrap();
        set(&mut config);
        let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
        let app = App::with(&config, db.store.clone(), clock.clone(), ids);
        Self::of(app, clock).await
    }

    /// Another organization on the same service.
    pub async fn another(&self) -> Self {
        Self::of(self.app.clone(), self.clock.clone()).await
    }

    async fn of(app: Arc<App>, clock: Arc<TestClock>) -> Self {
        let (store, ids, now) = (app.store.as_ref(), &app.ids, app.now());
        let organization = organization::create(store, ids, &Actor::Server, "Test", now).await;
        let org = organization.unwrap().id;
        let scope = WriteScope::of_server(store, ids, &org, now);
        let made = keys::create(&scope, &keys::NewKey::admin("test", true)).await;
        let key = made.unwrap().1.expose().to_owned();
        Self {
            app,
            clock,
            org,
            key,
        }
    }

    /// The same organization with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: key.to_owned(),
            ..self.clone()
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !self.key.is_empty() {
            let bearer = format!("Bearer {}", self.key);
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let (status, body, _) = self.send(request.body(body).unwrap()).await;
        let json = serde_json::from_slice(&body).expect("every answer is JSON");
        Answer { status, json }
    }

    /// Status, body and content type of an answer.
    pub async fn send(&self, request: Request<Body>) -> (u16, Vec<u8>, String) {
        let router = http::router(self.app.clone());
        let response = router.oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let form = response.headers().get(header::CONTENT_TYPE);
        let form = form.map(|form| form.to_str().unwrap().to_owned());
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, body.to_vec(), form.unwrap_or_default())
    }

    /// The exact bytes and content type at a path.
    pub async fn bytes(&self, path: &str) -> (u16, Vec<u8>, String) {
        let bearer = format!("Bearer {}", self.key);
        let request = Request::builder()
            .uri(path)
            .header(header::AUTHORIZATION, bearer);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// The rows of a list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let json = self.get(path).await.ok();
        json["data"].as_array().expect("a list").clone()
    }

    /// Processes everything that waits.
    pub async fn settle(&self) {
        self.app.ledger.work_all().await.unwrap();
    }

    /// Makes a partner with a link whose key is its name; answers the partner's id.
    pub async fn partner(&self, name: &str) -> String {
        let email = format!("{name}@partners.example.com");
        let body = json!({"name": name, "email": email});
        let partner = self.post("/api/partners", body).await.ok();
        let id = partner["id"].as_str().unwrap().to_owned();
        let body = json!({"key": name, "url": "https://shop.example.com/", "partnerId": id});
        self.post("/api/links", body).await.ok();
        id
    }

    /// Imports a click on a link.
    pub async fn click(&self, id: &str, key: &str) {
        self.click_at(id, key, "2026-11-20T10:00:00Z").await;
    }

    /// A click before the purchases of the fixtures.
    pub async fn click_at(&self, id: &str, key: &str, at: &str) {
        let body = json!({"id": id, "key": key, "clickedAt": at});
        self.post("/api/clicks", body).await.ok();
    }

    /// Reports a sale by `user_<click>` and answers it as `/api/sales` shows it.
    pub async fn sale(&self, click: &str, invoice: &str, amount: i64) -> Value {
        let body = json!({"clickId": click, "customerExternalId": format!("user_{click}"),
            "amount": amount, "invoiceId": invoice});
        self.post("/api/track/sale", body).await.ok();
        self.sale_named(invoice).await
    }

    /// The one sale that is known by a name.
    pub async fn sale_named(&self, invoice: &str) -> Value {
        let mut sales = self.list(&format!("/api/sales?invoiceId={invoice}")).await;
        assert_eq!(sales.len(), 1, "{sales:?}");
        sales.remove(0)
    }

    /// A sale of 1,000 that partner alice, who is made here, has made to herself.
    pub async fn self_referral(&self) -> Value {
        self.partner("alice").await;
        self.click("clk_1", "alice").await;
        let body = json!({"clickId": "clk_1", "customerExternalId": "u_1", "amount": 1_000,
            "invoiceId": "in_1", "customerEmail": "alice@partners.example.com"});
        self.post("/api/track/sale", body).await.ok();
        self.sale_named("in_1").await
    }

    /// Adds a source and delivers bodies to it, signed as its processor would.
    pub async fn deliver(&self, processor: &str, bodies: &[String]) -> Value {
        self.deliver_with(processor, &[], bodies).await
    }

    /// The same with headers of each delivery, as Shopify's topic is one.
    pub async fn deliver_with(
        &self,
        processor: &str,
        headers: &[(String, String)],
        bodies: &[String],
    ) -> Value {
        let secret = secret_of(processor);
        let body = json!({"processor": processor, "secrets": [secret.expose()], "mode": "live"});
        let source = self.post("/api/sources", body).await.ok();
        let adapter = providers::adapter(processor).unwrap();
        let settings = Settings::default();
        let now = self.app.now();
        for body in bodies {
            let signed = adapter.sign(body.as_bytes(), headers, &secret, &settings, now);
            let signed = signed.expect("a processor whose deliveries can be signed");
            let url = source["url"].as_str().unwrap();
            let path = url.strip_prefix("https://tributary.example").unwrap();
            let mut request = Request::builder().method("POST").uri(path);
            for (name, value) in &signed.headers {
                request = request.header(name, value);
            }
            let request = request.body(Body::from(signed.body)).unwrap();
            let (status, _, _) = self.send(request).await;
            assert_eq!(status, 200);
        }
        self.settle().await;
        source
    }
}

/// The bodies of a shipped fixture.
pub fn bodies(name: &str) -> Vec<String> {
    let deliveries = fixture(name).deliveries.iter();
    deliveries.map(|sent| sent.body.clone()).collect()
}
