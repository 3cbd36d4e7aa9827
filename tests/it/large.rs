//! A customer with more payments than are folded within a batch: right to the cent, and in nobody's way.

mod calls;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::{Mutex, Semaphore};
use tributary::args;
use tributary::audit::audit;
use tributary::fixtures::Fixture;
use tributary::inbox::Arrival;
use tributary::store::{Args, Dialect, Row, Statement, Store, StoreError, Transaction};

use crate::scene::{NOW, Scene};
use crate::support::TestDb;
use crate::support::copies::copy;
use crate::support::shipped::fixture;

static SALES: Statement = Statement::new(
    "select count(*) as n, cast(coalesce(sum(commission_left), 0) as bigint) as earned
     from sales where organization_id = $1 and state = 'live'",
);
static DUE: Statement = Statement::new(
    "select count(*) as n from neighbourhoods where organization_id = $1 and due_at is not null",
);
static LARGEST: Statement =
    Statement::new("select max(facts) as n from neighbourhoods where organization_id = $1");

const NAME: &str = "stripe/f13-two-partial-refunds";

/// A payment with two refunds, of the customer that all these payments have.
fn payment(number: usize) -> Fixture {
    let suffix = format!("x{number}");
    let mut payment = copy(fixture(NAME), &suffix);
    for delivered in &mut payment.deliveries {
        delivered.body = delivered.body.replace(&format!("cus_{suffix}"), "cus_");
    }
    payment
}

fn payments(scene: &Scene, source: &str, numbers: std::ops::Range<usize>) -> Vec<Arrival> {
    let payments = numbers.map(payment);
    payments
        .flat_map(|payment| scene.arrivals(source, &payment))
        .collect()
}

/// A world in which one customer has 120 payments, more than fit into a batch's folds.
async fn crowded(db: &TestDb) -> (Scene, String) {
    let scene = Scene::new(db).await;
    let source = scene.prepare(NAME, fixture(NAME)).await;
    for from in (0..120).step_by(30) {
        scene
            .deliver_at_once(payments(&scene, &source, from..from + 30))
            .await;
        scene.work().await;
    }
    let largest = scene.run(&LARGEST, args![scene.org.as_str()]).await;
    assert!(largest[0].int("n").unwrap() > 1_000, "{largest:?}");
    scene.rest();
    (scene, source)
}

async fn number(scene: &Scene, statement: &'static Statement) -> i64 {
    scene.run(statement, args![scene.org.as_str()]).await[0]
        .int("n")
        .unwrap()
}

async fn assert_right(scene: &Scene, sales: i64) {
    let row = &scene.run(&SALES, args![scene.org.as_str()]).await[0];
    let one = fixture(NAME).expect.sales[0].commission_amount;
    assert_eq!(row.int("n").unwrap(), sales);
    assert_eq!(row.int("earned").unwrap(), one * sales);
    let report = audit(&*scene.store, NOW, &scene.org).await.unwrap();
    assert!(report.clean, "{:#?}", report.differences);
    assert_eq!((report.due, report.left_out), (0, 0));
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A database whose snapshots wait for a gate, and in which something happens between a snapshot and what is written
/// after it.
struct Gated {
    inner: Arc<dyn Store>,
    gate: Semaphore,
    seen: AtomicBool,
    work: Mutex<Option<Work>>,
}

impl Gated {
    fn new(inner: Arc<dyn Store>, open: bool, work: Option<Work>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            gate: Semaphore::new(if open { Semaphore::MAX_PERMITS } else { 0 }),
            seen: AtomicBool::new(false),
            work: Mutex::new(work),
        })
    }
}

#[async_trait]
impl Store for Gated {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.inner.read(statement, args).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let _open = self.gate.acquire().await.unwrap();
        self.seen.store(true, Ordering::SeqCst);
        self.inner.snapshot().await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        if self.seen.load(Ordering::SeqCst)
            && let Some(work) = self.work.lock().await.take()
        {
            work.await;
        }
        self.inner.begin().await
    }

    async fn prepare(&self, statement: &Statement) -> Result<(), StoreError> {
        self.inner.prepare(statement).await
    }

    async fn migrate(&self) -> Result<(), StoreError> {
        self.inner.migrate().await
    }

    async fn close(&self) {}

    fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }
}

on_both_databases! {
    async fn a_customer_with_many_payments_is_right_to_the_cent(db: TestDb) {
        let (scene, source) = crowded(&db).await;
        assert_right(&scene, 120).await;
        // Everything again changes nothing.
        scene.deliver_at_once(payments(&scene, &source, 0..120)).await;
        scene.work().await;
        assert_right(&scene, 120).await;
        assert_eq!(number(&scene, &DUE).await, 0);
    }

    async fn a_stranger_does_not_wait_for_the_folds_of_a_large_customer(db: TestDb) {
        let (scene, source) = crowded(&db).await;
        let gated = Gated::new(scene.store.clone(), false, None);
        let behind = scene.through(gated.clone());
        scene.deliver_at_once(payments(&scene, &source, 120..122)).await;
        let stranger = fixture("stripe/f12-refund-before-sale");
        let other = scene.prepare("other", stranger).await;
        let arrivals = scene.arrivals(&other, stranger);
        scene.deliver_at_once(arrivals).await;
        let working = tokio::spawn(async move { behind.work().await });
        let counted = async || scene.run(&SALES, args![scene.org.as_str()]).await[0].int("n").unwrap();
        while counted().await < 121 {
            tokio::task::yield_now().await;
        }
        assert_eq!((counted().await, number(&scene, &DUE).await), (121, 1));
        let report = audit(&*scene.store, NOW, &scene.org).await.unwrap();
        assert!(report.clean && report.due == 1, "{report:#?}");
        gated.gate.add_permits(Semaphore::MAX_PERMITS >> 1);
        working.await.unwrap();
        assert_eq!((counted().await, number(&scene, &DUE).await), (123, 0));
        let report = audit(&*scene.store, NOW, &scene.org).await.unwrap();
        assert!(report.clean, "{:#?}", report.differences);
    }

    async fn of_two_that_fold_a_large_customer_one_publishes(db: TestDb) {
        let (scene, source) = crowded(&db).await;
        scene.deliver_at_once(payments(&scene, &source, 120..123)).await;
        let more = payments(&scene, &source, 123..125);
        let (inbox, ledger) = (scene.inbox.clone(), scene.ledger.clone());
        let meanwhile = async move {
            for arrival in more {
                inbox.accept(arrival).await.unwrap();
            }
            ledger.work_all().await.unwrap();
        };
        let gated = Gated::new(scene.store.clone(), true, Some(Box::pin(meanwhile)));
        let other = scene.through(gated.clone());
        other.work().await;
        assert!(gated.work.lock().await.is_none());
        assert_right(&scene, 125).await;
    }

    async fn what_comes_while_a_large_customer_is_folded_is_folded_next(db: TestDb) {
        let (scene, source) = crowded(&db).await;
        scene.deliver_at_once(payments(&scene, &source, 120..123)).await;
        let more = payments(&scene, &source, 123..125);
        let inbox = scene.inbox.clone();
        let meanwhile = async move {
            for arrival in more {
                inbox.accept(arrival).await.unwrap();
            }
        };
        let gated = Gated::new(scene.store.clone(), true, Some(Box::pin(meanwhile)));
        let other = scene.through(gated);
        other.work().await;
        scene.work().await;
        assert_right(&scene, 125).await;
    }
}
