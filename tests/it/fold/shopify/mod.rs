//! What real shops send: edits, exchanges, returns with and without money, deposits, duties, gift cards, tips.
//!
//! Each case is told by the deliveries that a shop sends, in every order and twice, and must come to the net amount that was paid and kept.

mod carts;
mod cuts;
mod disputes;
mod gift_cards;
mod lines;
mod lives;
mod names;
mod orders;
mod refunds;
mod reported;
mod shipping;
mod strangers;
mod terms;

use providers::{Fact, Reading, Settings, Verified};
use serde_json::{Value, json};

use super::support::{context, outcome};

/// A delivery: its topic and body.
pub(super) type Told = (&'static str, Value);

fn reading(topic: &str, body: &Value, settings: &Settings) -> Reading {
    let headers = vec![("x-shopify-topic".to_owned(), topic.to_owned())];
    let verified = Verified::from_inbox(body.to_string().into_bytes(), headers);
    let adapter = providers::adapter("shopify").unwrap();
    adapter.normalize(&verified, settings)
}

/// What a delivery says.
fn facts((topic, body): &Told, settings: &Settings) -> Vec<Fact> {
    let reading = reading(topic, body, settings);
    assert!(!reading.unreadable, "{topic}: {:?}", reading.note);
    reading.facts
}

/// What is left of all sales after refunds; `None` where there is no sale.
pub(super) fn net_of(told: &[&Told]) -> Option<i64> {
    net_under(told, &Settings::default())
}

/// The same under settings of the source.
fn net_under(told: &[&Told], settings: &Settings) -> Option<i64> {
    let facts: Vec<Fact> = told.iter().flat_map(|told| facts(told, settings)).collect();
    let outcome = outcome(&facts, &context());
    let sales = outcome.sales.iter();
    let left = sales.map(|sale| sale.amounts.net - sale.taken.refunded - sale.taken.disputed);
    (!outcome.sales.is_empty()).then(|| left.sum())
}

/// All orders of a few things.
fn orders<T: Copy>(things: &[T]) -> Vec<Vec<T>> {
    if things.len() < 2 {
        return vec![things.to_vec()];
    }
    let mut all = Vec::new();
    for (at, first) in things.iter().enumerate() {
        let mut rest = things.to_vec();
        rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

/// The net amount that the deliveries come to, in every order and with every delivery twice.
fn net(told: &[Told]) -> Option<i64> {
    let told: Vec<&Told> = told.iter().collect();
    let expected = net_of(&told);
    for order in orders(&told) {
        let doubled: Vec<&Told> = order.iter().chain(&order).copied().collect();
        assert_eq!(net_of(&doubled), expected);
    }
    expected
}

fn merge(mut base: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut base, more) {
        members.extend(more);
    }
    base
}

/// The order, as it was `minute` minutes after it was made.
fn order(minute: u32, more: Value) -> Value {
    let base = json!({
        "id": 5_500_000_000_001_i64, "currency": "USD", "financial_status": "paid", "taxes_included": false,
        "created_at": "2026-09-01T10:00:00Z", "processed_at": "2026-09-01T10:00:00Z",
        "updated_at": format!("2026-09-01T10:{minute:02}:30Z"), "total_outstanding": "0.00", "refunds": [],
    });
    merge(base, more)
}

fn line(id: i64, price: &str, quantity: i64, current: i64) -> Value {
    json!({"id": id, "price": price, "quantity": quantity, "current_quantity": current, "product_id": id, "gift_card": false})
}

fn refund(id: i64, more: Value) -> Value {
    let base = json!({
        "id": id, "order_id": 5_500_000_000_001_i64, "created_at": "2026-09-02T10:00:00Z", "refund_line_items": [],
        "order_adjustments": [], "transactions": [],
    });
    merge(base, more)
}

fn taken(line: i64, quantity: i64, subtotal: f64, tax: f64) -> Value {
    json!({"line_item_id": line, "quantity": quantity, "subtotal": subtotal, "total_tax": tax})
}

fn money(id: i64, amount: &str, status: &str) -> Value {
    json!({
        "id": id, "order_id": 5_500_000_000_001_i64, "kind": "refund", "status": status, "amount": amount, "currency": "USD",
        "created_at": "2026-09-02T10:00:00Z", "processed_at": "2026-09-02T10:00:00Z",
    })
}
