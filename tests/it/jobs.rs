//! The job runner: a job is done once, by one, however many runners there are; what fails is tried again, and what dies is another's.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tributary::actor::Actor;
use tributary::args;
use tributary::clock::TestClock;
use tributary::id::IdSource;
use tributary::jobs::{self, Failure, Job, Jobs, Kinds, NewJob, Outcome};
use tributary::organization;
use tributary::store::{Row, Statement, Store};

use crate::support::TestDb;
use crate::support::app::NOW;

static JOBS: Statement = Statement::new(
    "select id, run_at, attempts, lease_owner, last_error, done_at, stopped_at from jobs
     where organization_id = $1 and kind = $2 order by id",
);

/// What the work of a test does, and what it has seen.
#[derive(Clone, Default)]
struct Seen {
    /// How often each job was begun.
    begun: Arc<Mutex<BTreeMap<String, usize>>>,
    under_way: Arc<Mutex<BTreeMap<String, usize>>>,
    together: Arc<AtomicUsize>,
    fails: Arc<AtomicUsize>,
}

impl Seen {
    fn begun(&self, id: &str) -> usize {
        self.begun.lock().unwrap().get(id).copied().unwrap_or(0)
    }
}

async fn work(seen: Seen, job: Job) -> Result<Outcome, Failure> {
    *seen
        .begun
        .lock()
        .unwrap()
        .entry(job.id.clone())
        .or_default() += 1;
    let others = {
        let mut under_way = seen.under_way.lock().unwrap();
        let count = under_way.entry(job.id.clone()).or_default();
        *count += 1;
        *count - 1
    };
    seen.together.fetch_add(others, Ordering::SeqCst);
    tokio::task::yield_now().await;
    *seen.under_way.lock().unwrap().get_mut(&job.id).unwrap() -= 1;
    if job.payload == "\"panics\"" {
        std::panic::resume_unwind(Box::new("a job"));
    }
    let left = seen.fails.load(Ordering::SeqCst);
    if left > 0 {
        seen.fails.store(left - 1, Ordering::SeqCst);
        return Err(Failure::new("the wire is cut"));
    }
    Ok(Outcome::Done)
}

async fn hang(seen: Seen, job: Job) -> Result<Outcome, Failure> {
    *seen.begun.lock().unwrap().entry(job.id).or_default() += 1;
    std::future::pending().await
}

struct World {
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    ids: Arc<IdSource>,
    org: String,
}

impl World {
    async fn new(db: &TestDb) -> Self {
        let clock = Arc::new(TestClock::at(NOW));
        let ids = Arc::new(IdSource::seeded(clock.clone(), 7));
        let store = db.store.clone();
        let organization = organization::create(&*store, &ids, &Actor::Server, "Shop", NOW).await;
        Self {
            org: organization.unwrap().id,
            store,
            clock,
            ids,
        }
    }

    fn runner(&self, store: &Arc<dyn Store>, kinds: Kinds) -> Jobs {
        Jobs::new(store.clone(), self.clock.clone(), self.ids.clone(), kinds)
    }

    async fn add(&self, ids: &[String], payload: &str) {
        let jobs: Vec<NewJob> = ids
            .iter()
            .map(|id| NewJob {
                id: id.clone(),
                kind: "work",
                payload: payload.to_owned(),
                run_at: NOW,
            })
            .collect();
        let mut transaction = self.store.begin().await.unwrap();
        jobs::add(transaction.as_mut(), &self.org, NOW, &jobs)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    async fn rows(&self, kind: &str) -> Vec<Row> {
        let args = args![self.org.as_str(), kind];
        self.store.read(&JOBS, args).await.unwrap()
    }

    async fn wait_until(&self, what: impl Fn(&[Row]) -> bool) {
        let wait = async {
            while !what(&self.rows("work").await) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        waited.expect("it comes to that");
    }
}

fn is_done(row: &Row) -> bool {
    row.opt_int("done_at").unwrap().is_some()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("job_{n:03}")).collect()
}

on_both_databases! {
    async fn many_runners_do_each_job_once_and_never_two_at_a_time(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        let stop = CancellationToken::new();
        let ids = numbered(60);
        world.add(&ids, "{}").await;
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let store = db.another_replica().await;
            let jobs = world.runner(&store, Kinds::default().once("work", 3, seen.clone(), work));
            running.spawn(jobs.run(stop.clone()));
        }
        world.wait_until(|rows| rows.iter().all(is_done)).await;
        stop.cancel();
        running.join_all().await;
        assert!(ids.iter().all(|id| seen.begun(id) == 1), "{:?}", seen.begun);
        assert_eq!(seen.together.load(Ordering::SeqCst), 0);
    }

    async fn the_jobs_of_a_runner_that_died_are_anothers_when_their_lease_is_over(db: TestDb) {
        let world = World::new(&db).await;
        let (hung, seen) = (Seen::default(), Seen::default());
        world.add(&numbered(1), "{}").await;
        let dying = world.runner(&world.store, Kinds::default().once("work", 3, hung.clone(), hang));
        let dying = tokio::spawn(dying.run(CancellationToken::new()));
        world.wait_until(|rows| rows[0].opt_text("lease_owner").unwrap().is_some()).await;
        dying.abort();
        let _ = dying.await;
        let other = world.runner(&world.store, Kinds::default().once("work", 3, seen.clone(), work));
        assert_eq!(other.run_due().await.unwrap(), 0, "it may be alive");
        world.clock.advance(Duration::from_secs(61));
        assert_eq!(other.run_due().await.unwrap(), 1);
        assert_eq!(seen.begun("job_000"), 1);
        let rows = world.rows("work").await;
        assert!(is_done(&rows[0]));
        assert_eq!(rows[0].int("attempts").unwrap(), 2);
    }

