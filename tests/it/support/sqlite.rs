//! SQLite in a file of its own: the write-ahead log and the locks are those of real life, which a database in memory does not have.

use std::fs;

use tributary::store::Migration;

use super::{TestDb, finish, report, scratch, unique_name};

/// Runs a test on a fresh file.
pub async fn run<F>(schema: &'static [Migration], test: impl FnOnce(TestDb) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let folder = scratch().join(unique_name());
    fs::create_dir(&folder).expect("a temporary folder");
    let db = TestDb::open(
        format!("sqlite://{}", folder.join("test.db").display()),
        schema,
    )
    .await;
    db.store.migrate().await.expect("the schema is made");
    let outcome = finish(db, test).await;
    fs::remove_dir_all(&folder).expect("the temporary folder is removed");
    report(outcome);
}
