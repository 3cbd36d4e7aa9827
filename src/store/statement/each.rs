//! A statement with a batch as SQLite takes it: for one row, executed once for each.
//!
//! Binding a row's values costs half of what a table made of the batch costs, and a text in which they stand where the row's columns stood leaves
//! the planner nothing but keys to look up. It is done only where the statement for a batch means the same as that for each of its rows, one after
//! another; rows of an answer then follow each other as those of the batch do.

use std::fmt::Write as _;

use super::Columns;

/// What a statement says that looks at more than one row of its batch, or seems to.
const OF_THE_WHOLE: [&str; 12] = [
    "distinct",
    "group by",
    "order by",
    "limit",
    "union",
    "except",
    "intersect",
    "count(",
    "max(",
    "min(",
    "sum(",
    "not in (",
];

/// Whether a text means the same for a batch and for each of its rows.
pub(super) fn is_of_each(source: &str) -> bool {
    !OF_THE_WHOLE.iter().any(|words| source.contains(words))
}

/// The place of a batch in a text.
pub(super) struct Batch<'t> {
    pub(super) before: &'t str,
    pub(super) alias: &'t str,
    pub(super) columns: &'t Columns<'t>,
    pub(super) after: &'t str,
    /// The parameter of the first column.
    pub(super) first: usize,
}

impl Batch<'_> {
    /// The text for one row.
    pub(super) fn for_one_row(&self) -> String {
        let plain = self.membership().or_else(|| self.alone());
        plain
            .or_else(|| self.joined())
            .unwrap_or_else(|| self.as_table())
    }

    /// `(a, b) in (select r.a, r.b from {rows r: a int, b text})`: `(a, b) = (?, ?)`.
    fn membership(&self) -> Option<String> {
        let listed = |of: &dyn Fn(usize, &str) -> String| {
            let columns = self.columns.iter().enumerate();
            let all: Vec<String> = columns.map(|(index, (name, _))| of(index, name)).collect();
            all.join(", ")
        };
        let names = listed(&|_, name| format!("{}.{name}", self.alias));
        let places = listed(&|index, _| format!("?{}", self.first + index));
        let selected = format!("select {names} from ");
        let before = self.before.strip_suffix(selected.as_str())?;
        let before = before.trim_end().strip_suffix("in (")?;
        let after = self.after.strip_prefix(')')?;
        Some(format!("{before}= ({places}){after}"))
    }

    /// `from {rows …}` with nothing but a condition after it: needs no table at all.
    fn alone(&self) -> Option<String> {
        let before = self.before.trim_end().strip_suffix("from")?;
        let after = self.after.trim_start();
        if self.answers_a_column(before) || !(after.is_empty() || after.starts_with("where ")) {
            return None;
        }
        let (before, after) = (self.filled(before), self.filled(after));
        Some(one_inserted(&before, &after).unwrap_or_else(|| format!("{before}{after}")))
    }

    /// `from {rows …} join t on …`: the table alone, with the join's condition among the others.
    fn joined(&self) -> Option<String> {
        let before = self.before.trim_end().strip_suffix("from")?;
        let (table, rest) = self
            .after
            .trim_start()
            .strip_prefix("join ")?
            .split_once(" on ")?;
        if self.answers_a_column(before) || rest.contains("on conflict") {
            return None;
        }
        let ends = ["group by", "order by", "limit"];
        let words = ["join", "left join", "where"];
        let (condition, rest) = split_before(rest, &[&words[..], &ends].concat());
        let (joins, rest) = split_before(rest, &[&["where"][..], &ends].concat());
        let (filter, rest) = split_before(rest, &ends);
        let filter = match filter.trim_start().strip_prefix("where") {
            Some(filter) => format!("({condition}) and ({filter})"),
            None => condition.to_owned(),
        };
        Some(format!(
            "{before}from {table} {} where {} {rest}",
            self.filled(joins),
            self.filled(&filter),
        ))
    }

    /// Any other: a table of one row.
    fn as_table(&self) -> String {
        let mut sql = format!("{}(select ", self.before);
        for (index, (name, _)) in self.columns.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(sql, "{separator}?{} as {name}", self.first + index);
        }
        sql + ") as " + self.alias + self.after
    }

    /// Whether a column of the row is a column of the answer, which takes its name.
    fn answers_a_column(&self, before: &str) -> bool {
        let changes = ["insert ", "update ", "delete "];
        !changes.iter().any(|word| before.contains(word)) && self.filled(before) != before
    }

    /// The text with parameters in the places of the row's columns.
    fn filled(&self, text: &str) -> String {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut filled = String::with_capacity(text.len());
        for word in text.split_inclusive(|c: char| !is_name(c)) {
            let name = word.trim_end_matches(|c: char| !is_name(c));
            let column = name
                .strip_prefix(self.alias)
                .and_then(|n| n.strip_prefix('.'));
            let place = column.and_then(|column| self.columns.iter().position(|c| c.0 == column));
            match (place, word.get(name.len()..)) {
                (Some(place), Some(rest)) => {
                    // Writing to a string cannot fail.
                    let _ = write!(filled, "?{}{rest}", self.first + place);
                }
                _ => filled.push_str(word),
            }
        }
        filled
    }
}

