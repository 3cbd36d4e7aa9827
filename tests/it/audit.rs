//! The audit finds nothing where nothing is wrong, and every cent where something is.

use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use providers::Micros;
use tokio::sync::Mutex;
use tributary::args;
use tributary::audit::{AuditReport, audit, statements};
use tributary::ledger::writer::figures;
use tributary::store::{Args, Dialect, Row, Statement, Store, StoreError, Transaction};

use crate::scene::{NOW, Scene};
use crate::support::copies::copy;
use crate::support::shipped::fixture;
use crate::support::{TestDb, prepare_all};

static EDIT_ENTRY: Statement = Statement::new(
    "update entries set amount = amount + 1 where organization_id = $1 and id = (
         select min(e.id) from entries e where e.organization_id = $1) returning subject_id",
);
static EDIT_REASONS: Statement = Statement::new(
    "update entries set reason = 'as an older version said it' where organization_id = $1
     returning id",
);
static SALE: Statement =
    Statement::new("select id, refunded from sales where organization_id = $1");
static EDIT_REFUNDED: Statement = Statement::new(
    "update sales set refunded = refunded + 1 where organization_id = $1 and id = $2",
);
static DELETE_FACTS: Statement = Statement::new(
    "delete from facts where organization_id = $1 and event_id in (
         select e.id from events e where e.organization_id = $1 and e.type = 'invoice.paid')
     returning key",
);
static DELETE_BODIES: Statement = Statement::new(
    "delete from event_bodies where organization_id = $1 and event_id in (
         select e.id from events e where e.organization_id = $1 and e.type like '%paid%')
     returning event_id",
);

static CLICK_OF_ALICE: Statement = Statement::new(
    "insert into clicks (organization_id, id, link_id, partner_id, program_id, clicked_at, created_at)
     values ($1, $2, 'alice', 'alice', $3, 0, 0) on conflict do nothing returning id",
);
static ALL_DUE: Statement =
    Statement::new("update neighbourhoods set due_at = 1 where organization_id = $1 returning id");

async fn audited(scene: &Scene) -> AuditReport {
    audit(&*scene.store, NOW, &scene.org).await.unwrap()
}

/// The audit, which must find nothing.
async fn assert_clean(scene: &Scene) -> AuditReport {
    let report = audited(scene).await;
    let mut found = String::new();
    for difference in report.differences.iter().take(20) {
        writeln!(found, "{difference:?}").unwrap();
    }
    assert!(
        report.clean,
        "{} differences:\n{found}",
        report.difference_count
    );
    report
}

/// What differs, as `what field stored computed`.
async fn found(scene: &Scene) -> Vec<String> {
    let report = audited(scene).await;
    assert!(!report.clean);
    let differences = report.differences.iter();
    differences
        .map(|d| format!("{} {} {:?} {:?}", d.what, d.field, d.stored, d.computed))
        .collect()
}

