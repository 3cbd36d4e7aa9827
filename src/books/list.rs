//! Lists: the newest first, a part at a time, with any conditions together.
//!
//! Only the conditions that are asked for are in the text. There are two kinds:
//!
//! - what an index **finds** (a name of a payment, a customer, a partner, an event's id, what is rare): the database goes through matches alone;
//! - what is **picked** among the rows that are gone through in order (a status, a processor, a currency, a time): each would take an index of its
//!   own on every sale that is written, to find what is seldom rare. Instead of going on until a part is full, however far that is, a part looks at
//!   no more than [`LOOKS`] rows and says where to go on. So it may have fewer rows than were asked for, even none, and still not be the last.
//!
//! Either way the work is bounded, whatever the size of the organization. A test reads the plan of each list with each two conditions on both
//! databases. That rows are of the live ledger is neither: nearly all are; those of the test ledger have indexes of their own.

use super::{Sample, Scope};
use crate::args;
use crate::store::{Args, Row, Select, Statement, Store, StoreError, Value};

/// How many rows a part looks at where it picks.
pub const LOOKS: i64 = 20_000;

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The position after which it begins; empty for the first.
    pub after: &'a str,
    /// How many rows at most.
    pub rows: i64,
    /// How many rows it may look at where it picks.
    pub looks: i64,
}

impl<'a> Part<'a> {
    /// The first rows.
    pub const fn first(rows: i64) -> Self {
        Self {
            after: "",
            rows,
            looks: LOOKS,
        }
    }

    /// As much from another position on.
    #[must_use]
    pub const fn from(self, after: &'a str) -> Self {
        Self { after, ..self }
    }
}

/// The rows of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where to go on if there are fewer rows than were asked for; `None` where nothing is left to look at.
    pub go_on: Option<String>,
}

/// How rows that meet a condition are come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// An index has them together, in the list's order or so few that their order costs nothing.
    Found,
    /// They are picked among others.
    Picked,
    /// Nearly all rows meet it.
    Usual,
}

/// A condition's text, with `?` for its values.
pub(super) struct Clause {
    pub(super) way: Way,
    pub(super) text: &'static str,
    pub(super) values: Vec<Value>,
}

/// A clause whose rows an index has.
pub(super) fn found(text: &'static str, values: impl IntoIterator<Item = Value>) -> Clause {
    clause(Way::Found, text, values)
}

/// A clause whose rows are picked.
pub(super) fn picked(text: &'static str, value: impl Into<Value>) -> Clause {
    clause(Way::Picked, text, [value.into()])
}

