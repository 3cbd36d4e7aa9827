//! What breaks under a running program: a full disk, a file that is gone, a lock that somebody else holds, a connection that falls silent.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use tributary::args;
use tributary::store::{Deadlines, MIGRATIONS, Statement, StoreError};

use super::{COUNT, INSERT, SCHEMA, count, insert};
use crate::scene::Scene;
use crate::support::proxy::Proxy;
use crate::support::shipped::fixture;
use crate::support::{TestDb, postgres, sqlite};

/// Longer than one wait of ours, shorter than two.
const ONE_WAIT: Duration = Duration::from_secs(9);

/// Short enough to wait for.
const SHORT: Deadlines = Deadlines {
    begin: Duration::from_millis(400),
    statement: Duration::from_millis(400),
    commit: Duration::from_millis(400),
};

/// Ten times more than any call may take with [`SHORT`].
const LONG: Duration = Duration::from_secs(8);

fn file(db: &TestDb) -> PathBuf {
    PathBuf::from(db.url.strip_prefix("sqlite://").unwrap())
}

#[track_caller]
fn assert_unavailable<T: std::fmt::Debug>(outcome: &Result<T, StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Unavailable(_))),
        "{outcome:?}"
    );
}

fn file_of(db: &TestDb) -> String {
    db.url.trim_start_matches("sqlite://").to_owned()
}

