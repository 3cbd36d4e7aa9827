//! Every statement of the program is understood by both databases, and finds its rows by their keys.

use tributary::store::{Args, Dialect, Rows, Statement, Store, Value};
use tributary::{books, commands};

use crate::support::{TestDb, prepare_all, sqlite};

pub fn all() -> Vec<&'static Statement> {
    let mut all = books::all_statements();
    all.extend(commands::statements());
    all
}

on_both_databases! {
    async fn both_databases_understand_every_statement(db: TestDb) {
        prepare_all(&*db.store, &all()).await;
    }
}

/// The steps in which SQLite would go through all rows of a table or of an organization, on the connection
/// that writes.
async fn wide_steps(store: &dyn Store, statement: &'static Statement) -> Vec<String> {
    let source = statement.source(store.dialect());
    let explain = format!("explain query plan {source}").leak();
    let explain: &'static Statement = Box::leak(Box::new(Statement::new(explain)));
    let batch = source.split(['{', '}']).nth(1).unwrap();
    let width = batch.split(',').count();
    let scalars = (1..20)
        .filter(|n| source.contains(&format!("${n}")))
        .count();
    let mut rows = Rows::new(width);
    rows.push((0..width).map(|_| Value::Null));
    let args = (0..scalars).fold(Args::new().rows(rows), |args, _| args.add(Value::Null));
    let mut transaction = store.begin().await.unwrap();
    let plan = transaction.run(explain, args).await.unwrap();
    let steps = plan
        .iter()
        .map(|step| step.text("detail").unwrap().to_owned());
    steps.filter(|step| is_wide(step)).collect()
}

fn is_wide(step: &str) -> bool {
    let of_the_batch = ["SCAN jsonb_each", "SCAN r", "SCAN CONSTANT ROW"];
    step.ends_with("(organization_id=?)")
        || step.contains("AUTOMATIC")
        || step.starts_with("SCAN ") && !of_the_batch.iter().any(|own| step.starts_with(own))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_looks_each_row_of_a_batch_up_by_its_key_from_the_first_minute() {
    async fn test(db: TestDb) {
        let mut problems = Vec::new();
        for statement in all() {
            if statement.takes_a_batch() {
                let source = statement.source(db.store.dialect());
                let wide = wide_steps(&*db.store, statement).await;
                if !wide.is_empty() {
                    problems.push(format!("{source}\n  -> {}", wide.join("\n  -> ")));
                }
            }
        }
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    }
    sqlite::run(tributary::store::MIGRATIONS, test).await;
}

/// A new one belongs here only where rows of its batch have to do with each other.
#[test]
fn sqlite_executes_all_but_these_statements_row_by_row() {
    let whole = all()
        .into_iter()
        .filter(|statement| statement.takes_a_batch() && !statement.is_executed_row_by_row());
    let mut whole: Vec<String> = whole
        .map(|statement| {
            let source = statement.source(Dialect::Sqlite).split_whitespace();
            source.take(3).collect::<Vec<_>>().join(" ")
        })
        .collect();
    whole.sort();
    assert_eq!(
        whole,
        [
            "select b.partner_id, b.currency,",
            "select c.partner_id as",
            "select d.partner_id as",
            "select distinct e.neighbourhood_id",
            "select distinct f.event_id",
            "select distinct n.neighbourhood_id",
            "select e.id, e.neighbourhood_id",
            "select e.id, e.source_id,",
            "select e.id, e.source_id,",
            "select e.subject_id, e.partner_id,",
            "select e.subject_id, e.partner_id,",
            "select e.subject_id, e.partner_id,",
            "select j.organization_id, min(j.run_at)",
            "update jobs set",
        ]
    );
}
