//! A fresh, migrated database for each test, on SQLite and on PostgreSQL, and gone after it.

pub mod app;
pub mod bulk;
pub mod cluster;
pub mod copies;
pub mod dice;
pub mod dump;
pub mod labels;
pub mod postgres;
pub mod processors;
pub mod programs;
pub mod proxy;
pub mod receiver;
pub mod shipped;
pub mod smtp;
pub mod sqlite;

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tributary::store::{Deadlines, Migration, Options, Statement, Store, open_with};

/// Expands each `async fn name(db: TestDb) { … }` into the tests `name::sqlite` and `name::postgres`. The database has the program's schema, or
/// the one that stands first: `schema = SCHEMA;`.
macro_rules! on_both_databases {
    (schema = $schema:expr; $($(#[$meta:meta])* async fn $name:ident($db:ident: TestDb) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn test($db: $crate::support::TestDb) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::support::sqlite::run($schema, test).await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::support::postgres::run($schema, test).await;
            }
        }
    )*};
    ($($tests:tt)*) => { on_both_databases! { schema = tributary::store::MIGRATIONS; $($tests)* } };
}

/// A database of one test alone.
#[derive(Clone)]
pub struct TestDb {
    /// The database, open and migrated.
    pub store: Arc<dyn Store>,
    /// Where it is, for a second process or replica.
    pub url: String,
    schema: &'static [Migration],
}

impl TestDb {
    async fn open(url: String, schema: &'static [Migration]) -> Self {
        let store = open(&url, schema).await;
        Self { store, url, schema }
    }

    /// The same database through connections of its own, as another replica has it.
    pub async fn another_replica(&self) -> Arc<dyn Store> {
        open(&self.url, self.schema).await
    }

    /// The same database through so many connections of its own at most.
    pub async fn with_connections(&self, most: u32) -> Self {
        let options = Options {
            connections_max: most,
            migrations: self.schema,
            ..Options::default()
        };
        let store = open_with(&self.url, options).await;
        Self {
            store: store.expect("the database opens"),
            ..self.clone()
        }
    }

    /// The same database at an address of its own, by one who does not wait long for it.
    pub async fn impatient(&self, url: &str, deadlines: Deadlines) -> Self {
        let options = Options {
            deadlines,
            migrations: self.schema,
            ..Options::default()
        };
        let store = open_with(url, options).await;
        Self {
            store: store.expect("the database opens"),
            url: url.to_owned(),
            schema: self.schema,
        }
    }
}

async fn open(url: &str, schema: &'static [Migration]) -> Arc<dyn Store> {
    let options = Options {
        connections_max: 8,
        migrations: schema,
        ..Options::default()
    };
    open_with(url, options)
        .await
        .expect("the test's database opens")
}

/// Runs a test to its end, good or bad, then closes its database; the caller removes it and hands the outcome to [`report`].
async fn finish<F>(db: TestDb, test: impl FnOnce(TestDb) -> F) -> Result<(), tokio::task::JoinError>
where
    F: Future<Output = ()> + Send + 'static,
{
    let outcome = tokio::spawn(test(db.clone())).await;
    // A task that a failed test left behind may keep a connection for ever.
    let _ = tokio::time::timeout(Duration::from_secs(5), db.store.close()).await;
    outcome
}

fn report(outcome: Result<(), tokio::task::JoinError>) {
    if let Err(error) = outcome {
        resume_unwind(error.into_panic());
    }
}

/// Where the tests keep their files: in memory where there is room, which makes a database 30 times faster to copy.
pub fn scratch() -> PathBuf {
    const ENOUGH_KIB: u64 = 1 << 20;
    let size = Command::new("df")
        .args(["-k", "--output=size", "/dev/shm"])
        .output();
    let size = size.ok().and_then(|df| {
        String::from_utf8(df.stdout)
            .ok()?
            .lines()
            .last()?
            .trim()
            .parse::<u64>()
            .ok()
    });
    if size.is_some_and(|kib| kib >= ENOUGH_KIB) {
        PathBuf::from("/dev/shm")
    } else {
        std::env::temp_dir()
    }
}

/// A name that no other test of this machine has or had: process ids come again, and a test that was killed leaves its files.
pub fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    static BEGUN_NS: LazyLock<u128> = LazyLock::new(|| {
        #[expect(
            clippy::disallowed_methods,
            reason = "it tells processes apart, and no test looks at it"
        )]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_nanos())
    });
    format!(
        "tributary_test_{:x}_{}_{}",
        *BEGUN_NS,
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Fails with the list of all statements that the database does not understand.
pub async fn prepare_all(store: &dyn Store, statements: &[&'static Statement]) {
    let mut problems = Vec::new();
    for statement in statements {
        if let Err(error) = store.prepare(statement).await {
            problems.push(format!(
                "{}\n  -> {error}",
                statement.source(store.dialect())
            ));
        }
    }
    let problems = problems.join("\n\n");
    assert!(
        problems.is_empty(),
        "{:?} does not understand:\n{problems}",
        store.dialect()
    );
}
