//! SQLite in a file of its own: the write-ahead log and the locks are those of real life, which a database in memory does not have.

use std::fs;

use tributary::store::Migration;

use super::{TestDb, finish, report, scratch, unique_name};

/// Runs a test on a fresh file.
pub async fn run<F>(schema: &'static [Migration], test: impl FnOnce(TestDb) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    // A run that was killed has left its folders, and the number of its process comes again.
    let mut folders = std::iter::repeat_with(|| scratch().join(unique_name())).take(1_000);
    let folder = folders.find(|folder| fs::create_dir(folder).is_ok());
    let folder = folder.expect("a temporary folder");
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
