//! The built program, killed with SIGKILL in the middle of its work, several times: whatever it has answered
//! 200 is in its inbox byte for byte, and in the end every sale is there once, with its exact amounts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use providers::{Micros, Settings};
use serde_json::{Value, json};
use tokio::sync::watch;
use tributary::app::App;
use tributary::args;
use tributary::clock::{Clock as _, SystemClock};
use tributary::config::{Config, Flags};
use tributary::id::IdSource;
use tributary::store::Statement;

use crate::support::TestDb;
use crate::support::app::{TestApp, secret_of};

const KEY: &str = "trib_live_key_of_the_crash_test";
const COPIES: usize = 15;
const CALLS: usize = 30;
const KILLS: usize = 4;
const SENDERS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

static INBOX: Statement = Statement::new(
    "select e.external_id, b.body from events e
     join event_bodies b on b.organization_id = e.organization_id and b.event_id = e.id
     where e.organization_id = $1 and e.processor = 'stripe'",
);
static SALES: Statement = Statement::new(
    "select invoice_id, net, refunded, commission_left from sales
     where organization_id = $1 and state = 'live'",
);
static BALANCES: Statement = Statement::new(
    "select partner_id, cast(sum(amount) as bigint) as amount from entries where organization_id = $1
     group by partner_id",
);

/// What is sent until it is answered.
#[derive(Clone)]
enum Message {
    Delivery { id: String, body: String },
    Call(Value),
}

/// All that is sent, and what it must add up to.
#[derive(Default)]
struct History {
    messages: Vec<Message>,
    /// Amount, refunded and commission, by invoice id.
    sales: BTreeMap<String, [i64; 3]>,
    balances: BTreeMap<String, i64>,
    clicks: Vec<(String, String, Micros)>,
}

impl History {
    /// Subscriptions of eight events each, payments with two refunds, and the merchant's own calls.
    fn new() -> Self {
        let mut history = Self::default();
        for name in ["f01-subscription-checkout", "f13-two-partial-refunds"] {
            history.add_copies(name);
        }
        let click = history.clicks[0].0.clone();
        for n in 0..CALLS {
            let invoice = format!("inv_manual_{n}");
            history.messages.push(Message::Call(json!({
                "clickId": click, "customerExternalId": format!("user_{n}"),
                "amount": 1000 + n, "invoiceId": invoice,
            })));
            let amount = 1000 + i64::try_from(n).unwrap();
            let commission = (amount + 5) / 10;
            history.sales.insert(invoice, [amount, 0, commission]);
            *history.balances.entry("prt_alice".to_owned()).or_default() += commission;
        }
        history
    }

    fn add_copies(&mut self, name: &str) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/stripe")
            .join(format!("{name}.json"));
        let said: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let click = &said["clicks"][0];
        let at = Micros::parse_rfc3339(click["clickedAt"].as_str().unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.clicks
            .push((text(&click["id"]), text(&click["partner"]), at));
        for n in 0..COPIES {
            for delivery in said["deliveries"].as_array().unwrap() {
                let body = with_own_ids(delivery["body"].as_str().unwrap(), n);
                let id = serde_json::from_str::<Value>(&body).unwrap()["id"].clone();
                self.messages.push(Message::Delivery {
                    id: text(&id),
                    body,
                });
            }
            for sale in said["expect"]["sales"].as_array().unwrap() {
                let invoice = with_own_ids(sale["invoiceId"].as_str().unwrap(), n);
                let amounts = ["amount", "amountRefunded", "commissionAmount"];
                let amounts = amounts.map(|amount| sale[amount].as_i64().unwrap());
                self.sales.insert(invoice, amounts);
            }
            for balance in said["expect"]["balances"].as_array().unwrap() {
                let partner = format!("prt_{}", balance["partner"].as_str().unwrap());
                *self.balances.entry(partner).or_default() += balance["amount"].as_i64().unwrap();
            }
        }
    }
}

