//! When a commit is told, and what follows a flush that fails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use super::*;
use crate::args;

static MAKE: Statement = Statement::new("create table t (n integer) strict");
static ADD: Statement = Statement::new("insert into t (n) values ($1)");
static COUNT: Statement = Statement::new("select count(*) as n from t");

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder =
        std::env::temp_dir().join(format!("tributary-flush-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A database whose flushes are done by this.
fn store(folder: &Path, flush: impl FnMut() -> io::Result<()> + Send + 'static) -> SqliteStore {
    let file = folder.join("t.db");
    file::make(&file).unwrap();
    SqliteStore::connect(&file, Options::default(), |_| Flush::by(flush)).unwrap()
}

async fn add(store: &SqliteStore, n: i64) -> Result<crate::store::Flushing, StoreError> {
    let mut transaction = store.begin().await?;
    transaction.run(&ADD, args![n]).await?;
    transaction.commit_ahead().await
}

async fn count(store: &SqliteStore) -> i64 {
    let rows = store.read(&COUNT, args![]).await.unwrap();
    rows.first().unwrap().int("n").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_told_when_the_disk_has_it_and_others_go_on_meanwhile() {
    let folder = folder("told");
    let (let_go, gate) = mpsc::channel::<()>();
    let store = store(&folder, move || gate.recv().map_err(io::Error::other));
    let mut transaction = store.begin().await.unwrap();
    transaction.run(&MAKE, args![]).await.unwrap();
    let made = transaction.commit_ahead().await.unwrap();
    let first = add(&store, 1).await.unwrap();
    let second = add(&store, 2).await.unwrap();
    // Nothing is on the disk, and all of it is seen.
    assert_eq!(count(&store).await, 2);
    let told = Arc::new(AtomicBool::new(false));
    let tells = Arc::clone(&told);
    let waits = tokio::spawn(async move {
        first.lasts().await.unwrap();
        tells.store(true, Ordering::SeqCst);
        second.lasts().await.unwrap();
    });
    tokio::task::yield_now().await;
    assert!(!told.load(Ordering::SeqCst));
    // The first flush may have begun before there was anything else to flush.
    let_go.send(()).unwrap();
    made.lasts().await.unwrap();
    let_go.send(()).unwrap();
    let_go.send(()).unwrap();
    waits.await.unwrap();
    drop(let_go);
    store.close().await;
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_flush_that_failed_all_is_written_into_the_file_before_more_is_committed() {
    let folder = folder("failed");
    let fails = Arc::new(AtomicBool::new(false));
    let failing = Arc::clone(&fails);
    let store = store(&folder, move || {
        if failing.swap(false, Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    });
    let mut transaction = store.begin().await.unwrap();
    transaction.run(&MAKE, args![]).await.unwrap();
    transaction.commit().await.unwrap();
    let log = folder.join("t.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    fails.store(true, Ordering::SeqCst);
    let lost = add(&store, 1).await.unwrap().lasts().await;
    assert!(matches!(lost, Err(StoreError::Unavailable(_))), "{lost:?}");
    let next = store.begin().await.unwrap();
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);
    drop(next);
    add(&store, 2).await.unwrap().lasts().await.unwrap();
    assert_eq!(count(&store).await, 2);
    assert!(fs::metadata(&log).unwrap().len() > 0);
    store.close().await;
    fs::remove_dir_all(folder).unwrap();
}
