//! Orders that are paid later than they are made.

use providers::{Fact, Micros, Settings};
use serde_json::{Value, json};

use super::super::support::{context, outcome};
use super::{Told, facts, line, merge, order, orders};

fn told(updated_at: &str, status: &str, completed_at: &[Value]) -> Value {
    let schedules: Vec<Value> = completed_at
        .iter()
        .map(|at| json!({"due_at": "2026-10-01T10:00:00Z", "completed_at": at}))
        .collect();
    let told = json!({
        "total_price": "100.00", "line_items": [line(1, "100.00", 1, 1)], "financial_status": status, "updated_at": updated_at,
        "payment_terms": {"payment_terms_type": "net", "due_in_days": 30, "payment_schedules": schedules},
    });
    order(0, told)
}

/// When the one sale was made, and from when on its commission is held: in every order.
fn times(told: &[Told]) -> (Micros, Micros) {
    let times = |told: &[&Told]| {
        let settings = Settings::default();
        let facts: Vec<Fact> = told
            .iter()
            .flat_map(|told| facts(told, &settings))
            .collect();
        let outcome = outcome(&facts, &context());
        assert_eq!(outcome.sales.len(), 1);
        (outcome.sales[0].occurred_at, outcome.sales[0].held_from)
    };
    let told: Vec<&Told> = told.iter().collect();
    let expected = times(&told);
    for order in orders(&told) {
        let doubled: Vec<&Told> = order.iter().chain(&order).copied().collect();
        assert_eq!(times(&doubled), expected);
    }
    expected
}

/// The hold is for what may still go back, and nothing can before it has come
/// (<https://shopify.dev/docs/api/admin-graphql/latest/objects/PaymentSchedule>).
#[test]
fn an_order_on_terms_is_held_from_its_last_payment_on() {
    let at = |text: &str| Micros::parse_rfc3339(text).unwrap();
    let [first, last] = ["2026-09-20T08:00:00Z", "2026-10-05T08:00:00Z"];
    let made = (
        "orders/create",
        told(
            "2026-09-01T10:00:05Z",
            "pending",
            &[json!("null"), Value::Null],
        ),
    );
    let half = (
        "orders/updated",
        told(first, "partially_paid", &[json!(first), Value::Null]),
    );
    let paid = (
        "orders/paid",
        told(last, "paid", &[json!(first), json!(last)]),
    );
    let silent = merge(
        told("2026-10-06T08:00:00Z", "paid", &[]),
        json!({"payment_terms": null}),
    );
    let silent = ("orders/updated", silent);
    let sold = at("2026-09-01T10:00:00Z");
    assert_eq!(times(&[made, half, paid, silent.clone()]), (sold, at(last)));
    assert_eq!(times(&[silent]), (sold, sold));
}
