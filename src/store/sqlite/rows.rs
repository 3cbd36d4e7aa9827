//! Values on their way to SQLite and back.

use std::fmt::Write as _;
use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};

use crate::store::error::StoreError;
use crate::store::statement::ColumnType;
use crate::store::value::{Row, Value};

/// A value as it is bound to a place.
pub(super) fn bound(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Int(value) => ValueRef::Integer(*value),
        Value::Text(value) => ValueRef::Text(value.as_bytes()),
        Value::Bytes(value) => ValueRef::Blob(value),
    })
}

/// The rows of an answer, which may come from more than one execution.
#[derive(Default)]
pub(super) struct Answer {
    columns: Option<Arc<[Box<str>]>>,
    rows: Vec<Row>,
}

impl Answer {
    /// Executes a statement to its end and keeps its rows.
    pub(super) fn take(
        &mut self,
        statement: &mut rusqlite::Statement<'_>,
    ) -> Result<(), StoreError> {
        let width = statement.column_count();
        let mut found = statement.raw_query();
        while let Some(row) = found.next()? {
            let columns = self.columns.get_or_insert_with(|| {
                let names = row.as_ref().column_names();
                names.into_iter().map(Into::into).collect()
            });
            let values = (0..width).map(|index| read(row.get_ref(index)?));
            let values = values.collect::<Result<_, _>>()?;
            self.rows.push(Row::new(Arc::clone(columns), values));
        }
        Ok(())
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows
    }
}

fn read(value: ValueRef<'_>) -> Result<Value, StoreError> {
    match value {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(value) => Ok(Value::Int(value)),
        ValueRef::Text(text) => match str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(StoreError::misuse("a column's text is not UTF-8")),
        },
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes.to_owned())),
        ValueRef::Real(_) => Err(StoreError::misuse(
            "a column is neither a whole number, a text nor bytes",
        )),
    }
}

/// The batch as an array of arrays; bytes as hexadecimal digits.
pub(super) fn json(columns: &[ColumnType], values: &[Value]) -> Result<String, StoreError> {
    let mut json = String::from("[");
    for (index, row) in values.chunks_exact(columns.len()).enumerate() {
        json.push_str(if index == 0 { "[" } else { ",[" });
        for (column, value) in row.iter().enumerate() {
            if column > 0 {
                json.push(',');
            }
            match value {
                Value::Null => json.push_str("null"),
                // Writing to a string cannot fail.
                Value::Int(value) => drop(write!(json, "{value}")),
                Value::Text(value) => {
                    json.push_str(
                        &serde_json::to_string(value)
                            .map_err(|_| StoreError::misuse("a text of the batch is not JSON"))?,
                    );
                }
                Value::Bytes(value) => drop(write!(json, "\"{}\"", hex::encode(value))),
            }
        }
        json.push(']');
    }
    json.push(']');
    Ok(json)
}
