//! Every list of the API as CSV: `?format=csv`, or `Accept: text/csv`. The list itself is asked for part after part, and its rows are written as they
//! come, so that a table is what the list is, with the same filters, rights and ledger, and nothing has to be written twice.
//!
//! Columns are the members of a row as the API's description has them; those of an object in it have its name before theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::ACCEPT;
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::ApiError;
use super::openapi;
use crate::app::App;
use crate::sheet::{self, Cell, Part};

/// Rows of a part.
const PART_ROWS: &str = "500";

/// The most bytes of a part: five hundred rows with all that a merchant may say of each.
const PART_MAX_BYTES: usize = 16 << 20;

/// The layer, within the one that asks for a key.
pub async fn lists(State(_): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let is_read = head.method == Method::GET && head.uri.path().starts_with("/api/");
    let path = head
        .extensions
        .get::<MatchedPath>()
        .map(MatchedPath::as_str);
    let columns = path.filter(|_| is_read).and_then(openapi::columns);
    let Some((columns, pairs)) = columns.and_then(|columns| Some((columns, wanted(&head)?))) else {
        return next.run(Request::from_parts(head, body)).await;
    };
    let name = head
        .uri
        .path()
        .rsplit('/')
        .next()
        .unwrap_or("list")
        .to_owned();
    match table(&name, columns, (head, pairs), next).await {
        Ok(table) => table,
        Err(answer) => answer,
    }
}

/// The list's own parameters, where it is asked for as CSV.
fn wanted(head: &Head) -> Option<Vec<(String, String)>> {
    let query = head.uri.query().unwrap_or_default();
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    let (format, others): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| name == "format");
    let asked = match format.as_slice() {
        [] => accepts(&head.headers),
        [(_, format)] => format == "csv",
        // Given twice: the list says so.
        _ => false,
    };
    asked.then_some(others)
}

/// Whether CSV is what a client names first.
fn accepts(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|text| text.trim_start().starts_with("text/csv"))
}

async fn table(
    name: &str,
    columns: Vec<String>,
    (head, pairs): (Head, Vec<(String, String)>),
    next: Next,
) -> Result<Response, Response> {
    let own = ["limit", "cursor"];
    if let Some((name, _)) = pairs.iter().find(|(name, _)| own.contains(&name.as_str())) {
        let message = format!("{name} cuts a list into parts: a table has all of it, leave it out");
        return Err(ApiError::validation(name, message).into_response());
    }
    let shown = columns.clone();
    let read = move |cursor: String| {
        let request = part_of(&head, &pairs, &cursor);
        let (next, shown) = (next.clone(), shown.clone());
        async move { read(next.run(request).await, &shown).await }
    };
    let first = read(String::new()).await?;
    Ok(sheet::answer(name, &columns, first, read))
}

/// The request for a part of the list.
fn part_of(head: &Head, pairs: &[(String, String)], cursor: &str) -> Request {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).append_pair("limit", PART_ROWS);
    if !cursor.is_empty() {
        query.append_pair("cursor", cursor);
    }
    let address = format!("{}?{}", head.uri.path(), query.finish());
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = address.parse().unwrap_or_else(|_| Uri::default());
    *request.headers_mut() = head.headers.clone();
    *request.extensions_mut() = head.extensions.clone();
    request
}

/// The rows of a part; what is no part is handed on as it is.
async fn read(answer: Response, columns: &[String]) -> Result<Part, Response> {
    if answer.status() != StatusCode::OK {
        return Err(answer);
    }
    let broken = |_| ApiError::internal().into_response();
    let bytes = to_bytes(answer.into_body(), PART_MAX_BYTES).await;
    let bytes = bytes.map_err(broken)?;
    let list: List =
        serde_json::from_slice(&bytes).map_err(|_| ApiError::internal().into_response())?;
    let row = |row: &Members| {
        let row = legible(row);
        columns.iter().map(|column| cell(&row, column)).collect()
    };
    Ok(Part {
        rows: list.data.iter().map(row).collect(),
        next: list.next_cursor,
    })
}

/// The members of a row, each as it is written.
type Members = BTreeMap<String, Box<RawValue>>;

/// A part of a list, as far as a table needs it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct List {
    data: Vec<Members>,
    next_cursor: Option<String>,
}

/// A row. What a merchant has said and no reader takes (a number beyond all bounds) stands there as it is written.
fn legible(row: &Members) -> Value {
    let members = row.iter().map(|(name, written)| {
        let read = serde_json::from_str(written.get());
        let value = read.unwrap_or_else(|_| Value::String(written.get().to_owned()));
        (name.clone(), value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn cell(row: &Value, column: &str) -> Cell {
    let value = column
        .split('.')
        .try_fold(row, |value, name| value.get(name));
    match value {
        None | Some(Value::Null) => Cell::EMPTY,
        Some(Value::Bool(value)) => Cell::plain(value),
        Some(Value::Number(number)) => Cell::plain(number),
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(Value::Array(items)) => Cell::Text(joined(items)),
        Some(other) => Cell::Text(other.to_string()),
    }
}

/// Texts of a list, one after another.
fn joined(items: &[Value]) -> String {
    let text = |item: &Value| match item {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    items.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_reader_takes_stands_in_its_cell_as_it_is_written() {
        let list = r#"{"data":[{"id":"s_1","metadata":{"n":1e400}},{"id":"s_2","metadata":{"n":1},"customer":{"name":"Ada"}}]}"#;
        let list: List = serde_json::from_str(list).unwrap();
        let rows: Vec<Value> = list.data.iter().map(legible).collect();
        assert_eq!(rows[0]["metadata"], r#"{"n":1e400}"#);
        assert_eq!(
            (&rows[0]["id"], &rows[1]["metadata"]["n"]),
            (&"s_1".into(), &1.into())
        );
        assert_eq!(rows[1]["customer"]["name"], "Ada");
        assert_eq!(list.next_cursor, None);
    }
}
