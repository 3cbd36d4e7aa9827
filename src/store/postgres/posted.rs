//! Changes whose answers nobody looks at, said to the server together: one question and one answer instead of one for each.
//!
//! Rows that are added to different tables, from nothing but what is given, mean the same one after another and in one statement (`with … as
//! (insert …)`), also on a distributed PostgreSQL, which does them in the order in which they stand. All else is said by itself: nothing is ever
//! moved before or behind a statement that could see it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::asked;
use crate::store::error::StoreError;
use crate::store::statement::{Expanded, Statement};
use crate::store::value::Args;
use crate::store::{Dialect, Question};

/// What has been posted and not been said yet, in its order.
#[derive(Default)]
pub(super) struct Posted(Vec<(&'static Statement, Args)>);

impl Posted {
    /// One more.
    pub(super) fn push(&mut self, statement: &'static Statement, args: Args) {
        self.0.push((statement, args));
    }

    /// All of it and what follows it, as it is to be said, in its order; nothing waits any more. The answer to the last is that to `last`.
    pub(super) fn take<'s>(
        &mut self,
        last: Option<(&'s Statement, Args)>,
    ) -> Result<Vec<Said<'s>>, StoreError> {
        let mut all: Vec<Said<'s>> = Vec::new();
        for (statement, args) in std::mem::take(&mut self.0).into_iter().chain(last) {
            let said = Said::of(statement, args)?;
            match all.last_mut() {
                Some(before) if before.goes_with(&said) => before.parts.extend(said.parts),
                _ => all.push(said),
            }
        }
        Ok(all)
    }
}

/// What is said at once: one statement, or several that add rows to different tables.
pub(super) struct Said<'s> {
    pub(super) parts: Vec<Part<'s>>,
    /// Questions, each of which is answered; else rows that are added, and the last is answered.
    asked: bool,
}

/// One statement, with its arguments.
pub(super) struct Part<'s> {
    pub(super) expanded: &'s Expanded,
    pub(super) args: Args,
    adds_to: Option<&'s str>,
}

impl<'s> Said<'s> {
    /// One statement.
    pub(super) fn of(statement: &'s Statement, args: Args) -> Result<Self, StoreError> {
        let expanded = statement.expanded(Dialect::Postgres)?;
        let part = Part {
            expanded,
            args,
            adds_to: adds_to(&expanded.sql),
        };
        Ok(Self {
            parts: vec![part],
            asked: false,
        })
    }

    /// Several questions at once.
    pub(super) fn asked(questions: Vec<Question>) -> Result<Self, StoreError> {
        let mut parts = Vec::with_capacity(questions.len());
        for (statement, args) in questions {
            parts.extend(Self::of(statement, args)?.parts);
        }
        Ok(Self { parts, asked: true })
    }

    fn goes_with(&self, next: &Self) -> bool {
        let may = |part: &Part<'_>| part.adds_to.is_some();
        let met = |part: &Part<'_>| self.parts.iter().any(|own| own.adds_to == part.adds_to);
        self.parts.iter().all(may) && next.parts.iter().all(|part| may(part) && !met(part))
    }

    /// The text: the last as it stands, those before it as `with` of it, and the parameters of all numbered through.
    pub(super) fn sql(&self) -> Arc<str> {
        if self.asked {
            return asked::sql(&self.parts);
        }
        let [before @ .., last] = self.parts.as_slice() else {
            return Arc::from("");
        };
        if before.is_empty() {
            return Arc::clone(&last.expanded.sql);
        }
        let (mut sql, mut taken) = (String::new(), 0);
        for (index, part) in before.iter().enumerate() {
            let word = if index == 0 { "with " } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(sql, "{word}posted_{index} as (");
            push_numbered(&mut sql, &part.expanded.sql, taken);
            sql.push(')');
            taken += part.parameters();
        }
        sql.push(' ');
        push_numbered(&mut sql, &last.expanded.sql, taken);
        sql.into()
    }
}

impl Part<'_> {
    pub(super) fn parameters(&self) -> usize {
        self.expanded.scalars + self.expanded.columns.len()
    }
}

/// The table that a text adds rows to, where it looks at nothing but the rows that it is given.
fn adds_to(sql: &str) -> Option<&str> {
    let (table, rest) = sql.strip_prefix("insert into ")?.split_once(' ')?;
    let looks = rest.matches("from ").count() + rest.matches("join ").count();
    (looks == 1 && rest.contains("from unnest(")).then_some(table)
}

/// Adds a text whose parameters come after `taken` others.
pub(super) fn push_numbered(sql: &mut String, text: &str, taken: usize) {
    let mut parts = text.split('$');
    sql.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        // Writing to a string cannot fail.
        let _ = match number.parse::<usize>() {
            Ok(number) => write!(sql, "${}{rest}", number + taken),
            Err(_) => write!(sql, "${part}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args;
    use crate::store::Rows;

    static CUSTOMERS: Statement = Statement::new(
        "insert into customers (o, id) select $1, r.id from {rows r: id text} where true on conflict (o, id) do update set id = excluded.id",
    );
    static SALES: Statement = Statement::new(
        "insert into sales (o, id, n) select $1, r.id, r.n from {rows r: id text, n int}",
    );
    static MATCHED: Statement = Statement::new(
        "insert into leads (o, id) select $1, s.id from {rows r: id text} join sales s on s.o = $1 and s.id = r.id",
    );
    static EVENTS: Statement = Statement::new(
        "insert into events (o, id) select $1, r.id from {rows r: id text} returning id",
    );
    static SELECT: Statement = Statement::new("select id from customers where o = $1");

    fn rows(columns: usize) -> Args {
        args!["org"; Rows::new(columns)]
    }

    fn said(posted: &[&'static Statement], last: Option<&'static Statement>) -> Vec<String> {
        let mut waiting = Posted::default();
        for statement in posted {
            waiting.push(statement, rows(1));
        }
        let all = waiting.take(last.map(|last| (last, rows(1)))).unwrap();
        assert!(waiting.take(None).unwrap().is_empty());
        all.iter().map(|said| said.sql().to_string()).collect()
    }

    #[test]
    fn rows_for_different_tables_are_one_statement_that_answers_the_last() {
        assert_eq!(
            said(&[&CUSTOMERS, &SALES], Some(&EVENTS)),
            [
                "with posted_0 as (insert into customers (o, id) select $1, r.id from unnest($2::text[]) as r(id) where true \
              on conflict (o, id) do update set id = excluded.id), \
              posted_1 as (insert into sales (o, id, n) select $3, r.id, r.n from unnest($4::text[], $5::bigint[]) as r(id, n)) \
              insert into events (o, id) select $6, r.id from unnest($7::text[]) as r(id) returning id"
            ]
        );
    }

    #[test]
    fn what_could_see_another_is_said_by_itself_and_in_its_place() {
        let all = said(
            &[&CUSTOMERS, &MATCHED, &SALES, &SALES, &EVENTS],
            Some(&SELECT),
        );
        let begins: Vec<&str> = all
            .iter()
            .map(|sql| sql.split(" (").next().unwrap_or_default())
            .collect();
        assert_eq!(
            begins,
            [
                "insert into customers",
                "insert into leads",
                "insert into sales",
                "with posted_0 as",
                "select id from customers where o = $1",
            ]
        );
    }
}