/// The text with every id of a processor made one of copy `n`.
fn with_own_ids(text: &str, n: usize) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut made = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        made.push_str(before);
        made.push_str(word);
        let last = word.rsplit_once('_').map_or("", |(_, last)| last);
        let drawn = last.len() >= 10
            && last.contains(|c: char| c.is_ascii_digit())
            && last.contains(|c: char| c.is_ascii_uppercase());
        if drawn {
            // Writing to a text cannot fail.
            let _ = write!(made, "c{n}");
        }
        rest = after;
    }
    made + rest
}

/// A sequence that is the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }
}

/// The program as a process of its own. Killed when it goes out of scope.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    async fn start(url: &str, folder: &Path, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_tributary"))
            .arg("serve")
            .current_dir(folder)
            .env("DATABASE_URL", url)
            .env("TRIBUTARY_LISTEN", format!("127.0.0.1:{port}"))
            .env("TRIBUTARY_API_KEY", KEY)
            .env("TRIBUTARY_STRIPE_SECRETS", secret_of("stripe").expose())
            .env("TRIBUTARY_RATE_LIMIT", "100000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the built program starts");
        let mut server = Self { child, port };
        server.wait_for_port().await;
        server
    }

    async fn wait_for_port(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the program ended by itself: {ended:?}");
            assert!(Instant::now() < deadline, "the program does not listen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL: nothing in the program can notice.
    fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process is gone");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What became of a message.
#[derive(PartialEq, Eq)]
enum Answer {
    Done,
    Busy,
    Gone,
}

/// What all senders share.
struct Load {
    port: u16,
    client: reqwest::Client,
    waiting: Mutex<VecDeque<Message>>,
    answered: watch::Sender<usize>,
    /// How many messages had to be sent again.
    again: AtomicUsize,
    /// Counts the starts of the server.
    up: watch::Receiver<usize>,
}

impl Load {
    /// Sends one message after another; what is not answered well goes back to the end of the queue, as a
    /// processor would send it again.
    async fn send_all(self: Arc<Self>) {
        let mut up = self.up.clone();
        loop {
            let starts = *up.borrow_and_update();
            let next = self.waiting.lock().unwrap().pop_front();
            let Some(message) = next else { return };
            let answer = self.send(&message).await;
            if answer == Answer::Done {
                self.answered.send_modify(|count| *count += 1);
                continue;
            }
            self.waiting.lock().unwrap().push_back(message);
            self.again.fetch_add(1, Ordering::Relaxed);
            // Down: there is no sense in trying before it is started again.
            if answer == Answer::Gone && *up.borrow() == starts && up.changed().await.is_err() {
                return;
            }
        }
    }

    async fn send(&self, message: &Message) -> Answer {
        let url = |path: &str| format!("http://127.0.0.1:{}{path}", self.port);
        let (request, is_call) = match message {
            Message::Delivery { body, .. } => {
                let adapter = providers::adapter("stripe").unwrap();
                let (secret, settings) = (secret_of("stripe"), Settings::default());
                let now = SystemClock.now();
                let signed = adapter.sign(body.as_bytes(), &[], &secret, &settings, now);
                let signed = signed.unwrap();
                let mut request = self.client.post(url("/webhooks/stripe"));
                for (name, value) in signed.headers {
                    request = request.header(name, value);
                }
                (request.body(signed.body), false)
            }
            Message::Call(body) => {
                let request = self.client.post(url("/api/track/sale")).bearer_auth(KEY);
                (request.body(body.to_string()), true)
            }
        };
        let Ok(answer) = request.send().await else {
            return Answer::Gone;
        };
        match answer.status().as_u16() {
            200 => Answer::Done,
            // Committed before the kill, asked again after it.
            409 if is_call => Answer::Done,
            503 => Answer::Busy,
            other => panic!("answered {other}"),
        }
    }
}

async fn set_up(db: &TestDb, history: &History) -> String {
    let mut own = db.clone();
    own.store = db.another_replica().await;
    let app = TestApp::start(&own).await;
    for (id, partner, at) in &history.clicks {
        app.click(id, partner, *at).await;
    }
    let TestApp {
        app, router, org, ..
    } = app;
    drop(router);
    app.stop().await;
    org
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

fn client() -> reqwest::Client {
    // Fails where one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    client.build().unwrap()
}

/// Sends everything, with kills in between, and a last one at the end.
async fn send_with_kills(db: &TestDb, folder: PathBuf, messages: Vec<Message>, seed: u64) {
    let mut seeded = Seeded(seed);
    let total = messages.len();
    let (answered, mut seen) = watch::channel(0);
    let (starts, up) = watch::channel(1);
    let port = free_port();
    let mut server = Server::start(&db.url, &folder, port).await;
    let load = Arc::new(Load {
        port,
        client: client(),
        waiting: Mutex::new(messages.into()),
        answered,
        again: AtomicUsize::new(0),
        up,
    });
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        senders.spawn(load.clone().send_all());
    }
    let share = total / (KILLS + 1);
    for kill in 1..=KILLS {
        let moment = kill * share - seeded.below(share);
        seen.wait_for(|count| *count >= moment).await.unwrap();
        server.kill();
        server = Server::start(&db.url, &folder, port).await;
        starts.send_modify(|count| *count += 1);
    }
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    // What was given back after the other senders had found nothing more to do.
    load.clone().send_all().await;
    assert_eq!(*seen.borrow(), total, "everything was answered");
    let again = load.again.load(Ordering::Relaxed);
    assert!(again >= KILLS, "the kills have hit deliveries: {again}");
    server.kill();
}

/// What the last kill has left undone is done by the next one who opens the database.
async fn finish(db: &TestDb) {
    let config = Config::read(Flags::default(), &BTreeMap::new(), None, &[]).unwrap();
    let clock = Arc::new(SystemClock);
    let ids = Arc::new(IdSource::new(clock.clone()));
    let store = db.another_replica().await;
    let app = App::with(&config, store, clock, ids);
    app.ledger.work_all().await.unwrap();
    app.stop().await;
}

async fn check(db: &TestDb, org: &str, history: &History) {
    let mut inbox = BTreeMap::new();
    for row in db.store.read(&INBOX, args![org]).await.unwrap() {
        let body = tributary::inbox::unpack(row.bytes("body").unwrap()).unwrap();
        inbox.insert(row.text("external_id").unwrap().to_owned(), body);
    }
    let mut ids = BTreeSet::new();
    for message in &history.messages {
        if let Message::Delivery { id, body } = message {
            ids.insert(id.clone());
            let kept = inbox.get(id).map(Vec::as_slice);
            assert!(kept == Some(body.as_bytes()), "{id} is not in the inbox");
        }
    }
    assert_eq!(inbox.len(), ids.len());
    let mut sales = BTreeMap::new();
    for row in db.store.read(&SALES, args![org]).await.unwrap() {
        let invoice = row.text("invoice_id").unwrap().to_owned();
        let amounts = ["net", "refunded", "commission_left"].map(|name| row.int(name).unwrap());
        assert!(
            sales.insert(invoice, amounts).is_none(),
            "a sale is there twice"
        );
    }
    assert_eq!(sales, history.sales);
    let mut balances = BTreeMap::new();
    for row in db.store.read(&BALANCES, args![org]).await.unwrap() {
        let partner = row.text("partner_id").unwrap().to_owned();
        balances.insert(partner, row.int("amount").unwrap());
    }
    assert_eq!(balances, history.balances);
    let audit = tributary::audit::audit(db.store.as_ref(), SystemClock.now(), org).await;
    let audit = audit.unwrap();
    assert!(audit.clean && audit.left_out == 0, "{audit:#?}");
}

async fn killed_and_restarted(db: TestDb, seed: u64) {
    let mut history = History::new();
    Seeded(seed).shuffle(&mut history.messages);
    let org = set_up(&db, &history).await;
    let folder =
        std::env::temp_dir().join(format!("tributary_crash_{}_{seed}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    send_with_kills(&db, folder.clone(), history.messages.clone(), seed).await;
    finish(&db).await;
    check(&db, &org, &history).await;
    std::fs::remove_dir_all(folder).unwrap();
}

on_both_databases! {
    async fn what_was_answered_survives_kill_nine_and_every_sale_is_there_once(db: TestDb) {
        let seed = if db.url.starts_with("sqlite") { 41 } else { 43 };
        killed_and_restarted(db, seed).await;
    }
}