pub(super) fn clause(
    way: Way,
    text: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Clause {
    let values = values.into_iter().collect();
    Clause { way, text, values }
}

/// A statement that must find its rows by an index, to be tried by a test.
pub(super) fn lookup(name: &str, text: &'static str, args: Args) -> Sample {
    Sample {
        name: name.to_owned(),
        found: true,
        select: (Statement::new(text), args),
    }
}

/// What a list may be asked for.
pub(super) trait Condition: Copy + std::fmt::Debug {
    /// What it means to the database.
    fn clause(&self) -> Clause;
}

/// The pieces of a list's select. Made by [`newest_first!`].
pub(super) struct List {
    /// Everything up to the first condition; `$1` is the organization.
    pub(super) head: &'static str,
    /// The same for positions alone.
    pub(super) positions: &'static str,
    /// What comes after a position.
    pub(super) after: &'static str,
    /// What comes up to a position, with it.
    pub(super) until: &'static str,
    /// Order and limit.
    pub(super) end: &'static str,
    /// Order, and the one row after as many.
    pub(super) skip: &'static str,
    /// The same the other way round, where a list goes that way too.
    pub(super) oldest: Option<Order>,
}

/// What an order takes: see [`List`].
#[derive(Clone, Copy)]
pub(super) struct Order {
    pub(super) after: &'static str,
    pub(super) until: &'static str,
    pub(super) end: &'static str,
    pub(super) skip: &'static str,
}

/// What a position begins with where the oldest come first.
const OLDEST: char = '+';

/// The position in a list that begins with the oldest.
pub fn oldest_first(position: &str) -> String {
    format!("{OLDEST}{position}")
}

/// A list in the order of ids, which is that of creation.
macro_rules! newest_first {
    ($table:literal as $alias:literal, $head:expr) => {
        $crate::books::list::List {
            head: $head,
            positions: concat!(
                "select ",
                $alias,
                ".id as position from ",
                $table,
                " ",
                $alias,
                " where ",
                $alias,
                ".organization_id = $1"
            ),
            after: concat!(" and ", $alias, ".id < ?"),
            until: concat!(" and ", $alias, ".id >= ?"),
            end: concat!(" order by ", $alias, ".id desc limit ?"),
            skip: concat!(" order by ", $alias, ".id desc limit 1 offset ?"),
            oldest: Some($crate::books::list::Order {
                after: concat!(" and ", $alias, ".id > ?"),
                until: concat!(" and ", $alias, ".id <= ?"),
                end: concat!(" order by ", $alias, ".id limit ?"),
                skip: concat!(" order by ", $alias, ".id limit 1 offset ?"),
            }),
        }
    };
}

pub(super) use newest_first;

impl List {
    /// The rows of a part. `args` are those of the list's head, the organization first.
    pub(super) async fn read<C: Condition>(
        &self,
        scope: &Scope<'_>,
        args: Args,
        by: &[C],
        part: Part<'_>,
    ) -> Result<Found<Row>, StoreError> {
        let go_on = match self.horizon(scope.org, by, part) {
            Some(select) => position(scope.store, select).await?,
            None => None,
        };
        let select = self.select(args, by, part, go_on.as_deref());
        let (statement, args) = select.build();
        let rows = scope.store.read(&statement, args).await?;
        Ok(Found { rows, go_on })
    }

    /// The select of a part that looks no further than `until`.
    pub(super) fn select<C: Condition>(
        &self,
        args: Args,
        by: &[C],
        part: Part<'_>,
        until: Option<&str>,
    ) -> Select {
        let mut select = Select::new(self.head, args);
        for condition in by {
            let clause = condition.clause();
            select = select.and(clause.text, clause.values);
        }
        let (order, _) = self.order(part);
        select = self.from(select, part);
        if let Some(position) = until {
            select = select.and(order.until, [position]);
        }
        select.and(order.end, [part.rows])
    }

    /// The select of the position up to which a part looks, where it picks: along the rows that indexes find.
    pub(super) fn horizon<C: Condition>(
        &self,
        org: &str,
        by: &[C],
        part: Part<'_>,
    ) -> Option<Select> {
        let clauses = by.iter().map(Condition::clause);
        let (picked, others): (Vec<_>, Vec<_>) =
            clauses.partition(|clause| clause.way == Way::Picked);
        if picked.is_empty() {
            return None;
        }
        let (order, _) = self.order(part);
        let mut select = Select::new(self.positions, args![org]);
        for clause in others.into_iter().filter(|clause| clause.way == Way::Found) {
            select = select.and(clause.text, clause.values);
        }
        Some(
            self.from(select, part)
                .and(order.skip, [part.looks.saturating_sub(1)]),
        )
    }

    /// The selects of the list with what is `always` asked for, with each of `all` beside it, and with each two of them; where the first part ends
    /// at the position `late` and the next at `early`.
    pub(super) fn samples<C: Condition>(
        &self,
        name: &str,
        args: &Args,
        (late, early): (&str, &str),
        always: &[C],
        all: &[C],
    ) -> Vec<Sample> {
        let mut choices: Vec<Vec<C>> = vec![always.to_vec()];
        for (index, one) in all.iter().enumerate() {
            choices.push([always, &[*one]].concat());
            // Two of one kind are never asked for together.
            let kind = std::mem::discriminant(one);
            let others = all.iter().skip(index + 1);
            let others = others.filter(|other| std::mem::discriminant(*other) != kind);
            choices.extend(others.map(|other| [always, &[*one, *other]].concat()));
        }
        let mut samples = Vec::new();
        for by in choices {
            let found = by.iter().any(|c| c.clause().way == Way::Found);
            let mut parts = vec![(String::new(), late), (late.to_owned(), early)];
            if self.oldest.is_some() {
                // From its beginning on it is the same select without what comes after a position.
                parts.push((oldest_first(early), late));
            }
            for (after, until) in parts {
                let part = Part {
                    after: &after,
                    rows: 51,
                    looks: 1_000,
                };
                let horizon = self.horizon("org", &by, part);
                let until = horizon.is_some().then_some(until);
                let select = self.select(args.clone(), &by, part, until);
                for select in std::iter::once(select).chain(horizon) {
                    samples.push(Sample {
                        name: format!("{name} {by:?} after {after:?}"),
                        found,
                        select: select.build(),
                    });
                }
            }
        }
        samples
    }

    fn from(&self, select: Select, part: Part<'_>) -> Select {
        match self.order(part) {
            (_, "") => select,
            (order, position) => select.and(order.after, [position]),
        }
    }

    /// The order that a part is asked for in, and the position after which it begins.
    fn order<'p>(&self, part: Part<'p>) -> (Order, &'p str) {
        if let (Some(after), Some(oldest)) = (part.after.strip_prefix(OLDEST), self.oldest) {
            return (oldest, after);
        }
        let newest = Order {
            after: self.after,
            until: self.until,
            end: self.end,
            skip: self.skip,
        };
        (newest, part.after)
    }
}

async fn position(store: &dyn Store, select: Select) -> Result<Option<String>, StoreError> {
    let (statement, args) = select.build();
    let rows = store.read(&statement, args).await?;
    let row = rows.first();
    row.map(|row| row.text("position").map(str::to_owned))
        .transpose()
}

impl<T> Found<T> {
    /// The same part with each row read as something else.
    pub fn map<U, E>(self, read: impl FnMut(T) -> Result<U, E>) -> Result<Found<U>, E> {
        let rows: Result<Vec<U>, E> = self.rows.into_iter().map(read).collect();
        Ok(Found {
            rows: rows?,
            go_on: self.go_on,
        })
    }
}
