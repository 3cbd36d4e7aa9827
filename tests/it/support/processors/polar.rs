//! Polar's API as it is documented: pages are counted from 1, at most 100 items each; orders are filtered by when they were made and sorted by it, refunds
//! and disputes by no time; an order shows its refunds in one figure.
//! <https://polar.sh/docs/api-reference/orders/list>, <https://polar.sh/docs/api-reference/refunds/list>, <https://polar.sh/docs/api-reference/disputes/list>

use std::collections::BTreeMap;

use providers::Micros;
use serde_json::{Value, json};

use super::{Answer, Api, Asked};

const PAGE: usize = 5;

pub struct Polar {
    pub key: String,
    /// The bodies of all deliveries.
    pub events: Vec<Value>,
    pub disputes: Vec<Value>,
}

fn time(value: &Value) -> Micros {
    Micros::parse_rfc3339(value.as_str().unwrap_or_default()).unwrap_or_default()
}

impl Polar {
    /// The orders as they stand. What no event shows is not known here, but for the time of the change.
    fn orders(&self) -> Vec<Value> {
        let mut events: Vec<&Value> = self
            .events
            .iter()
            .filter(|event| event["type"].as_str().unwrap().starts_with("order."))
            .collect();
        events.sort_by_key(|event| time(&event["timestamp"]));
        let mut orders = BTreeMap::new();
        for event in events {
            let mut order = event["data"].clone();
            // The row was last written in the transaction that made the event.
            order["modified_at"] = event["timestamp"].clone();
            orders.insert(order["id"].as_str().unwrap().to_owned(), order);
        }
        let mut orders: Vec<Value> = orders.into_values().collect();
        orders.sort_by_key(|order| time(&order["created_at"]));
        orders
    }

    fn refunds(&self) -> Vec<Value> {
        let of_orders = self
            .orders()
            .into_iter()
            .filter(|order| order["refunded_amount"].as_i64().unwrap_or(0) > 0);
        let shown = of_orders.map(|order| json!({"id": format!("refund-of-{}", order["id"].as_str().unwrap()), "order_id": order["id"],
            "created_at": order["modified_at"], "modified_at": null, "status": "succeeded"}));
        let told = self
            .events
            .iter()
            .filter(|event| event["type"].as_str().unwrap().starts_with("refund."));
        let mut refunds: Vec<Value> = shown
            .chain(told.map(|event| event["data"].clone()))
            .collect();
        refunds.sort_by_key(|refund| -time(&refund["created_at"]).0);
        refunds
    }
}

impl Api for Polar {
    fn answer(&self, asked: &Asked) -> Answer {
        if asked.header("authorization") != format!("Bearer {}", self.key) {
            return Answer::error(401);
        }
        let items = match asked.path.as_str() {
            "/v1/orders/" => {
                assert_eq!(asked.get("sorting"), Some("created_at"));
                let (from, to) = (
                    asked.time("created_after").unwrap(),
                    asked.time("created_before").unwrap(),
                );
                let mut orders = self.orders();
                orders.retain(|order| (from..=to).contains(&time(&order["created_at"])));
                orders
            }
            "/v1/refunds/" => self.refunds(),
            "/v1/disputes/" => {
                let mut disputes = self.disputes.clone();
                disputes.retain(|dispute| dispute["status"] == asked.get("status").unwrap());
                disputes
            }
            one => {
                let id = one.strip_prefix("/v1/orders/").unwrap_or_default();
                let found = self.orders().into_iter().find(|order| order["id"] == id);
                return found.map_or_else(|| Answer::error(404), Answer::ok);
            }
        };
        let page = usize::try_from(asked.number("page").unwrap()).unwrap();
        let limit = usize::try_from(asked.number("limit").unwrap()).unwrap();
        assert!(page >= 1 && (1..=100).contains(&limit));
        let (total, pages) = (items.len(), items.len().div_ceil(PAGE));
        let items: Vec<Value> = items
            .into_iter()
            .skip((page - 1) * PAGE)
            .take(PAGE)
            .collect();
        Answer::ok(json!({"items": items, "pagination": {"total_count": total, "max_page": pages}}))
    }
}
