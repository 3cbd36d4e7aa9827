//! Two replicas on one PostgreSQL: each is killed with SIGKILL under load, and the other goes on. What was answered is there once.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tributary::args;
use tributary::organization;
use tributary::store::{MIGRATIONS, Statement};

use super::history::{History, Message};
use super::server::{KEY, Server};
use super::{Answer, SENDERS, check, client, free_port, send, set_up};
use crate::support::dice::Dice;
use crate::support::{postgres, scratch, unique_name};

const KILLS: usize = 4;
/// Within which the other replica answers on, and has put all that was answered into the ledger.
const BOUND: Duration = Duration::from_secs(30);

static UNREAD: Statement = Statement::new(
    "select cast(count(*) as bigint) as n from events where state = 'received'
     union all select count(*) from neighbourhoods where due_at is not null and due_at <= 0",
);
static STEPS: Statement =
    Statement::new("select cast(count(*) as bigint) as n from schema_migrations");

/// What all senders share.
pub(super) struct Load {
    ports: [u16; 2],
    pub(super) up: [AtomicBool; 2],
    client: reqwest::Client,
    waiting: Mutex<VecDeque<Message>>,
    pub(super) answered: watch::Sender<usize>,
    again: AtomicUsize,
}

impl Load {
    pub(super) fn new(ports: [u16; 2], messages: Vec<Message>) -> Self {
        Self {
            ports,
            up: [true, true].map(AtomicBool::new),
            client: client(),
            waiting: Mutex::new(messages.into()),
            answered: watch::channel(0).0,
            again: AtomicUsize::new(0),
        }
    }

    /// Sends one message after another, to the replicas in turn; to the other where one is down, as a balancer does.
    pub(super) async fn send_all(self: Arc<Self>, first: usize) {
        let mut turn = first;
        loop {
            let next = self.waiting.lock().unwrap().pop_front();
            let Some(message) = next else { return };
            turn += 1;
            let up = |which: usize| self.up[which % 2].load(Ordering::SeqCst);
            let which = if up(turn) { turn } else { turn + 1 } % 2;
            let answer = send(&self.client, self.ports[which], &message).await;
            assert!(answer != Answer::Refused, "no sender would come again");
            if answer == Answer::Done {
                self.answered.send_modify(|count| *count += 1);
            } else {
                self.again.fetch_add(1, Ordering::SeqCst);
                self.waiting.lock().unwrap().push_back(message);
                tokio::task::yield_now().await;
            }
        }
    }
}

pub(super) async fn until_all_is_read(db: &crate::support::TestDb) {
    let began = Instant::now();
    loop {
        let rows = db.store.read(&UNREAD, args![]).await.unwrap();
        if rows.iter().all(|row| row.int("n").unwrap() == 0) {
            return;
        }
        assert!(began.elapsed() < BOUND, "the other replica does not go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_either_may_die_under_load_and_each_delivery_that_was_answered_is_there_once()
 {
    postgres::run(MIGRATIONS, |db| async move {
        let mut dice = Dice(47);
        let mut history = History::new();
        dice.shuffle(&mut history.messages);
        let org = set_up(&db, &history).await;
        let folder = scratch().join(unique_name());
        std::fs::create_dir_all(&folder).unwrap();
        let ports = [free_port(), free_port()];
        let mut servers = Vec::new();
        for port in ports {
            servers.push(Server::start(&db.url, &folder, port).await);
        }
        let total = history.messages.len();
        let load = Arc::new(Load::new(ports, history.messages.clone()));
        let mut count = load.answered.subscribe();
        let mut senders = tokio::task::JoinSet::new();
        for n in 0..SENDERS {
            senders.spawn(load.clone().send_all(n));
        }
        let share = total / (KILLS + 1);
        for kill in 1..=KILLS {
            let moment = kill * share - dice.below(share);
            count.wait_for(|done| *done >= moment).await.unwrap();
            let which = kill % 2;
            servers[which].kill();
            load.up[which].store(false, Ordering::SeqCst);
            let answered = *count.borrow();
            let goes_on = count.wait_for(|done| *done > answered || *done == total);
            tokio::time::timeout(BOUND, goes_on)
                .await
                .expect("the other goes on")
                .unwrap();
            // The last one stays down: what it has left undone is the other's.
            if kill < KILLS {
                servers[which] = Server::start(&db.url, &folder, ports[which]).await;
                load.up[which].store(true, Ordering::SeqCst);
            }
        }
        senders.join_all().await;
        load.clone().send_all(0).await;
        assert_eq!(*count.borrow(), total, "everything was answered");
        assert!(
            load.again.load(Ordering::SeqCst) >= KILLS,
            "the kills have hit deliveries"
        );
        until_all_is_read(&db).await;
        drop(servers);
        check(&db, &org, &history).await;
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_on_an_empty_database_make_one_schema_and_one_organization() {
    postgres::run(&[], |db| async move {
        let folder = scratch().join(unique_name());
        std::fs::create_dir_all(&folder).unwrap();
        let ports = [free_port(), free_port(), free_port()];
        let mut starting = tokio::task::JoinSet::new();
        for port in ports {
            let (url, folder) = (db.url.clone(), folder.clone());
            starting.spawn(async move { Server::start(&url, &folder, port).await });
        }
        let servers = starting.join_all().await;
        let client = client();
        for port in ports {
            let url = format!("http://127.0.0.1:{port}/api/sales");
            // The port is open a moment before the first start has made the key.
            let began = Instant::now();
            loop {
                let answer = client.get(&url).bearer_auth(KEY).send().await;
                if answer.is_ok_and(|answer| answer.status() == 200) {
                    break;
                }
                assert!(began.elapsed() < BOUND, "a replica does not start");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        assert_eq!(organization::list(&*db.store).await.unwrap().len(), 1);
        let steps = db.store.read(&STEPS, args![]).await.unwrap();
        let steps = usize::try_from(steps[0].int("n").unwrap()).unwrap();
        assert_eq!(steps, MIGRATIONS.len(), "each step is made once");
        drop(servers);
        std::fs::remove_dir_all(folder).unwrap();
    })
    .await;
}
