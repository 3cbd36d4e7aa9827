//! The border to the database, on a schema of its own.

mod addresses;
mod faults;
mod postgres;

use std::sync::Arc;

use tributary::args;
use tributary::store::{
    MIGRATIONS, Migration, MigrationError, Options, Row, Rows, Statement, Store, StoreError, Value,
    open_with,
};

use crate::support::prepare_all;

const SCHEMA: &[Migration] = &[Migration {
    name: "0001_things",
    sqlite: "create table things (id text primary key, n integer, body blob, note text) strict;
             create table parts (id text primary key, thing text not null references things(id)) strict;",
    postgres: "create table things (id text primary key, n bigint, body bytea, note text);
               create table parts (id text primary key, thing text not null references things(id));",
}];

static INSERT: Statement =
    Statement::new("insert into things (id, n, body, note) values ($1, $2, $3, $4)");
static INSERT_BATCH: Statement = Statement::new(
    "insert into things (id, n, body, note) select r.id, r.n, r.body, $1 from {rows r: id text, n int, body bytes} where true \
     on conflict (id) do nothing returning id",
);
static INSERT_PARTS: Statement = Statement::new(
    "insert into parts (id, thing) select r.id, r.thing from {rows r: id text, thing text}",
);
static INSERT_PART: Statement = Statement::new("insert into parts (id, thing) values ($1, $2)");
static SELECT: Statement = Statement::new("select id, n, body, note from things order by id");
static SELECT_ONE: Statement = Statement::new("select n, body, note from things where id = $1");
static BACKWARDS: Statement =
    Statement::new("select id, n, note, n as number from things order by id desc");
static NAMED: Statement = Statement::new(
    "select t.id, t.n from {rows r: id text, n int, body bytes} join things t on t.id = r.id and t.note = $1 order by t.id",
);
static COUNT: Statement = Statement::new("select count(*) as n from things");
static LOCK: Statement = Statement::per_dialect(
    "select n from things where id = $1",
    "select n from things where id = $1 for no key update",
);
static SET: Statement = Statement::new("update things set n = $2 where id = $1 returning n");

async fn count(store: &dyn Store) -> i64 {
    store.read(&COUNT, args![]).await.unwrap()[0]
        .int("n")
        .unwrap()
}

async fn insert(store: &dyn Store, id: &str) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction
        .run(&INSERT, args![id, 0, None::<Vec<u8>>, None::<&str>])
        .await?;
    transaction.commit().await
}

/// Each row's `id` and `n` where it has them, as text.
fn shown(rows: &[Row]) -> Vec<String> {
    let show = |row: &Row| {
        let (id, n) = (row.opt_text("id"), row.opt_int("n"));
        format!("{id:?} {n:?}")
    };
    rows.iter().map(show).collect()
}

fn things_named(ids: &[&str]) -> Rows {
    let mut rows = Rows::new(3);
    for id in ids {
        rows.push([(*id).into(), 1.into(), Value::Null]);
    }
    rows
}

/// One part of each.
fn parts_of(things: &[&str]) -> Rows {
    let mut rows = Rows::new(2);
    for thing in things {
        rows.push([format!("part of {thing}").into(), (*thing).into()]);
    }
    rows
}

/// Texts, numbers and bytes that were ever known to be bent on the way.
fn awkward() -> Vec<(String, Option<i64>, Option<Vec<u8>>)> {
    let every_byte: Vec<u8> = (0..=255).collect();
    vec![
        ("a".into(), Some(i64::MIN), Some(vec![0])),
        ("b' or '1'='1".into(), Some(i64::MAX), Some(vec![0xff])),
        (
            "c \"quoted\" \\ back\\slash".into(),
            Some(-1),
            Some(every_byte),
        ),
        (
            "d 🌊 ünïcode \u{fffd}\u{202e}".into(),
            Some(0),
            Some(Vec::new()),
        ),
        (
            "e\nnewline\ttab\u{1}\u{7f}".into(),
            Some(9_007_199_254_740_993),
            None,
        ),
        (
            "f {\"a\":[1,null]} $1 {rows".into(),
            None,
            Some(b"null".to_vec()),
        ),
        ("g,NULL,{}".into(), None, None),
        (String::new(), Some(1), Some(b"\\x00".to_vec())),
    ]
}

async fn assert_awkward_values_are_there(store: &dyn Store, note: Option<&str>) {
    for (id, n, body) in awkward() {
        let rows = store.read(&SELECT_ONE, args![id.as_str()]).await.unwrap();
        assert_eq!(rows.len(), 1, "{id:?}");
        assert_eq!(rows[0].opt_int("n").unwrap(), n, "{id:?}");
        assert_eq!(
            rows[0].opt_bytes("body").unwrap(),
            body.as_deref(),
            "{id:?}"
        );
        assert_eq!(rows[0].opt_text("note").unwrap(), note, "{id:?}");
    }
}