    async fn a_job_that_fails_is_tried_again_later_and_says_why(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        seen.fails.store(2, Ordering::SeqCst);
        world.add(&numbered(1), "{}").await;
        let jobs = world.runner(&world.store, Kinds::default().once("work", 5, seen.clone(), work));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        let rows = world.rows("work").await;
        assert_eq!(rows[0].opt_text("last_error").unwrap(), Some("the wire is cut"));
        let waits = rows[0].int("run_at").unwrap() - NOW.0;
        assert!((2_500_000..=5_000_000).contains(&waits), "{waits}");
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        world.clock.advance(Duration::from_secs(10));
        assert_eq!(jobs.run_due().await.unwrap(), 1);
        let rows = world.rows("work").await;
        assert!(is_done(&rows[0]));
        assert_eq!(rows[0].opt_text("last_error").unwrap(), None);
    }

    async fn a_job_that_fails_too_often_stops_and_is_tried_again_when_somebody_asks(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        world.add(&numbered(1), "\"panics\"").await;
        let jobs = world.runner(&world.store, Kinds::default().once("work", 3, seen.clone(), work));
        for _ in 0..9 {
            jobs.run_due().await.unwrap();
            world.clock.advance(Duration::from_hours(24));
        }
        assert_eq!(seen.begun("job_000"), 3);
        let rows = world.rows("work").await;
        assert!(rows[0].opt_int("stopped_at").unwrap().is_some() && !is_done(&rows[0]));
        assert_eq!(rows[0].opt_text("last_error").unwrap(), Some("it broke off"));
        let now = tributary::clock::Clock::now(&*world.clock);
        assert!(jobs::retry(&*world.store, &world.org, "job_000", now).await.unwrap());
        jobs.run_due().await.unwrap();
        assert_eq!(seen.begun("job_000"), 4);
        assert!(!jobs::retry(&*world.store, &world.org, "job_999", now).await.unwrap());
    }

    async fn a_job_that_kills_its_runner_is_given_up_too(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        world.add(&numbered(1), "{}").await;
        for attempt in 1..=2 {
            let dying = world.runner(&world.store, Kinds::default().once("work", 2, seen.clone(), hang));
            let dying = tokio::spawn(dying.run(CancellationToken::new()));
            world.wait_until(|rows| rows[0].int("attempts").unwrap() == attempt).await;
            dying.abort();
            let _ = dying.await;
            world.clock.advance(Duration::from_secs(61));
        }
        let jobs = world.runner(&world.store, Kinds::default().once("work", 2, Seen::default(), work));
        jobs.run_due().await.unwrap();
        let rows = world.rows("work").await;
        assert!(rows[0].opt_int("stopped_at").unwrap().is_some());
    }

    async fn what_repeats_is_done_for_each_organization_in_its_time_and_never_given_up(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        let hour = Duration::from_hours(1);
        let jobs = world.runner(&world.store, Kinds::default().every("work", hour, seen.clone(), work));
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        seen.fails.store(1_000, Ordering::SeqCst);
        for _ in 0..60 {
            world.clock.advance(Duration::from_hours(7));
            jobs.run_due().await.unwrap();
        }
        assert_eq!(seen.begun("work"), 60);
        seen.fails.store(0, Ordering::SeqCst);
        world.clock.advance(Duration::from_hours(7));
        jobs.run_due().await.unwrap();
        let rows = world.rows("work").await;
        assert_eq!(rows[0].opt_text("last_error").unwrap(), None);
        assert!(!is_done(&rows[0]));
        let next = rows[0].int("run_at").unwrap() - tributary::clock::Clock::now(&*world.clock).0;
        assert!((3_600_000_000..=3_960_000_000).contains(&next), "{next}");
        organization::create(&*world.store, &world.ids, &Actor::Server, "Another", NOW).await.unwrap();
        jobs.run_due().await.unwrap();
        world.clock.advance(2 * hour);
        jobs.run_due().await.unwrap();
        assert_eq!(seen.begun("work"), 63);
    }

    async fn a_kind_that_a_newer_replica_has_added_is_left_to_it(db: TestDb) {
        let world = World::new(&db).await;
        world.add(&numbered(1), "{}").await;
        let jobs = world.runner(&world.store, Kinds::default());
        assert_eq!(jobs.run_due().await.unwrap(), 0);
        let rows = world.rows("work").await;
        assert_eq!(rows[0].int("attempts").unwrap(), 0);
    }

    async fn a_runner_that_is_woken_looks_at_once_and_one_that_is_stopped_ends(db: TestDb) {
        let world = World::new(&db).await;
        let seen = Seen::default();
        let stop = CancellationToken::new();
        let jobs = world.runner(&world.store, Kinds::default().once("work", 3, seen.clone(), work));
        let running = tokio::spawn(jobs.clone().run(stop.clone()));
        for n in 0..5 {
            world.add(&[format!("job_{n}")], "{}").await;
            jobs.wake();
            world.wait_until(|rows| rows.iter().all(is_done)).await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}
