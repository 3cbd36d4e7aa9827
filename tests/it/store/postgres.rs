//! What PostgreSQL alone can tell or do.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::timeout;
use tributary::args;
use tributary::store::{Statement, StoreError};

use super::{SCHEMA, SET, count, insert};
use crate::support::postgres::run;
use crate::support::prepare_all;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Whether its types are those that [`Value`] has.
#[tokio::test]
async fn a_statement_that_needs_a_cast_on_postgresql_cannot_be_prepared() {
    static SUM: Statement = Statement::new("select sum(n) as n from things");
    static ARITHMETIC: Statement = Statement::new("select id from things where 5 - $1 > 2");
    static CAST: Statement = Statement::new(
        "select cast(sum(n) as bigint) as n from things where 5 - cast($1 as bigint) > 2",
    );
    run(SCHEMA, |db| async move {
        assert!(matches!(
            db.store.prepare(&SUM).await,
            Err(StoreError::Statement(_))
        ));
        assert!(matches!(
            db.store.prepare(&ARITHMETIC).await,
            Err(StoreError::Statement(_))
        ));
        prepare_all(&*db.store, &[&CAST]).await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_connection_to_postgresql_is_unavailability_and_the_next_one_works() {
    static END_SESSION: Statement =
        Statement::new("select pg_terminate_backend(pg_backend_pid()) as ended");
    run(SCHEMA, |db| async move {
        let mut transaction = db.store.begin().await.unwrap();
        let outcome = transaction.run(&END_SESSION, args![]).await;
        assert!(
            matches!(outcome, Err(StoreError::Unavailable(_))),
            "{outcome:?}"
        );
        assert!(matches!(
            transaction.commit().await,
            Err(StoreError::Statement(_))
        ));
        insert(&*db.store, "a").await.unwrap();
        assert_eq!(count(&*db.store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_transactions_that_wait_for_each_other_on_postgresql_one_is_told_to_try_again() {
    run(SCHEMA, |db| async move {
        insert(&*db.store, "a").await.unwrap();
        insert(&*db.store, "b").await.unwrap();
        let mut one = db.store.begin().await.unwrap();
        let mut two = db.store.begin().await.unwrap();
        one.run(&SET, args!["a", 1]).await.unwrap();
        two.run(&SET, args!["b", 1]).await.unwrap();
        // The one that loses is undone at once, or the other would wait for ever.
        let one = async move { one.run(&SET, args!["b", 2]).await.err() };
        let two = async move { two.run(&SET, args!["a", 2]).await.err() };
        let outcomes = tokio::join!(one, two);
        assert!(
            matches!(
                outcomes,
                (Some(StoreError::Busy), None) | (None, Some(StoreError::Busy))
            ),
            "{outcomes:?}"
        );
    })
    .await;
}

/// The server's process behind it has the plans and pages of what was just done; a pool of several would let them take turns.
#[tokio::test]
async fn one_transaction_after_another_meets_the_same_process_of_postgresql() {
    static PROCESS: Statement = Statement::new("select cast(pg_backend_pid() as bigint) as pid");
    run(SCHEMA, |db| async move {
        let mut open = Vec::new();
        let mut at_once = BTreeSet::new();
        for _ in 0..6 {
            let mut transaction = db.store.begin().await.unwrap();
            let rows = transaction.run(&PROCESS, args![]).await.unwrap();
            at_once.insert(rows[0].int("pid").unwrap());
            open.push(transaction);
        }
        assert_eq!(at_once.len(), 6);
        for transaction in open {
            transaction.commit().await.unwrap();
        }
        let mut one_by_one = BTreeSet::new();
        for _ in 0..12 {
            let mut transaction = db.store.begin().await.unwrap();
            let rows = transaction.run(&PROCESS, args![]).await.unwrap();
            one_by_one.insert(rows[0].int("pid").unwrap());
            transaction.commit().await.unwrap();
        }
        assert_eq!(one_by_one.len(), 1, "{one_by_one:?}");
    })
    .await;
}

/// Fewer rows than PostgreSQL itself would ever analyze a table for.
#[tokio::test]
async fn postgresql_gathers_statistics_of_a_table_that_is_being_filled() {
    static KNOWN: Statement = Statement::new(
        "select relname as name, cast(reltuples as bigint) as n from pg_class
         where relname in ('things', 'parts') and reltuples >= 0",
    );
    run(SCHEMA, |db| async move {
        let known = async || db.store.read(&KNOWN, args![]).await.unwrap();
        // It is asked for beside the transactions.
        let more_than = async |n: i64| {
            let is_known = async {
                loop {
                    let rows = known().await;
                    if rows.iter().any(|row| row.int("n").unwrap() > n) {
                        return rows;
                    }
                }
            };
            timeout(LONG, is_known).await.unwrap()
        };
        for number in 1..64 {
            insert(&*db.store, &number.to_string()).await.unwrap();
        }
        assert_eq!(known().await, []);
        insert(&*db.store, "64").await.unwrap();
        let first = more_than(62).await;
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].text("name").unwrap(), "things");
        for number in 65..=1_024 {
            insert(&*db.store, &format!("{number:0200}")).await.unwrap();
        }
        more_than(500).await;
    })
    .await;
}
