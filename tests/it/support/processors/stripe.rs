//! Stripe's API as it is documented: `/v1/events` keeps 30 days, lists are newest first and go on with `starting_after`, `created` filters by birth,
//! `types[]` takes at most 20 names, at most 100 items a page.
//! <https://docs.stripe.com/api/pagination>, <https://docs.stripe.com/api/events/list>, <https://docs.stripe.com/rate-limits>

use std::collections::BTreeMap;
use std::sync::Arc;

use providers::Micros;
use serde_json::{Value, json};
use tributary::clock::{Clock as _, TestClock};

use super::{Answer, Api, Asked};

/// A page is never fuller here, so that few items make many pages.
const PAGE: usize = 9;

pub struct Stripe {
    /// What happened, by account: each has a key of its own.
    pub events: BTreeMap<String, Vec<Value>>,
    pub clock: Arc<TestClock>,
}

/// How many of its lines an invoice shows.
const SHOWN: usize = 10;

/// An invoice, or an event of one, as Stripe shows it. What else there is shows itself.
pub fn shown(item: &Value) -> Value {
    let mut item = item.clone();
    let place = if item["object"] == "event" {
        "/data/object/lines"
    } else {
        "/lines"
    };
    let lines = item.pointer_mut(place);
    let all = lines.and_then(|lines| lines.get_mut("data"));
    let all = all.and_then(Value::as_array_mut);
    if let Some(all) = all.filter(|all| all.len() > SHOWN) {
        all.truncate(SHOWN);
        item.pointer_mut(place).unwrap()["has_more"] = json!(true);
    }
    item
}

/// A page of a list, as the cursor says.
fn page(asked: &Asked, mut items: Vec<Value>) -> Answer {
    if let Some(after) = asked.get("starting_after") {
        let at = items
            .iter()
            .position(|item| item["id"] == after)
            .expect("the cursor is an id of the list");
        items.drain(..=at);
    }
    let limit = usize::try_from(asked.number("limit").unwrap_or(10)).unwrap();
    assert!((1..=100).contains(&limit));
    let has_more = items.len() > limit.min(PAGE);
    items.truncate(limit.min(PAGE));
    Answer::ok(json!({"object": "list", "url": asked.path, "has_more": has_more, "data": items}))
}

/// The objects of a list, and what its `status` is called.
const LISTS: [(&str, &str); 6] = [
    ("/v1/checkout/sessions", "checkout.session"),
    ("/v1/invoices", "invoice"),
    ("/v1/invoice_payments", "invoice_payment"),
    ("/v1/charges", "charge"),
    ("/v1/refunds", "refund"),
    ("/v1/disputes", "dispute"),
];

fn born(item: &Value) -> i64 {
    item["created"].as_i64().unwrap_or_default()
}

impl Stripe {
    /// The objects of a kind as they stand: as the last event shows them.
    fn objects(events: &[Value], kind: &str) -> Vec<Value> {
        let mut objects = BTreeMap::new();
        let mut sorted: Vec<&Value> = events.iter().collect();
        sorted.sort_by_key(|event| born(event));
        for event in sorted {
            let object = &event["data"]["object"];
            if object["object"] == kind {
                objects.insert(
                    object["id"].as_str().unwrap_or_default().to_owned(),
                    object.clone(),
                );
            }
        }
        objects.into_values().collect()
    }
}

impl Api for Stripe {
    fn answer(&self, asked: &Asked) -> Answer {
        let key = asked.header("authorization").strip_prefix("Bearer ");
        let Some(events) = key.and_then(|key| self.events.get(key)) else {
            return Answer::error(401);
        };
        let of_invoice = asked.path.strip_prefix("/v1/invoices/");
        if let Some(id) = of_invoice.and_then(|rest| rest.strip_suffix("/lines")) {
            let invoices = Self::objects(events, "invoice");
            let found = invoices.iter().find(|invoice| invoice["id"] == id);
            return found.map_or_else(
                || Answer::error(404),
                |invoice| page(asked, invoice["lines"]["data"].as_array().unwrap().clone()),
            );
        }
        let types = asked.all("types[]");
        assert!(types.len() <= 20, "types[] takes at most 20");
        assert!(
            types.iter().all(|name| !name.contains('*')),
            "types[] takes no wildcards"
        );
        let mut items = if asked.path == "/v1/events" {
            let kept_since = self.clock.now().plus_days(-30);
            let is_kept = |event: &&Value| Micros::from_seconds(born(event)) >= kept_since;
            let is_asked = |event: &&Value| {
                types.is_empty() || types.contains(&event["type"].as_str().unwrap())
            };
            events
                .iter()
                .filter(is_kept)
                .filter(is_asked)
                .cloned()
                .collect()
        } else {
            let Some((_, kind)) = LISTS.iter().find(|(path, _)| *path == asked.path) else {
                return Answer::error(404);
            };
            let mut objects = Self::objects(events, kind);
            if let Some(status) = asked.get("status") {
                objects.retain(|object| object["status"] == status);
            }
            objects
        };
        let (from, to) = (asked.number("created[gte]"), asked.number("created[lt]"));
        items.retain(|item| {
            from.is_none_or(|from| born(item) >= from) && to.is_none_or(|to| born(item) < to)
        });
        items.sort_by_key(|item| (-born(item), item["id"].as_str().unwrap().to_owned()));
        page(asked, items.iter().map(shown).collect())
    }
}
