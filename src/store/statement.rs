//! One statement, one text, both databases.
//!
//! A text is fixed when the program is built, or put together of such ([`Select`](super::Select)); nothing a caller gives ever becomes part of it. What differs between the databases is one thing
//! only, the batch: `{rows r: id text, n int, body bytes}` stands for a table `r` made of the batch argument. For PostgreSQL it becomes
//! `unnest` over one array for each column. SQLite executes the statement for [each row](each) by itself where that means the same; else it
//! becomes a select over one JSON document. A statement that groups by what a row decides alone, or whose caller puts what it answers in an order
//! of its own, says `{each r: …}`.
//!
//! What both databases ask for, and the preparation of every statement on both shows:
//! - `insert … select … from {rows r: …} where true on conflict …`: without the `where`, SQLite takes the `on` for a join's.
//! - A parameter whose type does not follow from a column needs a cast: `cast($1 as bigint)`, `cast($1 as text)`.
//! - `sum` of a `bigint` is numeric in PostgreSQL: `cast(sum(amount) as bigint)`.

mod each;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use crate::store::Dialect;
use crate::store::error::StoreError;
use crate::store::value::{Args, Value};

/// A statement: what the program says to a database. Scalars are `$1`, `$2`, …; the batch, if any, is `{rows alias: column type, …}`.
#[derive(Debug)]
pub struct Statement {
    sqlite: Text,
    postgres: Text,
}

#[derive(Debug)]
struct Text {
    source: Cow<'static, str>,
    expanded: OnceLock<Result<Expanded, &'static str>>,
}

/// A statement as one database takes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expanded {
    pub(super) sql: Arc<str>,
    /// How many scalars it takes.
    pub(super) scalars: usize,
    /// The types of the batch's columns; empty where it takes no batch.
    pub(super) columns: Vec<ColumnType>,
    /// Whether it is executed for each row of the batch by itself.
    pub(super) each_row: bool,
}

/// The type of a batch's column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ColumnType {
    Text,
    Int,
    Bytes,
}

impl Statement {
    /// A statement that both databases understand.
    pub const fn new(sql: &'static str) -> Self {
        Self::per_dialect(sql, sql)
    }

    /// A statement for which the databases need different texts. Rare: say why where it is used.
    pub const fn per_dialect(sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            sqlite: Text {
                source: Cow::Borrowed(sqlite),
                expanded: OnceLock::new(),
            },
            postgres: Text {
                source: Cow::Borrowed(postgres),
                expanded: OnceLock::new(),
            },
        }
    }

    /// A text put together of such that are fixed when the program is built: see [`Select`](super::Select).
    pub(super) fn composed(sql: String) -> Self {
        let text = |source| Text {
            source: Cow::Owned(source),
            expanded: OnceLock::new(),
        };
        Self {
            sqlite: text(sql.clone()),
            postgres: text(sql),
        }
    }

    /// A text about tables whose names were read from the schema itself, as one that copies all of them has it.
    pub fn of_schema(sql: String) -> Self {
        Self::composed(sql)
    }

    /// The text as it is written in the program.
    pub fn source(&self, dialect: Dialect) -> &str {
        &self.text(dialect).source
    }

    /// Whether SQLite executes it for each row of its batch by itself, as a test asks.
    pub fn is_executed_row_by_row(&self) -> bool {
        self.expanded(Dialect::Sqlite)
            .is_ok_and(|expanded| expanded.each_row)
    }

    /// Whether it takes a batch, as a test asks.
    pub fn takes_a_batch(&self) -> bool {
        self.expanded(Dialect::Sqlite)
            .is_ok_and(|expanded| !expanded.columns.is_empty())
    }

    /// The text as the database takes it; worked out once.
    pub(super) fn expanded(&self, dialect: Dialect) -> Result<&Expanded, StoreError> {
        let text = self.text(dialect);
        let expanded = text.expanded.get_or_init(|| expand(&text.source, dialect));
        expanded
            .as_ref()
            .map_err(|problem| StoreError::misuse(problem))
    }

    fn text(&self, dialect: Dialect) -> &Text {
        match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        }
    }
}

