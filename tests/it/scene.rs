//! A small world to let deliveries happen in: one organization with a program, partners and links, and the
//! shipped fixtures, signed, verified, taken into the inbox and processed like on a server.

use std::sync::{Arc, Mutex};

use providers::{Adapter, Delivery, Headers, Micros, Verified};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tributary::args;
use tributary::clock::TestClock;
use tributary::fixtures::{Deliverable, Fixture, Mode, signed};
use tributary::id::IdSource;
use tributary::inbox::{Arrival, Inbox, Limits};
use tributary::ledger::calls::Call;
use tributary::ledger::writer::figures;
use tributary::ledger::writer::{Answer, Idempotency, Ledger, Report, Tools};
use tributary::organization;
use tributary::store::{Row, Statement, Store};

use crate::support::TestDb;
pub use crate::support::app::NOW;
use crate::support::app::secret_of;
use crate::support::shipped::{self, fixture, sale_call};

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
     values ($1, $2, $3, $3, $4, $5, $5) on conflict do nothing returning id",
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
    /// The way in for deliveries.
    pub inbox: Inbox,
    stop: CancellationToken,
    /// The ledger's writer, until it rests.
    writing: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Scene {
    /// An organization with partners alice, bob and carol, each with a link.
    pub async fn new(db: &TestDb) -> Self {
        Self::numbered(db, 7).await
    }

    /// One of several on the same database.
    pub async fn numbered(db: &TestDb, number: u64) -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let ids = Arc::new(IdSource::seeded(clock.clone(), number));
        let store = db.store.clone();
        let org = organization::create(
            &*store,
            &ids,
            &tributary::actor::Actor::Server,
            "Shop",
            Micros(0),
        )
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
        let writing = Mutex::new(Some(tokio::spawn(writer)));
        let (inbox, writer) = Inbox::new(store.clone(), ids, Limits::default(), |_, _| {});
        tokio::spawn(writer);
        let scene = Self {
            store,
            ledger,
            tools,
            org,
            program,
            inbox,
            stop,
            writing,
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

    /// The same organization, with writers of its own that reach the database by another way.
    pub fn through(&self, store: Arc<dyn Store>) -> Self {
        let tools = Tools {
            store: store.clone(),
            ..self.tools.clone()
        };
        let stop = CancellationToken::new();
        let (ledger, writer) = Ledger::new(tools.clone(), stop.clone());
        let writing = Mutex::new(Some(tokio::spawn(writer)));
        let ids = tools.ids.clone();
        let (inbox, writer) = Inbox::new(store.clone(), ids, Limits::default(), |_, _| {});
        tokio::spawn(writer);
        Self {
            store,
            ledger,
            tools,
            org: self.org.clone(),
            program: self.program.clone(),
            inbox,
            stop,
            writing,
        }
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

    /// Feeds all shipped fixtures in.
    pub async fn feed_all(&self) {
        for fixture in shipped::all() {
            self.feed_as(&shipped::name(fixture), fixture).await;
        }
    }

    /// Feeds a shipped fixture in, through a source of its own, which it answers.
    pub async fn feed(&self, name: &str) -> String {
        self.feed_as(name, fixture(name)).await
    }

    /// Feeds a fixture in through the source `source`.
    pub async fn feed_as(&self, source: &str, fixture: &Fixture) -> String {
        let source = self.prepare(source, fixture).await;
        for arrival in self.arrivals(&source, fixture) {
            self.inbox.accept(arrival).await.unwrap();
        }
        self.work().await;
        for call in &fixture.calls {
            self.call(&sale_call(call)).await;
        }
        source
    }

    /// Makes the source, clicks and codes that a fixture takes.
    pub async fn prepare(&self, source: &str, fixture: &Fixture) -> String {
        let (org, program) = (self.org.as_str(), self.program.as_str());
        for click in &fixture.clicks {
            let at = Micros::parse_rfc3339(&click.clicked_at).unwrap();
            let (id, partner) = (click.id.as_str(), click.partner.as_str());
            let args = args![org, id, partner, program, at.0];
            let mut transaction = self.store.begin().await.unwrap();
            let made = transaction.run(&INSERT_CLICK, args).await.unwrap();
            let click = (at, [partner, program, partner]);
            let clicks = made.iter().map(|_| click);
            figures::clicks(transaction.as_mut(), org, clicks)
                .await
                .unwrap();
            transaction.commit().await.unwrap();
        }
        for code in &fixture.codes {
            let (code, partner) = (code.code.to_lowercase(), code.partner.as_str());
            self.run(&INSERT_CODE, args![org, code, program, partner])
                .await;
        }
        let source = format!("src_{source}");
        let settings = serde_json::to_string(&fixture.source.settings).unwrap();
        let (processor, live) = (
            fixture.processor.as_str(),
            fixture.source.mode == Mode::Live,
        );
        let args = args![org, source.as_str(), processor, live, settings, vec![0_u8]];
        self.run(&INSERT_SOURCE, args).await;
        source
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
    pub fn arrivals(&self, source: &str, fixture: &Fixture) -> Vec<Arrival> {
        let adapter = fixture.adapter().unwrap();
        let arrival = |delivery| {
            let verified = verified(adapter, &delivery);
            let envelope = adapter.envelope(&verified);
            Arrival {
                organization_id: self.org.clone(),
                source_id: source.to_owned(),
                processor: delivery.processor,
                livemode: fixture.source.mode == Mode::Live && envelope.livemode != Some(false),
                envelope,
                verified,
                received_at: NOW,
                settings: fixture.source.settings.clone(),
            }
        };
        fixture.deliverables().map(arrival).collect()
    }

    /// Ends the writers, and waits for their end: from here on everything waits for [`work`](Self::work).
    pub async fn rest(&self) {
        self.stop.cancel();
        let writing = self.writing.lock().unwrap().take();
        if let Some(writing) = writing {
            writing.await.unwrap();
        }
    }

    /// Reports a sale as a merchant does.
    pub async fn call(&self, call: &Call) -> Answer {
        self.call_as(call, None).await
    }

    /// The same with an `Idempotency-Key`, which stands for just this call.
    pub async fn call_as(&self, call: &Call, key: Option<&str>) -> Answer {
        let idempotency = key.map(|key| Idempotency {
            key: key.to_owned(),
            request: format!("{call:?}"),
        });
        let report = |answer| Report {
            organization_id: self.org.clone(),
            livemode: true,
            call: call.clone(),
            idempotency,
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

/// Signs as its processor would, and verifies.
fn verified(adapter: &dyn Adapter, delivery: &Deliverable) -> Verified {
    let secret = secret_of(&delivery.processor);
    let signed = signed(delivery, &secret, NOW).unwrap();
    let headers = signed.headers.into_iter();
    let headers = Headers::new(headers.map(|(name, value)| (name, value.into_bytes())));
    let (processor, settings) = (&delivery.processor, &delivery.settings);
    let delivery = Delivery {
        headers: &headers,
        body: &signed.body,
    };
    adapter
        .verify(delivery, &[secret], settings, NOW)
        .unwrap_or_else(|rejection| panic!("{processor}: {rejection}"))
}
