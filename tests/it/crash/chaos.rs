//! What happens to a server that goes on running: its database dies and comes again, the wire to it is cut or goes silent, the disk is full, read-only
//! or slow, the clock jumps. All of it under load. Whatever was answered 200 is there once in the end, and nobody had to do anything.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::block_in_place;
use tributary::store::MIGRATIONS;

use super::faults::Faults;
use super::history::History;
use super::replicas::until_all_is_read;
use super::server::{PATIENCE, Server};
use super::{Load, SENDERS, check, free_port, set_up};
use crate::support::cluster::Cluster;
use crate::support::dice::Dice;
use crate::support::proxy::Proxy;
use crate::support::{TestDb, cluster, postgres, scratch, sqlite, unique_name};

/// How often it goes wrong.
const FAULTS: usize = 3;

/// What goes wrong.
enum Fault {
    /// The database dies, and is started again.
    Database(Arc<Cluster>),
    /// All connections to it are cut.
    Cut(Proxy),
    /// The wire to it carries nothing.
    Silence(Proxy),
    /// The disk takes no more.
    FullDisk,
    /// The disk cannot be written.
    ReadOnlyDisk(Faults),
    /// Flushes take long.
    SlowFlush(Faults),
    /// The clock is wrong.
    Clock(Faults),
}

/// A server under load.
struct Storm {
    db: TestDb,
    seed: u64,
    folder: PathBuf,
    /// Where the server finds its database.
    url: String,
    environment: Vec<(&'static str, String)>,
}

impl Storm {
    fn over(db: TestDb, seed: u64) -> Self {
        let folder = scratch().join(unique_name());
        std::fs::create_dir(&folder).unwrap();
        Self {
            url: db.url.clone(),
            environment: Vec::new(),
            db,
            seed,
            folder,
        }
    }

    /// The same on a machine with faults.
    fn on_a_machine(db: TestDb, seed: u64) -> (Self, Faults) {
        let mut storm = Self::over(db, seed);
        let faults = Faults::new(&storm.folder);
        storm.environment = faults.environment();
        (storm, faults)
    }

    /// The same with a wire to its database.
    async fn on_a_wire(db: TestDb, seed: u64) -> (Self, Proxy) {
        let proxy = Proxy::to(&db.url).await;
        let mut storm = Self::over(db, seed);
        storm.url.clone_from(&proxy.url);
        (storm, proxy)
    }