impl Expanded {
    /// The scalars and the batch's values, row after row, if they are what the statement takes.
    pub(super) fn check(&self, args: Args) -> Result<(Vec<Value>, Vec<Value>), StoreError> {
        if args.scalars.len() != self.scalars {
            return Err(StoreError::misuse(
                "the statement takes another number of arguments",
            ));
        }
        let batch = match args.rows {
            Some(rows) => rows.into_values(self.columns.len())?,
            None if self.columns.is_empty() => Vec::new(),
            None => return Err(StoreError::misuse("the statement takes a batch")),
        };
        let fits = |(value, kind): (&Value, &ColumnType)| match value {
            Value::Null => true,
            Value::Int(_) => *kind == ColumnType::Int,
            Value::Text(_) => *kind == ColumnType::Text,
            Value::Bytes(_) => *kind == ColumnType::Bytes,
        };
        if !batch.iter().zip(self.columns.iter().cycle()).all(fits) {
            return Err(StoreError::misuse(
                "a value of the batch is not of its column's type",
            ));
        }
        let has_nul = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
        if args.scalars.iter().chain(&batch).any(has_nul) {
            return Err(StoreError::misuse(
                "a text holds the character NUL, which PostgreSQL cannot store",
            ));
        }
        Ok((args.scalars, batch))
    }
}

const OPENING: &str = "{rows ";
/// The same, for what may be executed for each row by itself.
const OPENING_EACH: &str = "{each ";

fn expand(source: &str, dialect: Dialect) -> Result<Expanded, &'static str> {
    let scalars = highest_parameter(source);
    let numbered = numbered(source, dialect);
    let source = numbered.as_ref();
    let opened = source
        .split_once(OPENING)
        .or_else(|| source.split_once(OPENING_EACH));
    let Some((before, rest)) = opened else {
        return Ok(Expanded {
            sql: source.into(),
            scalars,
            columns: Vec::new(),
            each_row: false,
        });
    };
    let (batch, after) = rest
        .split_once('}')
        .ok_or("`{rows …` has no closing brace")?;
    if after.contains(OPENING) || after.contains(OPENING_EACH) {
        return Err("`{rows …}` stands twice");
    }
    let (alias, columns) = parse_batch(batch)?;
    let first = scalars + 1;
    let each_row =
        dialect == Dialect::Sqlite && (source.contains(OPENING_EACH) || each::is_of_each(source));
    let sql = if each_row {
        let batch = each::Batch {
            before,
            alias,
            columns: &columns,
            after,
            first,
        };
        batch.for_one_row()
    } else {
        let table = match dialect {
            Dialect::Sqlite => json_table(alias, &columns, first),
            Dialect::Postgres => unnest_table(alias, &columns, first),
        };
        format!("{before}{table}{after}")
    };
    Ok(Expanded {
        sql: sql.into(),
        scalars,
        columns: columns.into_iter().map(|(_, kind)| kind).collect(),
        each_row,
    })
}

/// What is `$1` to PostgreSQL is `?1` to SQLite, to which `$1` is a name that says nothing of its place.
fn numbered(source: &str, dialect: Dialect) -> Cow<'_, str> {
    if dialect == Dialect::Postgres {
        return Cow::Borrowed(source);
    }
    let mut parts = source.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push(if part.starts_with(|c: char| c.is_ascii_digit()) {
            '?'
        } else {
            '$'
        });
        text.push_str(part);
    }
    Cow::Owned(text)
}

