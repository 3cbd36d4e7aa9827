//! A text written into each place in which an adapter looks for click ids, codes and customer ids.

use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::{Map, Value, json};
use tributary::fixtures::Fixture;

/// Stands for the text until the body is written out.
const MARK: &str = "LABELTOBEWRITTEN";

/// The same in a form, outside of JSON.
const MARK_IN_FORM: &str = "FIELDTOBEWRITTEN";

/// The keys under which all adapters look.
const KEYS: [&str; 7] = [
    "refportClickId",
    "refp_id",
    "clickId",
    "click_id",
    "refportExternalCustomerId",
    "refportCustomerExternalId",
    "customerExternalId",
];

/// A text as it stands between the quotes of a JSON string, and in a form.
#[derive(Debug, Clone)]
pub struct Written {
    pub name: &'static str,
    json: String,
    form: String,
}

impl Written {
    /// A text that is nothing special.
    pub fn plain(text: &str) -> Self {
        let json = json!(text).to_string();
        Self {
            name: "plain",
            json: json.trim_matches('"').to_owned(),
            form: percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string(),
        }
    }
}

/// What nobody's id looks like.
pub fn hostile() -> Vec<Written> {
    let written = |name, json: &str, form: &str| Written {
        name,
        json: json.to_owned(),
        form: form.to_owned(),
    };
    let [long, longer] = [3_000, 10_000].map(|length| "x".repeat(length));
    vec![
        written("3,000 characters", &long, &long),
        written("10,000 characters", &longer, &longer),
        written("NUL", "a\\u0000b", "a%00b"),
        written(
            "control characters",
            "a\\u0001\\u001b[31m\\u007f\\u0085\\n",
            "a%01%1B[31m%7F%0A",
        ),
        written("half a character", "\\ud800x", "%ED%A0%80x"),
        written(
            "halves the wrong way round",
            "\\udc00\\ud800",
            "%ED%B0%80%ED%A0%80",
        ),
        written(
            "right to left",
            "\\u202eevil\\u2066",
            "%E2%80%AEevil%E2%81%A6",
        ),
    ]
}

/// A fixture in which this stands in some places, in whatever is delivered that has them.
pub fn labelled(fixture: &Fixture, places: &[&str], text: &Written) -> Fixture {
    let mut labelled = fixture.clone();
    for sent in &mut labelled.deliveries {
        sent.body = if sent.body.trim_start().starts_with('{') {
            in_json(&fixture.processor, places, &sent.body, text)
        } else {
            in_form(places, &sent.body, text)
        };
    }
    labelled
}

fn in_form(places: &[&str], body: &str, text: &Written) -> String {
    let pairs = url::form_urlencoded::parse(body.as_bytes()).into_owned();
    let mut pairs: Vec<(String, String)> = pairs
        .filter(|(name, _)| !places.contains(&name.as_str()))
        .collect();
    for place in places {
        let value = match *place {
            "passthrough" | "custom_data" => labels().to_string(),
            _ => MARK_IN_FORM.to_owned(),
        };
        pairs.push(((*place).to_owned(), value));
    }
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let json = percent_encode(text.json.as_bytes(), NON_ALPHANUMERIC).to_string();
    body.replace(MARK_IN_FORM, &text.form).replace(MARK, &json)
}

fn in_json(processor: &str, places: &[&str], body: &str, text: &Written) -> String {
    let mut value: Value = serde_json::from_str(body).unwrap();
    for place in places {
        visit(&mut value, "", &mut |key, object| {
            write(processor, place, key, object);
        });
    }
    value.to_string().replace(MARK, &text.json)
}

/// Goes through all objects, each with the name of the member that it stands in.
fn visit(value: &mut Value, key: &str, write: &mut dyn FnMut(&str, &mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            write(key, object);
            for (key, value) in object {
                visit(value, key, write);
            }
        }
        Value::Array(items) => {
            for item in items {
                visit(item, key, write);
            }
        }
        _ => {}
    }
}

fn labels() -> Value {
    KEYS.iter().map(|key| (*key, json!(MARK))).collect()
}

/// Adds labels to a member that is an object of labels, or makes it one.
fn add(object: &mut Map<String, Value>, member: &str) {
    let member = object.entry(member).or_insert(Value::Null);
    match (member, labels()) {
        (Value::Object(known), Value::Object(new)) => known.extend(new),
        (other, new) => *other = new,
    }
}

/// Adds to a member that is a list.
fn push(object: &mut Map<String, Value>, member: &str, new: Vec<Value>) {
    match object.entry(member).or_insert(Value::Null) {
        Value::Array(known) => known.extend(new),
        other => *other = Value::Array(new),
    }
}

