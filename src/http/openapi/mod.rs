//! The description of the API, OpenAPI 3.1: made of [`ROUTES`] and the tables beside it, served at `/openapi.json`, read at `/docs`, and kept in
//! `docs/openapi.json`, which a test compares.
//!
//! A route without a description does not pass the tests, and neither does an answer with a member that is not described.

mod page;
mod routes;
mod schemas;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::http::access::{ROUTES, Reach};
use crate::http::compressed;
use crate::http::resources::partners;
use routes::{OPERATIONS, Operation};

/// The routes.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(page::show))
        .layer(from_fn(compressed::compressed))
}

static TEXT: LazyLock<String> = LazyLock::new(text);

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// The document as text, as it is kept.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(&describe()).unwrap_or_default();
    text.push('\n');
    text
}

/// Methods of [`ROUTES`] that nobody has described, and described ones that are not there.
pub fn undescribed() -> Vec<String> {
    let known = ROUTES.iter().flat_map(|(path, methods, _)| {
        methods
            .split(' ')
            .map(move |method| format!("{method} {path}"))
    });
    let known: Vec<String> = known.collect();
    let told = OPERATIONS
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path));
    let told: Vec<String> = told.collect();
    let missing = known.iter().filter(|one| !told.contains(one));
    let strange = told.iter().filter(|one| !known.contains(one));
    missing.chain(strange).cloned().collect()
}

/// What the rows of a list are made of, by the list's path; `None` where there is no such list.
pub fn columns(path: &str) -> Option<Vec<String>> {
    let mut lists = OPERATIONS.iter().filter(|one| one.method == "GET");
    let list = lists.find(|one| one.path == path)?;
    schemas::columns(list.answer.strip_prefix("list ")?)
}

/// The whole description.
pub fn describe() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(operation.method.to_lowercase(), operation_of(operation));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tributary",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Payments in, partners' commissions out",
            "description": "Money is a whole number of the smallest unit of its currency, times are RFC 3339 in UTC, names are camelCase. A list has `data` and `nextCursor`: send that as `cursor`, with the same filters, until it is null. Members that are not known are refused where something is set up, and passed over in reports.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" }
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": "An API key, `trib_live_…` or `trib_test_…`. Scopes: `track` reports, `read` reads, `admin` does everything." } },
            "schemas": schemas::all(),
            "responses": {
                "Error": {
                    "description": "What is wrong, and what to change",
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } }
                }
            }
        }
    })
}

fn operation_of(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation_id(operation),
        "summary": operation.summary,
        "tags": [tag(operation.path)],
        "description": access(operation),
        "parameters": parameters(operation),
        "responses": responses(operation),
    });
    if let (Some(body), Some(described)) = (operation.body, described.as_object_mut()) {
        let content = json!({ "application/json": { "schema": schemas::reference(body) } });
        described.insert(
            "requestBody".into(),
            json!({ "required": true, "content": content }),
        );
    }
    described
}

/// What names it in a client: `listSales`, `getSale`, `postTrackSale`.
fn operation_id(operation: &Operation) -> String {
    let words = operation.path.split(['/', '-']).skip(2);
    let words = words.map(|word| word.trim_matches(['{', '}']));
    let titled = words.map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_uppercase())
    });
    format!(
        "{}{}",
        operation.method.to_lowercase(),
        titled.collect::<String>()
    )
}

fn tag(path: &str) -> &str {
    path.split('/').nth(2).unwrap_or_default()
}

/// Which keys may do it.
fn access(operation: &Operation) -> String {
    let reach = ROUTES
        .iter()
        .find(|(path, ..)| *path == operation.path)
        .map(|(.., reach)| *reach);
    let scope = match (reach, operation.method) {
        (Some(Reach::Reports | Reach::Embed), _) => "track",
        (_, "GET") => "read",
        _ => "admin",
    };
    let ledger = match (reach, operation.method) {
        (Some(Reach::Live), _) => " Not for test keys.",
        (Some(Reach::SetUp), method) if method != "GET" => {
            " Not for test keys: live money uses it."
        }
        _ => "",
    };
    format!("Scope `{scope}`.{ledger}")
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = operation
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }));
    let filters = operation.filters.iter().map(|filter| parameter(filter));
    let of_lists: &[&str] = if operation.is_list() {
        &["limit", "cursor", "sort", "format"]
    } else {
        &[]
    };
    in_path
        .chain(filters)
        .chain(of_lists.iter().map(|name| match *name {
            "sort" if operation.path == "/api/partners" => order_of_partners(),
            name => parameter(name),
        }))
        .collect()
}

