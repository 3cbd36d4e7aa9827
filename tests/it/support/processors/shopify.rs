//! Shopify's GraphQL Admin API as it is documented, as far as it is asked: orders by `updated_at` in pages of at most 250, one order with its lines and
//! refunds, in the names that the query gives; amounts in sets of two currencies, lists as connections, words in capitals, a bucket of points that is
//! empty at times, and a token for a client id and secret.
//! <https://shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation>, <https://shopify.dev/docs/api/admin-graphql/latest/queries/orders>, <https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits>

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use providers::Micros;
use serde_json::{Map, Value, json};

use super::{Answer, Api, Asked};

const PAGE: usize = 6;
const TOKEN: &str = "shpat_for_a_day";

pub struct Shopify {
    /// Client id and secret.
    pub key: String,
    /// Topics and bodies of all deliveries.
    pub told: Vec<(String, Value)>,
    pub asked: AtomicUsize,
    /// What the app may do.
    pub scopes: Arc<Mutex<Vec<&'static str>>>,
}

fn time(value: &Value) -> Micros {
    Micros::parse_rfc3339(value.as_str().unwrap_or_default()).unwrap_or_default()
}

impl Shopify {
    /// The orders as they stand, the one that changed first first.
    fn orders(&self) -> Vec<Value> {
        let of_orders = self
            .told
            .iter()
            .filter(|(topic, _)| topic.starts_with("orders/"));
        let mut snapshots: Vec<&Value> = of_orders.map(|(_, body)| body).collect();
        snapshots.sort_by_key(|body| time(&body["updated_at"]));
        let orders: BTreeMap<String, Value> = snapshots
            .into_iter()
            .map(|body| (body["id"].to_string(), body.clone()))
            .collect();
        let mut orders: Vec<Value> = orders.into_values().collect();
        orders.sort_by_key(|order| time(&order["updated_at"]));
        orders
    }

    fn list(&self, variables: &Value) -> Value {
        let query = variables["query"].as_str().unwrap();
        let times: Vec<Micros> = query
            .split('\'')
            .filter_map(Micros::parse_rfc3339)
            .collect();
        let [since, until] = times[..] else {
            panic!("{query}")
        };
        let mut orders = self.orders();
        orders.retain(|order| (since..until).contains(&time(&order["updated_at"])));
        let after = variables["after"]
            .as_str()
            .map_or(0, |cursor| cursor.parse::<usize>().unwrap());
        let end = orders.len().min(after + PAGE);
        let nodes: Vec<Value> = orders[after..end]
            .iter()
            .map(|order| json!({"id": gid(order), "test": false}))
            .collect();
        json!({"orders": {"pageInfo": {"hasNextPage": end < orders.len(), "endCursor": end.to_string()}, "nodes": nodes}})
    }
}

fn gid(order: &Value) -> String {
    format!("gid://shopify/Order/{}", order["id"])
}

/// Members that are amounts in webhooks, and sets in GraphQL.
const AMOUNTS: &[&str] = &[
    "price",
    "total_price",
    "current_total_price",
    "total_tax",
    "total_discounts",
    "total_tip_received",
    "total_outstanding",
    "subtotal",
    "amount",
    "tax_amount",
];