#[tokio::test]
async fn what_is_committed_goes_from_the_log_into_the_file_beside_the_writer() {
    const MUCH: usize = 12 << 20;
    sqlite::run(SCHEMA, |db| async move {
        let mut transaction = db.store.begin().await.unwrap();
        let large = args!["a", 0, vec![7_u8; MUCH], None::<&str>];
        transaction.run(&INSERT, large).await.unwrap();
        transaction.commit().await.unwrap();
        let is_there = async {
            while fs::metadata(file(&db)).unwrap().len() < MUCH as u64 {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, is_there).await.unwrap();
        db.store.close().await;
        let mut log = file(&db).into_os_string();
        log.push("-wal");
        assert!(!fs::exists(log).unwrap());
    })
    .await;
}

#[tokio::test]
async fn after_the_disk_was_full_for_a_moment_sqlite_writes_again() {
    /// No page more than there are.
    static FULL: Statement = Statement::new("pragma max_page_count = 1");
    sqlite::run(SCHEMA, |db| async move {
        let mut transaction = db.store.begin().await.unwrap();
        transaction.run(&FULL, args![]).await.unwrap();
        let large = args!["a", 0, vec![7_u8; 1 << 20], None::<&str>];
        let refused = transaction.run(&INSERT, large).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))));
        drop(transaction);
        insert(&*db.store, "b").await.unwrap();
        assert_eq!(count(&*db.store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_statement_that_takes_sqlite_too_long_is_interrupted_and_undone() {
    static ENDLESS: Statement = Statement::new(
        "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) as n from n",
    );
    sqlite::run(SCHEMA, |db| async move {
        let db = db.impatient(&db.url, SHORT).await;
        let asked = Instant::now();
        assert_unavailable(&db.store.read(&ENDLESS, args![]).await);
        let mut transaction = db.store.begin().await.unwrap();
        let row = args!["a", 0, None::<Vec<u8>>, None::<&str>];
        transaction.run(&INSERT, row).await.unwrap();
        assert_unavailable(&transaction.run(&ENDLESS, args![]).await);
        assert!(asked.elapsed() < LONG);
        drop(transaction);
        insert(&*db.store, "b").await.unwrap();
        assert_eq!(count(&*db.store).await, 1);
        db.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_transaction_dropped_in_the_middle_of_a_statement_leaves_a_store_that_writes() {
    sqlite::run(SCHEMA, |db| async move {
        let mut transaction = db.store.begin().await.unwrap();
        let large = args!["a", 0, vec![7_u8; 1 << 20], None::<&str>];
        let half = timeout(Duration::ZERO, transaction.run(&INSERT, large));
        drop(half.await);
        drop(transaction);
        insert(&*db.store, "b").await.unwrap();
        assert!(count(&*db.store).await >= 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_confirmed_into_a_file_that_was_deleted() {
    sqlite::run(SCHEMA, |db| async move {
        insert(&*db.store, "a").await.unwrap();
        let mut transaction = db.store.begin().await.unwrap();
        let row = args!["b", 0, None::<Vec<u8>>, None::<&str>];
        transaction.run(&INSERT, row).await.unwrap();
        fs::rename(file_of(&db), format!("{}.gone", file_of(&db))).unwrap();
        let told = transaction.commit().await.unwrap_err().to_string();
        assert!(told.contains("was deleted, moved or replaced"), "{told}");
        let begun = db.store.begin().await;
        assert!(matches!(begun.err(), Some(StoreError::Unavailable(_))));
        // Another file of the same name is another database.
        fs::write(file_of(&db), b"").unwrap();
        let begun = db.store.begin().await;
        assert!(matches!(begun.err(), Some(StoreError::Unavailable(_))));
    })
    .await;
}

#[tokio::test]
async fn a_lock_that_another_process_holds_is_waited_for_once() {
    sqlite::run(MIGRATIONS, |db| async move {
        let scene = Scene::new(&db).await;
        let own = fixture("stripe/f01-subscription-checkout");
        let source = scene.prepare("stripe", own).await;
        let mut arrivals = scene.arrivals(&source, own).into_iter();
        let other = rusqlite::Connection::open(file(&db)).unwrap();
        other.execute_batch("begin immediate").unwrap();
        let refused = scene.inbox.accept(arrivals.next().unwrap());
        let refused = timeout(ONE_WAIT, refused).await;
        assert!(refused.expect("an answer after one wait").is_err());
        other.execute_batch("rollback").unwrap();
        scene.inbox.accept(arrivals.next().unwrap()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_a_connection_that_falls_silent_while_it_commits_the_others_take_no_harm() {
    postgres::run(MIGRATIONS, |db| async move {
        let proxy = Proxy::to(&db.url).await;
        let slow = db.impatient(&proxy.url, SHORT).await;
        let direct = Scene::new(&db).await;
        let own = fixture("stripe/f01-subscription-checkout");
        let source = direct.prepare("stripe", own).await;
        let arrivals = direct.arrivals(&source, own);
        let scene = direct.through(slow.store.clone());

        proxy.silence_next_commit();
        let cut_off = timeout(ONE_WAIT, scene.inbox.accept(arrivals[0].clone())).await;
        assert!(cut_off.expect("an answer within our bound").is_err());
        let next = timeout(ONE_WAIT, scene.inbox.accept(arrivals[1].clone())).await;
        next.expect("the others go on").unwrap();
        // The server has committed what it was not heard to confirm.
        let again = scene.inbox.accept(arrivals[0].clone()).await.unwrap();
        assert!(again.duplicate);
        slow.store.close().await;
    })
    .await;
}

/// As it does when the disk is full.
#[tokio::test]
async fn after_sqlite_has_undone_a_transaction_by_itself_the_next_one_works() {
    static UNDO: Statement = Statement::new("insert or rollback into things (id) values ('a')");
    sqlite::run(SCHEMA, |db| async move {
        insert(&*db.store, "a").await.unwrap();
        for id in ["b", "c", "d"] {
            let mut transaction = db.store.begin().await.unwrap();
            let outcome = transaction.run(&UNDO, args![]).await;
            assert!(matches!(outcome, Err(StoreError::Conflict)), "{outcome:?}");
            drop(transaction);
            insert(&*db.store, id).await.unwrap();
        }
        assert_eq!(count(&*db.store).await, 4);
    })
    .await;
}

#[tokio::test]
async fn another_processes_lock_on_sqlite_is_waited_for_once() {
    sqlite::run(SCHEMA, |db| async move {
        let other = db.another_replica().await;
        let lock = other.begin().await.unwrap();
        let db = db.impatient(&db.url, SHORT).await;
        let asked = Instant::now();
        assert_unavailable(&db.store.begin().await.map(drop));
        assert!(asked.elapsed() < LONG);
        drop(lock);
        // The lock is given up by a task of its own.
        while db.store.begin().await.is_err() {}
        insert(&*db.store, "a").await.unwrap();
        other.close().await;
        db.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_gone_or_replaced_takes_nothing_until_it_is_back() {
    sqlite::run(SCHEMA, |db| async move {
        insert(&*db.store, "a").await.unwrap();
        let (file, away) = (file(&db), file(&db).with_extension("away"));
        fs::rename(&file, &away).unwrap();
        assert_unavailable(&insert(&*db.store, "b").await);
        assert_unavailable(&db.store.read(&COUNT, args![]).await);
        fs::copy(&away, &file).unwrap();
        assert_unavailable(&insert(&*db.store, "c").await);
        fs::rename(&away, &file).unwrap();
        insert(&*db.store, "d").await.unwrap();
        assert_eq!(count(&*db.store).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_goes_during_a_transaction_makes_its_commit_fail() {
    sqlite::run(SCHEMA, |db| async move {
        for gone in ["db", "db-wal"] {
            insert(&*db.store, gone).await.unwrap();
            let transaction = db.store.begin().await.unwrap();
            let gone = file(&db).with_extension(gone);
            fs::rename(&gone, gone.with_extension("away")).unwrap();
            assert_unavailable(&transaction.commit().await);
            fs::rename(gone.with_extension("away"), &gone).unwrap();
        }
        insert(&*db.store, "c").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_commit_to_which_postgresql_gives_no_answer_ends_in_time_and_others_go_on() {
    postgres::run(SCHEMA, |direct| async move {
        let proxy = Proxy::to(&direct.url).await;
        let db = direct.impatient(&proxy.url, SHORT).await;
        insert(&*db.store, "a").await.unwrap();
        proxy.silence_next_commit();
        let asked = Instant::now();
        assert_unavailable(&insert(&*db.store, "b").await);
        for id in ["c", "d"] {
            insert(&*db.store, id).await.unwrap();
        }
        assert!(asked.elapsed() < LONG);
        assert_eq!(count(&*db.store).await, 4, "b was committed all the same");
        db.store.close().await;
    })
    .await;
}

#[tokio::test]
async fn every_call_to_a_silent_postgresql_ends_in_time_and_works_again_afterwards() {
    postgres::run(SCHEMA, |direct| async move {
        let proxy = Proxy::to(&direct.url).await;
        let db = direct.impatient(&proxy.url, SHORT).await;
        insert(&*db.store, "a").await.unwrap();
        let mut transaction = db.store.begin().await.unwrap();
        let asked = Instant::now();
        proxy.silence(true);
        assert_unavailable(&transaction.run(&COUNT, args![]).await);
        drop(transaction);
        assert_unavailable(&db.store.read(&COUNT, args![]).await);
        assert_unavailable(&db.store.begin().await.map(drop));
        proxy.silence(false);
        while insert(&*db.store, "b").await.is_err() {}
        assert!(asked.elapsed() < LONG);
        assert_eq!(count(&*db.store).await, 2);
        db.store.close().await;
    })
    .await;
}
