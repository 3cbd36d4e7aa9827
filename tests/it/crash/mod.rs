//! The built program under everything that may happen to it: killed with SIGKILL in the middle of its work, its database gone, its disk full. Whatever it
//! has answered 200 is in its inbox byte for byte, and in the end every sale is there once, with its exact amounts.

mod chaos;
mod faults;
mod full;
mod history;
mod read_only;
mod replicas;
mod server;
mod soak;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use providers::Settings;
use tokio::sync::watch;
use tributary::app::App;
use tributary::args;
use tributary::clock::{Clock as _, SystemClock};
use tributary::config::{Config, Flags};
use tributary::id::IdSource;
use tributary::store::Statement;

use self::history::{History, Message};
use self::server::{KEY, PATIENCE, Server};
use crate::support::app::{TestApp, secret_of};
use crate::support::dice::Dice;
use crate::support::{TestDb, unique_name};

const KILLS: usize = 4;
const SENDERS: usize = 8;
/// Before a sender that was turned away comes again.
const PAUSE: Duration = Duration::from_millis(10);

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

/// What became of a message.
#[derive(PartialEq, Eq)]
enum Answer {
    Done,
    Busy,
    /// Its time does not agree with the server's.
    Refused,
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
    /// How many were answered that their time is wrong.
    refused: AtomicUsize,
    /// Counts the starts of the server.
    up: watch::Receiver<usize>,
}

impl Load {
    fn new(port: u16, messages: Vec<Message>, up: watch::Receiver<usize>) -> Self {
        Self {
            port,
            client: client(),
            waiting: Mutex::new(messages.into()),
            answered: watch::channel(0).0,
            again: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            up,
        }
    }

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
            if answer == Answer::Refused {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            if answer != Answer::Gone {
                tokio::time::sleep(PAUSE).await;
            }
            // Down: there is no sense in trying before it is started again.
            if answer == Answer::Gone && *up.borrow() == starts && up.changed().await.is_err() {
                return;
            }
        }
    }
    async fn send(&self, message: &Message) -> Answer {
        send(&self.client, self.port, message).await
    }
}

/// Sends a message to the server at a port.
async fn send(client: &reqwest::Client, port: u16, message: &Message) -> Answer {
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let (request, is_call) = match message {
        Message::Delivery { body, .. } => {
            let adapter = providers::adapter("stripe").unwrap();
            let (secret, settings) = (secret_of("stripe"), Settings::default());
            let now = SystemClock.now();
            let signed = adapter.sign(body.as_bytes(), &[], &secret, &settings, now);
            let signed = signed.unwrap();
            let mut request = client.post(url("/webhooks/stripe"));
            for (name, value) in signed.headers {
                request = request.header(name, value);
            }
            (request.body(signed.body), false)
        }
        Message::Call(body) => {
            let request = client.post(url("/api/track/sale")).bearer_auth(KEY);
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
        401 if !is_call => Answer::Refused,
        other => panic!("answered {other}"),
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
    // Connections that a burst has left over are the sender's, and would look like the server's.
    client.pool_max_idle_per_host(SENDERS).build().unwrap()
}

/// Sends everything, with kills in between, and a last one at the end.
async fn send_with_kills(db: &TestDb, folder: PathBuf, messages: Vec<Message>, seed: u64) {
    let mut dice = Dice(seed);
    let total = messages.len();
    let (starts, up) = watch::channel(1);
    let port = free_port();
    let mut server = Server::start(&db.url, &folder, port).await;
    let load = Arc::new(Load::new(port, messages, up));
    let mut count = load.answered.subscribe();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..SENDERS {
        senders.spawn(load.clone().send_all());
    }
    let share = total / (KILLS + 1);
    for kill in 1..=KILLS {
        let moment = kill * share - dice.below(share);
        count.wait_for(|done| *done >= moment).await.unwrap();
        server.kill();
        server = Server::start(&db.url, &folder, port).await;
        starts.send_modify(|count| *count += 1);
    }
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    // What was given back after the other senders had found nothing more to do.
    load.clone().send_all().await;
    assert_eq!(*count.borrow(), total, "everything was answered");
    let again = load.again.load(Ordering::Relaxed);
    assert!(again >= KILLS, "the kills have hit deliveries: {again}");
    assert_eq!(load.refused.load(Ordering::Relaxed), 0);
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
    Dice(seed).shuffle(&mut history.messages);
    let org = set_up(&db, &history).await;
    let folder = std::env::temp_dir().join(unique_name());
    std::fs::create_dir(&folder).unwrap();
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
