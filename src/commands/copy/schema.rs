//! What there is to copy, read from the two schemas themselves: a table or column that is added later cannot be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};

use crate::args;
use crate::store::{Dialect, Row, Statement, Transaction};

/// Each database keeps account of its own migrations.
const OWN: &str = "schema_migrations";

static COLUMNS: Statement = Statement::per_dialect(
    "select m.name as t, c.name as c, lower(c.type) as kind, c.pk as place
     from sqlite_master m join pragma_table_info(m.name) c
     where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\' order by m.name, c.cid",
    "select cast(k.relname as text) as t, cast(a.attname as text) as c,
         cast(format_type(a.atttypid, null) as text) as kind,
         cast(coalesce(array_position(cast(i.indkey as int2[]), a.attnum) + 1, 0) as bigint) as place
     from pg_class k
     join pg_attribute a on a.attrelid = k.oid and a.attnum > 0 and not a.attisdropped
     left join pg_index i on i.indrelid = k.oid and i.indisprimary
     where k.relnamespace = cast(current_schema() as regnamespace) and k.relkind in ('r', 'p')
     order by k.relname, a.attnum",
);

static REFERENCES: Statement = Statement::per_dialect(
    "select m.name as t, f.\"table\" as parent
     from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'",
    "select cast(c.relname as text) as t, cast(p.relname as text) as parent from pg_constraint f
     join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
     where f.contype = 'f' and c.relnamespace = cast(current_schema() as regnamespace)",
);

/// To be prepared by a test.
pub(in crate::commands) static STATEMENTS: &[&Statement] = &[&COLUMNS, &REFERENCES];

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Bytes,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
    /// Its place in the key, from 1; 0 where it is not part of it.
    place: i64,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// Its name.
    pub(super) name: String,
    columns: Vec<Column>,
}

/// The tables of a database, those first that others refer to.
pub(super) async fn tables(transaction: &mut dyn Transaction) -> Result<Vec<Table>> {
    let mut found: BTreeMap<String, Table> = BTreeMap::new();
    for row in transaction.run(&COLUMNS, args![]).await? {
        let name = plain(&row, "t")?;
        let table = found.entry(name.clone()).or_insert_with(|| Table {
            name,
            columns: Vec::new(),
        });
        table.columns.push(Column::read(&row)?);
    }
    found.remove(OWN);
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in transaction.run(&REFERENCES, args![]).await? {
        let (table, parent) = (plain(&row, "t")?, plain(&row, "parent")?);
        if table != parent {
            parents.entry(table).or_default().insert(parent);
        }
    }
    parents_first(found, &parents)
}

fn parents_first(
    mut left: BTreeMap<String, Table>,
    parents: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<Table>> {
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let waits = |name: &String| {
            let mut of = parents.get(name).into_iter().flatten();
            of.any(|parent| left.contains_key(parent))
        };
        let (ready, waiting): (Vec<_>, Vec<_>) =
            left.keys().cloned().partition(|name| !waits(name));
        ensure!(!ready.is_empty(), "tables refer to each other: {waiting:?}");
        sorted.extend(ready.iter().filter_map(|name| left.remove(name)));
    }
    Ok(sorted)
}

/// Whether two databases have the same tables with the same columns, in whatever order these stand.
///
/// # Errors
/// Which table differs.
pub(super) fn ensure_same(from: &[Table], to: &[Table]) -> Result<()> {
    let shape = |tables: &[Table]| -> BTreeMap<String, Vec<(String, i64)>> {
        let shape = |table: &Table| {
            let columns = table.columns.iter();
            let mut columns: Vec<_> = columns.map(|c| (c.name.clone(), c.place)).collect();
            columns.sort();
            (table.name.clone(), columns)
        };
        tables.iter().map(shape).collect()
    };
    let (from, to) = (shape(from), shape(to));
    let names: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for name in names {
        ensure!(
            from.get(name) == to.get(name),
            "the table {name} is not the same in both databases: bring both to this version with `tributary migrate`"
        );
    }
    Ok(())
}

impl Column {
    fn read(row: &Row) -> Result<Self> {
        let kind = match row.text("kind")? {
            "text" => Kind::Text,
            "integer" | "bigint" => Kind::Int,
            "blob" | "bytea" => Kind::Bytes,
            other => anyhow::bail!("a column of the type {other} cannot be copied"),
        };
        Ok(Self {
            name: plain(row, "c")?,
            kind,
            place: row.int("place")?,
        })
    }
}

/// A name that can stand in a statement.
fn plain(row: &Row, column: &'static str) -> Result<String> {
    let name = row.text(column)?;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    ensure!(
        name.chars().all(is_plain),
        "a name in the schema cannot be copied: {name}"
    );
    Ok(name.to_owned())
}