/// Partners have more orders than other lists.
fn order_of_partners() -> Value {
    let words = [vec!["-createdAt", "createdAt"], partners::orders()].concat();
    json!({
        "name": "sort",
        "in": "query",
        "schema": { "type": "string", "enum": words, "default": "-createdAt" },
        "description": "With `-` the newest, the last name or the most first. Clicks, sales and revenue (after refunds and disputes) are of the last 30 days, payable, pending, held and paid of now; all of the key's own ledger and of the currency in which it has most sales",
    })
}

fn parameter(name: &str) -> Value {
    let (schema, says) = match name {
        "limit" => (
            json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 50 }),
            "How many rows at most",
        ),
        "sort" => (
            json!({ "type": "string", "enum": ["-createdAt", "createdAt"], "default": "-createdAt" }),
            "Newest or oldest first; lists that have one order alone take no other",
        ),
        "format" => (
            json!({ "type": "string", "enum": ["csv"] }),
            "All of the list as CSV; so does `Accept: text/csv`",
        ),
        "cursor" => (
            json!({ "type": "string" }),
            "The `nextCursor` of the part before",
        ),
        "livemode" => (
            json!({ "type": "boolean" }),
            "Which ledger; the key's own where it is not given",
        ),
        "held" => (
            json!({ "type": "boolean" }),
            "Whether open disputes and reviews hold something back of it",
        ),
        "preview" => (json!({ "type": "boolean" }), "Only says what it would do"),
        "conflicting" | "unknown" => (json!({ "type": "boolean" }), ""),
        "from" | "receivedSince" => (
            json!({ "type": "string", "format": "date-time" }),
            "Then or later",
        ),
        "to" => (
            json!({ "type": "string", "format": "date-time" }),
            "Earlier",
        ),
        "currency" | "base" | "quote" => (
            json!({ "type": "string", "pattern": "^[A-Za-z]{3}$" }),
            "ISO 4217",
        ),
        "invoiceId" => (json!({ "type": "string" }), "Any name of the payment"),
        _ => (json!({ "type": "string" }), ""),
    };
    let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
    if let (false, Some(parameter)) = (says.is_empty(), parameter.as_object_mut()) {
        parameter.insert("description".into(), says.into());
    }
    parameter
}

fn responses(operation: &Operation) -> Value {
    let schema = match operation.answer.strip_prefix("list ") {
        Some(row) => json!({
            "type": "object",
            "required": ["data", "nextCursor"],
            "properties": {
                "data": { "type": "array", "items": schemas::reference(row) },
                "nextCursor": { "type": ["string", "null"] }
            }
        }),
        None => schemas::reference(operation.answer),
    };
    let form = if operation.answer == "Bytes" {
        "*/*"
    } else {
        "application/json"
    };
    let mut content = json!({ form: { "schema": schema } });
    if let (true, Some(content)) = (operation.is_list(), content.as_object_mut()) {
        content.insert("text/csv".into(), json!({ "schema": { "type": "string" } }));
    }
    let good = json!({ "description": "Done", "content": content });
    let mut all = Map::new();
    all.insert("200".into(), good.clone());
    if operation.method == "POST" && operation.body.is_some() {
        all.insert("201".into(), good);
    }
    let mut errors = vec!["400", "401", "403", "429", "500", "503"];
    if operation.path.contains('{') || operation.method != "GET" {
        errors.extend(["404", "409"]);
    }
    if operation.body.is_some() {
        errors.extend(["408", "413", "415"]);
    }
    // Where the official SDKs expect it of what cannot be read.
    if operation.path == "/api/embed/token" {
        errors.push("422");
    }
    for status in errors {
        all.insert(
            status.into(),
            json!({ "$ref": "#/components/responses/Error" }),
        );
    }
    Value::Object(all)
}