fn pairs() -> Vec<Value> {
    let pair = |key: &&str| json!({"name": key, "value": MARK});
    KEYS.iter().map(pair).collect()
}

fn write(processor: &str, place: &str, key: &str, object: &mut Map<String, Value>) {
    match processor {
        "stripe" => stripe(place, object),
        "paddle" => paddle(place, key, object),
        "shopify" => shopify(place, key, object),
        "polar" => polar(place, key, object),
        "revenuecat" => revenuecat(place, key, object),
        _ => {}
    }
}

fn stripe(place: &str, object: &mut Map<String, Value>) {
    if !object.contains_key(place) {
        return;
    }
    match place {
        "metadata" => add(object, place),
        "discounts" => {
            let source = json!({"coupon": MARK});
            let discounts = json!([MARK, {"promotion_code": MARK, "coupon": MARK},
                {"promotion_code": {"code": MARK}, "source": source}]);
            object.insert(place.to_owned(), discounts);
        }
        "client_reference_id" | "customer" => {
            object.insert(place.to_owned(), json!(MARK));
        }
        _ => {}
    }
}

fn paddle(place: &str, key: &str, object: &mut Map<String, Value>) {
    let has = |member: &str| object.contains_key(member);
    match place {
        "custom_data" if has(place) => add(object, place),
        "discount_id" | "customer_id" if has(place) => {
            object.insert(place.to_owned(), json!(MARK));
        }
        "custom_data, origin api" if has("custom_data") => {
            add(object, "custom_data");
            if object.get("origin") == Some(&json!("web")) {
                object.insert("origin".to_owned(), json!("api"));
            }
        }
        "customer.custom_data" if key.is_empty() => {
            let event_type = object["event_type"].as_str().unwrap_or_default();
            if event_type.starts_with("customer.") {
                let data = object.get_mut("data").and_then(Value::as_object_mut);
                add(data.unwrap(), "custom_data");
            }
        }
        _ => {}
    }
}

fn shopify(place: &str, key: &str, object: &mut Map<String, Value>) {
    let has = |member: &str| object.contains_key(member);
    match place {
        "note_attributes" if has(place) => push(object, place, pairs()),
        "line_items.properties" if key == "line_items" => push(object, "properties", pairs()),
        "landing_site" if has(place) => {
            let landing = format!("/?refp_id={MARK}&clickId={MARK}");
            object.insert(place.to_owned(), json!(landing));
        }
        "discount_codes" if has(place) => {
            let code = json!({"code": MARK, "amount": "0.00", "type": "fixed_amount"});
            push(object, place, vec![code]);
        }
        "customer" if key == "customer" => {
            object.insert("id".to_owned(), json!(MARK));
        }
        _ => {}
    }
}

fn polar(place: &str, key: &str, object: &mut Map<String, Value>) {
    let has = |member: &str| object.contains_key(member);
    match place {
        "customer" if key == "customer" => {
            object.insert("id".to_owned(), json!(MARK));
        }
        "customer" if has("customer_id") => {
            object.insert("customer_id".to_owned(), json!(MARK));
        }
        "metadata" | "custom_field_data" if key == "data" => add(object, place),
        "metadata.reference_id" if key == "data" => {
            let metadata = object.entry("metadata").or_insert_with(|| json!({}));
            metadata["reference_id"] = json!(MARK);
        }
        "subscription.metadata" if key == "subscription" => add(object, "metadata"),
        "customer.metadata" if key == "customer" => add(object, "metadata"),
        "discount" if key == "data" && has(place) => {
            if let Some(Value::Object(discount)) = object.get_mut(place) {
                discount.insert("code".to_owned(), json!(MARK));
            } else {
                object.insert(place.to_owned(), json!({"id": "dis_1", "code": MARK}));
            }
        }
        "customer.external_id" if key == "customer" => {
            object.insert("external_id".to_owned(), json!(MARK));
        }
        _ => {}
    }
}

fn revenuecat(place: &str, key: &str, object: &mut Map<String, Value>) {
    if key != "event" {
        return;
    }
    match place {
        "metadata" => add(object, place),
        "subscriber_attributes" => {
            let attribute = json!({"value": MARK, "updated_at_ms": 0});
            let new = KEYS.iter().map(|key| (*key, attribute.clone()));
            object.insert(place.to_owned(), new.collect());
        }
        "offer_code" => {
            object.insert(place.to_owned(), json!(MARK));
        }
        "app_user_id" => {
            for member in ["app_user_id", "original_app_user_id"] {
                object.insert(member.to_owned(), json!(MARK));
            }
            object.insert("aliases".to_owned(), json!([MARK]));
        }
        _ => {}
    }
}