impl Table {
    /// How many columns it has.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether its rows may be large.
    pub(super) fn has_bytes(&self) -> bool {
        self.columns.iter().any(|column| column.kind == Kind::Bytes)
    }

    /// Where the values of its key stand in a row, in the order of the key.
    pub(super) fn key(&self) -> Vec<usize> {
        let columns = self.columns.iter().enumerate();
        let mut key: Vec<(i64, usize)> = columns
            .filter(|(_, column)| column.place > 0)
            .map(|(index, column)| (column.place, index))
            .collect();
        key.sort_unstable();
        key.into_iter().map(|(_, index)| index).collect()
    }

    /// How many rows there are.
    pub(super) fn count(&self) -> Statement {
        Statement::of_schema(format!(
            "select cast(count(*) as bigint) as n from \"{}\"",
            self.name
        ))
    }

    /// The next rows by key: after `$1`, `$2`, … where `follows`, the last argument being how many.
    pub(super) fn page(&self, follows: bool) -> Statement {
        let columns = self.columns.iter().map(|c| quoted(&c.name));
        let key: Vec<String> = self
            .key()
            .into_iter()
            .filter_map(|index| self.columns.get(index))
            .map(|column| quoted(&column.name))
            .collect();
        let after = (1..=key.len()).map(|n| format!("${n}"));
        let after = if follows {
            format!(" where ({}) > ({})", key.join(", "), listed(after))
        } else {
            String::new()
        };
        let limit = if follows { key.len() + 1 } else { 1 };
        Statement::of_schema(format!(
            "select {} from \"{}\"{after} order by {} limit ${limit}",
            listed(columns),
            self.name,
            key.join(", ")
        ))
    }

    /// Adds a batch of rows.
    pub(super) fn insert(&self) -> Statement {
        let names = self.columns.iter().map(|c| quoted(&c.name));
        let read = (0..self.width()).map(|n| format!("r.c{n}"));
        let batch = self.columns.iter().enumerate().map(|(n, column)| {
            let kind = match column.kind {
                Kind::Text => "text",
                Kind::Int => "int",
                Kind::Bytes => "bytes",
            };
            format!("c{n} {kind}")
        });
        Statement::of_schema(format!(
            "insert into \"{}\" ({}) select {} from {{rows r: {}}}",
            self.name,
            listed(names),
            listed(read),
            listed(batch)
        ))
    }

    /// Tells PostgreSQL's planner what there is now.
    pub(super) fn analyze(&self) -> Statement {
        Statement::of_schema(format!("analyze \"{}\"", self.name))
    }

    /// The same table with its columns in the order of another's.
    pub(super) fn in_order_of(&self, other: &Self) -> Self {
        let place = |column: &Column| other.columns.iter().position(|c| c.name == column.name);
        let mut columns = self.columns.clone();
        columns.sort_by_key(|column| place(column));
        Self {
            name: self.name.clone(),
            columns,
        }
    }
}

/// Whether rows are planned for by statistics that must be made.
pub(super) fn wants_analyze(dialect: Dialect) -> bool {
    dialect == Dialect::Postgres
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn listed(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        let column = |name: &str, kind, place| Column {
            name: name.to_owned(),
            kind,
            place,
        };
        Table {
            name: name.to_owned(),
            columns: vec![
                column("body", Kind::Bytes, 0),
                column("id", Kind::Text, 2),
                column("organization_id", Kind::Text, 1),
            ],
        }
    }

    #[test]
    fn rows_follow_each_other_by_their_key() {
        let page = table("t").page(true);
        assert_eq!(
            page.source(Dialect::Sqlite),
            "select \"body\", \"id\", \"organization_id\" from \"t\" where (\"organization_id\", \"id\") > ($1, $2) \
             order by \"organization_id\", \"id\" limit $3"
        );
        assert_eq!(table("t").key(), [2, 1]);
    }

    #[test]
    fn parents_stand_before_their_children() {
        let tables = ["a", "b", "c"].map(|name| (name.to_owned(), table(name)));
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let parents = BTreeMap::from([
            ("a".to_owned(), of(&["b", "c"])),
            ("b".to_owned(), of(&["c"])),
        ]);
        let sorted = parents_first(BTreeMap::from(tables.clone()), &parents).unwrap();
        let names: Vec<&str> = sorted.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["c", "b", "a"]);
        let circle = BTreeMap::from([("a".to_owned(), of(&["b"])), ("b".to_owned(), of(&["a"]))]);
        assert!(parents_first(BTreeMap::from(tables), &circle).is_err());
    }

    #[test]
    fn a_table_that_one_of_them_lacks_is_named() {
        let other = [table("t"), table("u")];
        let error = ensure_same(&[table("t")], &other).unwrap_err();
        assert!(error.to_string().contains("the table u "), "{error}");
        assert!(ensure_same(&other, &[table("u"), table("t")]).is_ok());
    }
}
