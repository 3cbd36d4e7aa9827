//! The built program for a long time under a steady load, with kills and deaths of its database: its memory, files and connections must not grow, and in
//! the end all is there once. Run by `make soak`; MINUTES says for how long, and a table says what was seen.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tributary::store::MIGRATIONS;

use super::history::{History, Message};
use super::server::Server;
use super::{Answer, Load, check, finish, free_port, set_up};
use crate::support::cluster::Cluster;
use crate::support::dice::Dice;
use crate::support::{TestDb, cluster, scratch, sqlite, unique_name};

/// Messages a second.
const RATE: u64 = 20;
/// The time is cut into so many parts; at the end of each it is looked how much the server takes.
const PARTS: u32 = 48;
/// After so many parts nobody kills it any more: what grows is seen in the rest.
const LAST_KILL: u32 = 24;
/// Of the rest so many parts are for warming up.
const WARM: usize = 6;
/// What the median of the last third may have more than that of the first.
const MORE: Taken = Taken {
    memory_kib: 16 * 1_024,
    files: 8,
    sockets: 8,
    connections: 4,
};

/// What the server takes at one moment.
#[derive(Clone, Copy)]
struct Taken {
    memory_kib: u64,
    files: u64,
    sockets: u64,
    /// At the database; none on SQLite.
    connections: u64,
}

impl Taken {
    async fn by(server: &Server, database: Option<&str>) -> Self {
        let process = Path::new("/proc").join(server.pid().to_string());
        let status = fs::read_to_string(process.join("status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        let (mut files, mut sockets) = (0, 0);
        for entry in fs::read_dir(process.join("fd")).unwrap().flatten() {
            match fs::read_link(entry.path()) {
                Ok(to) if to.to_string_lossy().starts_with("socket:") => sockets += 1,
                _ => files += 1,
            }
        }
        let connections = match database {
            // The test has some of its own; they are always as many.
            Some(url) => u64::try_from(cluster::connections(url).await).unwrap(),
            None => 0,
        };
        Self {
            memory_kib: resident.expect("the memory of the process"),
            files,
            sockets,
            connections,
        }
    }

    fn figures(self) -> [(&'static str, u64); 4] {
        [
            ("memory KiB", self.memory_kib),
            ("files", self.files),
            ("sockets", self.sockets),
            ("connections", self.connections),
        ]
    }
}

/// What grows from third to third, and by more than it may.
fn growing(life: &[Taken]) -> Vec<String> {
    let third = life.len() / 3;
    let median = |part: &[Taken], which: usize| {
        let mut values: Vec<u64> = part.iter().map(|one| one.figures()[which].1).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    let mut found = Vec::new();
    for (which, (name, more)) in MORE.figures().into_iter().enumerate() {
        let [first, second, last] = [0, 1, 2].map(|n| median(&life[n * third..][..third], which));
        if first < second && second < last && last > first + more.max(first / 4) {
            found.push(format!("{name}: {first}, {second}, {last}"));
        }
    }
    found
}

/// Sends messages at a steady rate until the time is over; each again until it is answered well. All that was sent.
async fn feed(load: Arc<Load>, mut history: History, until: Instant) -> History {
    let mut dice = Dice(101);
    let mut ticks = tokio::time::interval(Duration::from_millis(1_000 / RATE));
    let mut sending = JoinSet::new();
    for round in 0.. {
        let messages = history.add_round(round);
        dice.shuffle(messages);
        for message in messages.iter().cloned() {
            ticks.tick().await;
            sending.spawn(deliver(load.clone(), message));
            while let Some(ended) = sending.try_join_next() {
                ended.unwrap();
            }
        }
        if Instant::now() > until {
            break;
        }
    }
    sending.join_all().await;
    history
}

async fn deliver(load: Arc<Load>, message: Message) {
    const AGAIN: Duration = Duration::from_millis(250);
    loop {
        match load.send(&message).await {
            Answer::Done => break,
            Answer::Busy | Answer::Gone => tokio::time::sleep(AGAIN).await,
            Answer::Refused => panic!("refused"),
        }
    }
    load.answered.send_modify(|count| *count += 1);
}

/// How long it lasts.
fn span() -> Duration {
    let minutes = std::env::var_os("MINUTES");
    let minutes = minutes.and_then(|minutes| minutes.to_str()?.parse().ok());
    Duration::from_mins(minutes.unwrap_or(60))
}

async fn soak(db: TestDb, own: Option<Arc<Cluster>>) {
    let began = Instant::now();
    let span = span();
    let history = History::of_clicks();
    let org = set_up(&db, &history).await;
    let folder = scratch().join(unique_name());
    fs::create_dir(&folder).unwrap();
    let port = free_port();
    let mut server = Server::start(&db.url, &folder, port).await;
    let (_starts, up) = watch::channel(1);
    let load = Arc::new(Load::new(port, Vec::new(), up));
    let feeding = tokio::spawn(feed(load.clone(), history, began + span));
    let database = own.as_ref().map(|_| db.url.as_str());
    let name = if own.is_some() {
        "PostgreSQL"
    } else {
        "SQLite"
    };
    let mut life = Vec::new();
    for part in 1..=PARTS {
        tokio::time::sleep_until((began + span * part / PARTS).into()).await;
        let taken = Taken::by(&server, database).await;
        let mut fault = "";
        match (&own, part % 6) {
            (_, 0) if part <= LAST_KILL => {
                server.kill();
                server = Server::start(&db.url, &folder, port).await;
                fault = "killed";
                life.clear();
            }
            (Some(cluster), 3) => {
                block_in_place(|| cluster.crash());
                block_in_place(|| cluster.start_again());
                fault = "database died";
            }
            _ => {}
        }
        println!(
            "{name:<10} {:>5} s {:>8} answered {:>8} KiB {:>4} files {:>4} sockets {:>3} connections  {fault}",
            began.elapsed().as_secs(),
            *load.answered.borrow(),
            taken.memory_kib,
            taken.files,
            taken.sockets,
            taken.connections
        );
        if fault != "killed" {
            life.push(taken);
        }
    }
    let history = feeding.await.unwrap();
    server.kill();
    drop(server);
    let mut fresh = db.clone();
    fresh.store = db.another_replica().await;
    finish(&fresh).await;
    check(&fresh, &org, &history).await;
    fresh.store.close().await;
    fs::remove_dir_all(folder).unwrap();
    let growing = growing(&life[WARM..]);
    assert!(growing.is_empty(), "{name}: it grows: {growing:?}");
    println!(
        "{name}: {} messages, all is there once, the audit is clean",
        history.messages.len()
    );
}

#[ignore = "takes an hour: run by `make soak`"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_grows_and_nothing_is_lost_in_a_long_time_with_faults_on_sqlite() {
    sqlite::run(MIGRATIONS, |db| soak(db, None)).await;
}

#[ignore = "takes an hour: run by `make soak`"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_grows_and_nothing_is_lost_in_a_long_time_with_faults_on_postgresql() {
    cluster::run(MIGRATIONS, |db, cluster| soak(db, Some(cluster))).await;
}
