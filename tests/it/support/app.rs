//! The whole service around a test's database: real router, real writers, a clock that stands still.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use providers::adapter::SignedDelivery;
use providers::{Micros, Secret, Settings};
use serde_json::Value;
use tower::ServiceExt;
use tributary::actor::{Actor, WriteScope};
use tributary::app::App;
use tributary::args;
use tributary::clock::TestClock;
use tributary::config::{Config, Flags};
use tributary::fixtures::{Fixture, Mode, SourceOf, test_secret};
use tributary::id::IdSource;
use tributary::keys::{self, NewKey};
use tributary::ledger::writer::figures;
use tributary::organization;
use tributary::sources::{NewSource, Source};
use tributary::store::Statement;

use super::TestDb;

/// The time in tests, unless a test moves it: 2026-11-22T12:00:00Z.
pub const NOW: Micros = Micros(1_795_348_800_000_000);

static PROGRAM: Statement = Statement::new("select id from programs where organization_id = $1");
static PARTNER: Statement = Statement::new(
    "insert into partners (organization_id, id, name, email, status, created_at)
     values ($1, $2, $3, $4, 'active', $5) on conflict do nothing",
);
static LINK: Statement = Statement::new(
    "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)
     values ($1, $2, $3, $4, '', $5, 'https://shop.example/', $6) on conflict do nothing",
);
static LINK_KEY: Statement = Statement::new(
    "insert into link_keys (domain, key, organization_id, link_id) values ('', $1, $2, $3)
     on conflict do nothing",
);
static DELETE_LINK: Statement =
    Statement::new("update links set deleted_at = $3 where organization_id = $1 and id = $2");
static CLICK: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing returning id",
);
static CODE: Statement = Statement::new(
    "insert into codes (organization_id, code, program_id, partner_id, created_at)
     values ($1, $2, $3, $4, $5) on conflict do nothing",
);

/// A running service.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<TestClock>,
    pub router: Router,
    pub org: String,
    pub program: String,
    pub key: String,
    /// The address of each source, and what its deliveries are signed with.
    sources: BTreeMap<String, (Source, Secret)>,
}

impl TestApp {
    /// Starts it on the test's database, with an organization, its program and a key.
    pub async fn start(db: &TestDb) -> Self {
        Self::start_with(db, &[]).await
    }

    /// Starts it with some settings, as the environment has them.
    pub async fn start_with(db: &TestDb, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter();
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let config = Config::read(Flags::default(), &settings.collect(), None, &[]);
        let config = config.expect("no setting is wrong");
        let clock = Arc::new(TestClock::at(NOW));
        let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
        let app = App::with(&config, db.store.clone(), clock.clone(), ids);
        Self::within(app, clock).await
    }

    /// The same service, spoken to by an organization of its own.
    pub async fn another_organization(&self) -> Self {
        Self::within(self.app.clone(), self.clock.clone()).await
    }

    /// The same organization, spoken to through another replica on the same database.
    pub async fn on_another_replica(&self, db: &TestDb) -> Self {
        let config = Config::read(Flags::default(), &BTreeMap::new(), None, &[]);
        let ids = Arc::new(IdSource::seeded(self.clock.clone(), 8));
        let store = db.another_replica().await;
        let app = App::with(&config.unwrap(), store, self.clock.clone(), ids);
        Self {
            router: tributary::http::router(app.clone()),
            clock: self.clock.clone(),
            org: self.org.clone(),
            program: self.program.clone(),
            key: self.key.clone(),
            sources: self.sources.clone(),
            app,
        }
    }

    async fn within(app: Arc<App>, clock: Arc<TestClock>) -> Self {
        let (store, ids) = (&*app.store, &*app.ids);
        let organization = organization::create(store, ids, &Actor::Server, "Acme", NOW)
            .await
            .unwrap();
        let org = organization.id;
        let (_, key) = keys::create(
            &WriteScope::of_server(store, ids, &org, NOW),
            &NewKey::admin("test", true),
        )
        .await
        .unwrap();
        let programs = store.read(&PROGRAM, args![org.as_str()]).await.unwrap();
        let program = programs[0].text("id").unwrap().to_owned();
        Self {
            router: tributary::http::router(app.clone()),
            key: key.expose().to_owned(),
            sources: BTreeMap::new(),
            app,
            clock,
            org,
            program,
        }
    }

