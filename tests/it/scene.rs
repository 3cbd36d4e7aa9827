//! A small world to let deliveries happen in: one organization with a program, partners and links, and the
//! shipped fixtures, signed, verified, taken into the inbox and processed like on a server.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use providers::{Adapter, Currency, Delivery, Headers, Micros, Secret, Settings, Verified};
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary::args;
use tributary::clock::TestClock;
use tributary::id::IdSource;
use tributary::inbox::{Arrival, Inbox, Limits};
use tributary::ledger::calls::{Call, Person, SaleCall};
use tributary::ledger::writer::{Answer, Ledger, Report, Tools};
use tributary::organization;
use tributary::store::{Row, Statement, Store};

use crate::support::TestDb;
use crate::support::copies::rename;

/// 2026-11-22 12:00:00 UTC.
pub const NOW: Micros = Micros(1_795_348_800_000_000);

static INSERT_PARTNER: Statement = Statement::new(
    "insert into partners (organization_id, id, name, email, status, created_at)
     values ($1, $2, $2, cast($2 as text) || '@example.org', 'active', 0)",
);
static INSERT_LINK: Statement = Statement::new(
    "insert into links (organization_id, id, program_id, partner_id, domain, key, url, created_at)
     values ($1, $2, $3, $2, '', $2, 'https://shop.example.com', 0)",
);
static INSERT_CLICK: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, created_at)
     values ($1, $2, $3, $3, $4, $5, $5) on conflict do nothing",
);
static INSERT_CODE: Statement = Statement::new(
    "insert into codes (organization_id, code, program_id, partner_id, created_at)
     values ($1, $2, $3, $4, 0) on conflict do nothing",
);
static INSERT_SOURCE: Statement = Statement::new(
    "insert into sources (organization_id, id, processor, livemode, status, settings, secrets, created_at)
     values ($1, $2, $3, $4, 'active', $5, $6, 0)",
);
static PROGRAM: Statement = Statement::new("select id from programs where organization_id = $1");
static SALE_OF: Statement =
    Statement::new("select sale_id from sale_references where organization_id = $1 and name = $2");

/// A fixture's file, as far as it is fed in here.
#[derive(Deserialize, Clone)]
pub struct Fixture {
    #[serde(default)]
    source: Source,
    #[serde(default)]
    clicks: Vec<ClickSaid>,
    #[serde(default)]
    codes: Vec<CodeSaid>,
    /// What the processor sent.
    pub deliveries: Vec<Delivered>,
    #[serde(default)]
    calls: Vec<CallSaid>,
}

