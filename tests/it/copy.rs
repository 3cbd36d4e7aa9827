//! `tributary copy`: everything arrives as it was, or nothing does.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use tributary::actor::{Actor, WriteScope};
use tributary::app::App;
use tributary::args;
use tributary::clock::{SystemClock, TestClock};
use tributary::config::{Config, Flags};
use tributary::id::IdSource;
use tributary::keys::{self, NewKey};
use tributary::organization;
use tributary::store::{MIGRATIONS, Statement};

use crate::scene::{NOW, Scene};
use crate::support::{TestDb, postgres, sqlite};

static LOCK: Statement = Statement::new("lock table leads in exclusive mode");
static WAITING: Statement = Statement::new(
    "select cast(count(*) as bigint) as n from pg_locks
     where not granted and relation = cast('leads' as regclass)
         and database = (select oid from pg_database where datname = current_database())",
);

/// What shows everything that the ledger and the catalog hold.
// Not the sources: those of a scene have no secret that can be opened. The copy compares their rows.
const PATHS: &[&str] = &[
    "balances",
    "clicks",
    "codes",
    "commissions",
    "customers",
    "events",
    "ledger",
    "links",
    "organization",
    "partners",
    "payouts",
    "privacy-requests",
    "programs",
    "rates",
    "reviews",
    "sales",
    "status",
];