    /// What the server changes by itself.
    pub fn scope(&self) -> WriteScope<'_> {
        self.app.scope_of(&self.org, &Actor::Server)
    }

    pub async fn write(&self, statement: &'static Statement, args: tributary::store::Args) {
        let mut transaction = self.app.store.begin().await.unwrap();
        transaction.run(statement, args).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// A partner with a link whose key is the partner's name. The partner's id is `prt_` and the name.
    pub async fn partner(&self, name: &str) -> String {
        let (org, now) = (self.org.as_str(), NOW.0);
        let (partner, link) = (format!("prt_{name}"), format!("lnk_{name}"));
        let email = format!("{name}@partners.example");
        self.write(&PARTNER, args![org, partner.as_str(), name, email, now])
            .await;
        let program = self.program.as_str();
        let args = args![org, link.as_str(), program, partner.as_str(), name, now];
        self.write(&LINK, args).await;
        self.write(&LINK_KEY, args![name, org, link]).await;
        partner
    }

    /// Deletes a partner's link.
    pub async fn delete_link(&self, partner: &str) {
        let args = args![self.org.as_str(), format!("lnk_{partner}"), NOW.0];
        self.write(&DELETE_LINK, args).await;
    }

    /// A click on a partner's link.
    pub async fn click(&self, id: &str, partner: &str, at: Micros) {
        let partner_id = self.partner(partner).await;
        let link = format!("lnk_{partner}");
        let args = args![
            self.org.as_str(),
            id,
            link.as_str(),
            partner_id.as_str(),
            self.program.as_str(),
            at.0
        ];
        let mut transaction = self.app.store.begin().await.unwrap();
        let made = transaction.run(&CLICK, args).await.unwrap();
        let click = (at, [partner_id.as_str(), self.program.as_str(), &link]);
        let clicks = made.iter().map(|_| click);
        figures::clicks(transaction.as_mut(), &self.org, clicks)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// A partner's discount code.
    pub async fn code(&self, code: &str, partner: &str) {
        let partner_id = self.partner(partner).await;
        let code = code.to_lowercase();
        let args = args![
            self.org.as_str(),
            code,
            self.program.as_str(),
            partner_id,
            NOW.0
        ];
        self.write(&CODE, args).await;
    }

    /// Adds a source; its name is how the test speaks of it.
    pub async fn source(
        &mut self,
        name: &str,
        processor: &str,
        livemode: bool,
        settings: Settings,
    ) -> &Source {
        if self.sources.contains_key(name) {
            return &self.sources[name].0;
        }
        let secret = secret_of(processor);
        let new = NewSource {
            processor,
            secrets: vec![secret.clone()],
            livemode,
            settings,
            may_be_default: true,
        };
        let source = self.app.desk().add(&self.scope(), new).await.unwrap();
        let slot = self
            .sources
            .entry(name.to_owned())
            .or_insert((source, secret));
        &slot.0
    }

    /// The clicks, codes and source that a fixture takes.
    pub async fn prepare(&mut self, source: &str, fixture: &Fixture) {
        for click in &fixture.clicks {
            let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
            self.click(&click.id, &click.partner, at).await;
        }
        for code in &fixture.codes {
            self.code(&code.code, &code.partner).await;
        }
        let SourceOf { mode, settings } = &fixture.source;
        let live = *mode == Mode::Live;
        self.source(source, &fixture.processor, live, settings.clone())
            .await;
    }

    /// A source by the name that the test gave it, and what its deliveries are signed with.
    pub fn source_of(&self, name: &str) -> &(Source, Secret) {
        &self.sources[name]
    }

    /// Signs a delivery as its processor would now, and posts it.
    pub async fn deliver(
        &self,
        source: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> StatusCode {
        let (source, secret) = &self.sources[source];
        let adapter = providers::adapter(&source.processor).unwrap();
        let now = self.app.now();
        let signed = adapter
            .sign(body.as_bytes(), headers, secret, &source.settings, now)
            .expect("the processor's deliveries can be signed");
        self.post_delivery(&source.url(""), signed).await
    }

    /// Posts a signed delivery.
    pub async fn post_delivery(&self, path: &str, signed: SignedDelivery) -> StatusCode {
        let mut request = Request::post(path);
        for (name, value) in signed.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(signed.body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        response.status()
    }

    /// Makes an API call with the test's key.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        self.call_as(Some(&self.key), method, path, body).await
    }

    /// Makes an API call with another key, or without one.
    pub async fn call_as(
        &self,
        key: Option<&str>,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// Sends any request; the answer's body must be JSON or empty.
    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("every answer is JSON")
        };
        (status, value)
    }

    /// `POST` to the API.
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Waits until everything that has arrived is processed.
    pub async fn settle(&self) {
        self.app.work_all().await.unwrap();
    }
}

/// What a processor's deliveries are signed with in tests.
pub fn secret_of(processor: &str) -> Secret {
    test_secret(processor).unwrap()
}
