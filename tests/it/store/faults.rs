//! What breaks under a running program: a full disk, a file that is gone, a lock that somebody else holds, a connection that falls silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::{Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tributary::args;
use tributary::store::{MIGRATIONS, Options, Statement, StoreError, open_with};

use super::{INSERT, SCHEMA, count, insert};
use crate::scene::Scene;
use crate::support::shipped::fixture;
use crate::support::{TestDb, postgres, sqlite};

/// Longer than one wait of ours, shorter than two.
const ONE_WAIT: Duration = Duration::from_secs(9);

fn file_of(db: &TestDb) -> String {
    db.url.trim_start_matches("sqlite://").to_owned()
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
async fn a_transaction_dropped_in_the_middle_of_a_statement_leaves_a_store_that_writes() {
    sqlite::run(SCHEMA, |db| async move {
        let mut transaction = db.store.begin().await.unwrap();
        let large = args!["a", 0, vec![7_u8; 1 << 20], None::<&str>];
        let half = tokio::time::timeout(Duration::ZERO, transaction.run(&INSERT, large));
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
        std::fs::rename(file_of(&db), format!("{}.gone", file_of(&db))).unwrap();
        let told = transaction.commit().await.unwrap_err().to_string();
        assert!(told.contains("was deleted, moved or replaced"), "{told}");
        let begun = db.store.begin().await;
        assert!(matches!(begun.err(), Some(StoreError::Unavailable(_))));
        // Another file of the same name is another database.
        std::fs::write(file_of(&db), b"").unwrap();
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
        let mut other = SqliteConnection::connect(&db.url).await.unwrap();
        sqlx::raw_sql("begin immediate")
            .execute(&mut other)
            .await
            .unwrap();
        let refused = scene.inbox.accept(arrivals.next().unwrap());
        let refused = tokio::time::timeout(ONE_WAIT, refused).await;
        assert!(refused.expect("an answer after one wait").is_err());
        sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
        scene.inbox.accept(arrivals.next().unwrap()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_connection_that_falls_silent_while_it_commits_the_others_take_no_harm() {
    postgres::run(MIGRATIONS, |db| async move {
        let (url, silence) = behind_a_proxy(&db.url).await;
        let options = Options {
            connections_max: 4,
            migrations: MIGRATIONS,
        };
        let store = open_with(&url, options).await.unwrap();
        let direct = Scene::new(&db).await;
        let own = fixture("stripe/f01-subscription-checkout");
        let source = direct.prepare("stripe", own).await;
        let mut arrivals = direct.arrivals(&source, own).into_iter();
        let scene = direct.through(store);

        silence.store(true, Ordering::SeqCst);
        let cut_off = scene.inbox.accept(arrivals.next().unwrap());
        let cut_off = tokio::time::timeout(ONE_WAIT, cut_off).await;
        assert!(cut_off.expect("an answer within our bound").is_err());
        assert!(!silence.load(Ordering::SeqCst), "no commit was silenced");
        let next = scene.inbox.accept(arrivals.next().unwrap());
        let next = tokio::time::timeout(ONE_WAIT, next).await;
        next.expect("the others go on").unwrap();
    })
    .await;
}

/// The same database behind a proxy, and the sign on which the next connection that commits is forwarded no more.
async fn behind_a_proxy(url: &str) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (head, database) = url.rsplit_once('/').unwrap();
    let (account, server) = head.rsplit_once('@').unwrap();
    let (server, silence) = (server.to_owned(), Arc::new(AtomicBool::new(false)));
    let sign = silence.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(forward(client, server, sign.clone()));
        }
    });
    (
        format!("{account}@127.0.0.1:{port}/{database}?sslmode=disable"),
        silence,
    )
}

async fn forward(client: TcpStream, server: TcpStream, silence: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    });
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = from_client.read(&mut bytes).await {
        let said = &bytes[..read];
        let commits = said.windows(6).any(|word| word == b"COMMIT");
        if commits && silence.swap(false, Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if to_server.write_all(said).await.is_err() {
            return;
        }
    }
}
