//! The description of the API holds what the API does.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tributary::http::openapi;

use super::client::{Api, bodies};

#[test]
fn every_method_of_every_route_is_described() {
    assert_eq!(openapi::undescribed(), Vec::<String>::new());
}

/// `TRIBUTARY_WRITE=1 cargo nextest run openapi` writes it.
#[test]
fn the_description_that_is_kept_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    if std::env::var_os("TRIBUTARY_WRITE").is_some() {
        fs::write(&path, openapi::text()).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == openapi::text(),
        "docs/openapi.json is not what the code describes: TRIBUTARY_WRITE=1 writes it"
    );
}

#[test]
fn every_shape_that_is_named_is_there() {
    let document = openapi::describe();
    let text = document.to_string();
    for part in text.split("\"#/components/").skip(1) {
        let pointer = format!("/components/{}", part.split('"').next().unwrap());
        assert!(document.pointer(&pointer).is_some(), "{pointer}");
    }
}

/// What is wrong with a value, by its schema; a member that is not described is wrong too.
fn wrong(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = document.pointer(name.trim_start_matches('#')).unwrap();
        return wrong(document, schema, value, place);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let all: Vec<_> = any
            .iter()
            .map(|one| wrong(document, one, value, place))
            .collect();
        return if all.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            all.concat()
        };
    }
    let words: Vec<&str> = match &schema["type"] {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap()).collect(),
        _ => return Vec::new(),
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !words.contains(&is) {
        return vec![format!("{place} is {is}, not {words:?}")];
    }
    let mut found = Vec::new();
    for item in value.as_array().into_iter().flatten() {
        found.extend(wrong(
            document,
            &schema["items"],
            item,
            &format!("{place}[]"),
        ));
    }
    if let (Some(members), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            if !members.contains_key(name.as_str().unwrap()) {
                found.push(format!("{place}.{name} is missing"));
            }
        }
        for (name, value) in members {
            match known.get(name) {
                Some(schema) => {
                    found.extend(wrong(document, schema, value, &format!("{place}.{name}")));
                }
                None => found.push(format!("{place}.{name} is not described")),
            }
        }
    }
    found
}

fn schema_of<'d>(document: &'d Value, path: &str) -> &'d Value {
    let path = path.replace('/', "~1");
    let pointer = format!("/paths/{path}/get/responses/200/content/application~1json/schema");
    document
        .pointer(&pointer)
        .unwrap_or_else(|| panic!("{pointer}"))
}

on_both_databases! {
    async fn each_answer_is_as_it_is_described(db: TestDb) {
        let api = Api::new(&db).await;
        api.partner("alice").await;
        api.click("clk_1", "alice").await;
        api.sale("clk_1", "in_1", 1_000).await;
        api.deliver("stripe", &bodies("stripe/f01-subscription-checkout")).await;
        let document = openapi::describe();
        let paths = document["paths"].as_object().unwrap();
        let (mut problems, mut rows) = (Vec::new(), 0);
        for (path, methods) in paths {
            if methods.get("get").is_none() || path.contains('{') {
                continue;
            }
            let answer = api.get(path).await.ok();
            problems.extend(wrong(&document, schema_of(&document, path), &answer, path));
            let Some(row) = answer["data"].as_array().and_then(|rows| rows.first()) else { continue };
            rows += 1;
            let one = format!("{path}/{{id}}");
            let (Some(id), true) = (row["id"].as_str(), paths.contains_key(&one)) else { continue };
            if paths[&one].get("get").is_some() {
                let answer = api.get(&format!("{path}/{id}")).await.ok();
                problems.extend(wrong(&document, schema_of(&document, &one), &answer, &one));
            }
        }
        assert!(rows >= 8, "{rows} lists hold something");
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        let refused = api.get("/api/sales?limit=0").await;
        let error = document.pointer("/components/schemas/Error").unwrap();
        assert_eq!(wrong(&document, error, &refused.json, "error"), Vec::<String>::new());
    }
}