#[derive(Deserialize, Clone, Default)]
struct Source {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct ClickSaid {
    id: String,
    partner: String,
    clicked_at: String,
}

#[derive(Deserialize, Clone)]
struct CodeSaid {
    code: String,
    partner: String,
}

/// One delivery without its signature.
#[derive(Deserialize, Clone)]
pub struct Delivered {
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its exact body.
    pub body: String,
}

#[derive(Deserialize, Clone)]
struct CallSaid {
    body: Value,
}

/// Where the fixtures are.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The fixture `stripe/f01-subscription-checkout`.
pub fn fixture(name: &str) -> Fixture {
    let path = fixtures().join(format!("{name}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The names of all fixtures of all processors.
pub fn fixture_names() -> Vec<String> {
    let mut names = Vec::new();
    for adapter in providers::adapters() {
        let id = adapter.about().id;
        for entry in fs::read_dir(fixtures().join(id)).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if let Some(name) = file.strip_suffix(".json") {
                names.push(format!("{id}/{name}"));
            }
        }
    }
    names.sort();
    names
}

/// The world.
pub struct Scene {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The ledger's writer.
    pub ledger: Ledger,
    /// What commands work with.
    pub tools: Tools,
    /// The organization.
    pub org: String,
    /// Its program.
    pub program: String,
    inbox: Inbox,
    stop: CancellationToken,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Scene {
    /// An organization with partners alice, bob and carol, each with a link.
    pub async fn new(db: &TestDb) -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
        let store = db.store.clone();
        let org = organization::create(&*store, &ids, "Shop", Micros(0))
            .await
            .unwrap()
            .id;
        let rows = store.read(&PROGRAM, args![org.as_str()]).await.unwrap();
        let program = rows[0].text("id").unwrap().to_owned();
        let tools = Tools {
            store: store.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let stop = CancellationToken::new();
        let (ledger, writer) = Ledger::new(tools.clone(), stop.clone());
        tokio::spawn(writer);
        let (inbox, writer) = Inbox::new(store.clone(), ids, Limits::default(), |_| {});
        tokio::spawn(writer);
        let scene = Self {
            store,
            ledger,
            tools,
            org,
            program,
            inbox,
            stop,
        };
        for partner in ["alice", "bob", "carol"] {
            scene
                .run(&INSERT_PARTNER, args![scene.org.as_str(), partner])
                .await;
            let args = args![scene.org.as_str(), partner, scene.program.as_str()];
            scene.run(&INSERT_LINK, args).await;
        }
        scene
    }

    /// Runs one statement.
    pub async fn run(
        &self,
        statement: &'static Statement,
        args: tributary::store::Args,
    ) -> Vec<Row> {
        let mut transaction = self.store.begin().await.unwrap();
        let rows = transaction.run(statement, args).await.unwrap();
        transaction.commit().await.unwrap();
        rows
    }

    /// Processes all that has arrived.
    pub async fn work(&self) {
        self.ledger.work_all().await.unwrap();
    }

    /// Feeds a shipped fixture in, through a source of its own, which it answers.
    pub async fn feed(&self, name: &str) -> String {
        let processor = name.split('/').next().unwrap();
        self.feed_as(processor, name, &fixture(name)).await
    }

    /// Feeds a fixture of a processor in through the source `source`.
    pub async fn feed_as(&self, processor: &str, source: &str, fixture: &Fixture) -> String {
        let adapter = providers::adapter(processor).unwrap();
        let source = self.prepare(processor, source, fixture).await;
        self.deliver(adapter, &source, fixture).await;
        self.work().await;
        for call in &fixture.calls {
            self.call(&call.read()).await;
        }
        source
    }

    /// Makes the source, clicks and codes that a fixture takes.
    pub async fn prepare(&self, processor: &str, source: &str, fixture: &Fixture) -> String {
        let (org, program) = (self.org.as_str(), self.program.as_str());
        for click in &fixture.clicks {
            let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
            let args = args![
                org,
                click.id.as_str(),
                click.partner.as_str(),
                program,
                at.0
            ];
            self.run(&INSERT_CLICK, args).await;
        }
        for code in &fixture.codes {
            let args = args![
                org,
                code.code.to_lowercase(),
                program,
                code.partner.as_str()
            ];
            self.run(&INSERT_CODE, args).await;
        }
        let source = format!("src_{source}");
        let settings = serde_json::to_string(&fixture.source.settings).unwrap();
        let live = fixture.source.mode.as_deref() != Some("test");
        let args = args![org, source.as_str(), processor, live, settings, vec![0_u8]];
        self.run(&INSERT_SOURCE, args).await;
        source
    }

    /// Delivers all of a fixture's deliveries, signed, one after another.
    pub async fn deliver(&self, adapter: &'static dyn Adapter, source: &str, fixture: &Fixture) {
        for arrival in self.arrivals(adapter, source, fixture) {
            self.inbox.accept(arrival).await.unwrap();
        }
    }

    /// Delivers all of them at the same time, as a busy processor does.
    pub async fn deliver_at_once(&self, arrivals: Vec<Arrival>) {
        let mut delivering = JoinSet::new();
        for arrival in arrivals {
            let inbox = self.inbox.clone();
            delivering.spawn(async move { inbox.accept(arrival).await.unwrap() });
        }
        delivering.join_all().await;
    }

    /// A fixture's deliveries, signed and verified.
    pub fn arrivals(&self, adapter: &dyn Adapter, source: &str, fixture: &Fixture) -> Vec<Arrival> {
        let test_source = fixture.source.mode.as_deref() == Some("test");
        let arrival = |delivered| {
            let verified = verified(adapter, delivered, &fixture.source.settings);
            let envelope = adapter.envelope(&verified);
            Arrival {
                organization_id: self.org.clone(),
                source_id: source.to_owned(),
                processor: adapter.about().id.to_owned(),
                livemode: !test_source && envelope.livemode != Some(false),
                envelope,
                verified,
                received_at: NOW,
            }
        };
        fixture.deliveries.iter().map(arrival).collect()
    }

    /// Reports a sale as a merchant does.
    pub async fn call(&self, call: &Call) -> Answer {
        let report = |answer| Report {
            organization_id: self.org.clone(),
            livemode: true,
            call: call.clone(),
            idempotency: None,
            received_at: NOW,
            answer,
        };
        self.ledger.report(report).await.unwrap()
    }

    /// The sale that has this payment name.
    pub async fn sale(&self, name: &str) -> String {
        let rows = self
            .run(&SALE_OF, args![self.org.as_str(), format!("p:{name}")])
            .await;
        rows[0].text("sale_id").unwrap().to_owned()
    }
}

impl CallSaid {
    fn read(&self) -> Call {
        let text = |name: &str| self.body[name].as_str().map(str::to_owned);
        Call::Sale(SaleCall {
            click_id: text("clickId").unwrap(),
            customer: Person {
                external_id: text("customerExternalId").unwrap(),
                email: text("customerEmail"),
                name: text("customerName"),
                avatar: None,
            },
            amount: self.body["amount"].as_i64().unwrap(),
            currency: Currency::parse(&text("currency").unwrap()).unwrap(),
            event_name: text("eventName").unwrap_or("Purchase".to_owned()),
            invoice_id: text("invoiceId"),
            payment_processor: text("paymentProcessor").unwrap_or("custom".to_owned()),
            metadata: None,
        })
    }
}

fn secret(processor: &str) -> Secret {
    let text = match processor {
        "polar" => "whsec_Y29udHJhY3QxY29udHJhY3QyY29udHJhY3QzYWI=",
        "revenuecat" => "hmac:contract1contract2contract3",
        "paddle" => "pdl_ntfset_01contract_contract1contract2contract3",
        _ => "whsec_contract1contract2contract3",
    };
    Secret::new(text).unwrap()
}

/// Signs and verifies; a processor that signs with a key of its own is believed.
fn verified(adapter: &dyn Adapter, delivered: &Delivered, settings: &Settings) -> Verified {
    let (id, body) = (adapter.about().id, delivered.body.as_bytes());
    let secret = secret(id);
    let signed = match id {
        "paddle-classic" => None,
        _ => adapter.sign(body, &delivered.headers, &secret, settings, NOW),
    };
    let Some(signed) = signed else {
        return Verified::from_inbox(body.to_vec(), delivered.headers.clone());
    };
    let headers = signed.headers.into_iter();
    let headers = Headers::new(headers.map(|(name, value)| (name, value.into_bytes())));
    let delivery = Delivery {
        headers: &headers,
        body: &signed.body,
    };
    adapter
        .verify(delivery, &[secret], settings, NOW)
        .unwrap_or_else(|rejection| panic!("{id}: {rejection}"))
}

/// A copy of a fixture that shares nothing with it but the clicks.
pub fn copy(fixture: &Fixture, suffix: &str) -> Fixture {
    let mut copy = fixture.clone();
    for delivered in &mut copy.deliveries {
        delivered.body = rename(&delivered.body, suffix);
    }
    copy
}
