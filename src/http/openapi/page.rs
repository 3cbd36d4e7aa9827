//! The description as a page to read: no script, nothing from elsewhere.

use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::describe;
use crate::dashboard::assets;
use crate::dashboard::view::words::coded;

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
);

pub(super) async fn show() -> impl IntoResponse {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, Html(page(&describe()).into_string()))
}

fn page(document: &Value) -> Markup {
    let text = |pointer| {
        document
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "The API · Tributary" }
                link rel="stylesheet" href=(assets::style());
                link rel="icon" href=(assets::icon()) type="image/svg+xml";
            }
            body {
                main {
                    h1 { "The API" }
                    p.lead { (coded(text("/info/description"))) }
                    p { "Every call brings " code { "Authorization: Bearer KEY" } ". The same for machines: " a href="/openapi.json" { "openapi.json" } "." }
                    @for (path, methods) in members(document, "/paths") {
                        @for (method, operation) in methods.as_object().into_iter().flatten() { (one(path, method, operation)) }
                    }
                    h2 { "Shapes" }
                    @for (name, schema) in members(document, "/components/schemas") {
                        section.panel id=(name) { div.title { h2 { (name) } } div.body { (shape(schema)) } }
                    }
                }
            }
        }
    }
}

fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .pointer(pointer)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn one(path: &str, method: &str, operation: &Value) -> Markup {
    let text = |pointer| {
        operation
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let body = operation.pointer("/requestBody/content/application~1json/schema");
    let answer = operation.pointer("/responses/200/content/application~1json/schema");
    html! {
        section.panel id=(text("/operationId")) {
            div.title { h2 { code { (method.to_uppercase()) " " (path) } } span.muted { (coded(text("/description"))) } }
            div.body {
                p { (coded(text("/summary").trim_end_matches('.'))) "." }
                dl.facts {
                    @if parameters.is_some_and(|all| !all.is_empty()) {
                        dt { "Parameters" }
                        dd { @for one in parameters.into_iter().flatten() { code { (one.get("name").and_then(Value::as_str).unwrap_or_default()) } " " } }
                    }
                    @if let Some(body) = body { dt { "Body" } dd { (kind(body)) } }
                    @if let Some(answer) = answer { dt { "Answer" } dd { (kind(answer)) } }
                }
            }
        }
    }
}

/// A type in a word or two, with a link where it has a name.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return html! { a href={ "#" (name) } { (name) } };
    }
    if let Some(rows) = schema.pointer("/properties/data/items") {
        return html! { "a list of " (kind(rows)) };
    }
    if let Some(items) = schema.get("items") {
        return html! { "list of " (kind(items)) };
    }
    if let Some(first) = schema.pointer("/anyOf/0") {
        return html! { (kind(first)) " or null" };
    }
    let words = match schema.get("type") {
        Some(Value::String(word)) => word.clone(),
        Some(Value::Array(words)) => {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            words.join(" or ")
        }
        _ => "any".to_owned(),
    };
    let format = schema.get("format").and_then(Value::as_str);
    html! { (words) @if let Some(format) = format { " " span.muted { (format) } } }
}

fn shape(schema: &Value) -> Markup {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|all| all.iter().any(|one| one == name));
    html! {
        dl.facts {
            @for (name, schema) in members(schema, "/properties") {
                dt { code { (name) } @if !is_required(name) { " " span.muted { "optional" } } }
                dd { (kind(schema)) }
            }
        }
    }
}
