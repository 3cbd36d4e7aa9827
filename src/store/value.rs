//! The only values that cross the border to a database: a whole number, a text, bytes, nothing; and the rows and arguments made of them.
//!
//! Money, times and flags are whole numbers, ids are texts. Never a float, and nothing of one driver. `Debug` shows the kind of a value and its
//! length, never what it holds: rows carry personal data.

use std::fmt;
use std::sync::Arc;

use crate::store::error::StoreError;

/// One value of a row or an argument. A text holds no NUL character, which PostgreSQL cannot store.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL's `null`.
    Null,
    /// A `bigint`; a flag is 0 or 1.
    Int(i64),
    /// A `text`.
    Text(String),
    /// A `blob` (SQLite) or `bytea` (PostgreSQL).
    Bytes(Vec<u8>),
}

/// A text as both databases can store it: PostgreSQL has no NUL.
pub fn without_nul(text: &str) -> String {
    text.replace('\0', "")
}

impl Value {
    pub(super) fn into_int(self) -> Option<i64> {
        if let Self::Int(value) = self {
            Some(value)
        } else {
            None
        }
    }

    pub(super) fn into_text(self) -> Option<String> {
        if let Self::Text(value) = self {
            Some(value)
        } else {
            None
        }
    }

    pub(super) fn into_bytes(self) -> Option<Vec<u8>> {
        if let Self::Bytes(value) = self {
            Some(value)
        } else {
            None
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Int(_) => f.write_str("Int"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_owned())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer. Columns are read by name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    columns: Arc<[Box<str>]>,
    values: Vec<Value>,
}

impl Row {
    /// A row with a value for each of the columns, which the rows of an answer share.
    pub(super) const fn new(columns: Arc<[Box<str>]>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    fn value(&self, name: &'static str) -> Result<&Value, StoreError> {
        let index = self.columns.iter().position(|column| **column == *name);
        index
            .and_then(|index| self.values.get(index))
            .ok_or(StoreError::Corrupt(name))
    }

    /// All values, in the order of the select.
    pub fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The whole number in column `name`.
    pub fn int(&self, name: &'static str) -> Result<i64, StoreError> {
        self.opt_int(name)?.ok_or(StoreError::Corrupt(name))
    }

    /// The whole number in column `name`, `None` for null.
    pub fn opt_int(&self, name: &'static str) -> Result<Option<i64>, StoreError> {
        match self.value(name)? {
            Value::Null => Ok(None),
            Value::Int(value) => Ok(Some(*value)),
            _ => Err(StoreError::Corrupt(name)),
        }
    }

    /// The flag in column `name`: 0 or 1, nothing else.
    pub fn flag(&self, name: &'static str) -> Result<bool, StoreError> {
        match self.int(name)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StoreError::Corrupt(name)),
        }
    }

    /// The text in column `name`.
    pub fn text(&self, name: &'static str) -> Result<&str, StoreError> {
        self.opt_text(name)?.ok_or(StoreError::Corrupt(name))
    }

    /// The text in column `name`, `None` for null.
    pub fn opt_text(&self, name: &'static str) -> Result<Option<&str>, StoreError> {
        match self.value(name)? {
            Value::Null => Ok(None),
            Value::Text(value) => Ok(Some(value)),
            _ => Err(StoreError::Corrupt(name)),
        }
    }

    /// The bytes in column `name`.
    pub fn bytes(&self, name: &'static str) -> Result<&[u8], StoreError> {
        self.opt_bytes(name)?.ok_or(StoreError::Corrupt(name))
    }

    /// The bytes in column `name`, `None` for null.
    pub fn opt_bytes(&self, name: &'static str) -> Result<Option<&[u8]>, StoreError> {
        match self.value(name)? {
            Value::Null => Ok(None),
            Value::Bytes(value) => Ok(Some(value)),
            _ => Err(StoreError::Corrupt(name)),
        }
    }
}

/// A batch: many rows as one argument of a statement, for its `{rows …}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rows {
    width: usize,
    values: Vec<Value>,
    ragged: bool,
}

impl Rows {
    /// An empty batch of rows with `width` values each.
    pub fn new(width: usize) -> Self {
        Self {
            width,
            values: Vec::new(),
            ragged: false,
        }
    }

    /// Adds a row. A row of another width makes the statement fail that the batch is given to.
    pub fn push(&mut self, row: impl IntoIterator<Item = Value>) {
        let before = self.values.len();
        self.values.extend(row);
        self.ragged |= self.values.len() - before != self.width;
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of row after row, where each has the `width` a statement expects.
    pub(super) fn into_values(self, width: usize) -> Result<Vec<Value>, StoreError> {
        if self.ragged || self.width != width {
            return Err(StoreError::misuse(
                "a row of the batch has not as many values as the statement names columns",
            ));
        }
        Ok(self.values)
    }
}

/// The arguments of a statement: `$1`, `$2`, … and at most one batch. Made by [`args!`](crate::args).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Args {
    pub(super) scalars: Vec<Value>,
    pub(super) rows: Option<Rows>,
}

impl Args {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next `$n`.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "adds an argument, not a number"
    )]
    pub fn add(mut self, value: impl Into<Value>) -> Self {
        self.scalars.push(value.into());
        self
    }

    /// Gives the batch for the statement's `{rows …}`.
    #[must_use]
    pub fn rows(mut self, rows: Rows) -> Self {
        self.rows = Some(rows);
        self
    }
}

/// The arguments of a statement: `args![]`, `args![organization, id]`, `args![organization; rows]`.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => { $crate::store::Args::new()$(.add($value))* };
    (; $rows:expr) => { $crate::store::Args::new().rows($rows) };
    ($($value:expr),* ; $rows:expr) => { $crate::store::Args::new()$(.add($value))*.rows($rows) };
}