/// Many sales with refunds and disputes: copies of fixtures, each with ids of its own.
async fn many(scene: &Scene, copies: usize) -> usize {
    let names = [
        "stripe/f03-one-time-checkout-refunded",
        "stripe/f12-refund-before-sale",
        "stripe/f13-two-partial-refunds",
        "stripe/f18-dispute-lost",
        "stripe/f18-dispute-open",
        "stripe/f18-dispute-won",
        "stripe/f18-dispute-lost-after-refund",
    ];
    for name in names {
        let original = fixture(name);
        let source = scene.prepare(name, original).await;
        let mut arrivals = Vec::new();
        for number in 0..copies {
            let another = copy(original, &format!("x{number}"));
            arrivals.extend(scene.arrivals(&source, &another));
            if arrivals.len() > 1_000 || number + 1 == copies {
                scene.deliver_at_once(std::mem::take(&mut arrivals)).await;
            }
        }
        scene.work().await;
    }
    copies * names.len()
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A database in which something happens between two looks at it.
struct Meanwhile {
    inner: Arc<dyn Store>,
    /// Before which look.
    at: usize,
    looks: AtomicUsize,
    work: Mutex<Option<Work>>,
}

impl Meanwhile {
    async fn look(&self) {
        if self.looks.fetch_add(1, Ordering::SeqCst) == self.at
            && let Some(work) = self.work.lock().await.take()
        {
            work.await;
        }
    }
}

#[async_trait]
impl Store for Meanwhile {
    async fn read(&self, statement: &Statement, args: Args) -> Result<Vec<Row>, StoreError> {
        self.look().await;
        self.inner.read(statement, args).await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, StoreError> {
        self.look().await;
        self.inner.snapshot().await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        panic!("an audit is in nobody's way");
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

/// A ledger in which some deliveries have been processed; and the rest of them, a click that was waited for, and a
/// sale that nobody has heard of, as something that has still to happen.
async fn half_told(db: &TestDb, number: usize) -> (Scene, Work) {
    let scene = Scene::numbered(db, number as u64).await;
    let mut rest = Vec::new();
    for name in ["stripe/f13-two-partial-refunds", "stripe/f18-dispute-lost"] {
        let mut fixture = fixture(name).clone();
        fixture.clicks.clear();
        let source = scene.prepare(name, &fixture).await;
        let mut arrivals = scene.arrivals(&source, &fixture);
        rest.extend(arrivals.split_off(arrivals.len() / 2));
        scene.deliver_at_once(arrivals).await;
    }
    scene.work().await;
    let (inbox, ledger, store) = (
        scene.inbox.clone(),
        scene.ledger.clone(),
        scene.store.clone(),
    );
    let late = fixture("stripe/f03-one-time-checkout-refunded");
    let source = scene.prepare("late", late).await;
    rest.extend(scene.arrivals(&source, late));
    let (org, program) = (scene.org.clone(), scene.program.clone());
    let work = async move {
        for arrival in rest {
            inbox.accept(arrival).await.unwrap();
        }
        let mut transaction = store.begin().await.unwrap();
        for name in ["stripe/f13-two-partial-refunds", "stripe/f18-dispute-lost"] {
            for click in &fixture(name).clicks {
                let args = args![org.as_str(), click.id.as_str(), program.as_str()];
                let made = transaction.run(&CLICK_OF_ALICE, args).await.unwrap();
                let clicks = made
                    .iter()
                    .map(|_| (Micros(0), ["alice", program.as_str(), "alice"]));
                figures::clicks(transaction.as_mut(), &org, clicks)
                    .await
                    .unwrap();
            }
        }
        transaction
            .run(&ALL_DUE, args![org.as_str()])
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        ledger.work_all().await.unwrap();
    };
    (scene, Box::pin(work))
}

on_both_databases! {
    async fn an_audit_beside_a_ledger_that_is_written_raises_no_alarm(db: TestDb) {
        let mut at = 0;
        loop {
            let (scene, work) = half_told(&db, at).await;
            let store = Meanwhile {
                inner: scene.store.clone(),
                at,
                looks: AtomicUsize::new(0),
                work: Mutex::new(Some(work)),
            };
            let report = audit(&store, NOW, &scene.org).await.unwrap();
            assert!(report.clean, "before look {at}: {:#?}", report.differences);
            let looks = store.looks.load(Ordering::SeqCst);
            let work = store.work.lock().await.take();
            if let Some(work) = work {
                assert!(at >= looks && looks > 8, "{looks}");
                work.await;
            }
            let report = assert_clean(&scene).await;
            assert_eq!((report.sales, report.left_out, report.due), (3, 0, 0));
            if at >= looks {
                break;
            }
            at += 1;
        }
    }

    async fn what_is_due_and_not_folded_yet_is_said_and_no_difference(db: TestDb) {
        let (scene, work) = half_told(&db, 7).await;
        scene.run(&ALL_DUE, args![scene.org.as_str()]).await;
        let report = assert_clean(&scene).await;
        assert_eq!((report.due, report.left_out, report.neighbourhoods), (2, 0, 0));
        work.await;
        assert_eq!(assert_clean(&scene).await.due, 0);
    }

    async fn the_database_understands_every_statement(db: TestDb) {
        prepare_all(&*db.store, statements()).await;
    }

    async fn nothing_differs_after_all_fixtures_of_all_processors(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed_all().await;
        scene.work().await;
        let report = assert_clean(&scene).await;
        assert!(report.sales > 50, "{}", report.sales);
        assert_eq!((report.left_out, report.from_stored_facts), (0, 0));
        assert!(!report.balances.is_empty());
    }

    async fn a_cent_in_an_entry_is_found(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        assert_clean(&scene).await;
        scene.run(&EDIT_ENTRY, args![scene.org.as_str()]).await;
        let found = found(&scene).await;
        assert_eq!(found[..2], vec![r#"entries commission of alice in usd Some("491") Some("490")"#; 2]);
        // The balance that the writer has kept does not follow a hand.
        let figures = found[2..].iter();
        assert!(figures.clone().count() > 0 && figures.clone().all(|told| told.starts_with("balance ")), "{found:?}");
    }

    async fn a_reason_that_is_worded_otherwise_is_no_difference(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f13-two-partial-refunds").await;
        let edited = scene.run(&EDIT_REASONS, args![scene.org.as_str()]).await;
        assert!(!edited.is_empty());
        assert_clean(&scene).await;
    }

    async fn a_refund_changed_by_hand_is_found(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f13-two-partial-refunds").await;
        assert_clean(&scene).await;
        let rows = audited(&scene).await;
        assert_eq!(rows.sales, 1);
        let sale = scene.run(&SALE, args![scene.org.as_str()]).await;
        let (id, refunded) = (sale[0].text("id").unwrap(), sale[0].int("refunded").unwrap());
        scene.run(&EDIT_REFUNDED, args![scene.org.as_str(), id]).await;
        let expected = format!("sale refunded Some(\"{}\") Some(\"{refunded}\")", refunded + 1);
        assert_eq!(found(&scene).await, vec![expected]);
    }

    async fn deleted_facts_are_found(db: TestDb) {
        let scene = Scene::new(&db).await;
        scene.feed("stripe/f01-subscription-checkout").await;
        let deleted = scene.run(&DELETE_FACTS, args![scene.org.as_str()]).await;
        assert_eq!(deleted.len(), 1);
        let report = audited(&scene).await;
        let is_lost = |found: &tributary::audit::Difference| found.what == "fact" && found.stored.is_none();
        assert!(report.differences.iter().all(is_lost), "{:?}", report.differences);
        let payment = report.differences.iter().filter(|found| found.id.starts_with("payment/Canonical/"));
        assert_eq!(payment.count(), 1, "{:?}", report.differences);
    }

    async fn facts_stand_in_for_deliveries_whose_body_is_gone(db: TestDb) {
        let scene = Scene::new(&db).await;
        for name in ["stripe/f01-subscription-checkout", "polar/p10-two-partial-refunds"] {
            scene.feed(name).await;
        }
        let gone = scene.run(&DELETE_BODIES, args![scene.org.as_str()]).await;
        assert!(!gone.is_empty());
        let report = assert_clean(&scene).await;
        assert!(report.from_stored_facts > 0);
    }

    async fn nothing_differs_after_hundreds_of_refunds_and_disputes(db: TestDb) {
        let scene = Scene::new(&db).await;
        let sales = many(&scene, 30).await;
        let report = assert_clean(&scene).await;
        assert!(report.sales >= sales, "{} of {sales}", report.sales);
    }

    #[ignore = "takes many minutes: run by `make soak`"]
    async fn nothing_differs_after_a_hundred_thousand_sales(db: TestDb) {
        let scene = Scene::new(&db).await;
        let sales = many(&scene, 14_300).await;
        let report = assert_clean(&scene).await;
        assert!(report.sales >= sales, "{} of {sales}", report.sales);
    }
}
