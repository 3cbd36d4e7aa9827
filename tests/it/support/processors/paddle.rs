//! Paddle's API as it is documented: `/events` takes `from`, `to` and a comma-separated `event_type`, keeps 90 days, and its items are the entities of the
//! webhooks; transactions are filtered by `updated_at`, adjustments by nothing; a page goes on at `meta.pagination.next`, which is a whole address and is
//! there on the last page too.
//! <https://developer.paddle.com/api-reference/events/list-events>, <https://developer.paddle.com/api-reference/about/pagination>

use std::collections::BTreeMap;
use std::sync::Arc;

use providers::Micros;
use serde_json::{Value, json};
use tributary::clock::{Clock as _, TestClock};

use super::{Answer, Api, Asked};

const PAGE: usize = 8;

pub struct Paddle {
    pub key: String,
    /// The bodies of all notifications.
    pub events: Vec<Value>,
    pub clock: Arc<TestClock>,
}

fn time(value: &Value) -> Micros {
    Micros::parse_rfc3339(value.as_str().unwrap_or_default()).unwrap_or_default()
}

impl Paddle {
    /// The objects of a kind as they stand.
    fn objects(&self, kind: &str) -> Vec<Value> {
        let mut events: Vec<&Value> = self.events.iter().collect();
        events.sort_by_key(|event| time(&event["occurred_at"]));
        let mut objects = BTreeMap::new();
        for event in events {
            if event["event_type"].as_str().unwrap().split('.').next() != Some(kind) {
                continue;
            }
            let mut object = event["data"].clone();
            object["updated_at"] = event["occurred_at"].clone();
            objects.insert(object["id"].as_str().unwrap_or_default().to_owned(), object);
        }
        objects.into_values().collect()
    }

    fn events(&self, asked: &Asked) -> Vec<Value> {
        let kept_since = self.clock.now().plus_days(-90);
        let (from, to) = (asked.time("from").unwrap(), asked.time("to").unwrap());
        let types: Vec<&str> = asked.get("event_type").unwrap().split(',').collect();
        let mut seen = BTreeMap::new();
        for event in &self.events {
            let at = time(&event["occurred_at"]);
            if at >= kept_since
                && at >= from
                && at <= to
                && types.contains(&event["event_type"].as_str().unwrap())
            {
                let mut entity = event.clone();
                entity.as_object_mut().unwrap().remove("notification_id");
                seen.insert(event["event_id"].as_str().unwrap().to_owned(), entity);
            }
        }
        seen.into_values().collect()
    }
}

impl Api for Paddle {
    fn answer(&self, asked: &Asked) -> Answer {
        if asked.header("authorization") != format!("Bearer {}", self.key) {
            return Answer::error(403);
        }
        let (mut items, id) = match asked.path.as_str() {
            "/events" => (self.events(asked), "event_id"),
            "/transactions" => {
                let statuses: Vec<&str> = asked.get("status").unwrap().split(',').collect();
                let (from, to) = (
                    asked.time("updated_at[GTE]").unwrap(),
                    asked.time("updated_at[LT]").unwrap(),
                );
                let mut objects = self.objects("transaction");
                objects.retain(|one| {
                    statuses.contains(&one["status"].as_str().unwrap())
                        && (from..to).contains(&time(&one["updated_at"]))
                });
                objects.sort_by_key(|one| time(&one["updated_at"]));
                (objects, "id")
            }
            "/adjustments" => {
                let mut objects = self.objects("adjustment");
                objects.sort_by_key(|one| -time(&one["created_at"]).0);
                (objects, "id")
            }
            _ => return Answer::error(404),
        };
        if let Some(after) = asked.get("after") {
            let at = items.iter().position(|item| item[id] == after).unwrap();
            items.drain(..=at);
        }
        let has_more = items.len() > PAGE;
        items.truncate(PAGE);
        let last = items
            .last()
            .map_or("none", |item| item[id].as_str().unwrap());
        let mut query: Vec<(String, String)> = asked.query.clone();
        query.retain(|(name, _)| name != "after");
        query.push(("after".to_owned(), last.to_owned()));
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        let next = format!("https://api.paddle.com{}?{query}", asked.path);
        let pagination =
            json!({"per_page": PAGE, "next": next, "has_more": has_more, "estimated_total": 100});
        Answer::ok(json!({"data": items, "meta": {"request_id": "r1", "pagination": pagination}}))
    }
}