/// The highest `n` of the `$n` in a text.
pub(super) fn highest_parameter(source: &str) -> usize {
    let after_dollar = source.split('$').skip(1);
    let numbers = after_dollar.filter_map(|rest| {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest.get(..digits)?.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

type Columns<'t> = Vec<(&'t str, ColumnType)>;

fn parse_batch(batch: &str) -> Result<(&str, Columns<'_>), &'static str> {
    let (alias, columns) = batch
        .split_once(':')
        .ok_or("`{rows …}` needs an alias and a colon: `{rows r: id text}`")?;
    let columns = columns.split(',').map(|column| {
        match column.split_whitespace().collect::<Vec<_>>().as_slice() {
            [name, "text"] => Ok((*name, ColumnType::Text)),
            [name, "int"] => Ok((*name, ColumnType::Int)),
            [name, "bytes"] => Ok((*name, ColumnType::Bytes)),
            _ => Err("a column of `{rows …}` is `name text`, `name int` or `name bytes`"),
        }
    });
    Ok((alias.trim(), columns.collect::<Result<_, _>>()?))
}

/// `jsonb_each`, since what `json_each` gives would be parsed again for each column.
fn json_table(alias: &str, columns: &Columns<'_>, parameter: usize) -> String {
    let mut sql = String::from("(select ");
    for (index, (name, kind)) in columns.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = match kind {
            ColumnType::Text | ColumnType::Int => {
                write!(sql, "{separator}value->>{index} as {name}")
            }
            ColumnType::Bytes => write!(sql, "{separator}unhex(value->>{index}) as {name}"),
        };
    }
    let _ = write!(sql, " from jsonb_each(?{parameter})) as {alias}");
    sql
}

fn unnest_table(alias: &str, columns: &Columns<'_>, first_parameter: usize) -> String {
    let mut arrays = String::new();
    let mut names = String::new();
    for (index, (name, kind)) in columns.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let array = match kind {
            ColumnType::Text => "text[]",
            ColumnType::Int => "bigint[]",
            ColumnType::Bytes => "bytea[]",
        };
        let _ = write!(arrays, "{separator}${}::{array}", first_parameter + index);
        let _ = write!(names, "{separator}{name}");
    }
    format!("unnest({arrays}) as {alias}({names})")
}

#[cfg(test)]
mod tests {
    use super::*;

    static INSERT: Statement = Statement::new(
        "insert into t (o, id, n, body) select $1, r.id, r.n, r.body from {rows r: id text, n int, body bytes} where r.n > $2 returning id",
    );

    #[test]
    fn the_batch_becomes_arrays_for_postgresql() {
        let expanded = INSERT.expanded(Dialect::Postgres).unwrap();
        assert_eq!(
            &*expanded.sql,
            "insert into t (o, id, n, body) select $1, r.id, r.n, r.body \
             from unnest($3::text[], $4::bigint[], $5::bytea[]) as r(id, n, body) where r.n > $2 returning id"
        );
        assert_eq!(expanded.scalars, 2);
        assert_eq!(
            expanded.columns,
            [ColumnType::Text, ColumnType::Int, ColumnType::Bytes]
        );
    }

    #[test]
    fn a_batch_that_is_looked_at_as_a_whole_becomes_one_json_document_for_sqlite() {
        static COUNT: Statement = Statement::new(
            "select count(*) as n from {rows r: id text, n int, body bytes} join t on t.id = r.id where t.n > $1",
        );
        let expanded = COUNT.expanded(Dialect::Sqlite).unwrap();
        assert_eq!(
            &*expanded.sql,
            "select count(*) as n from (select value->>0 as id, value->>1 as n, unhex(value->>2) as body from jsonb_each(?2)) as r \
             join t on t.id = r.id where t.n > ?1"
        );
    }

    #[test]
    fn a_text_without_a_batch_stays_as_it_is() {
        static SELECT: Statement =
            Statement::new("select id from t where o = $1 and data <> '{}' limit $12");
        for (dialect, text) in [
            (Dialect::Postgres, SELECT.source(Dialect::Postgres)),
            (
                Dialect::Sqlite,
                "select id from t where o = ?1 and data <> '{}' limit ?12",
            ),
        ] {
            let expanded = SELECT.expanded(dialect).unwrap();
            assert_eq!(&*expanded.sql, text);
            assert_eq!((expanded.scalars, expanded.columns.len()), (12, 0));
        }
    }

    #[test]
    fn a_malformed_batch_is_refused() {
        for source in [
            "select 1 from {rows r: id text",
            "select 1 from {rows id text}",
            "select 1 from {rows r: id uuid}",
            "select 1 from {rows r: id text}, {rows s: id text}",
        ] {
            assert!(expand(source, Dialect::Sqlite).is_err(), "{source}");
        }
    }
}
