//! The whole database as text, to look for what must not be in it.

use tributary::args;
use tributary::store::{Dialect, Statement, Store};

static COLUMNS_SQLITE: &str = "select m.name as t, c.name as c from sqlite_master m
     join pragma_table_info(m.name) c where m.type = 'table' order by m.name, c.cid";
static COLUMNS_POSTGRES: &str = "select cast(table_name as text) as t, cast(column_name as text) as c
     from information_schema.columns where table_schema = 'public' order by table_name, ordinal_position";
static BODIES: Statement = Statement::new("select event_id, body from event_bodies");
/// A statement of which the text is known only when the test runs.
fn statement(sql: String) -> &'static Statement {
    Box::leak(Box::new(Statement::new(Box::leak(sql.into_boxed_str()))))
}

/// Every row of every table as text, and every stored body, in small letters.
pub async fn everything(store: &dyn Store) -> Vec<String> {
    let (columns, quote) = match store.dialect() {
        Dialect::Sqlite => (COLUMNS_SQLITE, "quote"),
        Dialect::Postgres => (COLUMNS_POSTGRES, "quote_nullable"),
    };
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    let rows = store.read(statement(columns.to_owned()), args![]).await;
    for row in rows.unwrap() {
        let (table, column) = (row.text("t").unwrap(), row.text("c").unwrap().to_owned());
        match tables.last_mut() {
            Some((last, columns)) if last == table => columns.push(column),
            _ => tables.push((table.to_owned(), vec![column])),
        }
    }
    let mut lines = Vec::new();
    for (table, columns) in tables
        .iter()
        .filter(|(table, _)| !table.starts_with("_sqlx"))
    {
        let quoted: Vec<String> = columns
            .iter()
            .map(|c| format!("{quote}(\"{c}\")"))
            .collect();
        let sql = format!(
            "select {} as line from \"{table}\"",
            quoted.join(" || ' ' || ")
        );
        for row in store.read(statement(sql), args![]).await.unwrap() {
            lines.push(format!("{table}: {}", row.text("line").unwrap()).to_lowercase());
        }
    }
    for row in store.read(&BODIES, args![]).await.unwrap() {
        let body = tributary::inbox::unpack(row.bytes("body").unwrap()).unwrap();
        let body = String::from_utf8_lossy(&body).to_lowercase();
        lines.push(format!("body of {}: {body}", row.text("event_id").unwrap()));
    }
    assert!(lines.len() > 10, "the dump shows the database");
    lines
}
