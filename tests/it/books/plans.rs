//! How the databases answer each list with each condition, and with each two: by an index, or by going through the next rows in order, of
//! which the select says where they end.

use tributary::books::{self, Sample};
use tributary::store::{Dialect, Row, Statement, Store};

use super::fill;

/// Indexes that have only what is rare: to go through one of them is to go through few rows.
const RARE: &[&str] = &[
    "_test",
    "_parked",
    "_failed",
    "_received",
    "_review",
    "_held",
    "_unknown",
    "_conflicting",
];

/// What is gone through and is no table: what a select has put together itself.
const OWN: &[&str] = &["SCAN CONSTANT ROW", "SCAN t"];

async fn plan(store: &dyn Store, sample: &Sample) -> Vec<String> {
    let (statement, args) = &sample.select;
    let (explain, column) = match store.dialect() {
        Dialect::Sqlite => ("explain query plan", "detail"),
        Dialect::Postgres => ("explain (costs off)", "QUERY PLAN"),
    };
    let text = format!("{explain} {}", statement.source(store.dialect()));
    let statement: &'static Statement = Box::leak(Box::new(Statement::new(text.leak())));
    let rows = store.read(statement, args.clone()).await;
    let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
    let line = |row: &Row| row.text(column).unwrap().trim().to_owned();
    rows.iter().map(line).collect()
}

/// Whether a step goes through all that an organization has.
fn is_wide(step: &str, condition: &str) -> bool {
    let by_organization_alone = condition
        .split(" AND ")
        .all(|part| part.contains("organization_id"));
    by_organization_alone && !RARE.iter().any(|rare| step.contains(rare))
}

fn wide_in_sqlite(sample: &Sample, plan: &[String]) -> bool {
    let sorts = plan.iter().any(|step| step.contains("USE TEMP B-TREE"));
    plan.iter().any(|step| {
        let condition = step.rsplit_once('(').map_or("", |(_, condition)| condition);
        let scan = step.starts_with("SCAN ") && !OWN.contains(&step.as_str());
        let search = step.starts_with("SEARCH ") && is_wide(step, condition);
        scan || step.contains("AUTOMATIC") || search && (sample.found || sorts)
    })
}

fn wide_in_postgres(sample: &Sample, plan: &[String]) -> bool {
    let sorts = plan.iter().any(|step| step.contains("Sort Key"));
    let steps = plan.iter().zip(plan.iter().skip(1));
    let indexed = |(step, below): (&String, &String)| {
        let condition = below
            .strip_prefix("Index Cond: ")
            .unwrap_or("organization_id");
        let scan = step.contains("Index Scan") || step.contains("Index Only Scan");
        scan && is_wide(step, condition) && (sample.found || sorts)
    };
    let seq = |step: &String| {
        let table = step.split("Seq Scan on ").nth(1);
        table.is_some_and(|table| {
            fill::TABLES.contains(&table.split(' ').next().unwrap_or_default())
        })
    };
    plan.iter().any(seq) || steps.clone().any(indexed)
}

on_both_databases! {
    async fn no_list_goes_through_an_organization_whatever_it_is_asked_for(db: TestDb) {
        let store = &*db.store;
        fill::fill(store).await;
        let mut problems = Vec::new();
        let samples = books::samples();
        for sample in &samples {
            let plan = plan(store, sample).await;
            let wide = match store.dialect() {
                Dialect::Sqlite => wide_in_sqlite(sample, &plan),
                Dialect::Postgres => wide_in_postgres(sample, &plan),
            };
            if wide {
                problems.push(format!("{}\n  {}", sample.name, plan.join("\n  ")));
            }
        }
        let shown = problems.iter().take(12).cloned().collect::<Vec<_>>();
        assert!(problems.is_empty(), "{} of {}:\n{}", problems.len(), samples.len(), shown.join("\n"));
    }

    async fn both_databases_understand_every_list(db: TestDb) {
        for sample in books::samples() {
            let (statement, args) = &sample.select;
            let understood = db.store.prepare(statement).await;
            assert!(understood.is_ok(), "{}: {understood:?}", sample.name);
            let answered = db.store.read(statement, args.clone()).await;
            assert!(answered.is_ok(), "{}: {answered:?}", sample.name);
        }
    }
}