fn copy(from: &TestDb, to: &TestDb, json: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tributary"));
    command
        .args(["copy", "--from", &from.url, "--to", &to.url])
        .args(json.then_some("--json"))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn copied(from: &TestDb, to: &TestDb) -> Value {
    let Output {
        status,
        stdout,
        stderr,
    } = copy(from, to, true).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    serde_json::from_slice(&stdout).unwrap()
}

fn refused(child: Child) -> String {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

async fn organizations(db: &TestDb) -> usize {
    organization::list(&*db.store).await.unwrap().len()
}

/// The service on a database, asked by its API.
struct Asked {
    app: Arc<App>,
    key: String,
}

impl Asked {
    fn of(db: &TestDb, key: &str) -> Self {
        let config = Config::read(
            Flags::default(),
            &std::collections::BTreeMap::new(),
            None,
            &[],
        );
        let mut config = config.unwrap();
        // Its clock stands still, and each of hundreds of paths is to be answered.
        config.rate_limit = NonZeroU32::new(100_000).unwrap();
        let clock = Arc::new(TestClock::at(NOW));
        let ids = Arc::new(IdSource::seeded(clock.clone(), 11));
        Self {
            app: App::with(&config, db.store.clone(), clock, ids),
            key: key.to_owned(),
        }
    }

    async fn get(&self, path: &str) -> (StatusCode, Bytes) {
        let request = Request::get(path)
            .header("authorization", format!("Bearer {}", self.key))
            .body(Body::empty())
            .unwrap();
        let router = tributary::http::router(self.app.clone());
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        (
            status,
            response.into_body().collect().await.unwrap().to_bytes(),
        )
    }
}

/// All lists, why each sale is what it is, and the exact bytes of each event.
async fn all_paths(asked: &Asked) -> Vec<String> {
    let mut paths: Vec<String> = PATHS
        .iter()
        .map(|name| match *name {
            "balances" | "organization" | "status" => format!("/api/{name}"),
            list => format!("/api/{list}?limit=500"),
        })
        .collect();
    for (list, detail) in [("sales", "explain"), ("events", "payload")] {
        let (status, body) = asked.get(&format!("/api/{list}?limit=500")).await;
        assert_eq!(status, StatusCode::OK);
        let body: Value = serde_json::from_slice(&body).unwrap();
        for row in body["data"].as_array().unwrap() {
            paths.push(format!(
                "/api/{list}/{}/{detail}",
                row["id"].as_str().unwrap()
            ));
        }
    }
    paths
}

/// A world with the fixtures of all processors, and a key to its API.
async fn world(db: &TestDb) -> (Scene, String) {
    let scene = Scene::new(db).await;
    scene.feed_all().await;
    scene.rest().await;
    let new = NewKey::admin("test", true);
    let (_, key) = keys::create(
        &WriteScope::of_server(&*db.store, &scene.tools.ids, &scene.org, NOW),
        &new,
    )
    .await
    .unwrap();
    (scene, key.expose().to_owned())
}

async fn on_sqlite_and_postgres<F>(test: fn(TestDb, TestDb) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    sqlite::run(MIGRATIONS, move |file| async move {
        postgres::run(MIGRATIONS, move |server| test(file, server)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_of_all_processors_is_the_same_on_postgresql_byte_for_byte_and_back_again() {
    on_sqlite_and_postgres(|file, server| async move {
        let (_scene, key) = world(&file).await;
        let report = copied(&file, &server);
        assert_eq!(report["clean"], true, "{report}");
        assert!(
            report["audit"][0]["sales"].as_u64().unwrap() > 20,
            "{report}"
        );

        let (before, after) = (Asked::of(&file, &key), Asked::of(&server, &key));
        let paths = all_paths(&before).await;
        assert!(paths.len() > 100);
        for path in paths {
            let (status, body) = before.get(&path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let there = after.get(&path).await;
            assert!(
                there == (status, body.clone()),
                "{path}\n{body:?}\n{:?}",
                there.1
            );
        }
        sqlite::run(MIGRATIONS, move |back| async move {
            let again = copied(&server, &back);
            assert_eq!(again["clean"], true);
            // Only what runners do by themselves has changed since.
            let names = [
                "events",
                "event_bodies",
                "facts",
                "sales",
                "entries",
                "names",
            ];
            for name in names {
                assert_eq!(again["tables"][name], report["tables"][name], "{name}");
            }
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_of_the_schema_is_copied() {
    on_sqlite_and_postgres(|file, server| async move {
        let _scene = Scene::new(&file).await;
        let report = copied(&file, &server);
        let copied: BTreeSet<&str> = report["tables"]
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let mut made = BTreeSet::new();
        for migration in MIGRATIONS {
            let words: Vec<&str> = migration.sqlite.split_whitespace().collect();
            made.extend(
                words
                    .windows(3)
                    .filter(|w| w[..2] == ["create", "table"])
                    .map(|w| w[2]),
            );
        }
        assert!(made.len() > 30);
        assert_eq!(copied, made);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_holds_an_organization_is_not_written_to() {
    on_sqlite_and_postgres(|file, server| async move {
        let _scene = Scene::new(&file).await;
        let other = Scene::numbered(&server, 8).await;
        let said = refused(copy(&file, &server, false).spawn().unwrap());
        assert!(
            said.contains("--to is not empty") && said.contains("nothing was copied"),
            "{said}"
        );
        let there = organization::list(&*server.store).await.unwrap();
        assert_eq!(there.len(), 1);
        assert_eq!(there[0].id, other.org);
        let same = copy(&file, &file, false).output().unwrap();
        assert_eq!(same.status.code(), Some(2));
    })
    .await;
}

/// Waits until a copy has come as far as a table that somebody has locked.
async fn until_it_waits(server: &TestDb) {
    let waiting = async {
        loop {
            let rows = server.store.read(&WAITING, args![]).await.unwrap();
            if rows[0].int("n").unwrap() > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await;
    waited.expect("the copy comes to the locked table");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_killed_has_copied_nothing_and_is_begun_again() {
    on_sqlite_and_postgres(|file, server| async move {
        let (_scene, _) = world(&file).await;
        let mut lock = server.store.begin().await.unwrap();
        lock.run(&LOCK, args![]).await.unwrap();
        let mut child = copy(&file, &server, false).spawn().unwrap();
        until_it_waits(&server).await;
        child.kill().unwrap();
        child.wait().unwrap();
        drop(lock);
        assert_eq!(organizations(&server).await, 0);
        assert_eq!(copied(&file, &server)["clean"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_a_server_writes_to_meanwhile_is_not_taken_for_the_whole() {
    on_sqlite_and_postgres(|file, server| async move {
        let _scene = Scene::new(&file).await;
        let mut lock = server.store.begin().await.unwrap();
        lock.run(&LOCK, args![]).await.unwrap();
        let child = copy(&file, &server, false).spawn().unwrap();
        until_it_waits(&server).await;
        let ids = IdSource::new(Arc::new(SystemClock));
        organization::create(&*file.store, &ids, &Actor::Server, "Late", NOW)
            .await
            .unwrap();
        drop(lock);
        let said = refused(child);
        assert!(said.contains("stop the server"), "{said}");
        assert_eq!(organizations(&server).await, 0);
    })
    .await;
}