/// `insert into t (a, b) select ?1, ?2 where true …`: `insert into t (a, b) values (?1, ?2) …`. SQLite takes any select for many rows, and copies each page
/// that they change to be able to undo some of them.
fn one_inserted(before: &str, after: &str) -> Option<String> {
    let (into, values) = before.split_once("select ")?;
    let after = match after.strip_prefix("where ") {
        Some(condition) => condition.trim_start().strip_prefix("true")?,
        None => after,
    };
    if !into.trim_start().starts_with("insert into ") || after.trim_start().starts_with("and ") {
        return None;
    }
    Some(format!("{into}values ({}) {after}", values.trim_end()))
}

/// Splits a text before the first of some words that stands in no parentheses.
fn split_before<'t>(text: &'t str, words: &[&str]) -> (&'t str, &'t str) {
    let begins = |rest: &str| {
        let after = words.iter().find_map(|word| rest.strip_prefix(word));
        after.is_some_and(|after| after.starts_with(char::is_whitespace))
    };
    let (mut depth, mut is_start) = (0_usize, true);
    for (at, c) in text.char_indices() {
        let (before, rest) = text.split_at(at);
        if depth == 0 && is_start && begins(rest) {
            return (before, rest);
        }
        is_start = c.is_whitespace();
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use crate::store::Dialect;
    use crate::store::statement::expand;

    #[track_caller]
    fn for_one_row(source: &str) -> String {
        let expanded = expand(source, Dialect::Sqlite).unwrap();
        assert!(expanded.each_row, "{source}");
        expanded
            .sql
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn changes_need_no_table_of_the_batch() {
        for (source, sql) in [
            (
                "insert into t (o, id, n) select $1, r.id, r.n from {rows r: id text, n int}
                 where true on conflict (o, id) do update set n = excluded.n",
                "insert into t (o, id, n) values (?1, ?2, ?3) \
                 on conflict (o, id) do update set n = excluded.n",
            ),
            (
                "insert into t (o, id) select $1, r.id from {rows r: id text}",
                "insert into t (o, id) values (?1, ?2)",
            ),
            (
                "insert into t (o, id) select $1, r.id from {rows r: id text} where r.id <> $2",
                "insert into t (o, id) select ?1, ?3 where ?3 <> ?2",
            ),
            (
                "update t set n = r.n, m = coalesce(r.m, $2) from {rows r: id text, n int, m int}
                 where t.o = $1 and t.id = r.id and t.n <> r.n",
                "update t set n = ?4, m = coalesce(?5, ?2) \
                 where t.o = ?1 and t.id = ?3 and t.n <> ?4",
            ),
        ] {
            assert_eq!(for_one_row(source), sql);
        }
    }

    #[test]
    fn membership_in_the_batch_is_equality_with_its_row() {
        assert_eq!(
            for_one_row(
                "delete from t where o = $1 and id in (select r.id from {rows r: id text}) and n > $2"
            ),
            "delete from t where o = ?1 and id = (?3) and n > ?2"
        );
        assert_eq!(
            for_one_row(
                "delete from t where o = $1 and (a, b) in (select r.a, r.b from {rows r: a int, b text})"
            ),
            "delete from t where o = ?1 and (a, b) = (?2, ?3)"
        );
    }

    #[test]
    fn what_is_joined_to_the_batch_is_looked_up_by_itself() {
        for (source, sql) in [
            (
                "select t.n from {rows r: id text} join t on t.o = $1 and t.id = r.id",
                "select t.n from t where t.o = ?1 and t.id = ?2",
            ),
            (
                "select t.n from {rows r: id text}
                 join t on t.id = r.id
                 where t.n = $1",
                "select t.n from t where (t.id = ?2 ) and ( t.n = ?1)",
            ),
            (
                "select t.n, u.m from {rows r: a int, b text}
                 join t on t.o = $1 and t.a = r.a and t.b >= (select u.b from u where u.b = r.b)
                 left join u on u.o = $1 and u.id = t.id and u.a = r.a
                 where t.n = 1 or t.n = r.a",
                "select t.n, u.m from t left join u on u.o = ?1 and u.id = t.id and u.a = ?2 \
                 where (t.o = ?1 and t.a = ?2 and t.b >= (select u.b from u where u.b = ?3) ) \
                 and ( t.n = 1 or t.n = ?2)",
            ),
        ] {
            assert_eq!(for_one_row(source), sql);
        }
    }

    #[test]
    fn anything_else_has_a_table_of_one_row() {
        assert_eq!(
            for_one_row(
                "select r.id, r.n from {rows r: id text, n int} left join t on t.id = r.id"
            ),
            "select r.id, r.n from (select ?1 as id, ?2 as n) as r left join t on t.id = r.id"
        );
    }

    #[test]
    fn what_looks_at_the_whole_batch_gets_it_at_once_unless_it_says_otherwise() {
        for source in [
            "select distinct t.n from {rows r: id text} join t on t.id = r.id",
            "select t.n from {rows r: id text} join t on t.id = r.id order by t.n",
            "select sum(t.n) as n from t where t.id in (select r.id from {rows r: id text})",
            "delete from t where id not in (select r.id from {rows r: id text})",
        ] {
            let expanded = expand(source, Dialect::Sqlite).unwrap();
            assert!(!expanded.each_row, "{source}");
            assert!(expanded.sql.contains("jsonb_each(?1)"), "{source}");
        }
        assert_eq!(
            for_one_row(
                "select t.id, sum(t.n) as n from {each r: id text} join t on t.id = r.id group by t.id"
            ),
            "select t.id, sum(t.n) as n from t where t.id = ?1 group by t.id"
        );
    }
}