    /// Sends a history through it, with the fault at random moments, and looks at what has become of it.
    async fn pass(self, fault: Fault) {
        let mut dice = Dice(self.seed);
        let mut history = History::new();
        dice.shuffle(&mut history.messages);
        let total = history.messages.len();
        let org = set_up(&self.db, &history).await;
        let port = free_port();
        let server = Server::start_with(&self.url, &self.folder, port, &self.environment).await;
        let (mends, up) = watch::channel(0);
        let load = Arc::new(Load::new(port, history.messages.clone(), up));
        let mut count = load.answered.subscribe();
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..SENDERS {
            senders.spawn(load.clone().send_all());
        }
        let share = total / (FAULTS + 1);
        for round in 1..=FAULTS {
            let moment = round * share - dice.below(share);
            count.wait_for(|done| *done >= moment).await.unwrap();
            fault.strike(&server, &load, round).await;
            // Whoever has lost its connection comes again.
            mends.send_modify(|mends| *mends += 1);
            let answered = *count.borrow();
            let goes_on = count.wait_for(|done| *done > answered || *done == total);
            let goes_on = tokio::time::timeout(PATIENCE, goes_on).await;
            goes_on.expect("it goes on by itself").unwrap();
        }
        while let Some(ended) = senders.join_next().await {
            ended.unwrap();
        }
        load.clone().send_all().await;
        assert_eq!(*count.borrow(), total, "everything was answered");
        if !matches!(fault, Fault::Clock(_)) {
            assert_eq!(load.refused.load(Ordering::Relaxed), 0);
        }
        let mut fresh = self.db.clone();
        // Connections of before may be dead.
        fresh.store = self.db.another_replica().await;
        until_all_is_read(&fresh).await;
        drop(server);
        check(&fresh, &org, &history).await;
        fresh.store.close().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

impl Load {
    /// Waits until some more messages were turned away.
    async fn until_turned_away(&self) {
        let before = self.again.load(Ordering::Relaxed);
        let turned_away = async {
            while self.again.load(Ordering::Relaxed) < before + SENDERS / 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let turned_away = tokio::time::timeout(PATIENCE, turned_away).await;
        turned_away.expect("the fault is noticed");
    }

    /// Waits until some more messages were taken.
    async fn until_taken(&self, more: usize) {
        let mut answered = self.answered.subscribe();
        let before = *answered.borrow();
        let some = answered.wait_for(|done| *done >= before + more);
        let some = tokio::time::timeout(PATIENCE, some).await;
        some.expect("it goes on").unwrap();
    }
}

impl Fault {
    /// Goes wrong until it was noticed, and is mended.
    async fn strike(&self, server: &Server, load: &Load, round: usize) {
        match self {
            Self::Database(cluster) => {
                block_in_place(|| cluster.crash());
                // Once it comes again at once, and is hardly missed.
                if round > 1 {
                    load.until_turned_away().await;
                }
                block_in_place(|| cluster.start_again());
            }
            Self::Cut(proxy) => {
                // What it has committed is not always heard.
                if round == 2 {
                    proxy.silence_next_commit();
                }
                proxy.cut();
            }
            // Its end is waited for long enough: once will do.
            Self::Silence(_) if round != 2 => {}
            Self::Silence(proxy) => {
                proxy.silence(true);
                load.until_turned_away().await;
                proxy.silence(false);
            }
            Self::FullDisk => {
                server.limit_files(Some(4_096));
                load.until_turned_away().await;
                server.limit_files(None);
            }
            Self::ReadOnlyDisk(faults) => {
                faults.read_only(true);
                load.until_turned_away().await;
                faults.read_only(false);
            }
            Self::SlowFlush(faults) => {
                // From a tired disk to one that hangs for a while.
                faults.slow_flush([0, 150, 600, 2_000][round]);
                load.until_taken(3).await;
                faults.slow_flush(0);
            }
            Self::Clock(faults) => jump(faults, load, round).await,
        }
    }
}

/// An hour ahead, an hour behind, and so little that signatures are still of age.
async fn jump(faults: &Faults, load: &Load, round: usize) {
    const HOUR: i64 = 3_600;
    let ahead = [0, HOUR, -HOUR, 200][round];
    let refused = load.refused.load(Ordering::Relaxed);
    faults.clock_ahead(ahead);
    if ahead.abs() < HOUR {
        load.until_taken(10).await;
    } else {
        load.until_turned_away().await;
        assert!(load.refused.load(Ordering::Relaxed) > refused);
    }
    faults.clock_ahead(0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_dies_and_comes_again_under_load_loses_and_doubles_nothing() {
    cluster::run(MIGRATIONS, |db, cluster| async move {
        Storm::over(db, 61).pass(Fault::Database(cluster)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_to_the_database_that_is_cut_under_load_loses_and_doubles_nothing() {
    postgres::run(MIGRATIONS, |db| async move {
        let (storm, proxy) = Storm::on_a_wire(db, 67).await;
        storm.pass(Fault::Cut(proxy)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_to_the_database_that_goes_silent_under_load_is_given_up_and_loses_nothing() {
    postgres::run(MIGRATIONS, |db| async move {
        let (storm, proxy) = Storm::on_a_wire(db, 71).await;
        storm.pass(Fault::Silence(proxy)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_under_load_loses_and_doubles_nothing() {
    sqlite::run(MIGRATIONS, |db| async move {
        Storm::over(db, 73).pass(Fault::FullDisk).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_turns_read_only_under_load_loses_and_doubles_nothing() {
    sqlite::run(MIGRATIONS, |db| async move {
        let (storm, faults) = Storm::on_a_machine(db, 79);
        storm.pass(Fault::ReadOnlyDisk(faults)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushes_that_take_long_delay_answers_and_lose_nothing() {
    sqlite::run(MIGRATIONS, |db| async move {
        let (storm, faults) = Storm::on_a_machine(db, 83);
        storm.pass(Fault::SlowFlush(faults)).await;
    })
    .await;
}

on_both_databases! {
    async fn a_clock_that_jumps_by_an_hour_and_back_under_load_loses_and_doubles_nothing(db: TestDb) {
        let seed = if db.url.starts_with("sqlite") { 89 } else { 97 };
        let (storm, faults) = Storm::on_a_machine(db, seed);
        storm.pass(Fault::Clock(faults)).await;
    }
}
