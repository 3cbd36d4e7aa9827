//! Several questions that change nothing, asked in one: each answer comes as rows of JSON, with the number of its question and its own.
//!
//! All of them see the database as it is at the one moment, and are put in the order that each has asked for. Bytes are not told this way.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;

use super::posted::{Part, push_numbered};
use crate::store::error::StoreError;
use crate::store::value::{Row, Value};

/// The text, with the parameters of all numbered through.
pub(super) fn sql(parts: &[Part<'_>]) -> Arc<str> {
    let (mut sql, mut taken) = (String::from("select q, r from ("), 0);
    for (index, part) in parts.iter().enumerate() {
        let union = if index == 0 { "" } else { " union all " };
        // Writing to a string cannot fail.
        let _ = write!(
            sql,
            "{union}select cast({index} as bigint) as q, row_number() over () as n, cast(row_to_json(t) as text) as r from ("
        );
        push_numbered(&mut sql, &part.expanded.sql, taken);
        sql.push_str(") t");
        taken += part.parameters();
    }
    sql.push_str(") a order by q, n");
    sql.into()
}

/// The rows of each question, from the rows of the one answer.
pub(super) fn answers(rows: &[Row], questions: usize) -> Result<Vec<Vec<Row>>, StoreError> {
    let mut answers: Vec<Vec<Row>> = vec![Vec::new(); questions];
    let mut columns: Vec<Option<Arc<[Box<str>]>>> = vec![None; questions];
    for row in rows {
        let index = usize::try_from(row.int("q")?).unwrap_or(usize::MAX);
        let told: serde_json::Map<String, Json> =
            serde_json::from_str(row.text("r")?).map_err(|_| StoreError::Corrupt("r"))?;
        let (Some(answer), Some(names)) = (answers.get_mut(index), columns.get_mut(index)) else {
            return Err(StoreError::Corrupt("q"));
        };
        let names = names.get_or_insert_with(|| {
            let names = told.keys().map(|name| name.as_str().into());
            names.collect()
        });
        let values = told.into_iter().map(|(_, value)| read(value));
        answer.push(Row::new(names.clone(), values.collect::<Result<_, _>>()?));
    }
    Ok(answers)
}

fn read(value: Json) -> Result<Value, StoreError> {
    match value {
        Json::Null => Ok(Value::Null),
        Json::Bool(flag) => Ok(flag.into()),
        Json::String(text) => Ok(Value::Text(text)),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Ok(Value::Int(number)),
            None => Err(StoreError::misuse("a column is no whole number")),
        },
        Json::Array(_) | Json::Object(_) => Err(StoreError::misuse(
            "a column is neither a whole number nor a text",
        )),
    }
}