on_both_databases! {
    schema = SCHEMA;

    async fn values_come_back_as_they_were_given(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        for (id, n, body) in awkward() {
            transaction.run(&INSERT, args![id.as_str(), n, body, id.as_str()]).await.unwrap();
            let rows = transaction.run(&SELECT_ONE, args![id.as_str()]).await.unwrap();
            assert_eq!(rows[0].text("note").unwrap(), id);
        }
        transaction.commit().await.unwrap();
        let rows = db.store.read(&SELECT, args![]).await.unwrap();
        assert_eq!(rows.len(), awkward().len());
    }

    async fn a_batch_carries_every_value(db: TestDb) {
        let mut rows = Rows::new(3);
        for (id, n, body) in awkward() {
            rows.push([id.into(), n.into(), body.into()]);
        }
        let mut transaction = db.store.begin().await.unwrap();
        let inserted = transaction.run(&INSERT_BATCH, args!["noted"; rows]).await.unwrap();
        assert_eq!(inserted.len(), awkward().len());
        transaction.commit().await.unwrap();
        assert_awkward_values_are_there(&*db.store, Some("noted")).await;
    }

    async fn a_null_that_comes_first_does_not_fix_the_type_of_what_follows(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        transaction.run(&INSERT, args!["a", Value::Null, Value::Null, Value::Null]).await.unwrap();
        transaction.run(&INSERT, args!["b", i64::MAX, vec![1_u8], "note"]).await.unwrap();
        transaction.commit().await.unwrap();
        let rows = db.store.read(&SELECT_ONE, args!["b"]).await.unwrap();
        assert_eq!(rows[0].int("n").unwrap(), i64::MAX);
        assert_eq!(rows[0].bytes("body").unwrap(), [1]);
        assert_eq!(rows[0].text("note").unwrap(), "note");
    }

    async fn an_empty_batch_does_nothing(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        let inserted = transaction.run(&INSERT_BATCH, args![Value::Null; Rows::new(3)]).await.unwrap();
        assert_eq!(inserted.len(), 0);
        transaction.commit().await.unwrap();
        assert_eq!(count(&*db.store).await, 0);
    }

    async fn a_batch_of_a_thousand_rows_leaves_duplicates_out_of_its_answer(db: TestDb) {
        let batch = |first: i64| {
            let mut rows = Rows::new(3);
            (first..first + 1000).for_each(|n| rows.push([format!("{n:05}").into(), n.into(), vec![7_u8; 100].into()]));
            rows
        };
        let mut transaction = db.store.begin().await.unwrap();
        assert_eq!(transaction.run(&INSERT_BATCH, args![Value::Null; batch(0)]).await.unwrap().len(), 1000);
        let second = transaction.run(&INSERT_BATCH, args![Value::Null; batch(600)]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(second.len(), 600);
        assert!(second.iter().all(|row| row.text("id").unwrap() >= "01000"));
        assert_eq!(count(&*db.store).await, 1600);
    }

    async fn wrong_arguments_are_found_before_the_database_sees_them(db: TestDb) {
        let narrow = { let mut rows = Rows::new(3); rows.push(["a".into()]); rows };
        let mistyped = { let mut rows = Rows::new(3); rows.push(["a".into(), "1".into(), Value::Null]); rows };
        for args in [args![], args!["a"; Rows::new(2)], args!["a"; narrow], args!["a"; mistyped], args!["a"], args!["a\0"; Rows::new(3)]] {
            let mut transaction = db.store.begin().await.unwrap();
            let outcome = transaction.run(&INSERT_BATCH, args).await;
            assert!(matches!(outcome, Err(StoreError::Statement(_))), "{outcome:?}");
        }
    }

    async fn a_second_row_with_the_same_key_is_a_conflict(db: TestDb) {
        insert(&*db.store, "a").await.unwrap();
        assert!(matches!(insert(&*db.store, "a").await, Err(StoreError::Conflict)));
        assert_eq!(count(&*db.store).await, 1);
    }

    async fn a_row_that_refers_to_nothing_is_refused(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        let outcome = transaction.run(&INSERT_PART, args!["p", "nothing"]).await;
        assert!(matches!(outcome, Err(StoreError::Reference)), "{outcome:?}");
    }

    async fn after_an_error_a_transaction_is_over_and_cannot_be_committed(db: TestDb) {
        insert(&*db.store, "a").await.unwrap();
        let mut transaction = db.store.begin().await.unwrap();
        let null = || Value::Null;
        transaction.run(&INSERT, args!["b", null(), null(), null()]).await.unwrap();
        assert!(matches!(transaction.run(&INSERT, args!["a", null(), null(), null()]).await, Err(StoreError::Conflict)));
        assert!(matches!(transaction.run(&COUNT, args![]).await, Err(StoreError::Statement(_))));
        assert!(matches!(transaction.commit().await, Err(StoreError::Statement(_))));
        insert(&*db.store, "c").await.unwrap();
        assert_eq!(count(&*db.store).await, 2, "b is undone");
    }

    async fn a_dropped_transaction_is_undone(db: TestDb) {
        let mut transaction = db.store.begin().await.unwrap();
        transaction.run(&INSERT, args!["a", 1, Value::Null, Value::Null]).await.unwrap();
        assert_eq!(transaction.run(&COUNT, args![]).await.unwrap()[0].int("n").unwrap(), 1);
        assert_eq!(count(&*db.store).await, 0, "others do not see it");
        drop(transaction);
        insert(&*db.store, "b").await.unwrap();
        assert_eq!(count(&*db.store).await, 1);
    }

    async fn questions_asked_together_are_answered_as_each_by_itself(db: TestDb) {
        let store = db.store.as_ref();
        store.migrate().await.unwrap();
        let mut rows = Rows::new(3);
        for (id, n, body) in awkward() {
            rows.push([id.into(), n.into(), body.into()]);
        }
        let mut transaction = store.begin().await.unwrap();
        transaction.post(&INSERT_BATCH, args![Some("note"); rows]).await.unwrap();
        let questions = || {
            let named = things_named(&["a", "g,NULL,{}", "nobody"]);
            vec![(&BACKWARDS, args![]), (&NAMED, args!["note"; named]), (&COUNT, args![]), (&NAMED, args!["other"; things_named(&[])])]
        };
        let mut one_by_one = Vec::new();
        for (statement, args) in questions() {
            let rows = transaction.run(statement, args).await.unwrap();
            one_by_one.push(shown(&rows));
        }
        let together = transaction.ask(questions()).await.unwrap();
        let together: Vec<_> = together.iter().map(|rows| shown(rows)).collect();
        assert_eq!(together, one_by_one);
        assert_eq!(together.iter().map(Vec::len).collect::<Vec<_>>(), [8, 2, 1, 0]);
        assert!(transaction.ask(vec![(&COUNT, args![]), (&NAMED, args!["no rows"])]).await.is_err());
        let after = transaction.run(&COUNT, args![]).await;
        assert!(after.is_err(), "it is over");
    }

    async fn what_is_posted_is_seen_by_the_next_statement_and_lasts_with_its_transaction(db: TestDb) {
        let store = &*db.store;
        let mut transaction = store.begin().await.unwrap();
        transaction.post(&INSERT_BATCH, args!["a"; things_named(&["1", "2"])]).await.unwrap();
        transaction.post(&INSERT_PARTS, args![; parts_of(&["1", "2"])]).await.unwrap();
        // Not to be said together with the first: it adds to the same table.
        transaction.post(&INSERT_BATCH, args!["b"; things_named(&["2", "3"])]).await.unwrap();
        transaction.post(&SET, args!["3", 7]).await.unwrap();
        let rows = transaction.run(&INSERT_BATCH, args!["c"; things_named(&["3", "4"])]).await.unwrap();
        let added: Vec<&str> = rows.iter().map(|row| row.text("id").unwrap()).collect();
        assert_eq!(added, ["4"]);
        let rows = transaction.run(&SELECT, args![]).await.unwrap();
        let all: Vec<(&str, i64, &str)> = rows
            .iter()
            .map(|row| (row.text("id").unwrap(), row.int("n").unwrap(), row.text("note").unwrap()))
            .collect();
        assert_eq!(all, [("1", 1, "a"), ("2", 1, "a"), ("3", 7, "b"), ("4", 1, "c")]);
        transaction.post(&INSERT_BATCH, args!["d"; things_named(&["5"])]).await.unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(count(store).await, 5);
    }

    async fn what_is_posted_and_fails_undoes_its_transaction(db: TestDb) {
        let store = &*db.store;
        let mut transaction = store.begin().await.unwrap();
        transaction.post(&INSERT_BATCH, args!["a"; things_named(&["1"])]).await.unwrap();
        let posted = transaction.post(&INSERT_PARTS, args![; parts_of(&["nothing"])]).await;
        // SQLite says it at once, PostgreSQL with what follows.
        let outcome = match posted {
            Ok(()) => transaction.commit().await,
            Err(error) => {
                drop(transaction);
                Err(error)
            }
        };
        assert!(matches!(outcome, Err(StoreError::Reference)), "{outcome:?}");
        assert_eq!(count(store).await, 0);
        let mut transaction = store.begin().await.unwrap();
        transaction.post(&INSERT_BATCH, args!["a"; things_named(&["1"])]).await.unwrap();
        drop(transaction);
        assert_eq!(count(store).await, 0);
    }

    async fn concurrent_writers_take_turns(db: TestDb) {
        insert(&*db.store, "counter").await.unwrap();
        let add_ten = async |store: Arc<dyn Store>| {
            for _ in 0..10 {
                let mut transaction = store.begin().await.unwrap();
                let n = transaction.run(&LOCK, args!["counter"]).await.unwrap()[0].int("n").unwrap();
                transaction.run(&SET, args!["counter", n + 1]).await.unwrap();
                transaction.commit().await.unwrap();
            }
        };
        let other = db.another_replica().await;
        tokio::join!(add_ten(db.store.clone()), add_ten(db.store.clone()), add_ten(other.clone()));
        other.close().await;
        let rows = db.store.read(&SELECT_ONE, args!["counter"]).await.unwrap();
        assert_eq!(rows[0].int("n").unwrap(), 30);
    }

    async fn a_column_of_another_name_or_type_is_named(db: TestDb) {
        insert(&*db.store, "a").await.unwrap();
        let rows = db.store.read(&SELECT, args![]).await.unwrap();
        assert!(matches!(rows[0].int("id"), Err(StoreError::Corrupt("id"))));
        assert!(matches!(rows[0].text("note"), Err(StoreError::Corrupt("note"))));
        assert!(matches!(rows[0].int("missing"), Err(StoreError::Corrupt("missing"))));
    }

    async fn every_statement_can_be_prepared(db: TestDb) {
        prepare_all(&*db.store, &[&INSERT, &INSERT_BATCH, &INSERT_PART, &SELECT, &SELECT_ONE, &COUNT, &LOCK, &SET]).await;
    }

    async fn a_statement_with_a_mistake_cannot_be_prepared(db: TestDb) {
        static TYPO: Statement = Statement::new("select id from thinks");
        assert!(matches!(db.store.prepare(&TYPO).await, Err(StoreError::Statement(_))));
    }

    async fn migrating_again_changes_nothing_and_replicas_may_do_it_at_once(db: TestDb) {
        let other = db.another_replica().await;
        let (one, two) = tokio::join!(db.store.migrate(), other.migrate());
        assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        other.close().await;
    }

    async fn a_changed_or_unknown_migration_is_refused_and_a_new_one_runs(db: TestDb) {
        const CHANGED: &[Migration] = &[Migration { name: "0001_things", sqlite: "select 1", postgres: "select 1" }];
        const NEXT: &[Migration] = &[SCHEMA[0], Migration { name: "0002_more", sqlite: "create table more (id text)", postgres: "create table more (id text)" }];
        const BROKEN: &[Migration] = &[SCHEMA[0], NEXT[1], Migration { name: "0003_broken", sqlite: "create table x (id text); select nothing", postgres: "create table x (id text); select nothing" }];
        let migrate = async |migrations| {
            let store = open_with(&db.url, Options { migrations, ..Options::default() }).await.unwrap();
            let outcome = store.migrate().await;
            store.close().await;
            outcome
        };
        assert!(matches!(migrate(CHANGED).await, Err(StoreError::Migration(MigrationError::Changed("0001_things")))));
        assert!(migrate(NEXT).await.is_ok());
        assert!(matches!(migrate(SCHEMA).await, Err(StoreError::Migration(MigrationError::Unknown(2)))));
        // Twice: had the first left its table behind, the second would fail in another way.
        for _ in 0..2 {
            let outcome = migrate(BROKEN).await;
            assert!(matches!(&outcome, Err(StoreError::Migration(error)) if error.to_string().contains("nothing")), "{outcome:?}");
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |folder: &str| {
        let files = std::fs::read_dir(
            std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("migrations")
                .join(folder),
        );
        let files = files
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = files.collect();
        names.sort();
        names
    };
    let listed: Vec<_> = MIGRATIONS
        .iter()
        .map(|migration| format!("{}.sql", migration.name))
        .collect();
    assert!(
        listed.is_sorted(),
        "migrations run in the order of their numbers"
    );
    assert_eq!(names("sqlite"), listed);
    assert_eq!(names("postgres"), listed);
}

#[test]
fn values_are_not_shown_by_debug() {
    let args = args!["anna@example.com", vec![1_u8]; Rows::new(1)];
    assert!(!format!("{args:?}").contains("anna"));
}