/// A webhook's order as GraphQL shows it.
fn shown(value: &Value, currency: &str) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| shown(item, currency)).collect(),
        Value::Object(members) => object(members, currency).into(),
        other => other.clone(),
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one arm for each member that GraphQL shows otherwise"
)]
fn object(members: &Map<String, Value>, currency: &str) -> Map<String, Value> {
    // What moves money says in which currency.
    let own = members
        .get("currency")
        .and_then(Value::as_str)
        .filter(|_| members.contains_key("kind"));
    let currency = own.unwrap_or(currency);
    let mut out = Map::new();
    for (name, member) in members {
        let set = format!("{name}_set");
        if AMOUNTS.contains(&name.as_str()) && !member.is_object() {
            if !members.contains_key(&set) && !member.is_null() {
                let money = json!({"amount": member, "currency_code": currency});
                out.insert(
                    set,
                    json!({"shop_money": money, "presentment_money": money}),
                );
            }
            continue;
        }
        let inner = if name.ends_with("_money") || name.ends_with("_set") {
            member.clone()
        } else {
            shown(member, currency)
        };
        let inner = match (name.as_str(), inner) {
            (
                "line_items"
                | "shipping_lines"
                | "refund_line_items"
                | "refund_shipping_lines"
                | "order_adjustments"
                | "transactions",
                Value::Array(items),
            ) => {
                json!({"pageInfo": {"hasNextPage": false}, "nodes": items})
            }
            ("kind" | "status" | "financial_status" | "restock_type", Value::String(word)) => {
                word.to_uppercase().into()
            }
            ("discount_codes", Value::Array(codes)) => {
                codes.iter().map(|code| code["code"].clone()).collect()
            }
            ("landing_site", site) => {
                out.insert(
                    "journey".to_owned(),
                    json!({"lastVisit": {"landingPage": site}}),
                );
                continue;
            }
            ("product_id", id) => {
                out.insert(
                    "product".to_owned(),
                    if id.is_null() { id } else { json!({"id": id}) },
                );
                continue;
            }
            ("variant_id", id) => {
                out.insert(
                    "variant".to_owned(),
                    if id.is_null() { id } else { json!({"id": id}) },
                );
                continue;
            }
            ("line_item_id", id) => {
                out.insert(
                    "line_item".to_owned(),
                    json!({"id": format!("gid://shopify/LineItem/{id}")}),
                );
                continue;
            }
            ("line_item" | "admin_graphql_api_id", _) => continue,
            (_, inner) => inner,
        };
        out.insert(name.clone(), inner);
    }
    if let Some(Value::Object(lines)) = out.get("order_adjustments") {
        // Shipping that goes back has a list of its own in GraphQL.
        let nodes = lines["nodes"].as_array().unwrap().clone();
        let (back, rest): (Vec<Value>, Vec<Value>) = nodes
            .into_iter()
            .partition(|one| one["kind"] == "SHIPPING_REFUND");
        let back: Vec<Value> = back.iter().map(|one| json!({"subtotal_amount_set": one["amount_set"], "tax_amount_set": one["tax_amount_set"]})).collect();
        out.insert("order_adjustments".to_owned(), json!({"nodes": rest}));
        if !out.contains_key("refund_shipping_lines") {
            out.insert("refund_shipping_lines".to_owned(), json!({"nodes": back}));
        }
    }
    out
}

impl Api for Shopify {
    fn answer(&self, asked: &Asked) -> Answer {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        if asked.path == "/admin/oauth/access_token" {
            let key = format!(
                "{}:{}",
                body["client_id"].as_str().unwrap(),
                body["client_secret"].as_str().unwrap()
            );
            return if key == self.key {
                Answer::ok(json!({"access_token": TOKEN, "expires_in": 86_399}))
            } else {
                Answer::error(400)
            };
        }
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/admin/api/2026-10/graphql.json")
        );
        if asked.header("x-shopify-access-token") != TOKEN {
            return Answer::error(401);
        }
        let throttle =
            json!({"maximumAvailable": 2000, "currentlyAvailable": 3, "restoreRate": 100});
        let cost =
            json!({"requestedQueryCost": 240, "actualQueryCost": null, "throttleStatus": throttle});
        if self.asked.fetch_add(1, Ordering::SeqCst) % 9 == 8 {
            let error = json!({"message": "Throttled", "extensions": {"code": "THROTTLED"}});
            return Answer::ok(json!({"errors": [error], "extensions": {"cost": cost}}));
        }
        if body["query"].as_str().unwrap().contains("accessScopes") {
            let scopes = self.scopes.lock().unwrap();
            let scopes: Vec<Value> = scopes
                .iter()
                .map(|scope| json!({"handle": scope}))
                .collect();
            let data = json!({"currentAppInstallation": {"accessScopes": scopes}});
            return Answer::ok(json!({"data": data, "extensions": {"cost": cost}}));
        }
        let variables = &body["variables"];
        let data = match variables["id"].as_str() {
            None => self.list(variables),
            Some(id) => {
                let order = self.orders().into_iter().find(|order| gid(order) == id);
                json!({"order": order.map(|order| shown(&order, order["currency"].as_str().unwrap()))})
            }
        };
        Answer::ok(json!({"data": data, "extensions": {"cost": cost}}))
    }
}
